#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The guides of several machines, run from their own text: two gates with one store on a PostgreSQL server, then a login
# host that asks a gate. usage: guides_many.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
. "$(dirname "$0")/../support/machine.sh"
. "$(dirname "$0")/../support/guide.sh"
machine_packages "$1"
ssh-keygen -q -t ed25519 -N '' -f "$W/ssh/user"
# Names for the addresses of the world; the second gate's host becomes the login host later.
names="$CAMPUS4 gate1.example.org db1 db2
$SRV4_CAMPUS gate2.example.org web1.example.org"
for one in "gate1 campus" "web1 srv"; do
  machine ${one}
  machine_make
  printf '127.0.0.1 localhost\n%s\n' "$names" >"$R/etc/hosts"
  printf '%s\n' "${MACHINE}.example.org" >"$R/etc/hostname"
  printf '%s\n' 'auth required pam_seimon.so' 'account required pam_seimon.so' >"$R/etc/pam.d/pamtry"
  machine_boot
  it "$MACHINE: the packages" script 'apt-get install -q -y --no-install-recommends /var/tmp/packages/*.deb'
  script 'sed -i "s/\"observe\"/\"enforce\"/; s/^language.*/language = \"en\";/" /etc/seimon/seimon.conf; systemctl reload-or-restart seimond'
done
# By the stack of a service of their own: what sshd does with it, other suites look at.
log_in_at() {  # MACHINE CODE …
  machine "$1"
  printf '%s\n' "${@:2}" | in_machine pamtester pamtry alice authenticate acct_mgmt >"$W/out/login" 2>&1
}
copy() { machine "$1"; in_machine cat "$2" >"$W/tmp/copied"; machine "$3"; in_machine sh -c "cat >'$4'" <"$W/tmp/copied"; }  # FROM PATH TO PATH

# --- a server, as a site has it: TLS with a name, and passwords
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=site -keyout "$W/tmp/ca.key" -out "$W/tmp/ca.pem" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=db1 -keyout "$W/tmp/db.key" -out "$W/tmp/db.csr" 2>/dev/null
printf 'subjectAltName=DNS:db1,DNS:db2' >"$W/tmp/names"
openssl x509 -req -days 2 -in "$W/tmp/db.csr" -CA "$W/tmp/ca.pem" -CAkey "$W/tmp/ca.key" -CAcreateserial -extfile "$W/tmp/names" -out "$W/tmp/db.pem" 2>/dev/null
machine gate1
for file in db.key db.pem; do in_machine sh -c "cat >/var/tmp/$file; chown postgres: /var/tmp/$file; chmod 600 /var/tmp/$file" <"$W/tmp/$file"; done
it "a PostgreSQL server with TLS" script 'version=$(ls /usr/lib/postgresql | sort -V | tail -n 1)
  pg_lsclusters -h | while read -r v name rest; do pg_dropcluster --stop "$v" "$name"; done
  pg_createcluster -p 5432 "$version" db1 -o listen_addresses="*" -o ssl=on -o ssl_cert_file=/var/tmp/db.pem -o ssl_key_file=/var/tmp/db.key
  echo "hostssl seimon all all scram-sha-256" >>"/etc/postgresql/$version/db1/pg_hba.conf"
  pg_ctlcluster "$version" db1 start'
G=many-hosts
it "$G: the database" type_in $G "The database"
script 'sudo -u postgres psql -c "ALTER ROLE seimon_owner PASSWORD '"'owner'"'; ALTER ROLE seimond PASSWORD '"'service'"'"'
for one in gate1 web1; do
  machine "$one"
  in_machine sh -c 'cat >/etc/seimon/ca.pem; chmod 644 /etc/seimon/ca.pem' <"$W/tmp/ca.pem"
  script 'echo "*:*:seimon:seimon_owner:owner" >~root/.pgpass; chmod 600 ~root/.pgpass; echo "*:*:seimon:seimond:service" >/etc/seimon/pgpass; chown seimon: /etc/seimon/pgpass; chmod 400 /etc/seimon/pgpass'
done
machine gate1
secret_of alice >"$W/tmp/secret"
in_machine sh -c 'cat >/var/tmp/secret' <"$W/tmp/secret"
right_now
code alice -1 | in_machine seimon enroll alice --secret-file /var/tmp/secret --qr=none >"$W/out/command" 2>&1
it "$G: the store" type_in $G "The store"
it "$G: the first gate" type_in $G "The gates"
it "$G: what was registered before came along" script 'seimon list alice | grep -q app'
machine web1
script 'systemctl stop seimond.socket seimond; rm -f /var/lib/seimon/seimon.db*'
copy gate1 /etc/seimon/seal.key web1 /etc/seimon/seal.key
it "$G: the second gate" type_in $G "The gates"
heard() { wait_until 'in_machine seimon status >"$W/out/command" 2>&1; grep -q "^host: gate1" "$W/out/command" && grep -q "^host: web1" "$W/out/command"'; }
it "$G: each says so of both" heard
right_now
USED=$(code alice)
it "$G: a code that one gate has taken" log_in_at gate1 "$USED"
it "$G: is refused by the other" refused log_in_at web1 "$USED" 000000 000000
machine gate1
it "$G: another sealing key" type_in $G "Rotating the sealing key" 1
copy gate1 /etc/seimon/seal.key.next web1 /etc/seimon/seal.key.next
script 'chown seimon: /etc/seimon/seal.key.next; chmod 400 /etc/seimon/seal.key.next; systemctl restart seimond'
machine gate1
script 'systemctl restart seimond'
for one in gate1 web1; do
  machine "$one"
  it "$G: rotated on $one" type_in $G "Rotating the sealing key" 2
done
next_code alice
it "$G: and its people still get in" log_in_at web1 "$USED"
G=login-hosts
machine gate1
it "$G: a gate" type_in $G "A gate"
it "$G: a host is enrolled there" type_in $G "A login host" 1
copy gate1 /etc/seimon/web1.pem web1 /etc/seimon/web1.pem
script 'rm -f /etc/seimon/seal.key* /etc/seimon/pgpass /etc/systemd/system/seimond.service.d/*'
it "$G: the host asks it" type_in $G "A login host" 2
it "$G: as its status says" said '^gate: gate1.example.org:8743'
next_code alice
it "$G: a login there" log_in_at web1 "$USED"
it "$G: not without a code" refused log_in_at web1 000000 000000 000000
machine gate1
it "$G: what goes on there" type_in $G "Daily use"
it "$G: it is cut off" refused log_in_at web1 "$USED"
for one in gate1 web1; do machine "$one"; power_off; done
finish
