#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Power cuts (threat model D5). What seimond and the command do to their files, and to those of PAM and sshd, is
# recorded, with each thing that they have acknowledged; power.py builds the disks that a power cut can leave, and each
# has to hold what was acknowledged before. A sync that is left out has to be noticed: that is tried with each kind of
# file.
# usage: power.sh BUILD [DISKS (5000)]
. "$(dirname "$0")/../support/world.sh"
BUILD=$1
world_enter "$0" "$@"
mkdir -p "$W/debian"
cp /etc/pam.d/common-* "$W/debian/"
cp "$BUILD/sshd/etc/pam.d/sshd" "$W/debian/" 2>/dev/null || cp /etc/pam.d/sshd "$W/debian/"
world_up "$1"
. "$(dirname "$0")/../support/page.sh"
. "$(dirname "$0")/../support/gateways.sh"
HERE=$(cd "$(dirname "$0")" && pwd)
cp "$BUILD/tests/librecorder.so" "$W/bin/"  # what is preloaded has no blank in its name
DISKS=${2-5000}
DATA=$W/data
LOG=$W/tmp/record
ROOTS=$DATA:/etc/pam.d:/etc/ssh:/etc/systemd/system:/var/backups
mkdir -p "$DATA/state" "$DATA/etc" "$DATA/backup"
mkdir -m 777 "$W/failure"
: >"$LOG"
ack() { printf '%s' "$1" | python3 -c 'import os, struct, sys
text = sys.stdin.buffer.read()
log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
os.write(log, struct.pack("<Ic3xQqII", 0x53454D4F, b"A", 0, 0, 0, len(text)) + text)' "$LOG"; }
recorded() { env LD_PRELOAD="$W/bin/librecorder.so" RECORD_LOG="$LOG" RECORD_ROOT="$ROOTS" "$@"; }
# The service as seimond_start starts it, with the recorder first.
service() {
  local library
  for library in /usr/lib/*/faketime/libfaketimeMT.so.1; do break; done
  env LD_PRELOAD="$W/bin/librecorder.so:$W/bin/libboottime.so:$library" RECORD_LOG="$LOG" RECORD_ROOT="$ROOTS" FAKETIME_TIMESTAMP_FILE="$W/clock" \
    FAKETIME_NO_CACHE=1 BOOTTIME_FILE="$W/uptime" FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 TZ=UTC \
    RECORD_FAILURE="$W/failure/next" "$W/bin/seimond" --foreground --config "$DATA/etc/seimon.conf" --state "$DATA/state" >>"$W/out/seimond.log" 2>&1 </dev/null &
  SEIMOND=$!
  PIDS+=("$SEIMOND")
  wait_until "seimon status >/dev/null 2>&1" || fail "seimond did not start: $(tail -n 5 "$W/out/seimond.log")"
}
printf '%s\n' "auth required $W/bin/pam_seimon.so timeout=20" "account required $W/bin/pam_seimon.so" >"$W/pam.d/power"
# USER CODE …: the outcome is acknowledged when the login has read it.
enter() {
  local user=$1
  shift
  printf '%s\n' "$@" 0 0 | timeout 60 pamtester power "$user" authenticate >"$W/out/enter" 2>&1
}
told() { echo "$CLOCK"; seimon log -u "$1" -n 6; tail -n 5 "$W/out/seimond.log"; }  # USER: what is known of a login
accepted() {  # USER
  enter "$1" "$(code "$1")" || fail "$1 is not let in: $(cat "$W/out/enter") $(told "$1")"
  ack "{\"event\": \"login accepted $1\", \"user\": \"$1\", \"step\": $(($(date -u -d "$CLOCK" +%s) / 30))}"
}
refused() {  # USER
  enter "$1" 000000 000000 000000 && fail "$1 is let in by a wrong code"
  ack "{\"event\": \"login refused $1\", \"user\": \"$1\", \"tries\": 3}"
}

# Who is called types the number that the login shows.
driver box "printf '%s\n' \"\$INPUT\" >>$W/sms/box"
driver calls "for _ in \$(seq 100); do n=\$(grep -oE 'Number [0-9]+' $W/out/talk | tail -n 1 | cut -c8-); [ -z \"\$n\" ] || break; sleep 0.1; done
printf '{\"answered\": true, \"keys\": \"%s\"}\n' \"\$n\""
: >"$W/sms/box"; chmod 666 "$W/sms/box"
cat >>"$W/etc/seimon.conf" <<CONF
delivery: { prefixes = [ "+81" ]; sms = ( { command = [ "$W/bin/box" ]; } ); call = ( { command = [ "$W/bin/calls" ]; } ); email = ( ); };
web: { account = "seimon-web"; url = "https://gate.example.test"; };
approve: { enabled = true; };
CONF
sed "s|$W/etc|$DATA/etc|g" "$W/etc/seimon.conf" >"$DATA/etc/seimon.conf"
# A login by telephone. Once COMMAND succeeds, FACT is acknowledged and what COMMAND has printed is typed.
telephones() {  # USER KEY COMMAND FACT
  (printf '%s\n' "$2"; for _ in $(seq 100); do text=$(bash -c "$3") && break; sleep 0.1; done; ack "$4"; printf '%s\n' "$text" 0 0) |
    timeout 60 pamtester power "$1" authenticate >"$W/out/talk" 2>&1 || fail "$1 is not let in: $(tail -n 4 "$W/out/talk" "$W/out/delivery") $(told "$1")"
  ack "{\"event\": \"login accepted $1\", \"user\": \"$1\", \"spent\": 1}"
}
recorded "$W/bin/seimon" key init --config "$DATA/etc/seimon.conf" >/dev/null || fail "no key"
ack '{"key": true}'
service
for user in u01 u02 u03 u04 u05 u06 u07; do
  enrol "$user"
  ack "{\"event\": \"enrol enrolled $user\", \"user\": \"$user\", \"method\": \"app\"}"
done
seimon enroll u08 --kind sms +819000000008 -y >/dev/null && seimon enroll u09 --kind call +81312345678 -y >/dev/null || fail "no telephone"
for user in u08 u09; do ack "{\"event\": \"enrol issued $user\", \"user\": \"$user\"}"; done
sender_start
tick 90
for user in u01 u02; do accepted "$user"; done
refused u03
# A code is counted before it leaves, and spent with its login; so is the answer to a call.
telephones u08 s "jq -r .code '$W/sms/box' | grep ." '{"event": "code-sent queued u08", "user": "u08", "serial": 1}'
telephones u09 c "seimon log u09 | grep -q 'outcome=\"approved\"'" '{"event": "approval approved u09", "user": "u09", "serial": 1}'
# A yes on the phone, by the passkey that was registered there.
page_start
enrol u10
ack '{"event": "enrol enrolled u10", "user": "u10", "method": "app"}'
tick 30
ticket=$(page_ticket u10)
ack '{"event": "login accepted u10", "user": "u10"}'
coproc PHONE { exec "$BUILD/tests/phone_once" "$PAGE_SOCKET" seimon-web u10 "$ticket" https://gate.example.test; }
exec {PHONE_READS}>&"${PHONE[1]}" {PHONE_SAYS}<&"${PHONE[0]}"  # a subshell has them, too
read -r -t 30 line <&"$PHONE_SAYS"
[ "$line" = registered ] || fail "no phone: $line"
ack '{"event": "enrol enrolled u10", "user": "u10", "method": "phone"}'
shows_number() { sed -n 's/.*Number \([0-9]*\)\..*/\1/p' "$W/out/talk" | grep -m 1 .; }
approved() {
  wait_until shows_number >/dev/null || { echo "the login shows no number" >&2; return 1; }
  shows_number >&"$PHONE_READS" && read -r -t 30 line <&"$PHONE_SAYS" || { echo "the phone says nothing: $?" >&2; return 1; }
  [ "$line" = approved ] || { echo "the phone says $line" >&2; return 1; }
}
: >"$W/out/talk"  # of the call, with a number of its own
{ echo; approved && ack '{"event": "approval approved u10", "user": "u10", "serial": 1}' && printf '\n'; } |
  timeout 60 pamtester power u10 authenticate >"$W/out/talk" 2>&1 || fail "u10 is not let in: $line $(tail -n 4 "$W/out/talk") $(told u10)"
ack '{"event": "login accepted u10", "user": "u10"}'
exec {PHONE_READS}>&- {PHONE[1]}>&-
recovery=$(seimon recovery-codes u01 --json | jq '.recovery | length')
ack "{\"user\": \"u01\", \"recovery\": $recovery}"
seimon suspend u04 >/dev/null
ack '{"user": "u04", "suspended": true}'
tick 90
for user in u02 u03; do accepted "$user"; done
# A service is protected, for good, and put back; then once more, and nobody confirms.
mkdir -p "$W/etcssh/sshd_config.d" "$W/backups" "$W/units/timers.target.wants" /run/systemd/system
mount --bind "$W/etcssh" /etc/ssh
mount --bind "$W/backups" /var/backups
mount --bind "$W/units" /etc/systemd/system
printf '%s\n' 'Include /etc/ssh/sshd_config.d/*.conf' "Port $PORT" "HostKey $W/ssh/host" 'UsePAM yes' >/etc/ssh/sshd_config
cp "$W/debian"/* "$W/pam.d/"
# What systemctl leaves on the disk.
cat >"$W/bin/systemctl" <<'SCRIPT'
#!/bin/sh
wants=/etc/systemd/system/timers.target.wants/seimon-setup-undo.timer
case "$1" in enable) : >"$wants" ;; disable) rm -f "$wants" ;; show) echo waiting ;; esac
SCRIPT
chmod 755 "$W/bin/systemctl"
STACKS=(/etc/pam.d/sshd /etc/ssh/sshd_config.d/00-seimon.conf)
texts() { python3 -c 'import json, os, sys
print(json.dumps({path: (lambda text: [os.stat(path).st_ino, text] if sys.argv[1] == "inodes" else text)(open(path).read()) if os.path.exists(path) else None
                  for path in sys.argv[2:]}))' "$1" "${STACKS[@]}"; }
setup() { "$RUN" "$W/bin/seimon" setup "$@" >"$W/out/setup" 2>&1 </dev/null || fail "setup $*: $(cat "$W/out/setup")"; }
says() { ack "{\"setup\": \"$1\"}"; }
protects() { setup sshd --yes --module "$W/bin/pam_seimon.so"; }
RUN=env  # not recorded yet: what it is going to write
protects
after=$(texts)
setup undo --yes
rm -r /var/backups/seimon  # else one of the same second gets another name
before=$(texts inodes)
RUN=recorded
ack "{\"setup\": \"begun\", \"before\": $before, \"after\": $after}"
protects
says protected
says confirming
setup confirm --yes
says confirmed
tick 90
for user in u01 u02 u03; do accepted "$user"; done
says undoing
setup undo --yes
says undone
says begun
protects
says protected
says "by timer"
recorded sh "$(ls -d /var/backups/seimon/* | tail -n 1)/undo" || fail "the script of the way back fails"
says undone
rmdir /run/systemd/system
# A sync that fails: the login is refused, the service ends, and the next one goes by what it finds.
: >"$W/failure/next"
tick 30
enter u01 "$(code u01)" && fail "let in by a code that is not on the disk"
wait_until "is_gone $SEIMOND" || fail "the service goes on with a log that it could not sync"
wait "$SEIMOND" && fail "the service ends as if nothing had happened"
service
tick 30
for user in u01 u02; do accepted "$user"; done
# While somebody is at a prompt, another thread syncs.
mkfifo "$W/tmp/keys"
exec {KEYS}<>"$W/tmp/keys"
pamtester power u02 authenticate <"$W/tmp/keys" >"$W/out/prompt" 2>&1 &
wait_until "grep -q code '$W/out/prompt'" || fail "nobody is at a prompt"
tick 30
for user in u01 u03; do accepted "$user"; done
# Several at one moment: one batch.
WRONG=()
for user in u05 u06 u07; do
  printf '%s\n' 000000 000000 000000 | timeout 60 pamtester power "$user" authenticate >/dev/null 2>&1 &
  WRONG+=($!)
done
wait "${WRONG[@]}"
for user in u05 u06 u07; do ack "{\"event\": \"login refused $user\", \"user\": \"$user\", \"tries\": 3}"; done
recorded "$W/bin/seimon" backup --without-key "$DATA/backup/one" >"$W/out/backup" 2>&1 || fail "no backup: $(cat "$W/out/backup")"
ack '{"backup": "backup/one"}'
# A kill, and the start after it: the log is played in, and begun anew.
kill -KILL "$SEIMOND"
wait "$SEIMOND" 2>/dev/null
service
tick 90
accepted u01
# Until the log is written back into the store (a checkpoint).
for _ in $(seq 4); do tick 60; for user in u01 u02 u03; do accepted "$user"; done; done
# Neither the store nor the system log is there: a skip is let in by its record in the spool.
stop_one "${PIDS[0]}"
rm -f /dev/log
mv "$DATA/state/seimon.db" "$DATA/state/seimon.db.away"
printf '%s\n' "auth required $W/bin/pam_seimon.so timeout=20" 'auth required pam_permit.so' >"$W/pam.d/sshd"
timeout 60 pamtester -I rhost=10.20.0.9 -E "SSH_CONNECTION=10.20.0.9 50000 10.20.0.1 22" sshd u03 authenticate >"$W/out/enter" 2>&1 || fail "no skip: $(cat "$W/out/enter") $(tail -n 4 "$W/out/seimond.log")"
ack '{"spooled": "u03"}'
mv "$DATA/state/seimon.db.away" "$DATA/state/seimon.db"
tick 60
accepted u01
wait_until "[ ! -e '$DATA/state/seimon.db.spool' ]" || fail "the spool is not merged"
ack '{"event": "login skipped u03", "user": "u03", "merged": true}'
# The sealing key is exchanged: at every moment one of the two opens the store.
rotate() { recorded "$W/bin/seimon" key rotate --config "$DATA/etc/seimon.conf" >"$W/out/rotate" 2>&1; }
rotate && fail "the service has not read the next key"
seimond_stop
service
rotate || fail "no other key: $(cat "$W/out/rotate")"
ack '{"rotated": true}'
tick 60
accepted u01
# The backup comes back.
ack '{"restoring": true}'
recorded "$W/bin/seimon" restore --yes "$DATA/backup/one" >"$W/out/restore" 2>&1 || fail "no restore: $(cat "$W/out/restore")"
ack '{"restored": true}'
tick 60
accepted u02
seimond_stop
# By the one key that is left.
service
tick 60
accepted u03
seimond_stop
replayed() { python3 "$HERE/power.py" "$LOG" "$ROOTS" "$BUILD/tests/power_oracle" "$@"; }
it "each of $DISKS disks holds what was acknowledged" replayed --disks "$DISKS"
# The suite itself: without the syncs of one kind of file something has to be missing.
for kind in -wal .spool .db seal.key.new backup/one state/ etc/ backup/ all/ sshd.seimon-new pam.d/ sshd_config.d/ -sshd/; do
  it "without the syncs of $kind it is noticed" bash -c "python3 '$HERE/power.py' '$LOG' '$ROOTS' '$BUILD/tests/power_oracle' --disks 150 --without='$kind' >/dev/null; [ \$? = 3 ]"
done
finish
