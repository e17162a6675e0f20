#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Stories of a telephone that rings, for calls.sh. usage: calls.py STORY
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from story import exit_code, it, seimon, waits_until  # noqa: E402
from terminal import HOME, W, Ssh, let_pass  # noqa: E402

SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")
READY = W + "/tmp/ready"  # the driver waits for it: the phone has to be there first


def pick_up(does):
    """The phone takes the call that waits, and that is over."""
    phone = subprocess.Popen(["ip", "netns", "exec", "srv", "/usr/bin/python3", SUPPORT + "/telephone.py", W + "/tmp", does])
    for _ in range(200):
        if ":5070" in subprocess.run(["ip", "netns", "exec", "srv", "ss", "-lun"], capture_output=True, text=True).stdout:
            break
        time.sleep(0.02)
    open(READY, "w", encoding="utf-8").close()
    phone.wait(60)
    os.unlink(READY)


def events(user, event):
    return [line for line in seimon("log", user).splitlines() if event in line]


def called(login):
    """The number of the call that `c` asks for."""
    found = re.search(r"Number (\d+)\.", login.answer("c", r"call again\): |: $"))
    return found.group(1) if found else ""


def yes():
    login = Ssh("u00")
    it("a call is offered", "(c = call me)" in login.screen, login.screen)
    number = called(login)
    it("c shows a number", len(number) == 2, login.screen)
    it("Enter before it is keyed in: not yet", "Not approved yet" in login.answer("", ": $"), login.screen)
    pick_up(number + "#")
    it("the number and # let in", waits_until(lambda: events("u00", "approved")) and login.is_in(), login.screen)
    it("the last line names the phone and the place", "Approved on" in login.screen and HOME in login.screen, login.screen)
    it("the record says how", any("method" in line or "phone" in line for line in events("u00", "approved")), seimon("log", "u00"))
    login.end()


def wrong():
    login = Ssh("u01")
    number = called(login)
    pick_up(("43" if number == "42" else "42") + "#")
    it("another number is refused", waits_until(lambda: events("u01", "wrong-number")), seimon("log", "u01"))
    it("and ends that one", "not valid any more" in login.answer("", ": $"), login.screen)
    let_pass(31)
    number = called(login)
    pick_up(number + "#")
    it("the next call lets in", waits_until(lambda: events("u01", "approved")) and login.is_in(), login.screen)
    login.end()


def report():
    login = Ssh("u02")
    called(login)
    pick_up("0#")
    it("0# raises an alarm", waits_until(lambda: "sign-in-reported" in seimon("log", "u02")), seimon("log", "u02"))
    it("the login ends", "refused on the phone" in login.answer("", "denied|closed|[$] $"), login.screen)
    it("the help desk reads it", "report" in seimon("status", "u02").lower(), seimon("status", "u02"))
    login.end()
    let_pass(31)
    login = Ssh("u02")
    number = called(login)
    it("the next stranger sees a number", len(number) == 2, login.screen)
    it("and nothing rings", len(events("u02", "called")) == 1, seimon("log", "u02"))
    login.end()


def unanswered():
    for user, does in (("u03", "busy"), ("u04", "silent")):
        login = Ssh(user)
        called(login)
        pick_up(does)
        it(f"{does}: the log says so", waits_until(lambda: events(user, "not-answered")), seimon("log", user))
        it("whoever signs in reads that it is not approved", "Not approved yet" in login.answer("", ": $"), login.screen)
        login.end()


def unseen():
    """What other accounts of this machine see during a call."""
    login = Ssh("u05")
    called(login)
    open(READY, "w", encoding="utf-8").close()  # it rings where nobody is
    program = waits_until(lambda: subprocess.run(["pgrep", "-x", "baresip"], capture_output=True, text=True).stdout.strip())
    seen = b""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        for name in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    seen += file.read()
            except OSError:
                pass
    it("a call is under way", bool(program))
    it("neither ps nor an environment has its number", b"8190" not in seen)
    ports = subprocess.run(["ip", "netns", "exec", "srv", "ss", "-ltnp"], capture_output=True, text=True).stdout
    it("and baresip listens for no commands", "127.0.0.1" not in "".join(line for line in ports.splitlines() if "baresip" in line and "5060" not in line), ports)
    # The worker dies in the middle of it.
    subprocess.run(["pkill", "-9", "-x", "seimon-delivery"], check=False)
    subprocess.run(["pkill", "-9", "-x", "baresip"], check=False)
    os.unlink(READY)
    it("killed, it has approved nothing", "Not approved yet" in login.answer("", ": $"), login.screen)
    it("and the log says that it was lost", waits_until(lambda: events("u05", "lost")), seimon("log", "u05"))
    login.end()


def forged():
    """Somebody with the password and an account of this machine says that keys were pressed."""
    login = Ssh("u07")
    number = called(login)
    phone = subprocess.Popen(["ip", "netns", "exec", "srv", "/usr/bin/python3", SUPPORT + "/telephone.py", W + "/tmp", ""])
    waits_until(lambda: ":5070" in subprocess.run(["ip", "netns", "exec", "srv", "ss", "-lun"], capture_output=True, text=True).stdout)
    open(READY, "w", encoding="utf-8").close()
    listening = lambda: re.findall(r"([0-9.]+):(\d+) [^\n]*baresip", subprocess.run(["ip", "netns", "exec", "srv", "ss", "-lunp"], capture_output=True, text=True).stdout)  # noqa: E731
    keys = "".join(f"received event: '{key}' (end=0)\r\n" for key in number + "#")
    name = f"received event: '{number[0]}' (end=0)"
    send = "import socket, sys; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(sys.stdin.buffer.read(), (sys.argv[1].replace('0.0.0.0', '127.0.0.1'), int(sys.argv[2])))"
    waits_until(lambda: len(listening()) > 2)  # RTP, RTCP, SIP: the call is under way
    for _ in range(3):
        ports = listening()
        for address, port in ports:
            for method, body, shown in (("MESSAGE", "\r\n" + keys, "x"), ("INVITE", "", name), ("INFO", keys, "x")):
                text = (f"{method} sip:seimon@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bK{time.time_ns()}\r\nMax-Forwards: 70\r\n"
                        f'From: "{shown}" <sip:x@127.0.0.1>;tag=1\r\nTo: <sip:seimon@127.0.0.1>\r\nCall-ID: {time.time_ns()}\r\nCSeq: 1 {method}\r\n'
                        f"Contact: <sip:x@127.0.0.1:5999>\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n{body}")
                subprocess.run(["ip", "netns", "exec", "srv", "python3", "-c", send, address, port], input=text.encode(), check=False)
        time.sleep(0.5)
    it("baresip has a port for the exchange", bool(ports), str(ports))
    phone.terminate()
    phone.wait()
    os.unlink(READY)
    it("what a stranger sends to it presses no key", "Not approved yet" in login.answer("", ": $") and not events("u07", "approved"), login.screen + seimon("log", "u07"))
    login.end()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    sys.exit(exit_code())
