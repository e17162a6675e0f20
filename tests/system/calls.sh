#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Calls at a real ssh login: seimond, seimon-delivery, deliver-sip with baresip, and sipp for the telephone, which presses
# keys. The stories are in calls.py. usage: calls.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
BUILD=$1
HERE=$(cd "$(dirname "$0")" && pwd)
world_up "$1"
. "$HERE/../support/gateways.sh"
askpass_install
ip -n srv link set lo up
exits() { "${@:2}" >"$W/out/command" 2>&1 </dev/null; local code=$?; [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }; }
says() { grep -qF -- "$1" "$W/out/command" || { cat "$W/out/command"; return 1; }; }

# deliver-sip, once the phone is there; and one that answers by itself.
printf '#!/bin/bash\nfor _ in $(seq 200); do [ ! -e "%s/tmp/ready" ] || break; read -r -t 0.1 <> <(:); done\nexec "%s/bin/deliver-sip" "%s/etc/sip.conf"\n' "$W" "$W" "$W" >"$W/bin/call"
chmod 755 "$W/bin/call"
printf '%s\n' 'account = <sip:seimon@127.0.0.1>;regint=0;auth_pass=s3cret' 'dial = sip:{number}@127.0.0.1:5070' 'rings = 2' >"$W/etc/sip.conf"
chown "$DELIVERY" "$W/etc/sip.conf"; chmod 400 "$W/etc/sip.conf"
chmod 1777 "$W/tmp"
driver spoken "printf '%s\n' \"\$INPUT\" >>$W/sms/box"
driver nobody 'echo "{\"answered\": false}"'
driver broken 'echo "no line" >&2; exit 75'
: >"$W/sms/box"; chmod 666 "$W/sms/box"

