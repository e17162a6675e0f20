#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a login costs in instructions and system calls, which no other program on the machine changes: nobody makes it
# dearer unnoticed. usage: costs.sh BUILD
# A change that costs more on purpose raises a limit here and says why in docs/performance.md.
BUILD=$1
. "$(dirname "$0")/../support/packages.sh"
. "$(dirname "$0")/../support/world.sh"
. "$(dirname "$0")/../bench/stage.sh"
stage_enter "$0" "$@"
LOGINS=100
UNFILTERED=$W/bin/unfiltered.so
cc -shared -fPIC -o "$UNFILTERED" "$top/tests/bench/unfiltered.c" || fail "no $UNFILTERED"
FIRST=0
log_in_all() {  # COUNT
  local line
  line=$(pam_bench main code same "$FIRST" "$1" 1 1000 /dev/null)
  FIRST=$((FIRST + $1))
  [ "${line%% *}" = "$1" ] || { echo "$line"; return 1; }
}

serve main 1000
stack main "$(ours main)"
it "people log in" log_in_all 50

# --- system calls of the service and of the module
strace -f -o "$W/out/service" -p "$SERVICE_main" 2>/dev/null &
TRACER=$!
wait_until "grep -q '^TracerPid:.[1-9]' /proc/$SERVICE_main/status"
it "people log in while every system call is counted" log_in_all "$LOGINS"
kill -INT "$TRACER"
wait "$TRACER"
calls() { grep -cE "^[0-9]+ +($1)\(" "$W/out/$2"; }  # NAMES FILE
a_login() { awk -v n="$1" -v l="$LOGINS" 'BEGIN {printf "%.1f", n / l}'; }
at_most() { awk -v n="$1" -v most="$2" 'BEGIN {exit !(n > 0 && n <= most)}'; }
counted() {  # SENTENCE MOST FOUND
  it "$1: at most $2 a login, found $3" at_most "$3" "$2"
}
# Waiting depends on who comes when.
WAITING='epoll_wait|futex|restart_syscall'
counted "durable writes of the service" 1.05 "$(a_login "$(calls fdatasync service)")"
counted "other system calls of the service" 40.5 "$(a_login $(($(grep -cE '^[0-9]+ +[a-z]' "$W/out/service") - $(calls "$WAITING" service))))"
LD_PRELOAD=$DIRECTORY strace -f -o "$W/out/module" "$build/tests/pam_bench" "$W/bench.d" main code same "$FIRST" "$LOGINS" 1 1000 /dev/null >/dev/null
FIRST=$((FIRST + LOGINS))
counted "messages of the module" 2.05 "$(a_login "$(calls sendto module)")"
counted "connections of the module" 1.05 "$(a_login "$(calls connect module)")"

# --- instructions
stop main
chmod 755 "$W"
mkdir -m 777 "$W/grind"
mapfile -t command < <(command_of main)
instructions() {  # LOGINS: INSTRUCTIONS of a service that lives for so many
  LD_PRELOAD=$DIRECTORY:$UNFILTERED valgrind -q --tool=callgrind --callgrind-out-file="$W/grind/$1" "${command[@]}" </dev/null >/dev/null 2>&1 &
  local service=$!
  PIDS+=("$service")
  wait_until "seimon --socket $W/main.sock status >/dev/null 2>&1" || fail "no service under valgrind"
  chmod 666 "$W/grind/$1"  # the service is somebody else by now
  it "$1 people log in while every instruction is counted" log_in_all "$1"
  stop_one "$service"
  INSTRUCTIONS=$(awk '/^(summary|totals):/ {print $2; exit}' "$W/grind/$1")
}
instructions 20
few=$INSTRUCTIONS
instructions $((LOGINS + 20))
many=$INSTRUCTIONS
counted "thousands of instructions of the service" 465 "$(((many - few) / LOGINS / 1000))"
finish
