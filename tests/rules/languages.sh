#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything that the command says, and every refusal of the service that a person, the help desk or an administrator may
# meet, has a Japanese text; and no verb of theirs prints a sentence that went past the catalogue. (Of the sentences of a login tests/unit/types_test holds it.)
cd "$(dirname "$0")/../.." || exit 1
. tests/rules/sources.sh
mapfile -t sources < <(production tools web)
bad=0
out=$(mktemp -d)
msgfmt --check-format -o "$out/ja.mo" po/ja.po || bad=1
xgettext --from-code=UTF-8 -k_ -kN_ -L C++ --no-wrap -o "$out/seimon.pot" "${sources[@]}" 2>/dev/null || bad=1
python3 - "$out/seimon.pot" "${sources[@]}" <<'PYTHON' || bad=1
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
for path in [f"daemon/admin/{name}.cc" for name in ("request", "proof", "admin", "roles", "verbs/account", "verbs/methods", "verbs/choices", "verbs/resync", "verbs/help_desk", "verbs/approval", "verbs/pairing", "verbs/passkeys")]:
    source = open(path, encoding="utf-8").read()
    if path.endswith("roles.cc"):
        wanted |= {(path, text) for text in re.findall(r"return " + QUOTED + ";", source) if text}
    for texts in re.findall(r'Refusal\{\s*"[A-Za-z]+",\s*((?:"(?:[^"\\]|\\.)*"\s*)+),', source):
        wanted.add((path, "".join(re.findall(QUOTED, texts))))
# The help of each option (tools/terminal/options.h).
for path in sys.argv[2:]:
    for texts in re.findall(r'add_(?:option|flag)\(\s*"[^"]*",\s*[\w.]+,\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)', open(path, encoding="utf-8").read()):
        wanted.add((path, "".join(re.findall(QUOTED, texts))))
# Verbs for root alone, and data: these are in English.
ROOTS = "backup clock config doctor export import key repair try messages log".split()
for path in [path for path in sys.argv[2:] if path.endswith(".cc")]:
    if path.startswith("web/login/") or path.split("/")[1] in ("doctor", "import", "setup", "backup", "pskc", "authority", "backup_crypto", "letter") or path in [
        f"tools/verbs/{verb}.cc" for verb in ROOTS
    ] + ["tools/system/files.cc", "tools/enroll/png.cc"]:
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
