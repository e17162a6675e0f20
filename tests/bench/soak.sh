#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# As many logins as there can be, for a long time, with wrong codes, reloads and, in the first half, kills: memory,
# descriptors and times stay as they are. Usage: sudo tests/bench/soak.sh [MINUTES] (30; 0: a short one).
# Asserted: nothing grows, nobody is let in twice, and nobody with a right code is refused for long. Times are printed.
set -u
. "$(dirname "$0")/../support/packages.sh"
. "$(dirname "$0")/../support/world.sh"
. "$(dirname "$0")/stage.sh"
stage_enter "$0" "$@"
MINUTES=${1:-30}
PEOPLE=60000 FIRST=0 LOST=0 TWICE=0 WRONG=0 KILLS=0 LOGINS=0
# So many wrong codes in so short a time would make two in a row asked of those whom they hit, as they should.
serve main "$PEOPLE" "risk: { quarter_hour = 1e-3; day = 1e-3; month = 1e-3; }; $ASK_ALL"
stack main "$(ours main)"

slice() {  # COUNT [kill]
  local line again killed=$2 some=$((RANDOM % ($1 - 16)))  # who is tried with used and wrong codes
  [ "$killed" = no ] || (read -r -t "0.$((RANDOM % 5 + 1))" <> <(:); kill -KILL "$SERVICE_main") &
  local killer=$!
  line=$(pam_bench main code same "$FIRST" "$1" 8 "$PEOPLE" "$W/out/raw")
  wait "$killer" 2>/dev/null
  if [ "$killed" != no ]; then
    wait "$SERVICE_main" 2>/dev/null
    start main
    KILLS=$((KILLS + 1))
  elif [ "${line%% *}" != "$1" ]; then
    LOST=$((LOST + $1 - ${line%% *}))
  fi
  # A used code stays used, whatever happened since.
  again=$(pam_bench main before same "$((FIRST + some))" 8 8 "$PEOPLE" "$W/out/again")
  [ "$killed" != no ] || TWICE=$((TWICE + ${again%% *}))
  line=$(pam_bench main wrong same "$((FIRST + some + 8))" 8 8 "$PEOPLE" "$W/out/wrong")
  WRONG=$((WRONG + ${line%% *}))
  [ -n "$again" ] && [ -n "$line" ] || fail "the driver says nothing"
  kill -HUP "$SERVICE_main"
  FIRST=$((FIRST + $1))
  LOGINS=$((LOGINS + $1))
}
resident() { awk '/^VmRSS/ {print $2}' "/proc/$SERVICE_main/status"; }
descriptors() { ls "/proc/$SERVICE_main/fd" | wc -l; }
p99() { tail -n "$1" "$W/out/raw" | awk -F'\t' '$7 && $8 {print $6}' | sort -n | awk '{v[NR] = $1} END {printf "%.1f", v[int(NR * 0.99)] / 1000}'; }
until_over() {  # MINUTES COUNT LEAST-SLICES [kill]
  local end=$(($(date +%s) + $1 * 60)) done=0
  while [ "$done" -lt "$3" ] || [ "$(date +%s)" -lt "$end" ]; do
    slice "$2" "$4"
    done=$((done + 1))
  done
}

COUNT=2000
[ "$MINUTES" -gt 0 ] || COUNT=500
until_over $((MINUTES / 2)) "$COUNT" 5 kill
COUNT=2000
it "killed $KILLS times, it comes back each time" seimon --socket "$W/main.sock" status
# Until what is kept of the latest logins is as much as it gets.
until_over 0 "$COUNT" 9 no
memory=$(resident) files=$(descriptors) early=$(p99 $((COUNT * 4)))
until_over $((MINUTES - MINUTES / 2)) "$COUNT" 6 no
echo "$LOGINS logins; p99 $early ms early, $(p99 $((COUNT * 4))) ms late; memory $memory kB early, $(resident) kB late; descriptors $files early, $(descriptors) late"
it "who had a right code got in, while nobody killed it: all but $LOST" test "$LOST" = 0
it "no code let in twice" test "$TWICE" = 0
it "no wrong code let in" test "$WRONG" = 0
it "memory does not grow" test "$(resident)" -le $((memory + 1024))
it "descriptors do not grow" test "$(descriptors)" -le $((files + 2))
it "and the store is whole" seimon --socket "$W/main.sock" repair --check
finish
