# SPDX-License-Identifier: Apache-2.0
# A private world for demos and system tests: own /etc/pam.d, /etc/passwd, /run and /dev, three network namespaces
# (server, home, campus), own sshd and seimond. Everything lives in one mount namespace and one folder under /tmp; when
# the process that sourced this ends, nothing of it is left on the host.
#
# Source it from bash as root:  . world.sh; world_enter "$0" "$@"; world_up BUILD
# Then: home, campus (run a command there), log_in, code, enrol, set_clock, seimond_start, seimond_stop, config.

SRV4_HOME=203.0.113.1 HOME4=203.0.113.77 SRV4_CAMPUS=10.20.0.1 CAMPUS4=10.20.33.44
SRV6_HOME=2001:db8:40::1 HOME6=2001:db8:40::beef SRV6_CAMPUS=2001:db8:ca::1 CAMPUS6=2001:db8:ca::1234
PORT=2222
PASSWORD='correct horse'

# Runs the calling script again in a mount namespace of its own, and gives that a folder.
world_enter() {
  if [ -z "${SEIMON_WORLD-}" ]; then
    SEIMON_WORLD=$(mktemp -d /tmp/seimon-world.XXXXXX) || exit 1
    chmod 755 "$SEIMON_WORLD"
    export SEIMON_WORLD
    local code=0
    # A PID namespace too: whatever a visitor started in here ends with it.
    unshare --mount --propagation private --pid --fork --kill-child --mount-proc -- bash "$@" || code=$?
    rm -rf "$SEIMON_WORLD"
    find /sys/fs/cgroup -depth -type d -path "*/${SEIMON_WORLD##*/}.*" -exec rmdir {} + 2>/dev/null || true  # of machine.sh
    exit "$code"
  fi
  W=$SEIMON_WORLD
  PIDS=()
  trap world_down EXIT
  trap 'exit 130' INT TERM
}

world_down() {
  local pid
  for pid in "${PIDS[@]}"; do kill -CONT "$pid" 2>/dev/null; kill "$pid" 2>/dev/null; done
  for pid in "${PIDS[@]}"; do end_of "$pid"; done
  PIDS=()
  [ -z "${CGROUPS-}" ] || rmdir "$CGROUPS"/session-900?$SESSION.scope 2>/dev/null || true
}

is_gone() {  # PID
  local text=
  { IFS= read -r -d '' text <"/proc/$1/stat"; } 2>/dev/null
  [ -z "$text" ] || [[ $text == *') Z '* ]]
}

