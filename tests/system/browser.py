#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Stories of a real browser, for browser.sh. usage: browser.py STORY [ARGUMENT …]
import http.client
import os
import re
import socket
import ssl
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from chromium import Chromium, Keys, SITE  # noqa: E402
from story import app_code, exit_code, it as tell, newest_sms, seimon  # noqa: E402

PASSWORD, HOME, CAMPUS, SRV_HOME, SRV_CAMPUS = (os.environ[name] for name in ("PASSWORD", "HOME4", "CAMPUS4", "SRV4_HOME", "SRV4_CAMPUS"))
def it(sentence, is_so, seen=""):
    tell("in a browser: " + sentence, is_so, seen)


class Client:
    """HTTPS without a browser: for headers that no browser sends."""

    def __init__(self, address, source=""):
        """`source`: an address of this network; eight sign-ins may be under way from one."""
        self.source = source
        self.context = ssl.create_default_context(cafile=os.environ["AUTHORITY"])
        self.address = address
        self.cookies = {}
        self.status, self.text, self.headers = 0, "", {}

    def send(self, method, place, fields=None, headers=None, follow=True):
        connection = http.client.HTTPSConnection("gate.example.test", 443, context=self.context, timeout=30)
        connection._create_connection = lambda *_: socket.create_connection((self.address, 443), 30, (self.source, 0))
        more = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Origin": SITE,
                "Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        connection.request(method, place, urllib.parse.urlencode(fields or {}) if method == "POST" else None, more)
        answer = connection.getresponse()
        self.status, self.headers, self.text = answer.status, dict(answer.getheaders()), answer.read().decode()
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        connection.close()
        if follow and self.status == 303:
            return self.send("GET", self.headers["Location"], headers=headers)
        return self

    def token(self):
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.text)
        return found.group(1) if found else ""

    def sign_in(self, user, headers=None):
        self.send("GET", "/", headers=headers)
        return self.send("POST", "/sign-in", {"token": self.token(), "user": user, "password": PASSWORD}, headers)


def spoofed(proxy):
    """From home, with everything that could say that it is the campus, or somebody else."""
    source = {"caddy": "203.0.113.101", "apache": "203.0.113.102", "nginx": "203.0.113.103"}[proxy]
    for name, value in (("X-Real-IP", CAMPUS), ("x_real_ip", CAMPUS), ("X-Forwarded-For", CAMPUS), ("Forwarded", "for=" + CAMPUS),
                        ("X-Remote-User", "u00"), ("Remote-User", "u00")):
        one = Client(SRV_HOME, source).sign_in("u00", {name: value})
        it(f"{proxy}: {name} of the client says nothing", "Verification code" in one.text and one.status == 200, one.text[-600:])
        it(f"{proxy}: nor who it is", "Sign in as" not in Client(SRV_HOME, source).send("GET", "/", headers={name: value}).text)
    one.send("POST", "/sign-in/answer", {"token": one.token(), "step": "1", "answer": "000000"}, {"X-Real-IP": CAMPUS})
    it(f"{proxy}: the trail has the address that it came from", f'from="{source}"' in seimon("log", "-u", "u00"))
    it(f"{proxy}: browsers are told to stay with https", "max-age" in one.headers.get("Strict-Transport-Security", ""), one.headers)
    it(f"{proxy}: what is not to be kept is not kept", one.headers.get("Cache-Control") == "no-store", one.headers)
    one = Client(SRV_HOME).send("POST", "/sign-in", {"x": "a" * 70000})
    it(f"{proxy}: too much is refused", one.status in (400, 413), one.status)
    one = Client(SRV_HOME).send("GET", "/", headers={"X-Long": "a" * 9000})
    it(f"{proxy}: so are long headers", one.status in (400, 431), one.status)
    try:
        Client(SRV_HOME).context.wrap_socket(socket.create_connection((SRV_HOME, 443)), server_hostname="other.example.test")
        it(f"{proxy}: another name is not what the certificate says", False)
    except ssl.SSLError:
        it(f"{proxy}: another name is not what the certificate says", True)


def exempt(proxy):
    one = Client(SRV_CAMPUS).sign_in("u00")
    it(f"{proxy}: from the campus nothing is asked", "Security info" in one.text and "Sign out" in one.text, one.text[-600:])


def sound(browser, what, most):
    """What holds on every page."""
    it(f"{what}: nothing is wider than the screen", browser.width() <= most, browser.width())
    it(f"{what}: one heading, which names it", len(re.findall("<h1", browser.source)) == 1, browser.source[:2000])


