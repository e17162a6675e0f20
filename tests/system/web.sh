#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The page behind a proxy: who gets in, what they see and change, and what somebody else cannot.
# usage: web.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
BUILD=$1
HERE=$(cd "$(dirname "$0")" && pwd)
world_up "$1"
. "$HERE/../support/page.sh"
LOGIN=$BUILD/tests/login_once

page_config 'default: { action = "require"; unenrolled = "deny"; };'
seimond_start
page_start
for user in u00 u01 u03 u04 u05 u06 u07 u10 u12 u13 u14 u15 u16 u17 u50 u51 u52; do enrol "$user"; done
tick 90
export CLOCK
# Each step of page.py is a sentence with its own outcome.
seen() { ip netns exec srv env PYTHONPATH="$HERE/../support" python3 "$HERE/page.py" "$@" >"$W/out/page" 2>&1; local code=$?; grep -E '^(ok|NOT OK)' "$W/out/page"; [ "$code" = 0 ] || { FAILED=$((FAILED + 1)); tail -n 60 "$W/out/page"; tail -n 5 "$W/out/web"; }; }
export W PASSWORD HOME4 CAMPUS4 WEB
export -f code secret_of

seen sign_in "$(code u00)"
it "the trail has the sign-in, its service and the browser's address" bash -c "seimon log -u u00 | grep 'event=\"login\"' | grep 'outcome=\"accepted\"' | grep 'service=\"seimon-web\"' | grep -q 'from=\"203.0.113.1[0-9][0-9]\"'"
tick 60
seen refusals "$(code u01)"
tick 60
seen campus "$(code u03)"
tick 60
seen reads "$(code u04)"
tick 60
seen changes "$(code u05)" "$(code u05 1)"
tick 60
seen forged "$(code u06)"
seen rough
seen crowd
tick 60
LINK=$(as_user_code u07 web --json | jq -r '"/t/" + .user + "/" + .link')
seen link "$LINK"
tick 60
EXPIRED=$(as_user_code u07 web --json | jq -r '"/t/" + .user + "/" + .link')
tick 420
seen stale_links "$EXPIRED" "$(as_user_code u07 web --json | jq -r '"/t/" + .user + "/" + .link')"
TICKET=$(page_ticket u10)
it "the page's ticket is no good in a session" refused as_user u10 env SEIMON_TICKET="$TICKET" seimon rename app other </dev/null
it "nor is a call of the page by another account" bash -c "$(declare -f raw_call); ! raw_call u10 '{\"method\":\"io.seimon.Relay.Web\",\"parameters\":{\"version\":1,\"user\":\"u10\",\"ticket\":\"$TICKET\"}}' | grep -q parameters"

# --- the help desk
seen desk "$(code u50)" u17 "$(code u17)"
tick 60
seen helper_on_campus "$(code u51)"
seen manager "$(code u52)"
seen nobodys_desk "$(code u15)"
tick 60
seen ends "$(code u16)"

# --- single sign-on
tick 60
page_config 'default: { action = "require"; unenrolled = "deny"; };'
seen sign_on_is_off
sed -i 's/^web: {/& single_sign_on = true;/' "$W/etc/seimon.conf"
it "without its stack, that is said" bash -c 'seimon reload; seimon config check --config "$1/etc/seimon.conf" 2>&1 | grep -q "there is no /etc/seimon/pam.d/seimon-web"' _ "$W"
seen sign_on_without_stack
mkdir "$W/checked"
sed "s|pam_seimon.so|$W/bin/pam_seimon.so timeout=20|" "$HERE/../../conf/pam.d/seimon-web-single-sign-on" >"$W/checked/seimon-web"
seen sign_on "$(code u13)"

# --- a phone
. "$HERE/../support/gateways.sh"
driver good "printf '%s\n' \"\$INPUT\" >>$W/sms/box"
enrol u27
page_config "default: { action = \"require\"; unenrolled = \"deny\"; };
delivery: { prefixes = [ \"+81\" ]; country = \"81\"; sms = ( { command = [ \"$W/bin/good\" ]; } ); };"
seimon reload >/dev/null || fail "reload"
sender_start
tick 60
page_restart
export WEB
seen phone "$(code u27)"
tick 60
seen phone_replaced "$(code u27)"
tick 60
seen phone_signs_in

enrol u28
tick 90
seen bad_fields "$(code u28)"
seen bad_fields_of_desk "$(code u50)"

# --- what a rule can do to a login, it does here
for how in deny allow remind ask enrol; do
  page_config "default: { action = \"require\"; unenrolled = \"$how\"; };"
  seimon reload >/dev/null || fail "reload"
  seen without_method u22 "$how"
done
seen manual u23
for user in u24 u25 u26; do enrol "$user"; done
tick 60
seen failed_since "$(code u24)"
seen removed u26 "$(code u26)"
for _ in 1 2 3 4 5 6; do echo 000000 | seimon verify u25 >/dev/null 2>&1; done
tick 60
seen guarded u25 "$(code u25) $(code u25 1)"
page_config 'default: { action = "deny"; };'
seimon reload >/dev/null || fail "reload"
tick 60
seen denied u24 "$(code u24)"
page_config 'default: { action = "require"; unenrolled = "deny"; };'
sed -i 's/mode = "enforce"/mode = "observe"/' "$W/etc/seimon.conf"
seimon reload >/dev/null || fail "reload"
seen observed u24

enrol u29
tick 90
page_config 'default: { action = "require"; unenrolled = "deny"; };'
sed -i 's/addresses = \[ "10.20.0.0\/16" \];/& state = "preparing";/; s/^web: {/& colour = "#7a1f3d"; logo = "'"${W//\//\\/}"'\/tmp\/logo.svg";/' "$W/etc/seimon.conf"
echo '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>' >"$W/tmp/logo.svg"
seimon reload >/dev/null || fail "reload"
seen preparing "$(code u29)"
page_restart
seen own_look "$W/tmp/logo.svg"
page_restart
seen without_logo

# --- each process is killed at each step, as its supervisor starts it again
page_config 'default: { action = "require"; unenrolled = "deny"; };'
seimon reload >/dev/null || fail "reload"
enrol u18
seen idle
for point in web:0 web:1 web:2 web:3 web:4 web:5 login:1 login:2 seimond:1 seimond:2 seimond:3 seimond:4 seimond:5; do
  who=${point%:*}
  case $who in web) pid=$WEB ;; login) pid=$WEB_LOGIN ;; seimond) pid=$SEIMOND ;; esac
  tick 60
  seen in_flight "$who" "$pid" "${point#*:}" u18 "$(code u18)"
  methods=$(sed -n 's/^methods //p' "$W/out/page")
  wait "$pid" 2>/dev/null
  case $who in
    seimond) seimond_start ;;
    *) page_restart; export WEB ;;
  esac
  seen after "$who" u18 "$methods"
done

# --- newcomers
page_config 'default: { action = "require"; unenrolled = "enrol"; };'
seimon reload >/dev/null || fail "reload"
seen newcomer u20

# --- seimond away
page_config 'default: { action = "require"; unenrolled = "deny"; };'
seimon reload >/dev/null || fail "reload"
tick 60
export SEIMOND
seen killed "$(code u13)"
wait "$SEIMOND" 2>/dev/null
seen down
seimond_start
tick 60
seen back "$(code u14)"
finish
