#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# seimon log and report: filters, what comes while one looks, formats for people and programs. usage: trail.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
export JSON_DOC TALK
JSON_DOC=$(dirname "$0")/../../docs/json.md
TALK=$(dirname "$0")/../support/talk.exp
seimond_start
printf '%s\n' "auth required $W/bin/pam_seimon.so" "auth required pam_permit.so" >"$W/pam.d/seimon"
enter() { printf '%s\n' "$2" | pamtester seimon "$1" authenticate >/dev/null 2>&1; }
log_of() { seimon log "$@" >"$W/out/log" 2>&1; }
exits() { "${@:2}" >"$W/out/command" 2>&1 </dev/null; local code=$?; [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }; }
enrol u01
enrol u02
enter u01 000000
enter u01 "$(code u01)"
enter u02 "$(code u02)"

log_of --outcome accepted
it "by outcome" bash -c "[ \$(wc -l <$W/out/log) = 2 ] && ! grep -q refused $W/out/log"
log_of --event login --outcome accepted u01
it "by several things at once" bash -c "[ \$(wc -l <$W/out/log) = 1 ] && grep -q 'user=\"u01\"' $W/out/log"
log_of --service nowhere
it "nothing of a service that nobody used" test ! -s "$W/out/log"
log_of --reason wrong-code
it "by reason" grep -q 'reason="wrong-code"' "$W/out/log"
log_of -n 1 --outcome accepted
it "the newest of them" grep -q 'user="u02"' "$W/out/log"
log_of --since 1h
it "of the last hour by this machine's clock: none, as the service's stands elsewhere" bash -c "[ ! -s $W/out/log ] || grep -q accepted $W/out/log"
log_of --csv
it "CSV has a header" grep -q '^at,event,outcome,user,' "$W/out/log"
it "and as many cells in each line" bash -c "[ \$(awk -F, '{print NF}' $W/out/log | sort -u | wc -l) = 1 ]"
it "a JSON object a line" bash -c "seimon log --json-lines | jq -es 'length > 3 and all(.event != null)' >/dev/null"
it "an unknown length of time is told" exits 2 seimon log --since yesterday
timeout 20 seimon log --follow --json-lines --outcome accepted >"$W/out/followed" 2>&1 &
FOLLOW=$!
wait_until "[ \$(wc -l <$W/out/followed) = 2 ]"
enter u02 "$(code u02 1)"
it "what comes is shown as it comes" wait_until "[ \$(wc -l <$W/out/followed) = 3 ]"
it "once" test "$(sort -u "$W/out/followed" | wc -l)" = 3
kill "$FOLLOW" 2>/dev/null
wait "$FOLLOW" 2>/dev/null

# --- codes of another time
for user in u03 u04; do enrol "$user"; done
enter u01 "$(code u01 3)"
it "a code that another time would have taken says how far away that is" bash -c "seimon log -n 5 u01 | grep -q 'reason=\"wrong-code\".*clock_offset=\"90\"'"
it "not to whoever may be guessing" refused bash -c "setpriv --reuid 64201 --regid 64201 --clear-groups $W/bin/seimon log | grep clock_offset"
agree() { seimon doctor --config "$W/etc/seimon.conf" --json | jq -r '.[] | select(.id == "codes-of-another-time").what' >"$W/out/agree"; test -s "$W/out/agree"; }
it "one phone says nothing of this machine" refused agree
enter u03 "$(code u03 3)"
enter u04 "$(code u04 4)"
it "three that agree do" agree
it "by how much, and which way" has "$W/out/agree" "3 users were right for a time 90 s ahead of"
enter u04 "$(code u04 -5)"
it "three that do not agree say nothing" refused agree

