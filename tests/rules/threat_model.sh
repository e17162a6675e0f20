#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each row of docs/threat-model.md names its test as FILE "SENTENCE"; both must exist.
cd "$(dirname "$0")/../.." || exit 1
. tests/rules/sources.sh
mapfile -t sources < <(production; ours "conf/*")
bad=0
rows=0
while read -r line; do
  rows=$((rows + 1))
  found=0
  while read -r reference; do
    file=${reference%% *}
    sentence=$(sed 's/^[^“]*“\(.*\)”$/\1/' <<<"$reference")
    found=1
    [ -f "$file" ] || { echo "no such file: $file"; bad=1; continue; }
    grep -qF -- "$sentence" "$file" || grep -qF -- "${sentence// /_}" "$file" || { echo "$file has no test “$sentence”"; bad=1; }
  done < <(grep -oE 'tests/[a-z0-9_/-]+\.(sh|cc|txt|py) “[^”]+”' <<<"$line")
  # Names in the third column exist, too: a file, or the last part of a name of ours.
  while read -r name; do
    name=${name%%:\ *}
    [ -e "$name" ] || grep -qF -- "${name##*::}" "${sources[@]}" || { echo "there is no \`$name\`: $line"; bad=1; }
  done < <(cut -d'|' -f4 <<<"$line" | grep -oE '`[A-Za-z_/.:]+[A-Za-z_]`' | tr -d '`')
  [ "$found" = 1 ] || { echo "names no test: $line"; bad=1; }
done < <(grep -E '^\| [A-Z][0-9]' docs/threat-model.md)
[ "$rows" -ge 15 ] || { echo "only $rows rows"; bad=1; }
exit $bad
