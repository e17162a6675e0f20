#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Walks through the page as somebody who has to register, and takes a picture of each step. Prints the app's key.
# usage: walk.py USER LANGUAGE FOLDER [WIDTH]; PASSWORD, SRV4_HOME and HOME as in world.sh, CLOCK if it stands still,
# APPROVES where the page offers to approve on the phone
import os
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from chromium import Chromium  # noqa: E402

USER, LANGUAGE, FOLDER = sys.argv[1:4]
WIDTH = int(sys.argv[4]) if len(sys.argv) > 4 else 400
STEP = 0


def code(key, later=""):
    now = ["--now", os.environ["CLOCK"] + " UTC" + later] if os.environ.get("CLOCK") else []
    return subprocess.run(["oathtool", "--totp", "--base32", *now, key], capture_output=True, text=True, check=True).stdout.strip()


with Chromium(os.environ["SRV4_HOME"], LANGUAGE, WIDTH, 300) as one:
    def picture(name):
        global STEP
        STEP += 1
        one.picture(f"{FOLDER}/{LANGUAGE}-{STEP}-{name}.png")

    one.get("/").type("user", USER).type("password", os.environ["PASSWORD"])
    picture("sign-in")
    one.press()
    picture("list")
    one.get("/info/add")
    picture("add")
    one.get("/info/add/app")
    one.press()
    picture("qr")
    link = one.qr()
    key = urllib.parse.parse_qs(urllib.parse.urlparse(link).query)["secret"][0]
    one.type("code", code(key)).press()
    picture("recovery-codes")
    one.get("/info")
    picture("registered")
    one.get("/info/lost")
    picture("lost")
    if os.environ.get("APPROVES"):
        one.add_authenticator()
        one.get("/info/add/this-phone").press()
        one.type("proof", code(key, " + 30 seconds")).press()
        one.press()
        picture("approve")
    one.get("/info").press("form[action='/out'] button")
print(key)
