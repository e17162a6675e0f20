#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-format and clang-tidy have nothing to say. usage: style.sh BUILD [BUILD-BY-CLANG]
cd "$(dirname "$0")/../.." || exit 1
files=$(ls wire/*.{h,cc} pam_module/*.{h,cc} core/*.{h,cc} store/*.{h,cc} square/*.{h,cc} daemon/*.{h,cc} tools/*.{h,cc} tools/*/*.{h,cc} tests/*/*.{h,cc})
clang-format-14 --dry-run -Werror $files || exit 1
build=${2:-$1}
out=$(mktemp)
code=0
tidy() {  # CHECKS: of the files on standard input
  xargs -0 -n 1 -P "$(nproc)" nice -n 19 clang-tidy-14 --quiet --config-file=.clang-tidy --warnings-as-errors='*' "--checks=$1" \
    --extra-arg=-isystem/usr/include/postgresql -p "$build" >>"$out" 2>&1
}
# What test.sh joins is read joined, so that the standard library's headers are read once for a dozen sources. That one
# source includes another is looked for by ban_list.sh: joined ones do.
joined=()
for file in "$build"/CMakeFiles/*.dir/Unity/*.cxx; do [[ $file == *seimon_asio* ]] || joined+=("$file"); done
[ ${#joined[@]} -ge 10 ] || { echo "$build joins no sources"; exit 1; }
printf '%s\0' "${joined[@]}" | tidy '-clang-analyzer-*,-bugprone-suspicious-include' || code=1
# The analyzer reads one source at a time: where codes are judged and kept, and inside other people's processes.
printf '%s\0' wire/*.cc pam_module/*.cc core/*.cc store/*.cc | tidy '-*,clang-analyzer-*' || code=1
grep -E 'warning:|error:' "$out" | sort -u
rm -f "$out"
exit $code
