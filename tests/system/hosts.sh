#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Stateless login hosts: two of them, with real sshd, ask two gates over TLS; the gates share a database.
# usage: hosts.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
. "$(dirname "$0")/../support/cluster.sh"
askpass_install

# --- networks: web1 is where sshd of the world runs; each host has a link to each gate
link_to() {  # HOST GATE NETWORK
  ip link add "to-$2" netns "$1" type veth peer name "to-$1" netns "$2"
  ip -n "$1" addr add "$3.1/24" dev "to-$2"
  ip -n "$2" addr add "$3.2/24" dev "to-$1"
  ip -n "$1" link set "to-$2" up
  ip -n "$2" link set "to-$1" up
}
for name in gate1 gate2 web2; do ip netns add "$name"; ip -n "$name" link set lo up; done
link_to srv gate1 10.31.1
link_to srv gate2 10.31.2
link_to web2 gate1 10.32.1
link_to web2 gate2 10.32.2
ip -n web2 route add 10.31.1.0/24 via 10.32.1.2
ip -n web2 route add 10.31.2.0/24 via 10.32.2.2
printf '%s\n' '127.0.0.1 localhost' '10.31.1.2 gate1.test' '10.31.2.2 gate2.test' >"$W/etc/hosts"
mount --bind "$W/etc/hosts" /etc/hosts

at() { seimon --socket "$W/$1.sock" "${@:2}"; }  # gate1, gate2 or web2
mine() { at gate1 "$@"; }
enrol_there() {  # USER
  right_now
  REAL_CLOCK=1 enrol "$1" --socket "$W/gate1.sock"
}
trail() { mine log -u "$1" | grep -qF -- "$2"; }  # USER TEXT
last_in_trail() { mine log -u "$1" -n 1 | grep -qF -- "$2"; }
stopped() { stop_one "${SERVICE[$1]}"; }
declare -A SERVICE
FAKETIME_LIBRARY=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 | head -n 1)

# --- the gates
cluster_make one
exits 0 seimon store init "$(owner_url one)" || fail "no store"
gate_start() {  # gate1 or gate2
  "$W/bin/seimond" --foreground --config "$W/$1/seimon.conf" --state "$W/$1/state" --socket "$W/$1.sock" >>"$W/out/$1.log" 2>&1 </dev/null &
  SERVICE[$1]=$!
  PIDS+=($!)
  wait_until "at $1 status --json | jq -e '.store == \"ok\"' >/dev/null 2>&1" || fail "no $1: $(tail -n 3 "$W/out/$1.log")"
}
door_start() {  # gate1 or gate2 [FILE]
  ip netns exec "$1" "$W/bin/seimon-gate" --foreground --listen 0.0.0.0:8743 --certificate "${2:-$W/$1/gate.pem}" --socket "$W/$1.sock" >>"$W/out/door-$1.log" 2>&1 </dev/null &
  SERVICE[door-$1]=$!
  PIDS+=($!)
  wait_until "ip netns exec $1 ss -ltn | grep -q ':8743 '" || fail "no door at $1: $(tail -n 3 "$W/out/door-$1.log")"
}
for gate in gate1 gate2; do
  mkdir -p "$W/$gate"
  on_server "$(service_url one)"
  { cat "$W/etc/seimon.conf"; echo 'gate: { account = "seimon-gate"; trusted_hosts = [ "web1.test" ]; }; enrolment: { enrol_from = [ "campus" ]; };'; } >"$W/$gate/seimon.conf"
  cp "$W/etc/seal.key" "$W/$gate/seal.key"
  gate_start "$gate"
done
AUTHORITY=$W/etc/authority.pem
issue() { mine host enroll "$1" --out "$2" --authority "$AUTHORITY" "${@:3}"; }  # NAME FILE [OPTION …]
it "a gate gets its certificate" exits 0 issue gate1.test "$W/gate1/gate.pem" --gate
issue gate2.test "$W/gate2/gate.pem" --gate >/dev/null
it "the authority's key is root's alone" test "$(stat -c %a "$AUTHORITY")" = 600
it "a host gets its certificate" exits 0 issue web1.test "$W/web1.pem"
it "and is told where to bring it" has "$W/out/command" "/etc/seimon/host.pem"
it "a file that is there already is left alone" exits 6 issue web1.test "$W/web1.pem"
it "a name that is none is refused" exits 6 issue 'web 1' "$W/none.pem"
it "and nothing is written" test ! -e "$W/none.pem"
issue web2.test "$W/web2.pem" >/dev/null
for gate in gate1 gate2; do door_start "$gate"; done

