#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Completion after Tab: verbs, options, users, methods. Real bash, zsh and fish. usage: completion.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
C=$(cd "$(dirname "$0")/../../conf/completion" && pwd)
seimond_start
enrol u01
seimon rename -u u01 app "my phone" >/dev/null
export HOME=$W/tmp
in_bash() {  # WORD …: the last one is being typed
  bash -c ". \"$C/seimon.bash\"; COMP_WORDS=(\"\$@\"); COMP_CWORD=\$((\$# - 1)); _seimon; printf '%s\n' \"\${COMPREPLY[@]}\"" - "$@" 2>&1
}
in_zsh() {
  zsh -f -c "compadd() { print -rl -- \${(P)@[-1]}; }; _files() { ls; }; words=(\"\$@\"); CURRENT=\$#; offer() { $(sed 1d "$C/_seimon")
}; offer" - "$@" 2>&1 | grep -- "^${!#}"
}
in_fish() {
  local line="${*:1:$#-1} ${!#}"
  fish --no-config -c "source \"$C/seimon.fish\"; complete -C \"$line\"" 2>&1 | cut -f 1
}
for shell in bash zsh fish; do
  it "$shell: a verb" grep -qx remove <(in_$shell seimon rem)
  it "$shell: every verb" test "$(in_$shell seimon '' | grep -cE '^[a-z-]+$')" -ge 30
  it "$shell: an option of the verb" grep -qx -- --end-sessions <(in_$shell seimon revoke --end)
  it "$shell: a user" grep -qx u01 <(in_$shell seimon status u0)
  it "$shell: a user after -u" grep -qx u02 <(in_$shell seimon list -u u0)
  it "$shell: the methods of a user, blanks and all" grep -qxE 'my\\? phone' <(in_$shell seimon remove -u u01 my)
  it "$shell: what may follow" grep -qx undo <(in_$shell seimon setup un)
done
finish
