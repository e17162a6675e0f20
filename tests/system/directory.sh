#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Groups from a directory: slapd behind nslcd, then behind SSSD, that comes and goes. Who is in a group must not be
# forgotten because nobody can be asked. usage: directory.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
. "$(dirname "$0")/../support/directory.sh"
directory_mount "$1/directory"
world_up "$1"
directory_run
printf '%s\n' "auth required $W/bin/pam_seimon.so" 'auth required pam_permit.so' 'account required pam_permit.so' >"$W/pam.d/sshd"
# On the campus nobody but the members of hpc-admins (u20 … u29 and ldapuser, in LDAP) is asked for a code.
config 'mode = "enforce";
networks: { campus: { addresses = [ "10.20.0.0/16" ]; }; };
rules = ( { name = "admins by token"; groups = [ "hpc-admins" ]; services = [ "su" ]; action = "require"; methods = [ "token" ]; },
          { name = "admins always"; groups = [ "hpc-admins" ]; action = "require"; },
          { name = "others"; not_groups = [ "hpc-admins" ]; networks = [ "campus" ]; services = [ "sshd" ]; action = "skip"; },
          { name = "campus"; networks = [ "campus" ]; services = [ "sshd" ]; action = "skip"; } );
roles: { helpdesk_groups = [ "staff" ]; admin_groups = [ "hpc-admins" ]; };
default: { action = "require"; unenrolled = "deny"; };'
enter() { printf '%s\n' "${2-000000}" 0 0 | pamtester -I rhost="$CAMPUS4" -E SSH_CONNECTION="$CAMPUS4 1 $SRV4_CAMPUS 22" sshd "$1" authenticate >"$W/out/enter" 2>&1; }
comes_in() { enter "$1" "$(code "$1")" && last_event "$1" outcome accepted; }
exists() { getent group hpc-admins >/dev/null; }

nsswitch "files ldap"
slapd_start
nslcd_start 'timelimit 3' 'bind_timelimit 2' 'reconnect_retrytime 1'
wait_until exists || fail "no directory: $(cat "$W/out/nslcd")"
# seimond remembers an account that it found for 20 s, and enrol asked for each: a new one has forgotten them.
state() {  # NAME MEMBER
  seimond_stop
  seimond_start
  it "$1: a member is asked for the code" refused enter "$2"
  it "$1: and comes in with it" comes_in "$2"
}
seimond_start
for user in u20 u21 u22 u23 u24 u25 u26 u30; do enrol "$user"; done
state "up" u20
it "up: others are not asked" enter u30
slapd_stop
state "slapd stopped" u21
it "slapd stopped: no one who is in no named group can be told apart, so they are asked too" refused enter u30
it "the rule of the other service keeps its methods" bash -c "seimon explain u21 --service su --json | jq -e '.rule == \"admins by token\" and .action == \"require\"' >/dev/null"
it "status says which group cannot be told" bash -c "seimon status --json | jq -e '.problems | map(select(test(\"hpc-admins\"))) | length == 1' >/dev/null"
slapd_start
wait_until exists
# It hangs for longer than anybody waits: the local accounts that nsswitch.conf finds first stay known.
nslcd_stop
nslcd_start 'timelimit 30' 'bind_timelimit 30'
slapd_freeze
state "slapd frozen" u22
slapd_thaw
nslcd_stop
state "nslcd stopped" u23
slapd_stop
slapd_start
nsswitch "files sss"
sssd_start 'ldap_rfc2307_fallback_to_local_users = true' 'case_sensitive = false'
wait_until exists || fail "no sssd: $(tail "$W/out/sssd")"
# sshd goes on with the name as it was typed; the directory, the store and the ticket know one name.
printf '#!/bin/sh\nprintf "%%s %%s\\n" "$PAM_TYPE" "$SEIMON_TICKET" >>%s\n' "$W/out/tickets" >"$W/show"
chmod 755 "$W/show"
printf '%s\n' "auth required $W/bin/pam_seimon.so" "account required $W/bin/pam_seimon.so" "session required $W/bin/pam_seimon.so" "session optional pam_exec.so $W/show" >"$W/pam.d/spelled"
spelled() { pamtester -I rhost="$HOME4" spelled "$1" authenticate acct_mgmt open_session close_session < <(printf '%s\n' "$2") >"$W/out/enter" 2>&1 && grep -qE '^open_session [0-9a-f]{32}$' "$W/out/tickets"; }
it "the directory knows people by another spelling" test "$(getent passwd LDAPUSER | cut -d: -f1)" = ldapuser
enrol ldapuser
it "so spelled a login has its ticket" spelled LDAPUSER "$(code ldapuser)"
it "and the trail has the one name" last_event ldapuser outcome accepted
: >"$W/out/tickets"
state "SSSD up" u24
it "SSSD up: others are not asked" enter u30
sssd_stop
sssd_forget
slapd_stop
sssd_start 'ldap_rfc2307_fallback_to_local_users = true'
state "SSSD without its cache and without slapd" u25
sssd_stop
state "SSSD stopped" u26
finish
