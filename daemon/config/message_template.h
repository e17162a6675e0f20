// SPDX-License-Identifier: Apache-2.0
// The text that a `url` driver sends to a gateway, with places for the parts of a message: "{to}", "{text:json}"; and
// for a secret that is in a file: "{@/etc/seimon/sms.password}". Always true: a value is encoded for where it stands,
// so that it ends no JSON string and no form field, adds no header and no line.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace seimon::daemon {

// A message as drivers see it. The user's name is not in it unless it is the address (mail to an account).
struct Message {
  std::string id;        // of this delivery, for the gateway's log
  std::string channel;   // "sms", "email" or "call"
  std::string to;        // "+819012345678", "alice@example.org" or an account's name
  std::string language;  // "en" or "ja"
  std::string subject;   // of mail
  std::string text;
  std::string code;  // the code that `text` tells, if it tells one
  std::string mode;  // of a call: "number", keys are asked for; "code", it speaks `code`; else empty
};

using MessagePart = std::string Message::*;

class MessageTemplate {
 public:
  enum class Encoding : std::uint8_t { kJson, kForm };
  using ReadSecret = std::function<std::string(const std::string& file)>;

  MessageTemplate() = default;
  // "{name}" and "{name:encoding}" are places, `otherwise` the encoding of those that name none; other braces are text.
  // Throws std::invalid_argument for a place that is none of to, text, subject, code, id, language and no file, or an
  // encoding that is none of json, form.
  MessageTemplate(std::string_view text, Encoding otherwise);

  // Throws what `read_secret` throws.
  [[nodiscard]] std::string filled(const Message& message, const ReadSecret& read_secret) const;
  // The files that `filled` reads.
  [[nodiscard]] std::vector<std::string> secret_files() const;
  [[nodiscard]] bool empty() const { return pieces_.empty(); }

 private:
  struct Piece {
    std::string before;           // literal
    MessagePart value = nullptr;  // then this
    std::string file = {};        // or the secret in this; neither at the end
    Encoding encoding = Encoding::kJson;
  };
  std::vector<Piece> pieces_;
};

}  // namespace seimon::daemon
