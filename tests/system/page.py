#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# A browser without a screen, and the proxy before it, on the socket of seimon-web: for web.sh.
# usage: page.py STORY [ARGUMENT …]
import html
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

from story import app_code, exit_code, it as tell, newest_sms, seimon

WWW = int(os.environ.get("PROXY_UID", "64095"))
PASSWORD, HOME, CAMPUS, W = (os.environ[name] for name in ("PASSWORD", "HOME4", "CAMPUS4", "W"))
SITE = "https://gate.example.test"
# Each story has an address of its own: one may begin sixty sign-ins a minute.
HOME = HOME.rsplit(".", 1)[0] + "." + str(100 + sum(sys.argv[1].encode()) % 100)
def it(sentence, is_so, seen=""):
    tell("the page: " + sentence, is_so, seen)


def raw(request, uid=WWW):
    """The bytes that come back for these, from a process of that uid."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.setgid(uid)
        os.setuid(uid)
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(20)
        answer = b""
        try:
            connection.connect("/run/seimon/web.sock")
            connection.sendall(request)
            while part := connection.recv(65536):
                answer += part
        except OSError:
            pass
        with os.fdopen(writer, "wb") as out:
            out.write(answer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as answer:
        text = answer.read()
    os.wait()
    return text


class Browser:
    def __init__(self, address=HOME, language="en"):
        self.address, self.language = address, language
        self.cookies = {}
        self.status, self.text, self.place, self.headers = 0, "", "/", ""

    def send(self, method, place, fields=None, headers=(), follow=True):
        body = urllib.parse.urlencode(fields or {}).encode()
        lines = [f"{method} {place} HTTP/1.1", "Host: gate.example.test", f"X-Real-IP: {self.address}", "Connection: close",
                 f"Accept-Language: {self.language}", *headers]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if method == "POST":
            if not any(line.startswith("Origin:") for line in headers):
                lines.append("Origin: " + SITE)
            lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}"]
        answer = raw("\r\n".join([*lines, "", ""]).encode() + (body if method == "POST" else b"")).decode()
        head, _, self.text = answer.partition("\r\n\r\n")
        self.headers = head
        self.status = int(head.split()[1]) if head else 0
        self.place = place
        for name, value in re.findall(r"(?im)^Set-Cookie: ([^=]+)=([^;]*)", head):
            self.cookies[name] = value
        moved = re.search(r"(?im)^Location: (\S+)", head)
        if moved and follow:
            return self.send("GET", moved.group(1))
        return self

    def get(self, place):
        return self.send("GET", place)

    def form(self, action):
        """The hidden fields of that form."""
        found = re.search(r'<form method="post" action="' + re.escape(html.escape(action)) + r'">(.*?)</form>', self.text, re.S)
        if not found:
            return {}
        return {name: html.unescape(value) for name, value in
                re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found.group(1))}

    def submit(self, action, follow=True, headers=(), **fields):
        return self.send("POST", action, {**self.form(action), **fields}, headers, follow)

    def sign_in(self, user, code=None, password=PASSWORD):
        self.get("/")
        self.submit("/sign-in", user=user, password=password)
        if code is not None and self.place == "/sign-in":
            self.submit("/sign-in/answer", answer=code)
        return self

    def shows(self, *texts):
        shown = html.unescape(self.text)
        return all(text in shown for text in texts)

    def is_in(self):
        return self.place == "/info" and self.shows("Security info")


def code(user, steps=0):
    return subprocess.run(["bash", "-c", 'code "$1" "$2"', "code", user, str(steps)], capture_output=True, text=True).stdout.strip()


def sign_in(fresh):
    one = Browser()
    one.get("/")
    it("asks for name and password", one.shows("User name", "Password"), one.text)
    one.submit("/sign-in", user="u00", password=PASSWORD)
    it("then for a code, in the words of a login", one.place == "/sign-in" and one.shows("Verification code"), one.text)
    before = one.cookies["__Host-seimon"]
    one.submit("/sign-in/answer", answer=fresh)
    it("a right code opens it", one.is_in(), one.text)
    it("with another cookie than before", one.cookies["__Host-seimon"] != before)
    it("lists the method: kind, added, last used", one.shows("Authenticator app", "added 20", "last used 20"), one.text)
    it("keeps a browser from framing, storing and running anything",
       all(line in one.headers for line in ("frame-ancestors 'none'", "default-src 'none'", "no-store", "nosniff")), one.headers)
    other = Browser()
    other.cookies["__Host-seimon"] = before
    it("the cookie from before is nobody's", other.get("/info").shows("User name"), other.text)
    again = Browser().sign_in("u00", fresh)
    it("the same code works once", again.shows("Not accepted"), again.text)
    one.submit("/out")
    it("sign out", one.shows("User name"), one.text)
    it("and it is out", one.get("/info").shows("User name"), one.text)


def refusals(fresh):
    one = Browser().sign_in("u01", password="wrong")
    it("a wrong password opens nothing", not one.is_in() and one.shows("User name"), one.text)
    one = Browser().sign_in("nobody-of-that-name")
    it("nor a name that nobody has", not one.is_in(), one.text)
    one = Browser().sign_in("root")
    it("nor root's", not one.is_in(), one.text)
    one = Browser().sign_in("u01", password="")
    it("without a password nobody gets to a prompt, which would hold a process", one.shows("Enter your password.") and one.get("/sign-in").shows("User name"), one.text)
    one = Browser().sign_in("u01", "000000")
    it("a wrong code is refused in the words of a login", one.shows("Not accepted", "2 tries left"), one.text)
    one.submit("/sign-in/answer", answer=fresh)
    it("and the right one accepted after it", one.is_in(), one.text)
    seimon("revoke", "--yes", "u01")
    one.get("/info")
    it("whoever was revoked is out at once", one.shows("User name"), one.text)
    two = Browser().sign_in("u09", "000000")
    it("who has no method and must have one is refused", not two.is_in(), two.text)
    seimon("suspend", "u08")
    two = Browser().sign_in("u08", "000000")
    it("a suspended account is refused", not two.is_in(), two.text)
    seimon("resume", "u08")


def campus(fresh):
    one = Browser(CAMPUS).sign_in("u03")
    it("on campus nothing is asked", one.is_in(), one.text)
    one.get("/info/rename/1") if "/info/rename/1\"" in one.text else one.get(re.search(r"/info/rename/\d+", one.text).group(0))
    place = one.place
    one.submit(place, label="My phone")
    it("but a change asks for a code", one.shows("A code of a method that you have already") and one.status == 200, one.text)
    one.submit(place, label="My phone", proof="000000")
    it("a wrong one changes nothing", "My phone" not in seimon("list", "u03"), one.text)
    one.submit(place, label="My phone", proof=fresh)
    it("a right one does", "My phone" in seimon("list", "u03") and one.shows("The name is My phone now."), one.text)
    one.get("/info")
    it("what was done is said once", not one.shows("The name is My phone now."), one.text)


def reads(fresh):
    one = Browser().sign_in("u04", fresh)
    before = seimon("list", "u04", "--json")
    seen, todo = set(), ["/info"]
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        one.get(place)
        it("every link leads somewhere: " + place, one.status == 200, one.headers)
        todo += [link for link in re.findall(r'href="(/[^"]*)"', one.text) if not link.startswith(("/style", "/logo"))]
    it("there are pages to read: %d" % len(seen), len(seen) >= 8)
    it("and following all of them changes nothing", seimon("list", "u04", "--json") == before)
    it("no such page", one.get("/info/nothing").status == 404, one.text)
    it("in Japanese", Browser(language="ja").get("/").shows("サインイン"))
    one.get("/info/activity")
    it("the activity has times, events and addresses", one.shows("Signed in", "seimon-web", HOME) and re.search(r"<td>20\d\d-\d\d-\d\d \d\d:\d\d \w+</td>", one.text), one.text)
    one.get("/info").submit("/language", language="ja", place="/info\r\nX-Other: 1", follow=False)
    it("a line break ends no header", "X-Other" not in one.headers and "Location: /\r" in one.headers + "\r", one.headers)
    one.get("/info").submit("/language", language="ja", place="//evil.example/", follow=False)
    it("nor leads another way", "evil" not in one.headers, one.headers)
    one.get("/info").submit("/language", language="ja")
    it("the language is chosen on every page, and kept", one.shows("English") and seimon("language", "-u", "u04").strip().endswith("ja"), one.text)


def changes(fresh, next_one):
    one = Browser().sign_in("u05", fresh)
    one.get("/info/add/app").submit("/info/add/app")
    it("a new app: the QR code and the key", one.place == "/info/add/test" and one.shows("<svg", "otpauth://totp/"), one.text)
    key = re.search(r'<code class="key">([A-Z2-7 ]+)', one.text).group(1).replace(" ", "")
    one.get("/info/add")
    it("survives a reload and the way back", one.place == "/info/add/test" and key[:4] in one.text, one.text)
    one.submit("/info/add/test", code="000000")
    it("a wrong code registers nothing", len(re.findall('"id"', seimon("list", "u05", "--json"))) == 1 and one.shows("QR code"), one.text)
    right = app_code(key)
    one.submit("/info/add/test", code=right)
    it("the app's code does", len(re.findall('"id"', seimon("list", "u05", "--json"))) == 2, one.text)
    one.get("/info")
    ids = re.findall(r"/info/remove/(\d+)", one.text)
    one.submit("/info/default/" + ids[-1])
    it("the default is chosen", one.shows("is the default now"), one.text)
    for label, what in (("<b>&\"x\"", "markup"), ("携帯 📱", "emoji")):
        one.get("/info/rename/" + ids[-1]).submit("/info/rename/" + ids[-1], label=label)
        it("a name with " + what + " is text", one.shows(label) and "<b>" not in one.text, one.text)
    for label in ("", "x" * 10000, "a\u202eb", "1"):
        one.get("/info/rename/" + ids[-1]).submit("/info/rename/" + ids[-1], label=label)
        it("a name that cannot be one is refused, and says why", 'role="alert"' in one.text or one.status == 413, one.text)
    one.get("/info/remove/" + ids[-1])
    first = one.submit("/info/remove/" + ids[-1], follow=False)
    it("removed", first.status == 303 and len(re.findall('"id"', seimon("list", "u05", "--json"))) == 1, one.text)
    one.get("/info/remove/" + ids[-1])
    it("twice it is not there any more", one.shows("not there any more"), one.text)
    one.get("/info/codes").submit("/info/codes")
    shown = re.findall(r"<code>([0-9A-Z-]{19})</code>", one.text)
    it("recovery codes: ten, once", len(shown) == 10 and one.place == "/info/codes/new", one.text)
    one.get("/info").get("/info/codes/new")
    it("and not again", not re.findall(r"<code>[0-9A-Z-]{19}</code>", one.text), one.text)
    it("one of them signs in", Browser().sign_in("u05", shown[0]).is_in())
    one.get("/info/lost").submit("/info/lost")
    it("a lost device ends everything, and this session", one.shows("Everything was ended") and one.get("/info").shows("User name") and '"id"' not in seimon("list", "u05", "--json"), one.text)


def forged(fresh):
    one = Browser().sign_in("u06", fresh)
    one.get("/info")
    place = re.search(r"/info/remove/\d+", one.text).group(0)
    one.get(place)
    token = one.form(place)
    before = seimon("list", "u06", "--json")
    tries = {
        "without a token": dict(fields={}),
        "with another's token": dict(fields={"token": Browser().get("/").form("/sign-in")["token"]}),
        "from another site": dict(fields=token, headers=("Origin: https://evil.example",)),
        "from no site": dict(fields=token, headers=("Origin: null",)),
        "without an origin": dict(fields=token, headers=("Origin:",)),
        "from a neighbour": dict(fields=token, headers=("Sec-Fetch-Site: same-site",)),
    }
    for what, arguments in tries.items():
        one.send("POST", place, **arguments)
        it("a form " + what + " is refused", one.status == 403, one.headers)
    one.send("POST", place, {**token, "x": "\0"})
    it("so is a field with NUL", one.status == 400, one.headers)
    it("and nothing was changed", seimon("list", "u06", "--json") == before)
    one.get(place)
    it("the form itself works", one.submit(place).status == 200)


def rough():
    head = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    it("another account than the proxy's is not answered", raw(head + b"X-Real-IP: 203.0.113.9\r\n\r\n", uid=64200) == b"")
    it("no address of the client", b" 400 " in raw(head + b"\r\n")[:20])
    it("two addresses", b" 400 " in raw(head + b"X-Real-IP: 10.20.33.44\r\nX-Real-IP: 203.0.113.9\r\n\r\n")[:20])
    it("a name for an address", b" 400 " in raw(head + b"X-Real-IP: campus.example.org\r\n\r\n")[:20])
    it("a long head", b" 431 " in raw(head + b"X: " + b"a" * 9000 + b"\r\n\r\n")[:20])
    it("a long body", b" 413 " in raw(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + b"a" * 10)[:20])
    it("two lengths", b" 400 " in raw(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")[:20])
    it("no HTTP", b" 400 " in raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")[:20])
    it("another method", b" 405 " in raw(head.replace(b"GET", b"DELETE") + b"X-Real-IP: 203.0.113.9\r\n\r\n")[:20])
    it("after all that the next one is served", Browser().get("/").shows("User name"))


def crowd():
    one = Browser("198.51.100.7")
    for _ in range(61):
        one.get("/").submit("/sign-in", user="u11", password="wrong")
    it("one address may begin sixty sign-ins a minute", one.status == 503 and "Retry-After" in one.headers, one.text)
    it("others go on", Browser("198.51.100.8").get("/").submit("/sign-in", user="u11", password="wrong").status == 200)


def desk(fresh, name, others):
    """The help desk; `others`: a code of u05's app."""
    one = Browser().sign_in("u50", fresh)
    it("whoever helps is shown the way", one.shows("Help desk") and 'href="/desk"' in one.text, one.text)
    one.get("/desk").submit("/desk", user=name)
    it("finds the person: what to say, in both languages", one.place == "/desk/" + name and one.shows("Say", "What exactly does the screen say?", "問題は見当たりません"), one.text)
    it("their method and where a login would end", one.shows("Authenticator app", "A login from elsewhere now"), one.text)
    one.submit(f"/desk/{name}/verify", code="000000")
    it("a wrong code that they read out is not accepted", one.shows("Not accepted."), one.text)
    one.get("/desk/" + name).submit(f"/desk/{name}/verify", code=others)
    it("a right one is", one.shows("The code is right"), one.text)
    it("and in the trail it is theirs who asked", 'actor="u50"' in seimon("log", "-u", name, "--event", "verify"))
    one.get("/desk/" + name).submit(f"/desk/{name}/resync", method="app", first="000000", second="111111")
    it("wrong codes for a token are refused as theirs, not as the helper's own", 'role="alert"' in one.text and not one.shows("Your own code"), one.text)
    one.submit(f"/desk/{name}/reset", note="ticket 4711")
    it("wrong codes are forgotten, with the note in the trail", one.shows("are forgotten") and "4711" in seimon("log", "-u", name), one.text)
    one.submit(f"/desk/{name}/bypass", **{"for": "3600", "uses": "1", "note": ""})
    made = re.search(r'<code class="key">([0-9 ]+)</code>', one.text)
    it("a bypass code is shown", made and one.shows("Valid until"), one.text[:3000])
    it("to them alone, while they are on that page", not re.search(r'class="key"', one.get("/desk").get("/desk/" + name).text), one.text)
    it("and lets in", made and Browser().sign_in(name, made.group(1)).is_in())
    for uses, what in (("", "nothing"), ("-1", "a minus"), ("x", "a letter"), ("99999999999999999999", "too much"), ("1001", "more than is allowed")):
        one.get("/desk/" + name).submit(f"/desk/{name}/bypass", **{"for": "3600", "uses": uses})
        it(what + " for a number is refused, and says why", 'role="alert"' in one.text and not re.search(r'class="key"', one.text), one.text)
    one.send("POST", f"/desk/{name}/suspend", {"token": one.form("/language")["token"]})
    it("the help desk does not suspend", one.shows("Only root and administrators") and '"suspended":true' not in seimon("status", name, "--json").replace(" ", ""), one.text)
    for other, what in (("root", "root"), ("u51", "a colleague"), ("u52", "an administrator"), ("nobody-of-that-name", "a name that nobody has")):
        one.get("/desk").submit("/desk", user=other)
        it(what + " is not theirs", 'role="alert"' in one.text and not one.shows("Make a bypass code"), one.text)
    it("nor is the report", one.get("/desk/-/rollout").shows("for administrators"), one.text)
    one.get(f"/desk/{name}/revoke").submit(f"/desk/{name}/revoke")
    it("a lost phone ends everything of theirs", one.shows("have ended") and '"id"' not in seimon("list", name, "--json"), one.text)
    seimon("suspend", "u50")
    one.get("/desk/" + name)
    it("a helper who is suspended helps nobody any more", one.shows("User name", "Password"), one.text)
    seimon("resume", "u50")


