// SPDX-License-Identifier: Apache-2.0
// Showing a new method's key and asking for its first code; used by enroll, replace and the menu.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tools/terminal/client.h"

namespace seimon::tools {

// Throws Stop when `qr` is no way to draw a QR code: utf8, inverted, wide, ansi, none, png=FILE, svg=FILE or empty.
void check_qr(const std::string& qr);
// Prints what Enroll returned for an app or a token: QR code, account, key, link.
void show_enrolment(const nlohmann::json& enrolment, const std::string& qr);
void show_qr(const std::string& link, const std::string& qr);
// Asks until a code fits, the service gives up, or nobody answers. Returns what Confirm did.
// `is_sent`: the code was sent, and "s" sends it again.
[[nodiscard]] nlohmann::json confirm_enrolment(Client& client, const std::string& whom, bool is_sent);
// From Enroll with `parameters` to the recovery codes.
void register_method(Client& client, const nlohmann::json& parameters, const std::string& qr, bool as_json);
void show_recovery_codes(const nlohmann::json& codes);

}  // namespace seimon::tools
