// SPDX-License-Identifier: Apache-2.0
#include "tools/setup/trial.h"

#include <security/pam_appl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tools/terminal/client.h"
#include "tools/terminal/terminal.h"
#include "wire/login.h"

namespace seimon::tools {

namespace {

char* answer_to(const pam_message& message) {
  if (message.msg_style == PAM_PROMPT_ECHO_ON) {
    const auto line = ask_line(message.msg);
    return line ? strdup(line->c_str()) : nullptr;
  }
  if (message.msg_style == PAM_PROMPT_ECHO_OFF) {
    if (isatty(STDIN_FILENO) != 1) {
      const auto line = ask_line(message.msg);
      return line ? strdup(line->c_str()) : nullptr;
    }
    char* typed = getpass(message.msg);
    char* copy = typed != nullptr ? strdup(typed) : nullptr;
    if (typed != nullptr) explicit_bzero(typed, std::strlen(typed));
    return copy;
  }
  std::fprintf(stderr, "%s\n", message.msg);
  return nullptr;
}

int converse(int count, const pam_message** messages, pam_response** responses, void* /*data*/) {
  auto* answers = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (answers == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) answers[i].resp = answer_to(*messages[i]);
  *responses = answers;
  return PAM_SUCCESS;
}

struct Code {
  int value;
  const char* name;
};

constexpr std::array<Code, 12> kCodes = {{{PAM_SUCCESS, "PAM_SUCCESS"},
                                          {PAM_AUTH_ERR, "PAM_AUTH_ERR"},
                                          {PAM_AUTHINFO_UNAVAIL, "PAM_AUTHINFO_UNAVAIL"},
                                          {PAM_USER_UNKNOWN, "PAM_USER_UNKNOWN"},
                                          {PAM_MAXTRIES, "PAM_MAXTRIES"},
                                          {PAM_ACCT_EXPIRED, "PAM_ACCT_EXPIRED"},
                                          {PAM_PERM_DENIED, "PAM_PERM_DENIED"},
                                          {PAM_NEW_AUTHTOK_REQD, "PAM_NEW_AUTHTOK_REQD"},
                                          {PAM_CONV_ERR, "PAM_CONV_ERR"},
                                          {PAM_SERVICE_ERR, "PAM_SERVICE_ERR"},
                                          {PAM_IGNORE, "PAM_IGNORE"},
                                          {PAM_ABORT, "PAM_ABORT"}}};

}  // namespace

bool Trial::is_in() const { return auth == PAM_SUCCESS && account == PAM_SUCCESS; }

std::string Trial::account_name() const { return auth == PAM_SUCCESS ? pam_code_name(account) : "not asked"; }

Trial try_login(const LoginOptions& login, const std::string& whom) {
  const pam_conv conversation = {converse, nullptr};
  pam_handle_t* handle = nullptr;
  Trial result;
  result.auth = result.account = PAM_ABORT;
  if (pam_start(login.service.c_str(), whom.c_str(), &conversation, &handle) != PAM_SUCCESS)
    throw Stop{kUnreachable, "PAM cannot start the service \"" + login.service + "\"", ""};
  if (!login.from.empty()) {
    (void)pam_set_item(handle, PAM_RHOST, login.from.c_str());
    // As sshd does it (auth-pam.c): client address and port, server address and port.
    const std::string connection = "SSH_CONNECTION=" + login.from + " 0 0.0.0.0 22";
    if (login.service == "sshd") (void)pam_putenv(handle, connection.c_str());
  }
  if (!login.tty.empty()) (void)pam_set_item(handle, PAM_TTY, login.tty.c_str());
  result.auth = pam_authenticate(handle, 0);
  if (result.auth == PAM_SUCCESS) result.account = pam_acct_mgmt(handle, 0);
  const char* id = pam_getenv(handle, wire::kConversationVariable);
  if (id != nullptr) result.conversation = id;
  (void)pam_end(handle, result.auth);
  return result;
}

std::string pam_code_name(int value) {
  for (const Code& code : kCodes)
    if (code.value == value) return code.name;
  return "PAM code " + std::to_string(value);
}

}  // namespace seimon::tools
