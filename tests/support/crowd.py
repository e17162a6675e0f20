# SPDX-License-Identifier: Apache-2.0
# Many connections at once that are left open. usage: crowd.py READY-FILE COUNT TARGET [CALL]
# TARGET is HOST:PORT or a socket's path; each sends CALL (a JSON text), if there is one, and reads nothing.
import signal
import socket
import sys

ready, count, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
call = sys.argv[4].encode() + b'\0' if len(sys.argv) > 4 else b''
held = []
for _ in range(count):
    try:
        if target.startswith('/'):
            one = socket.socket(socket.AF_UNIX)
            one.settimeout(5)
            one.connect(target)
        else:
            host, port = target.rsplit(':', 1)
            one = socket.create_connection((host, int(port)), 5)
        one.send(call)
        held.append(one)
    except OSError:
        pass  # refused: that is what is tried
with open(ready, 'a') as file:
    file.write('%d\n' % len(held))
signal.pause()
