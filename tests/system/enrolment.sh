#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# seimon(1): enrolling with every kind of QR code, and each verb with its exit codes.
# usage: enrolment.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
RENDER=$(cd "$(dirname "$0")/../support" && pwd)/render.py
seimond_start
exits() {  # CODE COMMAND …
  "${@:2}" >"$W/out/command" 2>&1 </dev/null
  local code=$?
  [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }
}
as() {  # USER COMMAND …
  local id
  id=$(id -u "$1")
  setpriv --reuid "$id" --regid "$id" --clear-groups "${@:2}"
}
key_in() { sed -n 's/^Key: *//p' "$1" | tr -d ' '; }
link_in() { sed -n 's/^Link: *//p' "$1"; }
code_for() { oathtool --totp --base32 --now "$CLOCK UTC" "$1"; }

# Begins an enrolment, computes the code from what is shown, and gives it.
enrol_by_eye() {  # OUTPUT ENROL-ARGUMENT …
  rm -f "$W/tmp/typed"
  mkfifo "$W/tmp/typed"
  "${AS[@]}" seimon enroll "${@:2}" <"$W/tmp/typed" >"$1" 2>"$1.err" &
  local pid=$!
  exec 5>"$W/tmp/typed"
  wait_until "grep -q '^Codes:' '$1'" || { cat "$1" "$1.err"; return 1; }
  code_for "$(key_in "$1")" >&5
  exec 5>&-
  wait "$pid"
}
AS=()
read_square() { zbarimg --nodbus -q --raw "$1"; }

it "enrolling shows QR code, account, key and link, and ends with a code" enrol_by_eye "$W/out/a" u00
it "the key stands in groups of four" grep -qE '^Key: +([A-Z2-7]{4} ){7}[A-Z2-7]{4}$' "$W/out/a"
it "the link names the issuer, and leaves out what every app assumes" grep -qE '^Link: +otpauth://totp/Example%20University:u00\?secret=[A-Z2-7]{32}&issuer=Example%20University$' "$W/out/a"
python3 "$RENDER" "$W/out/a" "$W/out/a.png"
it "the QR code on the screen reads as the link" test "$(read_square "$W/out/a.png")" = "$(link_in "$W/out/a")"
it "the method is listed" bash -c "seimon list u00 | grep -q app"
it "ansi QR codes too" enrol_by_eye "$W/out/b" u01 --qr=ansi
python3 "$RENDER" "$W/out/b" "$W/out/b.png"
it "and read as the link" test "$(read_square "$W/out/b.png")" = "$(link_in "$W/out/b")"
it "a png file" enrol_by_eye "$W/out/c" u02 "--qr=png=$W/out/c.png"
it "reads as the link" test "$(read_square "$W/out/c.png")" = "$(link_in "$W/out/c")"
it "and is for its owner alone" test "$(stat -c %a "$W/out/c.png")" = 600
it "an svg file" enrol_by_eye "$W/out/d" u03 "--qr=svg=$W/out/d.svg"
python3 "$RENDER" "$W/out/d.svg" "$W/out/d.png"
it "reads as the link" test "$(read_square "$W/out/d.png")" = "$(link_in "$W/out/d")"
AS=(as u04)
it "an ordinary user enrols themselves" enrol_by_eye "$W/out/e" --label phone
AS=()
it "under the label they chose" bash -c "seimon list u04 --json | jq -e '.methods[0].label == \"phone\"' >/dev/null"
it "--json prints the link and the key" bash -c "printf '000000\n%.0s' 1 2 3 4 5 6 | seimon enroll u05 --json 2>'$W/out/five' | jq -e '.link and .key and .digits == 6' >/dev/null"
it "five wrong codes end it" has "$W/out/five" "nothing was registered. Begin again"
it "and register nothing" bash -c "[ \$(seimon list u05 --json | jq '.methods | length') = 0 ]"
it "without a code nothing is registered" exits 1 seimon enroll u05 --qr=none
it "nor is anything listed" bash -c "[ \$(seimon list u05 --json | jq '.methods | length') = 0 ]"
it "the code that ended the enrolment does not log in" exits 1 bash -c "code_=$(code_for "$(key_in "$W/out/a")"); echo \$code_ | seimon verify u00"
enrol u06
it "the next one verifies" exits 0 bash -c "echo $(code u06) | seimon verify u06"
it "once" exits 1 bash -c "echo $(code u06) | seimon verify u06"
it "eight digits, SHA256, 60 seconds" bash -c "echo GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ >'$W/tmp/s'; oathtool --totp=SHA256 -d 8 -s 60 --base32 --now '$CLOCK UTC' GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ | seimon enroll u07 --secret-file '$W/tmp/s' --digits 8 --algorithm SHA256 --period 60 --qr=none >/dev/null 2>&1"
it "a token by counter" bash -c "oathtool --hotp --base32 -c 3 GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ | seimon enroll u08 --kind token --counter 3 --secret-file '$W/tmp/s' --qr=none >/dev/null 2>&1"
it "a link says all of it: digits, algorithm, period" bash -c "printf 'otpauth://totp/x:y?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA256&digits=8&period=60\r\n' >'$W/tmp/link'; oathtool --totp=SHA256 -d 8 -s 60 --base32 --now '$CLOCK UTC' GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ | seimon enroll u18 --secret-file '$W/tmp/link' --qr=none >/dev/null 2>&1"
it "a secret from standard input" bash -c "{ cat '$W/tmp/s'; oathtool --totp --base32 --now '$CLOCK UTC' GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ; } | seimon enroll u09 --secret-file - --qr=none >/dev/null 2>&1"

