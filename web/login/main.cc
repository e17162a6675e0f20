// SPDX-License-Identifier: Apache-2.0
// seimon-web-login(8): signs people in to the page by PAM. Root's, and the only part of the page that is: it listens on
// a socket for seimon-web alone, runs the PAM stack `seimon-web` for each sign-in in a process of its own, and passes
// on prompts and answers. What it gives out is the ticket that pam_seimon(8) left in that session. MUST:
//  1. Nobody but the account of the page is served.
//  2. A ticket leaves only after authentication, account check and session have all succeeded.
//  3. A process serves one sign-in, ends with it, and never lasts longer than kLongest.
#include <poll.h>
#include <security/pam_appl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/program_options.h"
#include "daemon/system/activation.h"
#include "daemon/system/privileges.h"
#include "web/frame.h"
#include "wire/login.h"

namespace seimon::web {

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kService = "seimon-web";
constexpr auto kLongest = std::chrono::minutes(3);
constexpr std::size_t kMostChildren = 256;
constexpr std::size_t kMostName = 256;

struct Options {
  std::string socket = "/run/seimon/web-login.sock";
  std::string account = "seimon-web";
  // Of the stack for those whom a single sign-on has checked. An administrator puts it there; without it they are
  // refused.
  std::string checked = "/etc/seimon/pam.d";
};

// Frames over one socket until a deadline. Every failure is the end of the sign-in.
class Channel {
 public:
  explicit Channel(int fd) : fd_(fd), deadline_(Clock::now() + kLongest) {}

