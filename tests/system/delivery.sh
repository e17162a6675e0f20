#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# seimon-delivery and its drivers: programs that fail, hang, lie and talk too much; web interfaces; real gateways for SMS
# and a real mailer. usage: delivery.sh BUILD
. "$(dirname "$0")/../support/world.sh"
world_enter "$0" "$@"
BUILD=$1
world_up "$1"
. "$(dirname "$0")/../support/gateways.sh"
PORTS=(18080 18081)

driver good "printf '%s\n' \"\$INPUT\" >>$W/sms/box; env >$W/sms/environment; tr '\0' ' ' </proc/\$\$/cmdline >$W/sms/arguments"
driver later 'echo "line 0 busy for +819012345678" >&2; exit 75'
driver never 'echo "no such number" >&2; exit 65'
driver denied 'echo "card was swapped" >&2; exit 77'
driver hangs "sleep 987 & echo \$! >$W/sms/child; wait"
driver leaves "sleep 986 & printf '%s\n' \"\$INPUT\" >>$W/sms/box; exit 0"
driver chatty 'head -c 1048576 /dev/zero | tr "\0" x'
driver lies 'echo "accepted"'
driver dies 'kill -SEGV $$'
printf '#!/bin/sh\nexit 0\n' >"$W/bin/deaf"; chmod 755 "$W/bin/deaf"

