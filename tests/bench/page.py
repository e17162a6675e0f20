#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Measures the page on its socket, as a web server would ask it: page.sh. usage: page.py ADDRESS PASSWORD SECONDS
import gzip
import os
import re
import socket
import sys
import time
import urllib.parse

ADDRESS, PASSWORD, LENGTH = sys.argv[1], sys.argv[2], float(sys.argv[3])
os.setgid(64095)
os.setuid(64095)
web = socket.socket(socket.AF_UNIX)
web.settimeout(30)
web.connect("/run/seimon/web.sock")
cookies = {}


def ask(method, place, fields=None):
    body = urllib.parse.urlencode(fields or {}).encode()
    lines = [f"{method} {place} HTTP/1.1", "Host: gate.example.test", "X-Real-IP: " + ADDRESS, "Origin: https://gate.example.test",
             "Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items())]
    if method == "POST":
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
    begun = time.perf_counter()
    web.sendall("\r\n".join([*lines, "", ""]).encode() + body)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += web.recv(65536)
    head, _, rest = answer.partition(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", head).group(1))
    while len(rest) < length:
        rest += web.recv(65536)
    took = time.perf_counter() - begun
    for name, value in re.findall(r"(?im)^Set-Cookie: ([^=]+)=([^;]*)", head.decode()):
        cookies[name] = value
    return took, rest, head.decode()


def token(page):
    return re.search(rb'name="token" value="([0-9a-f]+)"', page).group(1).decode()


_, first, _ = ask("GET", "/")
_, style, _ = ask("GET", "/style.css")
print(f"first view: {len(first) + len(style)} bytes, {len(gzip.compress(first)) + len(gzip.compress(style))} compressed")
_, _, head = ask("POST", "/sign-in", {"token": token(first), "user": "u00", "password": PASSWORD})
assert "Location: /info" in head, head
times = {place: [] for place in ("/info", "/info/activity", "/info/add/app", "/info/codes", "/")}
until = time.monotonic() + LENGTH
while time.monotonic() < until:
    for place, taken in times.items():
        taken.append(ask("GET", place)[0])
        time.sleep(0.004)
for place, taken in times.items():
    taken.sort()
    print(f"{place:16} {len(taken):6} requests  p50 {taken[len(taken) // 2] * 1000:6.2f} ms  p99 {taken[len(taken) * 99 // 100] * 1000:6.2f} ms")
