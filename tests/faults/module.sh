#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each system call between pam_start and pam_end fails, one at a time, with each plausible errno, under each control
# flag. usage: module.sh BUILD [PERCENT of the points]
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
SAMPLE=${2-}
. "$(dirname "$0")/faults.sh"
LOGIN=$1/tests/login_once
stacks_install
seimond_start
enrol u00

# The calls of one undisturbed login, each with its number since the process began: "CALL N".
calls_of_login() {  # SERVICE [RHOST]
  fresh_code u00
  strace -o "$W/out/calls" "$LOGIN" "$W/faults.d" "$1" u00 "$FRESH" ${2-} >/dev/null 2>&1 || return 1
  awk -F'[(]' '/seimon-faults-begin/ {on = 1; n[$1]++; next} /seimon-faults-end/ {on = 0} {n[$1]++; if (on) print $1, n[$1]}' "$W/out/calls"
}

one_point() {  # SERVICE CALL N ERRNO
  local before code
  fresh_code u00
  POINTS=$((POINTS + 1))
  before=$(accepted)
  timeout 30 strace -f --seccomp-bpf -o /dev/null -e "trace=$2" -e "inject=$2:error=$4:when=$3" \
    "$LOGIN" "$W/faults.d" "$1" u00 "$FRESH" >/dev/null 2>&1
  code=$?
  case $code in
    0)
      OPENED=$((OPENED + 1))
      wait_until "[ \"\$(accepted)\" -gt $before ]" || violated "$1: $2 #$3 $4: opened without a code being spent" ;;
    10 | 25) violated "$1: $2 #$3 $4: returned PAM code $code (USER_UNKNOWN or IGNORE)" ;;
    124 | 139 | 134) violated "$1: $2 #$3 $4: the login hung or crashed ($code)" ;;
  esac
}

for service in required requisite bracket sufficient optional jump; do
  calls=$(calls_of_login "$service") || fail "the undisturbed login failed: $service"
  while read -r call number; do
    errors_of "$call"
    for error in $ERRORS; do
      is_chosen && one_point "$service" "$call" "$number" "$error"
    done
  done <<<"$calls"
done
works_again u00 || violated "afterwards a fresh code is refused"
finish_faults "module under six control flags"