# A process that was told to end; after 10 s it is made to (socat can miss a signal that comes before it sleeps).
end_of() {  # PID
  wait_until "is_gone $1" || kill -KILL "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

world_up() {  # BUILD
  local build=$1
  mkdir -p "$W/bin" "$W/pam.d" "$W/home" "$W/etc" "$W/state" "$W/ssh" "$W/out" "$W/tmp"
  : >"$W/clock"; : >"$W/uptime"
  chmod 644 "$W/clock" "$W/uptime"
  local file
  # A sanitized build has the service and the module, and the demo's the command, too; the rest, if any, comes from the one
  # that is packed.
  for file in pam_seimon.so seimond seimon seimon-delivery seimon-pskc seimon-letter seimon-backup-crypto seimon-store seimon-gate seimon-authority seimon-web seimon-web-login \
    seimon-postgresql.so letter.template locale; do
    if [ -e "$build/$file" ]; then cp -r "$build/$file" "$W/bin/"
    elif [ -e "$build/../release/$file" ]; then cp -r "$build/../release/$file" "$W/bin/"; fi
  done
  # A build without tests, such as the demo's, has none: it is made here.
  cp "$build/tests/libboottime.so" "$W/bin/" 2>/dev/null ||
    cc -shared -fPIC -o "$W/bin/libboottime.so" "$(dirname "${BASH_SOURCE[0]}")/boottime.c" || fail "no libboottime.so"
  # The host's sshd, or the one that unpack_sshd fetched. sshd's PAM service is its own file's name.
  SSHD_PROGRAM=/usr/sbin/sshd
  [ -x "$SSHD_PROGRAM" ] || SSHD_PROGRAM=$build/sshd/usr/sbin/sshd
  [ -x "$SSHD_PROGRAM" ] || SSHD_PROGRAM=$build/../release/sshd/usr/sbin/sshd
  cp "$SSHD_PROGRAM" "$W/bin/sshd"
  PATH=$W/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  world_dev
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir -p /run/sshd /run/seimon
  world_accounts
  world_pam
  world_networks
  world_sshd
  set_clock '2026-11-21 12:00:10'
  config
  seimon key init --config "$W/etc/seimon.conf" >/dev/null
}

# A /dev of our own, so that /dev/log is ours.
world_dev() {
  local node
  mkdir -p "$W/dev"
  mount -t tmpfs -o mode=755 tmpfs "$W/dev"
  mkdir -p "$W/dev/pts" "$W/dev/shm"
  for node in null zero full random urandom tty; do cp -a "/dev/$node" "$W/dev/$node"; done
  mount --rbind /dev/pts "$W/dev/pts"
  mount --rbind /dev/shm "$W/dev/shm"
  ln -s pts/ptmx "$W/dev/ptmx"
  ln -s /proc/self/fd "$W/dev/fd"
  ln -s /proc/self/fd/0 "$W/dev/stdin"
  ln -s /proc/self/fd/1 "$W/dev/stdout"
  ln -s /proc/self/fd/2 "$W/dev/stderr"
  mount --move "$W/dev" /dev
  : >"$W/syslog"
  socat -u UNIX-RECV:/dev/log,mode=666 OPEN:"$W/syslog",append </dev/null >/dev/null 2>&1 &
  PIDS+=($!)
  wait_until "[ -S /dev/log ]" || fail "no /dev/log"
}

# Users u00 … u59 and a few with names, all with one password, beside the host's system accounts.
world_accounts() {
  local hash i name
  hash=$(openssl passwd -6 "$PASSWORD")
  local people='alice|bob|carol|demo'
  grep -vE "^(seimon|seimon-delivery|seimon-gate|$people|u[0-9][0-9]):" /etc/passwd >"$W/etc/passwd"
  grep -vE "^(seimon|seimon-delivery|seimon-gate|root|$people|u[0-9][0-9]):" /etc/shadow >"$W/etc/shadow"
  grep -vE "^(seimon|seimon-delivery|seimon-gate|staffers|helpers|managers|$people|u[0-9][0-9]):" /etc/group >"$W/etc/group"
  echo 'seimon:x:64100:64100::/nonexistent:/usr/sbin/nologin' >>"$W/etc/passwd"
  echo 'seimon:*:19000:0:99999:7:::' >>"$W/etc/shadow"
  echo "root:$hash:19000:0:99999:7:::" >>"$W/etc/shadow"
  echo 'seimon-delivery:x:64098:64098::/nonexistent:/usr/sbin/nologin' >>"$W/etc/passwd"
  echo 'seimon-delivery:*:19000:0:99999:7:::' >>"$W/etc/shadow"
  echo 'seimon-gate:x:64097:64097::/nonexistent:/usr/sbin/nologin' >>"$W/etc/passwd"
  echo 'seimon-gate:*:19000:0:99999:7:::' >>"$W/etc/shadow"
  printf '%s\n' 'seimon:x:64100:' 'seimon-delivery:x:64098:' 'seimon-gate:x:64097:' 'staffers:x:64101:u01,u02' 'helpers:x:64102:u50,u51' \
    'managers:x:64103:u52' >>"$W/etc/group"
  grep -q '^sshd:' "$W/etc/passwd" || echo 'sshd:x:64099:65534::/run/sshd:/usr/sbin/nologin' >>"$W/etc/passwd"
  local names=($(printf 'u%02d ' $(seq 0 59)) alice bob carol demo)
  for i in "${!names[@]}"; do
    name=${names[i]}
    echo "$name:x:$((64200 + i)):$((64200 + i))::$W/home/$name:/bin/bash" >>"$W/etc/passwd"
    echo "$name:$hash:19000:0:99999:7:::" >>"$W/etc/shadow"
    echo "$name:x:$((64200 + i)):" >>"$W/etc/group"
  done
  perl -e 'my ($folder, @names) = @ARGV; for (0 .. $#names) { mkdir "$folder/$names[$_]" and chown 64200 + $_, 64200 + $_, "$folder/$names[$_]" or die $! }' \
    "$W/home" "${names[@]}"
  chmod 640 "$W/etc/shadow"
  chgrp shadow "$W/etc/shadow"
  local file
  for file in passwd shadow group; do mount --bind "$W/etc/$file" "/etc/$file"; done
}

# The stacks of conf/pam.d, on Debian's common-auth and common-account; only the module's place is ours.
world_pam() {
  local service
  printf '%s\n' 'auth [success=1 default=ignore] pam_unix.so nullok' 'auth requisite pam_deny.so' \
    'auth required pam_permit.so' >"$W/pam.d/common-auth"
  printf '%s\n' 'account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so' 'account requisite pam_deny.so' \
    'account required pam_permit.so' >"$W/pam.d/common-account"
  for service in sshd login su su-l sudo sudo-i; do
    case $service in
      sshd) use_stack sshd sshd-password-and-code ;;
      login) use_stack login login-with-break-glass ;;
      *) use_stack "$service" su-and-sudo ;;
    esac
  done
  sed -i '1i auth sufficient pam_rootok.so' "$W/pam.d/su"
  cat >"$W/pam.d/other" <<'STACK'