  [[nodiscard]] bool send(char kind, std::string_view bytes) const {
    std::string frame = frame_of(kind, bytes.substr(0, kMostFrame));
    std::string_view rest = frame;
    while (!rest.empty()) {
      if (!wait(POLLOUT)) break;
      const ssize_t sent = ::send(fd_, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
      else if (errno != EAGAIN && errno != EINTR) break;
    }
    const bool is_sent = rest.empty();
    explicit_bzero(frame.data(), frame.size());
    return is_sent;
  }

  // Nothing when the other side has gone, takes too long, or sends too much.
  [[nodiscard]] std::optional<Frame> receive() const {
    std::array<char, kFrameHead> head{};
    if (!read(head.data(), head.size())) return std::nullopt;
    const auto length = frame_length({head.data(), head.size()});
    if (!length) return std::nullopt;
    Frame frame{head[0], std::string(*length, '\0')};
    if (!read(frame.bytes.data(), *length)) return std::nullopt;
    return frame;
  }

 private:
  [[nodiscard]] bool wait(short events) const {
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
      if (left <= 0) return false;
      pollfd one{fd_, events, 0};
      const int ready = ::poll(&one, 1, static_cast<int>(left));
      if (ready > 0) return true;
      if (ready == 0 || errno != EINTR) return false;
    }
  }
  [[nodiscard]] bool read(char* bytes, std::size_t size) const {
    while (size > 0) {
      if (!wait(POLLIN)) return false;
      const ssize_t got = ::recv(fd_, bytes, size, MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (got <= 0) return false;
      bytes += got;
      size -= static_cast<std::size_t>(got);
    }
    return true;
  }

  int fd_;
  Clock::time_point deadline_;
};

// The answer to one prompt, allocated as PAM wants it; null when there is none.
char* ask(const Channel& channel, bool is_shown, const char* prompt) {
  if (!channel.send(is_shown ? 'P' : 'H', prompt)) return nullptr;
  auto answer = channel.receive();
  if (!answer || answer->kind != 'A' || answer->bytes.find('\0') != std::string::npos ||
      answer->bytes.size() >= PAM_MAX_RESP_SIZE)
    return nullptr;
  char* copy = strdup(answer->bytes.c_str());
  explicit_bzero(answer->bytes.data(), answer->bytes.size());
  return copy;
}

void forget(pam_response* responses, int count) {
  for (int i = 0; i < count; ++i) {
    if (responses[i].resp == nullptr) continue;
    explicit_bzero(responses[i].resp, std::strlen(responses[i].resp));
    std::free(responses[i].resp);
  }
  std::free(responses);
}

int converse(int count, const pam_message** messages, pam_response** responses, void* data) {
  const Channel& channel = *static_cast<const Channel*>(data);
  if (count <= 0 || count > PAM_MAX_NUM_MSG) return PAM_CONV_ERR;
  auto* answers = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  if (answers == nullptr) return PAM_BUF_ERR;
  for (int i = 0; i < count; ++i) {
    const char* text = messages[i]->msg == nullptr ? "" : messages[i]->msg;
    bool is_done = false;
    switch (messages[i]->msg_style) {
      case PAM_PROMPT_ECHO_ON:
      case PAM_PROMPT_ECHO_OFF:
        answers[i].resp = ask(channel, messages[i]->msg_style == PAM_PROMPT_ECHO_ON, text);
        is_done = answers[i].resp != nullptr;
        break;
      case PAM_TEXT_INFO: is_done = channel.send('I', text); break;
      case PAM_ERROR_MSG: is_done = channel.send('E', text); break;
      default: break;
    }
    if (is_done) continue;
    forget(answers, count);
    return PAM_CONV_ERR;
  }
  *responses = answers;
  return PAM_SUCCESS;
}

// One PAM transaction.
class Stack {
 public:
  // `folder`: of the stack; empty: libpam's own.
  Stack(const std::string& user, const std::string& folder, const std::string& address, const Channel& channel)
      : conversation_{converse, const_cast<Channel*>(&channel)} {
    result_ = folder.empty() ? pam_start(kService, user.c_str(), &conversation_, &handle_)
                             : pam_start_confdir(kService, user.c_str(), &conversation_, folder.c_str(), &handle_);
    if (result_ == PAM_SUCCESS) result_ = pam_set_item(handle_, PAM_RHOST, address.c_str());
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() {
    if (handle_ != nullptr) pam_end(handle_, result_);
  }

  // True when authentication, account and session have all succeeded.
  [[nodiscard]] bool run() {
    if (result_ == PAM_SUCCESS) result_ = pam_authenticate(handle_, 0);
    if (result_ == PAM_SUCCESS) result_ = pam_acct_mgmt(handle_, 0);
    if (result_ == PAM_SUCCESS) result_ = pam_open_session(handle_, PAM_SILENT);
    return result_ == PAM_SUCCESS;
  }
  [[nodiscard]] int result() const { return result_; }
  [[nodiscard]] std::string reason() const { return pam_strerror(handle_, result_); }
  // As the stack has it: a module may have changed the name.
  [[nodiscard]] std::string user() const {
    const void* name = nullptr;
    return pam_get_item(handle_, PAM_USER, &name) == PAM_SUCCESS && name != nullptr ? static_cast<const char*>(name)
                                                                                    : "";
  }
  [[nodiscard]] std::string ticket() const {
    const char* ticket = pam_getenv(handle_, wire::kTicketVariable);
    return ticket == nullptr ? "" : ticket;
  }

 private:
  pam_conv conversation_;
  pam_handle_t* handle_ = nullptr;
  int result_ = PAM_SYSTEM_ERR;
};

bool is_word(const std::string& text) {
  return !text.empty() && text.size() <= kMostName && text.front() != '-' &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; });
}

// Of a child. Its exit status says nothing: what there is to say has been sent.
void sign_in(int fd, const std::string& checked) {
  const Channel channel(fd);
  std::string user;
  std::string folder;
  std::string address;
  while (true) {
    auto frame = channel.receive();
    if (!frame) return;
    if (frame->kind == 'U' || frame->kind == 'R') {
      folder = frame->kind == 'R' ? checked : "";
      user = std::move(frame->bytes);
    } else if (frame->kind == 'F') {
      address = std::move(frame->bytes);
    } else if (frame->kind == 'G') {
      break;
    } else {
      return;
    }
  }
  if (!is_word(user) || !is_word(address)) return (void)channel.send('N', "");
  Stack stack(user, folder, address, channel);
  if (!stack.run()) {
    syslog(LOG_NOTICE, "sign-in to the page refused: %s", stack.reason().c_str());
    const bool is_expired = stack.result() == PAM_NEW_AUTHTOK_REQD || stack.result() == PAM_ACCT_EXPIRED;
    return (void)channel.send('N', is_expired ? stack.reason() : "");
  }
  const std::string ticket = stack.ticket();
  if (ticket.empty()) {
    syslog(LOG_ERR,
           "sign-in to the page got no ticket: is the line \"session optional pam_seimon.so\" in /etc/pam.d/%s?",
           kService);
    return (void)channel.send('N', "");
  }
  (void)channel.send('D', stack.user() + "\n" + ticket);
}

// Serves one connection in a process of its own.
class Children {
 public:
  // `checked`: the folder of the stack for those whom a single sign-on has checked.
  explicit Children(std::string checked) : checked_(std::move(checked)) {}
  void start(int listener, int fd) {
    if (count_ >= kMostChildren) return (void)close(fd);  // the page says that it is not possible now
    const pid_t child = fork();
    if (child == 0) {
      (void)close(listener);
      (void)std::signal(SIGCHLD, SIG_DFL);
      (void)std::signal(SIGTERM, SIG_DFL);
      (void)alarm(static_cast<unsigned>(std::chrono::seconds(kLongest).count() + 5));
      sign_in(fd, checked_);
      std::_Exit(0);
    }
    if (child > 0) ++count_;
    else syslog(LOG_ERR, "fork: %s", std::strerror(errno));
    (void)close(fd);
  }
  void reap() {
    while (waitpid(-1, nullptr, WNOHANG) > 0) --count_;
  }

