#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each system call of the service while it serves a login, a wrong code, a code by SMS, an enrolment, an administrator,
# a backup, a restore, a reload: it fails with each plausible errno, and the service is killed right there.
# With a database server for the store, too, whose clock is then this world's.
# usage: service.sh BUILD errors|kills [PERCENT of the points [postgresql]]
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
HOW=$2 SAMPLE=${3-} STORE=${4-sqlite} DIED=0
. "$(dirname "$0")/faults.sh"
LOGIN=$1/tests/login_once
stacks_install
OPERATIONS='login wrong sent enrol admin backup restore reload'
if [ "$STORE" = postgresql ]; then
  . "$(dirname "$0")/../support/cluster.sh"
  REAL_CLOCK=
  CLUSTER_ENV=(LD_PRELOAD="$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 | head -n 1)" FAKETIME_TIMESTAMP_FILE="$W/clock" FAKETIME_NO_CACHE=1
    FAKETIME_DONT_FAKE_MONOTONIC=1)
  cluster_make one
  "$W/bin/seimon" store init "$(owner_url one)" >/dev/null || fail "no store"
  on_server "$(service_url one)" 'timeout = 2;'
  # Its copies are the server's own affair.
  OPERATIONS='login wrong sent enrol admin reload'
fi
printf '%s\n' 'delivery: { prefixes = [ "+81" ]; sms = ( { command = [ "/bin/true" ]; } ); };' >>"$W/etc/seimon.conf"
seimond_start
for user in u00 u01; do enrol "$user"; done
secret_of new >"$W/tmp/new-secret"
seimon enroll u04 --kind sms +819012345678 -y >/dev/null || fail "no phone"
cp "$W/faults.d/required" "$W/pam.d/sent"
# A worker of seimon-delivery: takes messages, appends each SMS to a file, prints its code, and says that it was sent.
cat >"$W/bin/worker" <<'PYTHON'
#!/usr/bin/python3
import json, socket, sys

service = socket.socket(socket.AF_UNIX)
service.settimeout(4)
service.connect("/run/seimon/seimon.sock")

def call(method, parameters):
    service.sendall(json.dumps({"method": "io.seimon.Admin." + method, "parameters": parameters}).encode() + b"\0")
    reply = b""
    while not reply.endswith(b"\0"):
        part = service.recv(65536)
        if not part:
            sys.exit(1)
        reply += part
    return json.loads(reply[:-1])["parameters"]

while True:
    message = call("NextDelivery", {"wait": 2})
    if not message.get("id"):
        sys.exit(1)
    if message["channel"] == "sms":
        with open(sys.argv[1], "a") as file:
            file.write(message["code"] + "\n")
        print(message["code"], flush=True)
    call("DeliveryDone", {"id": message["id"], "outcome": "sent", "driver": "worker", "detail": ""})
    if message["channel"] == "sms":
        break
PYTHON
chmod 755 "$W/bin/worker"

# --- what is done at each point. An operation that said yes must be found in the store afterwards: check_OPERATION.
# What the service answers, as JSON. After a fault one of its connections to a server may be down for a moment: a refusal to
# look is no look.
answer_of() {  # WORD …
  local answer=
  wait_until "answer=\$(seimon $* --json 2>/dev/null)"
  echo "$answer"
}
do_login() { fresh_code u00; "$LOGIN" "$W/faults.d" required u00 "$FRESH" >/dev/null 2>&1; }
check_login() { refused "$LOGIN" "$W/faults.d" required u00 "$FRESH" >/dev/null 2>&1; }
# Exit code 1 says that the try was checked: it must be counted.
do_wrong() { echo 000000 | seimon verify u01 >/dev/null 2>&1; [ $? = 1 ]; }
check_wrong() {
  local counted
  counted=$(answer_of status u01 | jq .budget.failures)
  seimon reset-failures u01 >/dev/null
  [ "$counted" -ge 1 ]
}
# A code by SMS: never more messages than are counted, whatever happens; a code that has let in works no more.
do_sent() {
  : >"$W/tmp/sent"
  (echo s; "$W/bin/worker" "$W/tmp/sent" 2>/dev/null) | timeout 20 pamtester -I rhost=203.0.113.77 sent u04 authenticate >/dev/null 2>&1
}
check_sent() { refused "$LOGIN" "$W/faults.d" required u04 "$(tail -n 1 "$W/tmp/sent")" >/dev/null 2>&1; }
clear_sent() {
  local counted
  counted=$(answer_of status u04 | jq .sends.hour)
  [ "$(wc -l <"$W/tmp/sent")" -le "$counted" ] || violated "sent: $(wc -l <"$W/tmp/sent") messages, $counted counted"
  seimon reset-failures u04 >/dev/null 2>&1
  tick 9000  # ten messages a day go to a number
}
do_enrol() { code new -1 | seimon enroll u02 --secret-file "$W/tmp/new-secret" --qr=none >/dev/null 2>&1; }
check_enrol() { [ "$(answer_of list u02 | jq '.methods | length')" -ge 1 ]; }
clear_enrol() { seimon remove --all --yes -u u02 >/dev/null 2>&1; true; }
do_admin() { seimon suspend u03 >/dev/null 2>&1; }
check_admin() { [ "$(answer_of status u03 | jq .suspended)" = true ]; }
clear_admin() { seimon resume u03 >/dev/null 2>&1; true; }
do_backup() { rm -f "$W/tmp/copy"; seimon backup --without-key "$W/tmp/copy" >/dev/null 2>&1; }
check_backup() { [ "$(sqlite3 "$W/tmp/copy" 'PRAGMA integrity_check; SELECT COUNT(*) FROM state' | tr '\n' ' ')" = "ok 1 " ]; }
# Codes spent before the restore stay spent after it.
do_restore() { fresh_code u00; "$LOGIN" "$W/faults.d" required u00 "$FRESH" >/dev/null 2>&1; seimon --yes restore "$W/tmp/good" >/dev/null 2>&1; }
check_restore() { refused "$LOGIN" "$W/faults.d" required u00 "$FRESH" >/dev/null 2>&1; }
clear_restore() { tick 90; }
do_reload() { kill -HUP "$SEIMOND"; seimon status >/dev/null 2>&1; }
check_reload() { [ "$(answer_of status | jq -r .mode)" = enforce ]; }

