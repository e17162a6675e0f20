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
it "a replaced key cannot be taken back, so that is not for all or none" exits 2 seimon import csv "$W/tmp/users.csv" --replace --atomic
it "one method, not two" exits 0 bash -c "[ \$(seimon list u30 --json | jq '.methods | length') = 1 ]"
it "no secret is printed" bash -c "! grep -rqF '$(secret_of u32)' '$W/out'"
finish