auth required pam_deny.so
account required pam_deny.so
session required pam_deny.so
password required pam_deny.so
STACK
  mount --bind "$W/pam.d" /etc/pam.d
}

use_stack() {  # SERVICE EXAMPLE
  local conf
  conf=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../conf/pam.d" && pwd)
  sed "s|pam_seimon.so|$W/bin/pam_seimon.so|" "$conf/$2" >"$W/pam.d/$1"
  printf '%s\n' 'session required pam_permit.so' >>"$W/pam.d/$1"
  grep -q '^password' "$W/pam.d/$1" || echo 'password required pam_deny.so' >>"$W/pam.d/$1"
}

world_networks() {
  local name
  for name in srv home campus; do
    ip netns add "$name"
    ip -n "$name" link set lo up
  done
  world_link home "$SRV4_HOME/24" "$HOME4/24" "$SRV6_HOME/64" "$HOME6/64"
  world_link campus "$SRV4_CAMPUS/16" "$CAMPUS4/16" "$SRV6_CAMPUS/64" "$CAMPUS6/64"
}

world_link() {  # NAME SERVER4 CLIENT4 SERVER6 CLIENT6
  local name=$1
  ip link add "v$name" netns srv type veth peer name eth0 netns "$name"
  ip netns exec srv sh -c "echo 0 >/proc/sys/net/ipv6/conf/v$name/accept_dad" 2>/dev/null || true
  ip netns exec "$name" sh -c "echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad" 2>/dev/null || true
  ip -n srv addr add "$2" dev "v$name"
  ip -n "$name" addr add "$3" dev eth0
  ip -n srv -6 addr add "$4" dev "v$name" nodad
  ip -n "$name" -6 addr add "$5" dev eth0 nodad
  ip -n srv link set "v$name" up
  ip -n "$name" link set eth0 up
}

world_sshd() {
  ssh-keygen -q -t ed25519 -N '' -f "$W/ssh/host"
  ssh-keygen -q -t ed25519 -N '' -f "$W/ssh/user"
  cat >"$W/ssh/config" <<CONFIG
Port $PORT
HostKey $W/ssh/host
PidFile none
UsePAM yes
PasswordAuthentication no
KbdInteractiveAuthentication yes
PermitRootLogin yes
AuthorizedKeysFile $W/ssh/keys.%u
StrictModes no
UseDNS no
LogLevel VERBOSE
MaxStartups 300
CONFIG
  # Since OpenSSH 9.8 sshd starts other programs, by whole paths.
  local beside=${SSHD_PROGRAM%/sbin/sshd}/lib/openssh name
  for name in session auth; do
    [ -x "$beside/sshd-$name" ] || continue
    cp "$beside/sshd-$name" "$W/bin/"
    echo "Sshd${name^}Path $W/bin/sshd-$name" >>"$W/ssh/config"
  done
}

