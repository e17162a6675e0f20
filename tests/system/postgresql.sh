#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The store on a PostgreSQL server: made by its owner, used by a role with few rights, by several hosts at once; what is
# said when it is not as it should be. usage: postgresql.sh BUILD
. "$(dirname "$0")/../support/world.sh"
BUILD=$1
world_enter "$0" "$@"
world_up "$1"
. "$(dirname "$0")/../support/cluster.sh"
right_now
# The service as it starts with what cannot work: it says so, and refuses.
refuses_with() {  # TEXT
  : >"$W/out/seimond.log"
  seimond_start
  store_is unavailable && says "$1"
  local code=$?
  [ "$code" = 0 ] || tail -n 4 "$W/out/seimond.log"
  seimond_stop
  return "$code"
}
cluster_make one

# --- a driver of another release, as after half an upgrade: its entry has another name
mv "$W/bin/seimon-postgresql.so" "$W/tmp/driver"
printf 'void make(void) __asm__("seimon_postgres_driver_0.0.9");\nvoid make(void) {}\n' | cc -shared -fPIC -x c -o "$W/bin/seimon-postgresql.so" -
on_server "$(service_url one)"
it "a driver of another release is not used" exits 6 seimond --foreground --config "$W/etc/seimon.conf" --state "$W/state"
it "and the error names the package and the version that it needs" has "$W/out/command" "install the package seimon-postgresql, version $(seimond --version | cut -d' ' -f2)"
mv "$W/tmp/driver" "$W/bin/seimon-postgresql.so"

# --- what is not there yet
on_server "$(service_url one)"
it "without a store it says who makes one" refuses_with "its owner makes it: seimon store init"
it "a role that nobody made" exits 6 seimon store init "$(owner_url one)" --role nobodys
it "is named" has "$W/out/command" 'role "nobodys" does not exist'
it "and nothing is half made" test "$(sql one "SELECT to_regclass('meta') IS NULL")" = t
it "the owner makes it" exits 0 seimon store init "$(owner_url one)"
it "once" exits 6 seimon store init "$(owner_url one)"
it "a service that would own it gets nothing" exits 6 seimon store migrate "$(owner_url one)" --role owner

# --- the contract of every store, and many at once, in a database of their own
DATABASE=postgres sql one "CREATE DATABASE contract OWNER owner"
it "a second store on the server" exits 0 seimon store init "$(owner_url one | sed s/dbname=seimon/dbname=contract/)"
it "keeps what every store keeps" exits 0 "$BUILD/tests/server_contract" "$(service_url one | sed 's/^postgresql://; s/dbname=seimon/dbname=contract/')" "$W/tmp/guard"

# --- used
seimond_start
it "the service uses it" bash -c "seimon status --json | jq -e '.store == \"ok\" and .synchronous == false' >/dev/null"
it "and says what a server without standbys is worth" bash -c "seimon status | grep -q 'no standby has what is committed'"
it "hosts are listed, with version and clock" bash -c "seimon status --json | jq -e '.hosts | length == 1 and .[0].version != \"\" and (.[0].clock_offset | fabs) < 5' >/dev/null"
for user in u01 u02 u03; do right_now; enrol "$user"; done
right_now
USED=$(code u01)
it "a right code is taken" enter u01 "$USED"
it "once" refused enter u01 "$USED"
it "a wrong one is not" refused enter u02 000000
it "a failure is counted" bash -c "seimon status u02 --json | jq -e '.budget.failures > 0' >/dev/null"
it "the trail has it" last_event u01 outcome refused
it "a report counts it" bash -c "seimon report logins --json | jq -e 'map(.logins) | add > 1' >/dev/null"
printf 'user,secret\nu10,%s\nu11,%s\n' "$(secret_of u10)" "$(secret_of u11)" >"$W/tmp/some.csv"
it "all or none, here too" exits 0 seimon import csv "$W/tmp/some.csv" --atomic
it "no key is readable there" bash -c "! grep -rqaF '$(secret_of u10 | base32 -d | xxd -p)' $W/pg/one/base"
it "backup and restore are the server's affair" exits 1 seimon backup "$W/tmp/copy" --without-key
it "as it says" has "$W/out/command" "with the server's tools"

