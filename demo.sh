#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows the product on a real sshd of its own, in a private world that is gone when this ends.
# Usage: sudo ./demo.sh [--fleet | --web]   (--fleet: two hosts and a database with a standby instead; --web: the page in a
# real browser)
set -u
top=$(cd "$(dirname "$0")" && pwd)
. "$top/tests/support/packages.sh"
. "$top/tests/support/world.sh"

if [ -z "${SEIMON_WORLD-}" ]; then
  need_root ./demo.sh
  more=()
  [ "${1-}" != --fleet ] || more=(postgresql pamtester jq)
  [ "${1-}" != --web ] || more=(chromium chromium-driver python3-selenium zbar-tools fonts-ipafont-gothic fonts-dejavu-core)
  install_packages "${BUILD_PACKAGES[@]}" "${WORLD_PACKAGES[@]}" "${more[@]}"
  mkdir -p "$top/build"
  targets=(pam_seimon seimond seimon languages)
  options=(-DSEIMON_WEB=OFF)
  [ "${1-}" != --fleet ] || targets+=(seimon-store seimon-postgresql)
  if [ "${1-}" = --web ]; then options=(-DSEIMON_WEB=ON) targets+=(seimon-web seimon-web-login); fi
  what='the module, the service and the command'
  [ "${1-}" != --web ] || what="$what, and the page"
  cat <<TEXT
This installs what a build needs, builds $what (three minutes on two processors, once),
and logs in over a real ssh in a private world. It leaves the packages and $top/build/demo.
TEXT
  # The progress of make, on one line.
  progress() {
    local line
    while IFS= read -r line; do
      printf '%s\n' "$line" >&3
      [[ ! -t 1 || $line != \[* ]] || printf '\r%s' "${line%%]*}]"
    done 3>"$top/build/demo.log"
    [ ! -t 1 ] || printf '\r'
  }
  set -o pipefail
  { cmake -S "$top" --preset demo "${options[@]}" && cmake --build "$top/build/demo" -j "$(nproc)" --target "${targets[@]}"; } 2>&1 | progress ||
    { tail -n 40 "$top/build/demo.log"; echo "build failed" >&2; exit 1; }
  set +o pipefail
  unpack_sshd "$top/build/demo/sshd"
  [ "${1-}" != --web ] || unpack_packages "$top/build/demo/proxies" nginx libnss3-tools
fi
world_enter "$0" "$@"

say() { printf '\n\033[1m%s\033[0m\n' "$*" | { if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }; }
run() { echo "\$ $*"; "$@"; }
must() {  # WHAT COMMAND …: stops the demo when it is not so
  local what=$1
  shift
  "$@" || { echo "NOT AS EXPECTED: $what" >&2; cat "$W/out/ssh" "$W/out/seimond.log" >&2; exit 1; }
}

# One ssh login with its prompts and answers, as they really went.
show_login() {  # WHERE ADDRESS [CODE …]
  local where=$1 address=$2 result=0 typed=("$PASSWORD" "${@:3}") i=0 line
  echo "$where\$ ssh demo@$address"
  log_in "$where" demo "$address" "${@:3}" || result=$?
  while read -r line; do
    printf '%s' "$(sed -e 's/^\[([^)]*) //; s/^\[//; s/\]$//' <<<"$line")"
    case $line in
      *Password:*) echo " (the password)"; i=$((i + 1)) ;;
      *ode:*) echo " ${typed[i]:-}"; i=$((i + 1)) ;;
      *) echo ;;
    esac
  done <"$W/out/asked"
  grep -vE 'Warning: (Permanently added|Identity)' "$W/out/ssh"
  return "$result"
}

now_code() { oathtool --totp --base32 "$KEY_TEXT"; }
wait_for_next_code() {
  local left=$((30 - $(date +%s) % 30))
  echo "(the phone shows a new code in $left s)"
  timeout "$((left + 1))" tail -f /dev/null || true
}

REAL_CLOCK=1
world_up "$top/build/demo"
if [ "${1-}" = --fleet ]; then . "$top/tests/support/demo_fleet.sh"; exit 0; fi
if [ "${1-}" = --web ]; then . "$top/tests/support/demo_web.sh"; exit 0; fi
askpass_install
config 'mode = "enforce";
language = "en";
issuer = "Example University";
help = "Help desk: ext. 4567";
networks: { campus: { addresses = [ "10.20.0.0/16", "2001:db8:ca::/64" ]; }; };
rules = ( { name = "campus"; networks = [ "campus" ]; services = [ "sshd" ]; action = "skip"; } );
default: { action = "require"; unenrolled = "deny"; };'

say "1. The configuration"
run cat "$W/etc/seimon.conf"
seimond_start
sshd_start
run seimon config check --config "$W/etc/seimon.conf" || exit 1

say "2. Enrolling the user demo: scan this with an authenticator app"
mkfifo "$W/tmp/code"
echo '$ seimon enroll demo'
seimon enroll demo <"$W/tmp/code" >"$W/out/enrol" 2>"$W/out/enrol.err" &
ENROL=$!
exec 7>"$W/tmp/code"
must "enrolment begins" wait_until "grep -q '^Codes:' '$W/out/enrol'"
cat "$W/out/enrol"
KEY_TEXT=$(sed -n 's/^Key: *//p' "$W/out/enrol" | tr -d ' ')
first=$(now_code)
echo "Enter the code your app shows: $first"
echo "$first" >&7
exec 7>&-
must "the code ends the enrolment" wait "$ENROL"
tail -n 1 "$W/out/enrol"

say "3. A login from home: password and code"
wait_for_next_code
code=$(now_code)
must "home with a code gets in" show_login home "$SRV4_HOME" "$code"
must "and the session is demo's" grep -qx demo "$W/out/ssh"

say "4. The same code again, and a wrong one: refused, in the same words"
wrong=$(printf '%06d' $(((10#$code + 1) % 1000000)))
must "a used code and a wrong code are refused" refused show_login home "$SRV4_HOME" "$code" "$wrong" "$wrong"

say "5. A login from the campus: no code"
must "campus gets in without a code" show_login campus "$SRV4_CAMPUS"
must "nothing but the password was asked" lacks "$W/out/asked" "ode:"

say "6. Why: seimon explain"
run seimon explain demo --service sshd --from "$HOME4" || exit 1
echo
run seimon explain demo --service sshd --from "$CAMPUS4" || exit 1
must "home is asked" test "$(seimon explain demo --from "$HOME4" --json | grep -c '"action": "require"')" = 1
must "campus is skipped" test "$(seimon explain demo --from "$CAMPUS4" --json | grep -c '"action": "skip"')" = 1

say "7. The audit trail"
run seimon log -u demo || exit 1
must "the trail holds the replay" some_event demo 'reason="already-used"'
must "the trail holds the wrong code" some_event demo 'reason="wrong-code"'
must "the trail holds the skip" some_event demo 'outcome="skipped"'

if [ -t 0 ] && [ -t 1 ]; then
  "$W/bin/sshd" -D -f "$W/ssh/config" -o Port=2222 -o ListenAddress=127.0.0.1 -E "$W/out/sshd.visitor.log" &
  PIDS+=($!)
  must "an sshd for you on 127.0.0.1:2222 (is the port taken?)" wait_until "ss -ltn | grep -q '127.0.0.1:2222 '"
  say "Your turn: if you scanned the QR code, log in from another terminal"
  echo "    ssh -p 2222 -o UserKnownHostsFile=/dev/null demo@127.0.0.1        password: $PASSWORD"
  read -r -p "Press Enter here to end the demo. " _
fi
say "All of it was as expected; nothing of it is left behind."
