// SPDX-License-Identifier: Apache-2.0
// login_once CONFDIR SERVICE USER ANSWER [RHOST]: one login, each prompt answered with ANSWER. The exit code is PAM's;
// what was shown goes to standard output. Between two access(2) of names that say so stands everything that libpam and
// the module do, for tests/faults/.
#include <security/pam_appl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

int converse(int count, const pam_message** messages, pam_response** responses, void* data) {
  auto* answers = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (answers == nullptr) return PAM_BUF_ERR;
  *responses = answers;
  for (int i = 0; i < count; ++i) {
    const bool asks = messages[i]->msg_style == PAM_PROMPT_ECHO_ON || messages[i]->msg_style == PAM_PROMPT_ECHO_OFF;
    std::printf("%s: %s\n", asks ? "asked" : "told", messages[i]->msg);
    if (asks) answers[i].resp = strdup(static_cast<const char*>(data));
  }
  return PAM_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return 255;
  std::string answer = argv[4];
  const pam_conv conversation = {converse, answer.data()};
  pam_handle_t* handle = nullptr;
  (void)!access("/seimon-faults-begin", F_OK);
  int code = pam_start_confdir(argv[2], argv[3], &conversation, argv[1], &handle);
  if (code == PAM_SUCCESS && argc > 5) {
    code = pam_set_item(handle, PAM_RHOST, argv[5]);
    if (code == PAM_SUCCESS)
      code = pam_putenv(handle, ("SSH_CONNECTION=" + std::string(argv[5]) + " 1 192.0.2.1 22").c_str());
  }
  if (code == PAM_SUCCESS) code = pam_authenticate(handle, 0);
  if (code == PAM_SUCCESS && getenv("WITH_ACCOUNT") != nullptr) code = pam_acct_mgmt(handle, 0);
  if (handle != nullptr) pam_end(handle, code);
  (void)!access("/seimon-faults-end", F_OK);
  return code;
}