# --- what the role may
may() { as_postgres "$PG/psql" -XqAt -h "$W/pg" -p "$(cluster_port one)" -U seimond -d seimon -c "$1" >"$W/out/command" 2>&1; }
it "the service may not take a line out of the trail" refused may "DELETE FROM event"
it "nor change one" refused may "UPDATE event SET outcome = 'accepted'"
it "nor drop a table" refused may "DROP TABLE head"
it "nor make one" refused may "CREATE TABLE mine (x int)"
it "nor say how long events stay" refused may "UPDATE meta SET value = 0"
it "it may let old ones go, by the owner's rule" may "SELECT retire_events()"
it "they lie in partitions by month" test "$(sql one "SELECT COUNT(*) FROM pg_inherits WHERE inhparent = 'event'::regclass")" = 3
sql one "SET ROLE owner; CREATE TABLE event_202001 PARTITION OF event FOR VALUES FROM (1577836800) TO (1580515200); INSERT INTO event (at, \"user\") VALUES (1577836801, 'old'), (1000, 'older')"
it "what is too old goes" may "SELECT retire_events()"
it "as a table, and from the rest" test "$(sql one "SELECT to_regclass('event_202001') IS NULL AND NOT EXISTS (SELECT 1 FROM event WHERE \"user\" LIKE 'old%')")" = t

next=$(date -u -d "$(date -u +%Y-%m-15) +1 month" +%Y%m)
sql one "SET ROLE owner; DROP TABLE event_$next; INSERT INTO event (at, \"user\") VALUES (extract(epoch FROM date_trunc('month', now() + interval '1 month') + interval '1 day')::bigint, 'early')"
it "a month whose events came before its partition breaks nothing" may "SELECT retire_events()"
it "they stay in the rest" test "$(sql one "SELECT COUNT(*) FROM event_rest WHERE \"user\" = 'early'")" = 1

# --- two hosts: a second service with a state of its own
ln -s "$W/bin/seimond" "$W/bin/seimond2"
second_start() {
  mkdir -p "$W/state2"
  setpriv --reuid 0 "$W/bin/seimond" --foreground --config "$W/etc/seimon.conf" --state "$W/state2" --socket "$W/second.sock" >"$W/out/second.log" 2>&1 </dev/null &
  SECOND=$!
  PIDS+=("$SECOND")
  wait_until "seimon --socket '$W/second.sock' status >/dev/null 2>&1" || fail "no second service: $(tail -n 3 "$W/out/second.log")"
}
second_start
service_stack second "socket=$W/second.sock"
it "the other host knows the same methods" bash -c "seimon --socket $W/second.sock list u01 | grep -q 'authenticator app'"
right_now
USED=$(code u03)
it "a code that one host took" enter u03 "$USED"
it "the other refuses" refused enter_by second u03 "$USED"
admitted() { grep -c . "$W/out/admitted"; }
race() {  # USER: forty logins with one code, at both hosts at once; true when exactly one got in
  local i code
  right_now
  code=$(code "$1" 1)
  : >"$W/out/admitted"
  RACERS=()
  for i in $(seq 20); do
    (printf '%s\n' "$code" 0 0 | pamtester seimon "$1" authenticate >/dev/null 2>&1 && echo one >>"$W/out/admitted") &
    RACERS+=($!)
    (printf '%s\n' "$code" 0 0 | pamtester second "$1" authenticate >/dev/null 2>&1 && echo two >>"$W/out/admitted") &
    RACERS+=($!)
  done
  wait "${RACERS[@]}"
  [ "$(admitted)" = 1 ] || { echo "admitted: $(tr '\n' ' ' <"$W/out/admitted")"; return 1; }
}
it "forty at once on two hosts, one code: one gets in" race u10
it "who fails on one host is held to it on the other" bash -c "a=\$(seimon status u10 --json | jq -c .budget.windows); b=\$(seimon --socket $W/second.sock status u10 --json | jq -c .budget.windows); [ \"\$a\" = \"\$b\" ]"
it "an epoch that one begins holds on the other" bash -c "seimon restore --epoch >/dev/null && seimon --socket $W/second.sock list u03 >/dev/null && seimon --socket $W/second.sock status --json | jq -e '.epoch == 2' >/dev/null"
right_now
it "and its floor: codes of before are used there, too" refused enter_by second u11 "$(code u11)"
stop_one "$SECOND"

