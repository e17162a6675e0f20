#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Moving over from google-authenticator and pam_oath: the same codes are accepted and refused before and after.
# usage: import.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
DATA=$(cd "$(dirname "$0")/../data" && pwd)
seimond_start
exits() { "${@:2}" >"$W/out/command" 2>&1 </dev/null; local code=$?; [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }; }
library=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 | head -n 1)
faked() { LD_PRELOAD=$library FAKETIME_TIMESTAMP_FILE=$W/clock FAKETIME_NO_CACHE=1 TZ=UTC "$@"; }
google_of() { printf '%s/.google_authenticator' "$W/home/$1"; }
put_google() {  # USER LINES …
  printf '%s\n' "${@:2}" >"$(google_of "$1")"
  chown "$1:$1" "$(google_of "$1")"
  chmod 400 "$(google_of "$1")"
}
printf '%s\n' "auth required pam_google_authenticator.so nullok" >"$W/pam.d/google"
printf '%s\n' "auth required pam_oath.so usersfile=$W/etc/users.oath window=20" >"$W/pam.d/oath"
printf '%s\n' "auth required $W/bin/pam_seimon.so" "auth required pam_permit.so" >"$W/pam.d/seimon"
peer() { printf '%s\n' "$3" | faked pamtester "$1" "$2" authenticate >"$W/out/peer" 2>&1; }
ours() { printf '%s\n%s\n%s\n' "$2" 0 0 | pamtester seimon "$1" authenticate >"$W/out/ours" 2>&1; }
key=$(secret_of u00)

# --- google-authenticator
put_google u00 "$key" '" DISALLOW_REUSE' '" TOTP_AUTH' 12345678
it "before: google-authenticator takes this step's code" peer google u00 "$(code u00)"
it "and not twice" refused peer google u00 "$(code u00)"
put_google u01 "$(secret_of u01)" '" HOTP_COUNTER 42' '" WINDOW_SIZE 17'
hotp() { oathtool --hotp --base32 --counter "$2" "$(secret_of "$1")"; }
it "before: a token by counter, too" peer google u01 "$(hotp u01 42)"
put_google u02 "$(secret_of u02)" '" TIME_SKEW 3' '" TOTP_AUTH'
it "before: a phone whose clock is ahead" peer google u02 "$(code u02 3)"
put_google u03 'not base32!' '" TOTP_AUTH'
put_google u04 "$(secret_of u04)" '" TIME_SKEW 900' '" TOTP_AUTH'
mkdir "$W/tmp/elsewhere"
printf '%s\n' "$(secret_of u06)" '" TOTP_AUTH' >"$W/tmp/elsewhere/key"
ln -s "$W/tmp/elsewhere/key" "$(google_of u05)"
chown -h u05:u05 "$(google_of u05)"
it "a dry run says what would be" exits 6 seimon import google-authenticator --dry-run
it "and writes nothing" exits 0 bash -c "[ \$(seimon status --json | jq .methods) = 0 ]"
it "one row that fails is all that fail, where all or none are wanted" exits 6 seimon import google-authenticator --atomic
it "nothing is written" exits 0 bash -c "[ \$(seimon status --json | jq .methods) = 0 ]"
it "all home directories at once" exits 6 seimon import google-authenticator
it "what is left behind is said" has "$W/out/command" "1 scratch codes are left behind"
it "three of six" has "$W/out/command" "3 of 6 imported"
it "who fails is told why: a key that is none" grep -q 'u03 .*no base32' "$W/out/command"
it "a clock too far off" grep -q 'u04 .*drift must be -10 to 10' "$W/out/command"
it "a link is not followed" grep -q 'u05 ' "$W/out/command"
it "nobody got the key behind it" exits 0 bash -c "[ \$(seimon list u05 --json | jq '.methods | length') = 0 ]"
it "after: the code that was used there is used here" refused ours u00 "$(code u00)"
it "after: the next one is accepted" ours u00 "$(code u00 1)"
it "after: the token goes on where it was" refused ours u01 "$(hotp u01 42)"
it "with its next code" ours u01 "$(hotp u01 43)"
it "after: the clock that was ahead is known" ours u02 "$(code u02 3)"
it "again is not twice" exits 6 seimon import google-authenticator "$(google_of u00)"
it "because the key is there already" has "$W/out/command" "this key is there already"
it "the trail says who took it over" some_event u00 'event="import" outcome="imported"'
it "nobody imports for themselves" exits 3 setpriv --reuid "$(id -u u00)" --regid "$(id -g u00)" --init-groups seimon import google-authenticator "$(google_of u00)"