# --- the hosts
host_config() {  # FILE FOLDER URL …
  local url rows
  for url in "${@:3}"; do rows=${rows:+$rows,}"{ url = \"tls://$url\"; certificate = \"$1\"; }"; done
  config
  mkdir -p "$2"
  { cat "$W/etc/seimon.conf"; echo "upstream = ( $rows );"; } >"$2/seimon.conf"
}
web1_start() {
  ip netns exec srv "$W/bin/seimond" --foreground --config "$W/web1/seimon.conf" --state "$W/web1/state" >>"$W/out/seimond.log" 2>&1 </dev/null &
  SERVICE[web1]=$!
  PIDS+=($!)
  wait_until "seimon status >/dev/null 2>&1" || fail "no web1: $(tail -n 3 "$W/out/seimond.log")"
}
# The host has spoken with a gate since it started, so it knows who is suspended.
hears_a_gate() { seimon status --json | jq -e '.store == "ok" and (.gates | length) == 2' >/dev/null; }
web2_start() {  # [ENVIRONMENT …]
  ip netns exec web2 env "$@" "$W/bin/seimond" --foreground --config "$W/web2/seimon.conf" --state "$W/web2/state" --socket "$W/web2.sock" >>"$W/out/web2.log" 2>&1 </dev/null &
  SERVICE[web2]=$!
  PIDS+=($!)
  wait_until "at web2 status >/dev/null 2>&1" || fail "no web2: $(tail -n 3 "$W/out/web2.log")"
}
host_config "$W/web1.pem" "$W/web1" gate1.test gate2.test
web1_start
host_config "$W/web2.pem" "$W/web2" gate1.test:8743
web2_start
service_stack web2 "socket=$W/web2.sock"
sshd_start
right_now
for user in u03 u04 u05 u06 u07 u08 u09 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19 u25 u26 u27 u28 u29; do enrol_there "$user"; done

it "no sealing key is on a host" test ! -e "$W/web1/seal.key"
it "doctor there misses neither key nor backup" bash -c "! seimon doctor --config $W/web1/seimon.conf 2>/dev/null | grep -E 'no-key|no-backup|no-service'"
it "status there says that the gates answer" wait_until hears_a_gate
it "a login there is decided on a gate" log_in home u03 "$SRV4_HOME" "$(code u03)"
it "and stands in the trail with host and address" last_in_trail u03 'host="web1.test"'
it "which is where the person is" last_in_trail u03 "from=\"$HOME4\""
it "the code is used up for every host" refused enter_by web2 u03 "$(code u03)"
it "told so" trail u03 'reason="already-used"'
it "another host's trail has its own name" trail u03 'host="web2.test"'
it "the gate's rules exempt the campus" log_in campus u04 "$SRV4_CAMPUS"
it "by name" last_in_trail u04 'rule="campus"'
it "wrong codes are counted once, at the gates" refused log_in home u05 "$SRV4_HOME" 000000 000001 000002
it "all three" bash -c "seimon --socket $W/gate2.sock status u05 --json | jq -e '.budget.failures == 3' >/dev/null"

twice() {  # USER: the same code on both hosts at once
  local one two code
  code=$(code "$1")
  printf '%s\n' "$code" 0 0 | pamtester seimon "$1" authenticate >/dev/null 2>&1 & one=$!
  printf '%s\n' "$code" 0 0 | pamtester web2 "$1" authenticate >/dev/null 2>&1 & two=$!
  ADMITTED=0
  wait "$one" && ADMITTED=$((ADMITTED + 1))
  wait "$two" && ADMITTED=$((ADMITTED + 1))
}
MOST=0 ALL=0
right_now
for user in u06 u07 u08 u09; do twice "$user"; ALL=$((ALL + ADMITTED)); [ "$ADMITTED" -le "$MOST" ] || MOST=$ADMITTED; done
it "one code on two hosts at once lets in once" test "$MOST $ALL" = "1 4"

