#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The network between a host and its database goes away at any point of a login, the database is slow, its connections are
# used up. usage: partition.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
. "$(dirname "$0")/../support/cluster.sh"

ip netns add db
ip -n db link set lo up
ip link add to-db netns srv type veth peer name to-srv netns db
ip -n srv addr add 10.33.0.1/24 dev to-db
ip -n db addr add 10.33.0.2/24 dev to-srv
ip -n srv link set to-db up
ip -n db link set to-srv up
CLUSTER_NETNS=db
cluster_make one
echo "listen_addresses = '10.33.0.2'" >>"$W/pg/one/postgresql.conf"
echo 'host all all 10.33.0.0/24 trust' >>"$W/pg/one/pg_hba.conf"
cluster_stop one
cluster_start one
"$W/bin/seimon" store init "$(owner_url one)" >/dev/null || fail "no store"
config
echo "store: { url = \"postgresql:host=10.33.0.2 port=$(cluster_port one) dbname=seimon user=seimond\"; tls = \"off\"; connections = 2; timeout = 1; };" >>"$W/etc/seimon.conf"
service_start() {
  ip netns exec srv "$W/bin/seimond" --foreground --config "$W/etc/seimon.conf" --state "$W/state" >>"$W/out/seimond.log" 2>&1 </dev/null &
  SEIMOND=$!
  PIDS+=("$SEIMOND")
  wait_until "store_is ok 2>/dev/null" || fail "seimond did not start: $(tail -n 5 "$W/out/seimond.log")"
}
service_start
right_now
for i in $(seq 10 49); do right_now; enrol "u$i"; done
NEXT=10
someone() { WHO=u$NEXT NEXT=$((NEXT + 1)); right_now; CODE=$(code "$WHO"); }

# What the server says gets through up to so many bytes, and then nothing more: in the middle of the question, of the
# answer's reads, of the commit's reply.
answers_end_after() {  # BYTES
  ip netns exec srv nft "add table ip cut; add chain ip cut in { type filter hook input priority 0; }; add rule ip cut in ip saddr 10.33.0.2 quota over $1 bytes drop"
}
heal() { ip netns exec srv nft delete table ip cut 2>/dev/null; }
TWICE=0 ADMITTED=0 POINTS=0 LOST=0
for bytes in 1 $(seq 400 400 4000) $(seq 4200 200 6000) 7000; do
  someone
  answers_end_after "$bytes"
  in_first=0
  enter "$WHO" "$CODE" && in_first=1
  heal
  wait_until "store_is ok" || LOST=$((LOST + 1))
  POINTS=$((POINTS + 1)) ADMITTED=$((ADMITTED + in_first))
  in_again=0
  enter "$WHO" "$CODE" && in_again=1
  [ $((in_first + in_again)) -le 1 ] || TWICE=$((TWICE + 1))
done
it "$POINTS points at which the answers end ($ADMITTED logins were through by then): no code lets in twice" test "$TWICE" = 0
it "some were cut in the middle, some were not" test "$ADMITTED" -gt 0 -a "$ADMITTED" -lt "$POINTS"
it "it comes back each time by itself" test "$LOST" = 0
# The same the other way round: nothing of ours arrives.
someone
ip netns exec db nft 'add table ip cut; add chain ip cut in { type filter hook input priority 0; }; add rule ip cut in ip saddr 10.33.0.1 drop'
it "nothing arrives there: refused" refused enter "$WHO" "$CODE"
service_stack sshd
it "who is exempt goes on" exits 0 pamtester -I rhost=10.20.0.7 -E SSH_CONNECTION='10.20.0.7 1 10.20.0.1 22' sshd u03 authenticate
ip netns exec db nft delete table ip cut
it "it is back" wait_until "store_is ok"
right_now
it "and takes the code, which nobody has used" enter "$WHO" "$(code "$WHO")"

# --- a database that is slow: somebody holds a table
someone
(sql one "BEGIN; LOCK TABLE method; SELECT pg_sleep(6)" >/dev/null) & HOLDER=$!
wait_until "[ \"\$(sql one \"SELECT COUNT(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'method'::regclass AND granted\")\" = 1 ]"
it "a database that does not answer in time: refused" refused enter "$WHO" "$CODE"
it "by its reason" bash -c "grep -q 'reason=\"store-unavailable\"' '$W/out/seimond.log'"
wait "$HOLDER"
it "it answers again: so do we" wait_until "store_is ok"
right_now
enter "$WHO" "$CODE"
it "what was typed then lets in once at most" refused enter "$WHO" "$CODE"

# --- its connections are used up
service_stop() { stop_one "$SEIMOND"; wait_until "[ \"\$(sql one \"SELECT COUNT(*) FROM pg_stat_activity WHERE usename = 'seimond'\")\" = 0 ]"; }
service_stop
sql one "ALTER SYSTEM SET max_connections = 12" && cluster_stop one && cluster_start one
sleepers() { sql one "SELECT COUNT(*) FROM pg_stat_activity WHERE usename = 'seimond' AND wait_event = 'PgSleep'"; }
SLEEPERS=()
# One after the other, and again: whoever comes while somebody counts may find no room.
for _ in $(seq 40); do
  sitting=$(sleepers)
  [ "$sitting" = 9 ] && break
  as_postgres "$PG/psql" -Xq -h "$W/pg" -p "$(cluster_port one)" -U seimond -d seimon -c 'SELECT pg_sleep(120)' >/dev/null 2>&1 &
  SLEEPERS+=($!)
  wait_until "[ \"\$(sleepers)\" -gt $sitting ] || ! kill -0 $! 2>/dev/null"
done
it "nine others have all the connections" test "$(sleepers)" = 9
ip netns exec srv "$W/bin/seimond" --foreground --config "$W/etc/seimon.conf" --state "$W/state" >>"$W/out/seimond.log" 2>&1 </dev/null &
SEIMOND=$!
PIDS+=("$SEIMOND")
wait_until "seimon status >/dev/null 2>&1"
someone
it "no connection is left for us: refused, by name" refused enter "$WHO" "$CODE"
it "the log says why" bash -c "grep -qE 'remaining connection slots|too many clients' '$W/out/seimond.log'"
sql one "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'" >/dev/null
wait "${SLEEPERS[@]}"
it "there is room again: we are back" wait_until "store_is ok"
right_now
it "and codes are taken" enter "$WHO" "$(code "$WHO")"
finish