# --- changing one's own methods needs a code of one
enrol u10
u10="setpriv --reuid $(id -u u10) --regid $(id -u u10) --clear-groups"
second=$(secret_of u11)
echo "$second" >"$W/tmp/second"; chmod 644 "$W/tmp/second"
it "a second method needs a code of the first" exits 1 as u10 seimon enroll --label second --qr=none
it "and asks for it" has "$W/out/command" "Enter a code of a method that you have already: "
it "a wrong one does not do" exits 1 bash -c "echo 000000 | $u10 seimon enroll --label second --qr=none"
it "and is refused" has "$W/out/command" "not accepted; a code works once"
it "nor a question mark" exits 1 bash -c "echo '?' | $u10 seimon enroll --label second --qr=none"
it "a right one does" exits 0 bash -c "printf '%s\n%s\n' $(code u10) $(code_for "$second") | $u10 seimon enroll --label second --secret-file $W/tmp/second --qr=none"
it "and there are two" bash -c "[ \$(seimon list u10 --json | jq '.methods | length') = 2 ]"
it "one of two may go, with a code" exits 0 bash -c "echo $(code u10 1) | $u10 seimon remove second --yes"
it "removing one's last method is refused" exits 1 as u10 seimon remove app --yes
it "and says what to do first" has "$W/out/command" "this is your last method; to change to another phone: seimon replace app"
it "root removes it after asking" exits 1 seimon remove -u u10 app
it "or with --yes" exits 0 seimon remove -u u10 app --yes
it "a reset user cannot register alone" exits 3 as u10 seimon enroll --qr=none

