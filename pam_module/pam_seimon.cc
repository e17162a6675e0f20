// SPDX-License-Identifier: Apache-2.0
// The mouth of Seimon inside sshd, login, su and sudo: carries the login's context to seimond, shows what comes
// back, returns the answers, and turns the verdict into a PAM code. It holds no secret and takes no decision.
//
// MUST:
//  1. A result starts as PAM_ABORT. PAM_SUCCESS comes from one row of kCodes, PAM_IGNORE from another, and both only
//     from a verdict that a trusted seimond sent for this conversation.
//  2. Every failure of this file, of the socket or of the service is a refusal: PAM_AUTHINFO_UNAVAIL, PAM_CONV_ERR,
//     PAM_AUTH_ERR, PAM_SERVICE_ERR. Never PAM_USER_UNKNOWN, which stacks often ignore.
//  3. The host is left as it was found: no fork, thread, handler, environment, locale, stdio; errno is put back.
//  4. Each copy of an answer is overwritten as soon as it has been sent.
#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include <cerrno>
#include <cstring>

#include <syslog.h>

#include "pam_module/options.h"
#include "pam_module/terminal.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/login.h"

namespace seimon::pam_module {

namespace {

struct Code {
  wire::Verdict verdict;
  int pam;
};

constexpr Code kCodes[] = {
    {wire::Verdict::kAccepted, PAM_SUCCESS},
    {wire::Verdict::kSkipped, PAM_IGNORE},
    {wire::Verdict::kRefused, PAM_AUTH_ERR},
    {wire::Verdict::kExhausted, PAM_MAXTRIES},
    {wire::Verdict::kUnavailable, PAM_AUTHINFO_UNAVAIL},
};

int code_of(wire::Verdict verdict, const Options& options) {
  for (const Code& row : kCodes) {
    if (row.verdict != verdict) continue;
    return verdict == wire::Verdict::kSkipped && options.exempt_success ? PAM_SUCCESS : row.pam;
  }
  return PAM_AUTHINFO_UNAVAIL;
}

// More answers than any conversation of seimond asks for; a service gone mad cannot hold a login for ever.
constexpr int kMaxPrompts = 64;

struct ErrnoKept {
  int value = errno;
  ~ErrnoKept() { errno = value; }
};

// An item or variable as a text; unset is empty. False when it is too long.
template <std::size_t N>
bool copy_item(pam_handle_t* handle, int type, wire::Text<N>& text) {
  const void* item = nullptr;
  if (pam_get_item(handle, type, &item) != PAM_SUCCESS || item == nullptr) return true;
  return text.assign(static_cast<const char*>(item));
}

template <std::size_t N>
bool copy_variable(pam_handle_t* handle, const char* name, wire::Text<N>& text) {
  const char* value = pam_getenv(handle, name);
  return value == nullptr || text.assign(value);
}

// What both questions begin with.
template <class Message>
bool describe(pam_handle_t* handle, Message& message) {
  const char* user = nullptr;
  return pam_get_user(handle, &user, nullptr) == PAM_SUCCESS && user != nullptr && message.user.assign(user) &&
         copy_item(handle, PAM_SERVICE, message.service) && copy_item(handle, PAM_RHOST, message.rhost) &&
         copy_item(handle, PAM_TTY, message.tty);
}

// One exchange with the service.
class Line {
 public:
  Line(pam_handle_t* handle, const Options& options) : handle_(handle), options_(options) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { explicit_bzero(buffer_, sizeof buffer_); }

  bool open() { return report(connection_.connect(options_.socket, options_.server, fresh_deadline())); }

  template <class Message>
  bool exchange(const Message& message, wire::Reply& reply) {
    const std::string_view call = wire::write_call(message, buffer_, sizeof buffer_);
    if (call.empty()) return report(wire::Failure::kSystem);
    const wire::Failure sent = connection_.send(call, deadline_);
    explicit_bzero(buffer_, sizeof buffer_);
    if (sent != wire::Failure::kNone) return report(sent);
    std::string_view answer;
    const wire::Failure received = connection_.receive(buffer_, sizeof buffer_, answer, deadline_);
    if (received != wire::Failure::kNone) return report(received);
    wire::Envelope envelope;
    reply = wire::Reply();
    const bool understood = wire::read_envelope(answer, envelope) && envelope.method.empty() &&
                            envelope.error.empty() &&
                            wire::read_parameters(envelope.parameters, reply, wire::Extra::kIgnore);
    return understood || report(wire::Failure::kClosed);
  }

  // Each exchange has its own time; the human's is not counted.
  wire::Deadline fresh_deadline() { return deadline_ = wire::deadline_in(options_.timeout); }

 private:
  bool report(wire::Failure failure) {
    if (failure == wire::Failure::kNone) return true;
    pam_syslog(handle_, LOG_ERR, "refused: %s (%.100s)", wire::failure_text(failure), options_.socket);
    return false;
  }

