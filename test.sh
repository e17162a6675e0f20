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

configure_and_build() {  # PRESET TARGET[,TARGET …] [CMAKE OPTION …]
  local preset=$1 folder=build/$1 targets=(${2//,/ })
  shift 2
  echo "building $folder"
  cmake --preset "$preset" "${launcher[@]}" "$@" >"$folder.log" 2>&1 &&
    cmake --build "$folder" -j "$(nproc)" --target "${targets[@]}" >>"$folder.log" 2>&1 ||
    { tail -n 60 "$folder.log"; echo "build failed: see $folder.log" >&2; exit 1; }
}

mkdir -p build
launcher=()
! command -v ccache >/dev/null || launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
units=stack_test,import_test,otp_test,network_test,policy_test,types_test,people_test,risk_test,conversation_test,store_test,maintenance_test,config_test,wire_test,executor_test,net_test,login_test,admin_test,text_test,module_test

case ${1-} in
  quick)
    configure_and_build quick "$units,stage_core,replay_corpora,sandbox_test,pam_seimon,languages"
    exec ctest --test-dir build/quick -L quick -j "$(nproc)" --output-on-failure ;;
  install | --list | '') ;;
  -*) echo "usage: ./test.sh [quick | install | --list | NAME …]" >&2; exit 2 ;;
esac

need_root ./test.sh
install_packages "${BUILD_PACKAGES[@]}" "${WORLD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
[ "${1-}" != install ] || exit 0

# Where Debian's packages have their files: tests/system/package.sh packs this build.
lib=lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
release() {  # TARGET
  configure_and_build release "$1" -DCMAKE_INSTALL_LIBDIR="$lib" -DSEIMON_PAM_DIR="$lib/security" -DSEIMON_ASAN_BUILD="$PWD/build/clang" \
    -DSEIMON_CLANG_BUILD="$PWD/build/clang" -DSEIMON_COVERAGE_BUILD="$PWD/build/clang" -DSEIMON_TSAN_BUILD="$PWD/build/tsan"
}
only=()
[ $# = 0 ] || [ "$1" = --list ] || only=(-R "^([a-z]*/)?($(IFS='|'; printf '%s' "$*"))\$")
# Which suites those are decides which builds they need.
release languages
chosen=$(ctest --test-dir build/release -N "${only[@]}")
[ "${1-}" != --list ] || { echo "$chosen"; exit 0; }
! grep -q 'Total Tests: 0$' <<<"$chosen" || { echo "no suite has the name $*; sudo ./test.sh --list names them" >&2; exit 2; }
# Sanitized, for libFuzzer and for llvm-cov at once; the command of a world comes from the build that is packed.
# Side by side: the end of one, where a target waits for another, is filled by the next.
builds=
if grep -qE 'asan/|fuzz/|rules/(coverage|style)$' <<<"$chosen"; then
  fuzz=$(sed -n 's/^set(fuzz_targets \(.*\))/\1/p' tests/CMakeLists.txt)
  configure_and_build clang "$units,stage_core,stage_installed,seimond,pam_seimon,many,login_once,$(printf 'fuzz_%s,' $fuzz)" &
  builds=$!
fi
if grep -q 'tsan/' <<<"$chosen"; then
  configure_and_build tsan executor_test,module_test &
  builds="$builds $!"
fi
release all
for build in $builds; do wait "$build" || exit 1; done
unpack_sshd build/release/sshd
unpack_packages "$PWD/build/release/directory" "${DIRECTORY_PACKAGES[@]}"
unpack_packages "$PWD/build/release/one-answer" "${ONE_ANSWER_PACKAGES[@]}"
# More than there are processors: most of a world's time is waiting.
exec ctest --test-dir build/release -j "$((2 * $(nproc)))" --output-on-failure "${only[@]}"
