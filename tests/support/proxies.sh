# SPDX-License-Identifier: Apache-2.0
# nginx, Apache and Caddy with the configurations of conf/web, in the namespace srv, with the certificate of a private
# authority. They come from unpack_packages: installed, they would start. Source it after page.sh.

. "$(dirname "${BASH_SOURCE[0]}")/certificate.sh"
PROXIES=$(realpath "$BUILD")/proxies/files
[ -e "$PROXIES" ] || fail "no web servers: unpack_packages"
SITE=gate.example.test
CERTIFICATE=$W/tls/gate.pem AUTHORITY=$W/tls/authority.pem

tls_make() { mkdir -p "$W/tls" && page_certificate "$W/tls" || fail "no certificate: $(cat "$W/out/command")"; }

# The shipped configuration with this world's name and files. Nothing else of it is changed.
proxy_conf() { sed "s|gate\.example\.org|$SITE|; s|/etc/ssl/gate|$W/tls/gate|" "$SOURCE_OF_PAGE/../conf/web/$1"; }

UNPACKED=(env LD_LIBRARY_PATH="$PROXIES/usr/lib/$(uname -m)-linux-gnu" PATH="$PROXIES/usr/sbin:$PROXIES/usr/bin:$PATH")

proxy_start() {  # nginx|apache|caddy
  local modules=$PROXIES/usr/lib/apache2/modules name
  mkdir -p "$W/proxy/logs"
  chown -R proxy-of-page "$W/proxy"
  case $1 in
    nginx)
      { echo "user proxy-of-page; daemon off; pid $W/proxy/pid; error_log stderr; events {}"
        echo "http { access_log off; client_body_temp_path $W/proxy/body; proxy_temp_path $W/proxy/temp; fastcgi_temp_path $W/proxy/f; uwsgi_temp_path $W/proxy/u; scgi_temp_path $W/proxy/s;"
        proxy_conf nginx.conf
        echo '}'; } >"$W/proxy/conf"
      set -- nginx -e stderr -p "$W/proxy" -c "$W/proxy/conf" ;;
    apache)
      { echo "ServerRoot $W/proxy"; echo "PidFile $W/proxy/pid"; echo "ErrorLog /dev/stderr"; echo "User proxy-of-page"; echo "Group proxy-of-page"; echo "Listen 443"
        for name in mpm_event authz_core ssl proxy proxy_http headers socache_shmcb; do echo "LoadModule ${name}_module \"$modules/mod_$name.so\""; done
        proxy_conf apache.conf; } >"$W/proxy/conf"
      set -- apache2 -D FOREGROUND -f "$W/proxy/conf" ;;
    caddy)
      { printf '{\n admin off\n auto_https disable_redirects\n}\n'
        proxy_conf Caddyfile | sed "s|^$SITE {|&\n\ttls $CERTIFICATE $W/tls/gate.key|"; } >"$W/proxy/conf"
      set -- setpriv --reuid proxy-of-page --regid proxy-of-page --clear-groups caddy run --adapter caddyfile --config "$W/proxy/conf" ;;
  esac
  ip netns exec srv sh -c 'echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start'
  "${UNPACKED[@]}" HOME="$W/proxy" ip netns exec srv "$@" >>"$W/out/proxy" 2>&1 </dev/null &
  PROXY=$!
  PIDS+=("$PROXY")
  wait_until "ip netns exec srv ss -ltn | grep -q ':443 '" || fail "no $1: $(cat "$W/out/proxy")"
}
proxy_stop() { stop_one "$PROXY"; wait_until "! ip netns exec srv ss -ltn | grep -q ':443 '"; }

# What a browser with that folder for its home trusts.
trust_authority() {  # HOME
  mkdir -p "$1/.pki/nssdb"
  "${UNPACKED[@]}" certutil -d "sql:$1/.pki/nssdb" -N --empty-password && "${UNPACKED[@]}" certutil -d "sql:$1/.pki/nssdb" -A -t C,, -n authority -i "$AUTHORITY" ||
    fail "certutil"
}
