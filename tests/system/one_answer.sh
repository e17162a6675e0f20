#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One answer through real programs: OpenVPN's server and client, vsftpd and curl. usage: one_answer.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
world_up "$1"
# Packages that are not installed, for they would start (unpack_packages).
PROGRAMS=$1/one-answer/files
PATH=$PATH:$PROGRAMS/usr/sbin:$PROGRAMS/usr/bin
export LD_LIBRARY_PATH
LD_LIBRARY_PATH=$(printf '%s:' "$PROGRAMS"/usr/lib/*-linux-gnu)
sed -i 's/services = \[ "sshd" \]/services = [ "sshd", "ftp" ]/' "$W/etc/seimon.conf"
seimond_start
for user in u10 u11 u12 u13 u14; do enrol "$user"; done
for service in vpn ftp; do use_stack "$service" one-answer; done

# --- OpenVPN: the server in srv with a tun (its server mode takes no other), the client at home with none --------------
VPN=$W/vpn
mkdir -p "$VPN" /dev/net
mknod /dev/net/tun c 10 200
( cd "$VPN" || exit
  for name in ca server; do openssl ecparam -name prime256v1 -genkey -noout -out "$name.key"; done
  openssl req -x509 -new -key ca.key -subj /CN=ca -days 3650 -out ca.crt
  openssl req -new -key server.key -subj /CN=server |
    openssl x509 -req -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out server.crt \
      -extfile <(printf '%s\n' keyUsage=digitalSignature extendedKeyUsage=serverAuth)  # remote-cert-tls wants both
) >"$W/out/openssl" 2>&1

vpn_start() {  # [LINE …]: more lines of the server's configuration
  printf '%s\n' 'server 10.8.0.0 255.255.255.0' 'topology subnet' 'dev tun' 'proto udp4' "local $SRV4_HOME" 'port 11940' \
    'dh none' "ca $VPN/ca.crt" "cert $VPN/server.crt" "key $VPN/server.key" 'verify-client-cert none' \
    'username-as-common-name' 'duplicate-cn' 'keepalive 10 60' 'verb 4' "plugin \"$VPN_PLUGIN\" vpn" "$@" >"$VPN/server.conf"
  ip netns exec srv openvpn --config "$VPN/server.conf" >"$W/out/vpn" 2>&1 </dev/null &
  VPN_SERVER=$!
  PIDS+=("$VPN_SERVER")
  wait_until "grep -q 'Initialization Sequence Completed' $W/out/vpn" || fail "openvpn: $(tail -n 5 "$W/out/vpn")"
}

# True when connected; the client goes on until vpn_leave.
vpn() {  # USER ANSWER [OPTION …]
  printf '%s\n%s\n' "$1" "$2" >"$VPN/answer"
  chmod 600 "$VPN/answer"
  shift 2
  : >"$W/out/ssh"  # what `it` shows of a failure
  ip netns exec home openvpn --client --dev null --proto udp4 --remote "$SRV4_HOME" 11940 --nobind --ca "$VPN/ca.crt" \
    --remote-cert-tls server --auth-user-pass "$VPN/answer" --ifconfig-noexec --route-noexec --verb 3 "$@" >"$W/out/ssh" 2>&1 </dev/null &
  VPN_CLIENT=$!
  PIDS+=("$VPN_CLIENT")
  wait_until "grep -qE 'Initialization Sequence Completed|AUTH_FAILED|[Ff]atal' $W/out/ssh"
  grep -q 'Initialization Sequence Completed' "$W/out/ssh"
}
vpn_leave() { stop_one "$VPN_CLIENT"; }
vpn_once() { local code=0; vpn "$@" || code=1; vpn_leave; return "$code"; }
vpn_denied() { ! vpn_once "$@" && grep -q AUTH_FAILED "$W/out/ssh"; }
# Waits for the next key's negotiation, which the server asks for, and says whether the client is still in.
vpn_stays() { wait_until "[ \$(grep -c 'peer certificate' $W/out/ssh) -ge 2 ]" && ! wait_some_for_failure; }
wait_some_for_failure() { local i; for i in $(seq 70); do grep -q AUTH_FAILED "$W/out/ssh" && return 0; sleep 0.1; done; return 1; }

VPN_PLUGIN=$(ls "$PROGRAMS"/usr/lib/*/openvpn/plugins/openvpn-plugin-auth-pam.so /usr/lib/*/openvpn/plugins/openvpn-plugin-auth-pam.so 2>/dev/null | head -n 1)
vpn_start
it "OpenVPN: password and code in one answer" vpn_once u10 "$PASSWORD$(code u10)"
it "the same again is refused" vpn_denied u10 "$PASSWORD$(code u10)"
it "the trail has the client's address" last_event u10 from "$HOME4"
it "the password alone is not enough" vpn_denied u11 "$PASSWORD"
it "nor a wrong password with a right code" vpn_denied u11 "wrong$(code u11)"
it "that code is still good, as it was never checked" vpn_once u11 "$PASSWORD$(code u11)"
stop_one "$VPN_SERVER"
vpn_start 'reneg-sec 5 5' 'hand-window 2' 'tran-window 2'
it "a client sends the same answer again when the keys are renewed" vpn u12 "$PASSWORD$(code u12)"
it "and is cut off" refused vpn_stays
vpn_leave
stop_one "$VPN_SERVER"
vpn_start 'reneg-sec 5 5' 'hand-window 2' 'tran-window 2' 'auth-gen-token 43200'
it "with auth-gen-token" vpn u12 "$PASSWORD$(code u12 1)"
it "it stays" vpn_stays
vpn_leave
stop_one "$VPN_SERVER"

# --- vsftpd in srv, curl at home ----------------------------------------------------------------------------------------
mkdir -p /run/vsftpd/empty
printf '%s\n' listen=YES listen_port=2121 background=NO anonymous_enable=NO local_enable=YES \
  pam_service_name=ftp >"$W/etc/vsftpd.conf"
ip netns exec srv vsftpd "$W/etc/vsftpd.conf" >"$W/out/vsftpd" 2>&1 </dev/null &
PIDS+=($!)
wait_until "ip netns exec srv ss -ltn | grep -q ':2121 '" || fail "vsftpd did not start: $(cat "$W/out/vsftpd")"
ftp() {  # USER ANSWER: true when let in
  home curl -sS --max-time 20 --ftp-method nocwd -u "$1:$2" "ftp://$SRV4_HOME:2121/" >"$W/out/ssh" 2>&1
}
ftp_denied() { local code=0; ftp "$@" || code=$?; [ "$code" = 67 ]; }  # 67: login denied
two_at_once() {  # as a client does that opens a second connection for a second file
  local first=1 second=1 pid
  home curl -sS -u "$1:$2" "ftp://$SRV4_HOME:2121/" >/dev/null 2>&1 &
  pid=$!
  ftp "$1" "$2" && second=0
  wait "$pid" && first=0
  [ $((first + second)) = 1 ]
}
it "vsftpd: password and code in one answer" ftp u13 "$PASSWORD$(code u13)"
it "the same again is refused" ftp_denied u13 "$PASSWORD$(code u13)"
it "a second connection with the same answer is refused, even at the same moment" two_at_once u14 "$PASSWORD$(code u14)"
it "the password alone is not enough" ftp_denied u13 "$PASSWORD"
it "where a rule for the client's network lets pass, the password alone lets in" campus curl -sS -u "u13:$PASSWORD" "ftp://$SRV4_CAMPUS:2121/"
it "full-width digits, and a blank behind them" ftp u13 "$PASSWORD,$(code u13 1 | sed 'y/0123456789/０１２３４５６７８９/') "
printf '%s\n' 'remember: { for = "12h"; services = [ "ftp" ]; };' >>"$W/etc/seimon.conf"
seimond_stop
seimond_start
tick 60
ANSWER=$PASSWORD$(code u14)
it "where hosts are remembered, the first login takes a code" ftp u14 "$ANSWER"
it "and the same answer sent again gets in, as the password is still cut out of it" ftp u14 "$ANSWER"
it "so does the password alone" ftp u14 "$PASSWORD"
it "but not a wrong one" ftp_denied u14 "wrong$ANSWER"
finish