def helper_on_campus(fresh):
    one = Browser(CAMPUS).sign_in("u51")
    one.get("/desk").submit("/desk", user="u03")
    it("a helper whom nobody asked for a code is asked for their own", one.shows("Your own code") and not one.shows("Say"), one.text)
    one.submit("/desk/u03", proof="000000")
    it("a wrong one shows nothing", one.shows("Your own code", "Not accepted") and not one.shows("Make a bypass code"), one.text)
    one.send("POST", "/desk/u03/verify", {"token": one.form("/language")["token"], "code": "000000"})
    it("an action asks for it, too, and keeps what was typed", one.shows("Your own code") and 'name="code" value="000000"' in one.text, one.text)
    one.get("/desk/u03").submit("/desk/u03", proof=fresh)
    it("a right one does", one.place == "/desk/u03" and one.shows("Say"), one.text)
    one.submit("/desk/u03/reset")
    it("and counts for a while", one.shows("are forgotten"), one.text)


def manager(fresh):
    one = Browser().sign_in("u52", fresh)
    one.get("/desk/u03").submit("/desk/u03/suspend")
    it("an administrator suspends", one.shows("is suspended") and '"suspended":true' in seimon("status", "u03", "--json").replace(" ", ""), one.text)
    one.submit("/desk/u03/resume")
    it("and lets in again", one.shows("let in again") and '"suspended":false' in seimon("status", "u03", "--json").replace(" ", ""), one.text)
    one.get("/desk/-/rollout")
    it("sees who is ready, and what logins came to", one.shows("u03", "enrolled", "campus", "Logins of the last 30 days"), one.text)


