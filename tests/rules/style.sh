#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# clang-format and clang-tidy have nothing to say. clang-tidy reads what has changed since the tree in
# tests/rules/tidied, which tests/nightly writes when it has read everything; TIDY=all reads everything, TIDY=none
# nothing.
# usage: style.sh BUILD [BUILD-BY-CLANG]
cd "$(dirname "$0")/../.." || exit 1
. tests/rules/sources.sh
mapfile -t files < <(ours '*.h' '*.cc')
[ ${#files[@]} -ge 200 ] || { echo "only ${#files[@]} sources found"; exit 1; }
clang-format --dry-run -Werror "${files[@]}" || exit 1
[ "${TIDY-}" != none ] || exit 0
build=${2:-$1}
out=$(mktemp)
code=0
tidy() {  # CHECKS: of the files on standard input
  xargs -0 -r -n 1 -P "$(nproc)" nice -n 19 clang-tidy --quiet --config-file=.clang-tidy --warnings-as-errors='*' "--checks=$1" \
    --extra-arg=-isystem/usr/include/postgresql -p "$build" >>"$out" 2>&1
}
# Changed files, and the sources that include a changed header.
since=$(cat tests/rules/tidied 2>/dev/null)
if [ "${TIDY-}" != all ] && [ -n "$since" ] && changed=$(git diff --name-only "$since" -- '*.h' '*.cc' 2>/dev/null); then
  for file in $changed; do
    [[ $file != *.h ]] || changed="$changed $(git grep -lF "#include \"$file\"" -- '*.cc')"
  done
else
  changed=${files[*]}
fi
is_changed() { [[ " ${changed//$'\n'/ } " == *" $1 "* ]]; }
# What test.sh joins is read joined, so that the standard library's headers are read once for twenty sources. That one
# source includes another is looked for by ban_list.sh: joined ones do.
all=0
joined=()
mapfile -t units < <(find "$build" -path '*.dir/Unity/*.cxx' ! -path '*seimon_asio*' | sort)
for file in "${units[@]}"; do
  all=$((all + 1))
  for source in $(sed -n "s|^#include \"$PWD/\\(.*\.cc\\)\"\$|\\1|p" "$file"); do
    for changed_one in $changed; do
      [[ $changed_one != "$source" ]] || { joined+=("$file"); continue 3; }
    done
  done
done
[ "$all" -ge 10 ] || { echo "$build joins no sources"; exit 1; }
[ ${#joined[@]} = 0 ] || printf '%s\0' "${joined[@]}" | tidy '-clang-analyzer-*,-bugprone-suspicious-include' || code=1
# The analyzer reads one source at a time: where codes are checked and kept, and inside other people's processes.
analyzed=()
for file in "${files[@]}"; do
  [[ $file == @(base|wire|pam_module|core|store)/*.cc ]] || continue
  ! is_changed "$file" || analyzed+=("$file")
done
[ ${#analyzed[@]} = 0 ] || printf '%s\0' "${analyzed[@]}" | tidy '-*,clang-analyzer-*' || code=1
grep -E 'warning:|error:' "$out" | sort -u
rm -f "$out"
echo "clang-tidy read ${#joined[@]} of $all joined sources, the analyzer ${#analyzed[@]}"
exit $code