sshd_start() {  # [OPTION=VALUE …]
  local option args=()
  for option in "$@"; do args+=(-o "$option"); done
  ip netns exec srv "$W/bin/sshd" -D -f "$W/ssh/config" -E "$W/out/sshd.log" "${args[@]}" &
  SSHD=$!
  PIDS+=("$SSHD")
  wait_until "ip netns exec srv ss -ltn | grep -q ':$PORT '" || fail "sshd did not start: $(cat "$W/out/sshd.log")"
}

sshd_stop() { stop_one "$SSHD"; }

stop_one() {  # PID
  kill -CONT "$1" 2>/dev/null
  kill "$1" 2>/dev/null
  end_of "$1"
  local pid rest=()
  for pid in "${PIDS[@]}"; do [ "$pid" = "$1" ] || rest+=("$pid"); done
  PIDS=("${rest[@]}")
}

# A login session as logind makes them, for what a process's control group tells. False where there is no cgroup2.
SESSION=$RANDOM  # control groups are of the whole machine
make_session() {  # NUMBER
  CGROUPS=$(findmnt -n -t cgroup2 -o TARGET | head -n 1)
  [ -n "$CGROUPS" ] && mkdir -p "$CGROUPS/session-$1$SESSION.scope"
}
in_session() {  # NUMBER COMMAND …
  ( echo "$BASHPID" >"$CGROUPS/session-$1$SESSION.scope/cgroup.procs" && "${@:2}" )
}

# Leaves connections open (crowd.py); returns when COUNT of these programs have all that they get. disperse ends them.
CROWDS=()
crowd() {  # PREFIX-COMMAND … -- COUNT TARGET [CALL]
  local prefix=()
  while [ "$1" != -- ]; do prefix+=("$1"); shift; done
  shift
  # An ordinary user may not be able to read this folder.
  "${prefix[@]}" python3 - "$W/tmp/crowd" "$@" <"$(dirname "${BASH_SOURCE[0]}")/crowd.py" & CROWDS+=($!)
  PIDS+=($!)
  wait_until "[ \"\$(wc -l <'$W/tmp/crowd' 2>/dev/null)\" = ${#CROWDS[@]} ]"
}
disperse() {
  local pid
  for pid in "${CROWDS[@]}"; do kill -KILL "$pid" 2>/dev/null; stop_one "$pid" 2>/dev/null; done
  CROWDS=()
  rm -f "$W/tmp/crowd"
}

# A process costs more than most of what a test does: here nothing starts one that need not.

# Waits. (Nobody writes into that pipe.)
exec {NAP}<> <(:)
nap() { read -r -t "$1" -u "$NAP" || true; }  # SECONDS

# Looks again and again for half a minute, less often after the first times: each look costs those who work something.
wait_until() {  # COMMAND
  local i
  for ((i = 1; i <= 120; i++)); do
    eval "$1" && return 0
    if [ "$i" -lt 10 ]; then nap 0.05; else nap 0.25; fi
  done
  return 1
}

# The clocks of seimond, which stand still until they are set again: the time of day, and how long the machine runs.
# Its timers are real.
# Written over: no text of a file is shorter than the one before.
put_clock() { printf '%s\n' "$2" 1<>"$1"; }  # FILE TEXT

# Somebody sets the clock: no time passes.
step_clock() {  # 'YYYY-MM-DD HH:MM:SS' (UTC)
  CLOCK=$1
  put_clock "$W/clock" "$CLOCK"
}

# The clock in seconds since 1970: EPOCH.
read_clock() { [ "${EPOCH_OF-}" = "$CLOCK" ] || { EPOCH=$(date -u -d "$CLOCK UTC" +%s); EPOCH_OF=$CLOCK; }; }

# Time goes on until then. What lies in the past is a step.
set_clock() {  # 'YYYY-MM-DD HH:MM:SS' (UTC) [the same in seconds since 1970]
  local before=
  [ -z "${CLOCK-}" ] || { read_clock; before=$EPOCH; }
  step_clock "$1"
  [ -z "${2-}" ] || EPOCH=$2 EPOCH_OF=$1
  read_clock
  [ "$EPOCH" -le "${before:-$EPOCH}" ] || UPTIME=$((${UPTIME:-1000} + EPOCH - before))
  put_clock "$W/uptime" "${UPTIME:=1000}"
}
set_epoch() {  # SECONDS since 1970
  local text
  TZ=UTC printf -v text '%(%Y-%m-%d %H:%M:%S)T' "$1"
  set_clock "$text" "$1"
}
tick() { read_clock; set_epoch $((EPOCH + $1)); }  # SECONDS
right_now() { set_epoch "$EPOCHSECONDS"; }

