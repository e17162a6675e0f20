#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Repairs by an administrator: wrong codes, wrong clocks, old copies, damaged records.
# usage: upkeep.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
LOGIN=$1/tests/login_once
mkdir -p "$W/once.d"
for service in once other; do echo "auth required $W/bin/pam_seimon.so" >"$W/once.d/$service"; done
accepted() { "$LOGIN" "$W/once.d" once "$1" "$2" ${3-} >"$W/out/login" 2>&1; }
seimond_start
for user in u00 u01 u02 u03; do enrol "$user"; done
secret_of token >"$W/tmp/secret"
hotp() { oathtool --hotp --base32 --counter "$1" "$(secret_of token)"; }
hotp 0 | seimon enroll u04 --secret-file "$W/tmp/secret" --counter 0 --kind token --qr=none >/dev/null 2>&1

# --- the help desk
for i in 1 2; do accepted u00 000000 203.0.113.9; done
it "the status shows the budget, and when it relaxes" test "$(seimon status u00 --json | jq -r '.budget.state, (.budget.relaxes_at != ""), .budget.failures' | tr '\n' ' ')" = "guarded true 6 "
it "where it failed from" grep -q 'source 203.0.113.9: 6 failures' <(seimon status u00)
it "and what to say" grep -q '^Say: ' <(seimon status u00)
it "only root resets it" test "$(setpriv --reuid u01 --regid u01 --clear-groups seimon reset-failures u00 >/dev/null 2>&1; echo $?)" = 3
it "unlock is the same as reset-failures" seimon unlock u00 >/dev/null
it "and one code is enough again" accepted u00 "$(code u00)"
it "the owner hears of the failed codes" has "$W/out/login" "6 failed codes since"
printf '%s\n%s\n' "$(code u00 1)" 000000 >"$W/tmp/codes"
for i in 1 2; do accepted u01 000000; done
it "the command asks a guarded user for two codes" grep -q accepted <(printf '%s\n%s\n' "$(code u01)" "$(code u01 1)" | seimon verify u01 2>/dev/null)
seimon unlock u01 >/dev/null

# --- clocks
accepted u02 "$(code u02)" || true
step_by() { step_clock "$(date -u -d "$CLOCK UTC + $1 seconds" '+%Y-%m-%d %H:%M:%S')"; }
budget() { seimon status "$1" --json | jq -r .budget.state; }
for i in 1 2; do accepted u01 000000; done
it "six wrong codes: two are asked for" test "$(budget u01)" = guarded
step_by 172800
accepted u02 "$(code u02)" || true
it "a step of the clock is an alarm" wait_until "seimon log | grep -q clock-stepped"
it "a clock that is set forward by two days makes nothing forgotten" test "$(budget u01)" = guarded
seimond_stop
seimond_start
it "nor does it after a restart" test "$(budget u01)" = guarded
it "and the status says what to do" grep -q 'seimon clock accept' <(seimon status)
tick 1000
it "what has passed by the machine's uptime counts" test "$(budget u01)" = open
step_by -172800
it "after a clock that was ahead one code is not enough" refused accepted u02 "$(code u02 1)"
it "and the status says why" grep -q 'the clock was ahead' <(seimon status u02)
it "and what to do" grep -q 'seimon clock accept' <(seimon status)
seimon bypass u03 >"$W/out/bypass"
it "a bypass code that is given then is good" accepted u03 "$(sed -n 's/^Bypass code of u03: //p' "$W/out/bypass" | tr -d ' ')"
step_by 7200
seimon clock accept >/dev/null
step_by -7200
it "a bypass code that would have ended already is not given" refused seimon bypass u03
it "and the reason says what to do" grep -q 'seimon clock accept' <(seimon bypass u03 2>&1)
seimon clock accept >/dev/null
it "an accepted clock repairs it, for new codes" refused accepted u02 "$(code u02 1)"
tick 30
seimon status >/dev/null  # a minute at once would be a step
tick 30
it "two steps on it works" accepted u02 "$(code u02)"
it "the problem is over" test "$(seimon status --json | jq '.problems | length')" = 0
before=$CLOCK
set_clock '1970-01-01 00:00:40'
it "in 1970 nobody gets in" refused accepted u03 "$(CLOCK=$before code u03)"
set_clock '2038-01-19 03:14:07'
it "at the last second of 32 bits a code works" accepted u03 "$(code u03)"
set_clock '2038-01-19 03:14:40'
it "and after it" accepted u03 "$(code u03)"
set_clock "$before"
seimon clock accept >/dev/null
tick 120
seimon clock accept >/dev/null
seimon unlock u03 >/dev/null

