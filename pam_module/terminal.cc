// SPDX-License-Identifier: Apache-2.0
#include "pam_module/terminal.h"

#include <security/pam_ext.h>

#include <cstdlib>
#include <cstring>
#include <ctime>

#include <syslog.h>

namespace seimon::pam_module {

namespace {

// One message to the application. `response` is to be freed by the caller, and may be null even on success.
int converse(pam_handle_t* handle, int style, const char* text, pam_response** response) {
  const void* item = nullptr;
  *response = nullptr;
  if (pam_get_item(handle, PAM_CONV, &item) != PAM_SUCCESS || item == nullptr) return PAM_CONV_ERR;
  const auto* conversation = static_cast<const pam_conv*>(item);
  if (conversation->conv == nullptr) return PAM_CONV_ERR;
  const pam_message message = {style, text};
  const pam_message* messages = &message;
  return conversation->conv(1, &messages, response, conversation->appdata_ptr) == PAM_SUCCESS ? PAM_SUCCESS
                                                                                              : PAM_CONV_ERR;
}

void wipe_and_free(pam_response* response) {
  if (response == nullptr) return;
  if (response->resp != nullptr) explicit_bzero(response->resp, std::strlen(response->resp));
  std::free(response->resp);
  std::free(response);
}

// sshd answers for a user it will not let in with this, repeated and cut to the length of what was typed.
bool is_sshd_filler(std::string_view answer) {
  constexpr std::string_view kFiller = "\b\n\r\177INCORRECT";
  for (std::size_t i = 0; i < answer.size(); ++i)
    if (answer[i] != kFiller[i % kFiller.size()]) return false;
  return true;
}

bool is_password(pam_handle_t* handle, std::string_view answer) {
  const void* item = nullptr;
  if (pam_get_item(handle, PAM_AUTHTOK, &item) != PAM_SUCCESS || item == nullptr) return false;
  return answer == static_cast<const char*>(item);
}

timespec monotonic_now() {
  timespec now = {};
  // On failure both readings are zero: the answer counts as instant, which is the refusing side.
  if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) now = {};
  return now;
}

bool within_a_second(const timespec& from, const timespec& until) {
  return until.tv_sec == from.tv_sec || (until.tv_sec == from.tv_sec + 1 && until.tv_nsec < from.tv_nsec);
}

// The reason why `answer` must stay here, or an empty text.
std::string_view reason_to_keep(pam_handle_t* handle, std::string_view answer, bool instant) {
  if (answer.empty()) return "empty";
  if (is_sshd_filler(answer)) return "filler";
  if (is_password(handle, answer)) return instant ? "password-method" : "password";
  return answer.size() > decltype(wire::Answer::answer)::kCapacity ? "too-long" : "";
}

}  // namespace

void show(pam_handle_t* handle, int flags, int style, const char* text) {
  if ((static_cast<unsigned>(flags) & PAM_SILENT) != 0 || text[0] == '\0') return;
  pam_response* response = nullptr;
  if (converse(handle, style, text, &response) != PAM_SUCCESS)
    pam_syslog(handle, LOG_DEBUG, "the application did not show a message");
  wipe_and_free(response);
}

int ask(pam_handle_t* handle, const wire::Reply& question, wire::Answer& answer, wire::Void& void_reason) {
  const int style = question.echo ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF;
  pam_response* response = nullptr;
  const timespec asked = monotonic_now();
  if (converse(handle, style, question.prompt.c_str(), &response) != PAM_SUCCESS) {
    wipe_and_free(response);
    pam_syslog(
        handle, LOG_NOTICE,
        "the application could not ask for the code (sshd: use keyboard-interactive, not PasswordAuthentication)");
    return PAM_CONV_ERR;
  }
  const bool instant = within_a_second(asked, monotonic_now());
  const std::string_view typed = response != nullptr && response->resp != nullptr ? response->resp : "";
  const std::string_view reason = reason_to_keep(handle, typed, instant);
  const bool kept = !void_reason.reason.assign(reason) || !reason.empty() || !answer.answer.assign(typed);
  wipe_and_free(response);
  if (kept && void_reason.reason.empty()) return PAM_CONV_ERR;
  if (void_reason.reason.view() == "password-method")
    pam_syslog(handle, LOG_WARNING,
               "the password came back at once as the code: sshd's 'password' method. Set PasswordAuthentication no "
               "and KbdInteractiveAuthentication yes");
  return PAM_SUCCESS;
}

int ask_whole(pam_handle_t* handle, wire::Text<512>& whole) {
  pam_response* response = nullptr;
  const int asked = converse(handle, PAM_PROMPT_ECHO_OFF, "Password and code: ", &response);
  const std::string_view typed = response != nullptr && response->resp != nullptr ? response->resp : "";
  const bool good = asked == PAM_SUCCESS && (typed.empty() || !is_sshd_filler(typed)) && whole.assign(typed);
  wipe_and_free(response);
  return good ? PAM_SUCCESS : PAM_CONV_ERR;
}

}  // namespace seimon::pam_module