def nobodys_desk(fresh):
    one = Browser().sign_in("u15", fresh)
    it("for others there is no help desk", 'href="/desk"' not in one.text and one.get("/desk").status == 403 and one.get("/desk/u03").status == 403, one.text)
    one.get("/info")
    one.send("POST", "/desk/u03/suspend", one.form("/language"))
    it("nor anything to do there", one.status == 403 and '"suspended":false' in seimon("status", "u03", "--json").replace(" ", ""), one.headers)


WORD = ("X-Remote-User: u13",)


def wait_for_settings(is_on):
    """seimon-web looks every few seconds."""
    for _ in range(100):
        if Browser().send("GET", "/", headers=WORD).shows("Sign in as u13") == is_on:
            return True
        time.sleep(0.3)
    return False


def sign_on_is_off():
    one = Browser().send("GET", "/", headers=WORD)
    it("by default no header says who somebody is", not one.shows("Sign in as u13"), one.text)
    one.submit("/sign-in", headers=WORD, known="yes")
    it("nor a form", one.shows("Enter your user name"), one.text)


def sign_on_without_stack():
    it("single sign-on: the page has learnt of it", wait_for_settings(True))
    one = Browser().send("GET", "/", headers=WORD)
    one.submit("/sign-in", headers=WORD, known="yes")
    it("without its stack everybody is refused", not one.is_in() and one.shows("You were not signed in"), one.text)


