#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Suites that are too long for ./test.sh; see README.md here. usage: sudo tests/nightly/run.sh [PART …]
set -eu
cd "$(dirname "$0")/../.."
. tests/support/packages.sh
need_root tests/nightly/run.sh
parts=("$@")
[ $# -gt 0 ] || parts=(test tidy asan tsan each packages guides other_debian faults fuzz soak)

# errexit is off in these: they are called behind ||.
tidy() {
  TIDY=all tests/rules/style.sh build/release build/clang || return 1
  git rev-parse 'HEAD^{tree}' >tests/rules/tidied
  echo "commit tests/rules/tidied: ./test.sh reads what has changed since"
}
asan() { tests/system/at_once.sh build/clang; }
tsan() {
  tests/support/build.sh tsan units,stage_core || return 1
  local unit
  for unit in build/tsan/tests/*_test; do "$unit" >/dev/null || { echo "tsan: $unit failed"; return 1; }; done
  build/tsan/tests/stage_core tests/scenarios/*.txt >/dev/null
}
# Each source by itself: what leans on a header that another one has read fails.
each() {
  cmake -S . -B build/each "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O0 -DNDEBUG" -DSEIMON_WERROR=ON >/dev/null &&
    cmake --build build/each -j "$(nproc)"
}
packages() { FROM_SOURCE=1 tests/system/package.sh build/release; }
guides() { bash tests/system/guides.sh "$PWD/build/release" && bash tests/system/guides_many.sh "$PWD/build/release"; }
other_debian() { tests/other-debian/run.sh; }
faults() { tests/faults/all; }
fuzz() { tests/fuzz/run.sh 450 build/clang; }
soak() { BUILD=build/release tests/bench/soak.sh 30; }

failed=0
for part in "${parts[@]}"; do
  echo "== $part"
  if [ "$part" = test ]; then ./test.sh || failed=1; continue; fi
  "$part" || { echo "== $part failed"; failed=1; }
done
exit $failed
