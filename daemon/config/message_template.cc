// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/message_template.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

namespace seimon::daemon {

namespace {

struct Place {
  std::string_view name;
  MessagePart value;
};
constexpr std::array<Place, 6> kPlaces = {{{"to", &Message::to},
                                           {"text", &Message::text},
                                           {"subject", &Message::subject},
                                           {"code", &Message::code},
                                           {"id", &Message::id},
                                           {"language", &Message::language}}};

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// The inside of the place that `text` begins with: "to:json" of "{to:json}…".
std::optional<std::string_view> place_at(std::string_view text) {
  const std::size_t end = text.find('}');
  if (!text.starts_with('{') || end == std::string_view::npos || end == 1) return std::nullopt;
  const std::string_view inside = text.substr(1, end - 1);
  if (inside.starts_with("@/")) return inside;
  const bool is_place = is_lower(inside.front()) &&
                        std::all_of(inside.begin(), inside.end(), [](char c) { return is_lower(c) || c == ':'; });
  return is_place ? std::optional(inside) : std::nullopt;
}

// Without the quotation marks, which are the template's.
std::string as_json(const std::string& value) {
  const std::string quoted = nlohmann::json(value).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

// application/x-www-form-urlencoded, which a query takes, too.
std::string as_form(const std::string& value) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~')) encoded += c;
    else encoded.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
  }
  return encoded;
}

}  // namespace

MessageTemplate::MessageTemplate(std::string_view text, Encoding otherwise) {
  Piece piece;
  while (!text.empty()) {
    const auto inside = place_at(text);
    if (!inside) {
      piece.before += text.front();
      text.remove_prefix(1);
      continue;
    }
    text.remove_prefix(inside->size() + 2);
    const std::size_t colon = inside->find(':');
    const std::string_view name = inside->substr(0, colon);
    const std::string_view encoding = colon == std::string_view::npos ? "" : inside->substr(colon + 1);
    const auto place = std::find_if(kPlaces.begin(), kPlaces.end(), [&](const Place& row) { return row.name == name; });
    if (name.starts_with('@')) piece.file = name.substr(1);
    else if (place != kPlaces.end()) piece.value = place->value;
    else throw std::invalid_argument("{" + std::string(*inside) + "} is not a part of a message");
    if (encoding != "json" && encoding != "form" && colon != std::string_view::npos)
      throw std::invalid_argument("{" + std::string(*inside) + "} is not encoded as json or form");
    piece.encoding = encoding.empty() ? otherwise : encoding == "json" ? Encoding::kJson : Encoding::kForm;
    pieces_.push_back(std::move(piece));
    piece = {};
  }
  if (!piece.before.empty()) pieces_.push_back(std::move(piece));
}

std::string MessageTemplate::filled(const Message& message, const ReadSecret& read_secret) const {
  std::string text;
  for (const Piece& piece : pieces_) {
    text += piece.before;
    if (piece.value == nullptr && piece.file.empty()) continue;
    const std::string value = piece.file.empty() ? message.*piece.value : read_secret(piece.file);
    text += piece.encoding == Encoding::kJson ? as_json(value) : as_form(value);
  }
  return text;
}

std::vector<std::string> MessageTemplate::secret_files() const {
  std::vector<std::string> files;
  for (const Piece& piece : pieces_)
    if (!piece.file.empty()) files.push_back(piece.file);
  return files;
}

}  // namespace seimon::daemon
