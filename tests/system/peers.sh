#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The rights of each caller of the socket: claims of ordinary users, malformed messages, too many of them.
# usage: peers.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
seimond_start
for user in u50 u51; do enrol "$user"; done
cat >"$W/tmp/talk.py" <<'PYTHON'
"""talk.py UID MESSAGE …: as UID, one connection; each message with its NUL, each reply on a line, "closed" at the end."""
import os, socket, sys
if sys.argv[1] != "0":
    os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
s = socket.socket(socket.AF_UNIX); s.settimeout(15); s.connect("/run/seimon/seimon.sock")
last = ""
for message in sys.argv[2:]:
    if message.startswith("!"):  # somebody else acts meanwhile
        open(os.environ["W"] + "/tmp/act", "w").write(message); open(os.environ["W"] + "/tmp/acted").read(); continue
    end = b"" if message.endswith("$") else b"\0"
    try: s.sendall(message.rstrip("$").replace("ID", last).encode("utf-8", "surrogateescape") + end)
    except OSError: print("closed"); sys.exit()
    data = b""
    while not data.endswith(b"\0"):
        try: got = s.recv(65536)
        except ConnectionResetError: got = b""
        if not got: print("closed"); sys.exit()
        data += got
    print(data[:-1].decode())
    last = data.decode().split('"conversation":"')[-1].split('"')[0]
PYTHON
open_call() {  # USER SERVICE ADDRESS
  printf '{"method":"io.seimon.Login.Open","parameters":{"version":1,"user":"%s","service":"%s","rhost":"%s","tty":"ssh","ruser":"","ssh_connection":"%s","ssh_auth_info":"","purpose":"","one_answer":false,"uid":-1}}' \
    "$1" "$2" "$3" "${3:+$3 1 10.20.0.1 22}"
}
talk() { timeout 30 python3 "$W/tmp/talk.py" "$@" >"$W/out/talk" 2>&1; }
says() {  # TEXT UID MESSAGE …
  talk "${@:2}"
  grep -qF -- "$1" "$W/out/talk" || { cat "$W/out/talk"; return 1; }
}
me=$(id -u u50)

it "root's word about the campus counts" says '"verdict":"skipped"' 0 "$(open_call u50 sshd 10.20.33.44)"
it "a user's own word about the campus does not: a code is asked" says 'Verification code: ' "$me" "$(open_call u50 sshd 10.20.33.44)"
it "nor about being local" says 'Verification code: ' "$me" "$(open_call u50 login '')"
it "a right code is accepted all the same" says '"verdict":"accepted"' "$me" "$(open_call u50 sshd '')" \
  "{\"method\":\"io.seimon.Login.Answer\",\"parameters\":{\"conversation\":\"ID\",\"answer\":\"$(code u50)\"}}"
it "a user may not ask about another" says '"verdict":"refused"' "$me" "$(open_call u51 sshd 10.20.33.44)"
it "nor is a uid believed that a user says" says '"verdict":"refused"' "$me" "$(open_call u51 sshd '' | sed "s/\"uid\":-1/\"uid\":$me/")"
it "the trail says who tried, under their own name" some_event u50 "reason=\"not-permitted: u51\""
it "and nobody fills another's" bash -c "! seimon log -u u51 | grep -q 'actor=\"uid $me\"'"
it "a user may not ask about root" says '"verdict":"refused"' "$me" "$(open_call root sshd '')"
answer='{"method":"io.seimon.Login.Answer","parameters":{"conversation":"ID","answer":"000000"}}'
for round in 1 2 3; do talk "$(id -u u51)" "$(open_call u51 login '')" "$answer" "$answer" "$answer"; done
it "failures that a user claims about themselves do not close their account to root's services" test "$(seimon status u51 --json | jq .budget.failures)" = 0
it "but they guard it for that user's own tries" says 'Enter two codes in a row' "$(id -u u51)" "$(open_call u51 login '')" "${answer/000000/$(code u51)}" "$answer" "$answer"
it "while the login service still accepts the code" says '"verdict":"accepted"' 0 "$(open_call u51 sshd 203.0.113.9)" "${answer/000000/$(code u51)}"

