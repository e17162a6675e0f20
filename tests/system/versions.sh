#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Module, service, host and gate of a kept earlier build (support/kept_build.sh) beside today's: a site updates one
# machine after another. Outside of the versions that they share they refuse: unit/login_test, pam/module_test, hosts.sh.
# usage: versions.sh BUILD [KEPT BUILD]
now=$1
kept=${2-$1/../kept}
[ -e "$kept/tree" ] || { echo "no kept build: run tests/support/kept_build.sh $kept"; exit 77; }
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
export REAL_CLOCK=1
world_up "$now"
askpass_install
mkdir "$W/kept"
for file in pam_seimon.so seimond seimon-gate; do cp "$kept/$file" "$W/kept/"; done
printf '%s\n' '127.0.0.1 localhost gate.test' >"$W/etc/hosts"
mount --bind "$W/etc/hosts" /etc/hosts

# Starts a service: FOLDER is bin (today's) or kept.
declare -A SERVICE
serve() {  # NAME FOLDER [SOCKET]
  ip netns exec srv "$W/$2/seimond" --foreground --config "$W/$1/seimon.conf" --state "$W/$1/state" ${3:+--socket "$3"} >>"$W/out/seimond.log" 2>&1 </dev/null &
  SERVICE[$1]=$!
  PIDS+=($!)
  wait_until "seimon ${3:+--socket '$3'} status >/dev/null 2>&1" || fail "no $1: $(tail -n 3 "$W/out/seimond.log")"
  [ "$(readlink "/proc/${SERVICE[$1]}/exe")" = "$W/$2/seimond" ] || fail "$1 is not the service of $2"
}
module_is() { sed -i "s|$W/[a-z]*/pam_seimon.so|$W/$1/pam_seimon.so|" "$W/pam.d/sshd" && grep -q "$W/$1/pam_seimon.so" "$W/pam.d/sshd" || fail "not the module of $1"; }  # FOLDER: the module of sshd
enrol_there() {  # USER [OPTION …]
  right_now
  enrol "$@"
}
# What a login of each kind shows. Of the two people, one gets in once.
logins() {  # WHAT USER OTHER
  local used
  right_now
  used=$(code "$2")
  it "$1: a code opens" log_in home "$2" "$SRV4_HOME" "$used"
  it "$1: once" refused log_in home "$2" "$SRV4_HOME" "$used"
  it "$1: a wrong code does not" refused log_in home "$3" "$SRV4_HOME" 000000 000001 000002
  it "$1: the person hears that it was wrong" has "$W/out/asked" 'ode'
  it "$1: the campus passes without one" log_in campus "$3" "$SRV4_CAMPUS"
  it "$1: somebody without a method does not pass" refused log_in home u59 "$SRV4_HOME" 000000
}
machine() {  # NAME: with the configuration as it is
  mkdir -p "$W/$1"
  cp "$W/etc/seimon.conf" "$W/$1/"
  cp "$W/etc/seal.key" "$W/$1/"
}

# --- one host: the packages of module and service are not replaced in one moment
config
machine alone
sshd_start
serve alone kept
for user in u03 u04; do enrol_there "$user"; done
module_is bin
logins "today's module, kept service" u03 u04
USED=$(code u03)
log_in home u03 "$SRV4_HOME" "$USED"
stop_one "${SERVICE[alone]}"
serve alone bin
module_is kept
it "the kept service's store is carried on: a code that it took stays used" refused log_in home u03 "$SRV4_HOME" "$USED"
it "and whoever has failed there has failed" bash -c "seimon status u04 --json | jq -e '.budget.failures == 3' >/dev/null"
for user in u05 u06; do enrol_there "$user"; done
logins "kept module, today's service" u05 u06
stop_one "${SERVICE[alone]}"

# --- hosts and a gate
printf '%s\n' 'gate: { account = "seimon-gate"; };' >>"$W/etc/seimon.conf"
machine gate
serve gate bin "$W/gate.sock"
seimon --socket "$W/gate.sock" host enroll gate.test --gate --out "$W/gate/gate.pem" --authority "$W/etc/authority.pem" >/dev/null
seimon --socket "$W/gate.sock" host enroll web.test --out "$W/web.pem" --authority "$W/etc/authority.pem" >/dev/null
stop_one "${SERVICE[gate]}"
config "upstream = ( { url = \"tls://gate.test\"; certificate = \"$W/web.pem\"; } );"
machine host
pair() {  # OF THE HOST, OF THE GATE, WHAT, USER, OTHER
  serve gate "$2" "$W/gate.sock"
  ip netns exec srv "$W/$2/seimon-gate" --foreground --listen 127.0.0.1:8743 --certificate "$W/gate/gate.pem" --socket "$W/gate.sock" >>"$W/out/gate.log" 2>&1 </dev/null &
  SERVICE[listener]=$!
  PIDS+=($!)
  wait_until "ip netns exec srv ss -ltn | grep -q ':8743 '" || fail "no gate: $(tail -n 3 "$W/out/gate.log")"
  for user in "$4" "$5"; do enrol_there "$user" --socket "$W/gate.sock"; done
  serve host "$1"
  module_is "$1"
  logins "$3" "$4" "$5"
  it "$3: the gate knows which host it was" bash -c "seimon --socket '$W/gate.sock' log -u $4 | grep -qF 'host=\"web.test\"'"
  for part in host listener gate; do stop_one "${SERVICE[$part]}"; done
}
pair bin kept "today's host, kept gate" u07 u08
pair kept bin "kept host, today's gate" u09 u10
finish
