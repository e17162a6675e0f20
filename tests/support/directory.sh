# SPDX-License-Identifier: Apache-2.0
# A real directory for a world: slapd, and nslcd or sssd in front of it, from Debian's packages, which are unpacked and not
# installed (they would edit nsswitch.conf and the PAM stacks, and start): unpack_packages of packages.sh. Source it after
# world_enter. directory_mount comes BEFORE world_up (this puts an overlay on /etc, world_up binds its files on that),
# directory_run AFTER it, which gives a new /run. Then slapd_start; nslcd_start | sssd_start; nsswitch SERVICES.

LDAP=ldap://127.0.0.1:3389 BASE=dc=example,dc=org
# Where slapd, nslcd and sssd run; the namespace srv is world_up's. They are asked by Unix sockets, which do not mind.
DIRECTORY_IN=${DIRECTORY_IN-ip netns exec srv}

# The packages' files get laid under /usr, /var/lib and /etc.
directory_mount() {  # FOLDER, absolute
  local part
  # An overlay refuses "," and ":" in its folders' names; $W has none.
  for part in usr var/lib; do mount -t overlay overlay -o "lowerdir=$1/files/$part:/$part" "/$part" || fail "overlay on /$part"; done
  mkdir -p "$W/layer"
  mount -t tmpfs -o mode=755 tmpfs "$W/layer"
  mkdir "$W/layer/upper" "$W/layer/work"
  mount -t overlay overlay -o "lowerdir=$1/files/etc:/etc,upperdir=$W/layer/upper,workdir=$W/layer/work" /etc || fail "overlay on /etc"
  cp -a /var/lib/sss "$W/layer/sss"  # its folders have the modes that sssd wants
  mkdir -p "$W/layer/log" && mount --bind "$W/layer/log" /var/log  # sssd writes there
  mkdir -p "$W/layer/log/sssd"
  mount --bind "$W/layer/sss" /var/lib/sss
}

directory_run() {
  mkdir -p /run/nslcd "$W/ldap" "$W/out"
  # Nobody's cache stands between: glibc asks nscd (or unscd) first, if its socket is there.
  [ ! -S /run/nscd/socket ] || fail "a name service cache is running"
  ip netns list | grep -q "^srv" || { ip netns add srv && ip -n srv link set lo up; }
  cat >"$W/ldap/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile $W/ldap/pid
database mdb
maxsize 10485760
suffix "$BASE"
rootdn "cn=admin,$BASE"
rootpw secret
directory $W/ldap
CONF
  slapadd -q -f "$W/ldap/slapd.conf" >"$W/out/slapadd" 2>&1 <<LDIF || fail "slapadd: $(cat "$W/out/slapadd")"
dn: $BASE
objectClass: domain
dc: example

dn: ou=people,$BASE
objectClass: organizationalUnit
ou: people

dn: ou=groups,$BASE
objectClass: organizationalUnit
ou: groups

dn: uid=ldapuser,ou=people,$BASE
objectClass: account
objectClass: posixAccount
uid: ldapuser
cn: ldapuser
uidNumber: 70001
gidNumber: 70001
homeDirectory: /nonexistent
loginShell: /bin/sh

dn: cn=ldapuser,ou=groups,$BASE
objectClass: posixGroup
cn: ldapuser
gidNumber: 70001

dn: cn=hpc-admins,ou=groups,$BASE
objectClass: posixGroup
cn: hpc-admins
gidNumber: 70100
$(printf 'memberUid: u%d\n' $(seq 20 29))
memberUid: ldapuser
LDIF
}

slapd_start() {
  $DIRECTORY_IN slapd -d 0 -f "$W/ldap/slapd.conf" -h "$LDAP" >>"$W/out/slapd" 2>&1 </dev/null &
  SLAPD=$!
  PIDS+=("$SLAPD")
  wait_until "$DIRECTORY_IN ldapsearch -x -o nettimeout=1 -H $LDAP -b $BASE -s base >/dev/null 2>&1" || fail "slapd: $(cat "$W/out/slapd")"
}
slapd_stop() { stop_one "$SLAPD"; }
slapd_freeze() { kill -STOP "$SLAPD"; }  # the kernel takes its connections, and nobody answers
slapd_thaw() { kill -CONT "$SLAPD"; }

nslcd_start() {  # [LINE …]: more configuration
  getent passwd nslcd >/dev/null || {
    echo 'nslcd:x:64090:64090::/run/nslcd:/usr/sbin/nologin' >>/etc/passwd
    echo 'nslcd:x:64090:' >>/etc/group
  }
  printf '%s\n' 'uid nslcd' 'gid nslcd' "uri $LDAP" "base passwd ou=people,$BASE" "base group ou=groups,$BASE" "$@" >/etc/nslcd.conf
  chmod 640 /etc/nslcd.conf
  chown nslcd:nslcd /run/nslcd
  chgrp nslcd /etc/nslcd.conf
  $DIRECTORY_IN nslcd -n >>"$W/out/nslcd" 2>&1 </dev/null &
  NSLCD=$!
  PIDS+=("$NSLCD")
  wait_until "[ -S /run/nslcd/socket ]" || fail "nslcd: $(cat "$W/out/nslcd")"
}
nslcd_stop() { stop_one "$NSLCD"; rm -f /run/nslcd/socket; }

sssd_start() {  # [LINE …]: more configuration of the domain
  mkdir -p /etc/sssd
  printf '%s\n' '[sssd]' 'services = nss' 'domains = example' 'enable_files_domain = false' '[nss]' ${SSSD_NSS-} '[domain/example]' \
    'id_provider = ldap' 'auth_provider = none' 'access_provider = permit' 'chpass_provider = none' 'sudo_provider = none' \
    "ldap_uri = $LDAP" "ldap_search_base = $BASE" 'ldap_schema = rfc2307' "$@" >/etc/sssd/sssd.conf
  chmod 600 /etc/sssd/sssd.conf
  rm -f /run/sssd.pid
  $DIRECTORY_IN sssd -i --logger=stderr >>"$W/out/sssd" 2>&1 </dev/null &
  SSSD=$!
  PIDS+=("$SSSD")
  wait_until "[ -S /var/lib/sss/pipes/nss ] && [ -e /run/sssd.pid ]" || fail "sssd: $(tail "$W/out/sssd")"
}
sssd_stop() { stop_one "$SSSD"; rm -f /var/lib/sss/pipes/nss; }
sssd_forget() { rm -f /var/lib/sss/db/* /var/lib/sss/mc/*; }  # stopped, it loses its cache

nsswitch() {  # SERVICES, as "files ldap"
  printf '%s\n' "passwd: $1" "group: $1" "shadow: files" "hosts: files" >"$W/nsswitch"
  cat "$W/nsswitch" >/etc/nsswitch.conf
}
