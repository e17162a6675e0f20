#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes docs/recording.svg: real logins by ssh on a terminal, in the tests' private world. usage: recording.sh BUILD
. "$(dirname "$0")/../tests/support/world.sh"
world_enter "$0" "$@"
world_up "$1"
askpass_install
set_clock '2026-11-21 12:00:10'
seimond_start
enrol alice
sshd_start
TALK=$(cd "$(dirname "$0")/../tests/support" && pwd)/talk.exp
OUT=$(cd "$(dirname "$0")" && pwd)/recording.svg
ssh_as() {  # WHERE ADDRESS STEPS: what is seen goes to $W/out/screen
  : >"$W/out/screen"
  printf '%b' "$3" | expect "$TALK" "$W/out/screen" 24 ip netns exec "$1" ssh -F /dev/null -o StrictHostKeyChecking=no \
    -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o PreferredAuthentications=keyboard-interactive -p "$PORT" \
    "alice@$2" 'echo "Welcome to login1, $(id -un)."'
}
{
  echo '# from home: the password, then a code'
  echo '$ ssh alice@login1'
  ssh_as home "$SRV4_HOME" "ssword: \\t$PASSWORD\\node: \\t$(code alice)\\n"
  sed "s/(alice@[^)]*) //" "$W/out/screen"
  echo
  echo '# the same code again, by whoever looked over the shoulder'
  echo '$ ssh alice@login1'
  ssh_as home "$SRV4_HOME" "ssword: \\t$PASSWORD\\node: \\t$(code alice)\\node: \\t^C\\n"
  sed "s/(alice@[^)]*) //" "$W/out/screen"
  echo
  echo '# on campus: the password is enough'
  echo '$ ssh alice@login1'
  ssh_as campus "$SRV4_CAMPUS" "ssword: \\t$PASSWORD\\n"
  sed "s/(alice@[^)]*) //" "$W/out/screen"
  echo
  echo '# what the help desk sees'
  echo '$ seimon log alice -n 3'
  seimon log alice -n 3 | sed 's/ conversation=.*//; s/ \(host\|service\|tty\|rule\|method\)="[^"]*"//g; s/^[0-9-]*T//'
} >"$W/out/session"
python3 - "$W/out/session" >"$OUT" <<'PYTHON'
import html, re, sys
text = open(sys.argv[1], encoding="utf-8", errors="replace").read().replace("\r", "")
lines = [re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\^C", "", line).rstrip() for line in text.split("\n")]
lines = [line for i, line in enumerate(lines) if line or (i + 1 < len(lines) and lines[i + 1].startswith("#"))]
height, width, step = 18, 880, 0.7
print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height * (len(lines) + 2)}" font-family="monospace" font-size="13">')
print('<title>Logins by ssh: a code from home, none on campus</title>')
print('<style>text{fill:#ddd;white-space:pre;opacity:0;animation:show .1s forwards}.note{fill:#7a7}@keyframes show{to{opacity:1}}@media(prefers-reduced-motion){text{animation-delay:0s!important}}</style>')
print('<rect width="100%" height="100%" rx="8" fill="#1b1d22"/>')
for i, line in enumerate(lines):
    kind = ' class="note"' if line.startswith("#") else ""
    print(f'<text x="16" y="{height * (i + 2)}"{kind} style="animation-delay:{i * step:.1f}s" xml:space="preserve">{html.escape(line)}</text>')
print("</svg>")
PYTHON
