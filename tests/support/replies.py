#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Calls the service as any program may, and compares each reply with what docs/*.varlink say of it.

usage: replies.py SOCKET USER     prints each difference; its exit code is 1 when there is one
"""
import importlib.util
import json
import os
import socket
import sys

REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "reference.py")
spec = importlib.util.spec_from_file_location("reference", REFERENCE)
reference = importlib.util.module_from_spec(spec)
sys.modules["reference"] = reference
spec.loader.exec_module(reference)
INTERFACE = reference.read("io.seimon.Admin.varlink")
MEMBERS = {(member.kind, member.name): member for member in INTERFACE.members}
KINDS = {"string": str, "int": int, "bool": bool, "float": (int, float), "object": dict}


def differences(value, fields, place):
    """What `value`, an object, has otherwise than `fields` say."""
    if not isinstance(value, dict):
        yield f"{place} is no object"
        return
    known = {field.name: field for field in fields}
    for name in value.keys() - known.keys():
        yield f"{place}.{name} is not documented"
    for name, field in known.items():
        if name not in value:
            if not field.optional:
                yield f"{place}.{name} is missing"
            continue
        items = value[name] if field.many else [value[name]]
        if field.many and not isinstance(items, list):
            yield f"{place}.{name} is no list"
            continue
        for item in items:
            if field.fields:
                yield from differences(item, field.fields, f"{place}.{name}")
            elif ("type", field.type) in MEMBERS:
                yield from differences(item, MEMBERS["type", field.type].fields, f"{place}.{name}")
            elif not isinstance(item, KINDS[field.type]) or (field.type == "int" and isinstance(item, bool)):
                yield f"{place}.{name} is no {field.type}: {item!r}"


def call(path, method, parameters):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(path)
        connection.sendall(json.dumps({"method": f"io.seimon.Admin.{method}", "parameters": parameters}).encode() + b"\0")
        heard = b""
        while not heard.endswith(b"\0"):
            part = connection.recv(65536)
            if not part:
                raise SystemExit(f"{method}: no reply")
            heard += part
    return json.loads(heard[:-1])


def main():
    path, user = sys.argv[1:]
    of_user = {"user": user}
    calls = [
        ("List", of_user), ("UserStatus", of_user), ("UserStatus", of_user | {"from": "203.0.113.9"}), ("Status", {}),
        ("Explain", of_user), ("Users", {}), ("Log", {"user": "root", "all": True}), ("Tally", {}), ("Messages", {}),
        ("Hosts", {}), ("ShowConfig", {}), ("Rollout", of_user), ("ListBypass", of_user), ("Language", of_user),
        ("Inspect", {}), ("NextDelivery", {}), ("DeliveryStatus", {}), ("TestDelivery", {"channel": "email", "to": user}), ("RolloutOfMany", {"people": f"{user}\t{os.getuid()}\t\n"}),
        ("Rename", of_user | {"method": "app", "label": "phone"}), ("Default", of_user | {"method": "phone"}),
        ("Bypass", of_user | {"note": "asked for"}), ("ListBypass", of_user), ("CancelBypass", of_user),
        ("Suspend", of_user | {"suspended": True}), ("Suspend", of_user | {"suspended": False}),
        ("RecoveryCodes", of_user), ("ResetFailures", of_user), ("ForgetHosts", of_user), ("Export", of_user),
        ("Enroll", of_user | {"label": "second"}), ("Reload", {}), ("Remove", of_user | {"method": "phone"}),
        ("Revoke", of_user),
    ]
    found = []
    for method, parameters in calls:
        heard = call(path, method, parameters)
        if "error" in heard:
            found.append(f"{method}: {heard}")
            continue
        reply = MEMBERS["method", method].reply
        fields = MEMBERS["type", reply].fields if isinstance(reply, str) else reply
        found += differences(heard["parameters"], fields, method)
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
