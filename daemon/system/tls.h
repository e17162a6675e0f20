// SPDX-License-Identifier: Apache-2.0
// TLS between login hosts and gates: version 1.3 alone, and both sides show a certificate of the one private authority.
#pragma once

#include <sys/types.h>

#include <string>

#include <asio/ssl/context.hpp>

namespace seimon::daemon {

enum class Side : std::uint8_t { kHost, kGate };

// `file` is what `seimon host enroll` wrote: the private key, its certificate, and the authority's, in PEM. The other
// side must show a certificate of that authority for its own part (RFC 5280, 4.2.1.12). Nothing is resumed: each
// connection shows its certificate. Throws std::runtime_error naming the file and the reason; one that others may read
// or change is refused: it belongs to root or to `owner`.
[[nodiscard]] asio::ssl::context tls_context(const std::string& file, Side side, uid_t owner);

}  // namespace seimon::daemon
