# SPDX-License-Identifier: Apache-2.0
# gate.pem and gate.key for gate.example.test in FOLDER, of an authority that the machine trusts whose /etc/ssl that is.
page_certificate() {  # FOLDER
  (
    cd "$1" || exit 1
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Authority of the test" -keyout authority.key -out authority.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=gate.example.test -keyout gate.key -out gate.csr
    openssl x509 -req -in gate.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 30 \
      -extfile <(echo subjectAltName=DNS:gate.example.test,DNS:fcm.googleapis.com) -out gate.pem
    mkdir -p certs
    chmod 644 gate.key  # for the web servers' accounts
    cp authority.pem "certs/$(openssl x509 -hash -noout -in authority.pem).0"
  ) >"$W/out/command" 2>&1
}
