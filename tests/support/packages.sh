# SPDX-License-Identifier: Apache-2.0
# The packages for a bare Debian 12 or 13, by purpose. Source it, then: install_packages "${BUILD_PACKAGES[@]}" …

BUILD_PACKAGES=(g++ cmake make pkg-config libpam0g-dev libssl-dev libconfig-dev libsqlite3-dev libasio-dev
  nlohmann-json3-dev libcli11-dev libqrcodegencpp-dev libpng-dev libxml2-dev libpango1.0-dev libcairo2-dev libseccomp-dev libpq-dev libcurl4-openssl-dev libfido2-dev gettext)
# Boost of 1.81 or later, for Boost.Beast. DEBIAN: the release, if it is not this machine's.
case ${DEBIAN-$(. /etc/os-release && echo "${VERSION_ID-}")} in
  12) BUILD_PACKAGES+=(libboost1.81-dev) ;;
  *) BUILD_PACKAGES+=(libboost-dev) ;;
esac
WORLD_PACKAGES=(openssh-client iproute2 socat openssl oathtool xxd libfaketime util-linux procps)
TEST_PACKAGES=(build-essential baresip-core sip-tester espeak-ng sox chromium chromium-driver python3-selenium mmdebstrap libcmocka-dev nftables valgrind cppcheck llvm apparmor systemd libpam-google-authenticator libpam-oath expect sudo login passwd jq zbar-tools python3 python3-pil python3-aiosmtpd fonts-dejavu-core sqlite3 strace
  postgresql pgbouncer freeradius freeradius-utils mandoc fail2ban logrotate ansible-core python3-pskc pskctool zsh fish poppler-utils fonts-ipafont-gothic locales dpkg-dev debhelper dh-apparmor lintian systemd-container systemd-sysv libpam-systemd dbus pamtester vlock i3lock xvfb xdotool swaylock sway wtype git rsync openssh-sftp-server clang clang-format clang-tidy lld libclang-rt-dev binutils libpam-modules libpam-modules-bin)
# Of ./test.sh quick, beside what builds.
QUICK_PACKAGES=(libcmocka-dev valgrind python3 clang-format lld)
BENCH_PACKAGES=(libpam-google-authenticator libpam-oath python3)

need_root() {  # COMMAND
  [ "$(id -u)" = 0 ] && return
  echo "$1: needs root, for network namespaces and private accounts. Run: sudo $1" >&2
  exit 1
}

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return
  echo "installing: ${missing[*]}"
  apt-get update -q >/dev/null || { echo "apt-get update failed: is a Debian mirror reachable?" >&2; exit 1; }
  DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" >/dev/null ||
    { echo "apt-get could not install: ${missing[*]}" >&2; exit 1; }
}

# The sshd program without its package: installing that would start a server on this machine and open its port 22.
unpack_sshd() {  # FOLDER
  [ -x /usr/sbin/sshd ] && return
  [ -x "$1/usr/sbin/sshd" ] && return
  mkdir -p "$1"
  (cd "$1" && apt-get download -q openssh-server >/dev/null) || { echo "cannot fetch openssh-server" >&2; exit 1; }
  # The libraries that it needs differ from one release to the next.
  local libraries
  mapfile -t libraries < <(dpkg-deb -f "$1"/openssh-server_*.deb Depends | tr ',' '\n' | sed -n 's/^ *\(lib[^ ]*\).*/\1/p')
  install_packages "${libraries[@]}"
  dpkg-deb -x "$1"/openssh-server_*.deb "$1" || exit 1
  rm -f "$1"/openssh-server_*.deb
}

# Servers without installing them: that would start them on this machine, and edit nsswitch.conf and the PAM stacks.
DIRECTORY_PACKAGES=(slapd ldap-utils nslcd libnss-ldapd sssd-ldap libnss-sss)
ONE_ANSWER_PACKAGES=(openvpn vsftpd curl)
GATEWAY_PACKAGES=(gammu-smsd kannel kannel-extras smstools msmtp)
PROXY_PACKAGES=(nginx apache2-bin caddy libnss3-tools)
# axe-core, which finds what keeps people from reading a page: Debian has no package of it.
fetch_axe() {  # FOLDER
  [ -e "$1/package/axe.min.js" ] && return
  command -v npm >/dev/null || install_packages npm
  mkdir -p "$1"
  (cd "$1" && npm pack --silent axe-core@4.10.3 >/dev/null && tar xzf axe-core-4.10.3.tgz) || { echo "npm could not fetch axe-core" >&2; exit 1; }
}

unpack_packages() {  # FOLDER (absolute) PACKAGE …: they and what they need that is not installed come to FOLDER/files
  local folder=$1 debs=$1/debs deb
  shift
  [ -e "$folder/done" ] && return
  mkdir -p "$debs/partial" "$folder/files"
  fetch() { DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends --download-only -o Dir::Cache::archives="$debs" "$@"; }
  fetch "$@" >"$folder/log" 2>&1 || { apt-get update -q && fetch "$@"; } >"$folder/log" 2>&1 ||
    { echo "apt-get could not fetch: $*: $(tail -n 3 "$folder/log")" >&2; exit 1; }
  for deb in "$debs"/*.deb; do [ ! -e "$deb" ] || dpkg-deb -x "$deb" "$folder/files" || exit 1; done
  # /lib is a link to usr/lib.
  [ ! -d "$folder/files/lib" ] || { cp -a "$folder/files/lib/." "$folder/files/usr/lib/" && rm -rf "$folder/files/lib"; }
  rm -rf "$debs"
  touch "$folder/done"
}
