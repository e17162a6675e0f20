#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The service's life: starting, stopping, reloading, stopped by a signal; what it gives up; what it refuses to start with.
# usage: service_life.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
askpass_install
seimond_start
sshd_start
for user in u40 u41 u42 u43 u44; do enrol "$user"; done
field() { awk -v k="$1:" '$1 == k {print $2}' "/proc/$SEIMOND/status"; }

it "it runs as seimon" test "$(field Uid)" = 64100
it "without supplementary groups" test -z "$(sed -n 's/^Groups:[[:space:]]*//p' "/proc/$SEIMOND/status")"
it "without capabilities" test "$(field CapEff)$(field CapPrm)" = 00000000000000000000000000000000
it "without a way to new privileges" test "$(field NoNewPrivs)" = 1
it "not dumpable" test "$(stat -c %u "/proc/$SEIMOND/mem")" = 0
it "without core files" test "$(awk '/core file/ {print $5 $6}' "/proc/$SEIMOND/limits")" = 00
it "the store is its own and nobody else's" test "$(stat -c %U:%a "$W/state/seimon.db")" = seimon:600

# --- stopped by a signal
kill -STOP "$SEIMOND"
it "a service that stands still refuses" refused log_in home u40 "$SRV4_HOME" "$(code u40)"
it "the module says why" has "$W/syslog" "seimond did not answer in time"
kill -CONT "$SEIMOND"
it "and serves at once when it moves again" log_in home u40 "$SRV4_HOME" "$(code u40)"

# --- stopped
seimond_stop
it "a stopped service refuses" refused log_in home u41 "$SRV4_HOME" "$(code u41)"
it "also on the campus" refused log_in campus u41 "$SRV4_CAMPUS"
it "the command says what to do" test "$(seimon list u41 2>&1; echo $?)" = "seimon: /run/seimon/seimon.sock: seimond is not running; is the service running? systemctl status seimond
4"
seimond_start
it "and back at once when it returns" log_in home u41 "$SRV4_HOME" "$(code u41)"
it "a code spent before the restart stays spent" refused log_in home u40 "$SRV4_HOME" "$(code u40)"

# --- reload
cp "$W/etc/seimon.conf" "$W/good.conf"
echo 'mod = "observe";' >>"$W/etc/seimon.conf"
kill -HUP "$SEIMOND"
it "a bad configuration is refused at reload, by file and line" wait_until "grep -q 'seimon.conf:11: unknown key \"mod\"' '$W/out/seimond.log'"
it "with what would be right" has "$W/out/seimond.log" "did you mean mode?"
it "the status says so as long as it is so" grep -q 'reload failed; keeping the previous configuration.*unknown key' <(seimon status)
seimon reload >"$W/out/reload" 2>&1
it "seimon reload says so by its exit status" test $? = 6
it "with file, line and what would be right" grep -q 'seimon.conf:11: unknown key "mod".*did you mean mode?' "$W/out/reload"
it "nobody but root reloads" test "$(setpriv --reuid u41 --regid u41 --clear-groups seimon reload >/dev/null 2>&1; echo $?)" = 3
it "and the old one stays in force" log_in home u42 "$SRV4_HOME" "$(code u42)"
sed 's/"enforce"/"observe"/' "$W/good.conf" >"$W/etc/seimon.conf"
kill -HUP "$SEIMOND"
it "a good one is taken" wait_until "grep -q 'configuration reloaded' '$W/out/seimond.log'"
it "and the status is silent again" refused grep -q 'stays in force' <(seimon status)
it "observing asks nobody" log_in home u43 "$SRV4_HOME"
it "and writes down what would have been" last_event u43 would require
mv "$W/state/seimon.db" "$W/away.db"
it "observing refuses nobody, even while the store is away" log_in home u43 "$SRV4_HOME"
it "and the log says what is wrong" has "$W/out/seimond.log" "the store's file was removed or replaced while in use"
mv "$W/away.db" "$W/state/seimon.db"
cp "$W/good.conf" "$W/etc/seimon.conf"
it "seimon reload ends when the good one is in force" seimon reload
it "it is" test "$(seimon status --json | jq -r .mode)" = enforce
seimon suspend u42 >/dev/null
mv "$W/state/seimon.db" "$W/away.db"
it "enforcing, the campus goes on while the store is away" log_in campus u43 "$SRV4_CAMPUS"
it "home is refused" refused log_in home u43 "$SRV4_HOME" "$(code u43)"
it "and whoever was suspended stays so on the campus" refused log_in campus u42 "$SRV4_CAMPUS"
mv "$W/away.db" "$W/state/seimon.db"
it "it recovers without a restart" log_in home u43 "$SRV4_HOME" "$(code u43)"
seimon resume u42 >/dev/null

