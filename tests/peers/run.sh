#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same attacks on pam_seimon, libpam-google-authenticator and libpam-oath, in one run and one private world: what
# each did stands in a table. Nothing here is asserted of the peers; of Seimon it is. usage: run.sh [BUILD] [ROUNDS]
cd "$(dirname "$0")/../.." || exit 1
. tests/support/packages.sh
if [ -z "${SEIMON_WORLD-}" ]; then
  need_root tests/peers/run.sh
  install_packages "${WORLD_PACKAGES[@]}" libpam-google-authenticator libpam-oath
fi
set -- "$(realpath "${1:-build/release}")" "${2:-10}"
. tests/support/world.sh
world_enter "$PWD/tests/peers/run.sh" "$@"
world_up "$1"
ROUNDS=$2 MANY=$1/tests/many
export REAL_CLOCK=1
seimond_start
now_code() { oathtool --totp --base32 ${2:+--now "now + $2 seconds"} "$(secret_of "$1")"; }
enrol_now() {
  secret_of "$1" >"$W/tmp/secret"
  now_code "$1" -30 | seimon enroll "$1" --secret-file "$W/tmp/secret" --qr=none >/dev/null 2>&1 || fail "cannot enrol $1"
}
mkdir -p "$W/peers.d"
G=$W/google O=$W/users.oath
mkdir -p "$G"
{ echo "auth required $W/bin/pam_seimon.so timeout=20"; } >"$W/peers.d/seimon"
echo "auth required pam_google_authenticator.so secret=$G/\${USER} user=root no_increment_hotp" >"$W/peers.d/google"
echo "auth required pam_oath.so usersfile=$O window=3 digits=6" >"$W/peers.d/oath"
echo 'auth required pam_deny.so' >"$W/peers.d/other"
google_user() { printf '%s\n" RATE_LIMIT 3 30\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n' "$(secret_of "$1")" >"$G/$1"; chmod 400 "$G/$1"; }
oath_users() { local user; for user in "$@"; do printf 'HOTP/T30/6 %s - %s\n' "$user" "$(secret_of "$user" | base32 -d | xxd -p -c 64)"; done >"$O"; chmod 600 "$O"; }
row() { printf '| %-44s | %-26s | %-26s | %-26s |\n' "$@"; }
got_in() { "$MANY" "$W/peers.d" "$1" "$2" "$3" "$4" | cut -d' ' -f1; }

replay() {  # PEER: rounds in which one code let in more than one of 30
  local round user more=0 in
  for round in $(seq 1 "$ROUNDS"); do
    user=u$(printf '%02d' "$round")
    case $1 in seimon) enrol_now "$user" ;; google) google_user "$user" ;; oath) oath_users "$user" ;; esac
    in=$(got_in "$1" "$user" "$(now_code "$user")" 30)
    [ "$in" -le 1 ] || more=$((more + 1))
  done
  echo "$more of $ROUNDS rounds"
}
together() {  # PEER: of ten users with right codes at the same moment, how many got in, over the rounds
  local round user users=(u2{0..9}) in=0 pids
  for round in $(seq 1 "$ROUNDS"); do
    case $1 in
      seimon) for user in "${users[@]}"; do seimon remove --all --yes -u "$user" >/dev/null 2>&1; enrol_now "$user"; done ;;
      google) for user in "${users[@]}"; do rm -f "$G/$user"; google_user "$user"; done ;;
      oath) oath_users "${users[@]}" ;;
    esac
    pids=()
    for user in "${users[@]}"; do got_in "$1" "$user" "$(now_code "$user")" 1 >"$W/out/in.$user" & pids+=($!); done
    wait "${pids[@]}"
    for user in "${users[@]}"; do in=$((in + $(cat "$W/out/in.$user"))); done
  done
  echo "$in of $((10 * ROUNDS)) got in"
}
guesses() {  # PEER: how many of 40 tries at once were compared
  case $1 in
    seimon) enrol_now alice; got_in seimon alice 000000 40 >/dev/null; wait_until "[ \"\$(tries_of alice)\" = 40 ]"
      echo "$(seimon log -u alice -n 1000 --json | jq '[.[] | select(.event == "try" and .reason == "wrong-code")] | length'), then two codes" ;;
    # Its limit of 3, without its guard against reuse: each that gets in was compared.
    google) google_user alice; chmod 600 "$G/alice"; sed -i /DISALLOW/d "$G/alice"; chmod 400 "$G/alice"; echo "$(got_in google alice "$(now_code alice)" 40), at a limit of 3" ;;
    oath) echo "40: it has no limit" ;;
  esac
}
tries_of() { seimon log -u "$1" -n 1000 --json | jq '[.[] | select(.event == "try")] | length'; }
full_disk() {  # PEER: a right code while the disk is full; then again once there is room
  local first second
  case $1 in
    seimon) enrol_now bob; dd if=/dev/zero of="$W/state/filler" bs=64k 2>/dev/null; first=$(got_in seimon bob "$(now_code bob)" 1); rm -f "$W/state/filler"; second=$(got_in seimon bob "$(now_code bob 30)" 1) ;;
    google) google_user bob; dd if=/dev/zero of="$G/filler" bs=64k 2>/dev/null; first=$(got_in google bob "$(now_code bob)" 1); rm -f "$G/filler"; second=$(got_in google bob "$(now_code bob 30)" 1) ;;
    oath) oath_users bob; dd if=/dev/zero of="$(dirname "$O")/filler" bs=64k 2>/dev/null; first=$(got_in oath bob "$(now_code bob)" 1); rm -f "$(dirname "$O")/filler"; second=$(got_in oath bob "$(now_code bob 30)" 1) ;;
  esac
  echo "$([ "$first" = 1 ] && echo in || echo refused), then $([ "$second" = 1 ] && echo in || echo refused)"
}
stale_lock() {  # PEER: what its lock leaves behind when a login is killed
  case $1 in
    seimon) enrol_now carol; kill -KILL "$SEIMOND"; wait "$SEIMOND" 2>/dev/null; seimond_start 2>/dev/null; [ "$(got_in seimon carol "$(now_code carol)" 1)" = 1 ] && echo "in" || echo refused ;;
    google) google_user carol; : >"$G/carol~"; chmod 400 "$G/carol~"; [ "$(got_in google carol "$(now_code carol)" 1)" = 1 ] && echo "in" || echo refused ;;
    oath) oath_users carol; : >"$O.lock"; [ "$(got_in oath carol "$(now_code carol)" 1)" = 1 ] && echo "in" || echo refused; rm -f "$O.lock" ;;
  esac
}
seimond_stop
mount -t tmpfs -o size=40m,mode=700,uid=64100,gid=64100 tmpfs "$W/state"
mount -t tmpfs -o size=1m,mode=700 tmpfs "$G"
mkdir "$W/oath" && mount -t tmpfs -o size=1m,mode=700 tmpfs "$W/oath"
O=$W/oath/users
echo "auth required pam_oath.so usersfile=$O window=3 digits=6" >"$W/peers.d/oath"
seimond_start
row attack Seimon google-authenticator pam_oath
row --- --- --- ---
for attack in replay together guesses stale_lock full_disk; do
  case $attack in
    replay) title="one code, 30 at once: more than one got in" ;;
    together) title="ten users at once, right codes" ;;
    guesses) title="40 tries at once: how many were compared" ;;
    stale_lock) title="a login was killed half-way: the next" ;;
    full_disk) title="full disk, then room again" ;;
  esac
  row "$title" "$($attack seimon)" "$($attack google)" "$($attack oath)"
done
