# SPDX-License-Identifier: Apache-2.0
# What the stories of the page share: sentences with their outcome, the command, codes of apps and of messages.
import os
import re
import subprocess
import time

FAILED = 0


def it(sentence, is_so, seen=""):
    global FAILED
    print(("ok - " if is_so else "NOT OK - ") + sentence)
    if not is_so:
        FAILED += 1
        print(seen)


def waits_until(what, seconds=15):
    end = time.time() + seconds
    while not what() and time.time() < end:
        time.sleep(0.1)
    return what()


def exit_code():
    return 1 if FAILED else 0


def seimon(*words):
    return subprocess.run(["seimon", *words], capture_output=True, text=True).stdout


def app_code(key):
    """Of the app with that key, by the clock of the world."""
    return subprocess.run(["oathtool", "--totp", "--base32", "--now", os.environ["CLOCK"] + " UTC", key], capture_output=True, text=True).stdout.strip()


def codes_sent():
    """Those that reached the gateway."""
    try:
        with open(os.environ["W"] + "/sms/box", encoding="utf-8") as box:
            return re.findall(r"(?<!\d)\d{6}(?!\d)", box.read())
    except FileNotFoundError:
        return []


SENT = len(codes_sent())


def newest_sms():
    for _ in range(100):
        if len(codes_sent()) > SENT:
            return codes_sent()[-1]
        time.sleep(0.1)
    return "none"
