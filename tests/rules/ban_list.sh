#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Functions and headers that our code does not use, and the few places that may.
cd "$(dirname "$0")/../.." || exit 1
. tests/rules/sources.sh
mapfile -t files < <(production)
[ ${#files[@]} -ge 200 ] || { echo "only ${#files[@]} sources found"; exit 1; }
bad=0
ban() {  # PATTERN ALLOWED-FILES WHY
  local hits
  hits=$(grep -nHE "$1" "${files[@]}" |
    grep -vE '^[^:]+:[0-9]+: *//' | grep -vE "^(${2:-none}):")
  [ -z "$hits" ] || { echo "$hits"; echo "  $3"; bad=1; }
}
ban 'system_clock|[^a-z_]time\(|gettimeofday|CLOCK_REALTIME' 'daemon/system/clock.cc|daemon/system/journal.cc|daemon/system/sandbox.cc|tools/terminal/duration.cc|tools/setup/record.cc|tools/enroll/letters.cc' 'time is an argument'
ban '[^_]getenv\(' 'daemon/system/key.cc|daemon/system/activation.cc|tools/terminal/terminal.cc|client/client.cc|tools/system/program.cc' 'the environment belongs to whoever started us'
ban '[^a-z_](system|popen|strcpy|strcat|sprintf|atoi|atol|strtok|gets|alloca)\(' '' 'use the bounded form'
ban 'shared_ptr' 'daemon/fleet/upstream.h|daemon/fleet/upstream.cc|gate/main.cc|daemon/fleet/gate_address.h|daemon/fleet/gate_address.cc|web/exchange.h|web/app.cc|web/desk.h|web/rollout.cc|web/seimond.h|web/seimond.cc|web/server.h|web/server.cc|web/sign_in.h|web/sign_in.cc' 'one owner; a connection or a request is kept by what is under way on it (decisions 18 and 26), and a name that is looked up by its thread'
ban 'std::regex|thread_local|reinterpret_cast<.*Secret' '' 'not in this house'
ban '#include "[^"]*\.cc"' '' 'a source is compiled, not included'
ban '(=|\(|return) new ' 'pam_module/combined.cc' 'no naked new'
ban 'catch \(\.\.\.\)' 'store/sqlite/driver.cc' 'catch what you can name'
ban 'reveal\(\)' 'core/secret.h|core/secret.cc|core/factors/hmac.cc|core/account/profile.cc|store/seal.cc' 'bytes of a secret come out here only'
ban 'TODO|FIXME| XXX |HACK' '' 'nothing is left for later'
if production wire pam_module | xargs grep -nHE 'try \{|catch|throw '; then echo "  no exceptions in the module"; bad=1; fi
mapfile -t licensed < <(printf '%s\n' "${files[@]}"; ours 'tests/*.h' 'tests/*.cc' 'tests/*.sh' 'tests/*.py' '*CMakeLists.txt')
if grep -L 'SPDX-License-Identifier: Apache-2.0' "${licensed[@]}" | grep .; then echo '  no licence line'; bad=1; fi
if wc -l "${files[@]}" | awk '$1 > 400 && $2 != "total" { print $2 }' | grep .; then echo '  over 400 lines'; bad=1; fi
exit $bad
