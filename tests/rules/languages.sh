#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything that the command says, and every refusal of the service that a person, the help desk or an administrator may
# meet, has a Japanese text; and no verb of theirs prints a sentence that went past the catalogue. (Of the sentences of a login tests/unit/types_test holds it.)
cd "$(dirname "$0")/../.." || exit 1
bad=0
out=$(mktemp -d)
msgfmt --check-format -o "$out/ja.mo" po/ja.po || bad=1
xgettext --from-code=UTF-8 -k_ -kN_ -L C++ --no-wrap -o "$out/seimon.pot" tools/*.cc tools/*.h 2>/dev/null || bad=1
python3 - "$out/seimon.pot" <<'PYTHON' || bad=1
import glob
import re
import sys

QUOTED = r'"((?:[^"\\]|\\.)*)"'


def entries(path):
    for entry in open(path, encoding="utf-8").read().split("\n\n"):
        found = re.search(r"^msgid ((?:" + QUOTED + r"\s*)+)^msgstr ((?:" + QUOTED + r"\s*)+)", entry + "\n", re.M)
        if found:
            yield tuple("".join(re.findall(QUOTED, found.group(i))) for i in (1, 3))


japanese = dict(entries("po/ja.po"))
past = []
wanted = {("tools", text) for text, _ in entries(sys.argv[1]) if text}
for name in ("verbs", "method_verbs", "resync_verb", "help_verbs", "admin", "roles"):
    source = open(f"daemon/{name}.cc", encoding="utf-8").read()
    if name == "roles":
        wanted |= {(f"daemon/{name}.cc", text) for text in re.findall(r"return " + QUOTED + ";", source) if text}
    for texts in re.findall(r'Refusal\{\s*"[A-Za-z]+",\s*((?:"(?:[^"\\]|\\.)*"\s*)+),', source):
        wanted.add((f"daemon/{name}.cc", "".join(re.findall(QUOTED, texts))))
# The help of each option (tools/options.h).
for path in sorted(glob.glob("tools/*.cc") + glob.glob("tools/*.h")):
    for texts in re.findall(r'add_(?:option|flag)\(\s*"[^"]*",\s*[\w.]+,\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)', open(path, encoding="utf-8").read()):
        wanted.add((path, "".join(re.findall(QUOTED, texts))))
# What root alone does, and what is data: these speak English.
ROOTS = "backup clock config doctor export import key repair try messages log".split()
for path in sorted(glob.glob("tools/*.cc")):
    if path in [f"tools/verb_{verb}.cc" for verb in ROOTS] + ["tools/files.cc", "tools/png.cc", "tools/saying.cc", "tools/setup_record.cc", "tools/trial.cc", "tools/pskc_filter.cc", "tools/vault.cc", "tools/setup_plan.cc"]:
        continue
    for call in re.findall(r"(?:printf|Stop|print_line|print_table|ask_yes|ask_line)[({]([^;]*);", open(path).read()):
        for text in re.findall(QUOTED, re.sub(r"N?_\((?:" + QUOTED + r"\s*)+\)", "", call)):
            if re.search(r"[a-z]{3,} [a-z]{2,}", text[0] if isinstance(text, tuple) else text):
                print(f"{path}: said in English only: {text}")
                past.append(text)
missing = past + [row for row in sorted(wanted) if not japanese.get(row[1])]
for where, text in missing[len(past):]:
    print(f"{where}: no Japanese text for: {text}")
for text, translation in japanese.items():
    if set(re.findall(r"\{\d\}", text)) != set(re.findall(r"\{\d\}", translation)):
        print(f"po/ja.po: other places in the translation of: {text}")
        missing.append(text)
print(f"{len(wanted)} texts")
sys.exit(1 if missing or len(wanted) < 80 else 0)
PYTHON
rm -rf "$out"
exit $bad
