#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs every fuzz target for SECONDS each, on a build with clang and -DSEIMON_FUZZ=ON, from the checked-in corpora.
# usage: run.sh SECONDS [BUILD (build/clang)]
cd "$(dirname "$0")/../.." || exit 1
build=${2:-build/clang} bad=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for source in tests/fuzz/fuzz_*.cc; do
  name=$(basename "$source" .cc)
  mkdir -p "$scratch/$name"
  corpus=()
  [ -d "tests/fuzz/corpus_${name#fuzz_}" ] && corpus=("tests/fuzz/corpus_${name#fuzz_}")
  # libconfig 1.5 itself loses a text at some syntax errors.
  LLVM_PROFILE_FILE=/dev/null ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=$([ "$name" = fuzz_config ] && echo 0 || echo 1) \
    "$build/tests/$name" -max_total_time="$1" -max_len=2000 -seed=1 -artifact_prefix="$scratch/" "$scratch/$name" "${corpus[@]}" \
    >"$scratch/log" 2>&1 || { tail -n 40 "$scratch/log"; bad=1; }
  echo "$name: $(grep -oE 'Done [0-9]+ runs in [0-9]+ second' "$scratch/log" | tail -n 1)"
done
exit $bad