# --- what people and root do there
as() { setpriv --reuid "$1" --regid "$1" --clear-groups env HOME=/ "$W/bin/seimon" "${@:2}"; }  # USER WORDS …
it "people see their own methods there" bash -c "$(declare -f as); W=$W; as u10 list | grep -q 'authenticator app'"
it "and nobody else's" exits 3 as u10 list u11
it "root of a host is no administrator" exits 4 seimon list u10
it "and hears where to go" has "$W/out/command" "on one of its gates"

# --- bytes of a stranger who has a host's certificate
say() {  # FILE MESSAGE …: each is answered before the next; the answers are left in $W/out/said
  local message answer
  : >"$W/out/said"
  coproc SPEAK { timeout 20 ip netns exec srv socat -t 5 - "OPENSSL:10.31.1.2:8743,cert=$1,cafile=$W/out/authority.crt,commonname=gate1.test,openssl-min-proto-version=TLS1.3" 2>"$W/out/socat"; }
  local pid=$SPEAK_PID in=${SPEAK[0]} out=${SPEAK[1]}
  for message in "${@:2}"; do
    printf '%s\0' "$message" >&"$out" 2>/dev/null || break
    answer=
    IFS= read -r -d '' -t 10 answer <&"$in"
    printf '%s\n' "$answer" >>"$W/out/said"
    [ -n "$answer" ] || break
  done
  kill "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  return 0
}
openssl x509 -in "$AUTHORITY" -out "$W/out/authority.crt"
begin() { printf '{"method":"io.seimon.Relay.Begin","parameters":{"version":1,"uid":%s,"user":"%s","boot":"b","session":"","release":"0","clock":%s}}' "$1" "$2" "$(date +%s)"; }
call() { printf '{"method":"%s","parameters":%s}' "$1" "$2"; }
uid() { id -u "$1"; }
say "$W/web1.pem" "$(begin 0 '')" "$(call io.seimon.Admin.Status '{}')"
it "who speaks for a host is heard" bash -c "head -n 1 '$W/out/said' | grep -q suspended"
it "root there may ask nothing of an administrator's" has "$W/out/said" NotPermitted
say "$W/web1.pem" "$(begin 0 '')" "$(call io.seimon.Admin.Export '{"user":"u10"}')"
it "nor have keys" has "$W/out/said" NotPermitted
say "$W/web1.pem" "$(begin "$(uid u10)" u10)" "$(call io.seimon.Admin.List '{"user":"u11"}')"
it "people there ask for themselves alone" has "$W/out/said" NotPermitted
say "$W/web1.pem" "$(begin "$(uid seimon-delivery)" seimon-delivery)" "$(call io.seimon.Admin.NextDelivery '{}')"
it "nobody there has the mail" has "$W/out/said" NotPermitted
say "$W/web1.pem" "$(begin 12345 u10)"
it "a name with another uid is not believed" has "$W/out/said" "uid of its own"
say "$W/web1.pem" "$(begin 0 '' | sed 's/"version":1/"version":2/')" "$(call io.seimon.Admin.Status '{}')"
it "a host of a newer protocol is refused, and both versions are named" grep -q 'has versions 2 to 2 of the protocol, this gate 1 to 1' "$W/out/said"
it "and nothing else is answered there" test "$(grep -c . "$W/out/said")" = 1
say "$W/web1.pem" "$(begin 0 '' | sed 's/"version":1/"version":9,"oldest":1,"news":{"a":1}/')" "$(call io.seimon.Admin.Status '{}')"
it "one that has our version, too, is served, whatever else it says" bash -c "head -n 1 '$W/out/said' | grep -q suspended"
say "$W/web1.pem" "$(call io.seimon.Relay.Host '{"version":1,"host":"web2.test","serial":"00"}')"
it "a host cannot say that it is another" test ! -s <(tr -d '\n' <"$W/out/said")
say "$W/web1.pem" "$(call io.seimon.Login.Open '{}')"
it "nor begin with anything else" test ! -s <(tr -d '\n' <"$W/out/said")

