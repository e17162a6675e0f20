#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# A browser maker's push service (RFC 8030): keeps each request, and answers with the status in a file.
# usage: push_service.py ADDRESS CERTIFICATE KEY KEPT STATUS
import http.server
import json
import ssl
import sys

ADDRESS, CERTIFICATE, KEY, KEPT, STATUS = sys.argv[1:]


class Service(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        with open(KEPT, "a", encoding="utf-8") as file:
            file.write(json.dumps({"path": self.path, "body": body, "ttl": self.headers.get("TTL"), "authorization": self.headers.get("Authorization", "")}) + "\n")
        with open(STATUS, encoding="utf-8") as file:
            self.send_response(int(file.read()))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer((ADDRESS, 443), Service)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(CERTIFICATE, KEY)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