def sign_on(fresh):
    one = Browser().send("GET", "/info/codes", headers=WORD)
    one.submit("/sign-in", follow=False, headers=WORD, known="yes", place="/info/codes")
    one.get("/sign-in")
    it("asks for a code, and for no password", one.shows("Verification code") and "password" not in one.text, one.text)
    one.submit("/sign-in/answer", answer="000000")
    it("a wrong one does not do", not one.is_in() and one.shows("Not accepted"), one.text)
    one.submit("/sign-in/answer", answer=fresh)
    it("a right one does", one.place == "/info/codes", one.text)
    it("the trail has the service of the page", 'service="seimon-web"' in seimon("log", "-u", "u13", "--outcome", "accepted"))
    two = Browser()
    two.get("/").submit("/sign-in", known="yes")
    it("nobody without the header", two.shows("Enter your user name"), two.text)
    two = Browser()
    for name in ("nobody-of-that-name", "root", "-x", "u13 u14", "\u202eu13"):
        two.send("GET", "/", headers=("X-Remote-User: " + name,))
        two.submit("/sign-in", headers=("X-Remote-User: " + name,), known="yes")
        it("not at once as " + repr(name), not two.is_in(), two.text)
        two.submit("/sign-in/answer", answer="000000")
        it("nor with a code that anybody can type", not two.is_in(), two.text)
    two.send("GET", "/", headers=WORD + WORD)
    it("two headers are none", not two.shows("Sign in as u13"), two.text)
    two = Browser().sign_in("u13", password="wrong")
    it("a password is still one", not two.is_in() and not two.shows("Verification code"), two.text)