def phone(fresh):
    """A phone's width, in Japanese, without JavaScript, by keyboard alone."""
    with Chromium(SRV_HOME, "ja", 320, 640, javascript=False) as one:
        one.get("/")
        sound(one, "サインイン", 320)
        it("in the reader's language", "サインイン" in one.text and one.find("html").get_attribute("lang") == "ja", one.text)
        one.tab_to("user").key("u00", Keys.TAB)
        it("from the name to the password", one.focused() == "password", one.focused())
        one.key(PASSWORD).enter()
        it("the field for the code has the focus", one.focused() == "answer", one.focused())
        sound(one, "コード", 320)
        one.key(fresh).enter()
        it("signed in, by keyboard", one.place == "/info", one.text)
        sound(one, "セキュリティ情報", 320)
        one.tab_to("サインイン方法の追加").enter()
        sound(one, "追加", 320)
        one.tab_to("認証アプリ").enter()
        sound(one, "アプリの追加", 320)
        one.tab_to("次へ").enter()
        sound(one, "QRコード", 320)
        link = one.qr()
        it("the QR code is read off the screen of a phone", link.startswith("otpauth://totp/"), link)
        one.driver.refresh()
        it("a reload shows the same one", one.qr() == link)
        one.get("/info").get("/info/add/app")
        it("so does the way back to it", one.qr() == link, one.place)
        one.driver.switch_to.new_window("tab")
        one.get("/info/add")
        it("and a second tab", one.qr() == link, one.place)
        key = urllib.parse.parse_qs(urllib.parse.urlparse(link).query)["secret"][0]
        one.type("code", app_code(key)).enter()
        it("its code registers the app", "を登録しました" in one.text and len(re.findall('"id"', seimon("list", "u00", "--json"))) == 2, one.text)
        one.driver.close()
        one.driver.switch_to.window(one.driver.window_handles[0])
        one.type("code", app_code(key)).enter()
        it("the first tab's form registers nothing more", len(re.findall('"id"', seimon("list", "u00", "--json"))) == 2, one.text)
        one.driver.back()
        one.get("/info/codes")
        sound(one, "回復コード", 320)
        one.press()
        it("recovery codes", one.place == "/info/codes/new" and len(re.findall(r"[0-9A-Z]{4}-", one.text)) >= 10, one.text)
        sound(one, "新しい回復コード", 320)
        for place in ("/info/activity", "/info/lost", "/info/add/phone", "/info/nothing"):
            sound(one.get(place), place, 320)
        one.get("/info").follow("名前の変更")
        sound(one, "名前", 320)
        one.type("label", "携帯 📱 <b>").enter()
        it("a name is what was typed", "携帯 📱 <b>" in one.text, one.text)
        one.get("/info").tab_to("既定にする").enter()
        it("the default is chosen by keyboard", "を既定にしました" in one.text, one.text)
        replaced = re.search(r"/info/replace/\d+", one.source).group(0)
        one.get(replaced)
        sound(one, "変更", 320)
        one.tab_to("次へ").enter()
        fresh_key = urllib.parse.parse_qs(urllib.parse.urlparse(one.qr()).query)["secret"][0]
        one.type("code", app_code(fresh_key)).enter()
        it("a method is replaced when the new one is tested", replaced + '"' not in one.get("/info").source and len(re.findall('"id"', seimon("list", "u00", "--json"))) == 2, one.text)
        last = re.findall(r"/info/remove/\d+", one.source)[-1]
        one.get(last)
        sound(one, "削除", 320)
        one.tab_to("削除").enter()
        it("a method is removed by keyboard", last + '"' not in one.source and len(re.findall('"id"', seimon("list", "u00", "--json"))) == 1, one.text)
        one.get("/info/add/phone").type("address", "090-1234-5678").enter()
        sound(one, "携帯電話のコード", 320)
        it("a code goes to a phone", "••78" in one.text, one.text)
        one.type("code", newest_sms()).enter()
        it("and registers it", '"sms"' in seimon("list", "u00", "--json"), one.text)
        one.tab_to("English").enter()
        it("the language is changed by keyboard", "Security info" in one.text, one.text)
        one.tab_to("Sign out").enter()
        it("signed out", "User name" in one.text and one.get("/info").text.find("User name") >= 0, one.text)


