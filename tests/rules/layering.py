# SPDX-License-Identifier: Apache-2.0
"""Reads the include graph of the production files on standard input: no unit (a header and its source) includes
another in a ring, and no file includes what lies above its room. Prints each violation with its path; exits with 1
then."""
import os
import re
import sys

# room: the rooms that it may include. A file belongs to the longest room that its path begins with.
MAY_INCLUDE = {
    "wire": [],
    "pam_module": ["wire"],
    "base": [],
    "core": ["base"],
    "core/factors": ["core", "base"],
    "core/account": ["core/factors", "core", "base"],
    "core/policy": ["core/account", "core/factors", "core", "base"],
    "core/ports": ["core/account", "core/factors", "core", "base"],
    "core/login": ["core/ports", "core/policy", "core/account", "core/factors", "core", "base"],
    "store": ["core", "core/*", "base", "store/postgres"],
    "store/sqlite": ["store", "core", "core/*", "base"],
    "store/postgres": ["store", "core", "core/*", "base"],
    "qr": [],
    "passkey": ["base"],
    "client": ["wire", "base"],
    "daemon/system": ["core", "core/*", "wire", "base"],
    "daemon/config": ["daemon/system", "core", "core/*", "wire", "base"],
    "daemon/work": ["daemon/config", "daemon/system", "store", "store/*", "core", "core/*", "wire", "base"],
    "daemon/net": ["daemon/work", "daemon/config", "daemon/system", "core", "core/*", "wire", "base"],
    "daemon/login": ["daemon/net", "daemon/work", "daemon/config", "daemon/system", "core", "core/*", "wire", "base", "qr"],
    "daemon/admin": ["passkey", "daemon/net", "daemon/work", "daemon/config", "daemon/system", "core", "core/*", "wire", "base"],
    "daemon/admin/verbs": ["passkey", "daemon/admin", "daemon/work", "daemon/config", "daemon/system", "core", "core/*", "base"],
    "daemon/fleet": ["daemon/net", "daemon/work", "daemon/config", "daemon/system", "core", "core/*", "wire", "base"],
    "daemon": ["daemon/*", "store", "core", "core/*", "wire", "base"],
    "gate": ["daemon/system", "daemon/config", "core", "core/*", "wire", "base"],
    "delivery": ["client", "daemon/config", "daemon/system", "core", "core/*", "wire", "base"],
    "web": ["client", "qr", "daemon/system", "wire", "base"],
    "web/login": ["web", "daemon/system", "wire", "base"],
    "tools/terminal": ["client", "wire", "base"],
    "tools/system": ["tools/terminal", "client", "wire", "base"],
    "tools/import": ["tools/system", "tools/terminal", "base"],
    "tools/backup": ["tools/system", "tools/terminal", "base"],
    "tools/enroll": ["client", "tools/import", "tools/system", "tools/terminal", "qr", "base"],
    "tools/doctor": ["tools/system", "tools/terminal", "base"],
    "tools/setup": ["tools/doctor", "tools/system", "tools/terminal", "wire", "base"],
    "tools/reports": ["tools/enroll", "tools/import", "tools/system", "tools/terminal", "base"],
    "tools/verbs": ["client", "tools/*", "qr", "wire", "base"],
    "tools": ["tools/verbs", "tools/terminal", "base"],
    "tools/pskc": ["base"],
    "tools/authority": ["base"],
    "tools/backup_crypto": ["base"],
    "tools/letter": ["qr", "base"],
}
# The table of methods names the functions of the folder below it.
EXCEPTIONS = {("daemon/admin/permissions.cc", "daemon/admin/verbs/verbs.h")}


def room_of(path):
    folder = os.path.dirname(path)
    while folder and folder not in MAY_INCLUDE:
        folder = os.path.dirname(folder)
    return folder


def may(room, other):
    return other == room or any(
        other == allowed or (allowed.endswith("/*") and other.startswith(allowed[:-1])) for allowed in MAY_INCLUDE[room]
    )


def unit(path):
    return re.sub(r"\.(h|cc)$", "", path)


def rings(graph):
    """Strongly connected parts of more than one unit (Tarjan)."""
    index, low, stack, on, found = {}, {}, [], set(), []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        on.add(node)
        for other in sorted(graph.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = []
            while not part or part[-1] != node:
                part.append(stack.pop())
                on.discard(part[-1])
            if len(part) > 1:
                found.append(part)

    for node in sorted(graph):
        if node not in index:
            visit(node)
    return found


def ring_path(graph, part):
    """One way round, to read."""
    start = sorted(part)[0]
    path, seen = [start], {start}
    while True:
        following = [other for other in sorted(graph[path[-1]]) if other in part]
        if start in following and len(path) > 1:
            return " -> ".join(path + [start])
        fresh = [other for other in following if other not in seen]
        if not fresh:
            return " <-> ".join(sorted(part))
        path.append(fresh[0])
        seen.add(fresh[0])


def main():
    sys.setrecursionlimit(10000)
    bad = 0
    graph = {}
    files = sys.stdin.read().split()
    for path in files:
        room = room_of(path)
        if not room:
            print(f"{path}: in no room of tests/rules/layering.py")
            bad = 1
            continue
        for number, line in enumerate(open(path, encoding="utf-8"), 1):
            found = re.match(r'#include "([^"]+)"', line)
            if not found:
                continue
            other = found.group(1)
            if not os.path.exists(other):
                print(f"{path}:{number}: there is no {other}")
                bad = 1
                continue
            if not may(room, room_of(other)) and (path, other) not in EXCEPTIONS:
                print(f"{path}:{number}: {room} may not include {other}")
                bad = 1
            if unit(other) != unit(path):
                graph.setdefault(unit(path), set()).add(unit(other))
                graph.setdefault(unit(other), set())
    for part in rings(graph):
        print(f"ring: {ring_path(graph, part)}")
        bad = 1
    print(f"{len(files)} files, {sum(map(len, graph.values()))} arrows")
    return bad or len(files) < 200


sys.exit(main())
