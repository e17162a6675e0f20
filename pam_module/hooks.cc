// SPDX-License-Identifier: Apache-2.0
#include "pam_module/hooks.h"

#include <pwd.h>
#include <security/pam_modutil.h>
#include <unistd.h>

#include "pam_module/authenticate.h"
#include "pam_module/combined.h"
#include "pam_module/line.h"
#include "pam_module/terminal.h"

namespace seimon::pam_module {

namespace {

// In the handle: this application has taken the second step.
constexpr const char* kTaken = "seimon_second_step_taken";

bool is_somebody_elses(pam_handle_t* handle) {
  const char* user = nullptr;
  if (getuid() != 0 || pam_get_user(handle, &user, nullptr) != PAM_SUCCESS || user == nullptr) return false;
  const passwd* entry = pam_modutil_getpwnam(handle, user);
  return entry != nullptr && entry->pw_uid != 0;
}

bool exchange_session(pam_handle_t* handle, const Options& options, wire::Session& session, wire::Reply& reply) {
  Line line(handle, options);
  return describe(handle, session) && line.open() && line.exchange(session, reply) &&
         wire::verdict_of(reply.verdict.view()) == wire::Verdict::kAccepted;
}

}  // namespace

int authenticate(pam_handle_t* handle, int flags, const Options& options) {
  if (options.combined == Combined::kSplit) return split_answer(handle, options);
  if (options.combined == Combined::kWhole) return take_whole(handle);
  if (options.combined == Combined::kVerify && kept_answer(handle) == nullptr) return PAM_SERVICE_ERR;
  bool accepted = false;
  const int result = converse_with_seimond(handle, flags, options, "login", accepted);
  if (accepted) (void)pam_set_data(handle, kTaken, handle, nullptr);
  return result;
}

int check_account(pam_handle_t* handle, int flags, const Options& options) {
  wire::Account account;
  account.oldest = wire::kOldestVersion;
  wire::Reply reply;
  if (!describe(handle, account) || !copy_item(handle, PAM_RHOST, account.rhost) ||
      !copy_item(handle, PAM_TTY, account.tty))
    return PAM_AUTHINFO_UNAVAIL;
  // Whatever the person put there is only a word to be redeemed; one that does not fit is no word.
  if (!copy_variable(handle, wire::kConversationVariable, account.conversation)) account.conversation.clear();
  Line line(handle, options);
  if (!line.open() || !line.exchange(account, reply)) return PAM_AUTHINFO_UNAVAIL;
  show(handle, flags, PAM_ERROR_MSG, reply.message.c_str());
  const wire::Verdict verdict = wire::verdict_of(reply.verdict.view());
  if (verdict == wire::Verdict::kSuspended) return PAM_ACCT_EXPIRED;
  return verdict == wire::Verdict::kAccepted ? PAM_SUCCESS : PAM_AUTHINFO_UNAVAIL;
}

int open_session(pam_handle_t* handle, int flags, const Options& options) {
  wire::Session session;
  session.oldest = wire::kOldestVersion;
  wire::Reply reply;
  if (!copy_variable(handle, wire::kConversationVariable, session.conversation) || session.conversation.empty() ||
      !exchange_session(handle, options, session, reply))
    return PAM_IGNORE;
  show(handle, flags, PAM_TEXT_INFO, reply.message.c_str());
  if (!reply.ticket.empty()) (void)put_variable(handle, wire::kTicketVariable, reply.ticket);
  reply.ticket.wipe();
  return PAM_SUCCESS;
}

int close_session(pam_handle_t* handle, int /*flags*/, const Options& options) {
  wire::Session session;
  session.oldest = wire::kOldestVersion;
  wire::Reply reply;
  if (!copy_variable(handle, wire::kTicketVariable, session.ticket) || session.ticket.empty()) return PAM_IGNORE;
  return exchange_session(handle, options, session, reply) ? PAM_SUCCESS : PAM_IGNORE;
}

int change_password(pam_handle_t* handle, int flags, const Options& options) {
  if ((static_cast<unsigned>(flags) & PAM_PRELIM_CHECK) == 0) return PAM_IGNORE;
  if (options.combined != Combined::kNone) return PAM_SERVICE_ERR;  // a password line has no first answer to split
  const void* data = nullptr;
  const bool taken = pam_get_data(handle, kTaken, &data) == PAM_SUCCESS && data == handle;
  // An expired password is changed by its owner, though a login service runs as root.
  const bool expired = (static_cast<unsigned>(flags) & PAM_CHANGE_EXPIRED_AUTHTOK) != 0;
  const bool by_root = !expired && is_somebody_elses(handle);
  bool accepted = false;
  const char* purpose = taken ? "already-asked" : by_root ? "by-root" : "password";
  return converse_with_seimond(handle, flags, options, purpose, accepted);
}

}  // namespace seimon::pam_module
