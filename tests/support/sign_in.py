#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# seimon-web's part of a sign-in: answers each prompt with the next line of standard input, and prints the ticket.
# usage: sign_in.py USER ADDRESS
import os, socket, struct, sys

os.setgid(64096)
os.setuid(64096)
service = socket.socket(socket.AF_UNIX)
service.settimeout(30)
service.connect("/run/seimon/web-login.sock")


def send(kind, text):
    service.sendall(kind + struct.pack(">I", len(text)) + text.encode())


def receive():
    head = service.recv(5, socket.MSG_WAITALL)
    if len(head) < 5:
        sys.exit("seimon-web-login has closed the connection")
    size = struct.unpack(">I", head[1:])[0]
    return head[:1], service.recv(size, socket.MSG_WAITALL).decode() if size else ""


send(b"U", sys.argv[1])
send(b"F", sys.argv[2])
send(b"G", "")
while True:
    kind, text = receive()
    if kind in (b"P", b"H"):
        send(b"A", sys.stdin.readline().rstrip("\n"))
    elif kind == b"D":
        print(text.split("\n")[1])
        break
    elif kind == b"N":
        sys.exit("refused: " + text)