# --- exit codes and messages
it "no such user is 5" exits 5 seimon enroll nosuchuser
it "and says so" has "$W/out/command" 'there is no user "nosuchuser"'
it "no such method is 5" exits 5 seimon remove -u u00 nothing --yes
it "a user name where a method belongs is recognised" exits 5 seimon remove u00 --yes
it "and the fix is named" has "$W/out/command" "did you mean -u u00?"
it "another account is 3" exits 3 as u11 seimon list u00
it "suspending is root's: 3" exits 3 as u11 seimon suspend u11
it "others' events are 3" exits 3 as u11 seimon log u00
it "trying another's login is 3" exits 3 as u11 seimon try u00
it "an unknown verb is 2" exits 2 seimon nonsense
it "one that is nearly a verb names it" bash -c "seimon statsu 2>&1 | grep -q 'did you mean \"status\"'"
it "help for a verb" bash -c "seimon help enroll | grep -q -- --secret-file"
it "help alone" bash -c "seimon help | grep -q enroll"
it "an unknown option is 2" exits 2 seimon list --nonsense
it "digits out of range are 2" exits 2 seimon enroll u11 --digits 9
it "an unknown kind of QR code is 2" exits 2 seimon enroll u11 --qr=ascii
it "a secret that is not base32 is 6" bash -c "echo '0189!' >'$W/tmp/bad'; seimon enroll u11 --secret-file '$W/tmp/bad' </dev/null >/dev/null 2>&1; [ \$? = 6 ]"
it "a short secret is 6" bash -c "echo GEZDGNBV >'$W/tmp/bad'; seimon enroll u11 --secret-file '$W/tmp/bad' </dev/null >/dev/null 2>&1; [ \$? = 6 ]"
it "a missing secret file is 6" exits 6 seimon enroll u11 --secret-file "$W/none"
it "a label that could mislead is 2" exits 2 seimon enroll u11 --label "$(printf 'a\033[2J')"
it "a taken label is 2" exits 2 seimon enroll u00 --label app
it "a socket that nobody serves is 4" exits 4 seimon --socket "$W/none" status
it "key init leaves an old key alone" exits 1 seimon key init --config "$W/etc/seimon.conf"
mkdir -p "$W/other"
it "key init of an ordinary user is refused" exits 3 as u11 seimon key init --config "$W/other/seimon.conf"
it "config check says ok" exits 0 seimon config check --config "$W/etc/seimon.conf"
echo 'mod = "x";' >"$W/etc/bad.conf"
it "config check finds a bad file: 6" exits 6 seimon config check --config "$W/etc/bad.conf"
it "and names file, line and the nearest key" has "$W/out/command" "bad.conf:1: unknown key \"mod\""
it "config show tells what is in force, with file and line" exits 0 seimon config show
it "rule by rule" has "$W/out/command" "$W/etc/seimon.conf:8"
it "status" exits 0 seimon status
it "status of a user" exits 0 seimon status u00
it "explain as JSON" bash -c "seimon explain u00 --from 10.20.1.1 --json | jq -e '.action == \"skip\" and .would == \"skip\" and .rule == \"campus\" and .network == \"campus\" and .methods == [\"app\"]' >/dev/null"
it "explain for home" bash -c "seimon explain u00 --from 203.0.113.1 --json | jq -e '.action == \"require\" and .rule == \"default\" and .network == \"\"' >/dev/null"
it "explain by group" bash -c "seimon explain u01 --from 10.20.1.1 --json | jq -e '.rule == \"staffers always\"' >/dev/null"
it "explain for oneself" exits 0 as u11 seimon explain --from 10.20.1.1
enrol u12
it "try is a real login" exits 0 bash -c "printf '%s\n%s\n' '$PASSWORD' $(code u12) | seimon try u12 --service sshd --from 203.0.113.7"
it "and prints verdict, PAM code and event" has "$W/out/command" "LET IN: auth PAM_SUCCESS, account PAM_SUCCESS"
it "with the event" has "$W/out/command" '"outcome":"accepted"'
it "try from the campus asks nothing but the password" exits 0 bash -c "echo '$PASSWORD' | seimon try u12 --service sshd --from 10.20.1.1"
it "try of a refused login is 1" exits 1 bash -c "printf '%s\n000000\n000000\n000000\n' '$PASSWORD' | seimon try u12 --service sshd --from 203.0.113.7"
it "no secret is in the log" bash -c "! grep -q \"\$(sed -n 's/^Key: *//p' '$W/out/a' | tr -d ' ')\" '$W/syslog'"
# --- what the terminal can show
shown_at() {  # COLUMNS LOCALE USER: what `seimon enroll` prints on such a terminal
  timeout 20 script -qec "stty cols $1 rows 40; env LC_ALL=$2 seimon enroll $3" /dev/null </dev/null >"$W/out/shown" 2>&1
}
shown_at 40 C.UTF-8 u40
it "on 40 columns no QR code is broken over lines" lacks "$W/out/shown" "▀"
it "it is said instead" has "$W/out/shown" "too narrow for the QR code"
shown_at 100 C u41
it "without UTF-8 it is drawn in colours" grep -q $'\033\[107m  ' "$W/out/shown"
shown_at 80 C.UTF-8 u42
it "else in half blocks" has "$W/out/shown" "▀"

finish
