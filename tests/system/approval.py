#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Stories of a phone that approves, for approval.sh. usage: approval.py STORY [ARGUMENT …]
import base64
import http.client
import json
import os
import pty
import pwd
import re
import select
import signal
import socket
import ssl
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from chromium import Chromium, By  # noqa: E402
from story import exit_code, it, seimon, waits_until  # noqa: E402
from terminal import HOME, PASSWORD, PORT, SRV_HOME, W, Ssh, Terminal, as_user, let_pass  # noqa: E402

def kill_and_restart(name, meanwhile=lambda: None):
    """kill -9, and the same program again, with what it was started with."""
    pid = subprocess.run(["pgrep", "-o", "-x", name], capture_output=True, text=True).stdout.strip()
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        command = file.read().rstrip(b"\0").split(b"\0")
    with open(f"/proc/{pid}/environ", "rb") as file:
        environment = dict(row.split(b"=", 1) for row in file.read().split(b"\0") if b"=" in row)
    os.kill(int(pid), signal.SIGKILL)
    while os.path.exists(f"/proc/{pid}/exe"):
        time.sleep(0.02)
    meanwhile()
    path = "/run/seimon/" + ("web.sock" if name == "seimon-web" else "seimon.sock")
    if name == "seimon-web":
        os.unlink(path)
    subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(500):
        if (os.path.exists(path) if name == "seimon-web" else subprocess.run(["seimon", "status"], capture_output=True).returncode == 0):
            return
        time.sleep(0.02)
    raise TimeoutError(name + " did not come back")


class Phone(Chromium):
    """A phone's browser; its authenticator recognises its owner."""

    def __init__(self, language="en", **more):
        super().__init__(SRV_HOME, language, 320, 640, **more)
        self.add_authenticator()

    def sign_in(self, user, code):
        self.get("/").type("user", user).type("password", PASSWORD).press()
        self.type("answer", code).press()
        return self

    def register(self, name="My phone"):
        """By the page for that, up to the recovery codes or the trial."""
        self.get("/info/add")
        self.follow("Approve on this phone")
        self.type("label", name).press()
        self.press()
        return self

    def say_yes(self, number):
        self.type("number", number)
        return self.press('button[value="yes"]')

    def approves(self):
        """/ok, with one request there."""
        self.get("/ok")
        self.wait_until(lambda: self.has(".request"))
        return self


def sound(phone, what):
    it(f"{what}: nothing is wider than a phone of 320", phone.width() <= 320, phone.width())
    it(f"{what}: one heading, which names it", len(re.findall("<h1", phone.source)) == 1, phone.source[:2000])
    with open(os.environ["AXE"], encoding="utf-8") as file:
        phone.driver.execute_script(file.read())
    found = phone.driver.execute_async_script("const done = arguments[0]; axe.run().then((result) => done(result.violations.map((one) => one.id + ': ' + one.nodes[0].html)))")
    it(f"{what}: axe-core finds nothing", not found, found)


