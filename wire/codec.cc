// SPDX-License-Identifier: Apache-2.0
#include "wire/codec.h"

namespace seimon::wire {

namespace {

struct Name {
  Verdict verdict;
  std::string_view name;
};

constexpr Name kVerdicts[] = {
    {Verdict::kRefused, "refused"},     {Verdict::kAccepted, "accepted"},   {Verdict::kSkipped, "skipped"},
    {Verdict::kExhausted, "exhausted"}, {Verdict::kSuspended, "suspended"}, {Verdict::kUnavailable, "unavailable"},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char hex_digit(unsigned value) { return static_cast<char>(value < 10 ? '0' + value : 'a' + (value - 10)); }

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  for (const Name& row : kVerdicts)
    if (row.verdict == verdict) return row.name;
  return "unavailable";
}

Verdict verdict_of(std::string_view name) {
  for (const Name& row : kVerdicts)
    if (row.name == name) return row.verdict;
  return Verdict::kUnavailable;
}

void Writer::put(char c) {
  if (size_ == capacity_) ok_ = false;
  if (ok_) buffer_[size_++] = c;
}

void Writer::raw(std::string_view text) {
  for (char c : text) put(c);
}

void Writer::string(std::string_view text) {
  put('"');
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      put('\\');
      put(c);
    } else if (byte < 0x20 || byte == 0x7F) {
      raw("\\u00");
      put(hex_digit(byte >> 4));
      put(hex_digit(byte & 15));
    } else {
      put(c);
    }
  }
  put('"');
}

void Writer::name(std::string_view name) {
  if (!first_) put(',');
  first_ = false;
  string(name);
  put(':');
}

void Writer::field(std::string_view member, std::string_view value) {
  name(member);
  string(value);
}

