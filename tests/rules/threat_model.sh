#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each row of docs/threat-model.md names its test as FILE "SENTENCE"; both must exist.
cd "$(dirname "$0")/../.." || exit 1
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
  done < <(grep -oE 'tests/[a-z0-9_/-]+\.(sh|cc|txt) “[^”]+”' <<<"$line")
  [ "$found" = 1 ] || { echo "names no test: $line"; bad=1; }
done < <(grep -E '^\| [A-Z][0-9]' docs/threat-model.md)
[ "$rows" -ge 15 ] || { echo "only $rows rows"; bad=1; }
exit $bad