# --- another sealing key, while both go on: each has its own files
mkdir "$W/etc2"
sed 's/^//' "$W/etc/seimon.conf" >"$W/etc2/seimon.conf"
cp -p "$W/etc/seal.key" "$W/etc2/seal.key"
second_start() {
  "$W/bin/seimond" --foreground --config "$W/etc2/seimon.conf" --state "$W/state2" --socket "$W/second.sock" >"$W/out/second.log" 2>&1 </dev/null &
  SECOND=$!
  PIDS+=("$SECOND")
  wait_until "seimon --socket '$W/second.sock' status >/dev/null 2>&1" || fail "no second service"
}
rotate() { seimon key rotate --config "$W/etc/seimon.conf"; }
rotate_second() { seimon --socket "$W/second.sock" key rotate --config "$W/etc2/seimon.conf"; }
second_ok() { seimon --socket "$W/second.sock" status --json | jq -e '.store == "ok"' >/dev/null; }
it "the next key is made" exits 0 seimon key rotate --prepare --config "$W/etc/seimon.conf"
cp -p "$W/etc/seal.key.next" "$W/etc2/seal.key.next"
seimond_stop
seimond_start
second_start
it "both hosts have both" bash -c "seimon status --json | jq -e .rotating >/dev/null && seimon --socket $W/second.sock status --json | jq -e .rotating >/dev/null"
it "one wraps the store with it" exits 0 rotate
it "the other goes on" second_ok
stop_one "$SECOND"
second_start
it "also when it starts anew with both" second_ok
it "and exchanges its own" exits 0 rotate_second
it "they have the same key again, another one" bash -c "cmp $W/etc/seal.key $W/etc2/seal.key && ! cmp -s $W/etc/seal.key $W/etc/seal.key.before-rotation"
stop_one "$SECOND"
seimond_stop
seimond_start
it "which alone opens the store" bash -c "seimon status --json | jq -e '.store == \"ok\" and .rotating == false' >/dev/null"

# All connections are at work for a while.
all_at_once() {
  local i pids=() bad=0
  for i in $(seq 24); do seimon list u01 >/dev/null 2>&1 & pids+=($!); done
  for i in "${pids[@]}"; do wait "$i" || bad=1; done
  return $bad
}
race_alone() {  # USER: twenty logins with one code; true when exactly one got in
  local i code
  right_now
  code=$(code "$1")
  : >"$W/out/admitted"
  RACERS=()
  for i in $(seq 20); do (printf '%s\n' "$code" 0 0 | pamtester seimon "$1" authenticate >/dev/null 2>&1 && echo in >>"$W/out/admitted") & RACERS+=($!); done
  for i in "${RACERS[@]}"; do wait "$i"; done
  [ "$(admitted)" = 1 ]
}
# --- through a pool that has fewer connections than we
pool_start() {
  mkdir -p "$W/pool"
  chown postgres "$W/pool"
  printf '"seimond" ""\n' >"$W/pool/users"
  cat >"$W/pool/pgbouncer.ini" <<POOL
[databases]
seimon = host=$W/pg port=$(cluster_port one)
[pgbouncer]
listen_addr =
listen_port = 6543
unix_socket_dir = $W/pool
auth_type = trust
auth_file = $W/pool/users
pool_mode = transaction
default_pool_size = 2
POOL
  as_postgres pgbouncer "$W/pool/pgbouncer.ini" >"$W/out/pool" 2>&1 </dev/null &
  POOL=$!
  PIDS+=("$POOL")
  wait_until "[ -S '$W/pool/.s.PGSQL.6543' ]" || fail "no pool: $(cat "$W/out/pool")"
}
pool_start
seimond_stop
on_server "postgresql:host=$W/pool port=6543 dbname=seimon user=seimond" 'pooled = true;'
seimond_start
right_now
for user in u40 u41 u42; do enrol "$user"; done
it "through a pool the same methods" bash -c "seimon list u01 | grep -q 'authenticator app'"
it "a code is taken" enter u40 "$(code u40)"
it "once" refused enter u40 "$(code u40)"
it "many at once, over fewer connections" all_at_once
it "of one code at once one is taken" race_alone u41
cluster_stop one
cluster_start one
it "the server behind the pool was restarted: it goes on" wait_until "all_at_once"
right_now
it "with codes, too" enter u42 "$(code u42)"
it "and says how the server is" bash -c "seimon status --json | jq -e '.store == \"ok\" and .synchronous == false' >/dev/null"
stop_one "$POOL"
seimond_stop
on_server "$(service_url one)"
seimond_start