big() { printf '{"method":"io.seimon.Relay.Begin","parameters":{"version":1,"uid":0,"user":"","boot":"b","session":"","release":"0","clock":%s}}' "$1"; }
say "$W/web1.pem" "$(begin 0 '' | sed 's/"boot":"b"/"boot":"b\\t"/')"
it "a boot that would end a field of a record is not taken" test ! -s <(tr -d '\n' <"$W/out/said")
say "$W/web1.pem" "$(big 9223372036854775807)"
it "a clock that no clock shows is not calculated with" test ! -s <(tr -d '\n' <"$W/out/said")
handed_over() { jq -cn --argjson at "$1" --arg event "$2" --arg outcome "$3" '{at: $at, event: $event, outcome: $outcome, user: "forged", host: "gate1.test"}'; }
LINES=$(handed_over "$(date +%s)" suspend done; handed_over 99999999999 login accepted; handed_over "$(date +%s)" login skipped)
say "$W/web1.pem" "$(begin 0 '')" "$(call io.seimon.Relay.Events "$(jq -cn --arg lines "$LINES" '{lines: $lines}')")"
in_the_trail() { mine log -u forged --json | jq -c '[.[] | [.event, .outcome, .host]]'; }
it "what a host hands over is of logins of its own, of a time that can be" test "$(in_the_trail)" = '[["login","skipped","web1.test"]]'

# Of another host's login: the conversation is known to the trail, so it may be known to others.
right_now
it "a login on one host" bash -c "printf '%s\n' $(code u12) | pamtester seimon u12 authenticate acct_mgmt >/dev/null 2>&1"
CONVERSATION=$(mine log -u u12 -n 1 | grep -o 'conversation="[^"]*"' | cut -d'"' -f2)
SESSION=$(call io.seimon.Login.Session "{\"version\":1,\"user\":\"u12\",\"service\":\"seimon\",\"conversation\":\"$CONVERSATION\",\"ticket\":\"\"}")
say "$W/web2.pem" "$(begin 0 '')" "$SESSION"
it "another host gets no ticket for it" bash -c "tail -n 1 '$W/out/said' | jq -e '.parameters.ticket == \"\"' >/dev/null"
say "$W/web1.pem" "$(begin 0 '')" "$SESSION"
it "its own host does" bash -c "tail -n 1 '$W/out/said' | jq -e '.parameters.ticket != \"\"' >/dev/null"