  pam_handle_t* handle_;
  const Options& options_;
  wire::Connection connection_;
  wire::Deadline deadline_ = {};
  char buffer_[wire::kMaxLogin] = {};
};

// Asks once and sends what came back. A PAM code when the conversation itself failed, else PAM_SUCCESS.
int take_turn(pam_handle_t* handle, Line& line, wire::Reply& reply) {
  wire::Answer answer;
  wire::Void kept;
  const wire::Text<40> conversation = reply.conversation;
  if (!answer.conversation.assign(conversation.view()) || !kept.conversation.assign(conversation.view()))
    return PAM_AUTHINFO_UNAVAIL;
  const int asked = ask(handle, reply, answer, kept);
  bool exchanged = false;
  if (asked == PAM_SUCCESS) {
    line.fresh_deadline();
    exchanged = kept.reason.empty() ? line.exchange(answer, reply) : line.exchange(kept, reply);
  }
  answer.answer.wipe();
  if (asked != PAM_SUCCESS) return asked;
  // An answer to somebody else's conversation decides nothing here.
  return exchanged && reply.conversation.view() == conversation.view() ? PAM_SUCCESS : PAM_AUTHINFO_UNAVAIL;
}

// sshd and others may let a module earlier or later in the stack change the user; then the verdict is about another.
bool is_still(pam_handle_t* handle, const wire::Text<1024>& user) {
  wire::Text<1024> now;
  return copy_item(handle, PAM_USER, now) && now.view() == user.view();
}

int leave_conversation(pam_handle_t* handle, const wire::Text<40>& conversation) {
  char variable[64] = {};
  wire::Writer writer(variable, sizeof variable - 1);
  writer.raw(wire::kConversationVariable);
  writer.raw("=");
  writer.raw(conversation.view());
  return writer.ok() && !conversation.empty() ? pam_putenv(handle, variable) : PAM_AUTHINFO_UNAVAIL;
}

int authenticate(pam_handle_t* handle, int flags, const Options& options) {
  wire::Open open;
  wire::Reply reply;
  if (!describe(handle, open) || !copy_item(handle, PAM_RUSER, open.ruser) ||
      !copy_variable(handle, "SSH_CONNECTION", open.ssh_connection) ||
      !copy_variable(handle, "SSH_AUTH_INFO_0", open.ssh_auth_info)) {
    pam_syslog(handle, LOG_ERR, "refused: no user name, or an item of the login is too long");
    return PAM_AUTH_ERR;
  }
  Line line(handle, options);
  if (!line.open() || !line.exchange(open, reply)) return PAM_AUTHINFO_UNAVAIL;
  const int left = leave_conversation(handle, reply.conversation);
  if (left != PAM_SUCCESS) return PAM_AUTHINFO_UNAVAIL;
  for (int turn = 0; reply.verdict.empty(); ++turn) {
    if (turn == kMaxPrompts || reply.prompt.empty()) return PAM_AUTHINFO_UNAVAIL;
    const int taken = take_turn(handle, line, reply);
    if (taken != PAM_SUCCESS) return taken;
  }
  const wire::Verdict verdict = wire::verdict_of(reply.verdict.view());
  if (options.debug) pam_syslog(handle, LOG_DEBUG, "verdict %.16s", reply.verdict.c_str());
  const bool is_refusal = verdict != wire::Verdict::kAccepted && verdict != wire::Verdict::kSkipped;
  show(handle, flags, is_refusal ? PAM_ERROR_MSG : PAM_TEXT_INFO, reply.message.c_str());
  if (!is_still(handle, open.user)) {
    pam_syslog(handle, LOG_ERR, "refused: the user name changed during the login");
    return PAM_AUTH_ERR;
  }
  return code_of(verdict, options);
}

int check_account(pam_handle_t* handle, int flags, const Options& options) {
  wire::Account account;
  wire::Reply reply;
  if (!describe(handle, account)) return PAM_AUTHINFO_UNAVAIL;
  // Whatever the person put there is only a word to be redeemed; one that does not fit is no word.
  if (!copy_variable(handle, wire::kConversationVariable, account.conversation)) account.conversation.clear();
  Line line(handle, options);
  if (!line.open() || !line.exchange(account, reply)) return PAM_AUTHINFO_UNAVAIL;
  show(handle, flags, PAM_ERROR_MSG, reply.message.c_str());
  const wire::Verdict verdict = wire::verdict_of(reply.verdict.view());
  if (verdict == wire::Verdict::kSuspended) return PAM_ACCT_EXPIRED;
  return verdict == wire::Verdict::kAccepted ? PAM_SUCCESS : PAM_AUTHINFO_UNAVAIL;
}

using Hook = int (*)(pam_handle_t* handle, int flags, const Options& options);

int run(Hook hook, pam_handle_t* handle, int flags, int argc, const char** argv) {
  const ErrnoKept kept;
  int result = PAM_ABORT;
  Options options;
  result = read_options(handle, argc, argv, options) ? hook(handle, flags, options) : PAM_SERVICE_ERR;
  return result;
}

}  // namespace

}  // namespace seimon::pam_module

extern "C" {

[[gnu::visibility("default")]] int pam_sm_authenticate(pam_handle_t* handle, int flags, int argc, const char** argv) {
  return seimon::pam_module::run(seimon::pam_module::authenticate, handle, flags, argc, argv);
}

[[gnu::visibility("default")]] int pam_sm_acct_mgmt(pam_handle_t* handle, int flags, int argc, const char** argv) {
  return seimon::pam_module::run(seimon::pam_module::check_account, handle, flags, argc, argv);
}

[[gnu::visibility("default")]] int pam_sm_setcred(pam_handle_t* /*handle*/, int /*flags*/, int /*argc*/,
                                                  const char** /*argv*/) {
  return PAM_SUCCESS;
}

[[gnu::visibility("default")]] int pam_sm_open_session(pam_handle_t* /*handle*/, int /*flags*/, int /*argc*/,
                                                       const char** /*argv*/) {
  return PAM_IGNORE;
}

[[gnu::visibility("default")]] int pam_sm_close_session(pam_handle_t* /*handle*/, int /*flags*/, int /*argc*/,
                                                        const char** /*argv*/) {
  return PAM_IGNORE;
}

[[gnu::visibility("default")]] int pam_sm_chauthtok(pam_handle_t* /*handle*/, int /*flags*/, int /*argc*/,
                                                    const char** /*argv*/) {
  return PAM_IGNORE;
}

}  // extern "C"
