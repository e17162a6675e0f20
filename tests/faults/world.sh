#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The world around the service breaks: the disk fills up, turns read-only, the system log goes, the service stands
# still, its door is crowded. Nothing opens, the campus goes on, and all recovers without a restart.
# usage: world.sh BUILD [LOGINS on the reserve]
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
LOGINS=${2:-1000}
. "$(dirname "$0")/faults.sh"
LOGIN=$1/tests/login_once
stacks_install
sed 's/services = \[ "sshd" \]/services = [ "required", "jump" ]/; s/^default/local_services = [ "none" ];\ndefault/' "$W/etc/seimon.conf" >"$W/tmp/c"
cp "$W/tmp/c" "$W/etc/seimon.conf"
mount -t tmpfs -o size=48m,mode=700,uid=64100,gid=64100 tmpfs "$W/state"
seimond_start
enrol u00
# The first factor in front of us decides then.
campus_login() { WITH_ACCOUNT=1 "$LOGIN" "$W/faults.d" required u00 none "$CAMPUS4" >"$W/out/campus" 2>&1; }
skipped() { campus_login && ! grep -q asked "$W/out/campus"; }
broken_by() {  # STRACE-INJECTION
  strace -f -p "$SEIMOND" -o /dev/null -e "inject=$1" 2>/dev/null &
  TRACER=$!
  wait_until "! grep -L '^TracerPid:.[1-9]' /proc/$SEIMOND/task/*/status | grep -q ."
}
fault_ends() { kill -INT "$TRACER"; wait "$TRACER"; }
logs_in() { fresh_code u00; "$LOGIN" "$W/faults.d" required u00 "$FRESH" >"$W/out/login" 2>&1; }
repeats() { "$LOGIN" "$W/faults.d" required u00 "$FRESH" >/dev/null 2>&1; }
# The same with codes that are computed all at once: a login takes less than oathtool.
codes_ahead() { mapfile -t CODES < <(oathtool --totp --base32 --now "$CLOCK UTC 30 seconds" -w "$1" "$(secret_of u00)"); }  # COUNT
logs_in_by() { tick 30; "$LOGIN" "$W/faults.d" required u00 "$1" >"$W/out/login" 2>&1; }  # CODE
refused_now() { fresh_code u00; refused "$LOGIN" "$W/faults.d" required u00 "$FRESH" >"$W/out/login" 2>&1; }
fill() { dd if=/dev/zero of="$W/state/filler$1" bs=64k 2>/dev/null; dd if=/dev/zero of="$W/state/filler$1b" bs=512 2>/dev/null; true; }

it "a code works" logs_in
it "a login from the campus is not asked" skipped

# --- a disk that fills up
fill 1
many_logins() {
  local i in=0
  codes_ahead "$LOGINS"
  for ((i = 0; i < LOGINS; i++)); do logs_in_by "${CODES[i]}" && in=$((in + 1)); done
  echo "on the reserve of a full disk: $in of $LOGINS logins"
  [ "$in" = "$LOGINS" ]
}
it "on a full disk the reserve lets the next $LOGINS logins through" many_logins
it "the status says that the reserve is in use" grep -q 'the disk is almost full' <(seimon status)
fill 2
until_refused() {
  local code
  codes_ahead 4000
  for code in "${CODES[@]}"; do logs_in_by "$code" || return 0; done
  return 1
}
it "when that is used up too, a code is refused in the end" until_refused
it "with its own reason" grep -qE 'store: .*(full|disk)' "$W/out/seimond.log"
it "the campus goes on" skipped
rm -f "$W/state"/filler*
it "it recovers without a restart" works_again u00
it "what was spent stays spent" refused repeats

# --- read-only, and back (a mount that is written to cannot be remounted, so each write fails as if it were)
broken_by pwrite64,fdatasync,ftruncate,fallocate:error=EROFS
it "a disk that turned read-only refuses" refused_now
it "the campus goes on there too" skipped
fault_ends
it "and it recovers without a restart" works_again u00