def yes(code):
    with Phone() as phone:
        phone.get("/ok")
        it("a phone that is not registered is told what to do", "not registered here yet" in phone.text, phone.text)
        sound(phone, "not registered")
        phone.sign_in("u00", code)
        phone.get("/info/add")
        it("the page offers it", "Approve on this phone" in phone.text, phone.text)
        phone.follow("Approve on this phone")
        sound(phone, "name of the phone")
        phone.type("label", "Pixel").press()
        sound(phone, "register")
        phone.press()
        it("the first one comes with recovery codes, or goes on to the trial", phone.place in ("/info/codes/new", "/ok"), phone.place + phone.text)
        if phone.place != "/ok":
            phone.follow("I have saved these codes")
        it("it ends with a trial", "Let's try it" in phone.text, phone.text)
        sound(phone, "trial")
        number = phone.find("strong.number").text
        phone.say_yes(number)
        it("the trial says that it works", "It works" in phone.text, phone.text)
        it("the list has it", "Pixel" in seimon("list", "u00") and "approval on the phone" in seimon("list", "u00"), seimon("list", "u00"))
        phone.press("header form[action='/out'] button")

        one = Ssh("u00")
        it("ssh offers it", "Enter = ask my phone" in one.screen, one.screen)
        number = one.number()
        it("a number is shown, and where to enter it", number and "https://gate.example.test/ok" in one.screen, one.screen)
        it("too early an Enter is told so", "Not approved yet" in one.answer("", "code\\): $"), one.screen)
        phone.approves()
        for what in ("u00", HOME, "sshd"):
            it(f"the phone shows {what}", what in phone.text, phone.text)
        sound(phone, "a request")
        phone.say_yes(number)
        it("the phone says what to do now", "Press Enter at the sign-in now" in phone.text, phone.text)
        it("Enter lets in", one.is_in(), one.screen)
        it("the last line names the phone and the place", "Approved on Pixel" in one.screen and HOME in one.screen, one.screen)
        one.end()
        it("the trail says how", 'method="Pixel"' in seimon("log", "-u", "u00", "-n", "1"), seimon("log", "-u", "u00", "-n", "3"))

        one = Ssh("u00")
        number = one.number()
        phone.approves()
        wrong = "11" if number != "11" else "12"
        phone.say_yes(wrong)
        it("a wrong number is refused on the phone", "not the number" in phone.text, phone.text)
        it("and the request is gone from it", not phone.has(".request"), phone.text)
        phone.get("/ok")
        it("the right one comes too late", not phone.has(".request"), phone.text)
        it("the sign-in asks for another try", "not valid any more" in one.answer("", "code\\): $|: $"), one.screen)
        number = one.number()
        phone.wait_until(lambda: phone.has(".request"))
        it("the page finds the new one by itself", phone.has(".request"), phone.text)
        phone.say_yes(number)
        it("which lets in", one.is_in(), one.screen)
        one.end()

        one = Ssh("u00")
        number = one.number()
        two = Ssh("u00")
        it("a second sign-in is told of the first", "Another sign-in" in two.answer("", ": $"), two.screen)
        phone.approves().say_yes(number)
        it("an approval of the first lets the second not in", "Another sign-in" in two.answer("", ": $"), two.screen)
        it("but the first", one.is_in(), one.screen)
        one.end()
        two.end()

        one = Ssh("u00")
        number = one.number()
        phone.approves()
        page = phone.driver.current_window_handle
        let_pass(91)
        phone.say_yes(number)
        it("too late a yes is refused", "not waiting any more" in phone.text, phone.text)
        it("and lets nobody in", "not valid any more" in one.answer("", ": $"), one.screen)
        one.end()

        one = Ssh("u00")
        one.number()
        one.end()
        phone.get("/ok")
        phone.wait_until(lambda: not phone.get("/ok").has(".request"))
        it("a sign-in that was given up does not wait", not phone.has(".request"), phone.text)

        one = Ssh("u00")
        one.number()
        seimon("suspend", "u00")
        phone.get("/ok")
        it("a suspended account is asked nothing", not phone.has(".request"), phone.text)
        seimon("resume", "u00")
        phone.get("/ok")
        one.end()
        it("the manifest is there to install it", "standalone" in phone.get("/ok.webmanifest").source, phone.source)


def no(code):
    with Phone("ja") as phone:
        phone.sign_in("u01", code)
        phone.get("/info/add/this-phone")
        phone.type("label", "iPhone").press()
        phone.press()
        if phone.place != "/ok":
            phone.press("main a.main")
        it("in Japanese", "試してみましょう" in phone.text, phone.text)
        sound(phone, "お試し")
        phone.say_yes(phone.find("strong.number").text)
        one = Ssh("u01")
        number = one.number()
        phone.approves()
        sound(phone, "承認")
        phone.driver.execute_script("window.credentials = navigator.credentials.get; navigator.credentials.get = () => Promise.reject(new Error())")
        phone.type("number", number)
        phone.find('button[value="yes"]').click()
        it("a phone that does not recognise its owner approves nothing", phone.wait_until(lambda: "もう一度" in phone.find("#failure").text), phone.text)
        phone.press('button[value="no"]')
        it("no is no", "拒否" in phone.text, phone.text)
        it("the sign-in ends", "refused on the phone" in one.answer("", "refused|denied|closed"), one.screen)
        one.end()
        it("the trail has it", "denied-on-phone" in seimon("log", "-u", "u01"), seimon("log", "-u", "u01", "-n", "4"))
        one = Ssh("u01")
        one.number()
        phone.approves()
        phone.press('button[value="not-me"]')
        it("who reports a stranger is told what to do", "パスワード" in phone.text, phone.text)
        it("the stranger's sign-in ends", "refused on the phone" in one.answer("", "refused|denied|closed"), one.screen)
        one.end()
        it("administrators are told", "sign-in-reported" in seimon("log", "-u", "u01"), seimon("log", "-u", "u01", "-n", "5"))
        one = Ssh("u01")
        it("the stranger is shown a number as ever", one.number() != "", one.screen)
        phone.get("/ok")
        it("but the phone is left in peace", not phone.has(".request"), phone.text)
        one.end()
        seimon("reset-failures", "u01")
        one = Ssh("u01")
        number = one.number()
        phone.approves().say_yes(number)
        it("until the help desk has looked at it", one.is_in(), one.screen)
        one.end()
        seimon("remove", "-u", "u01", "iPhone", "--yes")
        phone.get("/ok")
        it("whoever is signed in without a phone is shown how to add one", "登録されていません" in phone.text, phone.text)
        phone.press("header form[action='/out'] button")
        phone.get("/ok")
        it("a phone that was removed is not known any more", "登録されていません" in phone.text, phone.text)


