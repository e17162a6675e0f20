# SPDX-License-Identifier: Apache-2.0
# seimon-delivery, drivers, and real gateways for SMS and mail in the namespace srv. Source it after world_up. Messages of
# gammu-smsd are in $W/gammu/sent, mails in $W/maildir/box/new.

GATEWAYS=$(realpath "$BUILD")/gateways/files  # unpack_packages: they would start if they were installed
LIBRARIES=$(printf '%s:' "$GATEWAYS"/usr/lib/*-linux-gnu)$GATEWAYS/usr/lib
DELIVERY=$(id -u seimon-delivery)
[ -e "$GATEWAYS" ] || fail "no gateways: unpack_packages"
cp "$(dirname "${BASH_SOURCE[0]}")"/../../conf/drivers/* "$W/bin/"
mkdir -m 777 "$W/sms"
: >"$W/out/delivery"

driver() {  # NAME LINE …: a program of $W/bin; its input is in $INPUT
  printf '%s\n' '#!/bin/bash' "INPUT=\$(cat)" "${@:2}" >"$W/bin/$1"
  chmod 755 "$W/bin/$1"
}

# seimond and seimon-delivery take in the configuration.
take_in() {
  seimon reload >"$W/out/reload" 2>&1 || fail "reload: $(cat "$W/out/reload")"
  local before
  before=$(grep -c "configuration reloaded" "$W/out/delivery")
  kill -HUP "$SENDER"
  wait_until "[ \$(grep -c 'configuration reloaded' '$W/out/delivery') -gt $before ]" || fail "seimon-delivery does not reload"
}
sender_start() {
  ip netns exec srv setpriv --reuid "$DELIVERY" --regid "$DELIVERY" --clear-groups \
    env http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 all_proxy=http://127.0.0.1:9 "$W/bin/seimon-delivery" --foreground --config "$W/etc/seimon.conf" >>"$W/out/delivery" 2>&1 </dev/null &
  SENDER=$!
  PIDS+=("$SENDER")
  wait_until "seimon delivery status --json | jq -e '.workers == 8' >/dev/null" || fail "no workers: $(tail -n 3 "$W/out/delivery")"
}

in_gateway() { ip netns exec srv env LD_LIBRARY_PATH="$LIBRARIES" "$@"; }
listens() { wait_until "ip netns exec srv ss -ltn | grep -q ':$1 '"; }  # PORT

gammu_start() {
  mkdir -p "$W/gammu"/{inbox,outbox,sent,error,phone}
  chmod 777 "$W/gammu" "$W/gammu"/*
  printf '%s\n' '[gammu]' 'model = dummy' 'connection = none' "device = $W/gammu/phone" '[smsd]' 'service = files' \
    "inboxpath = $W/gammu/inbox/" "outboxpath = $W/gammu/outbox/" "sentsmspath = $W/gammu/sent/" "errorsmspath = $W/gammu/error/" \
    'receivefrequency = 1' 'loopsleep = 1' 'commtimeout = 1' 'checksecurity = 0' 'checkbattery = 0' 'checksignal = 0' 'checknetwork = 0' \
    "logfile = $W/out/gammu" >"$W/gammu/rc"
  in_gateway "$GATEWAYS/usr/bin/gammu-smsd" -c "$W/gammu/rc" & PIDS+=($!)
}
smstools_start() {
  mkdir -p "$W/smstools"/{outgoing,checked,failed,incoming,sent}
  chmod 777 "$W/smstools" "$W/smstools"/*
  printf '%s\n' "outgoing = $W/smstools/outgoing" "checked = $W/smstools/checked" "failed = $W/smstools/failed" "incoming = $W/smstools/incoming" \
    "sent = $W/smstools/sent" "logfile = $W/out/smstools" 'devices = GSM1' 'delaytime = 1' 'delaytime_mainprocess = 1' '[GSM1]' \
    "device = $W/smstools/modem" 'modem_disabled = yes' >"$W/smstools/conf"
  : >"$W/smstools/modem"
  in_gateway "$GATEWAYS/usr/sbin/smsd" -c"$W/smstools/conf" -t & PIDS+=($!)
}

decoded() { iconv -f UTF-16 -t UTF-8 "$1" 2>/dev/null || cat "$1"; }

kannel_start() {  # its interface is http://127.0.0.1:13003/cgi-bin/sendsms, user seimon, password s3cret
  mkdir -p "$W/kannel"
  cat >"$W/kannel/conf" <<'CONF'
group = core
admin-port = 13000
admin-password = admin
smsbox-port = 13001
box-allow-ip = "127.0.0.1"

group = smsc
smsc = fake
smsc-id = fake
port = 13002
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = 13003

group = sendsms-user
username = seimon
password = s3cret

group = sms-service
keyword = default
text = "no"
CONF
  in_gateway "$GATEWAYS/usr/sbin/bearerbox" -v 4 "$W/kannel/conf" >"$W/out/bearerbox" 2>&1 & PIDS+=($!)
  listens 13002
  in_gateway "$GATEWAYS/usr/lib/kannel/test/fakesmsc" -H 127.0.0.1 -r 13002 -i 1000 -m 0 "1 2 text nop" >"$W/out/fakesmsc" 2>&1 & PIDS+=($!)
  in_gateway "$GATEWAYS/usr/sbin/smsbox" -v 4 "$W/kannel/conf" >"$W/out/smsbox" 2>&1 & PIDS+=($!)
  listens 13003
  wait_until "ip netns exec srv python3 -c 'import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:13000/status.txt?password=admin\").read().decode())' | grep -q 'fake.*online'" ||
    fail "Kannel has no network"
}

mailer_start() {  # $W/bin/msmtp
  mkdir -m 777 "$W/maildir"
  ip netns exec srv python3 -m aiosmtpd -n -c aiosmtpd.handlers.Mailbox "$W/maildir/box" -l 127.0.0.1:8025 >"$W/out/smtp" 2>&1 & SMTP=$!
  PIDS+=("$SMTP")
  listens 8025
  printf '%s\n' 'account default' 'host 127.0.0.1' 'port 8025' 'tls off' 'from seimon@example.org' >"$W/etc/msmtprc"; chmod 644 "$W/etc/msmtprc"
  # The account that sends may not be able to read this folder.
  mkdir "$W/lib"
  cp "$GATEWAYS/usr/bin/msmtp" "$W/lib/"
  LD_LIBRARY_PATH=$LIBRARIES ldd "$GATEWAYS/usr/bin/msmtp" | sed -n 's/^[^>]*=> \(.*\) (0x.*/\1/p' | while read -r file; do
    [[ $file != "$GATEWAYS"/* ]] || cp -L "$file" "$W/lib/"
  done
  printf '#!/bin/sh\nexec env LD_LIBRARY_PATH=%s %s -C %s -i -t\n' "$W/lib" "$W/lib/msmtp" "$W/etc/msmtprc" >"$W/bin/msmtp"
  chmod -R a+rX "$W/lib"; chmod 755 "$W/bin/msmtp"
}
