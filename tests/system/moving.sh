#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A host's own store goes to a server; and TLS to that server: whom it is shown to, and what is refused.
# usage: moving.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
. "$(dirname "$0")/../support/cluster.sh"
cluster_make one
"$W/bin/seimon" store init "$(owner_url one)" >/dev/null || fail "no store"

# --- with a store of its own
seimond_start
for user in u01 u02; do right_now; enrol "$user"; done
right_now
USED=$(code u01)
enter u01 "$USED" || fail "no login"
enter u02 000000
seimon suspend u03 >/dev/null
before=$(seimon status u02 --json | jq -c '[.budget.windows, .methods]')
it "a store that is in use is not copied" exits 6 seimon store copy "sqlite:$W/state/seimon.db" "$(owner_url one)"
it "as it says, with the way" has "$W/out/command" "systemctl stop seimond.socket seimond"
seimond_stop
it "a file that is none" exits 6 seimon store copy "sqlite:$W/etc/seimon.conf" "$(owner_url one)"
it "the other way round" exits 6 seimon store copy "$(owner_url one)" "sqlite:$W/state/seimon.db"
it "nothing is in the server's store" test "$(sql one 'SELECT COUNT(*) FROM head')" = 0
it "it is copied, and counted" exits 0 seimon store copy "sqlite:$W/state/seimon.db" "$(owner_url one)"
it "row by row" grep -qE '^method +2$' "$W/out/command"
it "over nothing" exits 6 seimon store copy "sqlite:$W/state/seimon.db" "$(owner_url one)"
on_server "$(service_url one)"
seimond_start
it "the service goes on there" store_is ok
it "no epoch has begun" bash -c "seimon status --json | jq -e '.epoch == 1' >/dev/null"
it "what was used is used" refused enter u01 "$USED"
it "what was tried is counted" test "$(seimon status u02 --json | jq -c '[.budget.windows, .methods]')" = "$before"
it "who was suspended is" bash -c "seimon status u03 --json | jq -e .suspended >/dev/null"
it "the trail came along" some_event u01 'event="enrol"'
right_now
it "the next code is taken" enter u01 "$(code u01 1)"
right_now
enrol u04
it "and new methods have numbers of their own" test "$(sql one 'SELECT COUNT(DISTINCT id) = COUNT(*) FROM method')" = t
seimond_stop

# --- TLS: a private CA, a server by its name
ca() {  # NAME
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout "$W/tmp/$1.key" -out "$W/tmp/$1.pem" 2>/dev/null
}
certificate() {  # NAME CA DAYS
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$W/tmp/$1.key" -out "$W/tmp/$1.csr" 2>/dev/null
  openssl x509 -req -in "$W/tmp/$1.csr" -CA "$W/tmp/$2.pem" -CAkey "$W/tmp/$2.key" -CAcreateserial -days "$3" \
    -extfile <(printf 'subjectAltName=DNS:%s' "$1") -out "$W/tmp/$1.crt" 2>/dev/null
}
serve_as() {  # NAME
  install -m 600 -o postgres "$W/tmp/$1.key" "$W/pg/one/server.key"
  install -m 644 -o postgres "$W/tmp/$1.crt" "$W/pg/one/server.crt"
  cluster_stop one
  cluster_start one
}
ca right; ca other
certificate localhost right 2
certificate elsewhere.example right 2
printf "ssl = on\nlisten_addresses = '127.0.0.1'\n" >>"$W/pg/one/postgresql.conf"
printf 'hostssl seimon seimond,owner 127.0.0.1/32 trust\nlocal all all trust\n' >"$W/pg/one/pg_hba.conf"
serve_as localhost
chmod 644 "$W/tmp"/*.pem
over_net="postgresql:host=localhost hostaddr=127.0.0.1 port=$(cluster_port one) dbname=seimon user=seimond"
answers() { : >"$W/out/seimond.log"; seimond_start; store_is ok; local code=$?; seimond_stop; return "$code"; }
on_server "$over_net sslrootcert=$W/tmp/right.pem"
it "a server whose name and CA are right" answers
on_server "$over_net sslrootcert=$W/tmp/other.pem"
it "another CA" refused answers
it "is told" says "certificate verify failed"
on_server "$over_net sslrootcert=$W/tmp/nowhere.pem"
it "no CA at all" refused answers
it "is told, too" says "does not exist"
owner_over_net=${over_net/user=seimond/user=owner}
it "the owner's command asks the same of it" exits 4 seimon store migrate "$owner_over_net sslrootcert=$W/tmp/other.pem"
it "and says so" has "$W/out/command" "certificate verify failed"
it "also where nothing was said of a CA" exits 4 seimon store migrate "$owner_over_net"
it "it goes on with the right one" exits 0 seimon store migrate "$owner_over_net sslrootcert=$W/tmp/right.pem"
it "or where that was spelled out" exits 0 seimon store migrate "$owner_over_net sslmode=require"
it "no password stands on its command line" exits 2 seimon store migrate "postgresql://owner:secret@localhost/seimon"
it "and it says where one may" has "$W/out/command" ".pgpass"
serve_as elsewhere.example
on_server "$over_net sslrootcert=$W/tmp/right.pem"
it "a certificate for another name" refused answers
it "is told by both names" says 'for "elsewhere.example" does not match host name "localhost"'
on_server "$over_net sslrootcert=$W/tmp/right.pem" 'tls = "verify-ca";'
it "is taken where that was spelled out" answers
seimond_start
it "and status goes on saying so" bash -c "seimon status | grep -q 'store.tls is verify-ca'"
seimond_stop
# Since OpenSSL 3.4 no certificate is made that ends before it begins.
LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketime.so.1) FAKETIME=-3d openssl x509 -req -in "$W/tmp/localhost.csr" -CA "$W/tmp/right.pem" -CAkey "$W/tmp/right.key" -CAcreateserial -days 1 \
  -extfile <(printf 'subjectAltName=DNS:localhost') -out "$W/tmp/localhost.crt" 2>/dev/null
serve_as localhost
on_server "$over_net sslrootcert=$W/tmp/right.pem"
it "one that has expired" refused answers
it "is told as well" says "certificate verify failed"
finish
