#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The page in a real browser behind nginx, Apache and Caddy: both languages, a phone's width, the keyboard alone, without
# JavaScript, and what axe-core finds.
# usage: browser.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
BUILD=$1
HERE=$(cd "$(dirname "$0")" && pwd)
world_up "$1"
. "$HERE/../support/page.sh"
. "$HERE/../support/proxies.sh"
AXE=$BUILD/axe/package/axe.min.js
[ -e "$AXE" ] || fail "no axe-core: test.sh fetches it"

. "$HERE/../support/gateways.sh"
driver good "printf '%s\n' \"\$INPUT\" >>$W/sms/box"
page_config "default: { action = \"require\"; unenrolled = \"enrol\"; };
delivery: { prefixes = [ \"+81\" ]; country = \"81\"; sms = ( { command = [ \"$W/bin/good\" ]; } ); };"
# The web servers keep the header of a single sign-on out, even where it would be believed.
sed -i 's/^web: {/& single_sign_on = true;/' "$W/etc/seimon.conf"
right_now
seimond_start
sender_start
page_start
tls_make
for user in u00 u01 u02 u03 u04 u05 u06 u50; do enrol "$user"; done
tick 90
export HOME=$W/browser W PASSWORD HOME4 CAMPUS4 SRV4_HOME SRV4_CAMPUS CLOCK AXE AUTHORITY
export -f code secret_of
trust_authority "$HOME"
# Each step of browser.py is a sentence with its own outcome.
seen() {  # NETWORK STORY [ARGUMENT …]
  local code=0
  ip netns exec "$1" /usr/bin/python3 "$HERE/browser.py" "${@:2}" >"$W/out/browser" 2>&1 || code=$?
  grep -E '^(ok|NOT OK)' "$W/out/browser"
  [ "$code" = 0 ] || { FAILED=$((FAILED + 1)); tail -n 40 "$W/out/browser"; tail -n 5 "$W/out/web" "$W/out/proxy"; }
}

for last in 101 102 103; do ip -n home addr add "203.0.113.$last/24" dev eth0; done
for proxy in caddy apache nginx; do
  proxy_start "$proxy"
  seen home spoofed "$proxy"
  seen campus exempt "$proxy"
  [ "$proxy" = nginx ] || proxy_stop
done
tick 60
seen home phone "$(code u00)"
tick 60
seen home desktop "$(code u01)" "$(code u50)"
tick 60
seen home rough "$(code u02)"
finish