# --- copies
cp /etc/shadow "$W/tmp/shadow"
ln -s "$W/tmp/shadow" "$W/state/seimon.db.restore"
seimon --yes restore "$W/etc/seimon.conf" >/dev/null 2>&1
it "root follows no link of the service" cmp -s /etc/shadow "$W/tmp/shadow"
it "a copy is made while logins go on" seimon backup --without-key "$W/tmp/backup" >/dev/null
it "and not over another file" test "$(seimon backup --without-key "$W/tmp/backup" >/dev/null 2>&1; echo $?)" = 6
it "it holds no key" lacks "$W/tmp/backup" "$(secret_of u00)"
spent=$(code u00)
accepted u00 "$spent" || true
seimon remove --all --yes -u u01 >/dev/null
it "a restore says which methods are back" grep -q '^  u01 app' <(seimon --yes restore "$W/tmp/backup")
it "what was spent since the copy stays spent" refused accepted u00 "$spent"
it "so do the codes up to now" refused accepted u03 "$(code u03)"
tick 60
it "new ones work" accepted u00 "$(code u00)"
it "a counter waits" refused accepted u04 "$(hotp 1)"
it "the status says so" grep -q 'waits for: seimon resync' <(seimon status u04)
it "the help desk finds it again by two codes" grep -q 'found again' <(printf '%s\n%s\n' "$(hotp 5)" "$(hotp 6)" | seimon resync -u u04 token 2>/dev/null)
seimon unlock u04 >/dev/null
it "and it works" accepted u04 "$(hotp 7)"
it "a file that is no copy changes nothing" test "$(seimon --yes restore "$W/etc/seimon.conf" >/dev/null 2>&1; echo $?)" = 6
it "and the service goes on" seimon status >/dev/null
tick 30
spent=$(code u03)
accepted u03 "$spent" || true
seimond_stop
rm -f "$W/state"/seimon.db-*
install -o seimon -m 600 "$W/tmp/backup" "$W/state/seimon.db"
seimond_start
it "a copy that was put back by hand is noticed" wait_until "seimon status | grep -q 'older state of the store came back'"
it "and what was spent stays spent" refused accepted u03 "$spent"
it "a snapshot of everything is told" grep -q 'epoch' <(seimon restore --epoch)
tick 90

# --- damage
seimond_stop
sqlite3 "$W/state/seimon.db" "UPDATE method SET last_step = 1 WHERE user = 'u00'"
seimond_start
it "a damaged record is refused" refused accepted u00 "$(code u00)"
it "others are not" accepted u03 "$(code u03)"
it "the status names it" grep -q 'user u00, method' <(seimon status)
it "repair asks first" test "$(seimon repair </dev/null >/dev/null 2>&1; echo $?)" = 1
it "and drops it when told" grep -q 'dropped: user u00' <(seimon repair --yes)
it "whoever lost the method is reset" test "$(seimon status u00 --json | jq -r .state)" = reset
it "and all is whole" seimon repair >/dev/null

# --- damage that no record names: a page of the trail
seimon backup "$W/tmp/whole" --without-key >/dev/null 2>&1
seimond_stop
page() { sqlite3 "$W/state/seimon.db" "SELECT pgoffset FROM dbstat WHERE name = '$1' AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1"; }
dd if=/dev/urandom of="$W/state/seimon.db" bs=1 seek="$(page event)" count=64 conv=notrunc status=none
seimond_start
it "with a damaged trail nobody is let in by a code" refused accepted u03 "$(code u03)"
it "the status says that, and what helps" grep -q 'seimon restore' <(seimon status)
it "not that all is well" bash -c "! seimon status | head -n 1 | grep -q OK"
it "nor does Prometheus hear so" grep -qx 'seimon_up 0' <(seimon status --prometheus)
it "repair says what helps" grep -q 'seimon restore' <(seimon repair --yes 2>&1)
it "and has not repaired it" test "$(seimon repair --yes >/dev/null 2>&1; echo $?)" != 0
seimond_stop
seimond_start
it "a new start does not hide it" bash -c "! seimon status | head -n 1 | grep -q OK"
it "a copy helps" bash -c "seimon --yes restore $W/tmp/whole >/dev/null 2>&1"
tick 90
it "and people log in" accepted u03 "$(code u03)"
it "and all is well" grep -qx 'seimon_up 1' <(seimon status --prometheus)
finish
