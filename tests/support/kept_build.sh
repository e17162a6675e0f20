#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds module, service and gate of an earlier commit, for tests/system/versions.sh: the oldest that has to
# work together with today's. usage: kept_build.sh FOLDER
set -eu
# A tree, not a commit: it is the same where the history was rewritten.
kept=2119c994e79508c78b2052b82e52bae1d199e6f4
cd "$(dirname "$0")/../.."
folder=$1
. tests/rules/sources.sh
git cat-file -e "$kept^{tree}" 2>/dev/null || { echo "no clone with the tree $kept: system/versions will be skipped"; exit 0; }
[ "$(cat "$folder/tree" 2>/dev/null)" != "$kept" ] || exit 0
rm -rf "$folder"
mkdir -p "$folder/source"
git archive "$kept" | tar -x -C "$folder/source"
compiler=()
! command -v clang++ >/dev/null || compiler=(-DCMAKE_CXX_COMPILER=clang++)  # it takes four fifths of g++'s time
export GLIBC_TUNABLES=glibc.malloc.hugetlb=1  # as in build.sh
cmake "${compiler[@]}" -S "$folder/source" -B "$folder" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DSEIMON_TESTS=OFF \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=20 >/dev/null
cmake --build "$folder" -j "$(nproc)" --target pam_seimon seimond seimon-gate
printf '%s\n' "$kept" >"$folder/tree"
