// SPDX-License-Identifier: Apache-2.0
// The PAM module inside sshd, login, su and sudo: carries the login's context to seimond, shows what comes
// back, returns the answers, and turns the verdict into a PAM code. It holds no secret and takes no decision.
//
// MUST:
//  1. A result starts as PAM_ABORT. From auth, PAM_SUCCESS comes from one row of kCodes (authenticate.cc) and
//     PAM_IGNORE from another, and both only from a verdict that a trusted seimond sent for this conversation.
//  2. Every failure of this file, of the socket or of the service is a refusal: PAM_AUTHINFO_UNAVAIL, PAM_CONV_ERR,
//     PAM_AUTH_ERR, PAM_SERVICE_ERR. Never PAM_USER_UNKNOWN, which stacks often ignore.
//  3. The host is left as it was found: no fork, thread, handler, environment, locale, stdio; errno is put back.
//  4. Each copy of an answer is overwritten as soon as it has been sent.
#include <security/pam_modules.h>

#include <cerrno>

#include "pam_module/hooks.h"
#include "pam_module/options.h"

namespace seimon::pam_module {

namespace {

// In the file for `seimon doctor`, which compares versions without loading it.
[[gnu::used]] constexpr char kVersionMark[] = "pam_seimon version " SEIMON_VERSION;

struct ErrnoKept {
  int value = errno;
  ~ErrnoKept() { errno = value; }
};

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

#define SEIMON_HOOK(function, hook)                                                                 \
  extern "C" [[gnu::visibility("default")]] int function(pam_handle_t* handle, int flags, int argc, \
                                                         const char** argv) {                       \
    return seimon::pam_module::run(seimon::pam_module::hook, handle, flags, argc, argv);            \
  }

SEIMON_HOOK(pam_sm_authenticate, authenticate)
SEIMON_HOOK(pam_sm_acct_mgmt, check_account)
SEIMON_HOOK(pam_sm_open_session, open_session)
SEIMON_HOOK(pam_sm_close_session, close_session)
SEIMON_HOOK(pam_sm_chauthtok, change_password)

extern "C" [[gnu::visibility("default")]] int pam_sm_setcred(pam_handle_t* /*handle*/, int /*flags*/, int /*argc*/,
                                                             const char** /*argv*/) {
  return PAM_SUCCESS;
}
