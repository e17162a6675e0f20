#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Logins with this build's seimond, another seimond and google-authenticator, in turn in one run: what a change brought.
# Usage: sudo tests/bench/compare.sh OTHER_SEIMOND [ROUNDS [AT_ONCE …]]  (10 rounds; 1 2 8 32). Printed, not asserted.
set -u
. "$(dirname "$0")/../support/packages.sh"
. "$(dirname "$0")/../support/world.sh"
. "$(dirname "$0")/stage.sh"
[ -x "${1-}" ] || { echo "usage: sudo tests/bench/compare.sh OTHER_SEIMOND [ROUNDS [AT_ONCE …]]" >&2; exit 2; }
stage_enter "$0" "$@"
ROUNDS=${2:-10} POOL=20000 LOGINS=200
AT_ONCE=("${@:3}")
[ ${#AT_ONCE[@]} -gt 0 ] || AT_ONCE=(1 2 8 32)
CASES=$W/tmp/cases
: >"$CASES"

# Not "other", which PAM goes by for every service.
serve this "$POOL"
install -m 755 "$1" "$W/bin/other-seimond"
mkdir "$W/that"
configure that
"$build/tests/bench_people" seimon "sqlite:$W/that/seimon.db" "$W/etc/seal.key" 0 "$POOL" || fail "cannot fill the other's store"
LD_PRELOAD=$DIRECTORY "$W/bin/other-seimond" --config "$W/etc/that.conf" --state "$W/that" --socket "$W/that.sock" </dev/null >/dev/null 2>&1 &
PIDS+=($!)
wait_until "seimon --socket $W/that.sock status >/dev/null 2>&1" || fail "the other seimond does not serve"
mkdir "$W/google"
"$build/tests/bench_people" google "$W/google" "$POOL"
stack google "auth required pam_google_authenticator.so secret=$W/google/\${USER} user=root"
for name in this that; do stack "$name" "$(ours "$name")"; done

# Each login is another person's, so that no code is used twice.
declare -A FIRST=()
for _ in $(seq "$ROUNDS"); do
  for at in "${AT_ONCE[@]}"; do
    for name in google that this; do
      line=$(pam_bench "$name" code same "${FIRST[$name]-0}" "$LOGINS" "$at" "$POOL" /dev/null)
      FIRST[$name]=$((${FIRST[$name]-0} + LOGINS))
      [ "${line%% *}" = "$LOGINS" ] || echo "$name, $at at once: ${line%% *} of $LOGINS got in" >&2
      echo "$name $at $line" >>"$CASES"
    done
  done
done
python3 - "$CASES" <<'PYTHON'
import collections, statistics, sys

rows = collections.defaultdict(list)
for line in open(sys.argv[1], encoding="ascii"):
    name, at, _, _, p50, p95, p99, _ = line.split()
    rows[int(at), name].append([float(p50), float(p95), float(p99)])
print("| at once | seimond | p50 : google | p95 | p99 |\n|---|---|---|---|---|")
for at in sorted({at for at, _ in rows}):
    for name in ("that", "this"):
        pairs = list(zip(rows[at, name], rows[at, "google"]))
        print(f"| {at} | {name} | " + " | ".join(f"{statistics.median(mine[i] / theirs[i] for mine, theirs in pairs):.2f}" for i in range(3)) + " |")
PYTHON
