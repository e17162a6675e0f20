#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Builds the disks that a power cut can leave, and asks the oracle what is on each.
# usage: power.py RECORD ROOTS ORACLE [--disks N] [--without NAME] [--seed N]
# ROOTS: folders with a colon between them; the first is / of the disks, the others keep their names.
#
# A disk: what was synced is there. Of the writes since then any part is, in any order, torn at 512 or 4096 bytes. Of
# the changes of names in one folder since its last sync a beginning is: they are a journal's. That is what POSIX
# promises, and less than ext4 or XFS do.
# Oracle (threat model D5): the store opens, nothing of it is damaged or came back, and all that was acknowledged before
# the cut is there.
import argparse
import glob
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile

HEAD = struct.Struct("<Ic3xQqII")


def read_records(path):
    with open(path, "rb") as file:
        data = file.read()
    records, at = [], 0
    while at < len(data):
        mark, what, inode, offset, first, second = HEAD.unpack_from(data, at)
        assert mark == 0x53454D4F, "the record is broken"
        at += HEAD.size
        records.append((what.decode(), inode, offset, data[at:at + first], data[at + first:at + first + second]))
        at += first + second
    return records


class File:
    def __init__(self):
        self.synced = bytearray()
        self.pending = []  # (number of the record, offset, data), or (number, length, None)


def apply(content, offset, data):
    if data is None:
        del content[offset:]
        content.extend(b"\0" * (offset - len(content)))
        return
    if len(content) < offset:
        content.extend(b"\0" * (offset - len(content)))
    content[offset:offset + len(data)] = data


class Disk:
    """What is durable, and what may be."""

    def __init__(self, roots, without):
        self.roots, self.without = roots, without
        self.names = {}  # path: File, as the programs see it
        self.synced_names = {}
        self.pending_names = {}  # folder: [(number, what, path, File or None, other path)]
        self.files = {}  # inode: File
        self.syncs = {}  # number: record it began with
        self.left_out = 0

    def change_name(self, number, what, path, file, other=""):
        change = (number, what, path, file, other)
        self.pending_names.setdefault(os.path.dirname(path), []).append(change)
        self.rename(self.names, change)

    @staticmethod
    def rename(names, change):
        _, what, path, file, other = change
        if what == "U":
            names.pop(path, None)
        else:
            names[path] = file
        if what == "R":
            names.pop(other, None)

    def play(self, number, record):
        what, inode, offset, first, second = record
        path, other = first.decode(errors="replace"), second.decode(errors="replace") if what in "CRLU" else ""
        if what == "C":
            file = self.files[inode] = File()
            self.change_name(number, what, path, file)
        elif what == "R":
            self.change_name(number, what, other, self.names[path], path)
        elif what == "L":
            self.change_name(number, what, other, self.names[path])
        elif what == "U":
            self.change_name(number, what, path, None)
        elif what in "WT" and inode in self.files:
            self.files[inode].pending.append((number, offset, second if what == "W" else None))
        elif what == "X" and inode in self.files:
            self.files[inode].pending.clear()
        elif what == "S":
            self.syncs[offset] = number
        elif what == "E":
            self.sync(inode, path, self.syncs.pop(offset))
        elif what == "Y" and inode == 0:
            self.syncs[offset] = number
        elif what == "Y":
            self.sync_all(self.syncs.pop(offset))

    def is_left_out(self, name):
        out = self.without != "" and (name.endswith(self.without) or name.endswith(self.without.rstrip("/")) and self.without.endswith("/"))
        self.left_out += out
        return out

    def sync(self, inode, folder, since):
        """`folder`: its path, empty for a file. A folder has no number here: it may be that of a file that is gone."""
        if folder:
            if not self.is_left_out(folder + "/"):
                self.sync_folder(folder, since)
        elif inode in self.files:
            file = self.files[inode]
            if not any(self.is_left_out(path) for path, known in self.names.items() if known is file):
                self.sync_file(file, since)

    @staticmethod
    def sync_file(file, since):
        while file.pending and file.pending[0][0] < since:
            _, offset, data = file.pending.pop(0)
            apply(file.synced, offset, data)

    def sync_folder(self, folder, since):
        changes = self.pending_names.get(folder, [])
        while changes and changes[0][0] < since:
            self.rename(self.synced_names, changes.pop(0))

    def sync_all(self, since):
        if self.is_left_out("all/"):
            return
        for file in set(self.files.values()):
            self.sync_file(file, since)
        for folder in self.pending_names:
            self.sync_folder(folder, since)

    def stood_before(self, files):
        """{path: [inode, text]}: what was there before anything was recorded."""
        for path, (inode, text) in files.items():
            file = self.files[inode] = self.names[path] = self.synced_names[path] = File()
            file.synced.extend(text.encode())

    def names_after(self, luck, how):
        names = dict(self.synced_names)
        for changes in self.pending_names.values():
            kept = {"nothing": 0, "all": len(changes)}.get(how, luck.randint(0, len(changes)))
            for change in changes[:kept]:
                self.rename(names, change)
        return names

    @staticmethod
    def content_after(file, luck, how):
        if not file.pending or how == "nothing":
            return file.synced
        content = bytearray(file.synced)
        writes = list(file.pending)
        if how == "some":
            if luck.random() < 0.5:
                luck.shuffle(writes)
            writes = [write for write in writes if luck.random() < 0.6]
        for _, offset, data in writes:
            if data is None or how == "all" or luck.random() < 0.5:
                apply(content, offset, data)
                continue
            size = luck.choice((512, 4096))
            first = -offset % size
            for at, end in [(0, first)] + [(at, at + size) for at in range(first, len(data), size)]:
                if at < end and luck.random() < 0.5:
                    apply(content, offset + at, data[at:end])
        return content

    def write(self, folder, luck, how_names, how_data):
        """Onto an empty folder."""
        for path, file in self.names_after(luck, how_names).items():
            if path.endswith("-shm") or path.endswith(".reserve"):
                continue  # of one start alone
            place = folder + path.removeprefix(self.roots[0])
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as out:
                out.write(self.content_after(file, luck, how_data))
            os.chmod(place, 0o600)


