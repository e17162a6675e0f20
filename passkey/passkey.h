// SPDX-License-Identifier: Apache-2.0
// Passkeys as a relying party sees them (WebAuthn Level 2): what a browser registers, and what it signs to say yes.
// libfido2 checks signature, flags and the hash of our host name; the rest of WebAuthn §7 is checked here.
// Attestation is neither asked for nor looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seimon::passkey {

using Bytes = std::vector<std::uint8_t>;

// The page, as a browser knows it.
struct Site {
  std::string host;    // the RP id: "gate.example.org"
  std::string origin;  // "https://gate.example.org"
};
// Of "https://HOST" or "https://HOST:PORT".
[[nodiscard]] Site site_of(const std::string& url);

struct Passkey {
  Bytes id;
  int algorithm = 0;       // COSE: -7 ES256, -257 RS256
  Bytes key;               // as libfido2 has it: x and y; or modulus and exponent
  bool is_synced = false;  // kept beyond the phone, by whoever makes it (flag BE)
  std::uint32_t counter = 0;
};

// One line of text, and back. Nothing for anything else.
[[nodiscard]] std::string text_of(const Passkey& passkey);
[[nodiscard]] std::optional<Passkey> parse(std::string_view text);

// Results of the browser's credentials.create() for `challenge` on our page, in bytes.
struct Registration {
  Bytes client_data;         // JSON
  Bytes authenticator_data;  // §6.1, with the attested credential data
};
// Sets `problem` and returns nothing when it is not a registration for that challenge, on that site, by somebody whom
// the phone has recognised (flags UP and UV).
[[nodiscard]] std::optional<Passkey> registered(const Registration& registration, const Site& site,
                                                const Bytes& challenge, std::string& problem);

// Results of credentials.get().
struct Assertion {
  Bytes client_data;
  Bytes authenticator_data;
  Bytes signature;
};
// The signature counter of an assertion by `passkey` for `challenge`, on that site, with UP and UV. Sets `problem` and
// returns nothing for any other. Whether the counter has risen, the caller decides.
[[nodiscard]] std::optional<std::uint32_t> verified(const Assertion& assertion, const Passkey& passkey,
                                                    const Site& site, const Bytes& challenge, std::string& problem);

[[nodiscard]] Bytes sha256(std::string_view text);
// The bytes of base::base64url(). Nothing for what is not that.
[[nodiscard]] std::optional<Bytes> from_base64url(std::string_view text);

}  // namespace seimon::passkey