settings() {  # MORE: of the group delivery
  config "mode = \"enforce\"; language = \"en\"; issuer = \"Example University\"; help = \"Help desk: ext. 4567\";
default: { action = \"require\"; unenrolled = \"deny\"; };
delivery: { prefixes = [ \"+81\" ]; country = \"81\"; $1 };"
}
by() { printf 'call = ( { command = [ "%s" ]; } );' "$W/bin/$1"; }  # PROGRAM
# --- the guide's configuration is one, and deliver-sip takes its lines
GUIDE=$HERE/../../docs/guides/codes-by-call.md
{ echo 'mode = "enforce"; default: { action = "require"; unenrolled = "deny"; };'; sed -n '/^    delivery: {/,/^    };/s/^    //p' "$GUIDE"; } >"$W/etc/guide.conf"
chmod 644 "$W/etc/guide.conf"
it "the guide's configuration is taken" exits 0 seimond --check --config "$W/etc/guide.conf"
sed -n 's/^    \(account\|dial\) = /\1 = /p' "$GUIDE" | sed 's/pbx.example.ac.jp/127.0.0.1:5070/' >"$W/etc/guide-sip.conf"
it "its lines for the exchange are taken" bash -c "grep -c = '$W/etc/guide-sip.conf' | grep -qx 2 && echo '{\"to\": \"110\", \"language\": \"en\", \"text\": \"\", \"code\": \"\", \"mode\": \"\"}' | '$W/bin/deliver-sip' '$W/etc/guide-sip.conf'; [ \$? = 65 ]"

settings "$(by call)"
seimond_start
sender_start
sshd_start
for user in u00 u01 u02 u03 u04 u05 u06 u07; do
  seimon enroll "$user" --kind call "090-1234-56${user#u}" -y >"$W/out/enrol" 2>&1 || fail "enroll: $(cat "$W/out/enrol")"
done
it "a number is shown masked" bash -c "seimon list u01 | grep -qF '+81 •••• ••01'"
export W PASSWORD HOME4 SRV4_HOME CLOCK PORT
seen() {  # STORY: each of its steps is a sentence with its own outcome
  local code=0
  home /usr/bin/python3 "$HERE/calls.py" "$@" >"$W/out/story" 2>&1 || code=$?
  grep -E '^(ok|NOT OK)' "$W/out/story"
  [ "$code" = 0 ] || { FAILED=$((FAILED + 1)); tail -n 40 "$W/out/story"; tail -n 5 "$W/out/delivery" "$W/out/seimond.log"; }
  read -r CLOCK <"$W/clock"  # a story lets time pass
}
for story in yes wrong report unanswered forged unseen; do seen "$story"; done
sender_start

# Nothing shows who has a telephone.
settings "$(by nobody)"
take_in
tick 4000
asked_of() {  # USER
  log_in home "$1" "$SRV4_HOME" c '' c 000000 000000 000000
  sed "s/$1@/NAME@/; "'s/Number [0-9]*/Number NN/; s/press [0-9]* and/press NN and/' "$W/out/asked" >"$W/out/asked.$1"
}
for user in u00 u20 u40; do asked_of "$user"; done
for user in u20 u40; do
  it "$user, who has no telephone, reads what u00 reads" cmp "$W/out/asked.u00" "$W/out/asked.$user"
done
it "all of it was read" has "$W/out/asked.u40" "Not approved yet"

# A code that is spoken.
settings "$(by spoken) call_mode = \"code\";"
take_in
tick 4000
printf '#!/bin/bash\nfor _ in $(seq 100); do [ ! -s "%s/sms/box" ] || break; read -r -t 0.1 <> <(:); done\njq -r .code "%s/sms/box" | tail -n 1\n' "$W" "$W" >"$W/bin/listen"
chmod 755 "$W/bin/listen"
it "with call_mode = code it is spoken, and lets in" log_in home u06 "$SRV4_HOME" c "run:$W/bin/listen"
it "digit by digit" bash -c "jq -r .text '$W/sms/box' | grep -qE 'is: [0-9](, [0-9]){5}\.'"
it "the driver is told which it is" bash -c "jq -r .mode '$W/sms/box' | grep -qx code"

# The owner registers a telephone; the code is spoken, whichever way sign-ins go.
enrol u10
: >"$W/sms/box"
settings "$(by spoken)"
take_in
tick 31
owner() { setpriv --reuid u10 --regid "$(id -g u10)" --clear-groups env PATH="$PATH" HOME="$W/home/u10" LC_ALL=C.UTF-8 "$@"; }
registers() { { code u10; "$W/bin/listen"; } | owner seimon enroll --kind call 03-1234-5678 >"$W/out/command" 2>&1; }
it "an owner registers a telephone" registers
it "and is told that it rings" says "You are called at +81 •••• ••78"
it "its kind is call" bash -c "seimon list u10 --json | jq -e '.methods[] | select(.kind == \"call\")' >/dev/null"
it "the same number is no second method" exits 1 seimon enroll u10 --kind call 0312345678 -y
it "what it is called" says "registered already"

printf 'user,phone\nu11,03-1111-1111\n' >"$W/tmp/list.csv"
it "a list's telephones are called where there is no SMS" exits 0 seimon enroll --batch "$W/tmp/list.csv"
it "so they are registered" bash -c "seimon list u11 --json | jq -e '.methods[0].kind == \"call\"' >/dev/null"

# Where it cannot be done, it is said.
settings "$(by broken)"
take_in
it "a line that is down is named by the test" exits 1 seimon delivery test call 0312345678
it "with its reason" says "no line"
settings "call = ( { url = \"https://calls.example.jp/\"; body = \"{to}\"; } );"
it "a web interface reports no keys, says config check" exits 6 seimond --check --config "$W/etc/seimon.conf"
it "and what would be right" says 'call_mode = "code"'
settings "$(by nobody) call_mode = \"voice\";"
it "call_mode has two values" exits 6 seimond --check --config "$W/etc/seimon.conf"
it "which are named" says 'write "number"'
finish
