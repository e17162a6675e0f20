#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# PAM logins of Seimon beside an empty stack, google-authenticator, pam_oath and pam_unix, interleaved in one run; and
# what a login cannot be faster than. Sets up everything by itself.
# Usage: sudo tests/bench/run.sh [ROUNDS [PEOPLE [FOLDER]]]  (7 rounds; 1000000 people in the largest store; FOLDER gets the
# raw figures and the plots: build/bench). Printed, not asserted: but every right code must let in, and no wrong one.
set -u
. "$(dirname "$0")/../support/packages.sh"
. "$(dirname "$0")/../support/world.sh"
. "$(dirname "$0")/stage.sh"
stage_enter "$0" "$@"
ROUNDS=${1:-7} MANY=${2:-1000000} OUT=${3:-$top/build/bench}
POOL=20000
mkdir -p "$OUT"
: >"$OUT/logins.tsv"
: >"$OUT/cases.tsv"
FAILURES=0

echo "machine: $(nproc) processors, $(awk '/^MemTotal/ {print int($2 / 1048576)}' /proc/meminfo) GiB, $(uname -r); $(dpkg-query -W -f '${Package} ${Version}; ' libpam-google-authenticator libpam-oath libpam-modules)"
echo "enrolling …"
serve main "$POOL"
serve ten 10
serve thousand 1000
serve hundred 100000
serve most "$MANY"
seq 100000 | awk '{printf "10.%d.%d.%d/32\n", $1 / 65536, $1 / 256 % 256, $1 % 256}' >"$W/etc/prefixes"
serve campus 0 "networks: { campus: { file = \"$W/etc/prefixes\"; }; }; rules = ({ name = \"campus\"; networks = [ \"campus\" ]; action = \"skip\"; }); $ASK_ALL"
for name in main ten thousand hundred most; do stack "$name" "$(ours "$name")"; done
stack campus "$(ours campus) exempt=success"

stack permit 'auth required pam_permit.so'
mkdir -p "$W/google" "$W/google.unix"
"$build/tests/bench_people" google "$W/google" "$POOL"
"$build/tests/bench_people" google "$W/google.unix" 1000
google() { echo "auth required pam_google_authenticator.so secret=$W/$1/\${USER} user=root"; }
stack google "$(google google)"
OATHS='10 1000 10000 100000'
for people in $OATHS; do stack "oath$people" "auth required pam_oath.so usersfile=$W/oath$people window=20 digits=6"; done

# Debian's common-auth in front: a password by yescrypt, of which the first thousand people have one.
hash=$(python3 -W ignore -c 'import crypt; print(crypt.crypt("correct horse", "$y$j9T$abcdefghijklmnop"))')
for i in $(seq 0 999); do printf 'u%07d:%s:19000:0:99999:7:::\n' "$i" "$hash"; done >>"$W/etc/shadow"
umount /etc/shadow
mount --bind "$W/etc/shadow" /etc/shadow
common=('auth [success=1 default=ignore] pam_unix.so nullok' 'auth requisite pam_deny.so' 'auth required pam_permit.so')
stack unix "${common[@]}"
stack unix-google "${common[@]}" "$(google google.unix)"
stack unix-seimon "${common[@]}" "$(ours thousand)"

config "$(cat "$W/etc/main.conf")"
seimond_start
askpass_install
sshd_start >/dev/null
right_now
mkdir -p "$W/google.ssh"
for i in 0 1 2 3; do
  enrol "u0$i"
  (umask 077; printf '%s\n" DISALLOW_REUSE\n" TOTP_AUTH\n' "$(secret_of "u0$i")" >"$W/google.ssh/u0$i")
done
declare -A SSH=([permit]='auth required pam_permit.so' [google]="$(google google.ssh)" [seimon]="auth required $W/bin/pam_seimon.so")

# One case: a line of cases.tsv. Each login is another person's, so that no code is used twice.
declare -A FIRST=([unix-seimon]=900)  # the last ones of those in `thousand`
bench() {  # STACK ANSWER VARIANT COUNT PARALLEL PEOPLE [MUST]
  local stack=$1 answer=$2 variant=$3 count=$4 parallel=$5 people=$6 must=${7-$4} first=${FIRST[$1]-0} line
  case $stack in oath*) "$build/tests/bench_people" oath "$W/$stack" "$people"; first=0 ;; esac
  line=$(pam_bench "$stack" "$answer" "$variant" "$first" "$count" "$parallel" "$people" "$OUT/logins.tsv")
  FIRST[$stack]=$((first + count))
  keep "$stack" "$answer" "$variant" "$parallel" "$people" "$line" "$must"
}
limit() {  # NAME ARGUMENT …
  keep "$1" none limit 1 0 "$("$build/tests/limits_bench" "$@")" "$3"
}
keep() {  # STACK ANSWER VARIANT PARALLEL PEOPLE LINE MUST
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$ROUND" "$1" "$2" "$3" "$4" "$5" "$(tr ' ' '\t' <<<"$6")" >>"$OUT/cases.tsv"
  [ "$7" = any ] || [ "${6%% *}" = "$7" ] || { FAILURES=$((FAILURES + 1)); echo "  $1 $2 $3 $4: ${6%% *} of $7 succeeded"; }
}

