#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Switching the second step on: the reminder that breaks nothing, registering in the middle of a real ssh login.
# usage: rollout.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
SUPPORT=$(cd "$(dirname "$0")/../support" && pwd)
export CODE="key=\$(sed -n 's/^Key: *\\([A-Z2-7 ]*\\).*/\\1/p' \"\$1\" | tail -n 1 | tr -d ' \\r'); oathtool --totp --base32 --now \"\$(cat $W/clock) UTC\" \"\$key\""
askpass_install
base='mode = "enforce"; language = "en"; issuer = "Example University"; help = "Help desk: ext. 4567";
networks: { campus: { addresses = [ "10.20.0.0/16" ]; }; };'
config "$base
default: { action = \"require\"; unenrolled = \"remind\"; };
enrolment: { not_before = \"2026-12-03T00:00:00Z\"; };"
seimond_start
sshd_start
ssh_as() {  # WHERE USER ADDRESS COMMAND …: with keys, so that programs can run it
  ip netns exec "$1" ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
    -o IdentitiesOnly=yes -o IdentityFile="$W/ssh/user" -p "$PORT" "$2@$3" "${@:4}"
}
# On a terminal: talk SCREEN ROWS WHERE USER ADDRESS <steps
talk() {
  rm -f "$1"
  expect -f "$SUPPORT/talk.exp" "$1" "$2" ip netns exec "$3" ssh -F /dev/null -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o PreferredAuthentications=keyboard-interactive \
    -o NumberOfPasswordPrompts=1 -p "$PORT" "$4@$5"
}
steps() { printf '%b\n' "$@"; }

# --- the reminder
steps 'assword:\t'"$PASSWORD" 'Days left: 12\t-' '\\$ \texit' | talk "$W/out/screen" 30 home u00 "$SRV4_HOME"
it "whoever has no method is reminded at the login, with the days left" has "$W/out/screen" "Days left: 12"
it "and sees it once" test "$(grep -c 'Days left: 12' "$W/out/screen")" = 1
it "a command's output is untouched" log_in home u00 "$SRV4_HOME"
it "to the byte" test "$(grep -v '^Warning: Permanently' "$W/out/ssh" | tr -d '\r')" = u00
# Programs that speak their own protocol over ssh: with a key before it, the code is the second step.
sshd_stop
cp "$W/pam.d/sshd" "$W/out/pam.sshd"
use_stack sshd sshd-key-and-code
echo 'Subsystem sftp internal-sftp' >>"$W/ssh/config"
for user in u00 u01 u02; do cp "$W/ssh/user.pub" "$W/ssh/keys.$user"; done
sshd_start AuthenticationMethods=publickey,keyboard-interactive
export GIT_SSH_COMMAND="ip netns exec home ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o IdentitiesOnly=yes -o IdentityFile=$W/ssh/user -p $PORT"
it "a script reads its own output only" test "$(ssh_as home u00 "$SRV4_HOME" 'printf x' 2>&1)" = x
it "scp goes on" home scp -q -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o IdentityFile="$W/ssh/user" -P "$PORT" "$W/clock" "u00@$SRV4_HOME:copied"
it "and copied every byte" cmp -s "$W/clock" "$W/home/u00/copied"
it "scp by its old protocol goes on" home scp -O -q -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o IdentityFile="$W/ssh/user" -P "$PORT" "$W/clock" "u00@$SRV4_HOME:copied2"
it "sftp goes on" bash -c "echo 'get copied $W/out/fetched' | ip netns exec home sftp -q -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o IdentityFile=$W/ssh/user -P $PORT u00@$SRV4_HOME >/dev/null 2>&1"
it "and fetched every byte" cmp -s "$W/clock" "$W/out/fetched"
if command -v git >/dev/null; then
  git init -q --bare "$W/home/u00/project.git"
  chown -R "$(id -u u00):$(id -g u00)" "$W/home/u00/project.git"
  it "git goes on" git -c safe.directory='*' ls-remote "ssh://u00@$SRV4_HOME/~/project.git"
fi
sshd_stop
cp "$W/out/pam.sshd" "$W/pam.d/sshd"
sed -i '/^Subsystem/d' "$W/ssh/config"
sshd_start

# --- registering in the middle of a login
config "$base
default: { action = \"require\"; unenrolled = \"enrol\"; };
enrolment: { recovery_codes = 3; };"
kill -HUP "$SEIMOND"
wait_until "seimon explain u10 --from 203.0.113.9 --json | grep -q registers" || fail "the configuration was not read"
pending() { [ "$(seimon list "$1" --json | jq -r .pending_since)" != "" ]; }
enrolled() { [ "$(seimon list "$1" --json | jq '.methods | length')" = "$2" ]; }

steps 'assword:\t'"$PASSWORD" 'Enter the code\t^C' | talk "$W/out/screen" 30 home u10 "$SRV4_HOME"
it "Ctrl-C leaves a pending key" pending u10
it "and no method" enrolled u10 0
FIRST=$(sed -n 's/^Key: *\([A-Z2-7 ]*\).*/\1/p' "$W/out/screen" | tail -n 1)
it "the account and the link are shown with the QR code" grep -q 'otpauth://totp/Example%20University:u10?secret=' "$W/out/screen"
python3 "$SUPPORT/render.py" "$W/out/screen" "$W/out/screen.png"
LINK=$(zbarimg --nodbus -q --raw "$W/out/screen.png")
it "the QR code on the terminal reads as the link" grep -qF "secret=$(tr -d ' ' <<<"$FIRST")" <<<"$LINK"
it "QR code and question fit on thirty lines" test "$(sed -n '/[█▀▄]\{21,\}/,$p' "$W/out/screen" | wc -l)" -le 28
steps 'assword:\t'"$PASSWORD" 'Enter the code\tcode' 'Press Enter\t' '\\$ \texit' | talk "$W/out/screen" 30 home u10 "$SRV4_HOME"
it "the same key is shown again at the next login, and its code registers" enrolled u10 1
it "it was the same key" grep -qF "$FIRST" "$W/out/screen"
it "nothing is pending any more" refused pending u10
it "the recovery codes were shown" test "$(grep -cE '^  ([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}' "$W/out/screen")" = 3
it "the login went on to a shell" grep -q 'u10@' "$W/out/screen"
it "the trail says that it was registered at the login" some_event u10 'reason="at-login"'
RECOVERY_CODES=$(grep -oE '([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}' "$W/out/screen")
RECOVERY_CODE=$(head -n 1 <<<"$RECOVERY_CODES")
it "from the next login on a code is asked for" log_in home u10 "$SRV4_HOME" "$RECOVERY_CODE"
it "a recovery code works once" refused log_in home u10 "$SRV4_HOME" "$RECOVERY_CODE"
steps 'assword:\t'"$PASSWORD" 'Enter the code\tk' 'Enter the code\tcode' 'Press Enter\t' '\\$ \texit' | talk "$W/out/screen" 30 home u11 "$SRV4_HOME"
it "with the key alone too" enrolled u11 1
steps 'assword:\t'"$PASSWORD" 'Enter the code\tw' 'Enter the code\tcode' 'Press Enter\t' '\\$ \texit' | talk "$W/out/screen" 60 home u12 "$SRV4_HOME"
it "and with the wide QR code" enrolled u12 1
# The worst stack: our line is asked whatever the password was, and only the end refuses.
printf '%s\n' 'auth required pam_unix.so' "auth required $W/bin/pam_seimon.so" "account required $W/bin/pam_seimon.so" \
  'session required pam_permit.so' >"$W/pam.d/sshd"
steps 'assword:\twrong password' 'Enter the code\tcode' 'Press Enter\t' | talk "$W/out/screen" 30 home u13 "$SRV4_HOME"
it "it was shown a key, and its code was right" grep -q 'Press Enter' "$W/out/screen"
it "and a wrong password before us registered no phone" enrolled u13 0
cp "$W/out/pam.sshd" "$W/pam.d/sshd"
# A stack without the account line confirms nothing: after the first one nobody is shown a key there.
seimond_stop
seimond_start
sed -i '/^account.*pam_seimon/d' "$W/pam.d/sshd"
steps 'assword:\t'"$PASSWORD" 'Enter the code\tcode' 'Press Enter\t' | talk "$W/out/screen" 30 home u18 "$SRV4_HOME"
it "without the account line nothing is registered" enrolled u18 0
tick 61
it "and then nobody registers at a login there" refused log_in home u18 "$SRV4_HOME"
it "no key is shown" lacks "$W/out/asked" "Key:"
it "the log says why" has "$W/out/seimond.log" "the stack of sshd has no account line"
cp "$W/out/pam.sshd" "$W/pam.d/sshd"
it "anybody's login with the line" log_in home u10 "$SRV4_HOME" "$(sed -n 2p <<<"$RECOVERY_CODES")"
steps 'assword:\t'"$PASSWORD" 'Enter the code\tcode' 'Press Enter\t' '\\$ \texit' | talk "$W/out/screen" 30 home u18 "$SRV4_HOME"
it "brings registering back" enrolled u18 1
# A store that reads and no longer writes, in the account hook.
sqlite3 -cmd ".timeout 5000" "$W/state/seimon.db" "CREATE TRIGGER broken BEFORE INSERT ON method WHEN NEW.state <> 'pending' BEGIN SELECT RAISE(ABORT, 'broken'); END"
steps 'assword:\t'"$PASSWORD" 'Enter the code\tcode' 'Press Enter\t' '\\$ \texit' | talk "$W/out/screen" 30 home u17 "$SRV4_HOME"
sqlite3 -cmd ".timeout 5000" "$W/state/seimon.db" "DROP TRIGGER broken"
it "its code was right" grep -q 'Press Enter' "$W/out/screen"
it "a registration that cannot be written down does not let in" refused grep -q 'u17@.*\$ ' "$W/out/screen"
it "and its key waits for the next login" pending u17
# A store that is gone by then: who is suspended is remembered, and that alone lets nobody in who has just registered.
GONE="if [ -e $W/tmp/shown ]; then mv $W/state/seimon.db $W/away.db; else touch $W/tmp/shown; $CODE; fi"
steps 'assword:\t'"$PASSWORD" 'Enter the code\tcode' 'Press Enter\tcode' '\\$ \texit' | CODE=$GONE talk "$W/out/screen" 30 home u19 "$SRV4_HOME"
it "the store was unavailable before the login ended" test -e "$W/away.db"
mv "$W/away.db" "$W/state/seimon.db"
it "whoever registered meanwhile is refused" refused grep -q 'u19@.*\$ ' "$W/out/screen"
it "and goes on with the same key the next time" pending u19
# Somebody else has the password, too, and leaves the key on the screen until the owner has registered another way.
meanwhile() {  # USER: types the key's code after that
  secret_of "$1" >"$W/tmp/secret.$1"
  echo "echo $(code "$1" -1) | $(command -v seimon) enroll $1 --secret-file $W/tmp/secret.$1 --qr=none >$W/out/meanwhile 2>&1; $CODE"
}
steps 'assword:\t'"$PASSWORD" 'Enter the code\tcode' '.*\t-' | CODE=$(meanwhile u20) talk "$W/out/screen" 30 home u20 "$SRV4_HOME"
it "a key that was left open until its owner had another one registers nothing" refused grep -q 'Press Enter' "$W/out/screen"
it "and lets nobody in" refused grep -q 'u20@.*\$ ' "$W/out/screen"
it "the trail says why" some_event u20 'reason="registration-ended"'
it "the owner has the one that is theirs" enrolled u20 1
secret_of u21 >"$W/tmp/secret"
code u21 -1 >"$W/tmp/code21"
printf '%s\n' '#!/bin/sh' "$(command -v seimon) enroll u21 --secret-file $W/tmp/secret --qr=none <$W/tmp/code21" >"$W/bin/between"
chmod 755 "$W/bin/between"
sed -i "/^account.*pam_seimon/i account optional pam_exec.so quiet $W/bin/between" "$W/pam.d/sshd"
steps 'assword:\t'"$PASSWORD" 'Enter the code\tcode' 'Press Enter\t' '\\$ \texit' | talk "$W/out/screen" 30 home u21 "$SRV4_HOME"
cp "$W/out/pam.sshd" "$W/pam.d/sshd"
it "nor when that was between the code and the account line" refused grep -q 'u21@.*\$ ' "$W/out/screen"
it "the trail says that the account line refused" some_event u21 'event="account" outcome="refused"'
it "and there is one method, too" enrolled u21 1
it "which is the owner's" refused some_event u21 'reason="at-login"'
# LoginGraceTime ends a registration as it ends any login.
sshd_stop
sshd_start LoginGraceTime=2
steps 'assword:\t'"$PASSWORD" 'Enter the code\t-' | talk "$W/out/screen" 30 home u14 "$SRV4_HOME"
it "LoginGraceTime leaves a pending key" pending u14
it "and no method, too" enrolled u14 0
sshd_stop
sshd_start
# Two registrations of one user at the same time.
for i in 1 2; do
  steps 'assword:\t'"$PASSWORD" 'Enter the code\tcode' 'Press Enter\t' '\\$ \texit' | talk "$W/out/screen.$i" 30 home u15 "$SRV4_HOME" &
  TWO[i]=$!
done
wait "${TWO[1]}"
wait "${TWO[2]}"
it "two registrations at once give one method" enrolled u15 1
it "the trail has one" test "$(seimon log -u u15 | grep -c 'event="enrol"')" = 1

# --- a letter on its way: until its first use its reader registers as anybody, or types its code
secret_of u22 >"$W/tmp/secret"
it "a letter for somebody" seimon enroll -y u22 --secret-file "$W/tmp/secret" --qr=none --start first-use
it "it does not count yet" bash -c "seimon report rollout --json | jq -e '.[] | select(.user == \"u22\") | .state == \"waiting\" and .outside == \"enrol\"' >/dev/null"
code u22 >"$W/tmp/code"
steps 'assword:\t'"$PASSWORD" 'Enter the code\tcode' '\\$ \texit' | CODE="cat $W/tmp/code" talk "$W/out/screen" 30 home u22 "$SRV4_HOME"
it "its reader is told that the letter's code will do" has "$W/out/screen" "was sent to you by letter"
it "and gets in by it" grep -q 'u22@.*\$ ' "$W/out/screen"
it "nothing was registered" enrolled u22 1
it "the trail says that it counts from then" some_event u22 'reason="first-use"'
tick 30
it "from then on it is asked for" log_in home u22 "$SRV4_HOME" "$(code u22)"

# --- the report
it "the report of the rollout has a row for each" bash -c "[ \$(seimon report rollout --json | jq '[.[] | select(.user == \"u10\" and .state == \"enrolled\" and .methods == 1)] | length') = 1 ]"
it "who is not registered yet" bash -c "seimon report rollout --json | jq -e '.[] | select(.user == \"u16\") | .state == \"not enrolled\" and .outside == \"enrol\"' >/dev/null"
it "as CSV" bash -c "seimon report rollout --csv | head -n 1 | grep -q 'user'"
it "by group" bash -c "seimon report rollout --by-group --json | jq -e '.[] | select(.group == \"staffers\") | .users == 2' >/dev/null"
# --- told so, where the site wants that
config "$base
default: { action = \"require\"; unenrolled = \"deny\"; };
enrolment: { tell_unenrolled = true; };"
seimon reload >/dev/null
cp "$W/out/pam.sshd" "$W/pam.d/sshd"
it "whoever has no method is refused" refused log_in home u19 "$SRV4_HOME"
it "and told why" has "$W/out/ssh" "No sign-in method is registered for this account"
it "without being asked for a code" lacks "$W/out/asked" "erification code"
it "the trail says why, too" last_event u19 reason not-enrolled
finish
