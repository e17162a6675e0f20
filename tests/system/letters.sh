#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# seimon enroll --batch: a letter for each user, read back from the printed page; and what happens when the work ends in
# the middle. usage: letters.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
seimond_start
printf '%s\n' "auth required $W/bin/pam_seimon.so" "auth required pam_permit.so" >"$W/pam.d/seimon"
exits() { "${@:2}" >"$W/out/command" 2>&1 </dev/null; local code=$?; [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }; }
batch() { seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/out" --start now "$@"; }
methods() { seimon status --json | jq .methods; }
page() { pdftoppm -r 150 -gray -singlefile -png "$W/tmp/out/$1.pdf" "$W/tmp/$1" && zbarimg -q --raw "$W/tmp/$1.png" 2>/dev/null; }
text() { pdftotext "$W/tmp/out/$1.pdf" - 2>/dev/null; }

# --- what is wrong with a list is told by line, and nothing is done
{ printf 'name,user\n'; printf 'Alice,u01\nNobody,nobodyhere\nBob,u02\nAgain,u01\nhalf\n'; printf '\x93\xfa\x96\x7b,u03\n'; } >"$W/tmp/users.csv"
it "a bad list" exits 6 batch
it "a user whom the system does not know" grep -q 'users.csv:3: there is no user "nobodyhere"' "$W/out/command"
it "one who stands there twice" grep -q 'users.csv:5: the user u01 is listed twice' "$W/out/command"
it "half a line" grep -q 'users.csv:6: it has not as many cells' "$W/out/command"
it "Shift_JIS" grep -q 'users.csv:7: it is not UTF-8' "$W/out/command"
it "nothing was done" test "$(methods)$(ls -d "$W/tmp/out" 2>/dev/null)" = 0
printf 'account\nu01\n' >"$W/tmp/users.csv"
it "a list without users" exits 6 batch
it "and the folder without a list" exits 2 seimon enroll --letters "$W/tmp/out"
it "it is not everybody's to do" exits 6 setpriv --reuid 64201 --regid 64201 --clear-groups seimon enroll --batch /nowhere --letters "$W/tmp/out" --start now

# --- a batch
printf '\xef\xbb\xbfuser,name\r\nu01,山田 <太郎>\r\nu02,"Smith, Ann"\r\nu03,\r\nu04,\r\n' >"$W/tmp/users.csv"
enrol u03
mkdir "$W/tmp/out"
it "a folder that is somebody else's" exits 6 batch
rmdir "$W/tmp/out"
it "letters" exits 6 batch
it "who has a method keeps it, and is told" has "$W/out/command" "u03: has a method already"
it "three letters" has "$W/out/command" "3 letters, 1 users without one"
it "issued: they count" exits 0 bash -c "seimon list u01 --json | jq -e '.methods[0].state == \"issued\"' >/dev/null"
it "nobody else's to read" test "$(stat -c %a "$W/tmp/out" "$W/tmp/out/u01.pdf" | tr '\n' ' ')" = "700 600 "
it "one page, A4" bash -c "pdfinfo $W/tmp/out/u01.pdf | grep -q '^Pages: *1$' && pdfinfo $W/tmp/out/u01.pdf | grep -q 'A4'"
it "the name is on it, in its own script, and opens no markup" bash -c "$(declare -f text); W=$W; text u01 | grep -q '山田 <太郎>'"
it "with the start, the help desk and the issuer" bash -c "$(declare -f text); W=$W; for word in 'From 20' 'ext. 4567' 'Example University' 認証アプリ; do text u01 | grep -q \"\$word\" || exit 1; done"
page u01 >"$W/tmp/link"
it "its QR code is read back" grep -q '^otpauth://totp/Example%20University:u01?secret=' "$W/tmp/link"
key=$(sed 's/.*secret=\([A-Z2-7]*\).*/\1/' "$W/tmp/link")
it "the key in groups is the same" bash -c "$(declare -f text); W=$W; text u01 | tr -d ' ' | grep -q '$key'"
it "and opens the door" bash -c "oathtool --totp --base32 --now '$CLOCK UTC' $key | pamtester seimon u01 authenticate >/dev/null 2>&1"
it "a summary for the office" bash -c "$(declare -f text); W=$W; text summary | grep -q 'u03: has a method already'"
it "without a key" bash -c "$(declare -f text); W=$W; ! text summary | tr -d ' ' | grep -q '$key'"
before=$(cat "$W/tmp/out/u02.pdf" | sha1sum)
it "the same command again changes nothing" exits 6 batch
it "no letter" test "$before" = "$(sha1sum <"$W/tmp/out/u02.pdf")"
printf 'user\nu05\n' >"$W/tmp/users.csv"
it "another list wants another folder" exits 6 batch
printf '<b>{user}</b> {key}\n{qr}\n' >"$W/tmp/template"
it "a template of one's own" exits 0 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/own" --start now --template "$W/tmp/template"
printf 'user,name\nu09,%s\n' "$(printf '長%.0s' $(seq 100))" >"$W/tmp/users.csv"
it "a name of a hundred letters fits" exits 0 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/long" --start now
printf 'user,name\nu07,x\nu08,%s\n' "$(printf '長%.0s' $(seq 101))" >"$W/tmp/users.csv"
it "a longer one ends no batch in the middle" exits 6 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/longer" --start now
it "it is told by line, before anything is done" bash -c "grep -q 'users.csv:3: the name is longer than 300 bytes' $W/out/command && [ ! -e $W/tmp/longer ]"
printf 'user\nu06\n' >"$W/tmp/users.csv"
printf '<b>{user}\n' >"$W/tmp/template"
it "one that is wrong is told by line" exits 6 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/bad" --start now --template "$W/tmp/template"
it "by line 1" has "$W/out/command" "line 1 of the template is no Pango markup"
it "and nobody has a method by it" exits 0 bash -c "[ \$(seimon list u06 --json | jq '.methods | length') = 0 ]"

# --- from when on its code is asked for
faked() { LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 | head -n 1) FAKETIME_TIMESTAMP_FILE=$W/clock FAKETIME_NO_CACHE=1 TZ=UTC "$@"; }
it "the batch wants to know" exits 2 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/none"
for start in 2020-01-01 tomorrow 7d; do it "$start is no day to come" exits 2 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/none" --start "$start"; done
it "what is proven by a code has no start" exits 2 seimon enroll u07 --start first-use
config "$(sed 's/^default:.*/default: { action = "require"; unenrolled = "allow"; };/' "$W/etc/seimon.conf")"
it "the policy" exits 0 seimon reload
day=$(date -u -d "$CLOCK UTC + 2 days" +%F)
printf 'user\nu07\n' >"$W/tmp/users.csv"
it "a letter that counts from a day on" exits 0 faked seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/day" --start "$day"
it "says so" bash -c "pdftotext $W/tmp/day/u07.pdf - | grep -q 'From $day, when'"
printf 'user\nu08\n' >"$W/tmp/users.csv"
it "and one from its first use" exits 0 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/use" --start first-use
it "says that, too" bash -c "pdftotext $W/tmp/use/u08.pdf - | grep -q 'Once the app is set up, when'"
for user in u07 u08; do it "$user is let in as before" exits 0 pamtester seimon "$user" authenticate; done
it "the list says when" bash -c "TZ=UTC seimon list u07 | grep -q 'never (counts from $day' && seimon list u08 | grep -q 'counts from its first use'"
it "and the help desk reads it" bash -c "seimon status u08 | grep -q 'counts from its first use on' && seimon status u08 | grep -q 'Has it arrived'"
key=$(pdftoppm -r 150 -gray -singlefile -png "$W/tmp/use/u08.pdf" "$W/tmp/u08" && zbarimg -q --raw "$W/tmp/u08.png" 2>/dev/null | sed 's/.*secret=\([A-Z2-7]*\).*/\1/')
it "its owner tries it" exits 0 bash -c "oathtool --totp --base32 --now '$CLOCK UTC' $key | setpriv --reuid u08 --regid u08 --clear-groups seimon verify"
it "and is asked from then on" exits 1 pamtester seimon u08 authenticate
tick $((3 * 86400))
it "from its day on so is the other" exits 1 pamtester seimon u07 authenticate

