#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Codes by SMS and mail at a real ssh login, through real gateways: who gets one, when it counts, how often it is sent,
# what everybody sees, what is left of it. usage: sent_codes.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
BUILD=$1
SUPPORT=$(cd "$(dirname "$0")/../support" && pwd)
world_up "$1"
. "$(dirname "$0")/../support/gateways.sh"
askpass_install
# A machine that stands still for some seconds is not what is looked at here.
sed -i "/pam_seimon.so/s/\$/ timeout=20/" "$W/pam.d/sshd"
# The box has a line for each message; the driver takes as long as a real gateway.
driver box "printf '%s\n' \"\$INPUT\" >>$W/sms/box; read -r -t 0.05 <> <(:) || true"
driver down 'echo "no network" >&2; exit 75'
driver hangs "printf '%s\n' \"\$INPUT\" >>$W/sms/box; sleep 987"
: >"$W/sms/box"; chmod 666 "$W/sms/box"

settings() {  # DRIVERS [MORE]: of the group delivery, and whole lines
  config "mode = \"enforce\"; language = \"en\"; issuer = \"Example University\"; help = \"Help desk: ext. 4567\";
${2-}
default: { action = \"require\"; unenrolled = \"deny\"; };
delivery: { prefixes = [ \"+81\" ]; country = \"81\"; never = [ \"+81570\" ]; $1 };"
}
by() { printf 'sms = ( { command = [ "%s" ]; timeout = 3; } );' "$W/bin/$1"; }  # PROGRAM
number_of() { printf '+8190%08d' "$((10#${1#u}))"; }  # USER
messages_to() { jq -r --arg to "$1" 'select(.to == $to) | .code' "$W/sms/box"; }  # ADDRESS: their codes
sent_to() { messages_to "$1" | wc -l; }
# Waits for one message more than there were when the world looked last, and prints its code.
cat >"$W/bin/arrived" <<SCRIPT
#!/bin/bash
# usage: arrived ADDRESS MESSAGES
for _ in \$(seq 300); do
  codes=\$(jq -r --arg to "\$1" 'select(.to == \$to) | .code' "$W/sms/box")
  [ "\$(grep -c . <<<"\$codes")" -lt "\$2" ] || { tail -n 1 <<<"\$codes"; exit; }
  read -r -t 0.1 <> <(:)
done
echo nothing
SCRIPT
chmod 755 "$W/bin/arrived"
arrives() { echo "run:$W/bin/arrived $(number_of "$1") $(($(sent_to "$(number_of "$1")") + ${2-1}))"; }  # USER [MORE]
preset() { seimon enroll "$1" --kind sms "$(number_of "$1")" -y >"$W/out/enrol" 2>&1 || fail "enroll: $(cat "$W/out/enrol")"; }
as_user() { setpriv --reuid "$1" --regid "$(id -g "$1")" --clear-groups env PATH="$PATH" HOME="$W/home/$1" LC_ALL=C.UTF-8 "${@:2}"; }
exits() { "${@:2}" >"$W/out/command" 2>&1 </dev/null; local code=$?; [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }; }
says() { grep -qF -- "$1" "$W/out/command" || { cat "$W/out/command"; return 1; }; }

settings "$(by box)"
seimond_start
sender_start
sshd_start

# --- the guide's configurations are ones
GUIDE=$(cd "$(dirname "$0")/../.." && pwd)/docs/guides/codes-by-sms.md
install -o "$DELIVERY" -m 400 /dev/null "$W/etc/sms.token"
awk -v folder="$W/tmp/guide" '/^    delivery: /{n++; file = folder n ".conf"} /^$/{file = ""} file{print substr($0, 5) >file}' "$GUIDE"
it "the guide has three of them" test "$(ls "$W"/tmp/guide*.conf | wc -l)" = 3
for file in "$W"/tmp/guide*.conf; do
  { cat "$W/etc/seimon.conf" | sed '/^delivery/d'; sed "s|/etc/seimon/sms.token|$W/etc/sms.token|" "$file"; } >"$W/etc/guide.conf"
  chmod 644 "$W/etc/guide.conf"
  it "$(basename "$file") is taken" exits 0 seimond --check --config "$W/etc/guide.conf"
done

# --- a number that an administrator has set
for user in u01 u02 u03 u10; do preset "$user"; done
enrol u03
it "a number is shown masked" bash -c "seimon list u01 | grep -qF '+81 •••• ••01'"
it "and nowhere in full" bash -c "! seimon list u01 --json | grep -q 0000001"
it "s sends a code, and it lets in" log_in home u01 "$SRV4_HOME" s "$(arrives u01)"
it "the prompt offers it" has "$W/out/asked" "Verification code (s = send it to me): "
it "the answer says no more than anybody may know" has "$W/out/asked" "If a phone number or mail address is registered for this account, a code is on its way."
it "one message was sent" test "$(sent_to "$(number_of u01)")" = 1
it "the trail has the message and the login" bash -c "seimon log -u u01 --json | jq -e '[.[].event] | index(\"code-sent\") and index(\"login\")' >/dev/null"
it "with the method's name" last_event u01 method sms
it "status tells how many were sent" bash -c "seimon status u01 | grep -q 'codes sent: 1 of 5 in the last hour, 1 of 10 in the last day'"
it "its text is one part of an SMS" bash -c "[ \$(tail -n 1 '$W/sms/box' | jq -r .text | wc -m) -le 70 ]"
USED=$(messages_to "$(number_of u01)" | tail -n 1)
tick 31
it "a code works once, and in its own login" refused log_in home u01 "$SRV4_HOME" "$USED" s "$USED"
tick 31
it "sent again it is the same code" log_in home u02 "$SRV4_HOME" s s "$(arrives u02)"
it "within half a minute it is sent once" test "$(sent_to "$(number_of u02)")" = 1

# --- nobody sees who has a phone
printf '%s\n' "auth required $W/bin/pam_seimon.so timeout=20" >"$W/pam.d/alone"
screen_of() { printf 's\n000000\ns\n000001\n000002\n' | timeout 60 pamtester -I rhost="$HOME4" alone "$1" authenticate 2>&1; }
for user in u10 u05 nosuchuser; do screen_of "$user" >"$W/out/screen.$user"; done
it "the offer is there" has "$W/out/screen.u10" "s = send it to me"
it "people without a phone see the same" diff "$W/out/screen.u10" "$W/out/screen.u05"
it "and so do names that nobody has" diff "$W/out/screen.u10" "$W/out/screen.nosuchuser"
it "nothing was sent to somebody without a phone" bash -c "! seimon log -u u05 | grep -q code-sent"

# --- whoever has an app, too
tick 31
it "an app's code is taken at the same prompt" log_in home u03 "$SRV4_HOME" s "$(code u03)"
tick 31
it "after a wrong one as well" log_in home u03 "$SRV4_HOME" 000000 s "$(arrives u03)"

# --- limits
tick 4000
limited() {  # USER: asks three times in each of three logins, half a minute apart
  local login
  for login in 1 2 3 4 5 6; do
    log_in home "$1" "$SRV4_HOME" s 000000 000001 000002
    seimon reset-failures "$1" >/dev/null
    tick 31
  done
}
BEFORE=$(sent_to "$(number_of u03)")
limited u03
it "five codes an hour go to a user" test "$(($(sent_to "$(number_of u03)") - BEFORE))" = 5
it "the sixth is in the trail" some_event u03 'event="delivery-limit" outcome="refused"'
it "with the limit" some_event u03 'reason="user-hour"'
it "an app's code lets in all the same" log_in home u03 "$SRV4_HOME" s "$(code u03)"
it "nobody was told of the limit" lacks "$W/out/asked" "limit"
settings "$(by box) most_per_hour = 1;"
take_in
it "when the site's limit is reached nothing is sent" refused log_in home u02 "$SRV4_HOME" s 000000 000001 000002
it "which status shows as a problem" bash -c "seimon status --json | jq -e '.problems | map(select(test(\"most_per_hour\"))) | length == 1' >/dev/null"
it "and the trail as an alarm" bash -c "seimon log -n 1000 | grep 'event=\"alarm\"' | grep -q sending-stopped"

# --- at once, behind a right password
settings "$(by box) auto = [ \"sshd\" ];"
take_in
tick 4000
it "a service of delivery.auto sends without being asked" log_in home u01 "$SRV4_HOME" "$(arrives u01)"
it "and says where to" has "$W/out/asked" "A code was sent to +81 •••• ••01."
it "somebody without a phone is asked as ever" refused log_in home u05 "$SRV4_HOME" 000000
it "and told of no phone" lacks "$W/out/asked" "A code was sent"
settings "$(by box)"
take_in
ssh-keygen -q -t ed25519 -N '' -f "$W/ssh/phone"
cp "$W/ssh/phone.pub" "$W/ssh/keys.u06"
sshd_stop
sshd_start AuthenticationMethods=publickey,keyboard-interactive
preset u06
METHODS=publickey,keyboard-interactive KEY=phone it "behind an ssh key it is sent at once everywhere" log_in home u06 "$SRV4_HOME" "$(arrives u06)"
it "and says so" has "$W/out/asked" "A code was sent to +81 •••• ••06."
sshd_stop
sshd_start
settings "$(by box) auto = [ \"sshd\" ];"
take_in
it "an app that is there is asked for first" log_in home u03 "$SRV4_HOME" "$(code u03)"
it "and nothing is sent then" lacks "$W/out/asked" "A code was sent"

# --- registered by its owner
tick 31
enroll_own() {  # USER ADDRESS
  local more=$(($(sent_to "$2") + 1))
  "$W/bin/arrived" "$2" "$more" | as_user "$1" seimon enroll --kind sms "$2" >"$W/out/command" 2>&1
}
it "people register a number with the code that went there" enroll_own u12 "$(number_of u12)"
it "they are told what it costs, and that an app is stronger" bash -c "grep -q 'may charge' '$W/out/command' && grep -q 'weaker than an app' '$W/out/command'"
it "and get recovery codes with it" says "Recovery codes"
it "it is theirs" bash -c "seimon list u12 | grep -qF '+81 •••• ••12'"
steps() { printf '%b\n' "$@"; }
steps 'Your choice\t2' 'mobile number\t+819011110015' 'code that was sent\tcode' 'Your choice\tq' |
  CODE="$W/bin/arrived +819011110015 1" expect -f "$SUPPORT/talk.exp" "$W/out/screen" 40 setpriv --reuid u15 --regid u15 --clear-groups seimon
it "the menu registers one, too" grep -q 'Registered as' "$W/out/screen"
it "a wrong code registers nothing" bash -c "printf '000000\n' | setpriv --reuid u07 --regid u07 --clear-groups seimon enroll --kind sms $(number_of u07) >'$W/out/command' 2>&1; seimon list u07 --json | jq -e '.methods == []' >/dev/null"
it "a number that may not be called is refused" exits 6 as_user u08 seimon enroll --kind sms 0570-012-345
it "with the reason" says "is not allowed: delivery.prefixes must have a longer match"
it "one that is none as well" exits 2 as_user u08 seimon enroll --kind sms 12
it "an account without a number is not taken for one" exits 2 seimon enroll -u u08 --kind sms
it "  and is told so" says "--kind sms needs an address"
for i in 1 2 3; do
  as_user u09 seimon enroll --kind sms "+8190111100$i$i" </dev/null >"$W/out/command" 2>&1
  tick 31
done
as_user u09 seimon enroll --kind sms +819011110044 </dev/null >"$W/out/command" 2>&1 && fail "a fourth number"
it "three new numbers a day, then no more" says "the limit new-numbers is reached"
it "the last method that is not a phone may go, by an administrator" bash -c "seimon remove -y -u u03 app >/dev/null && seimon list u03 | grep -q SMS"
it "a phone is renamed, chosen and removed like any method" bash -c "seimon enroll bob --kind sms +819099990001 -y && seimon rename -u bob sms mobile && seimon default -u bob mobile && seimon remove -y -u bob mobile"
printf '123456\n654321\n' | seimon resync -u u01 sms >"$W/out/command" 2>&1
it "it can be synchronised with nothing" says "there is nothing to synchronise"
it "where no rule takes codes by mail no address is registered" exits 6 seimon enroll u21 --kind email u21@example.org -y
it "with the reason" says "codes of kind email are not usable here"

# --- registered at a login
settings "$(by box)" "rules = ( { name = \"newcomers\"; users = [ \"u11\" ]; action = \"require\"; unenrolled = \"enrol\"; } );"
take_in
it "at a login a phone can be registered instead of an app" log_in home u11 "$SRV4_HOME" "090-0000-0011" "$(arrives u11)" ""
it "the question said so" has "$W/out/asked" "Enter your mobile number here"
it "recovery codes were shown" has "$W/out/asked" "ecovery codes"
it "it is in the list" bash -c "seimon list u11 | grep -qF '+81 •••• ••11'"
tick 31
it "the next login asks for a code of it" log_in home u11 "$SRV4_HOME" s "$(arrives u11)"

# --- a list of an office
BY_MAIL="rules = ( { name = \"mail\"; users = [ \"u21\" ]; action = \"require\"; methods = [ \"email\" ]; } );"
settings "$(by box)" "$BY_MAIL"
take_in
printf 'user,name,phone,email\nu20,Twenty,090-0000-0020,\nu21,Twenty-one,+81 90 0000 0021,u21@example.org\n' >"$W/tmp/phones.csv"
it "a list registers numbers and addresses" seimon enroll --batch "$W/tmp/phones.csv"
it "which are in one form" bash -c "seimon list u20 | grep -qF '+81 •••• ••20' && seimon list u21 | grep -qF 'u••••@example.org'"
it "once more it changes nothing" bash -c "seimon enroll --batch '$W/tmp/phones.csv' && [ \$(seimon list u21 --json | jq '.methods | length') = 2 ]"
printf 'userPrincipalName,displayName,mobilePhone\nu24@example.ac.jp,Twenty-four,+81 9000000024\n' >"$W/tmp/entra.csv"
it "a list from Microsoft Entra is read as it is" seimon enroll --batch "$W/tmp/entra.csv"
it "by the part before the @" bash -c "seimon list u24 | grep -qF '+81 •••• ••24'"
printf 'user,phone\nu22,090-0000-0022\nu23,110\n' >"$W/tmp/bad.csv"
it "a bad line stops all" exits 2 seimon enroll --batch "$W/tmp/bad.csv"
it "and is named" says "bad.csv:3: "
it "nothing of it was registered" bash -c "seimon list u22 --json | jq -e '.methods == []' >/dev/null"
tick 31
it "such a number is proven by its first use" log_in home u20 "$SRV4_HOME" s "$(arrives u20)"
it "an export has no numbers in it" bash -c "seimon export csv -u u20 --yes '$W/tmp/export' >'$W/out/command' 2>&1; ! grep -q 0000020 '$W/tmp/export'"

# A program that waits until the command $2 prints codes ("is 123456"), and prints the last.
waits() {
  cat >"$W/bin/$1" <<SCRIPT
#!/bin/bash
for _ in \$(seq 300); do
  code=\$( { $2; } 2>/dev/null | tail -n 1)
  [ -z "\$code" ] || { echo "\${code: -6}"; exit; }
  read -r -t 0.1 <> <(:)
done
SCRIPT
  chmod 755 "$W/bin/$1"
}

# --- mail, where a rule takes it
mailer_start
settings "$(by box) email = ( { command = [ \"$W/bin/msmtp\" ]; format = \"mail\"; } );" "$BY_MAIL"
take_in
it "config check says what the standards say" bash -c "seimon config check --config '$W/etc/seimon.conf' 2>&1 | grep -q 'NIST SP 800-63B-4'"
waits mailed "grep -rhoE 'is [0-9]{6}' '$W/maildir/box/new'"
it "there a code comes by mail, and lets in" log_in home u21 "$SRV4_HOME" s "run:$W/bin/mailed"
it "its subject does not tell the code" bash -c "! grep -rhE '^Subject:.*[0-9]{6}' '$W/maildir/box/new'"

# --- real gateways
gammu_start
settings "sms = ( { command = [ \"$W/bin/deliver-gammu\", \"$W/gammu/outbox\" ]; } );"
take_in
waits by-gammu "for file in '$W'/gammu/sent/OUT*; do iconv -f UTF-16 -t UTF-8 \"\$file\" || cat \"\$file\"; done | grep -oE 'is [0-9]{6}'"
tick 31
it "by gammu-smsd a code arrives and lets in" log_in home u10 "$SRV4_HOME" s "run:$W/bin/by-gammu"
kannel_start
settings "sms = ( { method = \"GET\"; ok_body = \"Accepted\"; url = \"http://127.0.0.1:13003/cgi-bin/sendsms?username=seimon&password=s3cret&from=Seimon&to={to}&charset=UTF-8&coding=0&text={text}\"; } );"
take_in
waits by-kannel "grep -aoE 'is[ +][0-9]{6}' '$W/out/fakesmsc'"
tick 31
it "by Kannel as well" log_in home u10 "$SRV4_HOME" s "run:$W/bin/by-kannel"

smstools_start
settings "sms = ( { command = [ \"$W/bin/deliver-smstools\", \"$W/smstools/outgoing\" ]; } );"
take_in
waits by-smstools "for file in '$W'/smstools/sent/*; do { grep -aq UCS2 \"\$file\" && sed '1,/^\$/d' \"\$file\" | iconv -f UTF-16BE -t UTF-8; } || cat \"\$file\"; done | grep -aoE 'is [0-9]{6}'"
tick 31
it "and by smstools" log_in home u10 "$SRV4_HOME" s "run:$W/bin/by-smstools"

# --- nobody else on this host sees a code
driver slow "printf '%s\n' \"\$INPUT\" >>$W/sms/box; read -r -t 2 <> <(:) || true"
settings "$(by slow)"
take_in
tick 31
cat >"$W/bin/look-around" <<SCRIPT
#!/bin/bash
code=\$($W/bin/arrived $(number_of u10) $(($(sent_to "$(number_of u10)") + 1)))
{ ps -ww -eo args; cat /proc/[0-9]*/environ | tr '\0' '\n'; } 2>/dev/null | grep -v 'arrived\|look-around' >"$W/out/around"
echo "\$code" | tee "$W/tmp/code"
SCRIPT
chmod 755 "$W/bin/look-around"
it "while a driver has a message" log_in home u10 "$SRV4_HOME" s "run:$W/bin/look-around"
it "it was seen" bash -c "grep -qE '^[0-9]{6}\$' '$W/tmp/code' && grep -q '/bin/slow' '$W/out/around'"
it "neither ps nor an environment shows its code or number" test "$(grep -c -e "$(cat "$W/tmp/code")" -e 9000000010 "$W/out/around")" = 0

# --- a gateway that does not work
settings "$(by down) auto = [ \"sshd\" ];"
take_in
tick 4000
(for _ in $(seq 300); do seimon log -u u14 | grep -q delivery-failed && break; read -r -t 0.1 <> <(:); done; echo s) |
  as_user u14 seimon enroll --kind sms +819011110014 >"$W/out/enroll.u14" 2>&1 &
ENROLLING=$!
it "a code that cannot be sent lets nobody in" refused log_in home u01 "$SRV4_HOME" "run:for _ in \$(seq 300); do seimon log -u u01 | grep -q delivery-failed && break; read -r -t 0.1 <> <(:); done; echo 000000" 000001 000002
it "the person is told, behind a right password" has "$W/out/asked" "The code could not be sent; use another way. Help desk: ext. 4567"
it "the trail has it" some_event u01 'event="delivery-failed" outcome="failed"'
wait "$ENROLLING"
it "so is whoever registers a number" grep -q 'could not be sent' "$W/out/enroll.u14"
it "each was tried four times" wait_until "[ \$(grep -c 'by down: failed' '$W/out/delivery') = 8 ]"

# --- the service dies in the middle
settings "$(by hangs)"
take_in
tick 4000
: >"$W/sms/box"
(log_in home u02 "$SRV4_HOME" s "run:$W/bin/arrived $(number_of u02) 1; kill -KILL $SEIMOND" 000000 >/dev/null 2>&1)
wait "$SEIMOND" 2>/dev/null
settings "$(by box)"
seimond_start
it "after a kill the message is counted" bash -c "seimon status u02 --json | jq -e '.sends.hour == 1' >/dev/null"
LOST=$(messages_to "$(number_of u02)" | tail -n 1)
it "its code lets nobody in" refused log_in home u02 "$SRV4_HOME" "$LOST"
stop_one "$SENDER" 2>/dev/null
sender_start
it "and it is not sent again" test "$(sent_to "$(number_of u02)")" = 1

# --- nobody waits any more
stop_one "$SENDER" 2>/dev/null
tick 4000
it "a login ends before its message leaves" refused log_in home u02 "$SRV4_HOME" s 000000 000001 000002
it "whoever mistypes a code is told which one to type" has "$W/out/asked" "Not accepted. Enter the newest code that was sent to you"
sender_start
it "the next login's code is sent" log_in home u01 "$SRV4_HOME" s "$(arrives u01)"
it "the one before is not" test "$(sent_to "$(number_of u02)")" = 1
it "the trail says why" bash -c "seimon log -u u02 | grep delivery-failed | grep -q 'reason=\"login-ended\"'"

# --- many at once
tick 4000
PEOPLE=($(printf 'u%02d ' $(seq 0 59)) alice bob carol demo)
for i in "${!PEOPLE[@]}"; do printf '%s,+819088880%03d\n' "${PEOPLE[i]}" "$i"; done >"$W/tmp/many"
# bob's phone was removed above: a list does not bring it back.
{ echo user,phone; grep -v '^bob,' "$W/tmp/many"; } >"$W/tmp/many.csv"
: >"$W/sms/box"
# A gateway that takes 50 ms, and says in the box when each message reached it.
cat >"$W/bin/gateway" <<'PY'
import http.server, json, sys, time
class Gateway(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        line = json.dumps({**message, "at": time.time()}) + "\n"
        with open(sys.argv[2], "a") as box:
            box.write(line)
        time.sleep(0.05)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Gateway).serve_forever()
PY
ip netns exec srv python3 "$W/bin/gateway" 8099 "$W/sms/box" 2>"$W/out/gateway" & PIDS+=($!)
listens 8099
settings 'sms = ( { url = "http://127.0.0.1:8099/"; body = "{\"to\":\"{to}\",\"code\":\"{code}\"}"; } ); most_per_hour = 10000; most_per_day = 10000;'
take_in
seimon enroll --batch "$W/tmp/many.csv" >"$W/out/command" 2>&1 || fail "batch: $(cat "$W/out/command")"
seimon enroll bob --kind sms "$(sed -n 's/^bob,//p' "$W/tmp/many")" -y >/dev/null || fail "no phone of bob"
while IFS=, read -r user number; do
  seimon default -u "$user" "$(seimon list "$user" --json | jq -r '[.methods[] | select(.kind == "sms")] | last | .label')" >/dev/null
done <"$W/tmp/many"
# Each from an address of their own: one address may ask for ten an hour.
# Who waits opens a pipe: 64 that look again and again would be what is measured.
mkfifo "$W/tmp/go"
one_of_many() { (echo s; : <"$W/tmp/go"; "$W/bin/arrived" "$2" 1) | timeout 100 pamtester -I rhost="198.51.100.1${2: -2}" alone "$1" authenticate >"$W/out/many.$1" 2>&1; }
# While seimon-delivery stands still, all of them get into the queue.
kill -STOP "$SENDER"
LOGINS=()
while IFS=, read -r user number; do one_of_many "$user" "$number" & LOGINS+=("$!"); done <"$W/tmp/many"
queued() { seimon delivery status --json | jq -e ".waiting + .underway == $1" >/dev/null; }
for _ in 1 2 3 4 5 6; do wait_until "queued 64" && break; done
START=$EPOCHREALTIME
kill -CONT "$SENDER"
for _ in 1 2 3 4 5 6; do wait_until "[ \$(wc -l <'$W/sms/box') -ge 64 ]" && break; done
echo "64 messages in the queue reached a gateway that takes 50 ms after $(jq -sr --argjson start "$START" \
  'map((.at - $start) * 1000 | round) | sort | "\(.[31]) ms (the half of them) and \(.[63]) ms (all)"' "$W/sms/box")"
exec 8>"$W/tmp/go"  # until all have come: who was given no processor yet finds it open
in=0
for login in "${LOGINS[@]}"; do wait "$login" && in=$((in + 1)); done
exec 8>&-
it "64 at once that ask for a code all get in" test "$in" = 64
it "with one message each" test "$(jq -r .to "$W/sms/box" | sort | uniq -c | awk '$1 != 1' | wc -l)/$(wc -l <"$W/sms/box")" = 0/64

# --- what is left of codes and numbers
CODES=$(jq -r .code "$W/sms/box" | head -n 5; echo "$USED"; echo "$LOST")
seimon log -n 5000 >"$W/out/trail"
for code in $CODES; do
  it "the code $code is in no log" bash -c "! grep -rqa -- '$code' '$W/syslog' '$W/out/seimond.log' '$W/out/delivery' '$W/out/trail'"
  it "  and not in the store" bash -c "! grep -rqa -- '$code' '$W/state'"
done
it "no number is in a log" bash -c "! grep -qaE '9000000001|9088880001' '$W/syslog' '$W/out/seimond.log' '$W/out/delivery' '$W/out/trail'"
it "or can be read in the store" bash -c "! grep -rqaE '9000000001|9088880001' '$W/state'"
stop_one "$SENDER"
[ "$FAILED" = 0 ] || tail -n 40 "$W/out/delivery"
finish