# --- what it does not start with
seimond_stop
does_not_start() {  # TEXT [ARGUMENT …]
  local state=(--state "$W/state")
  case "$*" in *--state*) state=() ;; esac
  timeout 10 seimond --foreground --config "$W/etc/seimon.conf" "${state[@]}" "${@:2}" >"$W/out/start" 2>&1
  local code=$?
  [ "$code" != 0 ] && [ "$code" != 124 ] && grep -qF -- "$1" "$W/out/start" || { cat "$W/out/start"; return 1; }
}
chmod 666 "$W/etc/seimon.conf"
it "a configuration that others may write" does_not_start "$W/etc/seimon.conf: others may write to it"
chmod 644 "$W/etc/seimon.conf"
chmod 777 "$W/etc"
it "a configuration's folder that others may write" does_not_start "$W/etc: others may write to it"
chmod 755 "$W/etc"
chmod 770 "$W/state"
it "a state folder that others may write" does_not_start "$W/state: others may write to it"
chmod 700 "$W/state"
chmod 444 "$W/etc/seal.key"
it "a key that others may read" does_not_start "others may read the sealing key"
chmod 400 "$W/etc/seal.key"
mv "$W/etc/seal.key" "$W/away"
it "no key" does_not_start "put the copy of seal.key back; seimon key init is for a new installation only"
mv "$W/away" "$W/etc/seal.key"
it "a wrong option" does_not_start "--nonsense" --nonsense
it "a socket path that is no socket" does_not_start "is in the way and is not a socket" --socket "$W/etc/seimon.conf"
mv "$W/etc/seimon.conf" "$W/away"
it "a configuration that is not there" does_not_start "$W/etc/seimon.conf: No such file"
mv "$W/away" "$W/etc/seimon.conf"
it "the check says the same, with its own exit code" test "$(seimon config check --config "$W/etc/none.conf" >/dev/null 2>&1; echo $?)" = 6

