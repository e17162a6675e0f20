#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The sandbox as it is shipped: the unit's score, that its filter lets through what the service asks for, and the
# AppArmor profile. usage: sandbox.sh BUILD
cd "$(dirname "$0")/../.." || exit 1
bad=0
out=$(mktemp)
systemd-analyze security --offline=true --threshold=15 conf/seimond.service >"$out" 2>&1 || { cat "$out"; bad=1; }
grep 'Overall exposure' "$out"
rm -f "$out"

# The calls of a systemd filter: sets, sets within sets, single calls.
calls_of() {  # WORD …
  local word
  for word in "$@"; do
    case $word in
      @*) systemd-analyze syscall-filter "$word" | sed -n 's/^    \([@a-z_0-9-]*\)$/\1/p' |
        while read -r call; do calls_of "$call"; done ;;
      *) echo "$word" ;;
    esac
  done
}
filter=$(sed -n 's/^SystemCallFilter=//p' conf/seimond.service)
# shellcheck disable=SC2046
allowed=$(comm -23 <(calls_of @default $(grep -v '^~' <<<"$filter") | sort -u) \
  <(calls_of $(sed -n 's/^~//p' <<<"$filter") | sort -u))
# Before its own filter stands, the service also asks for these; the last one makes that filter.
for call in $(sed -n '/kAllowed\[\]/,/^};/s/^    {"\([a-z0-9_]*\)".*/\1/p' daemon/system/sandbox.cc) clone3 umask listen bind mkdir seccomp; do
  grep -qxF -- "$call" <<<"$allowed" || { echo "seimond.service's SystemCallFilter does not let $call through"; bad=1; }
done
for profile in conf/apparmor.d/*; do apparmor_parser --skip-kernel-load --skip-cache --quiet "$profile" || bad=1; done
exit $bad
