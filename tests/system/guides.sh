#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each guide, run from its own text: what stands between fences is typed on a machine with the packages, systemd, a real
# sshd, and what the guide says of logins is looked at. usage: guides.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
. "$(dirname "$0")/../support/machine.sh"
. "$(dirname "$0")/../support/guide.sh"
machine_packages "$1"
machine_make
machine_boot
script 'for user in bob carol; do useradd -m -s /bin/bash $user; done; for user in alice bob carol; do echo "$user ALL=(root) NOPASSWD: ALL"; done >/etc/sudoers.d/alice; mkdir -p ~alice/.ssh'
printf 'bob:%s\ncarol:%s\n' "$PASSWORD" "$PASSWORD" | in_machine chpasswd
WHO=alice
ssh-keygen -q -t ed25519 -N '' -f "$W/ssh/user"
in_machine sh -c 'cat >~alice/.ssh/authorized_keys; chown -R alice: ~alice/.ssh; chmod 700 ~alice/.ssh' <"$W/ssh/user.pub"
# setup asks; here everybody says yes. (sudo looks into this folder first.)
in_machine sh -c 'cat >/usr/local/bin/seimon; chmod 755 /usr/local/bin/seimon' <<'SCRIPT'
#!/bin/sh
case "$*" in
  *--dry-run* | *--yes*) ;;
  "setup confirm" | "setup confirm "*) ;;
  setup\ *) set -- "$@" --yes ;;
esac
exec /usr/bin/seimon "$@"
SCRIPT

confirm() { COMMAND='sudo seimon setup confirm' log_in home "$WHO" "$SRV4_HOME" "$@"; }
as_before() { script '! grep -rq pam_seimon /etc/pam.d && [ ! -e /etc/ssh/sshd_config.d/00-seimon.conf ]'; }

G=protect-ssh
it "$G: install" type_in $G Install
script 'sed -i "s/^language.*/language = \"en\";/" /etc/seimon/seimon.conf; systemctl reload-or-restart seimond'
secret_of alice >"$W/tmp/secret"
in_machine sh -c 'cat >/var/tmp/secret' <"$W/tmp/secret"
right_now
code alice -1 | in_machine /usr/bin/seimon enroll alice --secret-file /var/tmp/secret --qr=none >"$W/out/command" 2>&1
it "$G: set up" type_in $G "Set up"
it "$G: a new login confirms" confirm
it "$G: enforce" type_in $G Enforce
it "$G: doctor told of nothing critical and no error" said '^critical: 0, errors: 0'
it "$G: no code, no login" refused log_in home alice "$SRV4_HOME" 000000 000000 000000
next_code "$WHO"
it "$G: a code, a login" log_in home alice "$SRV4_HOME" "$USED"
it "$G: undo" type_in $G "Undo"
it "$G: as before" as_before

G=keys-and-codes
it "$G: look first" type_in $G "Check first"
it "$G: it names who will be locked out" said 'have no authorized keys and will be locked out'
it "$G: set up" type_in $G "Set up"
next_code "$WHO"
METHODS=publickey,keyboard-interactive KEY=user it "$G: a new login with key and code confirms" confirm "$USED"
METHODS=publickey KEY=user it "$G: not the key alone" refused log_in home alice "$SRV4_HOME"
it "$G: accounts of machines" type_in $G "Accounts of programs"
it "$G: doctor notes the block" said 'Match Group automation'
script 'usermod -aG automation alice'
METHODS=publickey KEY=user it "$G: they get in by key alone" log_in home alice "$SRV4_HOME"
script 'gpasswd -d alice automation'
it "$G: undo" type_in $G "Undo"
it "$G: as before" as_before

G=sudo-su-console
for section in sudo su "The console" "Screen lockers"; do it "$G: $section" type_in $G "$section"; done
it "$G: the rule for the locker is told" said 'default'
it "$G: all three are protected" script 'grep -l pam_seimon /etc/pam.d/sudo /etc/pam.d/su /etc/pam.d/login | wc -l | grep -qx 3'
it "$G: undo" type_in $G "Undo"
it "$G: as before" as_before

G=from-google-authenticator
WHO=bob
observing() { script 'sed -i "s/\"enforce\"/\"observe\"/" /etc/seimon/seimon.conf; systemctl reload seimond'; }
observing
in_machine sh -c 'cat >~bob/.google_authenticator; chown bob: ~bob/.google_authenticator; chmod 400 ~bob/.google_authenticator' <<FILE
$(secret_of bob)
" DISALLOW_REUSE
" TOTP_AUTH
12345678
FILE
script 'cp -a /etc/pam.d/sshd /var/tmp/sshd.debian; sed -i "s/^@include common-auth$/&\nauth required pam_google_authenticator.so/" /etc/pam.d/sshd'
it "$G: look" type_in $G "Check first"
it "$G: move" type_in $G Move
it "$G: its line is gone, its file too" script '! grep -q google /etc/pam.d/sshd && [ ! -e ~bob/.google_authenticator ]'
next_code "$WHO"
it "$G: the same app goes on" confirm "$USED"
it "$G: undo" type_in $G "Undo"
it "$G: as before" script 'grep -q pam_google_authenticator /etc/pam.d/sshd && cp -a /var/tmp/sshd.debian /etc/pam.d/sshd'

G=from-pam-oath
WHO=carol
observing
in_machine sh -c 'umask 077; cat >/etc/users.oath' <<<"HOTP/T30	carol	-	$(secret_of carol | base32 -d | xxd -p -c 64)"
script 'sed -i "s/^@include common-auth$/&\nauth required pam_oath.so usersfile=\/etc\/users.oath/" /etc/pam.d/sshd'
it "$G: look" type_in $G "Check first"
it "$G: move" type_in $G Move
next_code "$WHO"
it "$G: the same token goes on" confirm "$USED"
it "$G: undo" type_in $G "Undo"
script 'cp -a /var/tmp/sshd.debian /etc/pam.d/sshd'

G=hardware-tokens
observing
script '/usr/bin/seimon remove -u alice --all --yes'
it "$G: one token" type_in $G "One token"
it "$G: a list" type_in $G "A list"
it "$G: both are there" script '/usr/bin/seimon list alice | grep -c token | grep -qx 2'
it "$G: a token that is lost" type_in $G "A lost token"

G=ansible
it "$G: try it on this machine" type_in $G "Try it on this machine"
it "$G: sshd and login are protected" script 'grep -l pam_seimon /etc/pam.d/sshd /etc/pam.d/login | wc -l | grep -qx 2'
it "$G: undo" type_in $G "Undo"
it "$G: as before" as_before

G=when-nothing-works
script '/usr/bin/seimon setup sshd --yes --no-rollback; sed -i "s/\"observe\"/\"enforce\"/" /etc/seimon/seimon.conf; systemctl reload seimond'
it "$G: one person" type_in $G "One user"
script 'echo "networks = 3;" >>/etc/seimon/seimon.conf; systemctl restart seimond'
it "$G: (a broken service keeps everybody out)" refused log_in home alice "$SRV4_HOME" 000000
it "$G: everybody, with a root shell" type_in $G "All users, and you have a root shell"
it "$G: a password is enough again" env METHODS=password bash -c "$(declare -f log_in); W=$W PASSWORD='$PASSWORD' PORT=22; log_in home alice $SRV4_HOME"
it "$G: no shell is left" type_in $G "All users, and no shell is open"
it "$G: the lines of the way back are there" said "cp -a '/var/backups/seimon/"
power_off
finish
