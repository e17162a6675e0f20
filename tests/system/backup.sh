#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# seimon backup and restore: one locked file with the store and its key; wrong passphrases, changed bytes, a new machine.
# usage: backup.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
mkdir "$W/backups"
mount --bind "$W/backups" /var/backups
seimond_start
printf '%s\n' "auth required $W/bin/pam_seimon.so" "auth required pam_permit.so" >"$W/pam.d/seimon"
exits() { "${@:2}" >"$W/out/command" 2>&1 </dev/null; local code=$?; [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }; }
backup() { seimon backup "$@"; }
restore() { seimon restore --yes "$@"; }
enter() { printf '%s\n' "$2" | pamtester seimon "$1" authenticate >/dev/null 2>&1; }
findings() { seimon doctor --config "$W/etc/seimon.conf" --json | jq -r '.[].id'; }
enrol u01
enrol u02
{ echo user,secret; for i in $(seq 10 59); do echo "u$i,$(secret_of "u$i")"; done; } >"$W/tmp/many.csv"
seimon import csv "$W/tmp/many.csv" >/dev/null
head -c 32 /dev/urandom >"$W/tmp/key"
echo 'correct battery staple' >"$W/tmp/pass"
echo 'another one' >"$W/tmp/wrong"

it "doctor misses a backup" grep -qx no-backup <(findings)
it "without a passphrase or key, and without a terminal to ask, none is made" exits 2 backup "$W/tmp/none"
it "nothing is left of it" bash -c "! ls $W/tmp/none* 2>/dev/null"
for i in $(seq 20); do enter u02 "$(code u02)"; done &
LOAD=$!
it "by a passphrase, while logins go on" exits 0 backup "$W/tmp/one" --passphrase-file "$W/tmp/pass"
wait "$LOAD"
it "by a key file" exits 0 backup "$W/tmp/two" --key-file "$W/tmp/key"
it "over nothing" exits 6 backup "$W/tmp/one" --passphrase-file "$W/tmp/pass"
it "nobody else's to read" test "$(stat -c %a "$W/tmp/one")" = 600
it "nothing readable in it" bash -c "! grep -qaE 'SQLite format|CREATE TABLE' $W/tmp/one && ! grep -qaF \"\$(cat $W/etc/seal.key)\" $W/tmp/one"
it "nothing unlocked was ever written there" bash -c "strace -f -e trace=openat,open -o $W/out/calls seimon backup $W/tmp/three --key-file $W/tmp/key >/dev/null && ! grep -q O_TMPFILE $W/out/calls && [ \$(grep -c 'three[^\"]*\".*O_CREAT' $W/out/calls) = 1 ]"
rm -f "$W/tmp/three"
strace -f -o /dev/null -e trace=renameat2 -e inject=renameat2:signal=SIGINT:when=1 -e inject=renameat2:error=EINTR:when=1 seimon backup "$W/tmp/three" --key-file "$W/tmp/key" >/dev/null 2>&1
it "one that was interrupted leaves no backup" test ! -e "$W/tmp/three"
it "and does not stand in the way of the next" exits 0 backup "$W/tmp/three" --key-file "$W/tmp/key"
it "nothing beside it" bash -c "[ \$(ls $W/tmp/one* | wc -l) = 1 ]"
it "doctor is content" refused grep -qx no-backup <(findings)
touch -d '8 days ago' /var/backups/seimon/last-backup
it "for seven days" grep -qx no-backup <(findings)

count() { seimon status --json | jq .methods; }
seimon remove -u u01 --all --yes >/dev/null
it "a wrong passphrase" exits 6 restore "$W/tmp/one" --passphrase-file "$W/tmp/wrong"
it "is told as one" has "$W/out/command" "another passphrase or key"
for at in 5 20 40 1000 -1; do
  python3 -c "
import sys
data = bytearray(open('$W/tmp/one', 'rb').read())
data[$at] ^= 1
open('$W/tmp/changed', 'wb').write(data)"
  it "one flipped bit at byte $at" exits 6 restore "$W/tmp/changed" --passphrase-file "$W/tmp/pass"
done
head -c -20 "$W/tmp/one" >"$W/tmp/changed"
it "cut short" exits 6 restore "$W/tmp/changed" --passphrase-file "$W/tmp/pass"
it "(it has more than one piece)" test "$(stat -c %s "$W/tmp/one")" -gt 70000
head -c $((32 + 65552)) "$W/tmp/one" >"$W/tmp/changed"
it "cut short between two pieces" exits 6 restore "$W/tmp/changed" --passphrase-file "$W/tmp/pass"
it "none of them changed anything" test "$(count)" = 51
it "nor left anything" bash -c "! ls $W/tmp/*.store 2>/dev/null"
# The service has lived on meanwhile.
for _ in 1 2 3; do tick 90; count >/dev/null; done
it "the right one" exits 0 restore "$W/tmp/one" --passphrase-file "$W/tmp/pass"
it "brings the method back" test "$(count)" = 52
it "and says so" grep -q 'u01' "$W/out/command"
it "codes up to now count as used" refused enter u01 "$(code u01)"
tick 90
it "the next ones do not" enter u01 "$(code u01)"
it "nobody is told that an older state came back" lacks "$W/out/seimond.log" 'older state'