one_at_a_time() {
  local variant people
  bench permit none same 100 1 "$POOL"
  bench google code same 100 1 "$POOL"
  bench main code same 100 1 "$POOL"
  limit commit "$W/main/limit.db" 100
  limit socket "$W/echo.sock" 200
  RHOST=10.0.3.7 bench campus none same 100 1 "$POOL"
  for people in $OATHS; do bench "oath$people" counter same 20 1 "$people"; done
  for variant in fork exec; do
    bench permit none "$variant" 40 1 "$POOL"
    bench google code "$variant" 40 1 "$POOL"
    bench main code "$variant" 40 1 "$POOL"
  done
  for stack in unix unix-google unix-seimon; do bench "$stack" code same 8 1 1000; done
}
at_once() {
  local at
  for at in 2 8; do
    bench permit none same 100 "$at" "$POOL"
    bench google code same 100 "$at" "$POOL"
    bench main code same 100 "$at" "$POOL"
  done
  for at in 64 256; do
    bench permit none burst "$at" "$at" "$POOL"
    bench google code burst "$at" "$at" "$POOL" any
    bench main code burst "$at" "$at" "$POOL"
    bench oath1000 counter burst "$at" "$at" 1000 any
  done
}
# Ten people have three codes each that are fresh now. In the others there are more, so that forty at a stretch make a steadier
# median.
stores() {
  local answer
  for answer in before code after; do
    FIRST[ten]=0
    bench ten "$answer" same 10 1 10
    bench thousand code same 40 1 1000
    bench hundred code same 40 1 100000
    bench most code same 40 1 "$MANY"
  done
  TEN_AT=$(date +%s)
}
# The whole way, by a real ssh and sshd: password and code.
ssh_logins() {
  local stack i began
  later_than $((SSH_AT + 60))  # else a code may be last round's
  for stack in permit google seimon; do
    printf '%s\n' "${common[@]}" "${SSH[$stack]}" 'account required pam_permit.so' 'session required pam_permit.so' >"$W/pam.d/sshd"
    for i in 0 1 2 3; do
      right_now
      code "u0$i" >"$W/tmp/code"
      began=$(date +%s%N)
      log_in home "u0$i" "$SRV4_HOME" "$(cat "$W/tmp/code")" || echo lost
      echo $((($(date +%s%N) - began) / 1000))
    done >"$W/tmp/times"
    keep "ssh-$stack" code ssh 1 4 "$(grep -c '^[0-9]' "$W/tmp/times") 4 $(grep '^[0-9]' "$W/tmp/times" | sort -n | awk '{v[NR] = $1} END {print int((v[2] + v[3]) / 2), v[4], v[4], 1000000 / v[2]}')" 4
    SSH_AT=$(date +%s)
    ! grep -q lost "$W/tmp/times" || { FAILURES=$((FAILURES + 1)); echo "  ssh $stack: $(tail -n 2 "$W/out/ssh")"; }
  done
}
wrong_codes() {
  local before after
  before=$(cpu most)
  bench most wrong same 4 1 "$MANY" 0
  after=$(cpu most)
  keep most-cpu wrong service 1 "$MANY" "0 4 $(((after - before) / 4)) 0 0 0" any
}
cpu() { local name=SERVICE_$1; cat /proc/"${!name}"/task/*/schedstat | awk '{sum += $1} END {printf "%d", sum / 1000}'; }  # NAME: µs so far
resident() { local name=SERVICE_$1; awk '/^VmRSS/ {print $2}' /proc/"${!name}"/status; }

later_than() {  # SECONDS since 1970
  local wait=$(($1 - $(date +%s)))
  [ "$wait" -le 0 ] || read -r -t "$wait" <> <(:)
}
TEN_AT=0 SSH_AT=0
for ROUND in $(seq "$ROUNDS"); do
  echo "round $ROUND of $ROUNDS"
  one_at_a_time
  at_once
  wrong_codes
  ssh_logins
  later_than $((TEN_AT + 125))
  stores
done

echo
python3 "$top/tests/bench/report.py" "$OUT"
echo
echo "service with $MANY people: $(resident most) kB"
stop most
mapfile -t command < <(command_of most)
for _ in 1 2 3 4 5; do LD_PRELOAD=$DIRECTORY "$build/tests/limits_bench" first "$W/most.sock" "${command[@]}"; done | sort -n | awk '{v[NR] = $1} END {print "start to first prompt, " v[3] " ms"}'
mkfifo "$W/hold"
stop main
ulimit -n 20000
start main
"$build/tests/limits_bench" prompts "$W/main.sock" 10000 <"$W/hold" >"$W/out/prompts" &
HOLDER=$!
exec 9>"$W/hold"
wait_until "[ -s $W/out/prompts ]" || wait_until "[ -s $W/out/prompts ]"
echo "$(cat "$W/out/prompts") conversations at the prompt: $(resident main) kB"
exec 9>&-
wait "$HOLDER"
"$build/tests/network_bench"
[ "$FAILURES" = 0 ] || { echo "not everybody who should got in" >&2; exit 1; }