it "an answer needs a conversation" says closed 0 "$answer"
it "an answer to another conversation closes" says closed 0 "$(open_call u50 sshd '')" "${answer/ID/0123}"
it "a conversation cannot begin twice" says closed 0 "$(open_call u50 sshd '')" "$(open_call u50 sshd '')"
it "after the verdict nothing more is answered" says closed 0 "$(open_call u50 sshd 10.20.33.44)" "$answer"
it "a version that is too new is refused, and ours is named" says VersionMismatch 0 "$(open_call u50 sshd '' | sed 's/"version":1/"version":2/')"
it "an unknown method closes" says closed 0 '{"method":"io.seimon.Login.Secret","parameters":{"user":"u50"}}'
it "there is no message that gives a secret" says closed 0 '{"method":"io.seimon.Admin.Secret","parameters":{"user":"u50"}}'
it "an unknown parameter closes" says closed 0 '{"method":"io.seimon.Admin.List","parameters":{"user":"u50","also":"u51"}}'
it "a nested parameter closes" says closed 0 '{"method":"io.seimon.Admin.List","parameters":{"user":{"a":"b"}}}'
it "a wrong type is refused" says 'InvalidParameter' 0 '{"method":"io.seimon.Admin.Log","parameters":{"user":"root","limit":"many"}}'
it "garbage closes" says closed 0 'garbage'
it "deep nesting closes" says closed 0 "{\"method\":\"io.seimon.Admin.List\",\"parameters\":$(printf '[%.0s' $(seq 3000))"
it "a message that is not finished is closed after a while" says closed 0 '{"method":$'
it "a message that is too long closes" says closed 0 "$(head -c 70000 /dev/zero | tr '\0' ' ')"
for name in '' '-f root' "$(printf 'x%.0s' $(seq 300))" 'a\nb' 'a\u001b[2J' 'a/b' $'a\xff'; do
  it "the user name '${name:0:12}' is refused" says '"verdict":"refused"' 0 "$(open_call "$name" sshd '')"
  it "by the command too" test "$(seimon list -u "$(printf '%b' "${name:-:}")" >/dev/null 2>&1; echo $?)" != 0
done
verb() { printf '{"method":"io.seimon.Admin.%s","parameters":{"user":"u50",%s}}' "$1" "$2"; }
for value in 1 true '"?"' '""' 'null' '["1"]'; do
  talk "$me" "$(verb Verify "\"code\":$value")"
  talk "$me" "$(verb Enroll "\"proof\":$value,\"secret\":$value")"
  talk "$me" "$(verb Confirm "\"code\":$value")"
  it "a code that is $value does the service no harm" seimon status >/dev/null
done
export W
mkfifo -m 666 "$W/tmp/act" "$W/tmp/acted"
(read -r _ <"$W/tmp/act"; enrol u52; : >"$W/tmp/acted") &
it "an enrolment from before another one is not finished after it" says "the account was changed meanwhile" "$(id -u u52)" \
  "$(verb Enroll '"secret":"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"' | sed s/u50/u52/)" \
  "!seimon-enrol-u52" "$(verb Confirm "\"code\":\"$(oathtool --totp --base32 --now "$CLOCK UTC" GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ)\"" | sed s/u50/u52/)"
# --- clients that go away at each step: a right code admits at most once, whoever left when
cat >"$W/tmp/vanish.py" <<'PYTHON'
import socket, sys
for step in range(int(sys.argv[1])):
    s = socket.socket(socket.AF_UNIX); s.settimeout(15); s.connect("/run/seimon/seimon.sock")
    opening = sys.argv[2].encode() + b"\0"
    if step < len(opening): s.sendall(opening[:step * 40]); s.close(); continue
    s.close()
for late in (False, True):
    s = socket.socket(socket.AF_UNIX); s.settimeout(15); s.connect("/run/seimon/seimon.sock")
    s.sendall(opening); reply = s.recv(65536).decode()
    if late:
        s.sendall(sys.argv[3].replace("ID", reply.split('"conversation":"')[-1].split('"')[0]).encode() + b"\0")
    s.close()
PYTHON
enrol u53
right="${answer/000000/$(code u53)}"
python3 "$W/tmp/vanish.py" 12 "$(open_call u53 sshd 203.0.113.9)" "$right"
it "a client that left with its code underway has spent it" says '"prompt":"Not accepted' 0 "$(open_call u53 sshd 203.0.113.9)" "$right"
it "and each one that left is in the trail" some_event u53 'reason="disconnected"'

