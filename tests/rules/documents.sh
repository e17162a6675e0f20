#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The documents say what the programs do: man pages are well formed, and every option, verb and key stands in them.
cd "$(dirname "$0")/../.." || exit 1
. tests/rules/sources.sh
bad=0
for page in docs/man/*.[1-8]; do
  # PAM modules return values though they live in section 8.
  mandoc -T lint -W warning "$page" | grep -v 'unexpected section: Sh RETURN VALUES' && bad=1
done
verbs=$(ours 'tools/verbs/*.cc' | xargs sed -n 's/.*\.name = "\([a-z-]*\)",.*/\1/p')
[ "$(wc -w <<<"$verbs")" -ge 37 ] || { echo "only these verbs found: $verbs"; bad=1; }
says() { grep -qF -- "$2" "$1" || { echo "$1 does not say: $2"; bad=1; }; }
for key in $(sed -n 's/^    {"\([a-z_.]*\)",.*/\1/p' daemon/config/load.cc daemon/config/network_config.cc daemon/config/rule_config.cc daemon/config/people_config.cc); do says docs/man/seimon.conf.5 "${key##*.}"; done
for id in $(sed -n 's/^    {"\([a-z-]*\)", *k\(Critical\|Error\|Warning\|Info\),.*/\1/p;s/^    {"\([a-z-]*\)",$/\1/p' tools/doctor/findings.cc); do says docs/man/seimon.1 ".Sy $id"; done
for verb in $verbs; do says docs/man/seimon.1 "Cm $verb"; done
for verb in $verbs; do "$1/seimon" help "$verb" | grep -q '^Examples:' || { echo "help of $verb has no example"; bad=1; }; done
# Each option of a verb stands in the verb's paragraphs of the manual.
for verb in $verbs; do
  told=$(awk -v verb="$verb" '/^\.It Cm /{on = ($3 == verb || (verb == "replace" && $3 == "enroll"))} on' docs/man/seimon.1)
  for option in $("$1/seimon" help "$verb" | grep -oE '^ +(-[a-zA-Z],)?--?[a-z-]+' | grep -oE -- '--[a-z-]+$' | sort -u); do
    case $option in --help | --socket | --json | --yes | --note | --user) continue ;; esac
    grep -qE -- "Fl ([a-zA-Z] , )?-${option#--}|, -${option#--}( |\$)" <<<"$told" || { echo "docs/man/seimon.1 does not say: $verb $option"; bad=1; }
  done
done
for option in $(sed -n 's/^    {"\([a-z_]*\)=*", set_.*/\1/p' pam_module/options.cc); do says docs/man/pam_seimon.8 "Cm $option"; done
for option in $(grep -oE '"--[a-z]+' daemon/main.cc | cut -c4-); do says docs/man/seimond.8 "Fl -$option"; done
for option in $(grep -oE '"--[a-z]+' gate/main.cc | cut -c4-); do says docs/man/seimon-gate.8 "Fl -$option"; done
for option in $(grep -ohE '"--[a-z]+' web/main.cc web/login/main.cc | cut -c4-); do says docs/man/seimon-web.8 "Fl -$option"; done
# Every reason that core or the service can give.
for reason in $(grep -ohE '(refuse_try|withhold_reason|fail|close|abandon|refuse_unheard|conclude)\([^;]*' $(ours 'core/*.cc' 'daemon/*.cc') |
  grep -oE '"[a-z]+(-[a-z]+)+"|"(exempt|timeout|disconnected)"' | tr -d '"' | sort -u) \
  $(grep -oE 'return "[a-z]+(-[a-z]+)*"' core/login/conversation.cc | cut -d'"' -f2 | sort -u); do
  says docs/man/seimond.8 "$reason"
done
for method in $(sed -n 's/^    {\?\.method = "\([A-Z][A-Za-z]*\)".*/\1/p' daemon/admin/permissions.cc); do says docs/io.seimon.Admin.varlink "method $method("; done
python3 docs/reference.py | diff - docs/reference.md || { echo 'docs/reference.md is not what docs/reference.py writes'; bad=1; }
# And each parameter of each method, no more and no less.
python3 - <<'PYTHON' || bad=1
import re
import sys

table = open("daemon/admin/permissions.cc", encoding="utf-8").read()
document = open("docs/io.seimon.Admin.varlink", encoding="utf-8").read()
seen = wrong = 0
for row in re.finditer(r'\.method = "(\w+)"(.*?)(?=\{\.method|\}\};)', table, re.S):
    parameters = re.search(r"\.parameters = \{(.*?)\}", row.group(2), re.S)
    signature = re.search(rf"method {row.group(1)}\(([^)]*)\)", document)
    in_code = set(re.findall(r'"(\w+)"', parameters.group(1))) if parameters else set()
    in_document = set(re.findall(r"(\w+):", signature.group(1))) - {"ticket", "actor_proof", "note"} if signature else set()
    seen += 1
    if in_code != in_document:
        print(f"docs/io.seimon.Admin.varlink: {row.group(1)}: differs in {sorted(in_code ^ in_document)}")
        wrong = 1
sys.exit(wrong or seen < 40)
PYTHON
folder=$(mktemp -d)
cp conf/seimon.conf "$folder"
"$1/seimon" key init --config "$folder/seimon.conf" >/dev/null
"$1/seimond" --check --config "$folder/seimon.conf" >/dev/null || { echo "the shipped configuration is refused"; bad=1; }
rm -rf "$folder"
out=$(logrotate -d -s /dev/null conf/logrotate/seimon 2>&1) || { echo "$out"; bad=1; }
grep -q error: <<<"$out" && { echo "$out"; bad=1; }
systemd-analyze verify conf/*.service conf/*.socket 2>&1 | grep -E '^/.*(Unknown|Invalid|Failed to parse)' && bad=1
python3 -c "import xml.dom.minidom; xml.dom.minidom.parse('docs/recording.svg')" || { echo "docs/recording.svg is no XML; docs/recording.sh makes it"; bad=1; }
# Links between documents lead somewhere.
for link in $(grep -ohE '\]\([a-zA-Z][^)#:]*\)' README.md | tr -d '])('); do [ -e "$link" ] || { echo "README.md links to $link"; bad=1; }; done
# Nothing of the machine it was written on.
if git grep -nE '(^|[^a-z])/(root|home/[a-z]+|work)/' -- ':!tests/rules/documents.sh' >/dev/null 2>&1; then git grep -nE '(^|[^a-z])/(root|home/[a-z]+|work)/' -- ':!tests/rules/documents.sh'; bad=1; fi
exit $bad
