#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything that the command says, and every refusal of the service that a person may meet on their own account, has a
# Japanese text. (Of the sentences of a login tests/unit/types_test holds it.)
cd "$(dirname "$0")/../.." || exit 1
bad=0
out=$(mktemp -d)
msgfmt --check-format -o "$out/ja.mo" po/ja.po || bad=1
xgettext --from-code=UTF-8 -k_ -kN_ -L C++ --no-wrap -o "$out/seimon.pot" tools/*.cc 2>/dev/null || bad=1
python3 - "$out/seimon.pot" <<'PYTHON' || bad=1
import re
import sys

QUOTED = r'"((?:[^"\\]|\\.)*)"'


def entries(path):
    for entry in open(path, encoding="utf-8").read().split("\n\n"):
        found = re.search(r"^msgid ((?:" + QUOTED + r"\s*)+)^msgstr ((?:" + QUOTED + r"\s*)+)", entry + "\n", re.M)
        if found:
            yield tuple("".join(re.findall(QUOTED, found.group(i))) for i in (1, 3))


japanese = dict(entries("po/ja.po"))
wanted = {("tools", text) for text, _ in entries(sys.argv[1]) if text}
for name in ("verbs", "method_verbs"):
    source = open(f"daemon/{name}.cc", encoding="utf-8").read()
    for texts in re.findall(r'Refusal\{\s*"[A-Za-z]+",\s*((?:"(?:[^"\\]|\\.)*"\s*)+),', source):
        wanted.add((f"daemon/{name}.cc", "".join(re.findall(QUOTED, texts))))
missing = [row for row in sorted(wanted) if not japanese.get(row[1])]
for where, text in missing:
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