# --- the work ends in the middle: killed, and a full disk
rm -rf "$W/tmp/out"
{ echo user; printf 'u%02d\n' $(seq 10 49); } >"$W/tmp/users.csv"
seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/out" --start now >"$W/out/command" 2>&1 &
BATCH=$!
wait_until "[ \$(grep -cs issued '$W/tmp/out/done.csv') -ge 5 ] 2>/dev/null"
kill -KILL "$BATCH"
wait "$BATCH" 2>/dev/null
it "some have a letter, some not" bash -c "n=\$(grep -c issued $W/tmp/out/done.csv); [ \$n -ge 5 ] && [ \$n -lt 40 ]"
it "nobody has a method without a letter" bash -c "for u in \$(seq 10 49); do [ \$(seimon list u\$u --json | jq '.methods | length') = 0 ] || [ -s $W/tmp/out/u\$u.pdf ] || exit 1; done"
it "the same command goes on" exits 0 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/out" --start now
it "to the end" test "$(wc -l <"$W/tmp/out/done.csv")" = 41
it "each letter's key is its user's" bash -c "$(declare -f page); W=$W; for u in u10 u20 u49; do key=\$(page \$u | sed 's/.*secret=\([A-Z2-7]*\).*/\1/'); oathtool --totp --base32 --now '$CLOCK UTC' \$key | pamtester seimon \$u authenticate >/dev/null 2>&1 || exit 1; done"
sed -i '$d' "$W/tmp/out/done.csv"
it "killed between a method and its line, it goes on, too" exits 0 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/out" --start now
mkdir "$W/tmp/small"
mount -t tmpfs -o size=256k tmpfs "$W/tmp/small"
{ echo user; printf 'u%02d\n' $(seq 50 59); } >"$W/tmp/users.csv"
it "a full disk" exits 6 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/small/out" --start now
it "is told with the file" grep -qE 'small/out/u5[0-9].pdf: No space left' "$W/out/command"
it "nobody has a method without a letter then, either" bash -c "for u in \$(seq 50 59); do [ \$(seimon list u\$u --json | jq '.methods | length') = 0 ] || [ -s $W/tmp/small/out/u\$u.pdf ] || exit 1; done"
mount -o remount,size=8m "$W/tmp/small"
it "with room again it goes on to the end" exits 0 seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/small/out" --start now
umount "$W/tmp/small"
finish
