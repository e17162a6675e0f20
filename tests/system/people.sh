#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# People and the help desk: tickets, the menu, roles, bypass codes, lost phones, mail; password changes, one answer for
# password and code, lockers. usage: people.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
japanese_locale
SUPPORT=$(cd "$(dirname "$0")/../support" && pwd)
askpass_install
cat >"$W/bin/mailer" <<'MAILER'
#!/bin/bash
{ env; cat; } >>"${0%/bin/mailer}/mail/box"
MAILER
chmod 755 "$W/bin/mailer"
mkdir -m 777 "$W/mail"
config "mode = \"enforce\"; language = \"en\"; issuer = \"Example University\"; help = \"Help desk: ext. 4567\";
networks: { campus: { addresses = [ \"10.20.0.0/16\" ]; }; };
rules = ( { name = \"campus\"; networks = [ \"campus\" ]; services = [ \"sshd\" ]; action = \"skip\"; } );
default: { action = \"require\"; unenrolled = \"deny\"; };
enrolment: { enrol_from = [ \"campus\" ]; };
roles: { admin_groups = [ \"managers\" ]; helpdesk_groups = [ \"helpers\" ]; helpdesk_max_for = \"2h\"; };
delivery: { email = ( { command = [ \"$W/bin/mailer\" ]; format = \"mail\"; } ); from = \"seimon@example.org\"; };"
seimond_start
sshd_start
for user in u00 u01 u03 u04 u05 u06 u07 u08 u09 u10 u11 u50 u51 u52; do enrol "$user"; done
as() { setpriv --reuid "$(id -u "$1")" --regid "$(id -g "$1")" --init-groups env -u SEIMON_TICKET "${@:2}"; }
exits() { "${@:2}" >"$W/out/command" 2>&1 </dev/null; local code=$?; [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }; }
gives() { printf '%s\n' "${@:2}" | eval "$1" >"$W/out/command" 2>&1; }  # COMMAND LINE …
methods() { seimon list "$1" --json | jq '.methods | length'; }
steps() { printf '%b\n' "$@"; }
fresh() { printf 'seimon-other-%s' "$1" | sha1sum | cut -c1-40 | xxd -r -p | base32; }
fresh_code() { oathtool --totp --base32 --now "$CLOCK UTC" "$(fresh "$1")"; }

# --- tickets
COMMAND="$W/bin/seimon list" log_in home u00 "$SRV4_HOME" "$(code u00)"
it "a session may list its owner's methods" has "$W/out/ssh" "authenticator app"
COMMAND="$W/bin/seimon recovery-codes </dev/null" log_in home u00 "$SRV4_HOME" "$(code u00 1)"
it "after the second step a session changes its owner's methods without another code" has "$W/out/ssh" "Recovery codes"
COMMAND='echo $SEIMON_TICKET' log_in home u01 "$SRV4_HOME" "$(code u01)"
TICKET=$(tail -n 1 "$W/out/ssh" | tr -d '\r')
it "the ticket is an id" grep -qE '^[0-9a-f]{32}$' <<<"$TICKET"
it "and ends with its session" exits 1 as u01 env SEIMON_TICKET="$TICKET" seimon recovery-codes
COMMAND='echo $SEIMON_TICKET; read -r -t 20 _' log_in home u01 "$SRV4_HOME" "$(code u01 1)" &
LOGIN=$!
wait_until "grep -qE '^[0-9a-f]{32}' '$W/out/ssh' 2>/dev/null" && TICKET=$(grep -E '^[0-9a-f]{32}' "$W/out/ssh" | tr -d '\r')
it "a ticket of another user opens nothing" exits 1 as u03 env SEIMON_TICKET="$TICKET" seimon recovery-codes
it "nor does one of a session that was killed" bash -c "pkill -KILL -f '^sshd: u01'; for i in \$(seq 50); do setpriv --reuid $(id -u u01) --regid $(id -g u01) --init-groups env SEIMON_TICKET=$TICKET seimon recovery-codes </dev/null >/dev/null 2>&1 || exit 0; sleep 0.1; done; exit 1"
wait "$LOGIN"
if [ -w /proc/self/loginuid ] && sh -c 'echo 1 >/proc/self/loginuid' 2>/dev/null; then
  sed -i '1i session required pam_loginuid.so' "$W/pam.d/sshd"
  COMMAND="$W/bin/seimon recovery-codes </dev/null" log_in home u11 "$SRV4_HOME" "$(code u11)"
  it "in its own login session a ticket is good" has "$W/out/ssh" "Recovery codes"
  rm -f "$W/out/ssh"
  COMMAND='echo $SEIMON_TICKET; read -r -t 20 _' log_in home u11 "$SRV4_HOME" "$(code u11 1)" &
  LOGIN=$!
  wait_until "grep -qE '^[0-9a-f]{32}' '$W/out/ssh' 2>/dev/null" && TICKET=$(grep -E '^[0-9a-f]{32}' "$W/out/ssh" | tr -d '\r')
  it "in another one of the same user it is not" exits 1 as u11 env SEIMON_TICKET="$TICKET" seimon recovery-codes
  sed -i 1d "$W/pam.d/sshd"
else
  echo "this kernel keeps no login sessions (audit): not tried"
fi
it "nor does a forged one" exits 1 as u01 env SEIMON_TICKET=00000000000000000000000000000000 seimon recovery-codes
wait "$LOGIN"
printf '%s\n' "$(fresh u04)" >"$W/tmp/other"; chmod 644 "$W/tmp/other"
COMMAND="printf '%s\n' $(fresh_code u04) | $W/bin/seimon enroll --label new --secret-file $W/tmp/other --qr=none" log_in campus u04 "$SRV4_CAMPUS"
it "a login from where a first phone is registered replaces nobody's phone without a code" test "$(methods u04)" = 1
sed -i 's/enrol_from = \[ "campus" \];/enrol_from = [ "campus" ]; replace_from = [ "campus" ];/' "$W/etc/seimon.conf"
kill -HUP "$SEIMOND"
it "config check says what replace_from means" bash -c "seimon config check --config $W/etc/seimon.conf 2>&1 | grep -q 'a password alone replaces the second factor'"
it "and a reload takes it over" wait_until "COMMAND=\"printf '%s\\n' $(fresh_code u04) | $W/bin/seimon enroll --label new --secret-file $W/tmp/other --qr=none\" log_in campus u04 \"$SRV4_CAMPUS\" >/dev/null; [ \$(seimon list u04 --json | jq '.methods | length') = 2 ]"
it "the trail says that no code was asked for" some_event u04 'reason="without-code"'
it "one key is registered once" bash -c "seimon enroll u04 --yes --label again --secret-file $W/tmp/other --qr=none 2>&1 | grep -q 'this key is there already'"
{ cat "$W/tmp/other" | tr -d '=\n'; echo AAAAAAAA; } >"$W/tmp/padded"; chmod 644 "$W/tmp/padded"
it "whatever its spelling: zeros behind a key change nothing" bash -c "seimon enroll u04 --yes --label again --secret-file $W/tmp/padded --qr=none 2>&1 | grep -q 'this key is there already'"
COMMAND="printf '%s\n' 000000 | $W/bin/seimon enroll --label other --secret-file $W/tmp/other --qr=none" log_in home u05 "$SRV4_HOME" "$(code u05)"
it "a code that does not fit registers nothing" test "$(methods u05)" = 1
it "su gives no ticket" bash -c "! grep -q 'pam_seimon' '$W/pam.d/su' || ! grep -q '^session.*pam_seimon' '$W/pam.d/su'"

# --- changing a phone
printf '%s\n' "$(fresh u06)" >"$W/tmp/other"
it "replace proves the new phone, and the old one is gone in the same moment" gives "as u06 seimon replace app --qr=none --label phone2 >/dev/null; true" "$(code u06)" 000000
it "a proof that fails keeps the old one" test "$(seimon list u06 --json | jq -r '.methods[0].label')" = app
it "rename" gives "as u06 seimon rename app handy" "$(code u06 1)"
it "is in the list" test "$(seimon list u06 --json | jq -r '.methods[0].label')" = handy
it "a label that could mislead is refused" exits 2 seimon rename -u u06 handy "$(printf 'a\342\200\256b')"
it "default" exits 0 as u06 seimon default handy

it "a label that is a number could be mistaken" exits 2 seimon rename -u u06 handy 7

# --- the menu
rm -f "$W/out/screen"
steps 'Your choice\t6' 'Enter a code of a method\t'"$(code u07)" 'Your choice\tq' | expect -f "$SUPPORT/talk.exp" "$W/out/screen" 40 setpriv --reuid "$(id -u u07)" --regid "$(id -g u07)" --init-groups env -u SEIMON_TICKET seimon
it "the menu lists the methods and gives recovery codes" test "$(grep -cE '^  ([0-9A-Z]{4}-){3}' "$W/out/screen")" = 10
rm -f "$W/out/screen"
steps '番号を選んでください\tq' | expect -f "$SUPPORT/talk.exp" "$W/out/screen" 40 setpriv --reuid "$(id -u u07)" --regid "$(id -g u07)" --init-groups env -u SEIMON_TICKET LC_ALL=ja_JP.UTF-8 seimon
it "in Japanese for a Japanese" grep -q 'セキュリティ情報' "$W/out/screen"
it "none of its choices stays English" bash -c "! sed -n '/^  [1-7] /p' '$W/out/screen' | grep -E '[a-z]{4}'"
setpriv --reuid "$(id -u u03)" --regid "$(id -g u03)" --init-groups seimon language ja >/dev/null
it "whoever chose Japanese reads it, whatever the locale says" grep -q '回復コード' <(LC_ALL=C.UTF-8 LANGUAGE= setpriv --reuid "$(id -u u03)" --regid "$(id -g u03)" --init-groups seimon list)
it "not where it could not be shown" bash -c "! LC_ALL=C setpriv --reuid $(id -u u03) --regid $(id -g u03) --init-groups seimon list | grep -q '[^ -~]'"
it "and may ask which it is" grep -q ja <(as u03 seimon language)
it "a refusal too" bash -c "! grep -qE '[a-z]{12}' <(LC_ALL=ja_JP.UTF-8 setpriv --reuid $(id -u u08) --regid $(id -g u08) --init-groups seimon rename app app </dev/null 2>&1 | head -n 1)"

# --- roles
it "the help desk shows a code of its own" gives "as u50 seimon bypass u08 --note 'called from room 3'" "$(code u50)"
it "and gets a code to read out" has "$W/out/command" "Bypass code of u08: "
BYPASS=$(grep -oE '[0-9]{3} [0-9]{3} [0-9]{3}' "$W/out/command")
it "of nine digits" grep -qE '^[0-9]{3} [0-9]{3} [0-9]{3}$' <<<"$BYPASS"
it "which lets in" log_in home u08 "$SRV4_HOME" "$BYPASS"
it "once" refused log_in home u08 "$SRV4_HOME" "$BYPASS"
it "the trail has the actor and the note" some_event u08 'actor="u50"'
it "called from room 3" some_event u08 "called from room 3"
it "without a code of their own it is refused" exits 1 as u51 seimon bypass u08
it "each act may be given its reason" exits 0 seimon reset-failures u08 --note "wrong phone in hand"
it "which stands in the trail" some_event u08 'reason="note: wrong phone in hand"'
if make_session 9001 && make_session 9002; then
  it "a code of their own" in_session 9001 gives "as u51 seimon bypass u08" "$(code u51)"
  it "is good for the next command of the same terminal session" in_session 9001 exits 0 as u51 seimon bypass u08 --cancel
  it "not in another one" in_session 9002 exits 1 as u51 seimon bypass u08
  it "nor for somebody else there" in_session 9001 exits 1 as u50 seimon bypass u08
  seimon suspend u51 >/dev/null
  it "nor while they are suspended" in_session 9001 exits 3 as u51 seimon bypass u08
  seimon resume u51 >/dev/null
  tick 901
  it "nor after a quarter of an hour" in_session 9001 exits 1 as u51 seimon bypass u08
else
  echo "this system has no control groups of version 2: not tried"
fi
it "longer than the help desk may is refused" refused gives "as u51 seimon bypass u08 --for 3h" "$(code u51)"
it "a bypass for oneself is refused" exits 3 as u50 seimon bypass u50
it "with whom to ask" has "$W/out/command" "Help desk: ext. 4567"
it "a bypass for an administrator is refused" exits 3 as u50 seimon bypass u52
it "an administrator does not lift their own limits" exits 3 as u52 seimon reset-failures u52
it "nor suspends or resumes themselves" exits 3 as u52 seimon resume u52
it "a revocation with a note that cannot be one changes nothing" bash -c "seimon revoke u09 --yes --note \"\$(printf 'a\\033b')\" >/dev/null 2>&1; [ \$(seimon list u09 --json | jq '.methods | length') = 1 ]"
it "the sessions of root are not ended" exits 3 seimon revoke root --yes --end-sessions
it "owners see no conversation ids, which hooks redeem" bash -c "! setpriv --reuid $(id -u u08) --regid $(id -g u08) --clear-groups seimon log --json | grep -q conversation"
it "root is nobody's to act on" exits 3 as u50 seimon bypass root
it "the help desk registers nobody" exits 3 as u50 seimon enroll u08 --qr=none
it "an ordinary user has no role" exits 3 as u03 seimon bypass u08
tick 30
it "the help desk verifies who is calling" gives "as u51 seimon verify u09 --note phone" "$(code u51)" "$(code u09)"
it "and the code is spent" refused log_in home u09 "$SRV4_HOME" "$(code u09)"
it "an administrator suspends" gives "as u52 seimon suspend u03" "$(code u52)"
it "bypass codes are listed without the codes" bash -c "seimon bypass u08 >/dev/null && seimon bypass u08 --list | grep -q root"
it "and cancelled" bash -c "seimon bypass u08 --cancel | grep -q cancelled"

# --- the call "I can't log in"
it "status says what to say, in both languages" bash -c "[ \$(seimon status u03 --from 203.0.113.9 | grep -c '^Say: ') = 2 ]"
it "the screen is Japanese for a Japanese" bash -c "LC_ALL=ja_JP.UTF-8 seimon status u03 | tee $W/out/command | grep -q '入力の制限: 通常'"
it "all of it, but for names" bash -c "! grep -vE '^(お伝えする内容|記録)' $W/out/command | sed 's/「[^」]*」//' | grep -E '[a-z]{4}'"
it "and the last five events" bash -c "[ \$(seimon status u08 | grep -c '^event ') = 5 ]"
it "and which rule decides" bash -c "seimon status u08 --from 10.20.1.1 | grep -q 'rule \"campus\" decides: passes'"

# --- a lost phone
COMMAND='sleep 30' log_in home u10 "$SRV4_HOME" "$(code u10)" &
LOGIN=$!
wait_until "pgrep -u u10 sleep >/dev/null" || true
it "revoke ends methods and logins at once" exits 0 seimon revoke u10 --yes --end-sessions
it "the login is gone" wait_until "! pgrep -u u10 sleep >/dev/null"
wait "$LOGIN"
it "the user is reset" bash -c "seimon status u10 | grep -q reset"
it "a code of the lost phone is refused" refused log_in home u10 "$SRV4_HOME" "$(code u10 1)"
COMMAND="printf '%s\n' $(fresh_code u04) | $W/bin/seimon enroll --label new --secret-file $W/tmp/reg --qr=none" 
printf '%s\n' "$(fresh u04)" >"$W/tmp/reg"; chmod 644 "$W/tmp/reg"
COMMAND=$COMMAND log_in campus u10 "$SRV4_CAMPUS"
it "from the campus a new one is registered, without the old phone" test "$(methods u10)" = 1
it "not from elsewhere" exits 3 bash -c "seimon revoke u11 --yes >/dev/null; setpriv --reuid $(id -u u11) --regid $(id -g u11) --init-groups env -u SEIMON_TICKET seimon enroll --qr=none"

# While a login stands at its prompt, its methods are revoked; or its password is changed.
enrol u40
export CODE="seimon revoke u40 --yes >/dev/null 2>&1; echo $(code u40)"
rm -f "$W/out/screen"
at_prompt() { steps 'assword:\t'"$PASSWORD" 'Verification code: \tcode' '2 tries left\t^C' | expect -f "$SUPPORT/talk.exp" "$W/out/screen" 30 ip netns exec home ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o NumberOfPasswordPrompts=1 -p "$PORT" "$1@$SRV4_HOME" >/dev/null 2>&1; }
at_prompt u40
it "a revocation during a login ends what that login could show" has "$W/out/screen" "Not accepted."

enrol u41
printf '%s\n' "auth required $W/bin/pam_seimon.so" "account required $W/bin/pam_seimon.so" "password required $W/bin/pam_seimon.so" \
  'password required pam_unix.so' >"$W/pam.d/passwd"
export CODE="printf '%s\n' $(code u41) '$PASSWORD' 'An0ther-pass-word' 'An0ther-pass-word' | setpriv --reuid $(id -u u41) --regid $(id -g u41) --clear-groups pamtester passwd u41 chauthtok >'$W/out/change' 2>&1; echo $(code u41)"
at_prompt u41
it "a password change during a login spends the code" some_event u41 'event="password" outcome="accepted"'
it "which that login cannot show again" has "$W/out/screen" "Not accepted."
printf '%s\n' "$(code u41 1)" | pamtester passwd u41 authenticate chauthtok >"$W/out/change" 2>&1
it "the code of a handle stands for its password change, which is recorded" some_event u41 'reason="already-asked"'
it "and is not asked for twice" test "$(grep -c 'Verification code' "$W/out/change")" = 1

# --- mail
it "notices wait in the queue" bash -c "[ \$(seimon status --json | jq .mails_waiting) -gt 3 ]"
it "nobody but the mailer's account is handed one" grep -q NotPermitted <(raw_call u03 '{"method":"io.seimon.Admin.NextDelivery","parameters":{}}')
as seimon-delivery seimon-delivery --config "$W/etc/seimon.conf" --once
it "seimon-delivery sends them" has "$W/mail/box" "To: u10"
it "says what happened in both languages" has "$W/mail/box" "すべてのサインイン方法が無効になりました"
it "and who did it" has "$W/mail/box" "All your sign-in methods were ended (by root)."
it "with nothing in its environment but PATH" lacks "$W/mail/box" "WORLD="
it "the queue is empty then" bash -c "[ \$(seimon status --json | jq .mails_waiting) = 0 ]"
printf '#!/bin/sh\nexit 1\n' >"$W/bin/mailer"
seimon revoke u09 --yes >/dev/null
as seimon-delivery seimon-delivery --config "$W/etc/seimon.conf" --once
it "what could not be sent waits" bash -c "[ \$(seimon status --json | jq .mails_waiting) = 1 ]"

# --- a password change
printf '%s\n' '@include common-auth' "account required $W/bin/pam_seimon.so" 'session required pam_permit.so' \
  "password required $W/bin/pam_seimon.so" 'password required pam_permit.so' >"$W/pam.d/passwd"
tick 30
chauthtok() { printf '%s\n' "${@:2}" | setpriv --reuid "$(id -u "$1")" --regid "$(id -g "$1")" --clear-groups pamtester passwd "$1" chauthtok >"$W/out/command" 2>&1; }
it "a password change asks for a code" chauthtok u05 "$(code u05)"
it "and refuses without" refused chauthtok u05 000000 000000 000000
it "root who changes another's is not asked" bash -c "pamtester passwd u05 chauthtok </dev/null >/dev/null 2>&1"
it "and that is recorded" some_event u05 'reason="by-root"'
# The lines as shipped: what stands behind ours is not reached without a code.
use_stack passwd common-password-with-code
printf '%s\n' '@include common-auth' "account required $W/bin/pam_seimon.so" >>"$W/pam.d/passwd"
it "three wrong codes end it" refused chauthtok u05 000000 000000 000000
it "nobody is asked for a password then" lacks "$W/out/command" "password:"
enrol u43
chauthtok u43 "$(code u43)" "$PASSWORD" x x
it "with a code the password is asked for" grep -qi "current password" "$W/out/command"

# --- one answer for password and code
use_stack radius one-answer
tick 30
one() { printf '%s\n' "$2" | pamtester -I rhost=203.0.113.9 radius "$1" authenticate >"$W/out/command" 2>&1; }
it "password and code in one answer" one u05 "$PASSWORD$(code u05)"
it "not the code again" refused one u05 "$PASSWORD$(code u05)"
it "not the password alone" refused one u05 "$PASSWORD"
it "not a wrong password with a right code" refused one u04 "wrong$(code u04)"
RECOVERY_CODE=$(seimon recovery-codes u05 --json | jq -r '.recovery[0]')
it "a recovery code after a comma" one u05 "$PASSWORD,$RECOVERY_CODE"
it "one conversation is one try" test "$(seimon log -u u05 | grep -c 'event="try".*radius')" = 2

# --- lockers run as the user
printf '%s\n' "auth required $W/bin/pam_seimon.so" 'auth required pam_permit.so' "account required $W/bin/pam_seimon.so" >"$W/pam.d/locker"
tick 30
it "a locker that runs as the user asks for the user's code" bash -c "printf '%s\n' $(code u04) | setpriv --reuid $(id -u u04) --regid $(id -g u04) --clear-groups pamtester locker u04 authenticate >/dev/null 2>&1"
it "and not for another's" bash -c "! printf '%s\n' $(code u05) | setpriv --reuid $(id -u u04) --regid $(id -g u04) --clear-groups pamtester locker u05 authenticate >/dev/null 2>&1"
if command -v vlock >/dev/null; then
  printf '%s\n' "auth required $W/bin/pam_seimon.so" 'auth required pam_permit.so' 'account required pam_permit.so' >"$W/pam.d/vlock"
  rm -f "$W/out/screen"
  steps 'locked\t' '[Cc]ode: \t000000' '[Cc]ode: \t'"$(code u04 1)" | expect -f "$SUPPORT/talk.exp" "$W/out/screen" 30 setpriv --reuid "$(id -u u04)" --regid "$(id -g u04)" --init-groups env USER=u04 HOME="$W/home/u04" TERM=linux vlock -c
  it "vlock unlocks with a code" some_event u04 'service="vlock"'
fi

# --- life cycle
edit() { sed "$1" "$W/etc/passwd" >"$W/tmp/passwd" && cat "$W/tmp/passwd" >"$W/etc/passwd" && kill -HUP "$SEIMOND"; }
edit '/^u00:/d'
it "prune says who is gone" bash -c "seimon prune --dry-run --many 2>/dev/null | grep -qx u00"
it "more than 5 % at once are not believed" exits 1 seimon prune --yes
it "and forgets them after asking" bash -c "seimon prune --yes --many >/dev/null 2>&1; seimon list u00 >/dev/null 2>&1; [ \$? = 5 ]"
edit 's/^u07:/renamed:/'
it "rename-user takes the methods along" bash -c "seimon rename-user u07 renamed >/dev/null && [ \$(seimon list renamed --json | jq '.methods | length') = 1 ]"
edit "s/^u01:x:[0-9]*:/u01:x:64999:/"
it "a name that came back with another uid is reset" wait_until "seimon status u01 | grep -q reset"
it "messages have ids that a manual can quote" bash -c "seimon messages prompt | grep -q 'Verification code: '"
finish