settings() {  # TEXT: of the group delivery
  config "mode = \"enforce\"; language = \"en\"; issuer = \"Example University\";
default: { action = \"require\"; unenrolled = \"deny\"; };
delivery: { $1 };"
}
sms() {  # PROGRAM …
  local program rows=""
  for program in "$@"; do rows+="${rows:+,} { command = [ \"$W/bin/$program\" ]; timeout = 2; }"; done
  settings "prefixes = [ \"+81\" ]; country = \"81\"; never = [ \"+81570\", \"+8150\" ]; sms = ($rows );"
}
use() {  # PROGRAM …: these are the drivers from now on
  sms "$@"
  take_in
}
test_sms() { seimon delivery test sms "${1:-+819012345678}" >"$W/out/command" 2>&1; }
says() { grep -qF -- "$1" "$W/out/command" || { cat "$W/out/command"; return 1; }; }
exits() { "${@:2}" >"$W/out/command" 2>&1 </dev/null; local code=$?; [ "$code" = "$1" ] || { echo "exit $code"; cat "$W/out/command"; return 1; }; }

# --- what may be sent, and where
settings ""
seimond_start
it "without drivers and prefixes nothing is sent" exits 6 seimon delivery test sms +819012345678
it "and it says which key is missing" says "delivery.prefixes is not set"
sms good
seimon reload >/dev/null
for number in 110 +81110 0570-012-345 0081-0570-012-345 +81-00570-012-345 050-1234-5678 +1-202-555-0100 +81901234567890123 090-1234-ABCD ''; do
  it "no message to \"$number\"" bash -c "seimon delivery test sms '$number' >'$W/out/command' 2>&1; [[ \$? = [26] ]]"
done
it "nobody takes a message while seimon-delivery does not run" exits 1 seimon delivery test sms +819012345678
it "and it says what to start" says "systemctl enable --now seimon-delivery"
it "status shows that there is no worker" exits 1 seimon delivery status
sender_start
it "a message that was dropped meanwhile is not sent later" test ! -e "$W/sms/box"
it "status shows the workers and the drivers" bash -c "seimon delivery status | grep -q '8 workers' && seimon delivery status | grep -q 'drivers: good'"
for number in +819012345678 090-1234-5678 ０９０１２３４５６７８ '+81 (0)90-1234-5678' 0081-90-1234-5678; do
  rm -f "$W/sms/box"
  it "a message to $number is sent" test_sms "$number"
  it "to that number in one form" test "$(jq -r .to "$W/sms/box")" = +819012345678
done
it "its text is one part of an SMS" bash -c "[ \$(jq -r .text '$W/sms/box' | wc -m) -le 70 ]"
it "a driver has nothing in its environment but PATH" test -z "$(grep -vE '^(PATH|PWD|SHLVL|_|OLDPWD)=' "$W/sms/environment")"
it "and the number in no argument" lacks "$W/sms/arguments" 9012345678
it "ordinary users send nothing" exits 3 setpriv --reuid "$(id -u u01)" --regid "$(id -g u01)" --clear-groups seimon delivery test sms +819012345678
it "nor take messages" grep -q NotPermitted <(raw_call u01 '{"method":"io.seimon.Admin.NextDelivery","parameters":{}}')

# --- drivers that do not work
use later good
rm -f "$W/sms/box"
it "the next driver takes over when one cannot now" test_sms
it "it sends the message once" test "$(wc -l <"$W/sms/box")" = 1
it "the log says which failed, without digits" grep -q "message d[0-9]* by later: failed: line # busy for +############" "$W/out/delivery"
it "the number is not in the log" lacks "$W/out/delivery" 9012345678
use never good
rm -f "$W/sms/box"
it "a number that is none is tried no further" exits 1 test_sms
it "it says so" says "no such number"
it "and nothing was sent" test ! -e "$W/sms/box"
use denied good
it "a refusal is not got around by the next driver" exits 1 test_sms
it "it says who refused, and why" says "denied refused: card was swapped"
it "nothing was sent by it" test ! -e "$W/sms/box"
use hangs good
it "a driver that hangs is killed, and the next takes over" test_sms
it "with what it had started" bash -c "! kill -0 \$(cat '$W/sms/child') 2>/dev/null"
it "the log says why" has "$W/out/delivery" "by hangs: unknown: killed after its time limit"
for program in chatty lies dies nothing-there; do
  use "$program" good
  rm -f "$W/sms/box"
  it "after the driver \"$program\" comes the next" test_sms
  it "which sends it once" test "$(wc -l <"$W/sms/box")" = 1
done
use leaves
rm -f "$W/sms/box"
it "a child that keeps standard output open holds nobody" test_sms
it "and does not outlive the driver" bash -c "! pgrep -f 'sleep 98[67]' >/dev/null"
use deaf
it "a driver that reads nothing and succeeds has taken the message" test_sms
use later later
it "when all fail, that is the outcome" exits 1 test_sms
it "with the last driver's words" says "line # busy"
it "status counts it" bash -c "seimon delivery status --json | jq -e '.channels[0].failed > 0 and (.channels[0].failure | startswith(\"later: \"))' >/dev/null"

it "and so does Prometheus" bash -c "seimon status --prometheus | grep -q '^seimon_messages_total{channel=\"sms\",outcome=\"failed\"} [1-9]' && seimon status --prometheus | grep -qx 'seimon_delivery_workers 8'"

# --- the program is killed in the middle
use hangs
(seimon delivery test sms +819012345678 >"$W/out/killed" 2>&1; echo "exit $?" >>"$W/out/killed") & ASKER=$!
rm -f "$W/sms/child"
wait_until "[ -s '$W/sms/child' ]"
kill -KILL "$SENDER"
wait "$ASKER"
it "a message whose worker was killed is known to be in doubt" grep -q "it may have been sent or not" "$W/out/killed"
kill "$(cat "$W/sms/child")" 2>/dev/null
sms good
seimon reload >/dev/null
rm -f "$W/sms/box"
stop_one "$SENDER" 2>/dev/null
sender_start
it "and is not sent again" test ! -e "$W/sms/box"
it "the next one is" test_sms

# --- the configuration
settings 'sms = ( { command = "ls"; } );'
kill -HUP "$SENDER"
it "a reload that fails is told" wait_until "grep -q 'reload failed; keeping the previous configuration: .*absolute path' '$W/out/delivery'"
it "and the drivers stay" test_sms
wrong() {  # SENTENCE EXPECTED TEXT
  settings "$3"
  it "$1" exits 6 seimond --check --config "$W/etc/seimon.conf"
  it "  with the file, the line and what would be right" bash -c "grep -qE 'seimon.conf:[0-9]+: ' '$W/out/command' && grep -qF -- '$2' '$W/out/command'"
}
wrong "a driver with neither command nor url" "neither command nor url" 'sms = ( { timeout = 3; } );'
wrong "with both" "both command and url" 'sms = ( { command = [ "/bin/true" ]; url = "https://sms.example.org/"; body = "x"; } );'
wrong "without TLS" "is not https" 'sms = ( { url = "http://sms.example.org/"; body = "{to}"; } );'
wrong "without a body" "has no body" 'sms = ( { url = "https://sms.example.org/"; } );'
wrong "a place that is none" "{number} is not a part of a message" 'sms = ( { url = "https://sms.example.org/"; body = "{number}"; } );'
wrong "an encoding that is none" "{to:raw} is not encoded" 'sms = ( { url = "https://sms.example.org/"; body = "{to:raw}"; } );'
wrong "a header of two lines" "cannot be shown" 'sms = ( { url = "https://sms.example.org/"; body = "x"; headers = [ "A: b\nC: d" ]; } );'
wrong "a prefix that is none" "is not the beginning of a telephone number" 'prefixes = [ "81" ];'
wrong "a country that is none" "is not a country code" 'country = "+81";'
wrong "no list" "is not a list of drivers" 'sms = [ "/bin/true" ];'
wrong "a password in the address" "no plain host" 'sms = ( { url = "https://user:secret@sms.example.org/"; body = "{to}"; } );'
wrong "a host behind this machine's address" "no plain host" 'sms = ( { url = "http://127.0.0.1:80@sms.example.org/"; body = "{to}"; } );'
wrong "GET with a body" "GET sends no body" 'sms = ( { method = "GET"; url = "https://sms.example.org/"; body = "{to}"; } );'
wrong "more time than a message has" "add up to more than 240 seconds" 'email = ( { command = [ "/bin/true" ]; timeout = 100; }, { command = [ "/bin/true" ]; timeout = 100; }, { command = [ "/bin/true" ]; timeout = 100; } );'
wrong "the old name" "notify has another name" 'from = "x"; }; notify: { command = [ "/bin/true" ];'
wrong "a text longer than one SMS" "does not fit one SMS" 'prefixes = [ "+81" ]; }; texts: { code-sms: { ja = "コード {2} ですがこの文章はとても長いので一通には収まりません、収まりません、収まりません、収まりません、収まりません、収まりません。"; };'
wrong "one without the code" "does not hold {2}, the code" 'prefixes = [ "+81" ]; }; texts: { code-sms: { en = "for {1}"; };'
wrong "an unknown key" "did you mean" 'sms = ( { comand = [ "/bin/true" ]; } );'
chmod 777 "$W/bin/deaf"
wrong "a program that others may write to" "chmod" "sms = ( { command = [ \"$W/bin/deaf\" ]; } );"
chmod 755 "$W/bin/deaf"
install -m 644 /dev/null "$W/etc/token"
wrong "a secret that others may read" "can be read by other users" "sms = ( { url = \"https://sms.example.org/\"; body = \"{to}\"; headers = [ \"Authorization: Bearer @$W/etc/token\" ]; } );"
wrong "such a secret in a url" "can be read by other users" "sms = ( { method = \"GET\"; url = \"https://sms.example.org/?password={@$W/etc/token}&to={to}\"; } );"
settings 'prefixes = [ "+81" ]; auto = [ "shhd" ]; sms = ( { command = [ "/bin/true" ]; } );'
it "a service of delivery.auto that is none is told of" bash -c "seimond --check --config '$W/etc/seimon.conf' 2>&1 | grep -q 'names \"shhd\", but there is no /etc/pam.d/shhd'"

# --- web interfaces
cat >"$W/tmp/web.py" <<'PYTHON'
# A gateway's web interface. usage: web.py PORT FOLDER [CERTIFICATE KEY]; each path behaves in its own way.
import http.server, json, ssl, sys
folder = sys.argv[2]
class Gateway(http.server.BaseHTTPRequestHandler):
    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers: self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(folder + "/web", "a") as file:
            file.write(json.dumps({"path": self.path, "body": body.decode(), "headers": dict(self.headers)}) + "\n")
        kind = self.path.split("?")[0]
        if kind == "/redirect": return self.answer(302, headers=[("Location", "/good")])
        if kind == "/long": return self.answer(200, b"x" * 100000)
        if kind == "/bad": return self.answer(422, b"unknown number 12345")
        if kind == "/broken": return self.answer(503)
        if kind == "/forbidden": return self.answer(403)
        self.answer(202, b'{"status":"accepted"}')
    do_GET = do_POST
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Gateway)
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
PYTHON
ip netns exec srv python3 "$W/tmp/web.py" "${PORTS[0]}" "$W/sms" & PIDS+=($!)
wait_until "ip netns exec srv ss -ltn | grep -q ':${PORTS[0]} '"
chown "$DELIVERY" "$W/etc/token"; chmod 400 "$W/etc/token"; echo s3cr3t-t0ken >"$W/etc/token"
web() {  # PATH REST: that driver, then the good program
  settings "prefixes = [ \"+81\" ]; sms = ( { url = \"http://127.0.0.1:${PORTS[0]}/$1\"; $2 }, { command = [ \"$W/bin/good\" ]; } );"
  take_in
  rm -f "$W/sms/box" "$W/sms/web"
  test_sms
}
JSON='body = "{\"to\":\"{to}\",\"text\":\"{text:json}\"}"; headers = [ "Authorization: Bearer @'$W/etc/token'" ]; ok_body = "accepted";'
it "a web interface takes a message, whatever proxy the environment names" web good "$JSON"
it "and no other driver is asked" test ! -e "$W/sms/box"
it "as JSON" bash -c "jq -r .body '$W/sms/web' | jq -e '.to == \"+819012345678\" and (.text | startswith(\"Seimon: \"))' >/dev/null"
it "with its type and the secret of the file" bash -c "jq -e '.headers.Authorization == \"Bearer s3cr3t-t0ken\" and (.headers[\"Content-Type\"] | startswith(\"application/json\"))' '$W/sms/web' >/dev/null"
it "a form is encoded as one" web good 'body = "to={to}&text={text}";'
it "with its type" bash -c "jq -e '.headers[\"Content-Type\"] == \"application/x-www-form-urlencoded\" and (.body | startswith(\"to=%2B819012345678&text=Seimon%3A%20\"))' '$W/sms/web' >/dev/null"
it "a query, too" web 'good?to={to}&x={id}' 'method = "GET";'
it "with everything encoded" bash -c "jq -e '.path | startswith(\"/good?to=%2B819012345678&x=d\")' '$W/sms/web' >/dev/null"
for path in redirect long broken forbidden; do
  it "after \"$path\" comes the next driver" web "$path" "$JSON"
  it "  which sends it" test -s "$W/sms/box"
  it "  and the interface was asked once" test "$(wc -l <"$W/sms/web")" = 1
