#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what it needs, builds, runs the suites.
#   sudo ./test.sh           everything
#   sudo ./test.sh NAME …    these suites, such as ssh_login or rules/style (./test.sh --list names them)
#   ./test.sh quick          no root and no network: unit tests, scenarios, fuzz corpora, rules; what it needs to build
#                            has to be installed (sudo ./test.sh install)
# tests/nightly has the rest: what runs too long for each change.
set -eu
cd "$(dirname "$0")"
. tests/support/packages.sh

case ${1-} in
  quick)
    tests/support/build.sh quick units,stage_core,replay_corpora,languages
    exec ctest --test-dir build/quick -L quick -j "$(nproc)" --output-on-failure ;;
  install | --list | '') ;;
  -*) echo "usage: ./test.sh [quick | install | --list | NAME …]" >&2; exit 2 ;;
esac

need_root ./test.sh
install_packages "${BUILD_PACKAGES[@]}" "${WORLD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
[ "${1-}" != install ] || exit 0

# The directories of Debian's packages: tests/system/package.sh packs this build.
lib=lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
release() { tests/support/build.sh release "$1" -DCMAKE_INSTALL_LIBDIR="$lib" -DSEIMON_PAM_DIR="$lib/security" -DSEIMON_ALL_SUITES=ON; }  # TARGET
only=()
[ $# = 0 ] || [ "$1" = --list ] || only=(-R "^([a-z]*/)?($(IFS='|'; printf '%s' "$*"))\$")
release languages
chosen=$(ctest --test-dir build/release -N "${only[@]}" | grep -E '^ +Test +#|^Total Tests')
[ "${1-}" != --list ] || { echo "$chosen"; exit 0; }
! grep -q 'Total Tests: 0$' <<<"$chosen" || { echo "no suite has the name $*; sudo ./test.sh --list names them" >&2; exit 2; }
release all
unpack_sshd build/release/sshd
unpack_packages "$PWD/build/release/directory" "${DIRECTORY_PACKAGES[@]}"
unpack_packages "$PWD/build/release/one-answer" "${ONE_ANSWER_PACKAGES[@]}"
unpack_packages "$PWD/build/release/gateways" "${GATEWAY_PACKAGES[@]}"
unpack_packages "$PWD/build/release/proxies" "${PROXY_PACKAGES[@]}"
fetch_axe "$PWD/build/release/axe"
# More than there are processors: most of a world's time is waiting. Other builds that a suite needs, such as the sanitized
# one, are suites themselves (build/…), at the lowest priority.
exec ctest --test-dir build/release -j "$((2 * $(nproc) + 1))" --output-on-failure "${only[@]}"