def read(path):
    """None if there is no such file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return None


RECORDS = "/var/backups/seimon"
UNITS = "/etc/systemd/system/"
WAY_BACK = ["seimon-setup-undo.service", "seimon-setup-undo.timer", "timers.target.wants/seimon-setup-undo.timer"]


def missing_of_setup(before, after, said, folder):
    """`before` and `after`: {path: text, None for no file}. `said`: what setup was told to do and has done, in order."""
    there = {path: read(folder + path) for path in before}
    for path, text in there.items():
        if text not in (before[path], after[path]):
            yield path + " is neither what it was nor what it is to be"
    is_changed = any(there[path] != before[path] for path in before)
    if said[-1] in ("protected", "confirming", "confirmed"):
        if any(there[path] != after[path] for path in before):
            yield "the protected service"
    if said[-1] == "undone" and is_changed:
        yield "what setup undo has put back"
    names = sorted(glob.glob(folder + RECORDS + "/*-sshd*"))
    record = (names[-1] if names else folder) + "/"
    waits = os.path.exists(record + "unconfirmed")
    if said[-1] == "confirmed" and waits:
        yield "the confirmation: the timer will put everything back"
    # Whoever is locked out gets in again when the timer has ended, or by hand.
    if is_changed and said[-1] in ("begun", "protected", "by timer"):
        if not waits:
            yield "that a confirmation is waited for"
        for unit in WAY_BACK:
            if read(folder + UNITS + unit) is None:
                yield unit
    if is_changed and not (read(record + "undo") or "").endswith("\n"):
        yield "the script of the way back"
    for path, text in before.items():
        if is_changed and text is not None and read(record + "before" + path) != text:
            yield "the copy of " + path


def missing(facts, found, folder):
    """What was acknowledged and is not there."""
    said = [fact["setup"] for fact in facts if "setup" in fact]
    if said:
        stacks = next(fact for fact in facts if "before" in fact)
        before = {path: known and known[1] for path, known in stacks["before"].items()}
        yield from missing_of_setup(before, stacks["after"], said, folder)
    if any("key" in fact for fact in facts):
        try:
            with open(folder + "/etc/seal.key", encoding="ascii") as key:
                if len(key.read()) != 65:
                    yield "the key is not whole"
        except OSError as error:
            yield str(error)
    if any("spooled" in fact for fact in facts) and not any("merged" in fact or "restoring" in fact for fact in facts):
        spool = folder + "/state/seimon.db.spool"
        lines = "".join(open(name, encoding="utf-8").read() for name in (spool, spool + ".merging") if os.path.exists(name))
        if '"skipped"' not in lines and "login skipped u03" not in found.get("events", []):
            yield "the skip in the spool"
    for fact in facts:
        if "backup" in fact and not (os.path.exists(folder + "/" + fact["backup"]) and os.path.getsize(folder + "/" + fact["backup"]) > 4096):
            yield "the backup"
    if not any("user" in fact for fact in facts):
        return
    if "error" in found:
        yield found["error"]
        return
    # What came back has another epoch, which ends recovery codes, and older steps below its floor.
    restored = any("restoring" in fact for fact in facts)
    if found["came_back"]:
        yield "the store thinks that it came back"
    if found["damages"]:
        yield "%d damages" % found["damages"]
    wanted = {}
    for fact in (fact for fact in facts if "user" in fact):
        account = found["accounts"].get(fact["user"], {"methods": {}, "recovery": 0, "suspended": False})
        if "event" in fact:
            wanted[fact["event"]] = wanted.get(fact["event"], 0) + 1
        if "method" in fact and fact["method"] not in account["methods"]:
            yield "the method of " + fact["user"]
        if "step" in fact and not restored and account["methods"].get("app", -1) < fact["step"]:
            yield "the spent code of " + fact["user"]
        if "serial" in fact and not restored and account.get("serial", 0) < fact["serial"]:
            yield "a code or a call that was counted of " + fact["user"]
        if "spent" in fact and not restored and max(account["methods"].values(), default=0) < fact["spent"]:
            yield "what a telephone of " + fact["user"] + " let in by"
        if "recovery" in fact and not restored and account["recovery"] != fact["recovery"]:
            yield "the recovery codes of " + fact["user"]
        if "suspended" in fact and not account["suspended"]:
            yield "the suspension of " + fact["user"]
        if "tries" in fact:
            event = "try refused " + fact["user"]
            wanted[event] = wanted.get(event, 0) + fact["tries"]
    for event, times in wanted.items():
        if found["events"].count(event) < times:
            yield "%d of “%s”" % (times - found["events"].count(event), event)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("record")
    options.add_argument("roots")
    options.add_argument("oracle")
    options.add_argument("--disks", type=int, default=5000)
    options.add_argument("--without", default="")
    options.add_argument("--seed", type=int, default=20261130)
    chosen = options.parse_args()
    luck = random.Random(chosen.seed)
    records = read_records(chosen.record)
    first = next(number for number, record in enumerate(records) if record[0] == "A")
    cuts = sorted(luck.choices(range(first, len(records)), k=chosen.disks))
    # Right behind each acknowledgement is where it hurts.
    behind = [number for number, record in enumerate(records) if record[0] == "A"]
    cuts = sorted(cuts[::2] + luck.choices(behind, k=chosen.disks - len(cuts[::2])))
    oracle = subprocess.Popen([chosen.oracle], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    disk, facts, bad, looked = Disk(chosen.roots.split(":"), chosen.without), [], 0, 0
    kinds = [("nothing", "nothing"), ("all", "all"), ("all", "nothing"), ("nothing", "all")] + [("some", "some")] * 4
    base = "/dev/shm" if os.path.isdir("/dev/shm") else None
    for number, record in enumerate(records):
        if record[0] == "A":
            fact = json.loads(record[4])
            if "restoring" in fact:  # from here on a disk has at least what the backup had
                facts = facts[:1 + next(at for at, known in enumerate(facts) if "backup" in known)]
            if "before" in fact:
                disk.stood_before({path: known for path, known in fact["before"].items() if known})
            facts.append(fact)
        else:
            disk.play(number, record)
        while cuts and cuts[0] == number:
            cuts.pop(0)
            looked += 1
            folder = tempfile.mkdtemp(prefix="seimon-disk-", dir=base)
            how = luck.choice(kinds)
            disk.write(folder, luck, *how)
            oracle.stdin.write(f"{folder}/state/seimon.db {folder}/etc/seal.key\n")
            oracle.stdin.flush()
            found = json.loads(oracle.stdout.readline())
            lost = list(missing(facts, found, folder))
            shutil.rmtree(folder)
            if lost:
                bad += 1
                if bad <= 5:
                    print(f"cut behind record {number} of {len(records)} (names: {how[0]}, data: {how[1]}): missing: {', '.join(lost[:4])}")
    oracle.stdin.close()
    oracle.wait()
    print(f"{looked} disks, {len(records)} records, {sum(record[0] == 'E' for record in records)} syncs, {bad} disks without something that was acknowledged")
    if chosen.without and disk.left_out == 0:
        print(f"no sync of {chosen.without} was left out")
        sys.exit(0)
    sys.exit(3 if bad else 0)  # not what Python ends with by itself


main()
