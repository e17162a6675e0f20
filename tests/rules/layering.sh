#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The rooms of docs/architecture.md: who may include whom, no rings; and what the two thin ends are linked with.
# usage: layering.sh BUILD
cd "$(dirname "$0")/../.." || exit 1
. tests/rules/sources.sh
bad=0
production | python3 tests/rules/layering.py || bad=1
# The rule is tried on copies: one with an arrow that goes up, one with a ring.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
production | xargs cp --parents -t "$scratch"
sees() {  # WHAT FILE LINE EXPECTED
  printf '%s\n' "$3" >>"$scratch/$2"
  out=$(cd "$scratch" && find . -name '*.h' -o -name '*.cc' | sed 's|^\./||' | python3 "$OLDPWD/tests/rules/layering.py")
  grep -qF -- "$4" <<<"$out" || { echo "the rule does not see $1: $out"; bad=1; }
  sed -i '$d' "$scratch/$2"
}
sees "an include that goes up" core/policy/policy.h '#include "core/login/conversation.h"' 'core/policy may not include core/login/conversation.h'
sees "a ring" daemon/work/step_context.h '#include "daemon/work/executor.h"' 'ring: '
# core does no I/O: it includes libcrypto, the C++ library and inet_pton, nothing else.
if production core | xargs grep -nHE '#include (<(unistd|fcntl|sys/|fstream|iostream|cstdio|thread|mutex|sqlite|libconfig|asio|nlohmann|security)|"base/files.h")'; then
  echo "  core does no I/O"; bad=1
fi
if readelf -d "$1/seimon" | grep -E 'NEEDED.*(libcrypto|libsqlite|libconfig)'; then echo "  the command can open no store"; bad=1; fi
exit $bad
