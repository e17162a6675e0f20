# SPDX-License-Identifier: Apache-2.0
# Chromium without a screen, driven by Selenium, for tests of the page and the pictures in the guides.
# HOME is its home: the authorities it trusts are there. Import it with /usr/bin/python3, for which Debian packs Selenium.
import os
import subprocess
import tempfile
import time

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.common.virtual_authenticator import VirtualAuthenticatorOptions

SITE = "https://gate.example.test"


class Chromium:
    def __init__(self, address, language="en", width=1100, height=900, dark=False, javascript=True):
        """`address`: of the web server."""
        self.folder = tempfile.mkdtemp(prefix="chromium-", dir=os.environ["HOME"])
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
                     "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--hide-scrollbars",
                     "--lang=" + language, "--accept-lang=" + language, "--user-data-dir=" + self.folder,
                     f"--host-resolver-rules=MAP *.example.test {address}", *(["--force-dark-mode"] if dark else [])):
            options.add_argument(word)
        if not javascript:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver", log_path=os.devnull), options=options)
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})
        if dark:
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})

    def add_authenticator(self):
        """As of a phone: it makes passkeys, and recognises its owner."""
        options = VirtualAuthenticatorOptions()
        options.protocol = "ctap2"
        options.transport = "internal"
        options.has_resident_key = True
        options.has_user_verification = True
        options.is_user_verified = True
        self.driver.add_virtual_authenticator(options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.driver.quit()

    def get(self, place):
        self.driver.get(place if place.startswith("https:") else SITE + place)
        return self

    @property
    def place(self):
        return self.driver.current_url.removeprefix(SITE)

    @property
    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    @property
    def source(self):
        return self.driver.page_source

    def has(self, css):
        return bool(self.driver.find_elements(By.CSS_SELECTOR, css))

    def find(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def type(self, name, text):
        field = self.find(f'[name="{name}"]:not([type="hidden"])')
        field.clear()
        field.send_keys(text)
        return self

    def _wait_for(self, act):
        """Acts, and waits until another page has come."""
        before = self.driver.find_element(By.TAG_NAME, "html")
        act()
        for _ in range(160):
            try:
                before.is_enabled()
            except Exception:  # it is gone, with its page
                return self
            time.sleep(0.05)
        raise TimeoutError("no other page after " + self.place)

    def press(self, css="button.main"):
        return self._wait_for(self.find(css).click)

    def follow(self, text):
        return self._wait_for(self.driver.find_element(By.LINK_TEXT, text).click)

    def key(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)
        return self

    def enter(self):
        """Enter, which leads to another page."""
        return self._wait_for(lambda: self.driver.switch_to.active_element.send_keys(Keys.ENTER))

    def focused(self):
        element = self.driver.switch_to.active_element
        return element.get_attribute("name") or element.text

    def tab_to(self, wanted):
        """By keyboard alone to the field or control of that name or text."""
        for _ in range(60):
            self.key(Keys.TAB)
            if self.focused() == wanted:
                return self
        raise NoSuchElementException("not reached by keyboard: " + wanted)

    def width(self):
        """Of what is shown, which may be more than the window."""
        sizes = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})
        return sizes["cssContentSize"]["width"]

    def picture(self, path, whole=True):
        import base64
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": whole, "format": "png"})
        with open(path, "wb") as file:
            file.write(base64.b64decode(shot["data"]))
        return path

    def qr(self):
        """What a phone reads off the screen."""
        path = os.path.join(self.folder, "qr.png")
        self.picture(path)
        return subprocess.run(["zbarimg", "--nodbus", "-q", "--raw", path], capture_output=True, text=True).stdout.strip()

    def wait_until(self, is_so):
        for _ in range(80):
            if is_so():
                return True
            time.sleep(0.1)
        return False
