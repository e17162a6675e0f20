#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# PAM transactions against an empty stack and libpam-google-authenticator, interleaved in one run. Sets up everything by
# itself. Usage: sudo tests/bench/run.sh [ROUNDS]. Printed, not asserted: but every login must succeed.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/support/packages.sh"
. "$top/tests/support/world.sh"
build=$top/build/release
rounds=${1:-5}
if [ -z "${SEIMON_WORLD-}" ]; then
  need_root tests/bench/run.sh
  install_packages "${BUILD_PACKAGES[@]}" "${WORLD_PACKAGES[@]}" libcmocka-dev "${BENCH_PACKAGES[@]}"
  { cmake -S "$top" -B "$build" && cmake --build "$build" -j "$(nproc)"; } >"$build.log" 2>&1 ||
    { tail -n 40 "$build.log"; exit 1; }
  unpack_sshd "$build/sshd"
fi
world_enter "$0" "$@"
REAL_CLOCK=1
world_up "$build"
each=$((100 + 96 + 64))
users=$((rounds * each))

# Users of our own, with one key each for both stacks.
umount /etc/passwd
for i in $(seq 0 $((users - 1))); do printf 'b%06d:x:%d:65534::/nonexistent:/bin/false\n' "$i" $((70000 + i)); done >>"$W/etc/passwd"
mount --bind "$W/etc/passwd" /etc/passwd
mkdir -p "$W/bench.d" "$W/ga"
: >"$W/keys"
for i in $(seq 0 $((users - 1))); do
  user=$(printf 'b%06d' "$i")
  key=$(printf 'bench-%s' "$user" | sha1sum | cut -c1-40 | xxd -r -p | base32)
  echo "$user $key" >>"$W/keys"
  printf '%s\n" DISALLOW_REUSE\n" TOTP_AUTH\n' "$key" >"$W/ga/$user"
done
chmod 600 "$W"/ga/*
echo 'auth required pam_permit.so' >"$W/bench.d/permit"
echo "auth required $W/bin/pam_seimon.so" >"$W/bench.d/seimon"
echo "auth required pam_google_authenticator.so secret=$W/ga/\${USER} user=root" >"$W/bench.d/google"
echo 'auth required pam_deny.so' >"$W/bench.d/other"

config 'mode = "enforce"; language = "en"; default: { action = "require"; unenrolled = "deny"; };'
seimond --config "$W/etc/seimon.conf" --state "$W/state" </dev/null >/dev/null 2>&1 &
SEIMOND=$!
PIDS+=("$SEIMOND")
wait_until "seimon status >/dev/null 2>&1" || fail "seimond did not start"
echo "enrolling $users users …"
enrol_one() {  # USER KEY: by the previous step's code
  oathtool --totp --base32 --now "$(date -u -d '-30 seconds' '+%F %T UTC')" "$2" |
    seimon enroll "$1" --secret-file <(echo "$2") --qr=none >/dev/null 2>&1 || echo "cannot enrol $1"
}
export -f enrol_one
xargs -P 4 -L 1 bash -c 'enrol_one "$0" "$1"' <"$W/keys"

first=0
measure() {  # CASE COUNT PARALLEL
  local keys=$W/keys
  [ "$1" = permit ] && keys=-
  echo "$1 $3 $("$build/tests/pam_bench" "$W/bench.d" "$1" "$first" "$2" "$3" "$keys")" | tee -a "$W/raw"
}
echo "stack at-a-time successes p50 p95 p99 logins/s      (microseconds)"
for round in $(seq "$rounds"); do
  for run in "100 1" "96 8" "64 64"; do
    for stack in permit google seimon; do measure "$stack" $run; done
    first=$((first + ${run% *}))
  done
done

echo
echo "medians of $rounds rounds, and their ratio to google-authenticator's"
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
printf '%-10s %-10s %8s %8s %8s %10s %8s %8s\n' stack at-a-time p50 p95 p99 successes p50-ratio p99-ratio
for parallel in 1 8 64; do
  for stack in permit google seimon; do
    column() { awk -v s="$stack" -v p="$parallel" -v c="$1" '$1 == s && $2 == p {print $c}' "$W/raw" | median; }
    p50=$(column 4) p95=$(column 5) p99=$(column 6) good=$(column 3)
    [ "$stack" = google ] && base50=$p50 base99=$p99
    [ "$stack" = permit ] && base50=0 base99=0
    printf '%-10s %-10s %8s %8s %8s %10s %8s %8s\n' "$stack" "$parallel" "$p50" "$p95" "$p99" "$good" \
      "$(awk -v a="$p50" -v b="$base50" 'BEGIN {if (b > 0) printf "%.2f", a / b; else printf "-"}')" \
      "$(awk -v a="$p99" -v b="$base99" 'BEGIN {if (b > 0) printf "%.2f", a / b; else printf "-"}')"
  done
done
awk '$1 != "permit" && (($2 == 1 && $3 != 100) || ($2 == 8 && $3 != 96) || ($2 == 64 && $3 != 64)) {bad = 1} END {exit bad}' "$W/raw" ||
  { echo "not every login succeeded" >&2; exit 1; }
echo
"$build/tests/network_bench"