is_tracked() {
  local file text
  for file in /proc/"$SEIMOND"/task/*/status; do
    IFS= read -r -d '' text <"$file"
    [[ $text == *TracerPid:$'\t'[1-9]* ]] || return 1
  done 2>/dev/null
}
is_alive() { ! is_gone "$SEIMOND"; }

trace_begin() {  # STRACE-ARGUMENT …
  strace -f -p "$SEIMOND" "$@" 2>/dev/null &
  TRACER=$!
  wait_until "is_tracked || ! is_alive"
  is_alive && { is_tracked || fail "strace did not attach"; return; }
  # The signal of the point before came late: a thread that is to die has to be scheduled first.
  trace_end
  restart_if_dead
  trace_begin "$@"
}
trace_end() {
  local i
  kill -INT "$TRACER" 2>/dev/null
  # strace may wait for threads of a process that it has just killed.
  for ((i = 0; i < 20; i++)); do
    kill -0 "$TRACER" 2>/dev/null || break
    nap 0.02
  done
  kill -KILL "$TRACER" 2>/dev/null
  wait "$TRACER" 2>/dev/null
}

# The calls of one undisturbed operation, each with the most times that one thread made it: "CALL N".
calls_of() {  # OPERATION
  trace_begin -o "$W/out/calls"
  "do_$1"
  trace_end
  awk '{call = $2; sub(/\(.*/, "", call); if (call ~ /^[a-z_0-9]+$/ && ++n[$1, call] > most[call]) most[call] = n[$1, call]}
    END {for (call in most) print call, most[call]}' "$W/out/calls" | sort
}

restart_if_dead() {
  # Dying takes a moment.
  seimon status >/dev/null 2>&1 || wait_until "! is_alive || seimon status >/dev/null 2>&1"
  is_alive && return
  DIED=$((DIED + 1))
  wait "$SEIMOND" 2>/dev/null
  seimond_start
} 2>/dev/null

one_point() {  # OPERATION CALL WHAT-TO-INJECT
  local said=no
  POINTS=$((POINTS + 1))
  trace_begin -o /dev/null --seccomp-bpf -e "trace=$2" -e "inject=$2:$3"
  "do_$1" && said=yes
  trace_end
  restart_if_dead
  # A fault may have struck the file that makes this world's clock: the service has seen another time then. With a server's
  # store it refuses until that is over, so nothing could be looked up.
  seimon clock accept >/dev/null 2>&1
  [ "$STORE" != postgresql ] || wait_until "store_is ok"
  if [ "$said" = yes ]; then
    OPENED=$((OPENED + 1))
    "check_$1" || violated "$1: $2 $3: said yes, and it is not in the store"
  fi
  works_again u00 || violated "$1: $2 $3: the service does not recover"
  if declare -F "clear_$1" >/dev/null; then "clear_$1"; fi
}

run_operation() {  # OPERATION
  local call most number error
  while read -r call most; do
    errors_of "$call"
    for ((number = 1; number <= most; number++)); do
      if [ "$HOW" = kills ]; then
        is_chosen && one_point "$1" "$call" "signal=SIGKILL:when=$number"
      else
        for error in $ERRORS; do is_chosen && one_point "$1" "$call" "error=$error:when=$number"; done
      fi
    done
  done < <(calls_of "$1")
}

case $OPERATIONS in *backup*) seimon backup --without-key "$W/tmp/good" >/dev/null ;; esac
for operation in $OPERATIONS; do
  at=$POINTS
  run_operation "$operation"
  echo "$operation: $((POINTS - at)) points"
done
echo "the service ended $DIED times"
finish_faults "service, $HOW, $STORE"