# --- no system log
stop_one "${PIDS[0]}"
rm -f /dev/log
it "without a system log codes work" logs_in
before=$(seimon log -u u00 -n 1000 | grep -c 'outcome="skipped"')
campus_login
it "and a skip is recorded in the store" test "$(seimon log -u u00 -n 1000 | grep -c 'outcome="skipped"')" -gt "$before"
mv "$W/state/seimon.db" "$W/state/seimon.db.x"
campus_login
it "without log and store a skip is recorded in the spool" grep -q '"outcome":"skipped"' "$W/state/seimon.db.spool"
broken_by openat,write:error=EROFS
it "without any place for the record there is no skip" refused campus_login
fault_ends
mv "$W/state/seimon.db.x" "$W/state/seimon.db"
# Somebody exempt has been asked to register, and answers when nothing takes a record any more.
sed -i 's/action = "skip";/action = "skip"; unenrolled = "ask";/' "$W/etc/seimon.conf"
kill -HUP "$SEIMOND"
cp "$W/faults.d/required" "$W/pam.d/required"
ask_u30() {  # WHAT HAPPENS BEFORE THE ANSWER
  rm -f "$W/out/screen"
  echo '[[]Y/n[]]	code' | CODE="$1; echo n" expect -f "$(dirname "${BASH_SOURCE[0]}")/../support/talk.exp" "$W/out/screen" 24 \
    pamtester -I "rhost=$CAMPUS4" required u30 authenticate >/dev/null
  grep -q 'successfully authenticated' "$W/out/screen"
}
it "who need not register passes" ask_u30 true
it "but not when their answer is written down nowhere" refused ask_u30 "mv $W/state/seimon.db $W/state/seimon.db.x; rm -f $W/state/seimon.db.spool; mkdir $W/state/seimon.db.spool"
it "though they were asked" has "$W/out/screen" "[Y/n]"
rmdir "$W/state/seimon.db.spool"
mv "$W/state/seimon.db.x" "$W/state/seimon.db"
cp "$W/tmp/c" "$W/etc/seimon.conf"
kill -HUP "$SEIMOND"
socat -u UNIX-RECV:/dev/log,mode=666 OPEN:"$W/syslog",append </dev/null >/dev/null 2>&1 &
PIDS+=($!)
works_again u00
it "the spool is merged when the store is back" wait_until "[ ! -e '$W/state/seimon.db.spool' ]"

# --- stopped by a signal, with a full backlog
kill -STOP "$SEIMOND"
fresh_code u00
started=$(awk '{print int($1)}' /proc/uptime)
it "a service that stands still refuses" refused "$LOGIN" "$W/faults.d" required u00 "$FRESH"
it "within the deadline" test $(($(awk '{print int($1)}' /proc/uptime) - started)) -le 8
cat >"$W/tmp/backlog.py" <<'PYTHON'
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (9000, 9000))
held = []
for i in range(6000):
    s = socket.socket(socket.AF_UNIX); s.setblocking(False)
    try: s.connect("/run/seimon/seimon.sock")
    except BlockingIOError: break
    held.append(s)
print(len(held), flush=True)
sys.stdin.read()
PYTHON
mkfifo "$W/tmp/hold"
python3 "$W/tmp/backlog.py" <"$W/tmp/hold" >"$W/out/backlog" &
HOLDER=$!
exec 6>"$W/tmp/hold"
wait_until "[ -s '$W/out/backlog' ]"
echo "the backlog took $(cat "$W/out/backlog") connections"
it "with a full backlog a login is refused, and does not hang" refused timeout 20 "$LOGIN" "$W/faults.d" required u00 "$FRESH"
kill -CONT "$SEIMOND"
exec 6>&-
wait "$HOLDER"
it "and all is well when it moves again" works_again u00
finish
