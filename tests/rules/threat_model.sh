#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each row of docs/threat-model.md names its test as FILE "SENTENCE"; both must exist. So must the names in its third
# column: a file, or the last part of a name of ours.
cd "$(dirname "$0")/../.." || exit 1
. tests/rules/sources.sh
{ production; ours "conf/*"; } | python3 -c '
import os, re, sys

def text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()

sources = "".join(text(path) for path in sys.stdin.read().split("\n") if path)
rows = [line for line in text("docs/threat-model.md").split("\n") if re.match(r"\| [A-Z][0-9]", line)]
problems = [] if len(rows) >= 15 and len(sources) > 500000 else [f"only {len(rows)} rows, {len(sources)} characters of sources"]
for row in rows:
    tests = re.findall(r"(tests/[a-z0-9_/-]+\.(?:sh|cc|txt|py)) “([^”]+)”", row)
    if not tests:
        problems.append(f"names no test: {row}")
    for path, sentence in tests:
        if not os.path.isfile(path):
            problems.append(f"no such file: {path}")
        elif sentence not in text(path) and sentence.replace(" ", "_") not in text(path):
            problems.append(f"{path} has no test “{sentence}”")
    for name in re.findall(r"`([A-Za-z_/.:]+[A-Za-z_])`", row.split("|")[3]):
        if not os.path.exists(name) and name.split("::")[-1] not in sources:
            problems.append(f"there is no `{name}`: {row}")
print("\n".join(problems))
sys.exit(1 if problems else 0)
'
