#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The words of this project: terms that have a better name in the trade, habits of comments and headings that a pattern
# finds, and the length of commit subjects. docs/architecture.md has the glossary.
cd "$(dirname "$0")/../.." || exit 1
. tests/rules/sources.sh
export LC_ALL=C.UTF-8
bad=0
# Decisions and the changelog tell of earlier names.
mapfile -t texts < <(ours '*.h' '*.cc' '*.c' '*.sh' '*.py' '*.md' '*.txt' '*.varlink' '*.conf' '*.service' '*.[1-8]' 'conf/*' 'debian/*' '*CMakeLists.txt' |
  grep -vE '^(docs/decisions/|CHANGELOG.md$|tests/rules/language.sh$|tests/data/|tests/fuzz/corpus_|conf/completion/)' | sort -u)
[ "${#texts[@]}" -ge 400 ] || { echo "only ${#texts[@]} texts found"; exit 1; }
word() {  # FORBIDDEN WRITE [EXCEPT]
  local hits
  hits=$(grep -niE "(^|[^[:alnum:]_-])($1)([^[:alnum:]_-]|\$)" "${@:4}" "${texts[@]}" | grep -vE "${3:-^never\$}")
  [ -z "$hits" ] || { sed "s|\$|\n    write: $2|" <<<"$hits"; bad=1; }
}
list() {
  word 'judge|judges|judged|judging|judgement|court|fate' 'decide, check, executor, step context, commit result'
  word 'ruling|rulings' 'verdict'
  word 'prospect|prospects' 'expected outcome'
  word 'debtor|debtors|claimant|claimants' 'budget owner, scope'
  word 'standings' 'failure records'
  word 'shadow' 'decoy record' '<shadow\.h>|/shadow|passwd|group .shadow|freerad'
  word 'witness|witnesses|witnessed|era|eras' 'rollback guard, store state'
  word 'keeper|census|upkeep' 'backup job, user directory, maintenance' 'tests/system/upkeep\.sh|upkeep\.sh|rollout people import|trail doctor setup at_once guest upkeep'
  word 'vault|vaults' 'encrypted backup, backup_crypto' 'Export vault|Aegis|pass|Vault CVE'
  word 'square|squares' 'QR code' 'square bracket|square_'
  word 'sheet|sheets' 'recovery codes' 'sheet-for-users|sheet for users|spreadsheet'
  word 'stripped' 'reset'
  word 'hollow|culprit|oddity|oddities' 'reason without method, offending line, exception'
  word 'mouth' 'PAM module'
  word 'mend|mends|mended' 'fix, fixed'
  word 'trouble|troubles|cure|cures' 'problem, fix'
  word 'holds? nothing' 'stateless login host' 'holds nothing (else|of the terminal|in its whole)'
  word 'closed at the gate|at the gates?' 'suspended; on a gate host' 'tests/|docs/threat-model'
  word 'whom it hits' 'who is affected'
  word 'went away|spoke out of turn|our language' 'connection closed, unexpected message, invalid reply'
  word 'nothing forgave' 'still counted'
  word 'old configuration stays' 'reload failed; keeping the previous configuration'
}
list
relative_clauses() {  # FILE …: their comments that begin with one
  awk 'FNR == 1 { inside = 0 }
    { is = /^ *\/\/ / && !/SPDX/ }
    is && !inside && /^ *\/\/ (What|Which|Who|Whoever|Whom|Whose|Whether|Where|How|That|Those) / { print FILENAME ":" FNR ": " $0 }
    { inside = is }' "$@"
}
# A comment or a heading begins with what it is about, not with a relative clause.
mapfile -t sources < <(ours '*.h' '*.cc' '*.c')
hits=$(relative_clauses "${sources[@]}"; ours '*.md' | grep -v '^docs/decisions' | xargs grep -nE '^#+ (Whom|Whose)\b')
[ -z "$hits" ] || { echo "$hits"; echo "    write a noun phrase or a verb: Who is affected, Runs store transactions"; bad=1; }
# Messages of the command: patterns of sentences that have to be read twice.
hits=$(grep -nE '^msgid ".*\b([Ww]hoever|[Ww]hosoever|stands|hears|(is|are) told)\b|^msgid "([Ww]hose|[Ww]hom|what to|only say)\b' po/ja.po)
[ -z "$hits" ] || { echo "$hits"; echo "    write: what failed and why, then what to do; an option's help is a noun phrase"; bad=1; }
# Subjects of commits since this rule: at most 72 characters.
long=$(git log --no-merges --format='%h %s' 1544462..HEAD 2>/dev/null | awk 'length($0) - length($1) - 1 > 72')
[ -z "$long" ] || { echo "$long"; echo "    subjects have at most 72 characters"; bad=1; }
# The rule sees what it is for.
scratch=$(mktemp)
trap 'rm -f "$scratch"' EXIT
printf '// Whom it hits.\nint a;\n' >"$scratch"
[ -n "$(relative_clauses "$scratch")" ] || { echo "the rule does not see a comment that begins with a relative clause"; bad=1; }
printf '// The judge mends the vault.\n' >"$scratch"
texts=("$scratch")
seen=$(bad=0; list)
for term in judge 'fix, fixed' backup_crypto; do grep -qF -- "$term" <<<"$seen" || { echo "the rule does not see: $term"; bad=1; }; done
exit $bad