# --- pam_oath
hex() { secret_of "$1" | base32 -d | xxd -p -c 64; }
printf 'HOTP/T30/6\tu20\t-\t%s\nHOTP\tu21\t-\t%s\nHOTP/T30\tu22\tpin\t%s\nHOTP/T30\tnobodyhere\t-\t%s\n' \
  "$(hex u20)" "$(hex u21)" "$(hex u22)" "$(hex u22)" >"$W/etc/users.oath"
chmod 600 "$W/etc/users.oath"
it "before: pam_oath takes a code" peer oath u20 "$(code u20)"
it "and one by counter" peer oath u21 "$(hotp u21 4)"
it "not again" refused peer oath u21 "$(hotp u21 4)"
touch "$W/etc/users.oath.lock"
it "a file that is being rewritten is not trusted" exits 6 seimon import oath "$W/etc/users.oath"
rm "$W/etc/users.oath.lock"
it "users.oath" exits 6 seimon import oath "$W/etc/users.oath" --failed "$W/tmp/failed"
it "a user whom the system does not know is told by line" grep -q 'users.oath:4 *nobodyhere' "$W/out/command"
it "and stands in the file of failed rows" grep -q '^HOTP/T30.nobodyhere' "$W/tmp/failed"
it "a PIN is reported" has "$W/out/command" "its PIN is not taken over"
it "which holds nothing else" test "$(wc -l <"$W/tmp/failed")" = 1
it "and is nobody else's to read: there are keys in it" test "$(stat -c %a "$W/tmp/failed")" = 600
it "it is written over nothing" exits 6 seimon import oath "$W/etc/users.oath" --failed "$W/tmp/failed"
printf 'HOTP/T30\tu23\033]0;x\007\t-\t%s\nHOTP\tu23\t-\t%s\t0\t9223372036854775807\n' "$(hex u23)" "$(hex u23)" >"$W/tmp/odd.oath"
it "names that are none" exits 6 seimon import oath "$W/tmp/odd.oath"
it "cannot write to the terminal" lacks "$W/out/command" "$(printf '\033')"
it "a counter beyond all counters is told" has "$W/out/command" "odd.oath:2"
it "after: the counter's used code is used" refused ours u21 "$(hotp u21 4)"
it "after: its next one is accepted" ours u21 "$(hotp u21 5)"
it "after: the other's used code, too" refused ours u20 "$(code u20)"
it "after: its next one is accepted, too" ours u20 "$(code u20 1)"

