#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds and tests on the other release of Debian, 13 on a 12 and 12 on a 13, in a root file system from the configured
# mirror. It is kept in build/other-debian for the next time; its processes and mounts end with this.
# usage: sudo tests/other-debian/run.sh [quick | SUITE …]     without: ssh_login console package
set -eu
cd "$(dirname "$0")/../.."
. tests/rules/sources.sh
case $(. /etc/os-release && echo "${ID-} ${VERSION_ID-}") in
  "debian 12") release=trixie DEBIAN=13 ;;
  "debian 13") release=bookworm DEBIAN=12 ;;
  *) echo "tests/other-debian knows Debian 12 and 13; this is neither" >&2; exit 2 ;;
esac
. tests/support/packages.sh
need_root tests/other-debian/run.sh
if [ "${1-}" != --inside ]; then
  [ $# -gt 0 ] || set -- ssh_login console package
  install_packages mmdebstrap
  exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc -- bash "$PWD/tests/other-debian/run.sh" --inside "$@"
fi
shift

# A path without blanks, for mmdebstrap, which installs the packages at once with the rest.
mkdir -p "build/other-debian/$release"
mount --bind "build/other-debian/$release" /mnt
if [ ! -e /mnt/complete ]; then
  find /mnt -mindepth 1 -delete
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
  mapfile -t proxies < <(apt-config dump | grep -i '^Acquire::[a-z]*::proxy' | sed 's/^/--aptopt=/')
  # Packages start no servers, and it can be made again.
  mmdebstrap --variant=apt --include="$(IFS=,; echo "ca-certificates,${BUILD_PACKAGES[*]},${QUICK_PACKAGES[*]}")" "${proxies[@]}" \
    --essential-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"' \
    --dpkgopt=force-unsafe-io "$release" /mnt "${mirror:-http://deb.debian.org/debian}" >"build/other-debian/$release.log" 2>&1 ||
    { tail -n 20 "build/other-debian/$release.log"; echo "mmdebstrap failed: does ${mirror:-deb.debian.org} have $release?" >&2; exit 1; }
  rm -f /mnt/etc/apt/apt.conf.d/99mmdebstrap  # the proxies of today, which would win over those of a later run
  touch /mnt/complete
fi
apt-config dump | grep -i '^Acquire::[a-z]*::proxy' >/mnt/etc/apt/apt.conf.d/90proxy || true
cp /etc/resolv.conf /mnt/etc/resolv.conf
mount -t proc proc /mnt/proc
mount --rbind /sys /mnt/sys
mount --rbind /dev /mnt/dev
mkdir -p /mnt/src
find /mnt/src -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
ours '*' | tar --create --verbatim-files-from --files-from - | tar --extract --directory /mnt/src
inside() { chroot /mnt env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin bash -c "cd /src && $1"; }
if [ "$*" = quick ]; then
  inside '. tests/support/packages.sh && install_packages "${BUILD_PACKAGES[@]}" "${QUICK_PACKAGES[@]}"'
  # And the programs that quick does not need, so that every warning is heard.
  inside './test.sh quick && cmake --build build/quick -j "$(nproc)" --target programs >>build/quick.log 2>&1 || { tail -n 60 build/quick.log; exit 1; }'
else
  inside "./test.sh $*"
fi
