# SPDX-License-Identifier: Apache-2.0
"""Finds examples of seimon(1) and has the command's own parser read each. usage: examples.py PARSER"""
import glob
import re
import shlex
import subprocess
import sys

PARSER = sys.argv[1]
END_OF_COMMAND = {"|", "||", "&&", ";", "&", ">", ">>", "2>", "<", "#"}


def commands(line):
    """The command lines of seimon in a shell line, as words."""
    line = re.sub(r"\$\([^)]*\)", "X", line)
    if re.match(r"seimon\s{2,}", line):  # a table of packages
        return
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return
    at = 0
    while at < len(words):
        end = next((i for i in range(at, len(words)) if words[i] in END_OF_COMMAND), len(words))
        command = words[at:end]
        while command and (command[0] in ("sudo", "$", "#", "then", "do", "if") or re.match(r"[A-Z_]+=", command[0])):
            command = command[1:]
        if command and command[0] == "seimon" and all(word.isprintable() for word in command):
            yield command[1:]
        at = end + 1


def help_examples():
    for row in subprocess.run([PARSER, "--list"], capture_output=True, text=True, check=True).stdout.splitlines():
        verb, line = row.split("\t", 1)
        yield f"seimon help {verb}", line


def markdown_examples():
    for path in ["README.md", *sorted(glob.glob("docs/**/*.md", recursive=True))]:
        if path.startswith("docs/decisions/"):
            continue
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            if line.startswith("    "):
                yield f"{path}:{number}", line.strip()
            for code in re.findall(r"`((?:sudo )?seimon [^`]*)`", line):
                yield f"{path}:{number}", code


def manual_examples():
    for path in sorted(glob.glob("docs/man/*.[1-8]")):
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            found = re.match(r"\.(?:Dl|D1|Ql)\s+(?:\\?[$#]\s+)?(.*)", line)
            if found:
                yield f"{path}:{number}", re.sub(r"(\s[.,;:)])+$", "", found.group(1))


PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]{2,}\b|…|\.\.\.|\[|\||<")
bad = 0
read = 0
for place, line in [*help_examples(), *markdown_examples(), *manual_examples()]:
    for words in commands(line):
        # "seimon VERB", "enroll|replace": a form, not an example; the manual's synopsis has those.
        if any(PLACEHOLDER.search(word) for word in words) and "help" not in place:
            words = [word for word in words if not re.search(r"…|\.\.\.|\[|\|", word)]
        # "seimon resync": the name of a verb, not a command line.
        if not words or words[0].isupper() or (len(words) == 1 and "help" not in place):
            continue
        read += 1
        result = subprocess.run([PARSER, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if result.returncode == 2:
            print(f"{place}: {line}\n    {(result.stdout + result.stderr).strip().splitlines()[0]}")
            bad = 1
print(f"{read} examples")
sys.exit(1 if bad or read < 120 else 0)