# --- CSV
printf '\xef\xbb\xbfuser,secret,label\r\nu30,%s,first\r\nu30,%s,first\r\n' "$(secret_of u30)" "$(secret_of u31)" >"$W/tmp/users.csv"
it "two rows with one label, all or none" exits 6 seimon import csv "$W/tmp/users.csv" --atomic
it "none" exits 0 bash -c "[ \$(seimon list u30 --json | jq '.methods | length') = 0 ]"
printf 'upn,serial number,secret key,time interval,manufacturer,model\nu30@example.org,4711,%s,30,Contoso,Key\n' "$(secret_of u30)" >"$W/tmp/entra.csv"
it "Entra's list of hardware tokens" exits 0 seimon import csv "$W/tmp/entra.csv"
it "by serial number" exits 0 bash -c "seimon list u30 | grep -q 'token 4711'"
it "over the same label only when asked to" exits 6 seimon import csv "$W/tmp/entra.csv"
printf 'user,secret,label\nu30,%s,token 4711\n' "$(secret_of u32)" >"$W/tmp/users.csv"
it "then it is another key" exits 0 seimon import csv "$W/tmp/users.csv" --replace
printf 'user,secret,label\nu30,%s,token 4711\nu31,%s,\nu31,%s,\n' "$(secret_of u35)" "$(secret_of u31)" "$(secret_of u31)" >"$W/tmp/twice.csv"
before=$(seimon list u30 --json | jq -c .methods)
it "one key twice, all or none, with a replacement among them" exits 6 seimon import csv "$W/tmp/twice.csv" --replace --atomic
it "as it says" has "$W/out/command" "the same key is listed twice for u31"
it "what would have been replaced is what it was" test "$(seimon list u30 --json | jq -c .methods)" = "$before"
it "and who never had a method is no worse than before" exits 0 bash -c "seimon status u31 --json | jq -e '.state == \"not enrolled\"' >/dev/null"
printf 'user,secret\nu31,%s\nu36,%s' "$(secret_of u31)" "$(secret_of u36 | cut -c1-24)" >"$W/tmp/cut.csv"
it "a file that was cut short, by its last line" exits 6 seimon import csv "$W/tmp/cut.csv" --atomic
it "as it says, too" has "$W/out/command" "was the file cut short"
it "one method, not two" exits 0 bash -c "[ \$(seimon list u30 --json | jq '.methods | length') = 1 ]"
# --- PSKC, written by another program
key128=12345678901234567890123456789012
/usr/bin/python3 - "$W/tmp" "$(hex u33)" "$(hex u34)" "$key128" <<'PYTHON'
import sys
from pskc import PSKC
folder, one, two, key = sys.argv[1], bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3]), bytes.fromhex(sys.argv[4])
urn = 'urn:ietf:params:xml:ns:keyprov:pskc:'
common = dict(response_length=6, response_encoding='DECIMAL')
def document(name, lock):
    pskc = PSKC()
    pskc.add_key(serial='A1', secret=one, algorithm=urn + 'hotp', counter=7, key_userid='UID=u33,DC=example,DC=org', **common)
    pskc.add_key(serial='A2', secret=two, algorithm=urn + 'totp', time_interval=30, **common)
    lock(pskc.encryption)
    pskc.write(folder + '/' + name)
document('plain.xml', lambda encryption: None)
document('aes.xml', lambda encryption: encryption.setup_preshared_key(key=key, algorithm='aes128-cbc'))
document('pbe.xml', lambda encryption: encryption.setup_pbkdf2('qwerty', iterations=1000, key_length=16))
# A wrong passphrase whose key seems to open the MAC's: its padding fits by chance, one time in 256.
import base64, hashlib, re
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
pbe = open(folder + '/pbe.xml').read()
salt = base64.b64decode(re.search('<Specified>(.*?)<', pbe)[1])
sealed = base64.b64decode(re.search('<pskc:MACKey>.*?CipherValue>(.*?)<', pbe, re.S)[1])
for number in range(100000):
    wrong = hashlib.pbkdf2_hmac('sha1', b'wrong%d' % number, salt, 1000, 16)
    opened = Cipher(algorithms.AES(wrong), modes.CBC(sealed[:16])).decryptor().update(sealed[16:])
    if opened[-1] == 1:
        break
