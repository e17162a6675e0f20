// SPDX-License-Identifier: Apache-2.0
#include "pam_module/combined.h"

#include <security/pam_ext.h>
#include <sys/mman.h>

#include <cstring>
#include <new>
#include <string_view>

#include <syslog.h>

#include "pam_module/terminal.h"

namespace seimon::pam_module {

namespace {

constexpr const char* kKept = "seimon_combined_answer";

void wipe_kept(pam_handle_t* /*handle*/, void* data, int /*status*/) {
  explicit_bzero(data, sizeof(Split));
  (void)munmap(data, sizeof(Split));
}

// (substr would bring the C++ library in for its exception.)
std::string_view part(std::string_view text, std::size_t from, std::size_t until) {
  return std::string_view(text.data() + from, until - from);
}

// A digit at the end of `text`, ASCII or full-width (U+FF10 to U+FF19: EF BC 90 to 99): its bytes; 0 when there is
// none.
std::size_t digit_at_end(std::string_view text) {
  const auto byte = [&](std::size_t back) { return static_cast<unsigned char>(text[text.size() - back]); };
  if (text.empty()) return 0;
  if (byte(1) >= '0' && byte(1) <= '9') return 1;
  const bool wide = text.size() >= 3 && byte(3) == 0xEF && byte(2) == 0xBC && byte(1) >= 0x90 && byte(1) <= 0x99;
  return wide ? 3 : 0;
}

// Blanks and hyphens between groups of a code, and what clients put behind an answer.
bool is_filling(char c) { return c == ' ' || c == '-' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view without_end(std::string_view text) {
  while (!text.empty() && is_filling(text.back()) && text.back() != '-') text.remove_suffix(1);
  return text;
}

// 6-8 digits, two codes in a row (12, 14 or 16), a bypass code (9), or 16 letters and digits of a recovery code. Other
// spellings than these are no code here, so that a comma may stand in a password.
bool can_be_code(std::string_view text) {
  std::size_t letters = 0;
  std::size_t digits = 0;
  while (!text.empty()) {
    const char c = text.back();
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const std::size_t digit = digit_at_end(text);
    if (!letter && digit == 0 && !is_filling(c)) return false;
    letters += letter ? 1 : 0;
    digits += digit > 0 ? 1 : 0;
    text.remove_suffix(digit > 0 ? digit : 1);
  }
  if (letters > 0) return letters + digits == 16;
  return (digits >= 6 && digits <= 9) || digits == 12 || digits == 14 || digits == 16;
}

// Takes `whole` apart: the code is what follows the last comma where that can be one, else the last `count` digits.
// False when neither is there.
bool cut(std::string_view whole, int count, std::string_view& password, std::string_view& code) {
  const std::size_t comma = whole.rfind(',');
  if (comma != std::string_view::npos && can_be_code(part(whole, comma + 1, whole.size()))) {
    password = part(whole, 0, comma);
    code = part(whole, comma + 1, whole.size());
    return true;
  }
  const std::string_view trimmed = without_end(whole);
  std::string_view rest = trimmed;
  for (int i = 0; i < count; ++i) {
    const std::size_t digit = digit_at_end(rest);
    if (digit == 0) return false;
    rest.remove_suffix(digit);
  }
  password = rest;
  code = part(trimmed, rest.size(), trimmed.size());
  return true;
}

int get_answer(pam_handle_t* handle, const Options& options, wire::Text<512>& whole) {
  const void* token = nullptr;
  const bool has = pam_get_item(handle, PAM_AUTHTOK, &token) == PAM_SUCCESS && token != nullptr;
  if (options.first_pass != FirstPass::kNone && has)
    return whole.assign(static_cast<const char*>(token)) ? PAM_SUCCESS : PAM_AUTH_ERR;
  if (options.first_pass != FirstPass::kUse) return ask_whole(handle, whole);
  pam_syslog(handle, LOG_ERR, "use_first_pass: no module before this one has asked for the password");
  return PAM_AUTH_ERR;
}

}  // namespace

Split* kept_answer(pam_handle_t* handle) {
  const void* data = nullptr;
  if (pam_get_data(handle, kKept, &data) == PAM_SUCCESS && data != nullptr)
    return static_cast<Split*>(const_cast<void*>(data));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  pam_syslog(handle, LOG_ERR, "refused: no line with combined=split stands before this one");
  return nullptr;
}

int split_answer(pam_handle_t* handle, const Options& options) {
  // No heap of the application's: a page of its own, which no core dump has.
  void* memory = mmap(nullptr, sizeof(Split), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return PAM_BUF_ERR;
  (void)madvise(memory, sizeof(Split), MADV_DONTDUMP);
  auto* split = new (memory) Split;
  int result = get_answer(handle, options, split->whole);
  std::string_view password = split->whole.view();
  std::string_view code;
  if (result == PAM_SUCCESS && cut(split->whole.view(), options.digits, password, code) && !split->code.assign(code))
    result = PAM_AUTH_ERR;
  wire::Text<512> rest;
  if (result == PAM_SUCCESS && !rest.assign(password)) result = PAM_AUTH_ERR;
  if (result == PAM_SUCCESS) result = pam_set_item(handle, PAM_AUTHTOK, rest.c_str());
  rest.wipe();
  if (result == PAM_SUCCESS) result = pam_set_data(handle, kKept, split, wipe_kept);
  if (result == PAM_SUCCESS) return PAM_IGNORE;
  wipe_kept(handle, split, 0);
  return result;
}

int take_whole(pam_handle_t* handle) {
  Split* split = kept_answer(handle);
  if (split == nullptr || split->code.empty()) return PAM_AUTH_ERR;
  split->code.wipe();
  return pam_set_item(handle, PAM_AUTHTOK, split->whole.c_str()) == PAM_SUCCESS ? PAM_IGNORE : PAM_AUTH_ERR;
}

}  // namespace seimon::pam_module