STEPS = ("the form", "the password", "the code", "the list", "a new app", "its code")


def in_flight(who, pid, step, user, fresh):
    """The process is killed while a request of that step waits for it."""
    step = int(step)
    one = Browser()
    key = ""

    def go(number):
        nonlocal key
        if number == 0:
            one.get("/")
        elif number == 1:
            one.submit("/sign-in", user=user, password=PASSWORD)
        elif number == 2:
            one.submit("/sign-in/answer", answer=fresh)
        elif number == 3:
            one.get("/info")
        elif number == 4:
            one.get("/info/add/app").submit("/info/add/app")
            key = (re.findall(r'<code class="key">([A-Z2-7 ]+)', one.text) or [""])[0].replace(" ", "")
        else:
            one.submit("/info/add/test", code=app_code(key))

    for number in range(step):
        go(number)
    before = seimon("list", user, "--json").count('"id"')
    os.kill(int(pid), signal.SIGSTOP)
    request = threading.Thread(target=go, args=(step,))
    request.start()
    time.sleep(0.15)
    os.kill(int(pid), signal.SIGKILL)
    request.join()
    what = f"{who} is killed at {STEPS[step]}: "
    it(what + "an answer that is one, or none at all", one.status in (0, 200, 503) and "Traceback" not in one.text, str(one.status) + one.text)
    if step == 5 and one.shows("is registered"):
        before += 1
    print("methods", before)


