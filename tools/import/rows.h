// SPDX-License-Identifier: Apache-2.0
// Methods from other programs' files, as parameters of Import. Reading decides nothing: a row that cannot be
// taken over says why, and nothing of it is guessed.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace seimon::tools {

struct ImportRow {
  std::string place;               // FILE:LINE
  std::string user;                // empty where the row does not say
  std::string domain;              // what stood behind it ("@example.org")
  nlohmann::json parameters;       // of Import, but for the user
  std::string reason;              // why it cannot be taken over; empty when it can
  std::vector<std::string> notes;  // what is left behind
  std::string line;                // as it stood there, to be corrected and fed again
  std::string label;               // what it is called here, once it is known
};

// ~/.google_authenticator (FILEFORMAT of google-authenticator-libpam): one row.
[[nodiscard]] ImportRow row_of_google(std::string_view text, const std::string& file, const std::string& user);
// users.oath of pam_oath, a row a device. Its ancestor mod_authn_otp has nine columns, and another meaning of some.
[[nodiscard]] std::vector<ImportRow> rows_of_oath(std::string_view text, const std::string& file);
// user,secret,label,kind,algorithm,digits,period,counter (in any order, the first two are needed; a secret is what
// parameters_of_key() reads), or the header of Microsoft Entra's hardware tokens: upn,serial number,secret key,time
// interval,manufacturer,model.
[[nodiscard]] std::vector<ImportRow> rows_of_csv(std::string_view text, const std::string& file);
// PSKC (RFC 6030), what seimon-pskc made of the document. `owners` are users by serial number, or by key id where a
// key has none, for lists without them.
[[nodiscard]] std::vector<ImportRow> rows_of_pskc(const nlohmann::json& keys, const std::string& file,
                                                  const std::map<std::string, std::string>& owners);
// serial,user: no header is needed. Throws std::runtime_error naming the line.
[[nodiscard]] std::map<std::string, std::string> owners_of(std::string_view text, const std::string& file);
// One key as people have it: base32, hexadecimal (0x before it, or with a digit that base32 lacks), or an otpauth://
// link with all that it says. Parameters of Enroll; without `secret` where a link has none.
[[nodiscard]] nlohmann::json parameters_of_key(std::string_view line);
// otpauth:// links, one a line, as `seimon export otpauth` writes them; whose each is, its label says ("Issuer:alice").
[[nodiscard]] std::vector<ImportRow> rows_of_links(std::string_view text, const std::string& file);
// The first line of a CSV file as rows_of_csv reads it: what its failed rows need above them.
[[nodiscard]] std::string header_of_csv(std::string_view text);

}  // namespace seimon::tools
