#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# i3lock and swaylock without a screen: with the lines of docs/guides/sudo-su-console.md, and with Debian's own behind a
# protected login. usage: lockers.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
GUIDE=$(cd "$(dirname "$0")/../.." && pwd)/docs/guides/sudo-su-console.md
seimond_start
enrol u01
guide_lines() { sed -n '/^## Screen lockers/,/^## /s/^    \(auth .*\)/\1/p' "$GUIDE"; }
for locker in i3lock swaylock; do guide_lines | sed "s|pam_seimon.so|$W/bin/pam_seimon.so|" >"$W/pam.d/$locker"; done
it "the guide has four lines for a locker with one field" test "$(guide_lines | wc -l)" = 4
mkdir -m 700 "$W/run.u01"
chown u01 "$W/run.u01"
as_u01() { setpriv --reuid u01 --regid u01 --clear-groups env -i PATH=/usr/bin:/bin HOME="$W/home/u01" LANG=C.UTF-8 XDG_RUNTIME_DIR="$W/run.u01" "${SCREEN[@]}" "$@"; }
lock() {  # LOCKER [OPTION …]: it ends when it is unlocked
  : >"$W/out/locker"
  as_u01 "$@" >"$W/out/locker" 2>&1 &
  LOCKER=$!
  PIDS+=("$LOCKER")
}
locked() { kill -0 "$LOCKER" 2>/dev/null; }
unlocked() { wait_until "! kill -0 $LOCKER 2>/dev/null"; }
has_tried() {  # SERVICE TIMES
  wait_until "[ \$(seimon log -u u01 --json | jq '[.[] | select(.event == \"login\" and .service == \"$1\")] | length') -ge $2 ]"
}

# --- i3lock
# (Without -noreset it starts anew when its last client leaves, and takes the next with it that is just coming.)
Xvfb -noreset -displayfd 3 -nolisten tcp -screen 0 640x480x24 >"$W/out/xvfb" 2>&1 3>"$W/tmp/display" &
PIDS+=("$!")
wait_until "[ -s $W/tmp/display ]" || fail "no X server: $(cat "$W/out/xvfb")"
SCREEN=("DISPLAY=:$(cat "$W/tmp/display")")
type_in() { as_u01 xdotool type "$1" && as_u01 xdotool key Return; }
shown() { wait_until "setpriv --reuid u01 --regid u01 --clear-groups env ${SCREEN[0]} xdotool search --class i3lock >/dev/null 2>&1"; }
lock i3lock -n
it "i3lock shows itself" shown
type_in "$PASSWORD,000000"
it "the password with a wrong code" has_tried i3lock 1
it "unlocks nothing" locked
type_in "$PASSWORD"
it "nor does the password alone" has_tried i3lock 2
it "which stays locked" locked
type_in "$PASSWORD,$(code u01)"
it "password and code unlock i3lock" unlocked
cp "$W/pam.d/i3lock" "$W/tmp/i3lock"
printf '%s\n' '@include common-auth' "auth required $W/bin/pam_seimon.so" >"$W/pam.d/i3lock"
tick 30
lock i3lock -n
it "behind a protected login's lines it shows itself as well" shown
type_in "$PASSWORD"
it "is asked twice, and answers with one field" has_tried i3lock 4
type_in "$PASSWORD"
it "once more" has_tried i3lock 5
it "and never unlocks, as setup and doctor say" locked
stop_one "$LOCKER"
cp "$W/tmp/i3lock" "$W/pam.d/i3lock"

# --- swaylock
printf 'output HEADLESS-1 resolution 640x480\nxwayland disable\n' >"$W/run.u01/config"
chmod 644 "$W/run.u01/config"
SCREEN=(WLR_BACKENDS=headless WLR_RENDERER=pixman WLR_LIBINPUT_NO_DEVICES=1)
as_u01 sway -c "$W/run.u01/config" >"$W/out/sway" 2>&1 &
PIDS+=("$!")
wait_until "ls $W/run.u01/wayland-*.lock >/dev/null 2>&1" || fail "no compositor: $(tail -n 5 "$W/out/sway")"
SCREEN=("WAYLAND_DISPLAY=$(basename "$W/run.u01"/wayland-*.lock .lock)")
says() { wait_until "grep -q '$1' $W/out/locker"; }
# What is typed before it has its keyboard goes nowhere, and while it asks PAM it hears nothing: it is typed again.
type_until() {  # TEXT COMMAND …
  local try
  for try in 1 2 3; do
    as_u01 wtype "$1" -k Return
    "${@:2}" && return
  done
  return 1
}
tick 30
lock swaylock -d
it "swaylock shows itself" says 'Prepared to authorize'
it "the password with a wrong code unlocks nothing" type_until "$PASSWORD,000000" says 'pam_authenticate failed'
it "and stays locked" locked
it "password and code unlock swaylock" type_until "$PASSWORD,$(code u01)" unlocked
finish