done
it "a reply that does not say what it should is a failure" web good "${JSON/accepted/queued}"
it "  and the next driver sends" test -s "$W/sms/box"
it "a number that the interface does not know is tried no further" exits 1 web bad "$JSON"
it "  with its words, without digits" says "HTTP status 422: unknown number #####"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
  -keyout "$W/tmp/key.pem" -out "$W/tmp/certificate.pem" >/dev/null 2>&1
ip netns exec srv python3 "$W/tmp/web.py" "${PORTS[1]}" "$W/sms" "$W/tmp/certificate.pem" "$W/tmp/key.pem" & PIDS+=($!)
wait_until "ip netns exec srv ss -ltn | grep -q ':${PORTS[1]} '"
settings "prefixes = [ \"+81\" ]; sms = ( { url = \"https://127.0.0.1:${PORTS[1]}/\"; body = \"{to}\"; } );"
take_in
it "a certificate that no authority of the system has signed is not believed" exits 1 test_sms
it "  and it says so" says "certificate"
cat /etc/ssl/certs/ca-certificates.crt "$W/tmp/certificate.pem" >"$W/tmp/authorities"
chmod 644 "$W/tmp/authorities"
mount --bind "$W/tmp/authorities" /etc/ssl/certs/ca-certificates.crt
stop_one "$SENDER"
sender_start  # ip netns exec gives it the mounts of this moment
it "one that the system trusts is" test_sms
umount /etc/ssl/certs/ca-certificates.crt