def after(who, user, methods):
    """The process is there again."""
    one = Browser(CAMPUS).sign_in(user)
    it(f"after {who} was killed: signs in again", one.is_in(), one.text)
    it(f"after {who} was killed: has what was acknowledged", int(methods) <= seimon("list", user, "--json").count('"id"') <= int(methods) + 1, methods)


def many(most):
    """That many connections that say nothing."""
    most = int(most)
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (8192, 8192))
        os.setgid(WWW)
        os.setuid(WWW)
        held = []
        for _ in range(most):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect("/run/seimon/web.sock")
            held.append(connection)
        os.write(ready[1], b"x")
        os.read(go[0], 1)
        os._exit(0)
    os.read(ready[0], 1)
    begun = Browser().get("/")
    os.write(go[1], b"x")
    os.waitpid(child, 0)
    return begun


def idle():
    it("a thousand connections that say nothing: others are served", many(1000).shows("User name"))
    it("more than there may be: none is added", many(2100).status == 0)
    for _ in range(100):
        one = Browser().get("/")
        if one.status == 200:
            break
        time.sleep(0.1)
    it("when they have gone, others are served again", one.shows("User name"), one.text)
    with open("/proc/" + os.environ["WEB"] + "/status", encoding="ascii") as status:
        kilobytes = int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))
    it("and memory is bounded: %d kB" % kilobytes, kilobytes < 100000)


def manual(user):
    """What the campus manuals show, by their rows; `user` has to register."""
    one = Browser().sign_in(user)
    one.get("/info/add/app").submit("/info/add/app")
    link = urllib.parse.unquote(html.unescape(re.search(r'href="(otpauth://[^"]*)"', one.text).group(1)))
    it("row 18: the entry is named for the site and the account", "Example University:" + user in link and "issuer=Example University" in link, link)
    key = re.search(r"secret=([A-Z2-7]+)", link).group(1)
    one.submit("/info/add/test", code=app_code(key))
    paper = re.findall(r"<code>([0-9A-Z-]{19})</code>", one.text)[0]
    one.get("/info")
    it("row 17: the new method is in the list", one.shows("Authenticator app", "added 20"), one.text)
    it("row 25: each method says when it was added and last used, and never its key",
       (one.shows("last used 20") or one.shows("not used yet")) and key not in one.text, one.text)
    for _ in range(3):
        Browser().sign_in(user, "000000")
    two = Browser(CAMPUS).sign_in(user)
    one.get("/info/activity")
    it("row 30: what failed is there to see", one.text.count("A code was not accepted") == 3 and one.shows(HOME), one.text)
    number = re.search(r"/info/remove/(\d+)", one.get("/info").text).group(1)
    one.get("/info/remove/" + number)
    it("row 24: removing asks first", one.shows("Remove", "Codes of this method are refused from then on."), one.text)
    one.get("/info/lost").submit("/info/lost")
    it("row 26: who has shown a password alone is asked for a code", one.shows("A code of a method that you have already"), one.text)
    one.submit("/info/lost", proof=paper)
    it("row 26: a lost device ends every method", '"id"' not in seimon("list", user, "--json"), one.text)
    it("row 26: and every open page", two.get("/info").shows("User name") and one.get("/info").shows("User name"), two.text)


def removed(user, fresh):
    """Row 24, where there is a second method."""
    one = Browser().sign_in(user, fresh)
    one.get("/info/add/app").submit("/info/add/app")
    key = re.search(r'<code class="key">([A-Z2-7 ]+)', one.text).group(1).replace(" ", "")
    one.submit("/info/add/test", code=app_code(key)).get("/info")
    last = re.findall(r"/info/remove/(\d+)", one.text)[-1]
    one.get("/info/remove/" + last).submit("/info/remove/" + last)
    it("row 24: it is gone, and says to remove it in the app", one.shows("was removed", "Delete the entry in the app as well") and one.text.count("/info/remove/") == 1, one.text)


def failed_since(fresh):
    for _ in range(3):
        Browser().sign_in("u24", "000000")
    one = Browser().sign_in("u24", fresh)
    it("row 30: after a sign-in its owner reads what failed since the last one", one.shows("failed code"), one.text)


def guarded(user, codes):
    """After many wrong codes: two in a row."""
    one = Browser().sign_in(user)
    it("many wrong codes: the page asks for two in a row, as a login does", one.shows("Enter two codes in a row"), one.text)
    one.submit("/sign-in/answer", answer=codes)
    it("and takes them", one.is_in(), one.text)


def without_method(user, how):
    one = Browser().sign_in(user)
    is_let_in = how != "deny"
    it(f"without a method, unenrolled = {how}: " + ("in, and asked to add one" if is_let_in else "refused"),
       one.is_in() == is_let_in and (not is_let_in or one.shows("no sign-in method yet")), one.text)
    if not is_let_in:
        return
    one.get("/info/add/app").submit("/info/add/app")
    it(f"without a method, unenrolled = {how}: registers one", one.shows("Scan this QR code"), one.text)


