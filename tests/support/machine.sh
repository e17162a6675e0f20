# SPDX-License-Identifier: Apache-2.0
# A machine of its own for tests: this one's file system with a layer above it that is gone afterwards, the packages of
# the tree installed, and systemd as PID 1 in a container. Source it behind world.sh, after world_enter:
# machine_packages BUILD; machine_make; then in_chroot …; machine_boot; then in_machine, quiet, script; power_off.

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
declare -A LEADERS NSPAWNS

# The machine that the functions below work on, each in a network namespace of the world. At first "one", in srv.
machine() {  # NAME [NAMESPACE]
  MACHINE=$1
  NETNS=${2-$NETNS}
  LAYER=$W/layer.$1
  R=$LAYER/root
  LEADER=${LEADERS[$1]-}
  NSPAWN=${NSPAWNS[$1]-}
}
machine one srv

# The packages hold what BUILD holds; with FROM_SOURCE=1 everything is compiled again. They come to $W/tmp. They are made
# once for all suites, unless something is newer.
machine_packages() {  # BUILD
  mkdir -p "$W/bin" "$W/out" "$W/tmp" "$W/ssh"
  mount -t tmpfs -o mode=755 tmpfs /run
  PORT=22
  askpass_install
  world_networks
  SEIMON_BUILD=$(realpath "$1") && export SEIMON_BUILD
  local made=$SEIMON_BUILD/packages
  (
    flock 9
    if [ -n "${FROM_SOURCE-}" ] || [ ! -e "$made/done" ] || [ -n "$(find "$SOURCE" "$SEIMON_BUILD" -maxdepth 1 -type f -newer "$made/done" -not -name '*.log' -not -name packages.lock)$(find "$SOURCE"/{conf,debian,docs,po} -type f -newer "$made/done")" ]; then
      build_packages "$W/tmp/seimon"
      rm -rf "$made" && mkdir "$made" && cp "$W"/tmp/*_* "$made/" && touch "$made/done"
    else
      cp "$made"/*_* "$W/tmp/"
    fi
  ) 9>"$SEIMON_BUILD/packages.lock" || exit 1
}

build_packages() {  # FOLDER: of the source; the packages stand beside it then
  rsync -a --exclude /build --exclude /.git --exclude '/build-*' "$SOURCE/" "$1/"
  # No package of debugging symbols: each takes longer to make than the suite needs for anything else.
  (cd "$1" && DEB_BUILD_OPTIONS="parallel=$(nproc) ${FROM_SOURCE-noautodbgsym}" ${FROM_SOURCE:+env -u SEIMON_BUILD} dpkg-buildpackage -b -us -uc) >"$W/out/build" 2>&1 ||
    fail "the packages cannot be built: $(tail -n 20 "$W/out/build")"
  rm -rf "$1"
}

# The layer, with an account alice, and the packages in /var/tmp/packages.
machine_make() {
  mkdir "$LAYER"
  mount -t tmpfs -o mode=755 tmpfs "$LAYER"
  mkdir "$LAYER/upper" "$LAYER/work" "$LAYER/root"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$LAYER/upper,workdir=$LAYER/work" "$R"
  mount -t proc proc "$R/proc"
  mount --rbind /dev "$R/dev"
  [ -x /usr/sbin/sshd ] || in_chroot env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends openssh-server ||
    fail "no openssh-server: $(tail "$W/out/command")"
  rm -rf "$R/etc/seimon" "$R/var/lib/seimon" "$R/usr/sbin/policy-rc.d"
  rm -f "$R"/etc/pam.d/{i3lock,swaylock}  # this machine has lockers, for lockers.sh; that one is a server
  rm -f "$R/var/lib/man-db/auto-update"  # no index of manuals after each dpkg
  mkdir "$R/var/tmp/packages"
  cp "$W"/tmp/*.deb "$R/var/tmp/packages/"
  chroot "$R" useradd -m -s /bin/bash alice
  printf 'alice:%s\nroot:%s\n' "$PASSWORD" "$PASSWORD" | chroot "$R" chpasswd
  grep -rl pam_seimon "$R/etc/pam.d" && fail "this machine's own stacks name pam_seimon already"
}

in_chroot() { chroot "$R" "$@" >"$W/out/command" 2>&1; }

# A control group of each machine's own, for the command that calls it: with --keep-unit all would share those of their
# services, and the end of a service of one would be the end of another's.
own_cgroup() {
  local folder type options
  while read -r _ folder type options _; do
    [[ $type == cgroup2 || ($type == cgroup && $options == *name=systemd*) ]] || continue
    mkdir -p "$folder/${W##*/}.$MACHINE" && echo "$BASHPID" >"$folder/${W##*/}.$MACHINE/cgroup.procs" || return
  done </proc/mounts
}

machine_boot() {
  umount -l "$R/dev" "$R/proc"
  (
    own_cgroup || exit
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 exec timeout -k 5 500 systemd-nspawn --register=no --keep-unit -q --machine="$MACHINE" -D "$R" --boot \
      --network-namespace-path="/run/netns/$NETNS" --link-journal=no
  ) </dev/null >"$W/out/console" 2>&1 &
  NSPAWN=$!
  NSPAWNS[$MACHINE]=$NSPAWN
  i=0
  until leader && in_machine systemctl is-system-running 2>/dev/null | grep -qE 'running|degraded'; do
    i=$((i + 1))
    [ "$i" -lt 300 ] || fail "systemd did not come up: $(tail "$W/out/console")"
    nap 0.2
  done
}

leader() { LEADER=$(pgrep -P "$(pgrep -f "^systemd-nspawn .*$R " | head -n 1)" 2>/dev/null | head -n 1) && [ -n "$LEADER" ] && LEADERS[$MACHINE]=$LEADER; }
in_machine() { nsenter -t "$LEADER" -a -r -w "$@"; }
quiet() { in_machine "$@" >"$W/out/command" 2>&1; }
script() { in_machine bash -c "$1" >"$W/out/command" 2>&1; }
power_off() { kill -RTMIN+4 "$LEADER" 2>/dev/null; wait "$NSPAWN"; }