# --- real gateways
gammu_start
settings "prefixes = [ \"+81\" ]; language = \"ja\"; sms = ( { command = [ \"$W/bin/deliver-gammu\", \"$W/gammu/outbox\" ]; } );"
sed -i 's/language = "ja"; sms/sms/; s/language = "en"/language = "ja"/' "$W/etc/seimon.conf"
take_in
it "gammu-smsd takes a message" test_sms
it "and sends it, to that number" wait_until "ls '$W'/gammu/sent/OUT*_+819012345678_* >/dev/null 2>&1"
it "with its Japanese text" bash -c "$(declare -f decoded); for file in '$W'/gammu/sent/OUT*; do decoded \"\$file\"; done | grep -q '【正門】'"
it "a gateway whose folder is away is a driver that failed" bash -c "mv '$W/gammu/outbox' '$W/gammu/away'; seimon delivery test sms +819012345678 >'$W/out/command' 2>&1; mv '$W/gammu/away' '$W/gammu/outbox'; grep -q 'No such file' '$W/out/command'"

smstools_start
settings "prefixes = [ \"+81\" ]; sms = ( { command = [ \"$W/bin/deliver-smstools\", \"$W/smstools/outgoing\" ]; } );"
take_in
it "smstools takes a message" test_sms
it "and sends it, to that number" bash -c "for _ in \$(seq 1 300); do grep -rlq '^To: 819012345678' '$W/smstools/sent' && exit 0; read -r -t 0.1 <> <(:); done; cat '$W/out/smstools'; exit 1"