# --- outage
service_stack sshd
it "many ask at once" all_at_once
cluster_stop one
cluster_start one
it "a server that was restarted in between costs nobody anything" all_at_once
cluster_kill one
it "the server is gone: refused" refused enter u01 "$(code u01 1)"
it "by its reason" store_is unavailable
it "who is exempt goes on" bash -c "PAM_RHOST=10.20.0.7 pamtester -I rhost=10.20.0.7 -E SSH_CONNECTION='10.20.0.7 1 10.20.0.1 22' sshd u30 authenticate >$W/out/enter 2>&1"
cluster_start one
it "it is back: so are we, without a restart" wait_until "store_is ok"
it "what was skipped meanwhile is in the trail" wait_until "seimon log -u u30 --json | jq -e 'length > 0' >/dev/null"
right_now
enrol u12  # in this epoch: the floor of those from before lies a minute ahead
it "and codes are taken again" enter u12 "$(code u12)"
seimond_stop

# --- a clock that is not the database's
on_server "$(service_url one)"
for apart in 90 -90; do
  set_clock "$(date -u -d "now + $apart seconds" '+%Y-%m-%d %H:%M:%S')"
  REAL_CLOCK='' it "a host whose clock is $apart s off refuses, alone" refuses_with "s off the database's: set it right"
done
right_now

# --- an older state of it comes back, by the server's own tools
dump() { as_postgres "$PG/pg_dump" -h "$W/pg" -p "$(cluster_port one)" -Fc -d seimon >"$1"; }
put_back() {
  seimond_stop
  DATABASE=postgres sql one "DROP DATABASE seimon"
  as_postgres "$PG/pg_restore" -h "$W/pg" -p "$(cluster_port one)" -C -d postgres <"$1"
  seimond_start
}
live() { seimond_stop; seimond_start; seimon status >/dev/null; }  # a beat
seimond_start
dump "$W/tmp/first"
seimon restore --epoch >/dev/null && seimon restore --epoch >/dev/null
it "an epoch begins when that is wanted" test "$(epoch)" = 4
put_back "$W/tmp/first"
it "a dump of two epochs ago is noticed: this is another one" test "$(epoch)" = 5
dump "$W/tmp/second"
live; live
put_back "$W/tmp/second"
it "and so is one of that epoch" test "$(epoch)" = 6
seimond_stop

