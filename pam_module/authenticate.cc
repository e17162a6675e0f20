// SPDX-License-Identifier: Apache-2.0
#include "pam_module/authenticate.h"

#include <pwd.h>

#include "pam_module/combined.h"
#include "pam_module/line.h"
#include "pam_module/terminal.h"

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

// A new conversation. Its id stays in the PAM environment, for the hooks.
bool begin(pam_handle_t* handle, Line& line, const wire::Open& open, wire::Reply& reply) {
  return line.open() && line.exchange(open, reply) &&
         put_variable(handle, wire::kConversationVariable, reply.conversation) == PAM_SUCCESS;
}

// `reply` comes from the conversation that was answered: another's decides nothing here.
bool send_answer(Line& line, wire::Answer& answer, wire::Void& kept, wire::Reply& reply) {
  const wire::Text<40> conversation = reply.conversation;
  if (!answer.conversation.assign(conversation.view()) || !kept.conversation.assign(conversation.view())) return false;
  line.fresh_deadline();
  const bool exchanged = kept.reason.empty() ? line.exchange(answer, reply) : line.exchange(kept, reply);
  return exchanged && reply.conversation.view() == conversation.view();
}

// The code that combined=split has kept; or why there is none.
int take_kept(pam_handle_t* handle, wire::Answer& answer, wire::Void& kept) {
  Split* split = kept_answer(handle);
  if (split == nullptr) return PAM_AUTH_ERR;
  const bool fits = split->code.empty() ? kept.reason.assign(split->whole.empty() ? "empty" : "too-long")
                                        : answer.answer.assign(split->code.view());
  split->whole.wipe();
  split->code.wipe();
  return fits ? PAM_SUCCESS : PAM_AUTH_ERR;
}

// Asks once and sends what came back. A PAM code when the conversation itself failed, else PAM_SUCCESS.
int take_turn(pam_handle_t* handle, int flags, Line& line, const wire::Open& open, wire::Reply& reply) {
  wire::Answer answer;
  wire::Void kept;
  if (!open.one_answer) show(handle, flags, PAM_TEXT_INFO, reply.message.c_str());
  const int asked = open.one_answer ? take_kept(handle, answer, kept) : ask(handle, reply, answer, kept);
  bool done = asked == PAM_SUCCESS && send_answer(line, answer, kept, reply);
  // The service was replaced while the person typed (an upgrade): the new one needs all of it.
  if (asked == PAM_SUCCESS && !done && line.is_undelivered())
    done = begin(handle, line, open, reply) && (!reply.verdict.empty() || send_answer(line, answer, kept, reply));
  answer.answer.wipe();
  if (asked != PAM_SUCCESS) return asked;
  return done ? PAM_SUCCESS : PAM_AUTHINFO_UNAVAIL;
}

// sshd and others may let a module earlier or later in the stack change the user; then the verdict is about another.
bool is_still(pam_handle_t* handle, const wire::Text<1024>& user) {
  wire::Text<1024> now;
  return copy_item(handle, PAM_USER, now) && now.view() == user.view();
}

// Of each line of SSH_AUTH_INFO_0 two words: a method that sshd has accepted, and the type of a key. The rest is the
// key or a certificate, which may be longer than any message (a certificate of 50 names has 4 kB) and decides nothing.
bool copy_methods(pam_handle_t* handle, wire::Text<1024>& methods) {
  const char* lines = pam_getenv(handle, "SSH_AUTH_INFO_0");
  int word = 0;
  for (; lines != nullptr && *lines != '\0'; ++lines) {
    if (*lines == ' ') ++word;
    if (*lines == '\n') word = 0;
    if (word < 2 && !methods.push(*lines)) return false;
  }
  return true;
}

// The uid from the name service, which the application has just asked for the same account; -1 if the answer is not for
// this very name.
std::int64_t uid_of(const char* name) {
  char buffer[4096];
  passwd entry = {};
  passwd* found = nullptr;
  const bool known = getpwnam_r(name, &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr &&
                     std::strcmp(found->pw_name, name) == 0;
  explicit_bzero(buffer, sizeof buffer);
  return known ? static_cast<std::int64_t>(entry.pw_uid) : -1;
}

// Nobody but this module is left to say it. In English: it knows no language of the site.
int out_of_order(pam_handle_t* handle, int flags) {
  show(handle, flags, PAM_ERROR_MSG, "The second step is out of order; this is not your password.");
  return PAM_AUTHINFO_UNAVAIL;
}

}  // namespace

int converse_with_seimond(pam_handle_t* handle, int flags, const Options& options, const char* purpose,
                          bool& accepted) {
  accepted = false;
  wire::Open open;
  open.oldest = wire::kOldestVersion;
  __attribute__((uninitialized)) wire::Reply reply;
  open.one_answer = options.combined == Combined::kVerify;
  if (!describe(handle, open) || !copy_item(handle, PAM_RHOST, open.rhost) || !copy_item(handle, PAM_TTY, open.tty) ||
      !open.purpose.assign(purpose) || !copy_item(handle, PAM_RUSER, open.ruser) ||
      !copy_variable(handle, "SSH_CONNECTION", open.ssh_connection) || !copy_methods(handle, open.ssh_auth_info)) {
    pam_syslog(handle, LOG_ERR, "refused: no user name, or an item of the login is too long");
    return PAM_AUTH_ERR;
  }
  open.uid = uid_of(open.user.c_str());
  __attribute__((uninitialized)) Line line(handle, options);
  if (!begin(handle, line, open, reply)) return out_of_order(handle, flags);
  for (int turn = 0; reply.verdict.empty(); ++turn) {
    if (turn == kMaxPrompts || reply.prompt.empty()) return out_of_order(handle, flags);
    if (turn > 0 && open.one_answer) return PAM_AUTH_ERR;  // there is no second answer
    const int taken = take_turn(handle, flags, line, open, reply);
    if (taken == PAM_AUTHINFO_UNAVAIL) return out_of_order(handle, flags);
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
  accepted = verdict == wire::Verdict::kAccepted;
  return code_of(verdict, options);
}

}  // namespace seimon::pam_module