# --- root of a stolen host: web2, which the gates do not trust; web1 beside it, which they do
on_behalf_of() {  # CERTIFICATE USER: an exempt login that never was, its account and session lines; TICKET
  local open="\"user\":\"$2\",\"service\":\"sshd\"" id
  TICKET=none
  say "$1" "$(begin 0 '')" "$(call io.seimon.Login.Open "{\"version\":1,$open,\"rhost\":\"$CAMPUS4\",\"tty\":\"ssh\",\"ruser\":\"\",\"ssh_connection\":\"$CAMPUS4 1 $SRV4_CAMPUS 22\",\"ssh_auth_info\":\"\",\"purpose\":\"\",\"one_answer\":false,\"uid\":$(uid "$2")}")"
  id=$(grep -o '"conversation":"[^"]*"' "$W/out/said" | tail -n 1 | cut -d'"' -f4)
  say "$1" "$(begin 0 '')" "$(call io.seimon.Login.Account "{\"version\":1,$open,\"rhost\":\"$CAMPUS4\",\"tty\":\"ssh\",\"conversation\":\"$id\"}")"
  say "$1" "$(begin 0 '')" "$(call io.seimon.Login.Session "{\"version\":1,$open,\"conversation\":\"$id\",\"ticket\":\"\"}")"
  TICKET=$(tail -n 1 "$W/out/said" | jq -r .parameters.ticket)
}
enrol_for() { call io.seimon.Admin.Enroll "{\"user\":\"$1\",\"ticket\":\"$TICKET\"}"; }
on_behalf_of "$W/web1.pem" u20
it "the word of a trusted host on addresses earns what it earns at a gate" test "${#TICKET}" = 32
say "$W/web1.pem" "$(begin "$(uid u20)" u20)" "$(enrol_for u20)"
it "a first phone, from the campus" has "$W/out/said" otpauth
on_behalf_of "$W/web2.pem" u21
it "another host's earns no ticket" test -z "$TICKET"
say "$W/web2.pem" "$(begin "$(uid u21)" u21)" "$(enrol_for u21)"
it "and registers no phone for somebody who has none" has "$W/out/said" "from this host no first method is registered"
on_behalf_of "$W/web2.pem" u13
say "$W/web2.pem" "$(begin "$(uid u13)" u13)" "$(call io.seimon.Admin.Enroll '{"user":"u13"}')"
it "nor a second one for somebody who has one" has "$W/out/said" ProofNeeded
made_up() {  # CERTIFICATE USER
  local id
  coproc SPEAK { timeout 20 ip netns exec srv socat -t 5 - "OPENSSL:10.31.1.2:8743,cert=$1,cafile=$W/out/authority.crt,commonname=gate1.test,openssl-min-proto-version=TLS1.3" 2>"$W/out/socat"; }
  local pid=$SPEAK_PID in=${SPEAK[0]} out=${SPEAK[1]} answer
  for message in "$(begin 0 '')" "$(call io.seimon.Login.Open "{\"version\":1,\"user\":\"$2\",\"service\":\"sshd\",\"rhost\":\"$HOME4\",\"tty\":\"ssh\",\"ruser\":\"\",\"ssh_connection\":\"$HOME4 1 $SRV4_HOME 22\",\"ssh_auth_info\":\"\",\"purpose\":\"\",\"one_answer\":false,\"uid\":$(uid "$2")}")" ANSWER ANSWER ANSWER; do
    [ "$message" != ANSWER ] || message=$(call io.seimon.Login.Answer "{\"conversation\":\"$id\",\"answer\":\"000000\"}")
    printf '%s\0' "$message" >&"$out" 2>/dev/null || break
    answer=
    IFS= read -r -d '' -t 10 answer <&"$in"
    id=$(grep -o '"conversation":"[^"]*"' <<<"$answer" | cut -d'"' -f4)
  done
  kill "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  return 0
}
for _ in 1 2 3; do made_up "$W/web2.pem" u13; done
it "failures that it makes up are counted, in a scope of its own" bash -c "[ \$(seimon --socket $W/gate1.sock log -u u13 --event try --host web2.test --json | jq length) -ge 5 ] && seimon --socket $W/gate1.sock status u13 --json | jq -e '.budget.failures == 0 and .budget.state == \"open\"' >/dev/null"
right_now
it "so the owner gets in elsewhere with one code" log_in home u13 "$SRV4_HOME" "$(code u13)"

# --- strangers
printf '{"method":"io.seimon.Relay.Host","parameters":{"version":1,"host":"web1.test","serial":"00"}}\0' |
  ip netns exec srv socat -t 2 - TCP:10.31.1.2:8743 >"$W/out/plain" 2>/dev/null
it "without TLS nobody is heard" bash -c "! grep -q parameters '$W/out/plain'"
tls() { ip netns exec srv timeout 10 openssl s_client -connect 10.31.1.2:8743 -cert "$W/web1.pem" -key "$W/web1.pem" -CAfile "$W/out/authority.crt" "$@" </dev/null >"$W/out/tls" 2>&1; has "$W/out/tls" 'New, TLSv1'; }
it "TLS 1.3 is spoken" tls -tls1_3
it "and nothing older" refused tls -tls1_2
"$W/bin/seimon-authority" host web1.test 10 "$W/etc/other.pem" "$W/other.pem" >/dev/null
say "$W/other.pem" "$(begin 0 '')"
it "nor with a certificate of somebody else's authority" test ! -s <(tr -d '\n' <"$W/out/said")
env LD_PRELOAD="$FAKETIME_LIBRARY" FAKETIME=-3d "$W/bin/seimon-authority" host web1.test 1 "$AUTHORITY" "$W/old.pem" >/dev/null
say "$W/old.pem" "$(begin 0 '')"
it "nor with one that has expired" test ! -s <(tr -d '\n' <"$W/out/said")
"$W/bin/seimon-authority" host web9.test 10 "$AUTHORITY" "$W/web9.pem" >/dev/null
say "$W/web9.pem" "$(begin 0 '')"
it "a host that was never enrolled hears so" has "$W/out/said" "not enrolled"

