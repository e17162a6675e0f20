#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what it needs, builds, runs every suite. Usage: sudo ./test.sh [ctest options]
set -eu
cd "$(dirname "$0")"
. tests/support/packages.sh
need_root ./test.sh
install_packages "${BUILD_PACKAGES[@]}" "${WORLD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"

configure_and_build() {  # FOLDER [CMAKE OPTION …]
  local folder=$1
  shift
  echo "building $folder"
  cmake -S . -B "$folder" "$@" >"$folder.log" 2>&1 && cmake --build "$folder" -j "$(nproc)" >>"$folder.log" 2>&1 ||
    { tail -n 60 "$folder.log"; echo "build failed: see $folder.log" >&2; exit 1; }
}

mkdir -p build
configure_and_build build/asan -DSEIMON_SANITIZE=ON -DCMAKE_BUILD_TYPE=Debug -DSEIMON_WERROR=ON
configure_and_build build/clang -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_C_COMPILER=clang-14 -DSEIMON_FUZZ=ON \
  -DCMAKE_BUILD_TYPE=Debug -DSEIMON_WERROR=ON
configure_and_build build/release -DSEIMON_WERROR=ON -DSEIMON_ASAN_BUILD="$PWD/build/asan" \
  -DSEIMON_CLANG_BUILD="$PWD/build/clang"
unpack_sshd build/release/sshd
exec ctest --test-dir build/release --output-on-failure "$@"
