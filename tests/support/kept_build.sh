#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds module, service and gate of an earlier commit, for tests/system/versions.sh: the oldest that has to
# work together with today's. usage: kept_build.sh FOLDER
set -eu
kept=b98f7f05453ae5e606a37084a622247af2394cd4
cd "$(dirname "$0")/../.."
folder=$1
. tests/rules/sources.sh
git cat-file -e "$kept^{commit}" 2>/dev/null || { echo "no clone with commit $kept: system/versions will be skipped"; exit 0; }
[ "$(cat "$folder/commit" 2>/dev/null)" != "$kept" ] || exit 0
rm -rf "$folder"
mkdir -p "$folder/source"
git archive "$kept" | tar -x -C "$folder/source"
cmake -S "$folder/source" -B "$folder" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DSEIMON_TESTS=OFF \
  -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=20 >/dev/null
cmake --build "$folder" -j "$(nproc)" --target pam_seimon seimond seimon-gate
printf '%s\n' "$kept" >"$folder/commit"
