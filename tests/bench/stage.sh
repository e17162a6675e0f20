# SPDX-License-Identifier: Apache-2.0
# A world for the benches: real clock, people from a directory, services with stores of any size. Source it after
# packages.sh and world.sh, as root: stage_enter SCRIPT [ARGUMENT …]; then serve, stack, lines.

stage_enter() {  # SCRIPT [ARGUMENT …]
  top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
  build=${BUILD:-$top/build/release}
  if [ -z "${SEIMON_WORLD-}" ]; then
    need_root "$1"
    install_packages "${BUILD_PACKAGES[@]}" "${WORLD_PACKAGES[@]}" libcmocka-dev "${BENCH_PACKAGES[@]}"
    if [ -z "${BUILD-}" ]; then
      { cmake -S "$top" -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo && cmake --build "$build" -j "$(nproc)"; } >"$build.log" 2>&1 ||
        { tail -n 40 "$build.log"; exit 1; }
      unpack_sshd "$build/sshd"
    fi
  fi
  world_enter "$@"
  REAL_CLOCK=1
  world_up "$build"
  DIRECTORY=$W/bin/directory.so
  cc -shared -fPIC -O2 -o "$DIRECTORY" "$top/tests/bench/directory.c" || fail "no directory"
  mkdir -p "$W/bench.d"
  echo 'auth required pam_deny.so' >"$W/bench.d/other"
  sync
}

lines() { printf '%s\n' "$@"; }
stack() { lines "${@:2}" >"$W/bench.d/$1"; }  # SERVICE LINE …
ours() { echo "auth required $W/bin/pam_seimon.so socket=$W/$1.sock"; }  # NAME

ASK_ALL='default: { action = "require"; unenrolled = "deny"; };'
configure() { lines 'mode = "enforce"; language = "en";' "${2:-$ASK_ALL}" >"$W/etc/$1.conf"; }  # NAME [TEXT]
# A service with that many people; its process is SERVICE_NAME.
serve() {  # NAME PEOPLE [TEXT]
  mkdir -p "$W/$1"
  configure "$1" "${3-}"
  [ "$2" = 0 ] || "$build/tests/bench_people" seimon "sqlite:$W/$1/seimon.db" "$W/etc/seal.key" 0 "$2" || fail "cannot fill $1"
  start "$1"
}
command_of() { lines "$W/bin/seimond" --config "$W/etc/$1.conf" --state "$W/$1" --socket "$W/$1.sock"; }
start() {  # NAME
  local command
  mapfile -t command < <(command_of "$1")
  LD_PRELOAD=$DIRECTORY "${command[@]}" </dev/null >/dev/null 2>&1 &
  printf -v "SERVICE_$1" %s "$!"
  PIDS+=($!)
  wait_until "seimon --socket $W/$1.sock status >/dev/null 2>&1" || fail "no service $1"
}
stop() { local name=SERVICE_$1; stop_one "${!name}"; }  # NAME
pam_bench() { LD_PRELOAD=$DIRECTORY "$build/tests/pam_bench" "$W/bench.d" "$@"; }