def phone(fresh):
    one = Browser().sign_in("u27", fresh)
    it("a phone is offered where codes are sent", one.get("/info/add").shows("Phone (SMS)"), one.text)
    for number, what in (("", "nothing"), ("110", "an emergency number"), ("+1 212 555 0100", "a country that is not served"), ("x" * 65, "letters")):
        one.get("/info/add/phone").submit("/info/add/phone", address=number)
        it(what + " for a number is refused, and says why", 'role="alert"' in one.text and one.place == "/info/add/phone", one.text)
    one.submit("/info/add/phone", address="０９０－1234－5678")
    it("a number as people write it: a code is sent, and the number is masked", one.place == "/info/add/test" and one.shows("A code was sent to +81 •••• ••78") and "1234" not in one.text, one.text)
    first = newest_sms()
    one.submit("/info/add/test", code="000000")
    it("a wrong code registers nothing", one.shows("Enter the code") and "sms" not in seimon("list", "u27", "--json"), one.text)
    one.submit("/info/add/test", code=first)
    it("the right one does", one.shows("is registered") and '"sms"' in seimon("list", "u27", "--json"), one.text)
    one.get("/info")
    it("the list has it, masked", one.shows("Phone (SMS)", "+81 •••• ••78"), one.text)


def phone_replaced(fresh):
    one = Browser().sign_in("u27", fresh)
    number = re.search(r'Phone \(SMS\).*?/info/replace/(\d+)', one.text, re.S).group(1)
    one.get("/info/replace/" + number).submit("/info/replace/" + number, address="090-8765-4321")
    it("another number: the old one stays until it is tested", one.place == "/info/add/test" and "••78" in seimon("list", "u27"), one.text)
    one.submit("/info/add/test", code=newest_sms()).get("/info")
    it("then it goes", one.shows("••21") and "••78" not in one.text, one.text)


def phone_signs_in():
    one = Browser().sign_in("u27")
    it("at a sign-in s is offered", one.shows("(s = "), one.text)
    one.submit("/sign-in/answer", answer="s")
    it("and a code comes", one.place == "/sign-in" and not one.is_in(), one.text)
    one.submit("/sign-in/answer", answer=newest_sms())
    it("which lets in", one.is_in(), one.text)


BAD = {"nothing": "", "10 kB": "x" * 10200, "more": "x" * 11000, "NUL": "a\0b", "bytes that are no text": b"\xff\xfe",
       "markup": "<b onclick=x>'\"&amp;", "another direction": "a\u202eb", "a line break": "a\r\nSet-Cookie: x=y"}


def try_fields(one, pages):
    """Each field of each form of those pages, with each of BAD."""
    tried = 0
    for place in pages:
        one.get(place)
        forms = re.findall(r'<form method="post" action="([^"]*)">(.*?)</form>', one.text, re.S)
        for action, inside in forms:
            fields = re.findall(r'<(?:input|select) id="[^"]*" name="([^"]*)"', inside)
            for field in fields:
                for what, value in BAD.items():
                    action_of = html.unescape(action)
                    one.get(place)
                    one.send("POST", action_of, {**one.form(action_of), field: value})
                    good = one.status in (200, 400, 404, 413) and "onclick=x>" not in one.text and "Set-Cookie: x" not in one.headers
                    tried += 1
                    if not good:
                        it(f"{what} in {field} of {action_of}", False, str(one.status) + one.headers + one.text)
    return tried


def bad_fields(fresh):
    tried = try_fields(Browser("198.51.100.9"), ["/"])
    one = Browser().sign_in("u28", fresh)
    before = seimon("list", "u28", "--json")
    number = re.search(r"/info/rename/(\d+)", one.text).group(1)
    tried += try_fields(one, ["/info/add/phone", "/info/replace/" + number, "/info/lost"])
    it("and nothing was changed", seimon("list", "u28", "--json") == before)
    tried += try_fields(one, ["/info/rename/" + number])
    it("each field with what does not belong there: %d answers that are ones" % tried, tried >= 30 and one.get("/info").is_in(), one.text)


def bad_fields_of_desk(fresh):
    one = Browser().sign_in("u50", fresh)
    tried = try_fields(one, ["/desk", "/desk/u28", "/desk/u28/revoke"])
    it("at the help desk, too: %d" % tried, tried >= 60 and one.get("/desk").shows("Look up"), one.text)


