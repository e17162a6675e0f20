#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What ./test.sh leaves to the night, because it takes hours; see README.md here. usage: sudo tests/nightly/run.sh [PART …]
set -eu
cd "$(dirname "$0")/../.."
. tests/support/packages.sh
need_root tests/nightly/run.sh
parts=("$@")
[ $# -gt 0 ] || parts=(test tidy tsan each packages faults fuzz soak)

# errexit is off in these: they are called behind ||.
tidy() {
  TIDY=all tests/rules/style.sh build/release build/clang || return 1
  git rev-parse HEAD >tests/rules/tidied
  echo "commit tests/rules/tidied: ./test.sh reads what has changed since"
}
tsan() {
  local units="stack_test otp_test network_test policy_test types_test people_test risk_test conversation_test store_test maintenance_test config_test wire_test executor_test net_test login_test admin_test text_test module_test"
  # shellcheck disable=SC2086
  cmake --build build/tsan -j "$(nproc)" --target $units stage_core || return 1
  for unit in $units; do "build/tsan/tests/$unit" >/dev/null || { echo "tsan: $unit failed"; return 1; }; done
  build/tsan/tests/stage_core tests/scenarios/*.txt >/dev/null
}
# Each source by itself: what leans on a header that another one has read fails.
each() {
  cmake -S . -B build/each "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O0 -DNDEBUG" -DSEIMON_WERROR=ON >/dev/null &&
    cmake --build build/each -j "$(nproc)"
}
packages() { FROM_SOURCE=1 tests/system/package.sh build/release; }
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
