#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What our code does not use, and the few places that may.
cd "$(dirname "$0")/../.." || exit 1
bad=0
ban() {  # PATTERN ALLOWED-FILES WHY
  local hits
  hits=$(grep -nHE "$1" wire/*.{h,cc} pam_module/*.{h,cc} core/*.{h,cc} store/*.{h,cc} square/*.{h,cc} daemon/*.{h,cc} tools/*.{h,cc} tools/*/*.{h,cc} |
    grep -vE '^[^:]+:[0-9]+: *//' | grep -vE "^(${2:-none}):")
  [ -z "$hits" ] || { echo "$hits"; echo "  $3"; bad=1; }
}
ban 'system_clock|[^a-z_]time\(|gettimeofday|CLOCK_REALTIME' 'daemon/clock.cc|daemon/journal.cc|daemon/sandbox.cc|tools/duration.cc|tools/setup_record.cc|tools/letters.cc' 'time is an argument'
ban '[^_]getenv\(' 'daemon/key.cc|daemon/activation.cc|tools/terminal.cc|tools/client.cc|tools/program.cc' 'the environment belongs to whoever started us'
ban '[^a-z_](system|popen|strcpy|strcat|sprintf|atoi|atol|strtok|gets|alloca)\(' '' 'use the bounded form'
ban 'shared_ptr' 'daemon/upstream.h|daemon/upstream.cc|daemon/gate.cc|daemon/gate_address.h|daemon/gate_address.cc' 'one owner; a connection to another host is kept by what is under way on it, and a name that is looked up by its thread (decision 18)'
ban 'std::regex|thread_local|reinterpret_cast<.*Secret' '' 'not in this house'
ban '#include "[^"]*\.cc"' '' 'a source is compiled, not included'
ban '(=|\(|return) new ' 'pam_module/combined.cc' 'no naked new'
ban 'catch \(\.\.\.\)' 'store/sqlite_driver.cc' 'catch what you can name'
ban 'reveal\(\)' 'core/secret.h|core/secret.cc|core/hmac.cc|core/profile.cc|store/seal.cc|daemon/service.cc' 'bytes of a secret come out here only'
ban 'TODO|FIXME| XXX |HACK' '' 'nothing is left for later'
if grep -nHE 'try \{|catch|throw ' wire/*.cc pam_module/*.cc; then echo "  no exceptions in the module"; bad=1; fi
for file in wire/* pam_module/*.{h,cc} core/* store/* square/* daemon/* tools/*.{h,cc} tools/*/* tests/*/*.{h,cc,sh}; do
  grep -q 'SPDX-License-Identifier: Apache-2.0' "$file" || { echo "$file: no licence line"; bad=1; }
  case $file in tests/*) ;; *) [ "$(wc -l <"$file")" -le 400 ] || { echo "$file: over 400 lines"; bad=1; } ;; esac
done
exit $bad
