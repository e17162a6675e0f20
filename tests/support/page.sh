# SPDX-License-Identifier: Apache-2.0
# seimon-web and seimon-web-login in the namespace srv. Source it after world_up.

echo 'seimon-web:x:64096:64096::/nonexistent:/usr/sbin/nologin' >>"$W/etc/passwd"
echo 'seimon-web:*:19000:0:99999:7:::' >>"$W/etc/shadow"
echo 'seimon-web:x:64096:' >>"$W/etc/group"
echo 'proxy-of-page:x:64095:64095::/nonexistent:/usr/sbin/nologin' >>"$W/etc/passwd"
echo 'proxy-of-page:x:64095:' >>"$W/etc/group"

page_config() {  # MORE: whole lines
  config "mode = \"enforce\"; language = \"en\"; issuer = \"Example University\"; help = \"Help desk: ext. 4567\";
networks: { campus: { addresses = [ \"10.20.0.0/16\" ]; }; };
rules = ( { name = \"campus\"; networks = [ \"campus\" ]; action = \"skip\"; } );
roles: { helpdesk_groups = [ \"helpers\" ]; admin_groups = [ \"managers\" ]; };
web: { account = \"seimon-web\"; url = \"https://gate.example.test\"; };
$1"
}

PAGE_SOCKET=/run/seimon/seimon.sock  # of the seimond that it asks
page_start() {
  # The stack as it is installed; a wrong password is not punished by a pause here.
  # Its account cannot read every folder that a source tree lies in.
  cp "$SOURCE_OF_PAGE/"{style.css,approve.js,ok-worker.js,ok.svg} "$W/bin/"
  sed "s|pam_seimon.so|$W/bin/pam_seimon.so timeout=20 socket=$PAGE_SOCKET|; s|^auth .*pam_unix.so|& nodelay|" "$SOURCE_OF_PAGE/../conf/pam.d/seimon-web" >"$W/pam.d/seimon-web"
  ip netns exec srv "$W/bin/seimon-web-login" --checked-stacks "$W/checked" >>"$W/out/web" 2>&1 </dev/null & WEB_LOGIN=$!
  PIDS+=("$WEB_LOGIN")
  ip netns exec srv "$W/bin/seimon-web" --seimond "$PAGE_SOCKET" --proxy proxy-of-page --files "$W/bin" --locale "$W/bin/locale" >>"$W/out/web" 2>&1 </dev/null & WEB=$!
  PIDS+=("$WEB")
  wait_until "[ -S /run/seimon/web.sock ] && [ -S /run/seimon/web-login.sock ]" || fail "no page: $(cat "$W/out/web")"
}
page_restart() {
  stop_one "$WEB" 2>/dev/null
  stop_one "$WEB_LOGIN" 2>/dev/null
  rm -f /run/seimon/web.sock /run/seimon/web-login.sock
  page_start
}
SOURCE_OF_PAGE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../web" && pwd)

as_user() { setpriv --reuid "$1" --regid "$(id -g "$1")" --clear-groups env PATH="$PATH" HOME="$W/home/$1" LC_ALL=C.UTF-8 "${@:2}"; }
# A command of USER who types a fresh code where one is asked for.
as_user_code() { code "$1" | as_user "$1" seimon "${@:2}" 2>/dev/null; }
# The ticket of a sign-in of USER to the page, as seimon-web gets it.
page_ticket() {  # USER
  printf '%s\n%s\n' "$PASSWORD" "$(code "$1")" | python3 "$(dirname "${BASH_SOURCE[0]}")/sign_in.py" "$1" "$HOME4"
}
