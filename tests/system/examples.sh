#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The examples of `seimon help VERB`, run as they stand there, on a service where alice is u01. usage: examples.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
BUILD=$1
world_up "$BUILD"
seimond_start
for user in u00 u01; do enrol "$user"; done
cd "$W/tmp" || exit 1
# The files and state that an example needs, and its exit code if that is not 0.
examples() { "$BUILD/tests/parse_examples" --list | sed 's/\balice\b/u01/g'; }
prepare() {
  case $1 in
    *'remove "old phone"' | *'remove -u u01 --all' | *'"red token"'* | 'seimon rename app'*) return 1 ;;  # of other methods
    *'--since 7d'*) return 1 ;;  # days of this machine's clock; this world has its own
    'seimon bypass u01 --cancel') seimon bypass u01 >/dev/null ;;
    'seimon resume u01') seimon suspend u01 >/dev/null ;;
  esac
}
ran=0
while IFS=$'\t' read -r verb line; do
  case $verb in
    explain | list | status | log | report | messages | config | language | bypass | forget-hosts | suspend | resume | reset-failures | reload | prune | revoke) ;;
    *) continue ;;  # asks a person, needs files, or changes the machine: other suites run those
  esac
  [[ $line != *--follow* ]] && prepare "$line" || continue
  line=${line//seimon config/seimon config --config $W/etc/seimon.conf}
  [ "$verb" != revoke ] || line="$line --yes"
  [ "$verb" != language ] || line="$line -u u01"
  [ "$line" != "seimon list" ] || line="seimon list -u u01"
  it "$line" bash -c "yes | $line >/dev/null"
  ran=$((ran + 1))
done < <(examples)
it "there were some" test "$ran" -ge 18
it "a time of this host's zone is one" bash -c "seimon explain u01 --at 2027-04-01T09:00 --json | jq -e .action >/dev/null"
finish