void Writer::field(std::string_view member, std::int64_t value) {
  name(member);
  char digits[20];
  std::size_t count = 0;
  auto rest = static_cast<std::uint64_t>(value);
  if (value < 0) {
    put('-');
    rest = ~rest + 1;
  }
  do {
    digits[count++] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  while (count > 0) put(digits[--count]);
}

void Writer::field(std::string_view member, bool value) {
  name(member);
  raw(value ? "true" : "false");
}

std::string_view write_reply(const Reply& reply, char* buffer, std::size_t capacity) {
  Writer writer(buffer, capacity);
  writer.raw("{\"parameters\":{");
  Reply::each_field(reply, [&](std::string_view name, const auto& value) { writer.field(name, value); });
  writer.raw(std::string_view("}}\0", 3));
  return writer.ok() ? writer.view() : std::string_view();
}

void Scanner::skip_space() {
  while (at_ < text_.size()) {
    char c = text_[at_];
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
    ++at_;
  }
}

bool Scanner::literal(std::string_view word) {
  skip_space();
  for (char c : word) {
    if (at_ == text_.size() || text_[at_] != c) return fail();
    ++at_;
  }
  return true;
}

bool Scanner::at_end() {
  skip_space();
  return !failed_ && at_ == text_.size();
}

bool Scanner::open_object() {
  first_member_ = true;
  return literal("{");
}

bool Scanner::next_member(Text<64>& name) {
  skip_space();
  if (failed_ || at_ == text_.size()) return fail();
  if (text_[at_] == '}') {
    ++at_;
    return false;
  }
  if (!first_member_ && !literal(",")) return false;
  first_member_ = false;
  return read(name) && literal(":");
}

bool Scanner::read(bool& value) {
  skip_space();
  value = at_ < text_.size() && text_[at_] == 't';
  return literal(value ? "true" : "false");
}

bool Scanner::read(std::int64_t& value) {
  skip_space();
  bool negative = at_ < text_.size() && text_[at_] == '-';
  if (negative) ++at_;
  std::size_t start = at_;
  std::int64_t result = 0;
  while (at_ < text_.size() && is_digit(text_[at_])) {
    if (__builtin_mul_overflow(result, std::int64_t{10}, &result)) return fail();
    if (__builtin_add_overflow(result, std::int64_t{text_[at_] - '0'}, &result)) return fail();
    ++at_;
  }
  std::size_t digits = at_ - start;
  if (digits == 0 || (digits > 1 && text_[start] == '0')) return fail();
  value = negative ? -result : result;
  return true;
}

bool Scanner::read_hex(std::uint32_t& value) {
  value = 0;
  for (int i = 0; i < 4; ++i) {
    if (at_ == text_.size()) return fail();
    char c = text_[at_++];
    std::uint32_t digit = 0;
    if (is_digit(c)) digit = static_cast<std::uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
    else return fail();
    value = value * 16 + digit;
  }
  return true;
}

bool Scanner::read_escape(std::uint32_t& character) {
  if (at_ == text_.size()) return fail();
  char c = text_[at_++];
  constexpr std::string_view kFrom = "\"\\/bfnrt";
  constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
  for (std::size_t i = 0; i < kFrom.size(); ++i) {
    if (c != kFrom[i]) continue;
    character = static_cast<unsigned char>(kTo[i]);
    return true;
  }
  if (c != 'u' || !read_hex(character)) return fail();
  bool high = character >= 0xD800 && character < 0xDC00;
  bool low = character >= 0xDC00 && character < 0xE000;
  if (low) return fail();
  if (!high) return true;
  std::uint32_t second = 0;
  if (at_ + 1 >= text_.size() || text_[at_] != '\\' || text_[at_ + 1] != 'u') return fail();
  at_ += 2;
  if (!read_hex(second) || second < 0xDC00 || second >= 0xE000) return fail();
  character = 0x10000 + ((character - 0xD800) << 10) + (second - 0xDC00);
  return true;
}

bool Scanner::skip(std::string_view* raw) {
  skip_space();
  std::size_t start = at_;
  if (!skip_value(0)) return fail();
  if (raw != nullptr) *raw = {text_.data() + start, at_ - start};
  return true;
}

bool Scanner::skip_value(int depth) {
  if (depth == kMaxDepth) return false;
  skip_space();
  if (at_ == text_.size()) return false;
  char c = text_[at_];
  auto ignore = [](char) { return true; };
  if (c == '"') return read_string(ignore);
  if (c == 't') return literal("true");
  if (c == 'f') return literal("false");
  if (c == 'n') return literal("null");
  if (c != '{' && c != '[') {
    std::size_t start = at_;
    constexpr std::string_view kNumber = "+-.0123456789Ee";
    while (at_ < text_.size() && kNumber.find(text_[at_]) != std::string_view::npos) ++at_;
    return at_ > start;
  }
  const char close = c == '{' ? '}' : ']';
  ++at_;
  skip_space();
  if (at_ < text_.size() && text_[at_] == close) {
    ++at_;
    return true;
  }
  while (true) {
    if (c == '{' && (!read_string(ignore) || !literal(":"))) return false;
    if (!skip_value(depth + 1)) return false;
    skip_space();
    if (at_ == text_.size()) return false;
    char after = text_[at_++];
    if (after == close) return true;
    if (after != ',') return false;
  }
}

bool read_envelope(std::string_view message, Envelope& envelope) {
  Scanner scanner(message);
  Text<64> name;
  bool method = false;
  bool error = false;
  bool parameters = false;
  envelope.parameters = "{}";
  if (!scanner.open_object()) return false;
  while (scanner.next_member(name)) {
    bool* seen = nullptr;
    bool good = false;
    if (name.view() == "method") {
      seen = &method;
      good = scanner.read(envelope.method);
    } else if (name.view() == "error") {
      seen = &error;
      good = scanner.read(envelope.error);
    } else if (name.view() == "parameters") {
      seen = &parameters;
      good = scanner.skip(&envelope.parameters);
    }
    if (seen == nullptr || *seen || !good) return false;
    *seen = true;
  }
  return !scanner.failed() && scanner.at_end() && !(method && error);
}

}  // namespace seimon::wire
