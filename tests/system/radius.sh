#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# FreeRADIUS as freerad, with real requests: password and code in one answer. usage: radius.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
ip link set lo up 2>/dev/null
sed -i 's/^shadow:\(.*\):$/shadow:\1:freerad/' "$W/etc/group"  # pam_unix as freerad reads there
config
printf 'callers = ( { account = "freerad"; services = [ "radius" ]; } );\n' >>"$W/etc/seimon.conf"
sed -i 's/services = \[ "sshd" \]/services = [ "sshd", "radius" ]/' "$W/etc/seimon.conf"
sed -i 's/^rules = (/rules = ( { name = "phoneless"; users = [ "u14" ]; services = [ "radius" ]; action = "skip"; },/' "$W/etc/seimon.conf"
sed "s|pam_seimon.so|$W/bin/pam_seimon.so|" "$(dirname "$0")/../../conf/pam.d/radius" >"$W/pam.d/radius"
seimond_start
for user in u10 u11 u12 u13; do enrol "$user"; done
mkdir -p "$W/radius" /run/freeradius
cat >"$W/radius/radiusd.conf" <<CONF
prefix = /usr
name = freeradius
confdir = $W/radius
logdir = $W/radius
run_dir = $W/radius
libdir = /usr/lib/freeradius
pidfile = $W/radius/radiusd.pid
max_request_time = 30
security {
  user = freerad
  group = freerad
  allow_core_dumps = no
}
client localhost {
  ipaddr = 127.0.0.1
  secret = testing123
}
modules {
  pam {
    pam_auth = radius
  }
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = 18120
  }
  authorize {
    update control {
      &Auth-Type := PAM
    }
  }
  authenticate {
    Auth-Type PAM {
      pam
    }
  }
}
CONF
chown -R freerad:freerad "$W/radius"
FREERADIUS=$(command -v freeradius || echo /usr/sbin/freeradius)
"$FREERADIUS" -f -l "$W/radius/log" -x -d "$W/radius" >"$W/out/radius" 2>&1 &
RADIUS=$!
PIDS+=("$RADIUS")
wait_until "grep -q 'Ready to process requests' $W/radius/log 2>/dev/null" || { tail -n 20 "$W/out/radius" "$W/radius/log"; fail "freeradius did not start"; }
ask() {  # USER PASSWORD [ATTRIBUTE …]: true for Access-Accept
  local user=$1 password=$2
  shift 2
  printf 'User-Name = "%s", User-Password = "%s"%s\n' "$user" "$password" "${*:+, $*}" |
    radclient -r 1 -t 8 127.0.0.1:18120 auth testing123 >"$W/out/answer" 2>&1
  grep -q 'Received Access-Accept' "$W/out/answer"
}
denied() { ! ask "$@" && grep -q 'Received Access-Reject' "$W/out/answer"; }

it "it runs as freerad" test "$(stat -c %U "/proc/$RADIUS")" = freerad
it "password and code in one answer" ask u10 "$PASSWORD$(code u10)"
it "the same again is refused" denied u10 "$PASSWORD$(code u10)"
it "behind a comma, too" ask u10 "$PASSWORD,$(code u10 1)"
it "the password alone is not enough" denied u11 "$PASSWORD"
it "nor a wrong password with a right code" denied u11 "wrong$(code u11)"
it "that code is still good, as it was never checked" ask u11 "$PASSWORD$(code u11)"
for i in 1 2 3 4 5 6 7; do ask u11 "wrong00000$i"; done
it "whoever does not know the password charges nobody" bash -c "seimon status u11 --json | jq -e '.budget.windows[2].tries == 0' >/dev/null"
seimon bypass u11 >"$W/out/bypass" </dev/null
RECOVERY_CODE=$(setpriv --reuid "$(id -u u12)" --regid "$(id -g u12)" --init-groups bash -c "printf '%s\n' '$(code u12)' | seimon recovery-codes" 2>/dev/null | grep -oE '[0-9A-Z]{4}(-[0-9A-Z]{4}){3}' | head -n 1)
it "a recovery code behind a comma" ask u12 "$PASSWORD,$RECOVERY_CODE"
it "once" denied u12 "$PASSWORD,$RECOVERY_CODE"
for i in 1 2 3 4 5 6; do ask u13 "${PASSWORD}00000$i"; done
it "over the budget one code is not enough" denied u13 "$PASSWORD$(code u13)"
it "two in a row are" ask u13 "$PASSWORD,$(code u13)$(code u13 1)"
it "whom a rule exempts by name the password alone lets in" ask u14 "$PASSWORD"
it "a wrong one does not" denied u14 "wrong"
tick 90
it "an address that a client of RADIUS says is no campus" denied u10 "$PASSWORD" 'Calling-Station-Id = "10.20.33.44", NAS-IP-Address = 10.20.0.9'
it "the trail has the service, and who asked" bash -c "seimon log -u u10 --json | jq -e 'map(select(.event == \"login\" and .service == \"radius\" and .actor == \"uid $(id -u freerad)\")) | length > 2' >/dev/null"
it "its failures are the user's own: the same budget as at ssh" bash -c "seimon status u13 --json | jq -e '.budget.windows[2].tries >= 5' >/dev/null"
printf '%s\n' "auth required $W/bin/pam_seimon.so" "auth required pam_permit.so" >"$W/pam.d/other-service"
it "for another service it may not ask" bash -c "! setpriv --reuid freerad --regid freerad --init-groups pamtester other-service u10 authenticate </dev/null >/dev/null 2>&1 && seimon log --json | jq -e 'map(select(.service == \"other-service\" and (.reason | startswith(\"not-permitted\")))) | length == 1' >/dev/null"
it "who is not named in callers may not ask at all" bash -c "! setpriv --reuid u20 --regid u20 --init-groups pamtester radius u10 authenticate </dev/null >/dev/null 2>&1"
from_campus() { printf '%s\n' "$PASSWORD" | setpriv --reuid freerad --regid freerad --init-groups pamtester -I rhost=10.20.33.44 radius u10 authenticate >"$W/out/answer" 2>&1; }
it "an address that its program says counts for nothing" refused from_campus
sed -i 's/services = \[ "radius" \]; }/services = [ "radius" ]; trust_address = true; }/' "$W/etc/seimon.conf"
seimond_stop
seimond_start
it "unless trust_address says that it does" from_campus
sed -i 's/account = "freerad"/account = "nosuch"/' "$W/etc/seimon.conf"
it "an account that is not there is named" bash -c "seimond --check --config $W/etc/seimon.conf 2>&1 | grep -q 'there is no account \"nosuch\"'"
sed -i 's/account = "nosuch"/account = "freerad"/' "$W/etc/seimon.conf"
seimond_stop
it "without the service it refuses" denied u10 "$PASSWORD$(code u10)"
finish
