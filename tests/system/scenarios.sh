#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The scenarios through libpam, the module, the socket and the service.
# usage: scenarios.sh BUILD FILE …
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
mkdir -p "$W/stage.d"
# A machine that stands still for some seconds is not what a story is about.
for service in sshd su login other seimon-web; do
  printf '%s\n' "auth required $W/bin/pam_seimon.so timeout=20" "account required $W/bin/pam_seimon.so" \
    "session optional $W/bin/pam_seimon.so" >"$W/stage.d/$service"
done
mkfifo "$W/wanted" "$W/done"
export W
"$1/tests/stage_installed" "${@:2}" &
STAGE=$!
PIDS+=("$STAGE")
# The stage opens `done` first, then `wanted`.
exec 8>"$W/done" 9<"$W/wanted"
while read -r wanted <&9; do
  case $wanted in
    restart)
      [ -z "${SEIMOND-}" ] || seimond_stop
      rm -rf "$W/state"
      seimond_start ;;
    set_clock*) eval "$wanted" ;;
  esac
  echo ok >&8
done
wait "$STAGE"