AXE = open(os.environ["AXE"], encoding="utf-8").read()


def accessible(browser, what):
    browser.driver.execute_script(AXE)
    found = browser.driver.execute_async_script(
        "const done = arguments[0]; axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        ".then(r => done({violations: r.violations.map(v => [v.id, v.help, v.nodes.map(n => n.html)]), passes: r.passes.length}))")
    it(f"axe-core finds nothing on {what}", found["violations"] == [] and found["passes"] > 10, found)


def desktop(fresh, helpers):
    """Each page under axe-core, light and dark; the help desk."""
    for dark in (False, True):
        how = "dark" if dark else "light"
        with Chromium(SRV_HOME, "en", 1100, dark=dark) as one:
            accessible(one.get("/"), f"the sign-in, {how}")
            one.type("user", "u50").type("password", "wrong").press()
            accessible(one, f"a refused sign-in, {how}")
            if dark:
                one.get("/")
                continue
            one.type("user", "u01").type("password", PASSWORD).press()
            accessible(one, f"the prompt, {how}")
            one.type("answer", fresh).press()
            accessible(one, f"the list, {how}")
            one.get("/info/add/app").press()
            accessible(one, f"the QR code, {how}")
            it("the QR code is read off a large screen", one.qr().startswith("otpauth://totp/"))
            one.type("code", "000000").press()
            accessible(one, f"a wrong code, {how}")
            one.press("form[action='/info/add/cancel'] button")
            seen, todo = set(), ["/info"]
            while todo:
                place = todo.pop()
                if place in seen:
                    continue
                seen.add(place)
                accessible(one.get(place), f"{place}, {how}")
                todo += [link for link in re.findall(r'href="(/[^"]*)"', one.source) if not link.startswith(("/style", "/logo"))]
            it("there are pages to look at: %d" % len(seen), len(seen) >= 9)
            one.get("/info/codes").press()
            accessible(one, f"new recovery codes, {how}")
    with Chromium(SRV_HOME, "ja", 320) as one:
        one.get("/").type("user", "u50").type("password", PASSWORD).press().type("answer", helpers).press()
        one.get("/desk")
        accessible(one, "the help desk")
        sound(one, "/desk", 320)
        one.type("user", "u01").press()
        accessible(one, "a person at the help desk")
        sound(one, "/desk/u01", 320)
        one.find("details summary").click()
        one.type("uses", "1").press("form[action='/desk/u01/bypass'] button")
        it("the help desk makes a bypass code", one.has("code.key"), one.text)
        accessible(one, "a bypass code")
        sound(one.get("/desk/u01/revoke"), "revoke", 320)


def rough(fresh):
    """Another site, the way back, the same form twice."""
    with Chromium(SRV_HOME, "en") as one:
        one.get("/").type("user", "u02").type("password", PASSWORD).press().type("answer", fresh).press()
        one.get("/info")
        place = re.search(r"/info/remove/\d+", one.source).group(0)
        # Another site's form, in the same browser.
        html = f'<form method="post" action="{SITE}{place}"><input name="token" value="x"><button class="main">Free cake</button></form>'
        one.driver.get("data:text/html," + urllib.parse.quote(html))
        one.press()
        it("another site's form changes nothing", "Nothing was changed" in one.text and '"id"' in seimon("list", "u02", "--json"), one.text)
        html = f'<form method="post" action="{SITE}/sign-in"><input name="user" value="u03"><input name="password" value="{PASSWORD}"><button class="main">Go</button></form>'
        one.driver.get("data:text/html," + urllib.parse.quote(html))
        one.press()
        it("nor signs in as somebody else", "Nothing was changed" in one.text, one.text)
        it("and a picture in another site's page is not the page", one.get("/info").place == "/info", one.text)
        rename = re.search(r"/info/rename/\d+", one.source).group(0)
        one.get(rename).type("label", "one").enter()
        one.driver.back()
        one.type("label", "two").enter()
        it("the way back, and the form again: it counts", "two" in seimon("list", "u02"), one.text)
        one.get("/info/lost").press("main form button")
        it("a lost device ends this browser's sign-in", "Everything was ended" in one.text, one.text)
        one.driver.back()
        it("and the way back leads to nothing", "Sign out" not in one.text, one.text)
        one.get("/info")
        it("nor anywhere else", "User name" in one.text, one.text)


globals()[sys.argv[1]](*sys.argv[2:])
sys.exit(exit_code())
