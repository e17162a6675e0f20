// SPDX-License-Identifier: Apache-2.0
// The Varlink wire form for flat messages: one JSON object, {"method": …, "parameters": {…}} for a call and
// {"parameters": {…}} for a reply (https://varlink.org/Method-Call), of strings, whole numbers and booleans.
// No heap, no exceptions, no library: it runs inside sshd and sudo.
//
// MUST, for everything that is read:
//  1. A message has each field of its struct at most once, and those that are required. Fields that the struct does not
//     have are ignored; those that are missing keep its defaults, which admit nobody.
//  2. Types are exact. A string that does not fit its field, holds NUL, a bare control character or a broken escape
//     is an error.
//  3. Nesting is at most kMaxDepth, checked before anything descends.
//  4. On any error the message is worthless: the reader returns false and the caller closes the connection.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/login.h"

namespace seimon::wire {

inline constexpr int kMaxDepth = 8;

// Writes into a caller's buffer; once something did not fit, ok() stays false.
class Writer {
 public:
  Writer(char* buffer, std::size_t capacity) : buffer_(buffer), capacity_(capacity) {}

  void raw(std::string_view text);
  void string(std::string_view text);
  void field(std::string_view name, std::string_view value);
  void field(std::string_view name, std::int64_t value);
  void field(std::string_view name, bool value);
  template <std::size_t N>
  void field(std::string_view name, const Text<N>& value) {
    field(name, value.view());
  }

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::string_view view() const { return {buffer_, size_}; }

 private:
  void put(char c);
  void name(std::string_view name);

  char* buffer_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  bool ok_ = true;
  bool first_ = true;
};

// Reads one JSON text from front to back.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  [[nodiscard]] bool open_object();
  // The next member's name into `name`; false at the end of the object or on an error (then failed()).
  [[nodiscard]] bool next_member(Text<64>& name);
  [[nodiscard]] bool read(std::int64_t& value);
  [[nodiscard]] bool read(bool& value);
  template <std::size_t N>
  [[nodiscard]] bool read(Text<N>& value) {
    value.clear();
    return read_string([&](char c) { return value.push(c); });
  }
  // Any value; `raw` becomes its exact text.
  [[nodiscard]] bool skip(std::string_view* raw = nullptr);
  // Nothing but white space is left.
  [[nodiscard]] bool at_end();
  [[nodiscard]] bool failed() const { return failed_; }

 private:
  [[nodiscard]] bool fail() {
    failed_ = true;
    return false;
  }
  void skip_space();
  [[nodiscard]] bool literal(std::string_view word);
  [[nodiscard]] bool read_escape(std::uint32_t& character);
  [[nodiscard]] bool read_hex(std::uint32_t& value);
  [[nodiscard]] bool skip_value(int depth);

  template <class Sink>
  [[nodiscard]] bool read_string(Sink&& sink) {
    if (!literal("\"")) return false;
    while (at_ < text_.size()) {
      char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return fail();
      if (c != '\\') {
        if (!sink(c)) return fail();
        continue;
      }
      std::uint32_t character = 0;
      if (!read_escape(character) || !put_utf8(character, sink)) return fail();
    }
    return fail();
  }

  template <class Sink>
  static bool put_utf8(std::uint32_t c, Sink&& sink) {
    auto byte = [&](std::uint32_t b) { return sink(static_cast<char>(b)); };
    if (c == 0 || c > 0x10FFFF) return false;
    if (c < 0x80) return byte(c);
    if (c < 0x800) return byte(0xC0 | (c >> 6)) && byte(0x80 | (c & 0x3F));
    if (c < 0x10000) return byte(0xE0 | (c >> 12)) && byte(0x80 | ((c >> 6) & 0x3F)) && byte(0x80 | (c & 0x3F));
    return byte(0xF0 | (c >> 18)) && byte(0x80 | ((c >> 12) & 0x3F)) && byte(0x80 | ((c >> 6) & 0x3F)) &&
           byte(0x80 | (c & 0x3F));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
  bool first_member_ = false;
};

// One message without its final NUL, taken apart. Views point into the message.
struct Envelope {
  Text<64> method;              // of a call
  Text<96> error;               // of a reply
  std::string_view parameters;  // the object's text; "{}" when absent
};
[[nodiscard]] bool read_envelope(std::string_view message, Envelope& envelope);

// `parameters` is the text of one object. True only if it is well formed and has every required field.
template <class Message>
[[nodiscard]] bool read_parameters(std::string_view parameters, Message& message) {
  Scanner scanner(parameters);
  Text<64> name;
  std::uint32_t seen = 0;
  constexpr std::uint32_t kNeeded = (std::uint32_t{1} << Message::kRequired) - 1;
  if (!scanner.open_object()) return false;
  while (scanner.next_member(name)) {
    std::uint32_t bit = 1;
    bool known = false;
    bool good = true;
    Message::each_field(message, [&](std::string_view field, auto& value) {
      if (name.view() == field) {
        known = true;
        good = (seen & bit) == 0 && scanner.read(value);
        seen |= bit;
      }
      bit <<= 1;
    });
    if (!known) good = scanner.skip();
    if (!good) return false;
  }
  return !scanner.failed() && scanner.at_end() && (seen & kNeeded) == kNeeded;
}

template <std::size_t N>
void clear(Text<N>& field) {
  field.clear();
}
inline void clear(bool& field) { field = false; }

// The zero value, and what was in use is overwritten.
template <class Message>
void clear(Message& message) {
  Message::each_field(message, [](std::string_view, auto& field) { clear(field); });
}

// A whole message, its final NUL included, or an empty view when it does not fit.
template <class Message>
[[nodiscard]] std::string_view write_call(const Message& message, char* buffer, std::size_t capacity) {
  Writer writer(buffer, capacity);
  writer.raw("{\"method\":");
  writer.string(Message::kMethod);
  writer.raw(",\"parameters\":{");
  Message::each_field(message, [&](std::string_view name, const auto& value) { writer.field(name, value); });
  writer.raw(std::string_view("}}\0", 3));
  return writer.ok() ? writer.view() : std::string_view();
}
[[nodiscard]] std::string_view write_reply(const Reply& reply, char* buffer, std::size_t capacity);

}  // namespace seimon::wire