kannel_start
install -m 400 -o "$DELIVERY" /dev/null "$W/etc/password"
kannel() {  # PASSWORD
  echo "$1" >"$W/etc/password"
  settings "prefixes = [ \"+81\" ]; sms = ( { method = \"GET\"; ok_body = \"Accepted\"; url = \"http://127.0.0.1:13003/cgi-bin/sendsms?username=seimon&password={@$W/etc/password}&from=Seimon&to={to}&charset=UTF-8&coding=2&text={text}\"; } );"
  take_in
  test_sms
}
it "Kannel takes a message" kannel s3cret
it "and hands it to the network" wait_until "grep -q 819012345678 '$W/out/fakesmsc'"
it "a password that Kannel does not know is told" exits 1 kannel wrong
it "  as its status" says "HTTP status 403"

mailer_start
settings "from = \"Seimon <seimon@example.org>\"; email = ( { command = [ \"$W/bin/msmtp\" ]; format = \"mail\"; } );"
take_in
it "a mail is sent by msmtp" seimon delivery test email alice@example.org
it "and arrives" bash -c "grep -rq '^To: alice@example.org' '$W/maildir/box/new'"
it "with its sender" bash -c "grep -rq '^From: Seimon <seimon@example.org>' '$W/maildir/box/new'"
enrol u03
it "a notice comes the same way, within the next look at the queue" bash -c "for _ in \$(seq 1 300); do grep -rq '^To: u03' '$W/maildir/box/new' && exit 0; read -r -t 0.1 <> <(:); done; exit 1"
it "which status counts" wait_until "seimon delivery status --json | jq -e '.channels[1].sent > 1' >/dev/null"
it "and the queue is empty then" wait_until "[ \$(seimon status --json | jq .mails_waiting) = 0 ]"
# msmtp and others say EX_NOPERM when their own password is wrong.
driver nobody 'exit 67'
driver locked 'exit 77'
mailer() { settings "email = ( { command = [ \"$W/bin/$1\" ]; format = \"mail\"; } );"; take_in; }
waiting() { seimon status --json | jq .mails_waiting; }
mailer locked
enrol u04
it "a notice whose mailer may not send waits" bash -c "for _ in \$(seq 1 300); do seimon delivery status --json | jq -e '.channels[1].failure | startswith(\"locked\")' >/dev/null && exit 0; read -r -t 0.1 <> <(:); done; exit 1"
it "  in the queue" test "$(waiting)" = 1
tick 600
mailer nobody
it "one whose recipient is unknown to the mailer leaves the queue" bash -c "for _ in \$(seq 1 300); do [ \$(seimon status --json | jq .mails_waiting) = 0 ] && exit 0; read -r -t 0.1 <> <(:); done; exit 1"
it "  with an event" some_event u04 'event="notice" outcome="dropped"'
mailer msmtp
stop_one "$SMTP"
it "a mail server that is down is told" exits 1 seimon delivery test email alice@example.org
it "nobody can be an option of the mailer" exits 2 seimon delivery test email -- -oQ/tmp
it "  which is told" says "is not a mail address or the name of an account"

stop_one "$SENDER"
it "it ends when it is told to" bash -c "! kill -0 $SENDER 2>/dev/null"
finish
