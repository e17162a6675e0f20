#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The documents say what the programs do: man pages are well formed, and every option, verb and key stands in them.
cd "$(dirname "$0")/../.." || exit 1
bad=0
for page in docs/man/*.[1-8]; do
  # PAM modules return values though they live in section 8.
  mandoc -T lint -W warning "$page" | grep -v 'unexpected section: Sh RETURN VALUES' && bad=1
done
says() { grep -qF -- "$2" "$1" || { echo "$1 does not say: $2"; bad=1; }; }
for key in $(sed -n 's/^    {"\([a-z_.]*\)",.*/\1/p' daemon/config.cc); do says docs/man/seimon.conf.5 "${key##*.}"; done
for verb in $(sed -n 's/^const VerbRow k[A-Za-z]* = {"\([a-z]*\)".*/\1/p' tools/verb_*.cc); do says docs/man/seimon.1 "Cm $verb"; done
for option in $(sed -n 's/^    {"\([a-z_]*\)=*", set_.*/\1/p' pam_module/options.cc); do says docs/man/pam_seimon.8 "Cm $option"; done
for option in foreground config socket state check version; do says docs/man/seimond.8 "Fl -$option"; done
for reason in $(grep -ohE '"(exempt|not-enrolled|unknown-user|stripped|suspended|denied-by-rule|over-limit|already-used|wrong-code|not-a-code|spend-unknown|tries-used-up|too-many-turns|empty|password-method|store-unavailable|record-damaged|disconnected|timeout|protocol-error|bad-user-name|not-permitted)"' core/*.cc daemon/*.cc | tr -d '"' | sort -u); do
  says docs/man/seimond.8 "$reason"
done
for method in $(sed -n 's/^    {"\([A-Z][A-Za-z]*\)", Who.*/\1/p' daemon/admin.cc); do says docs/io.seimon.Admin.varlink "method $method("; done
"$1/seimond" --check --config conf/seimon.conf >/dev/null || { echo "the shipped configuration is refused"; bad=1; }
# Nothing of the machine it was written on.
if git grep -nE '/(root|home/[a-z]+|work)/' -- ':!tests/rules/documents.sh' >/dev/null 2>&1; then git grep -nE '/(root|home/[a-z]+|work)/' -- ':!tests/rules/documents.sh'; bad=1; fi
exit $bad
