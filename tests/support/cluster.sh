# SPDX-License-Identifier: Apache-2.0
# PostgreSQL clusters of a world: one folder each, a Unix socket each, started and stopped by their own pg_ctl.
# Source it behind world.sh, after world_up. Then: cluster_make NAME, cluster_standby NAME OF, cluster_stop, cluster_kill;
# on_server URL for a service whose store they are, and enter USER CODE, at the hour that it really is.

export REAL_CLOCK=1
exits() {  # CODE COMMAND …
  local code
  "${@:2}" >"$W/out/command" 2>&1 </dev/null
  code=$?
  [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }
}
enter_by() { printf '%s\n' "$3" 0 0 | pamtester "$1" "$2" authenticate acct_mgmt >"$W/out/enter" 2>&1; }  # SERVICE USER CODE
enter() { enter_by seimon "$@"; }
service_stack() {  # SERVICE [OPTION …]
  printf '%s\n' "auth required $W/bin/pam_seimon.so ${*:2}" "auth required pam_permit.so" \
    "account required $W/bin/pam_seimon.so ${*:2}" >"$W/pam.d/$1"
}
store_is() { seimon status --json | jq -e --arg state "$1" '.store == $state' >/dev/null; }  # ok or unavailable
epoch() { seimon status --json | jq .epoch; }
says() { grep -qF -- "$1" "$W/out/seimond.log"; }
on_server() {  # URL [MORE]: the configuration
  config
  printf 'store: { url = "%s"; connections = 4; %s };\n' "$1" "${2-}" >>"$W/etc/seimon.conf"
}
service_stack seimon

PG=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
CLUSTERS=()
CLUSTER_ENV=()  # of the servers

as_postgres() { ${CLUSTER_NETNS:+ip netns exec "$CLUSTER_NETNS"} setpriv --reuid postgres --regid postgres --init-groups env -C / PGTZ=UTC "${CLUSTER_ENV[@]}" "$@"; }
cluster_port() { printf '%d' $((5500 + $(printf '%s' "$1" | cksum | cut -d' ' -f1) % 400)); }
sql() { as_postgres "$PG/psql" -XqAt -h "$W/pg" -p "$(cluster_port "$1")" -d "${DATABASE:-seimon}" -c "$2"; }  # NAME SQL
owner_url() { printf 'postgresql:host=%s port=%s dbname=seimon user=owner' "$W/pg" "$(cluster_port "$1")"; }
service_url() {  # NAME …: several are tried in their order
  local hosts ports name
  for name in "$@"; do hosts=${hosts:+$hosts,}$W/pg ports=${ports:+$ports,}$(cluster_port "$name"); done
  printf 'postgresql:host=%s port=%s dbname=seimon user=seimond target_session_attrs=read-write' "$hosts" "$ports"
}

cluster_start() {  # NAME
  as_postgres "$PG/pg_ctl" -D "$W/pg/$1" -l "$W/pg/$1.log" -w -t 30 start >/dev/null || fail "PostgreSQL $1: $(tail -n 5 "$W/pg/$1.log")"
}
cluster_stop() { as_postgres "$PG/pg_ctl" -D "$W/pg/$1" -w -m fast stop >/dev/null; }
cluster_kill() { as_postgres "$PG/pg_ctl" -D "$W/pg/$1" -w -m immediate stop >/dev/null; }
cluster_settings() {  # NAME
  cat >>"$W/pg/$1/postgresql.conf" <<CONF
port = $(cluster_port "$1")
listen_addresses = ''
unix_socket_directories = '$W/pg'
max_connections = 60
shared_buffers = 32MB
wal_level = replica
hot_standby = on
cluster_name = '$1'
CONF
}

cluster_make() {  # NAME: with the database seimon, the roles owner and seimond, and no store yet
  mkdir -p "$W/pg"
  chown postgres "$W/pg"
  as_postgres "$PG/initdb" -D "$W/pg/$1" -A trust -E UTF8 --locale=C.UTF-8 >/dev/null || fail "initdb"
  cluster_settings "$1"
  CLUSTERS+=("$1")
  cluster_start "$1"
  DATABASE=postgres sql "$1" "CREATE ROLE owner LOGIN" && DATABASE=postgres sql "$1" "CREATE ROLE seimond LOGIN" &&
    DATABASE=postgres sql "$1" "CREATE DATABASE seimon OWNER owner" || fail "no database"
}

cluster_standby() {  # NAME OF
  as_postgres "$PG/pg_basebackup" -D "$W/pg/$1" -h "$W/pg" -p "$(cluster_port "$2")" -R -X stream -c fast >/dev/null || fail "basebackup"
  cluster_settings "$1"
  CLUSTERS+=("$1")
  cluster_start "$1"
}

clusters_down() {
  local name
  for name in "${CLUSTERS[@]}"; do cluster_kill "$name" 2>/dev/null; done
}
trap 'clusters_down; world_down' EXIT