# --- what is wrong is named
sql one "UPDATE meta SET value = 99 WHERE name = 'schema'"
it "a newer store" refuses_with "run the version that it was migrated for"
it "is not migrated" exits 6 seimon store migrate "$(owner_url one)"
it "and is told apart" has "$W/out/command" 'it has schema 99, and this version knows 8 to 8; run the version'
sql one "UPDATE meta SET value = 7 WHERE name = 'schema'"
it "nor is one from before the first release" exits 6 seimon store migrate "$(owner_url one)"
it "which is named, too" has "$W/out/command" 'it has schema 7, and this version knows 8 to 8; run the version'
sql one "UPDATE meta SET value = 8 WHERE name = 'schema'"
on_server "postgresql:service=nowhere"
it "a service of libpq that is not there" refuses_with 'definition of service "nowhere" not found'
on_server "postgresql:host=127.0.0.1 port=$(cluster_port one) dbname=seimon user=seimond"
it "nobody listens" refuses_with "Connection refused"
on_server "postgresql:host=localhost sslmode=disable"
it "TLS that is turned off in passing" exits 6 seimond --check --config "$W/etc/seimon.conf"
it "is named with its place" has "$W/out/command" 'store.tls = "verify-full"'
on_server "postgresql://seimond:secret@db.example.org/seimon"
it "a password that others may read" exits 6 seimond --check --config "$W/etc/seimon.conf"
it "is told where to go" has "$W/out/command" "passfile="
chmod 600 "$W/etc/seimon.conf"
it "in a file of one's own it may stand" exits 0 seimond --check --config "$W/etc/seimon.conf"
chmod 644 "$W/etc/seimon.conf"
printf "ssl = off\nlisten_addresses = '127.0.0.1'\n" >>"$W/pg/one/postgresql.conf"
cluster_stop one; cluster_start one
on_server "postgresql:host=127.0.0.1 port=$(cluster_port one) dbname=seimon user=seimond"
it "a server without TLS over the network" refuses_with "does not support SSL"
on_server "postgresql:host=127.0.0.1 port=$(cluster_port one) dbname=seimon user=seimond" 'tls = "off";'
seimond_start
it "unless that was spelled out" store_is ok
seimond_stop
# --- the page, on another gate of the same store
. "$(dirname "$0")/../support/page.sh"
on_server "$(service_url one)"
echo 'web: { account = "seimon-web"; url = "https://gate.example.test"; }; approve: { enabled = true; };' >>"$W/etc/seimon.conf"
seimond_stop
seimond_start
PAGE_SOCKET=$W/two.sock
"$W/bin/seimond" --config "$W/etc/seimon.conf" --state "$W/two" --socket "$PAGE_SOCKET" </dev/null >/dev/null 2>&1 & PIDS+=($!)
it "a second gate serves" wait_until "seimon --socket $PAGE_SOCKET status --json 2>/dev/null | jq -e '.store == \"ok\"' >/dev/null"
for user in u20 u21 u22; do enrol "$user"; done
page_start
right_now
export W PASSWORD HOME4 CAMPUS4 CLOCK
export -f code secret_of
page() { ip netns exec srv env PYTHONPATH="$(dirname "$0")/../support" python3 "$(dirname "$0")/page.py" "$@"; }
it "a link that one gate made opens the page of the other" page link "$(code u20 1 | as_user u20 seimon web --json 2>/dev/null | jq -r '"/t/" + .user + "/" + .link')"
# A phone approves on the one gate, and the login of the other host is let in, once.
coproc PHONE { "$1/tests/phone_once" "$PAGE_SOCKET" seimon-web u22 "$(page_ticket u22)" https://gate.example.test; }
read -r -t 30 ANSWER <&"${PHONE[0]}"
it "a phone is registered on the one" test "$ANSWER" = registered
mkfifo "$W/typed"
pamtester seimon u22 authenticate acct_mgmt <"$W/typed" >"$W/out/approved" 2>&1 & LOGIN=$!
exec 7>"$W/typed"
echo >&7
it "a login of the other shows a number" wait_until "grep -q 'Number [0-9]' '$W/out/approved'"
NUMBER=$(sed -n 's/.*Number \([0-9]*\)\..*/\1/p' "$W/out/approved" | head -n 1)
echo "$NUMBER" >&"${PHONE[1]}"
read -r -t 30 ANSWER <&"${PHONE[0]}"
it "which the phone approves there" test "$ANSWER" = approved
echo >&7
it "and the login is let in here" wait "$LOGIN"
exec 7>&-
it "the approval is spent for both" bash -c "seimon --socket '$PAGE_SOCKET' status u22 --json | jq -e '[.events[] | select(.event == \"login\" and .outcome == \"accepted\")] | length == 1' >/dev/null"
exec {PHONE[1]}>&-
seimond_stop
it "which goes on when the first has gone" page alone u21 "$(code u21 1)"
finish
