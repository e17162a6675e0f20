# SPDX-License-Identifier: Apache-2.0
# A person at a terminal of the world (world.sh), and the world's clock.
import calendar
import os
import pty
import pwd
import re
import select
import time

W, PASSWORD, HOME, SRV_HOME, PORT = (os.environ[name] for name in ("W", "PASSWORD", "HOME4", "SRV4_HOME", "PORT"))


def let_pass(seconds):
    """On the clocks of the world."""
    with open(W + "/clock", encoding="utf-8") as clock:
        now = clock.read().strip()
    at = time.strptime(now + " UTC", "%Y-%m-%d %H:%M:%S %Z")
    later = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(calendar.timegm(at) + seconds))
    with open(W + "/uptime", encoding="utf-8") as uptime:
        running = int(uptime.read().strip())
    for name, text in (("/clock", later), ("/uptime", str(running + seconds))):
        with open(W + name, "r+", encoding="utf-8") as file:
            file.write(text + "\n")


class Terminal:
    """A person at a terminal, past the password."""

    def __init__(self, *command):
        self.screen = ""
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.execvp(command[0], command)
        self.read("[Pp]assword:")
        self.answer(PASSWORD, r"ode[^:]*: $|[$] $")

    def read(self, pattern, seconds=30):
        """What is on the screen behind the last answer, as soon as it matches."""
        end = time.time() + seconds
        while not re.search(pattern, self.screen):
            ready, _, _ = select.select([self.terminal], [], [], max(0, end - time.time()))
            if not ready:
                break
            try:
                data = os.read(self.terminal, 4096)
            except OSError:
                break
            if not data:
                break
            self.screen += data.decode(errors="replace")
        return self.screen

    def answer(self, text, pattern):
        self.screen = ""
        os.write(self.terminal, text.encode() + b"\r")
        return self.read(pattern)

    def number(self):
        """Enter, for a number."""
        found = re.search(r"Number (\d+)\.", self.answer("", r"Number \d+\.[^:]*\(or type a code\): |: $"))
        return found.group(1) if found else ""

    def is_in(self):
        """Enter lets in; what was said before the shell is kept."""
        said = self.answer("", r"[$] $|denied|: $")
        shell = self.answer("echo in as $(id -un)", r"in as u\d\d") if said.rstrip().endswith("$") else ""
        self.screen = said + shell
        return re.search(r"in as u\d\d", shell) is not None

    def end(self):
        os.close(self.terminal)
        os.waitpid(self.child, 0)


class Ssh(Terminal):
    def __init__(self, user):
        super().__init__("ssh", "-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "NumberOfPasswordPrompts=1", "-o", "PreferredAuthentications=keyboard-interactive", "-tt", "-p", PORT, f"{user}@{SRV_HOME}")


def as_user(user, *command):
    entry = pwd.getpwnam(user)
    return ("setpriv", "--reuid", str(entry.pw_uid), "--regid", str(entry.pw_gid), "--clear-groups", "env", "PS1=$ ", "HOME=" + entry.pw_dir,
            "USER=" + user, *command)
