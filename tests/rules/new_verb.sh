#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A verb is one file and one row: a new one is added to a copy, and its help, its options and the completions know it.
# usage: new_verb.sh BUILD
cd "$(dirname "$0")/../.." || exit 1
build=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat >"$scratch/hello.cc" <<'CC'
#include <cstdio>

#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {
namespace {
bool loud = false;
void add(Options& options) { options.add_flag("--loud", loud, "in capitals"); }
int run(const Common&) { return std::puts(loud ? "HELLO" : "hello") < 0 ? kNo : kDone; }
}  // namespace
extern const VerbRow kHello = {
    .name = "hello", .help = N_("greet"), .examples = "seimon hello --loud", .has_json = false, .add = add, .run = run};
}  // namespace seimon::tools
CC
# The row: a name in the declaration, and a name in the table.
sed -e 's/^extern const VerbRow /&kHello, /' -e 's/&kEnroll,/\&kHello, &/' tools/verbs/table.cc >"$scratch/table.cc"
libraries=()
for library in tools_command tools_verbs tools_reports tools_setup tools_doctor tools_backup tools_enroll tools_import tools_system tools_terminal; do libraries+=("$build/tools/lib$library.a"); done
g++ -std=c++20 -O0 -I. -D_GLIBCXX_ASSERTIONS tools/main.cc "$scratch/hello.cc" "$scratch/table.cc" "${libraries[@]}" \
  "$build/client/libclient.a" "$build/qr/libqr.a" "$build/wire/libwire.a" "$build/base/libbase.a" \
  -lpng -lpam -lqrcodegencpp -lpthread -o "$scratch/seimon" || exit 1
bad=0
sees() { grep -qF -- "$2" <<<"$1" || { echo "not seen: $2"; bad=1; }; }
sees "$("$scratch/seimon" --help)" "  hello"
sees "$("$scratch/seimon" help hello)" "seimon hello --loud"
sees "$("$scratch/seimon" hello --loud)" HELLO
sees "$("$scratch/seimon" hello --json 2>&1)" "hello has no --json"
sees "$("$scratch/seimon" helo 2>&1)" 'did you mean "hello"?'
PATH=$scratch:$PATH
sees "$(bash -c '. conf/completion/seimon.bash; COMP_WORDS=(seimon hel); COMP_CWORD=1; _seimon; printf "%s\n" "${COMPREPLY[@]}"')" hello
sees "$(bash -c '. conf/completion/seimon.bash; COMP_WORDS=(seimon hello --l); COMP_CWORD=2; _seimon; printf "%s\n" "${COMPREPLY[@]}"')" --loud
sees "$(zsh -f -c "compadd() { print -rl -- \${(P)@[-1]}; }; words=(seimon hel); CURRENT=2; offer() { $(sed 1d conf/completion/_seimon)
}; offer")" hello
sees "$(fish --no-config -c 'source conf/completion/seimon.fish; complete -C "seimon hel"')" hello
exit $bad
