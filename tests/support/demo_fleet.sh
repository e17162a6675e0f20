# SPDX-License-Identifier: Apache-2.0
# demo.sh --fleet: two hosts, one database with a standby, a code that is used on one host and tried on the other, and the
# death of the primary. Sourced by demo.sh in a world that is up.
. "$top/tests/support/cluster.sh"

say "1. A PostgreSQL server, and a standby that must confirm each commit"
cluster_make one
cluster_standby two one
run "$W/bin/seimon" store init "$(owner_url one)" || exit 1
sql one "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (two)'" && sql one "SELECT pg_reload_conf()" >/dev/null
must "the standby follows" wait_until "[ \"\$(sql one \"SELECT COUNT(*) FROM pg_stat_replication WHERE sync_state = 'quorum'\")\" = 1 ]"

say "2. Two login hosts with one configuration and one sealing key"
on_server "$(service_url one two)" 'timeout = 2;'
run cat "$W/etc/seimon.conf"
host_start() {  # NAME
  unshare --uts sh -c "hostname $1 && exec \"\$@\"" - "$W/bin/seimond" --config "$W/etc/seimon.conf" --state "$W/$1" --socket "$W/$1.sock" </dev/null >/dev/null 2>&1 &
  PIDS+=($!)
  must "the host $1 serves" wait_until "seimon --socket $W/$1.sock status --json 2>/dev/null | jq -e '.store == \"ok\"' >/dev/null"
  service_stack "$1" "socket=$W/$1.sock"
}
for name in login1 login2; do host_start "$name"; done
at() { echo "$1# seimon ${*:2}"; "$W/bin/seimon" --socket "$W/$1.sock" "${@:2}"; }
at login1 status | grep -E 'mode|store|login' || exit 1

KEY_TEXT=$(secret_of demo)
printf '%s\n' "$KEY_TEXT" >"$W/tmp/secret"
oathtool --totp --base32 --now "$(date -u -d '-30 seconds' '+%F %T UTC')" "$KEY_TEXT" |
  "$W/bin/seimon" --socket "$W/login1.sock" enroll demo --secret-file "$W/tmp/secret" --qr=none >/dev/null 2>&1 || exit 1
try_on() {  # HOST CODE
  echo "$1: demo enters $2"
  if enter_by "$1" demo "$2"; then echo "  let in"; else echo "  refused"; return 1; fi
}

say "3. A code that one host has taken is used up on the other"
code=$(now_code)
must "the first host takes it" try_on login1 "$code"
must "the second refuses it" refused try_on login2 "$code"

say "4. The primary dies; the standby takes over"
wait_for_next_code
code=$(now_code)
must "a fresh code works" try_on login2 "$code"
echo "(the primary is killed)"
cluster_kill one
must "nobody gets in meanwhile" refused try_on login1 "$code"
as_postgres "$PG/pg_ctl" -D "$W/pg/two" -w promote >/dev/null || exit 1
echo "(the standby was promoted)"
sql two "ALTER SYSTEM SET synchronous_standby_names = ''" && sql two "SELECT pg_reload_conf()" >/dev/null
for name in login1 login2; do
  must "$name goes on by itself" wait_until "seimon --socket $W/$name.sock status --json | jq -e '.store == \"ok\"' >/dev/null"
done
must "what was taken before is still used" refused try_on login1 "$code"
wait_for_next_code
must "and the next code works" try_on login1 "$(now_code)"

say "5. The trail of both hosts"
at login2 log -u demo | sed 's/ conversation=.*//' || exit 1
say "All of it was as expected; nothing of it is left behind."
