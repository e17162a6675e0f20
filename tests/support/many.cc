// SPDX-License-Identifier: Apache-2.0
// many CONFDIR SERVICE USER CODE COUNT: COUNT processes log in at once, all waiting at the prompt before any answers,
// and each answers CODE. Prints how many got in. Bounded: a process that cannot finish within 60 s is counted out.
#include <security/pam_appl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <vector>

namespace {

struct Shared {
  std::atomic<int> asked{0};
  std::atomic<int> in{0};
};

struct Talk {
  const char* code;
  int count;
  Shared* shared;
  int answers;
};

int converse(int count, const pam_message** messages, pam_response** responses, void* data) {
  auto* talk = static_cast<Talk*>(data);
  auto* answers = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  *responses = answers;
  for (int i = 0; i < count; ++i) {
    if (messages[i]->msg_style != PAM_PROMPT_ECHO_ON && messages[i]->msg_style != PAM_PROMPT_ECHO_OFF) continue;
    if (talk->answers++ > 0) return PAM_CONV_ERR;
    ++talk->shared->asked;
    for (int wait = 0; wait < 20000 && talk->shared->asked < talk->count; ++wait) usleep(1000);
    answers[i].resp = strdup(talk->code);
  }
  return PAM_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const int count = std::atoi(argv[5]);
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 2;
  auto* shared = new (memory) Shared;
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    alarm(60);
    Talk talk{argv[4], count, shared, 0};
    const pam_conv conversation = {converse, &talk};
    pam_handle_t* handle = nullptr;
    if (pam_start_confdir(argv[2], argv[3], &conversation, argv[1], &handle) != PAM_SUCCESS) _exit(1);
    const int code = pam_authenticate(handle, PAM_SILENT);
    if (code == PAM_SUCCESS) ++shared->in;
    pam_end(handle, code);
    _exit(0);
  }
  for (pid_t child : children) waitpid(child, nullptr, 0);
  std::printf("%d of %d\n", shared->in.load(), count);
  return 0;
}
