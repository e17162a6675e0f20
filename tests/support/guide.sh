# SPDX-License-Identifier: Apache-2.0
# A guide's boxes, typed on a machine. Source it behind machine.sh.

# The boxes of a section, or its N-th.
boxes() {  # GUIDE HEADING [N]
  awk -v heading="## $2" -v only="${3-0}" '/^## /{on = ($0 == heading); n = 0}
    on && /^```/{box = !box && $0 == "```sh"; n += box; next} on && box && (!only || n == only)' "$SOURCE/docs/guides/$1.md"
}
type_in() {  # GUIDE HEADING [N]
  [ -n "$(boxes "$@")" ] || { echo "$1 has no boxes under $2"; return 1; }
  boxes "$@" | in_machine bash -e -c 'cd /var/tmp/packages && exec bash -e /dev/stdin' >"$W/out/command" 2>&1 && return 0
  grep -v "^[ +-]" "$W/out/command" | tail -n 20
  return 1
}
said() { grep -q -- "$1" "$W/out/command"; }
# Waits for a code of that user's key that was not used here before, and sets USED to it.
next_code() {  # USER
  local i
  for i in $(seq 70); do
    right_now
    [ "$(code "$1")" = "$USED" ] || break
    nap 1
  done
  USED=$(code "$1")
}