def registered(phone, user, code, again=False):
    phone.sign_in(user, code).register()
    if phone.place != "/ok":
        phone.follow("I have saved these codes")
    phone.say_yes(phone.find("strong.number").text)
    if again:
        phone.get("/info").press("ul.methods li:last-child a[href^='/info/replace/']").press().press()
        it("the same phone may take its own place", phone.place == "/ok", phone.place + phone.text)
        phone.press('button[value="not-me"]')
        it("a trial that was refused is no stranger", "was refused." in phone.text and "password" not in phone.text, phone.text)
    phone.press("header form[action='/out'] button")


def elsewhere(code):
    """su, sudo, the console and the page's own sign-in."""
    with Phone() as phone:
        registered(phone, "u02", code, again=True)
        for what, command in (("su", as_user("u02", "su", "u04", "-s", "/bin/bash")),
                              ("sudo", as_user("u02", "sudo", "-u", "u04", "bash", "--norc")), ("login", ("login", "u02"))):
            one = Terminal(*command)
            number = one.number()
            it(f"{what} shows a number", number != "", one.screen)
            phone.approves()
            it(f"{what}: the phone says where", what in phone.text, phone.text)
            phone.say_yes(number)
            it(f"{what} lets in", one.is_in(), one.screen)
            one.end()
        with Chromium(SRV_HOME) as desktop:
            desktop.get("/").type("user", "u02").type("password", PASSWORD).press()
            desktop.press()
            found = re.search(r"Number (\d+)\.", desktop.text)
            it("the page's own sign-in shows a number", found is not None, desktop.text)
            phone.approves()
            it("the page: the phone says where", "seimon-web" in phone.text, phone.text)
            phone.say_yes(found.group(1))
            desktop.press()
            it("the page lets in", desktop.place == "/info", desktop.text)


def paired(code):
    """From a computer's screen, by its QR code."""
    with Chromium(SRV_HOME) as desktop, Phone("ja") as phone:
        desktop.get("/").type("user", "u04").type("password", PASSWORD).press()
        desktop.type("answer", code).press()
        desktop.get("/info/add").follow("Approve on another phone")
        desktop.press()
        link = desktop.qr()
        it("the QR code is read off the screen", link.startswith("https://gate.example.test/p/u04/"), link)
        phone.get(link)
        it("the phone is told whose it will be", "u04" in phone.text, phone.text)
        sound(phone, "QRコードのリンク")
        phone.type("label", "Galaxy").press()
        sound(phone, "登録")
        phone.press()
        number = phone.find("strong.number").text
        sound(phone, "番号")
        it("it does not count before its number is typed", "Galaxy" not in seimon("list", "u04"), seimon("list", "u04"))
        desktop.type("number", number).press()
        if desktop.place == "/info/codes/new":
            desktop.follow("I have saved these codes")
        it("the number completes it", "Galaxy" in seimon("list", "u04"), desktop.text)
        phone.get(link).type("label", "again").press()
        it("the QR code works once", "使用済み" in phone.text or "used" in phone.text, phone.text)
        one = Ssh("u04")
        number = one.number()
        phone.approves().say_yes(number)
        it("the paired phone approves", one.is_in(), one.screen)
        one.end()


def flood():
    """Somebody says again and again that they are a phone."""
    context = ssl.create_default_context(cafile=os.environ["AUTHORITY"])
    answers = []
    for number in range(400):  # 60 in one minute, which may have begun already
        if answers and answers[-1][0] != 200:
            break
        connection = http.client.HTTPSConnection("gate.example.test", 443, context=context, timeout=30)
        connection._create_connection = lambda *_: socket.create_connection((SRV_HOME, 443), 30)
        connection.request("GET", "/ok", None, {"Cookie": f"__Host-seimon-phone=u03.{number:032x}"})
        answer = connection.getresponse()
        answers.append((answer.status, answer.read().decode()))
        connection.close()
    it("a phone that is none is told so", answers[0][0] == 200 and "not registered here yet" in answers[0][1], answers[0])
    it("too often from one address it is not looked up", answers[-1][0] == 503, answers[-1])


