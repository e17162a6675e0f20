#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The page beside 100 sign-ins a second of other people: how long it takes to answer, and how large its first view is.
# Usage: sudo tests/bench/page.sh [SECONDS [AT ONCE]]   (30, 1: how many of ten in a tenth of a second). Printed, not asserted; every sign-in must succeed.
set -u
. "$(dirname "$0")/../support/packages.sh"
. "$(dirname "$0")/../support/world.sh"
. "$(dirname "$0")/stage.sh"
HERE=$(cd "$(dirname "$0")" && pwd)
stage_enter "$0" "$@"
SECONDS_OF_LOAD=${1:-30} AT_ONCE=${2:-1} PEOPLE=6000
. "$HERE/../support/page.sh"
page_config 'default: { action = "require"; unenrolled = "deny"; };'
"$build/tests/bench_people" seimon "sqlite:$W/state/seimon.db" "$W/etc/seal.key" 0 "$PEOPLE" || fail "no people"
LD_PRELOAD=$DIRECTORY "$W/bin/seimond" --config "$W/etc/seimon.conf" --state "$W/state" </dev/null >/dev/null 2>"$W/out/seimond.log" &
PIDS+=($!)
wait_until "seimon status >/dev/null 2>&1" || fail "no service: $(cat "$W/out/seimond.log")"
page_start
stack load "auth required $W/bin/pam_seimon.so"
# Ten people each tenth of a second; each person's code is used once.
load() {
  local i next=$EPOCHREALTIME left
  for ((i = 0; i < SECONDS_OF_LOAD * 10; i++)); do
    pam_bench load code same $((i * 10 % PEOPLE)) 10 "$AT_ONCE" "$PEOPLE" "$W/out/raw" >>"$W/out/load" 2>&1
    next=$(awk -v t="$next" 'BEGIN {printf "%.6f", t + 0.1}')
    left=$(awk -v t="$next" -v now="$EPOCHREALTIME" 'BEGIN {d = t - now; print d > 0 ? d : 0}')
    [ "$left" = 0 ] || nap "$left"
  done
}
measure() { ip netns exec srv python3 "$HERE/page.py" "$CAMPUS4" "$PASSWORD" "$1"; }
echo "alone:"
measure 5
load & LOAD=$!
echo "beside the sign-ins:"
measure "$SECONDS_OF_LOAD"
wait "$LOAD"
awk -v seconds="$SECONDS_OF_LOAD" '{in_ += $1; n += 10} END {printf "sign-ins: %d of %d got in, %.0f a second\n", in_, n, n / seconds; exit in_ != n}' "$W/out/load" || { tail -n 3 "$W/out/load"; exit 1; }
