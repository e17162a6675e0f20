#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Hosts on one PostgreSQL server: logins a second, their times, round trips and transactions of a login, with ten
# thousand users and with a million, and the trail that goes by partitions. Sets up everything by itself.
# Usage: sudo tests/bench/fleet.sh [USERS [EVENTS [HOSTS [CONNECTIONS]]]] (1000000 10000000 20 2; one service: 10000 0 1 8).
# Printed, not asserted; but every login must succeed.
set -u
. "$(dirname "$0")/../support/packages.sh"
. "$(dirname "$0")/../support/world.sh"
. "$(dirname "$0")/stage.sh"
USERS=${1:-1000000} EVENTS=${2:-10000000} HOSTS=${3:-20} CONNECTIONS=${4:-2} FEW=10000
if [ -z "${SEIMON_WORLD-}" ]; then
  need_root tests/bench/fleet.sh
  install_packages postgresql strace
fi
stage_enter "$0" "$@"
. "$top/tests/support/cluster.sh"
cluster_make one
cat >>"$W/pg/one/postgresql.conf" <<'CONF'
shared_buffers = 512MB
max_connections = 200
max_wal_size = 4GB
CONF
cluster_stop one
cluster_start one
"$W/bin/seimon" store init "$(owner_url one)" >/dev/null || fail "no store"
config 'mode = "enforce"; language = "en"; default: { action = "require"; unenrolled = "deny"; };'
echo "store: { url = \"$(service_url one)\"; connections = $CONNECTIONS; };" >>"$W/etc/seimon.conf"
SOCKETS=()
hosts_start() {
  local i
  for i in $(seq "$HOSTS"); do
    mkdir -p "$W/state$i"
    LD_PRELOAD=$DIRECTORY unshare --uts sh -c "hostname host$i && exec \"\$@\"" - "$W/bin/seimond" --config "$W/etc/seimon.conf" --state "$W/state$i" --socket "$W/host$i.sock" </dev/null >/dev/null 2>&1 &
    HOST=$!
    PIDS+=($!)
    SOCKETS+=("$W/host$i.sock")
    wait_until "seimon --socket $W/host$i.sock status >/dev/null 2>&1" || fail "no host $i"
  done
}
fill() { "$build/tests/bench_people" seimon "$(service_url one)" "$W/etc/seal.key" "$1" "$2" || fail "cannot fill"; }
# Over one host: what goes to the server, and what the server commits.
trips() {
  local before after
  before=$(sql one "SELECT xact_commit FROM pg_stat_database WHERE datname = 'seimon'")
  strace -f -yy -e trace=sendto -o "$W/out/trace" -p "$HOST" 2>/dev/null &
  local tracer=$!
  wait_until "grep -q '^TracerPid:.[1-9]' /proc/$HOST/status"
  "$build/tests/fleet_bench" "$1" "$2" 20 1 "$W/host$HOSTS.sock" >/dev/null || fail "a login failed"
  kill -INT "$tracer"
  wait "$tracer" 2>/dev/null
  echo "  $(grep -cE 'sendto\([^"]*"[A-Z]\\0' "$W/out/trace") messages to the server in 21 logins, one of them refused"
}
FIRST=0
measure() {  # USERS
  local round parallel
  for parallel in 1 8 40 64; do
    for round in 1 2 3; do
      echo "  $1 users, $parallel at once: $("$build/tests/fleet_bench" "$1" "$FIRST" 1200 "$parallel" "${SOCKETS[@]}")"
      FIRST=$((FIRST + 1200))
      # No user twice in the step of a code.
      [ $((FIRST % $1)) -lt $(($1 - 1200)) ] || { FIRST=0; right_after_a_step; }
    done
  done
  trips "$1" "$FIRST"
  FIRST=$((FIRST + 20))
}
right_after_a_step() { local now; now=$(date +%s); read -r -t $((61 - now % 30)) <> <(:); }

echo "machine: $(nproc) processors, $(awk '/^MemTotal/ {print int($2 / 1048576)}' /proc/meminfo) GiB; $("$PG/postgres" --version)"
echo "filling $FEW users …"
began=$(date +%s)
fill 0 "$FEW"
hosts_start
measure "$FEW"
[ "$USERS" -gt "$FEW" ] || exit 0
echo "filling $((USERS - FEW)) more users …"
began=$(date +%s)
half=$(((USERS - FEW) / 2))
fill "$FEW" "$half" & ONE=$!
fill $((FEW + half)) $((USERS - FEW - half))
wait "$ONE" || fail "cannot fill"
echo "  in $(($(date +%s) - began)) s"
if [ "$EVENTS" -gt 0 ]; then
  echo "filling $EVENTS events …"
  began=$(date +%s)
  DATABASE=seimon sql one "INSERT INTO event (at, event, outcome, \"user\", service, host, origin, reason, conversation) SELECT extract(epoch FROM now())::bigint - n % (86400 * 25), 'login', 'accepted', 'u' || lpad((n::bigint * 7919 % $USERS)::text, 7, '0'), 'sshd', 'host' || n % 20, '203.0.113.77', '', md5(n::text) FROM generate_series(1, $EVENTS) n" >/dev/null || fail "no events"
  echo "  in $(($(date +%s) - began)) s"
fi
sql one "ANALYZE" >/dev/null
FIRST=0
right_after_a_step
measure "$USERS"
echo "store: $(sql one "SELECT pg_size_pretty(pg_database_size('seimon'))"), $(sql one "SELECT pg_size_pretty(SUM(pg_total_relation_size(relid))) FROM pg_stat_user_tables WHERE relname LIKE 'event%'") of it events"
echo "hosts: $(seimon --socket "$W/host1.sock" status --json | jq '.hosts | length') listed, one is $(awk '/^VmRSS/ {print $2}' /proc/"$HOST"/status) kB"
began=$(date +%s%N)
sql one "SELECT COUNT(*) FROM event" >/dev/null
echo "a count of all events: $((($(date +%s%N) - began) / 1000000)) ms"
month=$(sql one "SELECT relname FROM pg_class WHERE relname LIKE 'event\_2%' AND relkind = 'r' ORDER BY relname LIMIT 1")
began=$(date +%s%N)
sql one "DROP TABLE $month" >/dev/null
echo "a month of events goes ($month): $((($(date +%s%N) - began) / 1000000)) ms"
