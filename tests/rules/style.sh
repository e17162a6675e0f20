#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-format and clang-tidy have nothing to say. usage: style.sh BUILD [BUILD-BY-CLANG]
cd "$(dirname "$0")/../.." || exit 1
files=$(ls wire/*.{h,cc} pam_module/*.{h,cc} core/*.{h,cc} store/*.{h,cc} square/*.{h,cc} daemon/*.{h,cc} tools/*.{h,cc} tools/*/*.{h,cc} tests/*/*.{h,cc})
clang-format-14 --dry-run -Werror $files || exit 1
out=$(mktemp)
tidy() {  # [OPTION]: the files on standard input
  xargs -n 1 -P "$(nproc)" clang-tidy-14 --quiet --warnings-as-errors='*' "$@" -p "$build" >>"$out" 2>&1
}
code=0
build=${2:-$1}
# The analyzer takes most of the time: it looks where codes are judged and kept, and inside other people's processes.
printf '%s\n' wire/*.cc pam_module/*.cc core/*.cc store/*.cc | tidy || code=1
printf '%s\n' square/*.cc daemon/[!a]*.cc daemon/a[!s]*.cc tools/*.cc tools/*/*.cc | tidy '--checks=-clang-analyzer-*' || code=1
grep -E 'warning:|error:' "$out" | sort -u
rm -f "$out"
exit $code