open(folder + '/unlucky', 'w').write('wrong%d\n' % number)
text = open(folder + '/plain.xml').read()
head, body = text.split('\n', 1)
entity = head + '\n<!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/shadow">]>\n' + body.replace('UID=u33', '&x;UID=u33')
open(folder + '/entity.xml', 'w').write(entity)
open(folder + '/entity16.xml', 'wb').write(entity.replace('UTF-8', 'UTF-16').encode('utf-16'))
import re
aes = open(folder + '/aes.xml').read()
macs = re.findall(r'ValueMAC>(.)', aes)
open(folder + '/mac.xml', 'w').write(aes.replace('ValueMAC>' + macs[0], 'ValueMAC>' + ('A' if macs[0] != 'A' else 'B'), 1))
open(folder + '/half.xml', 'w').write(aes[:len(aes) // 2])
PYTHON
rows() { seimon import pskc "$@" --dry-run --json 2>"$W/out/command" | jq -r '.[] | [.user, .label, .reason] | join("|")'; }
printf 'A2,u34\n' >"$W/tmp/owners"
echo "$key128" >"$W/tmp/key"
echo qwerty >"$W/tmp/pass"
it "PSKC, plain: a user in the document, one in a list" test "$(rows "$W/tmp/plain.xml" --owners "$W/tmp/owners" | tr '\n' ' ')" = "u33|token A1| u34|token A2| "
it "without the list the token of nobody is told" bash -c "$(declare -f rows); W=$W; rows $W/tmp/plain.xml | grep -q 'serial number A2 has no user'"
it "an entity is not followed" exits 6 seimon import pskc "$W/tmp/entity.xml"
it "as it says" has "$W/out/command" "entities are not followed"
it "nor in another encoding" exits 6 seimon import pskc "$W/tmp/entity16.xml"
it "half a document" exits 6 seimon import pskc "$W/tmp/half.xml" --key-file "$W/tmp/key"
it "by line" grep -qE 'half.xml: line [0-9]+: it is not well-formed' "$W/out/command"
it "a key that was given and is not needed: somebody took the lock away" exits 6 seimon import pskc "$W/tmp/plain.xml" --key-file "$W/tmp/key" --owners "$W/tmp/owners"
it "as it says" has "$W/out/command" "it is not locked, though a key or passphrase was given"
python3 - "$W/tmp" <<'PYTHON'
import sys
text = open(sys.argv[1] + '/plain.xml').read()
at = text.index('<pskc:Policy>') if '<pskc:Policy>' in text else text.index('</pskc:Key>')
open(sys.argv[1] + '/odd.xml', 'w').write(text[:at] + '<pskc:Policy><pskc:ExpiryDate>&#x9b;2J&#x202e;now</pskc:ExpiryDate></pskc:Policy>' + text[at:])
PYTHON
seimon import pskc "$W/tmp/odd.xml" --owners "$W/tmp/owners" --dry-run >"$W/out/odd" 2>&1
it "nothing in a document writes to the terminal" bash -c "grep -q 'is not taken over' $W/out/odd && ! grep -qP '\\x{9b}|\\x{202e}' $W/out/odd"
it "--failed is for files of lines" exits 2 seimon import pskc "$W/tmp/plain.xml" --failed "$W/tmp/failed.xml"
it "without its key" exits 6 seimon import pskc "$W/tmp/aes.xml"
it "the option is named" has "$W/out/command" "--key-file"
it "with another passphrase" bash -c "echo wrong | seimon import pskc $W/tmp/pbe.xml --passphrase-file - 2>$W/out/command; [ \$? = 6 ]"
it "that is said" has "$W/out/command" "is not the one that this document was locked with"
it "also with one whose padding fits by chance" exits 6 seimon import pskc "$W/tmp/pbe.xml" --passphrase-file "$W/tmp/unlucky" --owners "$W/tmp/owners"
it "that is said, too" has "$W/out/command" "is not the one that this document was locked with"
it "a MAC that is wrong: that row alone" bash -c "$(declare -f rows); W=$W; rows $W/tmp/mac.xml --key-file $W/tmp/key --owners $W/tmp/owners | grep -q '^u33||the MAC of Secret is wrong' && rows $W/tmp/mac.xml --key-file $W/tmp/key --owners $W/tmp/owners | grep -q '^u34|token A2|\$'"
it "by passphrase, from standard input" bash -c "echo qwerty | seimon import pskc $W/tmp/pbe.xml --passphrase-file - --owners $W/tmp/owners --dry-run >/dev/null"
it "by key, for good" exits 0 seimon import pskc "$W/tmp/aes.xml" --key-file "$W/tmp/key" --owners "$W/tmp/owners" --atomic
it "the token goes on with its counter" ours u33 "$(hotp u33 7)"
it "and the other with its clock" ours u34 "$(code u34)"

# --- and out again
it "export asks" exits 1 seimon export csv "$W/tmp/out.csv"
it "and wrote nothing" test ! -e "$W/tmp/out.csv"
for format in csv otpauth pskc; do it "export as $format" exits 0 seimon export "$format" "$W/tmp/out.$format" --yes; done
it "nobody else's to read" test "$(stat -c %a "$W/tmp/out.csv" "$W/tmp/out.pskc" | sort -u)" = 600
it "over nothing" exits 6 seimon export csv "$W/tmp/out.csv" --yes
it "in the trail, by user" some_event u33 'event="export" outcome="exported"'
it "root's alone" exits 3 setpriv --reuid "$(id -u u00)" --regid "$(id -g u00)" --init-groups seimon export csv "$W/tmp/mine.csv" --yes
it "another program reads the links" grep -q "^otpauth://hotp/Example%20University:u33?secret=$(secret_of u33 | tr -d =)&issuer=Example%20University&algorithm=SHA1&digits=6&counter=8\$" "$W/tmp/out.otpauth"
it "another program reads the document" exits 0 pskctool --info "$W/tmp/out.pskc"
it "with its keys" has "$W/out/command" "$(secret_of u34 | base32 -d | base64)"
it "locked" exits 0 seimon export pskc "$W/tmp/locked.xml" --yes --key-file "$W/tmp/key"
it "another program opens it" /usr/bin/python3 -c "
import pskc, sys
p = pskc.PSKC('$W/tmp/locked.xml'); p.encryption.key = bytes.fromhex('$key128')
sys.exit(not any(k.secret == bytes.fromhex('$(hex u34)') and k.time_interval == 30 for k in p.keys))"
counted() { seimon status --json | jq .methods; }
before=$(counted)
for user in u00 u01 u02 u20 u21 u22 u23 u30 u33 u34; do seimon remove -u "$user" --all --yes >/dev/null 2>&1; done
it "with everything gone" test "$(counted)" = 0
it "what was revoked does not come back by importing again" exits 6 seimon import csv "$W/tmp/out.csv"
it "the way to mean it is named" has "$W/out/command" "--also-reset"
it "nothing came back" test "$(counted)" = 0
it "our own file brings it back" exits 0 seimon import csv "$W/tmp/out.csv" --also-reset --atomic
it "all of it" test "$(counted)" = "$before"
it "the token goes on once more" ours u33 "$(hotp u33 8)"
rm -f "$W/out/command"
it "no secret is printed" bash -c "! grep -rqF '$(secret_of u32)' '$W/out'"

# --- programs that are no peers: the lines of the guide, each run on a file as that program writes it
GUIDE=$(cd "$(dirname "$0")/../../docs/guides" && pwd)/from-other-programs.md
convert() {  # HEADING: in $W/tmp
  (cd "$W/tmp" && bash -e -o pipefail <(awk -v heading="## $1" '/^## /{on = index($0, heading) == 1} on && /^```/{box = !box && $0 == "```sh"; next} on && box' "$GUIDE"))
}
hex_of() { secret_of "$1" | base32 -d | xxd -p -c 64; }
counted() { oathtool --hotp --counter "$2" "$(hex_of "$1")"; }  # USER COUNTER
printf 'otpauth://totp/Example%%20University:u40?secret=%s&issuer=Example\n\notpauth://totp/u41?secret=%s&digits=8\n' "$(secret_of u40)" "$(secret_of u41)" >"$W/tmp/links.txt"
it "a list of links" exits 0 seimon import otpauth "$W/tmp/links.txt"
it "each to whom its label names" ours u40 "$(code u40)"
it "with what it says" exits 0 bash -c "seimon list u41 --json | jq -e '.methods[0].digits == 8' >/dev/null"
printf 'otpauth://totp/u42\nnothing\n' >"$W/tmp/links.txt"
it "a link without a key, and what is none" exits 6 seimon import otpauth "$W/tmp/links.txt"
it "are named by their lines" grep -q 'links.txt:2.*no otpauth:// link' "$W/out/command"
printf 'otpauth://totp/u42?secret=%s' "$(secret_of u42 | cut -c1-24)" >"$W/tmp/links.txt"
it "nor is one that was cut short taken" exits 6 seimon import otpauth "$W/tmp/links.txt"
it "as it says, as for CSV" has "$W/out/command" "was the file cut short"
jq -n --arg key "$(secret_of u42)" '{version: 1, db: {version: 2, entries: [{type: "totp", name: "u42", issuer: "Example", info: {secret: $key, algo: "SHA1", digits: 6, period: 30}}, {type: "steam", name: "x", info: {secret: "A"}}]}}' >"$W/tmp/aegis.json"
convert Aegis; exits 0 seimon import csv "$W/tmp/aegis.csv"
it "Aegis" ours u42 "$(code u42)"
jq -n --arg key "$(secret_of u43)" '{services: [{name: "Example", secret: $key, otp: {account: "u43", digits: 6, period: 30, algorithm: "SHA1", tokenType: "TOTP"}}, {name: "Other", secret: "JBSWY3DPEHPK3PXP", otp: {account: "u39", tokenType: "HOTP", counter: 4}}]}' >"$W/tmp/2fas.2fas"
convert 2FAS; exits 0 seimon import csv "$W/tmp/2fas.csv"
it "2FAS" ours u43 "$(code u43)"
it "what goes by counter there does not become what goes by time" lacks "$W/tmp/2fas.csv" u39
jq -n --arg one "$(secret_of u44)" --arg two "$(secret_of u45)" '{encrypted: false, items: [{login: {username: "u44", totp: $one}}, {login: {username: "u45", totp: "otpauth://totp/x:y?secret=\($two)&period=60"}}, {login: {username: "u46", totp: null}}]}' >"$W/tmp/bitwarden.json"
convert Bitwarden; exits 0 seimon import csv "$W/tmp/bitwarden.csv"
it "Bitwarden" ours u44 "$(code u44)"
it "and a link in it" exits 0 bash -c "seimon list u45 --json | jq -e '.methods[0].period == 60' >/dev/null"
printf 'S1,u46\nS2,u47\n1382042,u48\n00040008CFA5,u49\n' >"$W/tmp/owners.csv"
printf 'S1, %s, TOTP, 6, 30\nS2, %s\nS3, 3132\n' "$(hex_of u46)" "$(hex_of u47)" >"$W/tmp/oath.csv"
convert LinOTP; exits 0 seimon import csv "$W/tmp/tokens.csv"
it "OATH CSV of LinOTP and privacyIDEA" ours u46 "$(code u46)"
it "by counter where it says nothing else" ours u47 "$(counted u47 0)"
printf '508326,cccccccccccc,83cebdfb7b93,a47c5bf9c152202f577be6721c0113af,,2013-12-12T08:43:17,\n1382042,,0,%s,,2013-12-12T08:41:17,\n' "$(hex_of u48)" >"$W/tmp/yubico.csv"
convert YubiKey; exits 0 seimon import csv "$W/tmp/yubikeys.csv"
it "a YubiKey" ours u48 "$(counted u48 0)"
printf '<?xml version="1.0"?>\n<Tokens><Token serial="00040008CFA5"><Applications><Application><Seed>%s</Seed><MovingFactor>3</MovingFactor></Application></Applications></Token></Tokens>\n' "$(hex_of u49)" >"$W/tmp/safenet.xml"
convert SafeNet; exits 0 seimon import csv "$W/tmp/safenet.csv"
it "a SafeNet token" ours u49 "$(counted u49 3)"
finish
