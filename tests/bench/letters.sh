#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The time and memory of a batch of letters. usage: letters.sh BUILD [USERS]
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
users=${2:-10000}
seq "$users" | awk '{printf "p%05d:x:%d:%d::/nonexistent:/bin/bash\n", $1, 100000 + $1, 100000 + $1}' >>"$W/etc/passwd"
seimond_start
{ echo user; seq "$users" | awk '{printf "p%05d\n", $1}'; } >"$W/tmp/users.csv"
begun=$(date +%s)
seimon enroll --batch "$W/tmp/users.csv" --letters "$W/tmp/out" --start now >"$W/out/command" 2>&1 &
BATCH=$!
sum() { awk '/VmHWM/ {sum += $2} END {print sum}' /proc/"$BATCH"/status $(pgrep -P "$BATCH" | sed 's|.*|/proc/&/status|') 2>/dev/null; }
most=0
while kill -0 "$BATCH" 2>/dev/null; do
  now=$(sum)
  [ "${now:-0}" -gt "$most" ] && most=$now
  read -r -t 1 <> <(:) || true
done
wait "$BATCH"
echo "$(tail -n 1 "$W/out/command"); $(($(date +%s) - begun)) s, at most $((most / 1024)) MiB in the command and the printer"
