// SPDX-License-Identifier: Apache-2.0
#include "core/account/profile.h"

#include <algorithm>

#include "base/characters.h"

namespace seimon::core {

namespace {

constexpr std::string_view kSymbols = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kRecoverySymbols = 16;
constexpr std::size_t kBypassDigits = 9;

// One of `kSymbols` for a typed character; NUL for what cannot be one.
char symbol_of(char32_t c) {
  if (c >= U'！' && c <= U'～') c = c - U'！' + U'!';  // full width
  if (c >= U'a' && c <= U'z') c = c - U'a' + U'A';
  if (c == U'I' || c == U'L') c = U'1';
  if (c == U'O') c = U'0';
  const bool known = c < 0x80 && kSymbols.find(static_cast<char>(c)) != std::string_view::npos;
  return known ? static_cast<char>(c) : '\0';
}

bool is_letter(char c) { return c >= 'A'; }

// The symbols of `typed` without what only groups them; nothing when anything else stands there.
std::optional<std::string> symbols_of(std::string_view typed, std::size_t count) {
  std::string symbols;
  symbols.reserve(count);
  while (!typed.empty()) {
    const auto character = base::take_character(typed);
    if (!character) return std::nullopt;
    if (base::is_grouping(*character)) continue;
    const char symbol = symbol_of(*character);
    if (symbol == '\0' || symbols.size() == count) return std::nullopt;
    symbols += symbol;
  }
  return symbols.size() == count ? std::optional(std::move(symbols)) : std::nullopt;
}

template <class List>
void drop_oldest(List& list, std::size_t most) {
  if (list.size() > most) list.erase(list.begin(), list.end() - static_cast<std::ptrdiff_t>(most));
}

constexpr auto kRequestKept = std::chrono::minutes(10);

}  // namespace

void Profile::tidy(Instant now) {
  const auto ended = [&](const auto& thing) { return thing.until <= now; };
  std::erase_if(bypass, ended);
  std::erase_if(tickets, ended);
  std::erase_if(remembered, ended);
  std::erase_if(sends.times, [&](Instant time) { return now - time >= std::chrono::hours(24); });
  for (Instant& time : sends.times) time = std::min(time, now);  // of a host whose clock is ahead
  std::erase_if(approvals.unanswered, [&](const Asked& asked) { return now - asked.at >= std::chrono::hours(24); });
  for (Asked& asked : approvals.unanswered) asked.at = std::min(asked.at, now);
  drop_oldest(approvals.unanswered, kMostAsked);
  if (approvals.pairing && now >= approvals.pairing->until) approvals.pairing.reset();
  // Its login, which may ask what became of it, has ended long before.
  if (approvals.request && now - approvals.request->until >= kRequestKept) approvals.request.reset();
  drop_oldest(tickets, kMostTickets);
  drop_oldest(remembered, kMostRemembered);
}

void Profile::forget(MethodId method) {
  if (preferred == method) preferred.reset();
  approvals.counters.erase(method);
  approvals.endpoints.erase(method);
  if (approvals.request && approvals.request->method == method) approvals.request.reset();
  if (approvals.pairing && approvals.pairing->method == method) approvals.pairing.reset();
}

void Profile::suspend() {
  suspended = true;
  tickets.clear();
  remembered.clear();
  if (approvals.request && approvals.request->state == RequestState::kApproved) approvals.request.reset();
}

void Profile::revoke() {
  recovery = {};
  proven.reset();
  preferred.reset();
  bypass.clear();
  tickets.clear();
  remembered.clear();
  approvals.request.reset();
  approvals.pairing.reset();
  approvals.endpoints.clear();
}

std::string new_recovery_code() {
  while (true) {
    const Secret random = Secret::random(kRecoverySymbols);
    std::string code;
    bool letter = false;
    for (const std::uint8_t byte : random.reveal()) {
      if (code.size() % 5 == 4) code += '-';
      code += kSymbols[byte & 31U];
      letter = letter || is_letter(code.back());
    }
    if (letter) return code;
  }
}

std::optional<std::string> parse_recovery_code(std::string_view typed) {
  auto code = symbols_of(typed, kRecoverySymbols);
  return code && std::any_of(code->begin(), code->end(), is_letter) ? code : std::nullopt;
}

std::string new_bypass_code() {
  // 2^32 is 4 thousand millions and a bit: what is beyond them is drawn anew, so that no code is likelier.
  constexpr std::uint64_t kCodes = 1'000'000'000;
  std::uint64_t value = 0;
  do {
    value = 0;
    const Secret random = Secret::random(4);
    for (const std::uint8_t byte : random.reveal()) value = value << 8 | byte;
  } while (value >= 4 * kCodes);
  std::string digits = std::to_string(value % kCodes);
  digits.insert(0, kBypassDigits - digits.size(), '0');
  return digits.substr(0, 3) + " " + digits.substr(3, 3) + " " + digits.substr(6);
}

std::optional<std::string> parse_bypass_code(std::string_view typed) {
  auto code = symbols_of(typed, kBypassDigits);
  return code && std::none_of(code->begin(), code->end(), is_letter) ? code : std::nullopt;
}

std::optional<std::size_t> find_digest(const std::vector<std::string>& digests, const std::string& digest) {
  std::uint64_t found = 0;
  std::uint64_t place = 0;
  for (std::size_t i = 0; i < digests.size(); ++i) {
    std::uint64_t difference = digests[i].size() ^ digest.size();
    for (std::size_t at = 0; at < digests[i].size() && at < digest.size(); ++at)
      difference |= std::uint64_t{static_cast<unsigned char>(digests[i][at])} ^ static_cast<unsigned char>(digest[at]);
    const std::uint64_t equal = equal_mask(difference, 0);
    place = (place & ~equal) | (i & equal);
    found |= equal;
  }
  return found != 0 ? std::optional(static_cast<std::size_t>(place)) : std::nullopt;
}

}  // namespace seimon::core