# --- a new machine
seimond_stop
rm -rf "$W/state"
mkdir "$W/state"
rm "$W/etc/seal.key"
seimon key init --config "$W/etc/seimon.conf" >/dev/null
seimond_start
it "under another sealing key it is refused" exits 6 restore "$W/tmp/two" --key-file "$W/tmp/key"
it "with what to do" has "$W/out/command" "--extract-key"
it "the key first" exits 0 restore "$W/tmp/two" --key-file "$W/tmp/key" --extract-key "$W/etc/seal.key"
it "which is the service's alone" test "$(stat -c %U:%a "$W/etc/seal.key")" = seimon:400
it "the one before it is kept" test -s "$W/etc/seal.key.before-restore"
kept=$(cat "$W/etc/seal.key.before-restore")
it "the same again changes nothing" exits 0 restore "$W/tmp/two" --key-file "$W/tmp/key" --extract-key "$W/etc/seal.key"
seimon key init --config "$W/tmp/other.conf" >/dev/null; mv "$W/tmp/seal.key" "$W/tmp/third"; cp "$W/etc/seal.key" "$W/tmp/right"; cp "$W/tmp/third" "$W/etc/seal.key"
it "a second one is not put over the only copy of the first" exits 6 restore "$W/tmp/two" --key-file "$W/tmp/key" --extract-key "$W/etc/seal.key"
it "which is still there, as is the one in use" test "$kept$(cat "$W/tmp/third")" = "$(cat "$W/etc/seal.key.before-restore")$(cat "$W/etc/seal.key")"
install -m 400 -o seimon "$W/tmp/right" "$W/etc/seal.key"
seimond_stop
rm -rf "$W/state"
mkdir "$W/state"
seimond_start
it "then the store" exits 0 restore "$W/tmp/two" --key-file "$W/tmp/key"
tick 90
it "and people log in as before" enter u02 "$(code u02)"
# --- another sealing key
old=$(cat "$W/etc/seal.key")
rotate() { seimon key rotate --config "$W/etc/seimon.conf"; }
it "a rotation makes the next key, and waits for the service" exits 1 rotate
it "which goes on with the old one" bash -c "seimon status --json | jq -e '.rotating == false' >/dev/null"
seimond_stop
seimond_start
it "started anew it has both" bash -c "seimon status --json | jq -e '.rotating' >/dev/null"
kill -KILL "$SEIMOND"; wait "$SEIMOND" 2>/dev/null
seimond_start
it "no backup is made of a store whose key is being exchanged" exits 1 backup "$W/tmp/between" --key-file "$W/tmp/key"
it "killed there, it opens the store all the same" enter u02 "$(code u02 1)"
it "and says what is to be done" bash -c "seimon status | grep -q 'seimon key rotate'"
it "the same command ends the rotation" exits 0 rotate
it "another key is in place" test "$old" != "$(cat "$W/etc/seal.key")"
it "and nothing asks for another rotation" bash -c "seimon status --json | jq -e '.rotating == false and (.problems | map(select(test(\"rotation\"))) == [])' >/dev/null"
now=$(cat "$W/etc/seal.key")
it "a next rotation waits for the service again, whatever that did in the one before" exits 1 rotate
it "however often one tries" exits 1 rotate
it "and leaves the key that opens the store" test "$now" = "$(cat "$W/etc/seal.key")"
rm "$W/etc/seal.key.next"
it "the old one is kept for old backups" test "$old" = "$(cat "$W/etc/seal.key.before-rotation")"
seimond_stop
seimond_start
tick 90
it "with the new key alone people log in as before" enter u02 "$(code u02)"
it "nothing is left to do" bash -c "seimon status --json | jq -e '.rotating == false and (.problems | map(select(test(\"rotation\"))) == [])' >/dev/null"
seimond_stop
cp -p "$W/etc/seal.key" "$W/tmp/new.key"
cp -p "$W/etc/seal.key.before-rotation" "$W/etc/seal.key"
seimond_start
it "the old key opens nothing any more" bash -c "seimon status --json | jq -e '.store == \"unavailable\"' >/dev/null"
seimond_stop
cp -p "$W/tmp/new.key" "$W/etc/seal.key"
seimond_start
mkdir "$W/tmp/small"
mount -t tmpfs -o size=64k tmpfs "$W/tmp/small"
it "a full disk" exits 6 backup "$W/tmp/small/one" --key-file "$W/tmp/key"
it "leaves nothing half done" bash -c "[ -z \"\$(ls $W/tmp/small)\" ]"
umount "$W/tmp/small"
finish
