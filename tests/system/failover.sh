#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Three PostgreSQL clusters: what was acknowledged survives the death of the primary, what was not admits nobody, and a
# server that may have lost something begins a new epoch. usage: failover.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
. "$(dirname "$0")/../support/cluster.sh"
synchronous() {  # NAME WHICH: standbys that must confirm
  sql "$1" "ALTER SYSTEM SET synchronous_standby_names = '$2'" && sql "$1" "SELECT pg_reload_conf()" >/dev/null
}
promote() { as_postgres "$PG/pg_ctl" -D "$W/pg/$1" -w promote >/dev/null; }
follow() {  # NAME OF: a standby goes with another primary
  sql "$1" "ALTER SYSTEM SET primary_conninfo = 'host=$W/pg port=$(cluster_port "$2")'"
  cluster_stop "$1"
  cluster_start "$1"
}
streams() { [ "$(sql "$1" "SELECT COUNT(*) FROM pg_stat_replication WHERE state = 'streaming'")" -ge "$2" ]; }
# A user whose code of this moment was never typed here.
NEXT=10
someone() { WHO=u$NEXT NEXT=$((NEXT + 1)); right_now; CODE=$(code "$WHO"); }

cluster_make one
cluster_standby two one
cluster_standby three one
"$W/bin/seimon" store init "$(owner_url one)" >/dev/null || fail "no store"
synchronous one 'ANY 1 (two, three)'
wait_until "streams one 2" || fail "no standbys"
on_server "$(service_url one two three)" 'timeout = 2;'
seimond_start
right_now
for i in $(seq 10 29); do right_now; enrol "u$i"; done
it "standbys confirm, and status says so" bash -c "seimon status --json | jq -e '.synchronous and .epoch == 1' >/dev/null && ! seimon status | grep -q 'no standby has'"

# --- the primary dies
someone; FIRST=$WHO FIRST_CODE=$CODE
it "a code is taken" enter "$FIRST" "$FIRST_CODE"
someone
enter "$WHO" "$CODE" & DYING=$!
cluster_kill one
DIED_IN=$WHO DIED_CODE=$CODE ADMITTED=0
wait "$DYING" && ADMITTED=1
someone
it "nobody gets in while there is no primary" refused enter "$WHO" "$CODE"
promote two
wait_until "[ \$(sql two 'SELECT pg_is_in_recovery()') = f ]"
follow three two
synchronous two 'ANY 1 (one, three)'
wait_until "streams two 1" || fail "three does not follow two"
it "the next one takes over without a restart of ours" wait_until "store_is ok"
it "what was acknowledged before is there: its code is used" refused enter "$FIRST" "$FIRST_CODE"
for try in 1 2; do enter "$DIED_IN" "$DIED_CODE" && ADMITTED=$((ADMITTED + 1)); done
it "a code that was under way as it died lets in once at most" test "$ADMITTED" -le 1
it "nothing was lost, and no epoch begins" test "$(epoch)" = 1
someone
it "others go on" enter "$WHO" "$CODE"

# --- no standby is left that could confirm
cluster_stop three
someone
it "nobody is let in on what one server alone knows" refused enter "$WHO" "$CODE"
it "and status says what it waits for" bash -c "seimon status | grep -q 'no standby is connected that could confirm'"

# A wait that somebody cancels reports success, with a warning.
someone
printf '%s\n' "$CODE" 0 0 | pamtester seimon "$WHO" authenticate >"$W/out/enter" 2>&1 & WAITING=$!
DATABASE=postgres wait_until "DATABASE=postgres sql two \"SELECT COUNT(pg_cancel_backend(pid)) > 0 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND usename = 'seimond'\" | grep -q t"
it "a commit that was cancelled there admits nobody here" refused wait "$WAITING"
cluster_start three
wait_until "streams two 1"
it "it is back: so are we" wait_until "store_is ok"
right_now
it "and that code is used, for it may have been kept" refused enter "$WHO" "$CODE"
someone
it "others go on once more" enter "$WHO" "$CODE"

# --- a server takes over that did not have the last of it
synchronous two ''
wait_until "[ -z \"\$(sql two 'SHOW synchronous_standby_names')\" ]"
cluster_stop three
someone; LOST=$WHO LOST_CODE=$CODE
it "without standbys that confirm logins go on, if that is wanted" enter "$LOST" "$LOST_CODE"
it "and status says what that is worth" bash -c "seimon status | grep -q 'no standby has what is committed'"
cluster_kill two
cluster_start three
promote three
it "another takes over, which had not heard of it" test "$(sql three 'SELECT pg_is_in_recovery()')" = f
it "we go on there" wait_until "store_is ok"
it "in a new epoch" wait_until "[ \$(epoch) = 2 ]"
it "in which the code that was lost is used all the same" refused enter "$LOST" "$LOST_CODE"
it "the log says why" grep -q 'an older state of the store came back' "$W/out/seimond.log"
it "it is one epoch for all connections" test "$(for i in 1 2 3 4; do epoch; done | sort -u)" = 2
finish
