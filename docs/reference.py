#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes reference.md from the interface files beside this: python3 docs/reference.py >docs/reference.md"""
import os
import re
from dataclasses import dataclass, field

FOLDER = os.path.dirname(os.path.abspath(__file__))
FILES = ["io.seimon.Login.varlink", "io.seimon.Admin.varlink", "io.seimon.Relay.varlink"]
WORDS = {"string": "text", "int": "whole number", "bool": "true or false", "float": "number", "object": "object"}


@dataclass
class Field:
    """One field: its type as the file has it, without the marks, and of a structure in place its fields."""

    name: str
    type: str
    optional: bool = False
    many: bool = False
    fields: list = field(default_factory=list)


@dataclass
class Member:
    """A method, type or error. `reply` of a method: its fields, or the name of a type."""

    kind: str
    name: str
    comment: str
    fields: list
    reply: object = None


@dataclass
class Interface:
    name: str
    comment: str
    members: list


def split(text):
    """The parts of `a: (b: int, c: int), d: int` between its outer commas."""
    parts, depth, part = [], 0, ""
    for letter in text:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(part)
            part = ""
        else:
            part += letter
    return [part.strip() for part in parts + [part] if part.strip()]


def fields_of(text):
    """The fields of `(a: ?int, b: []string)`."""
    fields = []
    for part in split(text.strip()[1:-1]):
        name, kind = (piece.strip() for piece in part.split(":", 1))
        optional = kind.startswith("?")
        kind = kind.removeprefix("?")
        many = kind.startswith("[]")
        kind = kind.removeprefix("[]")
        inner = fields_of(kind) if kind.startswith("(") else []
        fields.append(Field(name, "" if inner else kind, optional, many, inner))
    return fields


def read(file):
    """The interface in `file`. Each member is one line; its comment is above it, without a blank line between."""
    interface, comment = None, []
    with open(os.path.join(FOLDER, file), encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.strip()
            if line.startswith("#"):
                comment.append(line.lstrip("# "))
                continue
            text = " ".join(comment)
            if match := re.fullmatch(r"interface (\S+)", line):
                interface = Interface(match[1], text, [])
            elif match := re.fullmatch(r"(type|error) (\w+) (\(.*\))", line):
                interface.members.append(Member(match[1], match[2], text, fields_of(match[3])))
            elif match := re.fullmatch(r"method (\w+)(\(.*?\)) -> (\(.*\)|\w+)", line):
                reply = fields_of(match[3]) if match[3].startswith("(") else match[3]
                interface.members.append(Member("method", match[1], text, fields_of(match[2]), reply))
            elif line:
                raise SystemExit(f"docs/{file}:{number}: neither a method, a type nor an error: {line}")
            comment = []
    return interface


def said(one):
    """The type in words."""
    if one.fields:
        word = "object of " + ", ".join(f"`{inner.name}` ({said(inner)})" for inner in one.fields)
    else:
        word = WORDS.get(one.type, f"[{one.type}](#{one.type.lower()})")
    if one.many:
        word = f"list, each: {word}"
    return f"{word}, optional" if one.optional else word


def table(title, fields):
    if not fields:
        return []
    rows = [f"| {title} | type |", "|---|---|"]
    return rows + [f"| `{one.name}` | {said(one)} |" for one in fields] + [""]


def main():
    print(
        "# Reference of the calls\n\n"
        "Written by `docs/reference.py` from the interface files; [protocol.md](protocol.md) has the rules. What other\n"
        "programs may rely on: a method, parameter or reply field that is here keeps its name, type and meaning within a\n"
        "version of the protocol, and new ones may come at any time. A caller ignores fields of a reply that it does not\n"
        "know. [json.md](json.md) says the same of what `--json` prints.\n"
    )
    for interface in map(read, FILES):
        print(f"## {interface.name}\n\n{interface.comment}\n")
        for member in interface.members:
            print(f"### {member.name}\n")
            words = [] if member.kind == "method" else [f"A{'n error' if member.kind == 'error' else ' type'}."]
            if member.comment:
                words.append(member.comment)
            if words:
                print(" ".join(words) + "\n")
            lines = table("parameter" if member.kind == "method" else "field", member.fields)
            if isinstance(member.reply, str):
                lines += [f"Replies with a [{member.reply}](#{member.reply.lower()}).", ""]
            elif member.kind == "method":
                lines += table("reply", member.reply) or ["The reply is empty.", ""]
            if lines:
                print("\n".join(lines))


if __name__ == "__main__":
    main()
