// SPDX-License-Identifier: Apache-2.0
// seimon try: a real PAM conversation, here: the service's whole stack, with the prompts on this terminal.
#include <security/pam_appl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tools/client.h"
#include "tools/login_options.h"
#include "tools/terminal.h"
#include "wire/login.h"

namespace seimon::tools {

namespace {

LoginOptions login;

void add(CLI::App& app) { login.add_to(app); }

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

std::string code_name(int value) {
  for (const Code& code : kCodes)
    if (code.value == value) return code.name;
  return "PAM code " + std::to_string(value);
}

struct Result {
  int auth = PAM_ABORT;
  int account = PAM_ABORT;
  std::string conversation;
};

Result log_in(const std::string& whom) {
  const pam_conv conversation = {converse, nullptr};
  pam_handle_t* handle = nullptr;
  Result result;
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

// The concluding event of that conversation, when the service can be asked.
nlohmann::json event_of(const Common& common, const std::string& whom, const std::string& conversation) {
  try {
    const nlohmann::json reply = Client(common).call("Log", {{"user", whom}, {"limit", 20}});
    nlohmann::json found;
    for (const auto& event : reply.at("events"))
      if (event.value("conversation", "") == conversation && !conversation.empty()) found = event;
    return found;
  } catch (const Stop&) {
    return {};
  }
}

int run(const Common& common) {
  const std::string whom = login.user.empty() ? own_name() : login.user;
  if (getuid() != 0 && whom != own_name()) throw Stop{kNotPermitted, "only root may try another account's login", ""};
  const Result result = log_in(whom);
  const bool in = result.auth == PAM_SUCCESS && result.account == PAM_SUCCESS;
  const nlohmann::json event = event_of(common, whom, result.conversation);
  const std::string account = result.auth == PAM_SUCCESS ? code_name(result.account) : "not asked";
  if (common.json) {
    std::printf(
        "%s\n",
        nlohmann::json{
            {"verdict", in ? "in" : "out"}, {"auth", code_name(result.auth)}, {"account", account}, {"event", event}}
            .dump(2)
            .c_str());
  } else {
    std::printf("%s: auth %s, account %s\n", in ? "LET IN" : "REFUSED", code_name(result.auth).c_str(),
                account.c_str());
    if (!event.is_null()) std::printf("event: %s\n", event.dump().c_str());
    else std::printf("event: none; did the stack of \"%s\" come to pam_seimon at all?\n", login.service.c_str());
  }
  return in ? kDone : kNo;
}

}  // namespace

const VerbRow kTry = {"try", "a real login's questions, here", add, run};

}  // namespace seimon::tools