# --- stores that cannot be used: every code is refused, with its own reason; the campus goes on
unusable() {  # SENTENCE LOG
  seimond_start_degraded
  it "$1: a code is refused" refused log_in home u44 "$SRV4_HOME" "$(code u44)"
  it "$1: the log says what and what to do" has "$W/out/seimond.log" "$2"
  it "$1: syslog has the reason" has "$W/syslog" 'reason="store-unavailable"'
  it "$1: the campus goes on, as far as auth goes" has_skip
  it "$1: enrolling is refused" test "$(seimon list u44 >/dev/null 2>&1; echo $?)" = 4
  seimond_stop
}
has_skip() {
  local campus=0 home=0
  cp "$W/pam.d/sshd" "$W/sshd.saved"
  printf 'auth required %s\nauth required pam_permit.so\naccount required pam_permit.so\n' "$W/bin/pam_seimon.so" >"$W/pam.d/sshd"
  seimon try u44 --from 10.20.1.1 </dev/null >"$W/out/skip" 2>&1 || campus=1
  seimon try u44 --from 203.0.113.9 </dev/null >>"$W/out/skip" 2>&1 || home=1
  cp "$W/sshd.saved" "$W/pam.d/sshd"
  [ "$campus$home" = 01 ] || { cat "$W/out/skip"; return 1; }
}
seimond_start_degraded() {
  : >"$W/out/seimond.log"
  rm -f /run/seimon/seimon.sock
  seimond --foreground --config "$W/etc/seimon.conf" --state "$W/state" >>"$W/out/seimond.log" 2>&1 </dev/null &
  SEIMOND=$!
  PIDS+=("$SEIMOND")
  wait_until "grep -q ready '$W/out/seimond.log'" || fail "no start"
}
cp -a "$W/state" "$W/state.good"
fresh_state() { rm -rf "$W/state"; cp -a "$W/state.good" "$W/state"; }
rm -f "$W/state/seimon.db" "$W/state/seimon.db-wal" "$W/state/seimon.db-shm"
unusable "a missing store" "the store is missing, though one was made here"
fresh_state
dd if=/dev/urandom of="$W/state/seimon.db" bs=1024 count=8 conv=notrunc status=none
rm -f "$W"/state/seimon.db-*
unusable "a damaged store" "all codes are refused until this is fixed"
fresh_state
sqlite3 "$W/state/seimon.db" "UPDATE meta SET value = 9"
chown seimon "$W"/state/*
unusable "a store of a newer version" "has schema 9; this seimond knows 8 to 8"
fresh_state
mv "$W/etc/seal.key" "$W/away"
seimon key init --config "$W/etc/seimon.conf" >/dev/null
unusable "another key" "the sealing key does not fit this store"
mv -f "$W/away" "$W/etc/seal.key"
fresh_state
seimond_start
it "with store and key back in place all is well" log_in home u44 "$SRV4_HOME" "$(code u44)"

# --- termination and sockets
it "the socket of a living service is not taken over" does_not_start "another seimond is answering there"
kill -TERM "$SEIMOND"
code=0
wait "$SEIMOND" || code=$?
it "SIGTERM ends it in order" test "$code" = 0

# --- the key as a systemd credential
mkdir -m 750 "$W/credentials"
cp "$W/etc/seal.key" "$W/credentials/seal.key"
chmod 440 "$W/credentials/seal.key"
mv "$W/etc/seal.key" "$W/away"
export CREDENTIALS_DIRECTORY=$W/credentials
seimond_start
it "the key may be a systemd credential" log_in home u44 "$SRV4_HOME" "$(code u44 1)"
seimond_stop
unset CREDENTIALS_DIRECTORY
mv "$W/away" "$W/etc/seal.key"

# --- a state folder that is somebody's
mkdir "$W/etc2"; touch "$W/etc2/theirs"
it "a folder with other files is not taken for the store" does_not_start "holds other files and belongs to root" --socket /run/other.sock --state "$W/etc2"
it "and stays its owner's" test "$(stat -c %U "$W/etc2")" = root

# --- socket activation and readiness, spoken to a small supervisor
cat >"$W/tmp/supervisor.py" <<'PYTHON'
import json, os, socket, subprocess, sys
listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listening.bind(sys.argv[1]); listening.listen(16); os.chmod(sys.argv[1], 0o666)
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(sys.argv[2]); os.chmod(sys.argv[2], 0o666); notify.settimeout(20)
pid = os.fork()
if pid == 0:
    os.dup2(listening.fileno(), 3); os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), NOTIFY_SOCKET=sys.argv[2], WATCHDOG_USEC="300000")
    os.execvp("seimond", ["seimond", "--config", sys.argv[3], "--state", sys.argv[4]])
print(notify.recv(100).decode(), flush=True)
status = subprocess.run(["seimon", "--socket", sys.argv[1], "--json", "status"], capture_output=True, text=True)
print(json.loads(status.stdout)["mode"], flush=True)
told = {notify.recv(100).decode()}
os.kill(pid, 15)
while "STOPPING=1" not in told: told.add(notify.recv(100).decode())
print(*sorted(told), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
PYTHON
it "it takes a passed socket and says READY, WATCHDOG as long as it turns, and STOPPING" test "$(timeout 60 python3 "$W/tmp/supervisor.py" "$W/tmp/passed" "$W/tmp/notify" "$W/etc/seimon.conf" "$W/state" | tr '\n' ' ')" = "READY=1 enforce STOPPING=1 WATCHDOG=1 0 "
finish
