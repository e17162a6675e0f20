#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The Debian packages on a machine of their own, with systemd as PID 1: built, installed, set up as the README says,
# logged in to from home and from the campus, upgraded under load, removed. usage: package.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
. "$(dirname "$0")/../support/machine.sh"
. "$(dirname "$0")/../support/certificate.sh"
machine_packages "$1"
it "lintian has nothing to say" test -z "$(lintian --allow-root "$W"/tmp/seimon_*.changes 2>&1 | tee /dev/stderr)"
# Another folder, zone, mask and time of day; with FROM_SOURCE=1 the compiler runs twice, too.
mkdir -p "$W/tmp/again"
(umask 027; export TZ=Asia/Tokyo LANG=C.UTF-8; build_packages "$W/tmp/again/elsewhere")
digests() { (cd "$1" && sha256sum ./*.deb); }
it "built twice they are the same to the bit" test "$(digests "$W/tmp")" = "$(digests "$W/tmp/again")"
newer() {  # PACKAGE: the same as a later version
  local folder=$W/tmp/newer
  rm -rf "$folder"
  dpkg-deb -R "$W"/tmp/"$1"_[0-9]*.deb "$folder"
  sed -i 's/^Version: .*/&+1/' "$folder/DEBIAN/control"
  dpkg-deb -b "$folder" "$W/tmp/$1+1.deb" >/dev/null
}
newer seimon
newer libpam-seimon
newer seimon-delivery

machine_make
it "they install where systemd is not PID 1" in_chroot bash -c 'dpkg -i /var/tmp/packages/seimon_*.deb /var/tmp/packages/libpam-seimon_*.deb /var/tmp/packages/seimon-delivery_*.deb'
it "the key is made, the service's own" in_chroot bash -c '[ "$(stat -c %U:%a /etc/seimon/seal.key)" = seimon:400 ]'
it "the configuration only observes" in_chroot bash -c 'seimon config check | grep -q "mode observe"'
it "no stack is changed" in_chroot bash -c '! grep -r pam_seimon /etc/pam.d'
it "web servers are there for the page" in_chroot env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends nginx apache2 caddy
in_chroot systemctl disable nginx apache2 caddy
page_certificate "$R/etc/ssl"
machine_boot

it "the socket waits after the boot" quiet systemctl is-active seimond.socket
it "whoever asks starts the service" quiet seimon status
it "and it is there" quiet systemctl is-active seimond.service
fact() { script "grep -qE '^$1' /proc/\$(systemctl show -P MainPID seimond.service)/status"; }
it "as its own account" script '[ "$(stat -c %U /proc/$(systemctl show -P MainPID seimond.service))" = seimon ]'
it "with a seccomp filter" fact 'Seccomp:\s2'
it "without capabilities" fact 'CapEff:\s0+$'
it "which it cannot get back" fact 'NoNewPrivs:\s1'
it "the delivery service runs, too" quiet systemctl start seimon-delivery.service
it "its mailer may be a set-id program" script 'grep -qE "NoNewPrivs:\s0" /proc/$(systemctl show -P MainPID seimon-delivery.service)/status'
it "and takes messages" wait_until "in_machine seimon delivery status >'$W/out/command' 2>&1"
it "the drivers of the package are there" script 'cd /usr/libexec/seimon && test -x deliver-gammu && test -x deliver-sip && test -x deliver-smstools'
it "a gate gets its certificate, as the guide says" script 'seimon host enroll gate1.example.org --gate --out /etc/seimon/gate.pem && chown seimon-gate: /etc/seimon/gate.pem'
it "and takes other hosts" quiet systemctl start seimon-gate.service
it "at its port, as its own account, which reads no key" script '[ "$(stat -c %U /proc/$(systemctl show -P MainPID seimon-gate.service))" = seimon-gate ] && grep -q :2227 /proc/net/tcp6 && ! setpriv --reuid seimon-gate --clear-groups cat /etc/seimon/seal.key'
script 'systemctl stop seimon-gate.service; rm /etc/seimon/gate.pem /etc/seimon/authority.pem'

# --- the page
it "the page's package installs" script 'dpkg -i /var/tmp/packages/seimon-web_*.deb'
setup_web() { script "seimon --yes setup web $*"; }
said() { grep -q -- "$1" "$W/out/command"; }
it "the page wants a name" refused setup_web localhost
it "and says which web server there could be" refused setup_web gate.example.test
it "for there are several" said 'nginx, apache, caddy'
it "without a certificate it says where to get one" refused setup_web gate.example.test --server nginx
it "in words" said 'certbot certonly -d gate.example.test'
tls='--certificate /etc/ssl/gate.pem --key /etc/ssl/gate.key'
it "another name's certificate is refused" refused setup_web other.example.test --server nginx "$tls"
it "and named" said 'is not for other.example.test'
it "a dry run shows both files" setup_web gate.example.test --server nginx "$tls" --dry-run
it "of the web server" said '^+ *server_name gate.example.test;'
it "and of the service" said 'url = \"https://gate.example.test\"'
it "nothing of it is there" script '! ls /etc/nginx/conf.d/seimon.conf /etc/seimon/conf.d/web.conf'
script 'cp /etc/nginx/nginx.conf /var/tmp/; echo "nonsense;" >>/etc/nginx/nginx.conf'
it "a web server that does not take it: no page" refused setup_web gate.example.test --server nginx "$tls"
it "with its own words" said nonsense
it "and everything put back" script '! ls /etc/nginx/conf.d/seimon.conf /etc/seimon/conf.d/web.conf && ! systemctl is-active seimon-web.socket'
script 'cp /var/tmp/nginx.conf /etc/nginx/'
script 'ln -s /etc/nginx/nginx.conf /etc/nginx/conf.d/seimon.conf'
it "a link in the file's place is refused" refused setup_web gate.example.test --server nginx "$tls"
it "and stays one" script '[ -L /etc/nginx/conf.d/seimon.conf ] && rm /etc/nginx/conf.d/seimon.conf'
for server in apache caddy nginx; do
  it "$server: the page is set up" setup_web gate.example.test --server $server "$tls"
  it "$server: browsers trust it" refused said 'will warn'
  [ $server != nginx ] || break
  it "$server: again it is set up already" setup_web gate.example.test --server $server "$tls"
  it "$server: and taken back" script 'seimon --yes setup undo && ! ls /etc/seimon/conf.d/web.conf && ! systemctl is-active seimon-web.socket'
  script "systemctl stop apache2 caddy"
done
it "of files that others may change there are none" script '[ "$(stat -c %a:%U /etc/nginx/conf.d/seimon.conf /etc/seimon/conf.d/web.conf | sort -u)" = 644:root ]'
it "the name in any letters is the same" setup_web GATE.example.test --server nginx "$tls"
script 'echo "nonsense;" >>/etc/nginx/nginx.conf'
it "a second setup that fails" refused setup_web gate.example.test --server nginx "$tls"
it "leaves the page that runs alone" script 'cp /var/tmp/nginx.conf /etc/nginx/; systemctl is-active seimon-web.socket && ls /etc/nginx/conf.d/seimon.conf'
findings() { script "seimon doctor --json | jq -r '.[].id' | sort -u"; }
it "doctor has nothing to say of the page" bash -c '! grep -q ^page- "$1"' _ <(findings; cat "$W/out/command")
script 'systemctl stop nginx'
findings
it "without its web server it has" said '^page-not-reached'
script 'systemctl start nginx; rm /etc/ssl/certs/$(openssl x509 -hash -noout -in /etc/ssl/authority.pem).0'
findings
it "and where browsers would warn" said '^page-not-trusted'
it "a stack of a single sign-on that is off is told of" script 'mkdir -p /etc/seimon/pam.d && : >/etc/seimon/pam.d/seimon-web && seimon config check 2>&1 | grep "take it away"; code=$?; rm -r /etc/seimon/pam.d; exit $code'
it "its sockets wait" quiet systemctl is-active seimon-web.socket seimon-web-login.socket
in_machine sh -c 'cat >/var/tmp/page.py' <"$SOURCE/tests/system/page.py"
in_machine sh -c 'cat >/var/tmp/story.py' <"$SOURCE/tests/support/story.py"
it "the page signs alice in" script "PROXY_UID=\$(id -u www-data) W=/var/tmp PASSWORD='$PASSWORD' HOME4=$HOME4 CAMPUS4=$CAMPUS4 python3 /var/tmp/page.py observed alice"
page_fact() { script "grep -qE '^$2' /proc/\$(systemctl show -P MainPID $1.service)/status"; }
it "it runs without capabilities" page_fact seimon-web 'CapEff:\s0+$'
it "and has a seccomp filter" page_fact seimon-web 'Seccomp:\s2'
it "it has no network" script 'test "$(nsenter -t $(systemctl show -P MainPID seimon-web.service) -n ip -o addr | grep -vc " lo ")" = 0'
it "the process that signs in can read files, change its ids, and write to the audit log" page_fact seimon-web-login 'CapBnd:\s0*200000c4$'
it "the page is taken back" script 'seimon --yes setup undo && ! ls /etc/nginx/conf.d/seimon.conf /etc/seimon/conf.d/web.conf && ! systemctl is-active seimon-web.socket'
it "and its package goes without a trace" script 'dpkg -P seimon-web && ! ls /etc/pam.d/seimon-web /run/seimon/web.sock'

# --- set up as the README says
step() { awk -v n="$1" '/^[0-9]+\. /{on = ($0 ~ "^" n "\\.")} on && /^       /' "$SOURCE/README.md" | sed 's/^ *sudo //; s/&& sudo /\&\& /'; }
it "the README's steps have commands" test "$(step 6 | wc -l)" -ge 2
it "is it well? it is" script "set -e; $(step 2)"
it "the README's line protects sshd" script "set -e; $(step 4 | sed 's/setup sshd/& --yes/')"
it "a timer would put it back" quiet systemctl is-active seimon-setup-undo.timer
it "and the stack is the one of the examples" script "grep -vE '^#|^\$' /usr/share/doc/seimon/examples/pam.d/sshd-password-and-code | while read -r line; do tr -s ' ' </etc/pam.d/sshd | grep -qxF -- \"\$(tr -s ' ' <<<\"\$line\")\" || exit 1; done"
script 'echo "alice ALL=(root) NOPASSWD: ALL" >/etc/sudoers.d/alice'
it "observing, a password is enough; a new login confirms" env COMMAND="$(sed 's/^seimon/sudo &/;q' <<<"$(step 5)")" bash -c "$(declare -f log_in); W=$W PASSWORD='$PASSWORD' PORT=22; log_in home alice $SRV4_HOME"
it "the timer is gone" refused quiet systemctl is-active seimon-setup-undo.timer
for _ in once again; do
it "what nobody confirms, systemd puts back" script 'seimon setup sudo --yes --rollback-after 2s && grep -q pam_seimon /etc/pam.d/sudo && for i in $(seq 100); do grep -q pam_seimon /etc/pam.d/sudo || exit 0; sleep 0.1; done; exit 1'
done
it "doctor sees nothing critical and no error" script "seimon doctor --json | jq -e 'all(.severity != \"critical\" and .severity != \"error\")'"
it "enforced by the README's line" script "$(step 6 | grep enforce) && seimon config check | grep -q 'mode enforce'"
script 'cat >/etc/seimon/seimon.conf <<CONF
mode = "enforce"; language = "en"; issuer = "Example University";
networks: { campus: { addresses = [ "10.20.0.0/16", "2001:db8:ca::/64" ]; }; };
rules = ( { name = "campus"; networks = [ "campus" ]; services = [ "sshd" ]; action = "skip"; } );
default: { action = "require"; unenrolled = "deny"; };
CONF
systemctl reload seimond'
registers() {  # USER
  local attempt
  secret_of "$1" | in_machine sh -c 'cat >/var/tmp/secret'
  # The clock goes on: a code of the step before may be too old when it arrives.
  for attempt in 1 2 3; do
    right_now
    code "$1" -1 | in_machine seimon enroll "$1" --secret-file /var/tmp/secret --qr=none >"$W/out/command" 2>&1 && return
  done
}
registers alice
it "alice is registered" script 'seimon list alice | grep -q "authenticator app"'
it "from home no code is no login" refused log_in home alice "$SRV4_HOME" 000000 000000 000000
right_now
it "from home a code is" log_in home alice "$SRV4_HOME" "$(code alice)"
USED=$(code alice 1)
it "the journal has it with its fields" script 'journalctl -o json SEIMON_EVENT=login SEIMON_USER=alice SEIMON_OUTCOME=accepted | jq -es "length == 1 and .[0]._SYSTEMD_UNIT == \"seimond.service\" and .[0].SYSLOG_FACILITY == \"10\" and .[0].SEIMON_SERVICE == \"sshd\""'
it "over IPv6, too" log_in home alice "$SRV6_HOME" "$USED"
it "from the campus the password is enough" log_in campus alice "$SRV4_CAMPUS"

it "without a key for it the nightly backup does nothing" script 'systemctl start seimon-backup.service; [ ! -e /var/backups/seimon/store ]'
it "with one it makes a copy" script 'umask 077; openssl rand -out /etc/seimon/backup.key 32; systemctl start seimon-backup.service && [ "$(ls /var/backups/seimon/store | wc -l)" = 1 ]'
it "which opens with that key" script 'seimon restore --key-file /etc/seimon/backup.key --extract-key /var/tmp/seal.key /var/backups/seimon/store/* && cmp /var/tmp/seal.key /etc/seimon/seal.key && rm /var/tmp/seal.key'
it "the newest 14 stay" script 'for i in $(seq 20); do touch /var/backups/seimon/store/2000-01-$i; done; sleep 1; systemctl start seimon-backup.service && [ "$(ls /var/backups/seimon/store | wc -l)" = 14 ] && [ "$(ls /var/backups/seimon/store | grep -vc ^2000)" = 2 ]'
it "and its timer can be switched on" script 'systemctl enable --now seimon-backup.timer && systemctl is-active seimon-backup.timer'

# --- at the console of the machine
cp "$SOURCE/tests/support/console.exp" "$R/var/tmp/"
on_console() {  # USER CODE: true when a shell of USER answered
  in_machine env PS1='$ ' expect -f /var/tmp/console.exp "$1" "$PASSWORD" "$2" login >"$W/out/console" 2>&1
  grep -q "REACHED-$1" "$W/out/console"
}
it "login is protected by a command, too" script 'seimon setup login --yes --no-rollback'
registers root
right_now
USED_BY_ROOT=$(code root)
it "at the console the password and a code let in" on_console root "$USED_BY_ROOT"
it "it asked for it" has "$W/out/console" "Verification code: "
it "the same code does not again" refused on_console root "$USED_BY_ROOT"
it "and back, as it was" script 'seimon setup undo && ! grep -q pam_seimon /etc/pam.d/login && grep -q pam_seimon /etc/pam.d/sshd'

# --- upgraded while people log in
rm -f "$W/tmp/go"
for i in $(seq 40); do
  right_now
  [ "$(code alice 1)" = "$USED" ] || break
  read -r -t 1 <> <(:) || true
done
COMMAND='echo in' log_in home alice "$SRV4_HOME" "wait:run:oathtool --totp --base32 -N now+30seconds $(secret_of alice)" &
PROMPT=$!
wait_until "grep -q 'ode: ' '$W/out/asked' 2>/dev/null"
load() {
  local n
  for n in 1 2 3 4 5 6; do
    WORLD=$W T_PASSWORD=$PASSWORD SSH_ASKPASS=$W/bin/askpass SSH_ASKPASS_REQUIRE=force timeout 100 ip netns exec campus \
      ssh -F /dev/null -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
      -o NumberOfPasswordPrompts=1 -o PreferredAuthentications=keyboard-interactive "alice@$SRV4_CAMPUS" true \
      </dev/null >/dev/null 2>&1 || echo failed
  done
}
for worker in 1 2 3; do load >"$W/out/load$worker" & LOADS[worker]=$!; done
before=$(in_machine systemctl show -P MainPID seimond.service)
it "an upgrade goes through" script 'dpkg -i /var/tmp/packages/seimon+1.deb /var/tmp/packages/libpam-seimon+1.deb /var/tmp/packages/seimon-delivery+1.deb'
quiet seimon status
it "the service is another one now" test "$(in_machine systemctl show -P MainPID seimond.service)" != "$before"
touch "$W/tmp/go"
wait "${LOADS[@]}"
it "18 logins from the campus during it: each got in" test -z "$(cat "$W"/out/load?)"
it "who stood at the prompt got in" wait "$PROMPT"
it "the key and the methods are the same" script 'seimon list alice | grep -q "authenticator app"'

# --- removed
it "the module stays while a stack names it" refused script 'dpkg -r libpam-seimon'
it "with the line that does" has "$W/out/command" "/etc/pam.d/sshd:"
it "and the way to put it right" has "$W/out/command" "seimon setup undo"
it "the service stays with it" quiet seimon status
it "that way puts it right" script 'seimon setup undo'
it "with the profile of pam-auth-update, and a line of one's own elsewhere" script 'pam-auth-update --package --enable seimon && grep -q pam_seimon /etc/pam.d/common-auth && cp /etc/pam.d/other /var/tmp/other && echo "auth required pam_seimon.so" >>/etc/pam.d/other'
it "it stays as well" refused script 'dpkg -r libpam-seimon'
it "and what is protected by the profile stays protected" script 'grep -q pam_seimon /etc/pam.d/common-auth && dpkg -s libpam-seimon | grep -qE "^Status: (install|deinstall) ok installed"'
script 'cp /var/tmp/other /etc/pam.d/other; touch /etc/seimon/seal.key.before-rotation'
it "a stack that was put back lets it go" script 'dpkg -r libpam-seimon && dpkg -P seimon-delivery seimon libpam-seimon'
it "a purge leaves the key of the backups, which may be elsewhere, and nothing else" script '[ "$(find /etc/seimon /var/lib/seimon /var/backups/seimon /etc/systemd/system/seimon* /usr/share/pam-configs/seimon 2>/dev/null | tee /dev/stderr | xargs)" = "/etc/seimon /etc/seimon/backup.key" ]'
it "the profile's lines are gone, too" script '! grep -r pam_seimon /etc/pam.d'
it "and a login is as it was before" env METHODS=password bash -c "$(declare -f log_in); W=$W PASSWORD='$PASSWORD' PORT=22; log_in home alice $SRV4_HOME"
power_off
finish