# --- one gate away, both away
stopped door-gate1
right_now
it "the first gate is down: the second takes over, in time" log_in home u10 "$SRV4_HOME" "$(code u10)"
door_start gate1
stopped door-gate2
right_now
it "and back" log_in home u11 "$SRV4_HOME" "$(code u11)"
door_start gate2
ip netns exec gate1 nft add table ip drop_all
ip netns exec gate1 nft 'add chain ip drop_all in { type filter hook input priority 0; policy drop; }'
right_now
it "a gate that swallows everything is passed over, in time" log_in home u29 "$SRV4_HOME" "$(code u29)"
ip netns exec gate1 nft delete table ip drop_all

# --- crowds: at a gate, and of ordinary users on a login host
touch "$W/tmp/crowd"; chmod 666 "$W/tmp/crowd"
it "600 connections of one address to a gate" crowd ip netns exec web2 -- 600 10.31.1.2:8743
right_now
it "600 silent connections of one address keep no other host out" log_in home u27 "$SRV4_HOME" "$(code u27)"
it "the address that they came from has no room left" refused enter_by web2 u26 "$(code u26)"
disperse
touch "$W/tmp/crowd"; chmod 666 "$W/tmp/crowd"
for i in $(seq 30 45); do
  crowd setpriv --reuid "$(id -u "u$i")" --regid "$(id -g "u$i")" --clear-groups -- 40 /run/seimon/seimon.sock "{\"method\":\"io.seimon.Admin.List\",\"parameters\":{\"user\":\"u$i\"}}" || fail "u$i opens no connections"
done
right_now
it "640 connections of ordinary users of a host keep its logins out of nothing" log_in home u25 "$SRV4_HOME" "$(code u25)"
disperse

# --- a name server that never answers, asked for one gate's name
printf '%s\n' 'nameserver 127.0.0.1' 'options timeout:60 attempts:1' >"$W/etc/resolv.conf"
mount --bind "$W/etc/resolv.conf" /etc/resolv.conf
ip netns exec srv socat -u UDP4-RECV:53,bind=127.0.0.1 /dev/null & SILENT=$!
PIDS+=("$SILENT")
stopped web1
printf '%s\n' '127.0.0.1 localhost' '10.31.2.2 gate2.test' >"$W/etc/hosts"
web1_start
right_now
it "while one gate's name is not found, the other gate is asked in time" log_in home u28 "$SRV4_HOME" "$(code u28)"
kill "${SERVICE[web1]}"
it "and a stop waits for no name" wait_until "! kill -0 ${SERVICE[web1]} 2>/dev/null"
stopped web1
printf '%s\n' '127.0.0.1 localhost' '10.31.1.2 gate1.test' '10.31.2.2 gate2.test' >"$W/etc/hosts"
umount /etc/resolv.conf
stop_one "$SILENT"
web1_start
it "a host that was started again hears from a gate" wait_until hears_a_gate

for gate in gate1 gate2; do stopped "door-$gate"; done
right_now
it "no gate: nobody is let in by a code" refused log_in home u14 "$SRV4_HOME" "$(code u14)"
it "who is exempt by the host's own rules gets in" log_in campus u15 "$SRV4_CAMPUS"
it "status says which gates do not answer" bash -c "seimon status | grep -q 'gate1.test'"
mine suspend u15 >/dev/null
for gate in gate1 gate2; do door_start "$gate"; done
it "they are back: so are logins" wait_until "right_now; log_in home u14 $SRV4_HOME \$(code u14)"
stopped web1
web1_start
it "what was decided meanwhile comes into the trail" wait_until "mine log -u u15 | grep -q 'host=\"web1.test\"'"
it "and hears who is suspended" wait_until hears_a_gate
for gate in gate1 gate2; do stopped "door-$gate"; done
it "who was suspended is kept out, gate or no gate" refused log_in campus u15 "$SRV4_CAMPUS"
for gate in gate1 gate2; do door_start "$gate"; done
read -r -t 5 <> <(:)

# --- a certificate for another name; a host's certificate used as a gate's
stopped door-gate2
door_start gate2 "$W/gate1/gate.pem"
stopped door-gate1
right_now
it "a gate with another gate's certificate is not spoken to" refused log_in home u16 "$SRV4_HOME" "$(code u16)"
it "and the log says why" has "$W/out/seimond.log" "hostname mismatch"
stopped door-gate2
"$W/bin/seimon-authority" host gate2.test 10 "$AUTHORITY" "$W/false.pem" >/dev/null
door_start gate2 "$W/false.pem"
read -r -t 5 <> <(:)
right_now
it "nor is a host that calls itself a gate" refused log_in home u16 "$SRV4_HOME" "$(code u16)"
it "and the log says that, too" has "$W/out/seimond.log" "certificate purpose"
stopped door-gate2
for gate in gate1 gate2; do door_start "$gate"; done
read -r -t 5 <> <(:)

