# SPDX-License-Identifier: Apache-2.0
# demo.sh --web: the page behind nginx, in a real browser: somebody who has to register does, and logs in over ssh with the
# new app's code. Sourced by demo.sh in a world that is up.
BUILD=$top/build/demo
. "$top/tests/support/page.sh"
. "$top/tests/support/proxies.sh"
PICTURES=$top/build/demo/pictures
mkdir -p "$PICTURES"
rm -f "$PICTURES"/*.png

say "1. The configuration, and nginx's as it is shipped"
page_config 'default: { action = "require"; unenrolled = "enrol"; };'
run cat "$W/etc/seimon.conf"
seimond_start
sshd_start
askpass_install
page_start
tls_make
proxy_start nginx
run sed -n '/server {/,/^}/p' "$W/proxy/conf"

say "2. A browser: demo signs in with the password, scans the QR code, enters the app's code"
mkdir -p "$W/browser"
trust_authority "$W/browser"
for language in ja en; do
  [ "$language" = ja ] && user=bob || user=demo
  KEY_TEXT=$(HOME=$W/browser PASSWORD=$PASSWORD SRV4_HOME=$SRV4_HOME ip netns exec home /usr/bin/python3 "$top/tests/support/walk.py" "$user" "$language" "$PICTURES") ||
    { echo "NOT AS EXPECTED: the walk through the page" >&2; tail -n 5 "$W/out/web" "$W/out/proxy" >&2; exit 1; }
  echo "$user: registered; the app's key is $KEY_TEXT"
done
must "the app is registered" bash -c "seimon list demo | grep -q app"
echo "pictures of each step, in Japanese and English: $PICTURES"
ls "$PICTURES"

say "3. An ssh login from home with that app's code"
wait_for_next_code
must "the code of the app lets in" show_login home "$SRV4_HOME" "$(now_code)"

say "4. The audit trail"
run seimon log -u demo || exit 1

if [ -t 0 ] && [ -t 1 ]; then
  # The same page for a browser of this machine.
  sed -i 's|https://gate.example.test|https://localhost:8443|' "$W/etc/seimon.conf"
  seimon reload >/dev/null || exit 1
  page_restart
  sed "s|listen 443 ssl;|listen 127.0.0.1:8443 ssl;|; /listen \[::\]/d; s|$W/proxy/pid|$W/proxy/visitor.pid|" "$W/proxy/conf" >"$W/proxy/visitor"
  "${UNPACKED[@]}" nginx -e stderr -p "$W/proxy" -c "$W/proxy/visitor" >>"$W/out/proxy" 2>&1 </dev/null & PIDS+=($!)
  must "a page for you on 127.0.0.1:8443 (is the port taken?)" wait_until "ss -ltn | grep -q '127.0.0.1:8443 '"
  say "Your turn"
  echo "    https://localhost:8443/        user: carol, password: $PASSWORD (the browser warns of the certificate: it is the demo's own)"
  read -r -p "Press Enter here to end the demo. " _
fi
say "All of it was as expected; nothing of it is left behind but the pictures."