 private:
  std::string checked_;
  std::size_t count_ = 0;
};

bool is_from(int fd, uid_t account) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == account;
}

volatile std::sig_atomic_t is_ending = 0;
void end(int /*signal*/) { is_ending = 1; }
void wake(int /*signal*/) {}

void on(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  (void)sigaction(signal, &action, nullptr);
}

int serve(const Options& options) {
  const uid_t account = daemon::account_uid(options.account.c_str());
  if (account == 0) {
    std::fprintf(stderr, "seimon-web-login: there is no account \"%s\"\n", options.account.c_str());
    return 1;
  }
  int listener = daemon::passed_socket();
  if (listener < 0) listener = daemon::open_socket(options.socket);
  on(SIGTERM, end);
  on(SIGINT, end);
  on(SIGCHLD, wake);
  on(SIGPIPE, SIG_IGN);
  Children children(options.checked);
  while (is_ending == 0) {
    pollfd one{listener, POLLIN, 0};
    const int ready = poll(&one, 1, 1000);
    children.reap();
    if (ready <= 0) continue;
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    if (is_from(fd, account)) children.start(listener, fd);
    else (void)close(fd);
  }
  return 0;
}

int run(int argc, char** argv) {
  Options options;
  base::ProgramOptions line("seimon-web-login", "signs people in to the page of seimon-web(8), by PAM");
  line.add("--socket", options.socket, "where to listen, unless a socket is passed");
  line.add("--account", options.account, "the account that seimon-web runs as");
  line.add("--checked-stacks", options.checked, "the folder of the PAM stack behind a single sign-on");
  if (const auto status = line.parse(argc, argv)) return *status;
  openlog("seimon-web-login", LOG_PID, LOG_AUTHPRIV);
  try {
    return serve(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seimon-web-login: %s\n", error.what());
    return 1;
  }
}

}  // namespace

}  // namespace seimon::web

int main(int argc, char** argv) { return seimon::web::run(argc, argv); }
