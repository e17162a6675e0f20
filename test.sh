#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what it needs, builds, runs every suite. Usage: sudo ./test.sh [ctest options]
set -eu
cd "$(dirname "$0")"
. tests/support/packages.sh
need_root ./test.sh
install_packages "${BUILD_PACKAGES[@]}" "${WORLD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"

configure_and_build() {  # FOLDER TARGET[,TARGET …] [CMAKE OPTION …]
  local folder=$1 targets=(${2//,/ })
  shift 2
  echo "building $folder"
  cmake -S . -B "$folder" "$@" >"$folder.log" 2>&1 &&
    cmake --build "$folder" -j "$(nproc)" --target "${targets[@]}" >>"$folder.log" 2>&1 ||
    { tail -n 60 "$folder.log"; echo "build failed: see $folder.log" >&2; exit 1; }
}

mkdir -p build
units=stack_test,otp_test,network_test,policy_test,types_test,people_test,risk_test,conversation_test,store_test,upkeep_test
# Line numbers for the sanitizers are enough; all that a debugger wants would double the time of a build.
# Sources are joined: a header is read once for a dozen of them. The build that is packed compiles each by itself.
debug=(-DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-g1 -DSEIMON_WERROR=ON -DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=12)
clang=(-DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_C_COMPILER=clang-14)
configure_and_build build/asan all "${debug[@]}" -DSEIMON_SANITIZE=ON
fuzz=$(sed -n 's/^set(fuzz_targets \(.*\))/\1/p' tests/CMakeLists.txt)
configure_and_build build/clang "$(printf 'fuzz_%s,' $fuzz)" "${debug[@]}" "${clang[@]}" -DSEIMON_FUZZ=ON
configure_and_build build/tsan "$units,stage_core,config_test,wire_test,judge_test,module_test" "${debug[@]}" -DSEIMON_TSAN=ON
configure_and_build build/coverage "$units,stage_core" "${debug[@]}" "${clang[@]}" -DSEIMON_COVERAGE=ON
# Where Debian's packages have their files: tests/system/package.sh packs this build.
lib=lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
installed=(-DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_SYSCONFDIR=/etc -DCMAKE_INSTALL_LIBDIR="$lib" -DSEIMON_PAM_DIR="$lib/security")
configure_and_build build/release all "${installed[@]}" "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG" -DSEIMON_WERROR=ON -DSEIMON_ASAN_BUILD="$PWD/build/asan" \
  -DSEIMON_CLANG_BUILD="$PWD/build/clang" -DSEIMON_TSAN_BUILD="$PWD/build/tsan" \
  -DSEIMON_COVERAGE_BUILD="$PWD/build/coverage"
unpack_sshd build/release/sshd
unpack_packages "$PWD/build/release/directory" "${DIRECTORY_PACKAGES[@]}"
unpack_packages "$PWD/build/release/one-answer" "${ONE_ANSWER_PACKAGES[@]}"
# One more than there are processors: most of a world's time is waiting.
exec ctest --test-dir build/release -j "$(($(nproc) + 1))" --output-on-failure "$@"
