#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# How many branches of core/ the unit tests and scenarios take: at least 95 of 100, and every one where a verdict is
# formed. usage: coverage.sh BUILD BUILD-WITH-COVERAGE, where the suites asan/… have left their profiles
cd "$(dirname "$0")/../.." || exit 1
. tests/rules/sources.sh
mapfile -t core < <(ours 'core/*.cc')
build=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
objects=()
profiles=("$build"/profiles/*.profraw)
[ ${#profiles[@]} -ge 10 ] || { echo "only ${#profiles[@]} profiles in $build: sudo ./test.sh rules/coverage makes them"; exit 1; }
for profile in "${profiles[@]}"; do
  test=$(basename "$profile" .profraw)
  [ "$test" = scenarios_core ] || objects+=(-object "$build/tests/$test")
done
llvm-profdata merge -sparse "${profiles[@]}" -o "$scratch/all.profdata" || exit 1
report() { llvm-cov report "$build/tests/stage_core" "${objects[@]}" -instr-profile="$scratch/all.profdata" "$@" 2>/dev/null; }
missing() {
  llvm-cov show "$build/tests/stage_core" "${objects[@]}" -instr-profile="$scratch/all.profdata" -show-branches=count "$@" 2>/dev/null |
    grep -B 2 -E 'Branch \(.*(True: 0|False: 0)'
}
percent() { tail -n 1 | awk '{print $NF}' | tr -d '%'; }
all=$(report "${core[@]}" | percent)
verdict=$(report core/login/conversation.cc core/login/admission.cc core/account/risk.cc | percent)
echo "branches taken: core/ $all %, where verdicts are formed (conversation, admission, risk) $verdict %"
awk -v all="$all" -v verdict="$verdict" 'BEGIN {exit !(all >= 95 && verdict >= 100)}' && exit
missing core/login/conversation.cc core/login/admission.cc core/account/risk.cc
[ -z "${VERBOSE-}" ] || missing "${core[@]}"
exit 1