# --- clocks, renewal, theft
it "a host whose enrolment is not sure: told" exits 4 seimon --socket "$W/nobody.sock" host enroll web4.test --out "$W/web4.pem" --authority "$AUTHORITY"
it "with the file, and what to do" has "$W/out/command" "$W/web4.pem was written, and may not be enrolled"
stopped web2
web2_start "LD_PRELOAD=$W/bin/libboottime.so:$FAKETIME_LIBRARY" FAKETIME=-90s FAKETIME_DONT_FAKE_MONOTONIC=1
right_now
it "the gate's clock counts, whatever the host's says" enter_by web2 u17 "$(code u17)"
it "the list of hosts says how far it is off" bash -c "seimon --socket $W/gate1.sock host list --json | jq -e '.hosts[] | select(.host == \"web2.test\") | .clock_offset < -85' >/dev/null"
stopped web2
web2_start
issue web1.test "$W/web1-new.pem" >/dev/null
say "$W/web1.pem" "$(begin 0 '')"
it "a renewed host's old certificate counts no more" has "$W/out/said" "not its newest"
say "$W/web1-new.pem" "$(begin 0 '')"
it "the new one does" has "$W/out/said" suspended
right_now
rm -f "$W/tmp/go"
CODE=$(code u18)
( for _ in $(seq 300); do [ -e "$W/tmp/go" ] || read -r -t 0.1 <> <(:); done; printf '%s\n' "$CODE" 0 0 ) |
  pamtester web2 u18 authenticate >"$W/out/enter" 2>&1 & WAITING=$!
wait_until "grep -q code '$W/out/enter'"
it "a stolen host is revoked" exits 0 mine host revoke web2.test
touch "$W/tmp/go"
it "the conversation that is open there ends" refused wait "$WAITING"
it "and its right code was not used for it" bash -c "! seimon --socket $W/gate1.sock log -u u18 | grep -q accepted"
it "nothing else from there is heard" refused enter_by web2 u19 "$(code u19)"
it "the list says so" bash -c "seimon --socket $W/gate2.sock host list | grep web2.test | grep -q revoked"
it "a host that nobody enrolled cannot be revoked" exits 5 mine host revoke web7.test
it "who did that stands in the trail" bash -c "seimon --socket $W/gate1.sock log | grep 'event=\"host\"' | grep -q 'outcome=\"revoked\"'"

issue web3.test "$W/web3.pem" --days 20 >/dev/null
it "a certificate that ends soon is told at the gates" bash -c "seimon --socket $W/gate2.sock status | grep 'problem' | grep -q web3.test"
it "one that does not is not" bash -c "! seimon --socket $W/gate2.sock status | grep -q 'the host web1.test'"

# --- bad configuration
wrong() { printf '%s\n' "$1" >"$W/web1/wrong.conf"; exits 6 "$W/bin/seimond" --check --config "$W/web1/wrong.conf"; }
it "a gate that is no URL is named" wrong 'upstream = ( { url = "gate1.test"; } );'
it "with what would be right" has "$W/out/command" 'tls://gate1.example.org:8743'
it "gates beside a store of its own" wrong "store: { url = \"postgresql:service=x\"; }; upstream = ( { url = \"tls://gate1.test\"; } );"
it "a certificate that is not there" wrong 'upstream = ( { url = "tls://gate1.test"; certificate = "/nowhere.pem"; } );'

it "observing beside gates is told: everybody would pass without them" bash -c "{ echo 'mode = \"observe\";'; grep upstream $W/web1/seimon.conf; } >$W/web1/observing.conf; $W/bin/seimond --check --config $W/web1/observing.conf 2>&1 | grep -q 'everybody is let in'"
chmod 644 "$W/web1.pem"
it "a private key that others may read" wrong "upstream = ( { url = \"tls://gate1.test\"; certificate = \"$W/web1.pem\"; } );"
it "with the fix" has "$W/out/command" "chmod o="
finish
