#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One code at the same moment by two hundred, and a service that dies at any moment.
# usage: at_once.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
mkdir -p "$W/once.d"
for service in once other; do echo "auth required $W/bin/pam_seimon.so timeout=20" >"$W/once.d/$service"; done
MANY=$1/tests/many
seimond_start
# No limit of failures stands in the way: a code that was spent does not count.
for user in $(seq -f 'u%02g' 0 3); do
  enrol "$user"
  it "of 200 logins with one code exactly one gets in ($user)" test "$("$MANY" "$W/once.d" once "$user" "$(code "$user")" 200)" = "1 of 200"
  it "and of 64 with the next code" test "$("$MANY" "$W/once.d" once "$user" "$(code "$user" 1)" 64)" = "1 of 64"
done
it "the trail has one acceptance for each" test "$(seimon log -u u00 -n 1000 | grep -c 'event="login" outcome="accepted"')" = 2

# SIGKILL at random moments of three logins with one right code. Oracle: nobody gets in twice, before and after together.
kill_round() {  # USER DELAY-MS SIGNAL
  local user=$1 result=0
  enrol "$user"
  local right
  right=$(code "$user")
  ("$MANY" "$W/once.d" once "$user" "$right" 3 >"$W/out/first" 2>&1) &
  local logins=$!
  read -r -t "0.$(printf '%03d' "$2")" <> <(:) || true
  kill -"$3" "$SEIMOND"
  wait "$SEIMOND" 2>/dev/null
  seimond_start
  wait "$logins"
  local first second
  first=$(cut -d' ' -f1 "$W/out/first")
  second=$("$MANY" "$W/once.d" once "$user" "$right" 1 | cut -d' ' -f1)
  [ $((first + second)) -le 1 ] || { echo "$user: in twice (killed after $2 ms)"; result=1; }
  [ "$("$MANY" "$W/once.d" once "$user" "$(code "$user" 1)" 1)" = "1 of 1" ] || { echo "$user: the next login failed"; result=1; }
  return $result
}
RANDOM=20261121
for i in $(seq 10 29); do
  it "killed at a random moment: no code twice, the next login works (u$i)" kill_round "u$i" $((RANDOM % 60)) KILL
done
for i in $(seq 30 35); do
  it "ended in the middle of logins: the same (u$i)" kill_round "u$i" $((RANDOM % 60)) TERM
done

# Counted tries: each wrong code that was answered is in the store after a kill.
enrol u40
answered=0
for i in 1 2 3 4; do
  "$MANY" "$W/once.d" once u40 "00000$i" 1 >/dev/null
  answered=$((answered + 1))
  kill -KILL "$SEIMOND"
  wait "$SEIMOND" 2>/dev/null
  seimond_start
  it "after a kill $answered answered tries are counted" test "$(seimon status u40 --json | jq .budget.failures)" -ge "$answered"
done
finish