def killed(code):
    with Phone() as phone:
        registered(phone, "u03", code)
        one = Ssh("u03")
        number = one.number()
        kill_and_restart("seimond", lambda: it("while it is away, the phone reads that", "does not answer" in phone.get("/ok").text, phone.text))
        it("a service that is killed while it waits lets nobody in", not one.is_in(), one.screen)
        one.end()
        phone.approves().say_yes(number)
        it("the phone is known as before; the request is still there, and may be approved", "Approved" in phone.text, phone.text)
        one = Ssh("u03")
        it("which is good for no other login", "Another sign-in" in one.answer("", ": $"), one.screen)
        let_pass(91)
        number = one.number()
        phone.approves().say_yes(number)
        kill_and_restart("seimond")
        it("killed between yes and Enter: nobody is let in", not one.is_in(), one.screen)
        one.end()
        let_pass(91)
        flood()
        one = Ssh("u03")
        number = one.number()
        phone.approves()
        kill_and_restart("seimon-web")
        phone.approves().say_yes(number)
        it("the page may be killed: the phone asks again", one.is_in(), one.screen)
        one.end()


def pushed():
    """The push services' requests, with what they were asked."""
    try:
        with open(W + "/tmp/pushed", encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    except FileNotFoundError:
        return []


def is_signed(token):
    """By the key of the site, says openssl."""
    text, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    numbers = b""
    for half in (raw[:32], raw[32:]):
        half = half.lstrip(b"\0")
        half = b"\0" + half if half[0] > 127 else half
        numbers += b"\2" + bytes([len(half)]) + half
    with open(W + "/tmp/signature", "wb") as file:
        file.write(b"\x30" + bytes([len(numbers)]) + numbers)
    subprocess.run(["openssl", "pkey", "-in", W + "/etc/webpush.key", "-pubout", "-out", W + "/tmp/public"], check=True)
    return subprocess.run(["openssl", "dgst", "-sha256", "-verify", W + "/tmp/public", "-signature", W + "/tmp/signature"], input=text.encode(), capture_output=True).returncode == 0


def notified(code):
    """A phone that is told that a sign-in waits."""
    with Phone() as phone:
        registered(phone, "u06", code)
        phone.driver.execute_cdp_cmd("Browser.grantPermissions", {"origin": "https://gate.example.test", "permissions": ["notifications"]})
        phone.get("/ok")
        it("the page offers to notify the phone", waits_until(lambda: phone.driver.find_element(By.CSS_SELECTOR, "#notify").is_displayed()), phone.source)
        it("it has the site's key", phone.driver.find_element(By.ID, "notify").get_attribute("data-key") == open(W + "/etc/webpush.key.pub", encoding="utf-8").read().strip())
        subscribe = "const form = document.querySelector('#notify form'); form.elements.endpoint.value = arguments[0]; form.submit();"
        phone.driver.execute_script(subscribe, "https://10.20.0.9/admin")
        it("no other host is notified", "push service is not supported" in phone.text, phone.text)
        phone.get("/ok").driver.execute_script(subscribe, "https://fcm.googleapis.com/fcm/send/u06")
        it("the phone is notified from now on", "is notified when a sign-in waits" in phone.text, phone.text)
        login = Ssh("u06")
        number = login.number()
        it("a sign-in sends one message", waits_until(lambda: len(pushed()) == 1), str(pushed()))
        sent = pushed()[0] if pushed() else {}
        it("to its endpoint, without a body", sent.get("path") == "/fcm/send/u06" and sent.get("body") == "", str(sent))
        it("which dies with the request", sent.get("ttl") == "80", str(sent))
        it("signed by the site", is_signed(sent.get("authorization", "").partition("t=")[2].partition(",")[0]), str(sent))
        phone.approves().say_yes(number)
        it("and the phone lets in", login.is_in(), login.screen)
        login.end()
        # The browser's part, as far as it works without its maker's service.
        phone.driver.execute_cdp_cmd("ServiceWorker.enable", {})
        shown = phone.driver.execute_async_script(
            "const done = arguments[0]; navigator.serviceWorker.ready.then(async (worker) => {"
            " const text = await (await fetch('/ok-worker.js')).text(); done(text.includes('showNotification') && worker.active !== null); });")
        it("its worker shows a notification without content", shown)
    with open(W + "/tmp/push-status", "w", encoding="utf-8") as file:
        file.write("410")
    let_pass(91)
    login = Ssh("u06")
    login.number()
    it("an endpoint that is gone", waits_until(lambda: len(pushed()) == 2), str(pushed()))
    login.end()
    let_pass(91)
    login = Ssh("u06")
    login.number()
    time.sleep(0.5)
    it("is not notified again", len(pushed()) == 2, str(pushed()))
    login.end()


{"yes": yes, "no": no, "elsewhere": elsewhere, "paired": paired, "notified": notified, "killed": killed}[sys.argv[1]](*sys.argv[2:])
sys.exit(exit_code())