# --- descriptors that somebody passes along are not kept
cat >"$W/tmp/pass.py" <<'PYTHON'
import array, os, socket, sys
held = [os.open("/dev/null", os.O_RDONLY) for i in range(200)]
for i in range(20):
    s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect("/run/seimon/seimon.sock")
    s.sendmsg([sys.argv[1].encode()[:5]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", held))]); s.close()
PYTHON
descriptors=$(ls "/proc/$SEIMOND/fd" | wc -l)
python3 "$W/tmp/pass.py" "$(open_call u50 sshd '')"
it "descriptors that are passed along are not kept" wait_until "[ \"\$(ls /proc/$SEIMOND/fd | wc -l)\" -le $((descriptors + 2)) ]"
# --- "root" of a user's own namespace is that user
if setpriv --reuid "$me" --regid "$me" --clear-groups unshare --user --map-root-user true 2>/dev/null; then
  userns() { setpriv --reuid "$me" --regid "$me" --clear-groups unshare --user --map-root-user python3 "$W/tmp/talk.py" 0 "$1" >"$W/out/talk" 2>&1; grep -qF -- "$2" "$W/out/talk"; }
  chmod 755 "$W" "$W/tmp"
  it "root of a user namespace may not ask about another" userns "$(open_call u51 sshd 10.20.33.44)" '"verdict":"refused"'
  it "nor has it a campus" userns "$(open_call u50 sshd 10.20.33.44)" 'Verification code: '
else
  echo "this kernel gives ordinary users no namespaces: not tried"
fi

it "no name could forge a line of the log" test "$(grep -c '^b"' "$W/syslog")" = 0

# --- thousands stand at the prompt
cat >"$W/tmp/stand.py" <<'PYTHON'
import resource, socket, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (20000, 20000))
waiting = []
for i in range(3000):
    s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect("/run/seimon/seimon.sock")
    s.sendall(sys.argv[1].encode() + b"\0"); waiting.append(s)
asked = sum(1 for s in waiting if b"Verification code" in s.recv(65536))
threads = len(__import__("os").listdir("/proc/" + sys.argv[2] + "/task"))
print(asked, threads)
PYTHON
it "three thousand stand at the prompt, and cost no thread each" test "$(python3 "$W/tmp/stand.py" "$(open_call u50 sshd 203.0.113.9)" "$SEIMOND")" = "3000 6"
it "those who leave are concluded" wait_until "seimon log -n 1000 | grep -c disconnected | grep -q 1000"

# --- a crowd
cat >"$W/tmp/crowd.py" <<'PYTHON'
import os, socket, sys, time
os.setgroups([]); os.setgid(int(sys.argv[1])); os.setuid(int(sys.argv[1]))
crowd = []
for i in range(1000):
    s = socket.socket(socket.AF_UNIX); s.settimeout(5)
    try: s.connect("/run/seimon/seimon.sock"); s.setblocking(False); crowd.append(s)
    except OSError: pass
def is_open(s):
    try: return bool(s.recv(1))
    except BlockingIOError: return True
    except OSError: return False
for wait in range(50):
    crowd = [s for s in crowd if is_open(s)]
    if len(crowd) <= 32: break
    time.sleep(0.1)
print(len(crowd), flush=True)
sys.stdin.read()
PYTHON
mkfifo "$W/tmp/hold"
python3 "$W/tmp/crowd.py" "$me" <"$W/tmp/hold" >"$W/out/crowd" &
CROWD=$!
exec 6>"$W/tmp/hold"
wait_until "[ -s '$W/out/crowd' ]"
it "one user holds at most 32 connections of 1000 tried" test "$(cat "$W/out/crowd")" -le 32
it "and root's login is answered" says '"verdict":"skipped"' 0 "$(open_call u50 sshd 10.20.33.44)"
exec 6>&-
wait "$CROWD"
it "the service lives" seimon status >/dev/null
# --- uids of a range that one user was given (subuid), and that have no account
touch "$W/tmp/crowd"; chmod 666 "$W/tmp/crowd"
for i in $(seq 40); do crowd setpriv --reuid $((200000 + i)) --regid $((200000 + i)) --clear-groups -- 16 /run/seimon/seimon.sock; done
id=$(id -u u53)
it "640 connections of forty uids without an account shut no user out" grep -q 'recovery codes left' <(setpriv --reuid "$id" --regid "$(id -g u53)" --clear-groups seimon list 2>&1)
it "nor root" seimon status >/dev/null
disperse
finish