def ends(fresh):
    """The sign-in ends in the middle of something."""
    one = Browser().sign_in("u16", fresh)
    one.get("/info/add/app")
    one.cookies["__Host-seimon"] = "0" * 32
    one.get("/info/codes").submit("/sign-in", user="u16", password="wrong")
    one.submit("/sign-in", user="u16", password=PASSWORD)
    one.submit("/sign-in/answer", answer=code("u16", 1))
    it("who has to sign in again goes on where they were", one.place == "/info/codes", one.text)
    one = Browser(CAMPUS)
    one.get("/").send("POST", "/sign-in", {**one.form("/sign-in"), "place": "//evil.example/", "user": "u16", "password": PASSWORD})
    it("and never on another site", one.place == "/info", one.headers)


def down():
    one = Browser()
    one.get("/").submit("/sign-in", user="u12", password=PASSWORD)
    it("without seimond nobody is signed in", not one.is_in() and one.shows("User name"), one.text)


def killed(fresh):
    one = Browser().sign_in("u13", fresh)
    one.get("/info/add/app").submit("/info/add/app")
    os.kill(int(os.environ["SEIMOND"]), 9)
    one.get("/info")
    it("with seimond killed in the middle of it a page says so, and whom to ask", one.status == 503 and one.shows("Help desk: ext. 4567"), one.text)


def back(fresh):
    one = Browser().sign_in("u14", fresh)
    it("with seimond back people get in", one.is_in(), one.text)


def denied(user, fresh):
    one = Browser().sign_in(user, fresh)
    it("where a rule denies, nobody gets in", not one.is_in(), one.text)


def observed(user):
    one = Browser().sign_in(user)
    it("signs in by the password where nobody is asked", one.is_in(), one.text)


def stale_links(expired, good):
    one = Browser()
    one.get(expired).submit(expired)
    it("a link of more than five minutes ago opens nothing", not one.is_in() and one.shows("is too old"), one.text)
    user, token = good.split("/")[2:]
    for place, what in ((f"/t/u01/{token}", "with another name"), (f"/t/{user}/{token[:-1]}x", "with another end"), (f"/t/{user}/x", "that nobody made"),
                        (f"/t/nobody-of-that-name/{token}", "of nobody"), ("/t/" + "x" * 3000 + "/x", "of a very long name")):
        two = Browser()
        two.get(place).submit(place)
        it("a link " + what + " opens nothing", not two.is_in() and two.status in (200, 400, 404, 413), two.text)
    it("and the good one still does", one.get(good).submit(good).is_in(), one.text)


def own_look(logo):
    one = Browser().get("/")
    it("the site's colour is in its CSS", "--accent:#7a1f3d" in one.get("/style.css").text, one.text)
    it("its logo is in the head, as what it is", one.get("/logo").status == 200 and "Content-Type: image/svg+xml" in one.headers and "<svg" in one.text
       and 'src="/logo"' in one.get("/").text, one.headers)
    os.unlink(logo)


def without_logo():
    one = Browser()
    it("a logo that is not there is left out", 'src="/logo"' not in one.get("/").text and one.shows("User name"), one.text)


def preparing(fresh):
    one = Browser(CAMPUS)
    one.get("/").submit("/sign-in", user="u29", password=PASSWORD)
    it("where an exemption is only being prepared, a code is asked for", one.place == "/sign-in" and one.shows("Verification code"), one.text)
    one.submit("/sign-in/answer", answer=fresh)
    it("and lets in", one.is_in(), one.text)


def alone(user, fresh):
    one = Browser().sign_in(user, fresh)
    it("signs in, and reads what happened", one.is_in() and one.get("/info/activity").shows("Signed in"), one.text)


def link(place):
    one = Browser()
    one.get(place)
    it("a link shows whose it is, and opens nothing by itself", one.shows("Sign in as " + place.split("/")[2]) and one.status == 200, one.text)
    Browser().get(place)
    one.submit(place)
    it("the button does", one.is_in(), one.text)
    two = Browser()
    two.get(place).submit(place)
    it("once", not two.is_in() and two.shows("has been used"), two.text)


def newcomer(user):
    one = Browser().sign_in(user)
    it("whoever has to register gets in to do so", one.is_in() and one.shows("no sign-in method yet"), one.text)
    one.get("/info/add").get("/info/add/app").submit("/info/add/app")
    key = re.search(r'<code class="key">([A-Z2-7 ]+)', one.text).group(1).replace(" ", "")
    right = app_code(key)
    one.submit("/info/add/test", code=right)
    it("registers an app, and gets recovery codes", one.shows("is registered", "Your recovery codes"), one.text)
    two = Browser().sign_in(user)
    it("is asked from then on", two.place == "/sign-in" and two.shows("Verification code"), two.text)


globals()[sys.argv[1]](*sys.argv[2:])
sys.exit(exit_code())