config() {  # [TEXT]: the configuration; without TEXT the usual one
  if [ $# -gt 0 ]; then printf '%s\n' "$1" >"$W/etc/seimon.conf"; return; fi
  cat >"$W/etc/seimon.conf" <<'CONFIG'
mode = "enforce";
language = "en";
issuer = "Example University";
help = "Help desk: ext. 4567";
networks: { campus: { addresses = [ "10.20.0.0/16", "2001:db8:ca::/64" ]; not = [ "10.20.99.0/24" ]; }; };
rules = (
  { name = "staffers always"; groups = [ "staffers" ]; action = "require"; unenrolled = "deny"; },
  { name = "campus"; networks = [ "campus" ]; services = [ "sshd" ]; action = "skip"; }
);
default: { action = "require"; unenrolled = "deny"; };
CONFIG
}

seimond_start() {  # [ARGUMENT …]
  local library
  for library in /usr/lib/*/faketime/libfaketimeMT.so.1; do break; done
  # A sanitized service: libfaketime has to stand before its runtime (it cannot find the real clock otherwise); leaks cannot
  # be looked for in a process that nobody may trace.
  local faked=(env LD_PRELOAD="$W/bin/libboottime.so:$library" ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 FAKETIME_TIMESTAMP_FILE="$W/clock" FAKETIME_NO_CACHE=1
    BOOTTIME_FILE="$W/uptime" FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 TZ=UTC)
  [ -z "${REAL_CLOCK-}" ] || faked=()
  "${faked[@]}" seimond --foreground --config "$W/etc/seimon.conf" --state "$W/state" "$@" \
    >>"$W/out/seimond.log" 2>&1 </dev/null &
  SEIMOND=$!
  PIDS+=("$SEIMOND")
  wait_until "seimon status >/dev/null 2>&1" || fail "seimond did not start: $(tail -n 5 "$W/out/seimond.log")"
}

seimond_stop() { stop_one "$SEIMOND"; }

home() { ip netns exec home "$@"; }
campus() { ip netns exec campus "$@"; }

# A key of 160 bits in base32, another one for each name.
secret_of() {  # USER
  local name=seimon-$1 letters=ABCDEFGHIJKLMNOP text=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ i byte
  for ((i = 0; i < ${#name}; i++)); do
    printf -v byte '%d' "'${name:i:1}"
    text+=${letters:byte / 16 % 16:1}${letters:byte % 16:1}
  done
  printf '%s\n' "${text: -32}"
}

# The code of USER, STEPS (default 0) steps from the clock.
code() { oathtool --totp --base32 --now "$CLOCK UTC $((30 * ${2:-0})) seconds" "$(secret_of "$1")"; }  # USER [STEPS]

# Registers USER by the previous step's code, so that this step's and the next one's are still fresh.
enrol() {  # USER [OPTION of seimon …]
  local attempt
  secret_of "$1" >"$W/tmp/secret"
  for attempt in 1 2; do
    code "$1" -1 | seimon "${@:2}" enroll "$1" --secret-file "$W/tmp/secret" --qr=none >"$W/out/enrol" 2>&1 && return
    # By a clock that goes on, its step may have ended meanwhile.
    [ -n "${REAL_CLOCK-}" ] && [ "$attempt" = 1 ] || break
    right_now
  done
  fail "cannot enrol $1: $(cat "$W/out/enrol")"
}

# A login by ssh without a terminal. $W/out/ssh is what the client printed, $W/out/asked each prompt with what was shown
# before it. Codes are given one after another. Environment: KEY=user offers a key, SSH_OPTIONS more options.
log_in() {  # WHERE USER ADDRESS [CODE …]
  local where=$1 user=$2 address=$3
  shift 3
  rm -f "$W/tmp/codes" "$W/out/asked"
  printf '%s\n' "$@" >"$W/tmp/codes"
  : >"$W/out/asked"
  # shellcheck disable=SC2086
  WORLD=$W T_PASSWORD=$PASSWORD SSH_ASKPASS=$W/bin/askpass SSH_ASKPASS_REQUIRE=force \
    timeout 100 ip netns exec "$where" ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
    -o NumberOfPasswordPrompts=1 -o PreferredAuthentications="${METHODS:-keyboard-interactive}" \
    -o IdentitiesOnly=yes -o IdentityFile="$W/ssh/${KEY:-none}" ${SSH_OPTIONS-} -p "$PORT" "$user@$address" "${COMMAND:-id -un}" \
    </dev/null >"$W/out/ssh" 2>&1
}

askpass_install() {
  cat >"$W/bin/askpass" <<'SCRIPT'
#!/bin/bash
printf '[%s]\n' "$1" >>"$WORLD/out/asked"
case $1 in
  *[Cc]ode*:\ )
    typed=$(head -n 1 "$WORLD/tmp/codes")
    sed -i 1d "$WORLD/tmp/codes"
    # A person needs more than a second; the module's own clock tells them from sshd's password method. Or they wait
    # until a file is there, a minute at most; or a command says what they type (behind wait:, too).
    case $typed in
      slow:*) sleep 1.1 ;;
      wait:*) for _ in $(seq 600); do [ -e "$WORLD/tmp/go" ] || sleep 0.1; done ;;
    esac
    case $typed in
      wait:run:*) typed=run:$(bash -c "${typed#wait:run:}") ;;
      run:*) typed=run:$(bash -c "${typed#run:}") ;;
    esac
    printf '%s\n' "${typed#*:}" ;;
  *) printf '%s\n' "$T_PASSWORD" ;;
esac
SCRIPT
  chmod 755 "$W/bin/askpass"
}

# For programs that are to speak Japanese: LC_ALL=ja_JP.UTF-8 from here on. (Since glibc 2.39 nothing is translated in
# C.UTF-8, whatever LANGUAGE says.)
japanese_locale() {
  mkdir -p "$W/locale"
  localedef -i ja_JP -f UTF-8 "$W/locale/ja_JP.UTF-8" || fail "no Japanese locale"
  export LOCPATH=$W/locale
}

# --- reporting -------------------------------------------------------------------------------------------------------

FAILED=0
fail() { echo "FAILED: $*" >&2; exit 1; }

# One sentence that could stand in the man page, and the command that shows it.
it() {  # SENTENCE COMMAND [ARGUMENT …]
  local sentence=$1
  shift
  if "$@"; then
    echo "ok - $sentence"
  else
    FAILED=$((FAILED + 1))
    echo "NOT OK - $sentence"
    sed 's/^/    command: /' "$W/out/command" 2>/dev/null | tail -n 8
    sed 's/^/    ssh: /' "$W/out/ssh" 2>/dev/null | tail -n 8
    sed 's/^/    asked: /' "$W/out/asked" 2>/dev/null | tail -n 8
    sed 's/^/    seimond: /' "$W/out/seimond.log" 2>/dev/null | tail -n 8
  fi
}

refused() { ! "$@"; }
has() { grep -qF -- "$2" "$1"; }
lacks() { ! grep -qF -- "$2" "$1"; }
outcome() { [ "$("$@" >/dev/null 2>&1; echo $?)" = "$WANT" ]; }

# The reply to a message that USER sends to the service.
raw_call() {  # USER MESSAGE
  setpriv --reuid "$(id -u "$1")" --regid "$(id -g "$1")" --clear-groups timeout 20 python3 -c '
import socket, sys
service = socket.socket(socket.AF_UNIX)
service.connect("/run/seimon/seimon.sock")
service.sendall(sys.argv[1].encode() + b"\0")
print(service.recv(65536).decode())' "$2"
}

# The last event of USER holds FIELD=VALUE.
last_event() {  # USER FIELD VALUE
  seimon log -u "$1" -n 1 | grep -qF " $2=\"$3\""
}
some_event() {  # USER TEXT
  seimon log -u "$1" | grep -qF -- "$2"
}

finish() {
  [ "$FAILED" = 0 ] || { echo "$FAILED failed"; exit 1; }
  echo "all held"
}
