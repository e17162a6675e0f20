#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# login, su and sudo on a terminal; and the way in when the service is dead.
# usage: console.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
EXPECT=$(cd "$(dirname "$0")/../support" && pwd)/console.exp
printf 'Defaults timestamp_timeout=0\nDefaults !lecture\nALL ALL=(ALL:ALL) ALL\n' >"$W/etc/sudoers"
chmod 440 "$W/etc/sudoers"
mount --bind "$W/etc/sudoers" /etc/sudoers
export PS1='$ '
seimond_start
for user in u20 u21 u22 root; do enrol "$user"; done

on_console() {  # USER CODE COMMAND …: true when a shell or command of somebody answered; its name is in $REACHED
  expect -f "$EXPECT" "$1" "$PASSWORD" "$2" "${@:3}" >"$W/out/console" 2>&1
  REACHED=$(grep -o 'REACHED-[a-z0-9]*' "$W/out/console" | tail -n 1 | cut -d- -f2)
  [ -n "$REACHED" ]
}
as() {  # USER COMMAND …
  local id
  id=$(id -u "$1")
  setpriv --reuid "$id" --regid "$id" --init-groups env USER="$1" HOME="$W/home/$1" PS1='$ ' "${@:2}"
}
export -f as; export W
reach() { on_console "${@:2}" && [ "$REACHED" = "$1" ]; }

it "login asks for the code after the password" reach u20 u20 "$(code u20)" login
it "and says so in the prompt" has "$W/out/console" "Verification code: "
it "login with a used code is refused" refused reach u20 u20 "$(code u20)" login
it "a login at the console is local" last_event u20 from local
it "su asks for the code of whoever runs it, as sudo does" reach u21 u22 "$(code u22)" bash -c 'as u22 su u21 -s /bin/bash'
it "su with a wrong code is refused" refused on_console u21 000000 bash -c 'as u22 su u21 -s /bin/bash'
it "sudo asks for the caller's code" reach root u22 "$(code u22 1)" bash -c "as u22 sudo bash -c 'echo REACHED-\$(id -un)'"
it "sudo with the code again is refused" refused on_console u22 "$(code u22 1)" bash -c "as u22 sudo bash -c 'echo REACHED-\$(id -un)'"
it "the trail names the service" last_event u22 service sudo

# --- one second step for a login and the sudo in it, where a rule lets it
if make_session 9001 && make_session 9002; then
  askpass_install
  sshd_start
  echo "$SSHD" >"$CGROUPS/session-9001$SESSION.scope/cgroup.procs"
  sed -i 's/name = "campus"; networks/name = "same"; services = [ "sudo" ]; action = "require"; same_session = true; }, { &/' "$W/etc/seimon.conf"
  it "whoever wants one step for a session is told what it means" grep -q 'rule "same": whatever runs in a session' <(seimon reload 2>&1)
  tick 60
  SUDO="printf '%s\\n' '$PASSWORD' | sudo -S id -un"
  COMMAND=$SUDO it "after a login with a code sudo asks for the password alone" log_in home u22 "$SRV4_HOME" "$(code u22)"
  it "and is root" has "$W/out/ssh" root
  it "the trail says why" last_event u22 reason same-session
  it "another session of the same user has to show a code" refused in_session 9002 on_console u22 000000 bash -c "as u22 sudo bash -c 'echo REACHED-\$(id -un)'"
  COMMAND=$SUDO log_in campus u20 "$SRV4_CAMPUS"
  it "so has one whose login was not asked for one" has "$W/out/ssh" "Verification code"
fi

# Break glass, as the README has it, for the terminals of this test.
ttys=$(printf '/dev/pts/%d:' $(seq 0 63))
sed -i "s|tty in .*|tty in ${ttys%:}|" "$W/pam.d/login"
it "the example has the line in both stacks" test "$(grep -c '^a.*pam_succeed_if' "$W/pam.d/login")" = 2
it "with the service alive, root breaks the glass without a code" reach root root 000000 login
it "and others are still asked" reach u20 u20 "$(code u20 1)" login
seimond_stop
it "with the service dead, root still gets in at the console" reach root root 000000 login
it "and nobody else does" refused on_console u21 "$(code u21 1)" login
it "neither does su" refused on_console u21 "$(code u21 1)" bash -c 'as u22 su u21 -s /bin/bash'
finish