# --- --json, by docs/json.md
keys() { jq -r 'if type == "array" then (map(keys) | add // []) else keys end | unique | join(" ")'; }
told() { grep -F "| \`$1\` | $2" "$(dirname "$0")/../../docs/json.md" | cut -d'|' -f4 | grep -oE '`[a-z_]+`' | tr -d '`' | sort -u | paste -sd ' '; }
printf 'user,secret\nu03,%s\n' "$(secret_of u03)" >"$W/tmp/FILE"
while read -r shape command; do
  words=${command//alice/u01}
  words=${words//FILE/$W/tmp/FILE}
  [[ $command != *report\ logins* ]] || words="$words --since 3650d"
  [[ $command != *doctor* ]] || words="$words --config $W/etc/seimon.conf"
  it "$command --json prints what docs/json.md says" test "$($words --json 2>/dev/null | keys)" = "$(told "$command" "$shape")"
done <<'TABLE'
object seimon list alice
object seimon status
object seimon status alice
object seimon explain alice
array seimon report logins
array seimon report rollout
object seimon config show
array seimon doctor
array seimon import csv FILE
TABLE
for key in $(seimon list u01 --json | jq -r '.methods[0] | keys[]'); do
  it "a method's $key is told there" grep -qF "\`$key\`" <(grep 'each of `methods`' "$(dirname "$0")/../../docs/json.md")
done
it "an event has no key that is not told" bash -c "for key in \$(seimon log --json | jq -r '.[] | keys[]' | sort -u); do grep 'seimon log' \"\$JSON_DOC\" | grep -qF \"\\\`\$key\\\`\" || exit 1; done"

# --- the replies of the service, by docs/io.seimon.Admin.varlink
enrol u09
enter u09 "$(code u09)"
it "each reply has what the interface's file says" python3 "$(dirname "$0")/../support/replies.py" /run/seimon/seimon.sock u09

# --- exit codes, one by one (seimon(1))
it "0: done" exits 0 seimon list u01
it "1: no" bash -c "echo 000000 | seimon verify u01 >/dev/null 2>&1; [ \$? = 1 ]"
it "2: usage, an option" exits 2 seimon list --no-such-option
it "2: usage, a verb" exits 2 seimon lsit
it "3: not permitted" exits 3 setpriv --reuid 64201 --regid 64201 --clear-groups seimon list u02
it "4: no service" exits 4 seimon --socket "$W/tmp/nowhere" status
it "5: no such user" exits 5 seimon list nobodyhere
it "5: no such method" exits 5 seimon remove -u u01 nomethod --yes
it "6: a bad file" exits 6 seimon import csv /nowhere
it "what is wrong goes to standard error" bash -c "[ -z \"\$(seimon list nobodyhere 2>/dev/null)\" ]"

# --- on a terminal
on_screen() { script -qec "stty cols $1; ${*:2}" /dev/null </dev/null | tr -d '\r' >"$W/out/screen"; }
export LC_ALL=C.UTF-8
printf 'y\n' | seimon bypass u01 --note "her telephone fell into the river behind the library on Monday" >/dev/null
on_screen 70 seimon bypass u01 --list
it "a table is cut where it does not fit the screen" bash -c "grep -q '…' $W/out/screen && [ \$(wc -L <$W/out/screen) -le 70 ]"
on_screen 200 seimon bypass u01 --list
it "where it fits it is whole, and so it is for programs" bash -c "grep -q 'on Monday' $W/out/screen && seimon bypass u01 --list | grep -q 'on Monday'"
unset LC_ALL
it "a report has bars for people" bash -c "expect \"\$TALK\" $W/out/screen 30 env LC_ALL=C.UTF-8 seimon report logins --since 3650d </dev/null; grep -q ▇ $W/out/screen"
it "and none for programs" bash -c "! seimon report logins --since 3650d | grep -q ▇"
it "help begins with examples" bash -c "seimon help revoke | sed -n 3,4p | grep -q 'seimon revoke alice --end-sessions'"
# --- whom a rule exempts is let in before the trail has it
echo "auth required $W/bin/pam_seimon.so exempt=success" >"$W/pam.d/sshd"
in_the_trail() { sqlite3 -readonly "$W/state/seimon.db" "SELECT COUNT(*) FROM event WHERE user = 'u03' AND outcome = 'skipped'"; }
from_the_campus() { exits 0 pamtester -I rhost=10.20.0.7 -E SSH_CONNECTION='10.20.0.7 1 10.20.0.1 22' sshd u03 authenticate; }
it "who is exempt is let in" from_the_campus
it "and the trail has it soon, though nobody asks" wait_until "[ \"\$(in_the_trail)\" = 1 ]"
it "once more" from_the_campus
seimond_stop
it "and it is there when the service ends at once" test "$(in_the_trail)" = 2
finish
