#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The time of `seimon report rollout` for users in local files, each with a group of their own.
# usage: rollout.sh BUILD [USERS]
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
users=${2:-8000}
seq "$users" | awk '{printf "p%05d:x:%d:%d::/nonexistent:/bin/bash\n", $1, 100000 + $1, 100000 + $1}' >>"$W/etc/passwd"
seq "$users" | awk '{printf "p%05d:x:%d:\n", $1, 100000 + $1}' >>"$W/etc/group"
seimond_start
begun=$(date +%s%N)
seimon report rollout --json >"$W/out/report" || fail "no report"
rows=$(jq length <"$W/out/report")
echo "$rows rows; $((($(date +%s%N) - begun) / 1000000)) ms"
