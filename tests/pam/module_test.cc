// SPDX-License-Identifier: Apache-2.0
// The module at its edge: real libpam, the real .so, and at the other end of the socket a service that does what a
// test tells it to, good or bad. No root: server_uid names us.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include "tests/support/folder.h"
#include "tests/support/test.h"

// AddressSanitizer keeps freed blocks aside, with what was in them. (g++ says so by a macro, clang by a feature.)
#ifdef __SANITIZE_ADDRESS__
#define SEIMON_KEEPS_FREED_BLOCKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEIMON_KEEPS_FREED_BLOCKS
#endif
#endif

using namespace seimon::tests;

namespace {

// The replies of a service, in order; "" closes, kSilence sends nothing.
const std::string kSilence = "(silence)";
const std::string kGone = "(gone)";  // closes before anything more is said; the next lines are another connection's
using Lines = std::vector<std::string>;
constexpr int kPatience = 120000;  // milliseconds

std::string prompt(const std::string& text, bool echo = true) {
  return "{\"parameters\":{\"conversation\":\"c1\",\"prompt\":\"" + text + "\",\"echo\":" + (echo ? "true" : "false") +
         ",\"verdict\":\"\",\"message\":\"\"}}";
}
std::string verdict(const std::string& name, const std::string& conversation = "c1") {
  return "{\"parameters\":{\"conversation\":\"" + conversation + "\",\"verdict\":\"" + name + "\",\"message\":\"\"}}";
}

// Listens in `folder`; one connection, then the script.
class FakeService {
 public:
  FakeService(const Folder& folder, Lines script, bool raw = false) : script_(std::move(script)), raw_(raw) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (folder.path() + "/socket").c_str());
    listening_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(listening_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(listening_, 8) == 0);
    check(pipe2(stop_, O_CLOEXEC) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~FakeService() { stop(); }
  void wait_until_gone() const {
    while (!gone_) std::this_thread::yield();
  }
  // The messages that the module sent, once it is done.
  const Lines& heard() {
    stop();
    return heard_;
  }

 private:
  void stop() {
    if (!thread_.joinable()) return;
    (void)!write(stop_[1], "x", 1);
    thread_.join();
    for (int fd : {listening_, stop_[0], stop_[1]}) close(fd);
  }
  bool wait_for(int fd) const {
    pollfd entries[] = {{fd, POLLIN, 0}, {stop_[0], POLLIN, 0}};
    return poll(entries, 2, kPatience) > 0 && (entries[0].revents & POLLIN) != 0;
  }
  void serve() {
    if (!wait_for(listening_)) return;
    int fd = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    for (const std::string& line : script_) {
      if (line == kGone) {
        close(fd);
        gone_ = true;
        if (!wait_for(listening_)) return;
        fd = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        continue;
      }
      std::string message;
      char c = 0;
      while (wait_for(fd) && read(fd, &c, 1) == 1 && c != '\0') message += c;
      heard_.push_back(message);
      if (line.empty()) break;
      if (line == kSilence) continue;
      (void)!send(fd, line.data(), line.size() + (raw_ ? 0 : 1), MSG_NOSIGNAL);
    }
    pollfd entry = {stop_[0], POLLIN, 0};
    if (!script_.empty() && !script_.back().empty()) poll(&entry, 1, kPatience);
    close(fd);
  }

  Lines script_;
  bool raw_;
  Lines heard_;
  int listening_ = -1;
  int stop_[2] = {-1, -1};
  std::atomic<bool> gone_ = false;
  std::thread thread_;
};

struct Login {
  std::vector<const char*> answers = {"123456"};
  std::string options;
  std::function<int(pam_handle_t*)> hook = [](pam_handle_t* pamh) { return pam_authenticate(pamh, 0); };
  std::function<void(pam_handle_t*)> prepare = [](pam_handle_t*) {};
  bool conversation_fails = false;
  // Filled in:
  int code = -1;
  std::vector<std::pair<int, std::string>> shown;
  std::string conversation_id;
  pam_handle_t* handle = nullptr;
  std::function<void(pam_handle_t*)> while_asked = [](pam_handle_t*) {};
};

int converse(int count, const pam_message** messages, pam_response** responses, void* data) {
  auto* login = static_cast<Login*>(data);
  if (login->conversation_fails) return PAM_CONV_ERR;
  auto* answers = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  *responses = answers;
  for (int i = 0; i < count; ++i) {
    login->shown.emplace_back(messages[i]->msg_style, messages[i]->msg);
    if (messages[i]->msg_style != PAM_PROMPT_ECHO_ON && messages[i]->msg_style != PAM_PROMPT_ECHO_OFF) continue;
    login->while_asked(login->handle);
    if (login->answers.empty()) continue;
    if (login->answers.front() != nullptr) answers[i].resp = strdup(login->answers.front());
    login->answers.erase(login->answers.begin());
  }
  return PAM_SUCCESS;
}

// `control` is the stack's control field for our line. The machine may stand still for longer than the default timeout.
int log_in(const Folder& folder, Login& login, const std::string& control = "required", bool permit = false) {
  for (const char* service : {"test", "other"}) {
    std::ofstream file(folder.path() + "/" + service);
    for (const char* type : {"auth", "account", "session", "password"}) {
      file << type << " " << control << " [" SEIMON_MODULE "] socket=" << folder.path()
           << "/socket server_uid=" << getuid() << " timeout=60 " << login.options << "\n";
      if (permit) file << type << " required pam_permit.so\n";
    }
  }
  const pam_conv conversation = {converse, &login};
  check(pam_start_confdir("test", "alice", &conversation, folder.path().c_str(), &login.handle) == PAM_SUCCESS);
  login.prepare(login.handle);
  login.code = login.hook(login.handle);
  const char* id = pam_getenv(login.handle, "SEIMON_CONVERSATION");
  login.conversation_id = id == nullptr ? "" : id;
  pam_end(login.handle, login.code);
  return login.code;
}

int code_for(Lines script, Login login = {}, bool raw = false) {
  const Folder folder;
  FakeService service(folder, std::move(script), raw);
  return log_in(folder, login);
}

// ---- verdicts -------------------------------------------------------------------------------------------------------

void each_verdict_has_its_pam_code() {
  check_equal(code_for({prompt("Code: "), verdict("accepted")}), PAM_SUCCESS);
  check_equal(code_for({prompt("Code: "), verdict("refused")}), PAM_AUTH_ERR);
  check_equal(code_for({prompt("Code: "), verdict("exhausted")}), PAM_MAXTRIES);
  check_equal(code_for({verdict("unavailable")}), PAM_AUTHINFO_UNAVAIL);
}

void a_skip_is_ignored_and_opens_nothing_alone() {
  check_equal(code_for({verdict("skipped")}), PAM_PERM_DENIED);
  for (const char* control : {"sufficient", "required", "requisite", "optional"}) {
    const Folder folder;
    FakeService service(folder, {verdict("skipped")});
    Login login;
    check(log_in(folder, login, control) != PAM_SUCCESS, control);
  }
  const Folder folder;
  FakeService service(folder, {verdict("skipped")});
  Login login;
  check_equal(log_in(folder, login, "required", true), PAM_SUCCESS);
}

void exempt_success_makes_a_skip_a_success() {
  Login login;
  login.options = "exempt=success";
  check_equal(code_for({verdict("skipped")}, login), PAM_SUCCESS);
}

void the_prompt_is_shown_and_the_answer_sent() {
  const Folder folder;
  FakeService service(folder, {prompt("Help\\nVerification code: "), prompt("Again: ", false), verdict("accepted")});
  Login login;
  login.answers = {"111 111", "２２２２２２"};
  check_equal(log_in(folder, login), PAM_SUCCESS);
  check(login.shown.at(0).first == PAM_PROMPT_ECHO_ON && login.shown.at(0).second == "Help\nVerification code: ");
  check(login.shown.at(1).first == PAM_PROMPT_ECHO_OFF && login.shown.at(1).second == "Again: ");
  const Lines& heard = service.heard();
  check(heard.at(0).find("\"method\":\"io.seimon.Login.Open\"") != std::string::npos);
  check(heard.at(0).find("\"user\":\"alice\",\"service\":\"test\"") != std::string::npos, heard.at(0));
  check_equal(
      heard.at(1),
      "{\"method\":\"io.seimon.Login.Answer\",\"parameters\":{\"conversation\":\"c1\",\"answer\":\"111 111\"}}");
  check(heard.at(2).find("２２２２２２") != std::string::npos);
  check_equal(login.conversation_id, "c1");
}

void the_context_of_the_login_is_sent() {
  const Folder folder;
  FakeService service(folder, {verdict("refused")});
  Login login;
  login.prepare = [](pam_handle_t* handle) {
    pam_set_item(handle, PAM_RHOST, "203.0.113.9");
    pam_set_item(handle, PAM_TTY, "ssh");
    pam_set_item(handle, PAM_RUSER, "bob");
    pam_putenv(handle, "SSH_CONNECTION=203.0.113.9 5 192.0.2.1 22");
    const std::string certificate = "ssh-ed25519-cert-v01@openssh.com " + std::string(20000, 'A');
    pam_putenv(handle, ("SSH_AUTH_INFO_0=publickey " + certificate + "\npassword\n").c_str());
    setenv("SSH_CONNECTION", "10.0.0.1 5 10.0.0.2 22", 1);  // the process's own is not asked
  };
  log_in(folder, login);
  check_equal(
      service.heard().at(0),
      "{\"method\":\"io.seimon.Login.Open\",\"parameters\":{\"version\":1,\"user\":\"alice\",\"service\":\"test\","
      "\"rhost\":\"203.0.113.9\",\"tty\":\"ssh\",\"ruser\":\"bob\",\"ssh_connection\":\"203.0.113.9 5 192.0.2.1 "
      "22\",\"ssh_auth_info\":\"publickey "
      "ssh-ed25519-cert-v01@openssh.com\\u000apassword\\u000a\",\"purpose\":\"login\",\"one_answer\":false,\"uid\":-"
      "1,\"oldest\":1}}");
}

// ---- never failing open ---------------------------------------------------------------------------------------------

void without_a_service_nobody_gets_in() {
  const Folder folder;
  Login login;
  check_equal(log_in(folder, login), PAM_AUTHINFO_UNAVAIL);
  check(login.shown.size() == 1 && login.shown.front().first == PAM_ERROR_MSG, "and the person hears why");
  check_equal(login.shown.front().second, "The second step is out of order; this is not your password.");
  std::ofstream(folder.path() + "/socket").close();
  check_equal(log_in(folder, login), PAM_AUTHINFO_UNAVAIL);
}

void a_service_that_dies_at_the_prompt_is_told() {
  const Folder folder;
  FakeService service(folder, {prompt("Code: "), ""});
  Login login;
  check_equal(log_in(folder, login), PAM_AUTHINFO_UNAVAIL);
  check_equal(login.shown.back().second, "The second step is out of order; this is not your password.");
}

void a_squatter_that_says_yes_is_not_believed() {
  const Folder folder;
  FakeService service(folder, {verdict("accepted"), verdict("accepted")});
  Login login;
  login.options = "server_uid=" + std::to_string(getuid() + 1);
  check_equal(log_in(folder, login), PAM_AUTHINFO_UNAVAIL);
  check(service.heard().empty() || service.heard().at(0).empty(), "and it is told nothing");
}

void a_silent_service_is_left_at_the_deadline() {
  Login login;
  login.options = "timeout=1";
  // The fake service would close after kPatience: an end before that is the module's own deadline.
  const auto start = std::chrono::steady_clock::now();
  check_equal(code_for({kSilence}, login), PAM_AUTHINFO_UNAVAIL);
  check_equal(code_for({prompt("Code: "), kSilence}, login), PAM_AUTHINFO_UNAVAIL);
  check(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(kPatience));
}

void a_service_that_goes_away_refuses() {
  check_equal(code_for({""}), PAM_AUTHINFO_UNAVAIL);
  check_equal(code_for({prompt("Code: "), ""}), PAM_AUTHINFO_UNAVAIL);
}

// The service is replaced while a person stands at the prompt.
int code_across_a_restart(Lines script, Lines& heard) {
  const Folder folder;
  FakeService service(folder, std::move(script));
  Login login;
  login.answers = {"123456", "123456"};
  login.while_asked = [&service](pam_handle_t*) { service.wait_until_gone(); };
  const int code = log_in(folder, login);
  heard = service.heard();
  return code;
}

void an_answer_that_the_old_service_never_heard_goes_to_the_new_one() {
  Lines heard;
  check_equal(code_across_a_restart({prompt("Code: "), kGone, prompt("Code: "), verdict("accepted")}, heard),
              PAM_SUCCESS);
  check_equal(heard.size(), 3U);
  check(heard.at(0) == heard.at(1), "the new one is told who logs in, from where");
  check(heard.at(2).find("123456") != std::string::npos);
  check_equal(code_across_a_restart({prompt("Code: "), kGone, verdict("skipped")}, heard), PAM_PERM_DENIED);
  check_equal(code_across_a_restart({prompt("Code: "), kGone, verdict("refused")}, heard), PAM_AUTH_ERR);
}

void what_a_dying_service_may_have_heard_is_not_said_again() {
  Lines heard;
  check_equal(code_across_a_restart({prompt("Code: "), kGone, prompt("Code: "), ""}, heard), PAM_AUTHINFO_UNAVAIL);
  check_equal(heard.size(), 3U);
  check_equal(code_across_a_restart({prompt("Code: "), kGone, ""}, heard), PAM_AUTHINFO_UNAVAIL);
  check_equal(code_across_a_restart({prompt("Code: "), kGone, prompt("Code: "), verdict("accepted", "c2")}, heard),
              PAM_AUTHINFO_UNAVAIL);
}

void nothing_but_a_whole_and_clear_reply_is_a_verdict() {
  const std::string good = verdict("accepted");
  for (const std::string& bad :
       {std::string("x"), std::string("{}"), std::string("{\"parameters\":{}}"), std::string("[]"),
        std::string("{\"parameters\":{\"verdict\":true}}"),
        std::string("{\"parameters\":{\"conversation\":\"c1\",\"verdict\":1}}"),
        std::string("{\"error\":\"io.seimon.Login.Refused\",\"parameters\":{\"conversation\":\"c1\",\"verdict\":"
                    "\"accepted\"}}"),
        std::string("{\"method\":\"x\",\"parameters\":{\"conversation\":\"c1\",\"verdict\":\"accepted\"}}"),
        std::string("{\"error\":\"io.seimon.Login.VersionMismatch\",\"parameters\":{\"oldest\":7,\"newest\":9,"
                    "\"conversation\":\"c1\",\"verdict\":\"accepted\"}}"),
        good + good, verdict("ACCEPTED"), verdict("accepted "), verdict("success"), verdict("accepted", ""),
        verdict("accepted", std::string(60, 'c')), std::string(40000, '{'), std::string(40000, ' '),
        std::string("{\"parameters\":{\"conversation\":\"c1\",\"verdict\":\"accepted\",\"verdict\":\"accepted\"}}")})
    check_equal(code_for({bad}), PAM_AUTHINFO_UNAVAIL);
  for (std::size_t size = 1; size < good.size(); size += 7)
    check_equal(code_for({good.substr(0, size)}), PAM_AUTHINFO_UNAVAIL);
}

void a_service_of_another_release_is_understood() {
  check_equal(code_for({"{\"parameters\":{\"conversation\":\"c1\",\"verdict\":\"accepted\"}}"}), PAM_SUCCESS);
  check_equal(
      code_for({"{\"parameters\":{\"news\":{\"a\":[1,\"x\"]},\"conversation\":\"c1\",\"verdict\":\"accepted\"}}"}),
      PAM_SUCCESS);
}

void a_verdict_for_another_conversation_is_none() {
  check_equal(code_for({prompt("Code: "), verdict("accepted", "c2")}), PAM_AUTHINFO_UNAVAIL);
}

void a_reply_without_its_end_is_none() {
  Login login;
  login.options = "timeout=1";
  check_equal(code_for({verdict("accepted")}, login, true), PAM_AUTHINFO_UNAVAIL);
}

void bytes_after_the_reply_spoil_it() {
  check_equal(code_for({verdict("accepted") + std::string("\0more", 5)}), PAM_AUTHINFO_UNAVAIL);
}

void a_service_that_asks_for_ever_is_left() {
  const Folder folder;
  FakeService service(folder, Lines(100, prompt("Code: ")));
  Login login;
  login.answers = std::vector<const char*>(100, "123456");
  check_equal(log_in(folder, login), PAM_AUTHINFO_UNAVAIL);
  check_equal(login.shown.size(), 65U);
  check_equal(login.shown.back().first, PAM_ERROR_MSG);
}

void a_failing_conversation_refuses() {
  Login login;
  login.conversation_fails = true;
  check_equal(code_for({prompt("Code: "), verdict("accepted")}, login), PAM_CONV_ERR);
}

void an_unknown_or_wrong_option_refuses() {
  for (const char* bad : {"nullok", "timeout=0", "timeout=61", "timeout=x", "timeout=", "socket=relative",
                          "server_uid=-1", "server_uid=root", "exempt=yes", "debug=1", "timeout", "Debug"}) {
    Login login;
    login.options = bad;
    check_equal(code_for({verdict("accepted")}, login), PAM_SERVICE_ERR);
  }
}

void a_user_name_that_changes_on_the_way_refuses() {
  Login login;
  login.while_asked = [](pam_handle_t* handle) { pam_set_item(handle, PAM_USER, "root"); };
  check_equal(code_for({prompt("Code: "), verdict("accepted")}, login), PAM_AUTH_ERR);
}

void items_that_are_too_long_refuse() {
  Login login;
  login.prepare = [](pam_handle_t* handle) { pam_set_item(handle, PAM_RHOST, std::string(600, 'x').c_str()); };
  check_equal(code_for({verdict("accepted")}, login), PAM_AUTH_ERR);
  login.prepare = [](pam_handle_t* handle) { pam_set_item(handle, PAM_USER, std::string(2000, 'x').c_str()); };
  check_equal(code_for({verdict("accepted")}, login), PAM_AUTH_ERR);
}

// ---- what never leaves ----------------------------------------------------------------------------------------------

void kept_back(const char* answer, const std::string& reason) {
  const Folder folder;
  FakeService service(folder, {prompt("Code: "), verdict("refused")});
  Login login;
  login.answers = {answer};
  log_in(folder, login);
  const Lines& heard = service.heard();
  check_equal(
      heard.at(1),
      "{\"method\":\"io.seimon.Login.Void\",\"parameters\":{\"conversation\":\"c1\",\"reason\":\"" + reason + "\"}}");
}

void an_empty_or_missing_answer_is_not_sent() {
  kept_back("", "empty");
  kept_back(nullptr, "empty");
}

void what_sshd_fills_in_for_refused_users_is_not_sent() {
  const std::string filler = "\b\n\r\177INCORRECT";
  std::string longer;
  for (int i = 0; i < 4; ++i) longer += filler;
  for (std::size_t size = 1; size <= longer.size(); ++size) kept_back(longer.substr(0, size).c_str(), "filler");
}

void an_answer_longer_than_any_code_is_not_sent() { kept_back(std::string(600, '1').c_str(), "too-long"); }

// ---- the other hooks ------------------------------------------------------------------------------------------------

void the_account_hook_refuses_the_suspended_and_the_unanswered() {
  Login login;
  login.hook = [](pam_handle_t* handle) { return pam_acct_mgmt(handle, 0); };
  check_equal(code_for({verdict("accepted", "")}, login), PAM_SUCCESS);
  check_equal(code_for({verdict("suspended", "")}, login), PAM_ACCT_EXPIRED);
  for (const char* other : {"skipped", "refused", "unavailable", "", "nonsense"})
    check_equal(code_for({verdict(other, "")}, login), PAM_AUTHINFO_UNAVAIL);
  check_equal(code_for({""}, login), PAM_AUTHINFO_UNAVAIL);
  const Folder folder;
  check_equal(log_in(folder, login), PAM_AUTHINFO_UNAVAIL);
}

void setcred_succeeds_and_the_rest_is_not_ours_yet() {
  Login login;
  const Folder folder;
  login.hook = [](pam_handle_t* handle) { return pam_open_session(handle, 0); };
  check(log_in(folder, login) != PAM_SUCCESS, "PAM_IGNORE alone opens nothing");
  check_equal(log_in(folder, login, "required", true), PAM_SUCCESS);
  login.hook = [](pam_handle_t* handle) { return pam_setcred(handle, PAM_ESTABLISH_CRED); };
  check_equal(log_in(folder, login), PAM_SUCCESS);
}

// ---- the guest ------------------------------------------------------------------------------------------------------

int open_descriptors() {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) count += entry.path().empty() ? 0 : 1;
  return count;
}

std::string variables() {
  std::string text;
  for (char** variable = environ; *variable != nullptr; ++variable) text += std::string(*variable) + "\n";
  return text;
}

void the_host_is_left_as_it_was() {
  const Folder folder;
  Login warm;
  log_in(folder, warm);
  sigset_t before = {};
  sigset_t after = {};
  sigprocmask(SIG_SETMASK, nullptr, &before);
  const mode_t mask = umask(027);
  const int descriptors = open_descriptors();
  const std::string where = std::filesystem::current_path().string();
  const std::string environment = variables();
  const std::string locale = std::setlocale(LC_ALL, nullptr);
  for (int round = 0; round < 20; ++round) {
    FakeService service(folder, {prompt("Code: "), verdict("accepted")});
    Login login;
    check_equal(log_in(folder, login), PAM_SUCCESS);
    (void)service.heard();
    std::filesystem::remove(folder.path() + "/socket");
  }
  sigprocmask(SIG_SETMASK, nullptr, &after);
  check_equal(std::memcmp(&before, &after, sizeof before), 0);
  check_equal(umask(mask), static_cast<mode_t>(027));
  check_equal(open_descriptors(), descriptors);
  check_equal(std::filesystem::current_path().string(), where);
  check_equal(variables(), environment);
  check_equal(std::string(std::setlocale(LC_ALL, nullptr)), locale);
}

// Straight at the hook: libpam's own audit record changes errno, too.
void errno_is_put_back() {
  using Hook = int (*)(pam_handle_t*, int, int, const char**);
  const Folder folder;
  FakeService service(folder, {verdict("accepted")});
  void* module = dlopen(SEIMON_MODULE, RTLD_NOW);
  check(module != nullptr);
  const auto hook = reinterpret_cast<Hook>(dlsym(module, "pam_sm_authenticate"));
  const std::string socket = "socket=" + folder.path() + "/socket";
  const std::string owner = "server_uid=" + std::to_string(getuid());
  const char* arguments[] = {socket.c_str(), owner.c_str()};
  Login login;
  int code = -1;
  login.hook = [&](pam_handle_t* pamh) {
    errno = 4242;
    code = hook(pamh, 0, 2, arguments);
    check_equal(errno, 4242);
    return PAM_SUCCESS;
  };
  log_in(folder, login);
  check_equal(code, PAM_SUCCESS);
  dlclose(module);
}

void closed_standard_descriptors_are_not_taken() {
  const Folder folder;
  FakeService service(folder, {prompt("Code: "), verdict("accepted")});
  const pid_t child = fork();
  if (child == 0) {
    for (int fd : {0, 1, 2}) close(fd);
    Login login;
    bool taken = false;
    login.while_asked = [&](pam_handle_t*) {
      for (int fd : {0, 1, 2}) taken = taken || fcntl(fd, F_GETFD) != -1;
    };
    const int code = log_in(folder, login);
    _exit(code == PAM_SUCCESS && !taken ? 0 : 1);
  }
  int status = 0;
  check(waitpid(child, &status, 0) == child);
  check_equal(status, 0);
}

#ifndef SEIMON_KEEPS_FREED_BLOCKS
// The typed code is made from a number, so that the only copies are those of conversation, module and libpam.
void no_copy_of_a_code_stays_in_memory() {
  const Folder folder;
  FakeService service(folder, {prompt("Code: "), verdict("accepted")});
  const pid_t child = fork();
  if (child == 0) {
    Login login;
    static char typed[16];
    const auto fill = [] {
      for (int i = 0; i < 14; ++i) typed[i] = static_cast<char>('0' + (i * 7 + 3) % 10);
    };
    login.while_asked = [&](pam_handle_t*) { fill(); };
    login.answers = {typed};
    if (log_in(folder, login) != PAM_SUCCESS) _exit(2);
    explicit_bzero(typed, sizeof typed);
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
      std::size_t first = 0;
      std::size_t last = 0;
      if (std::sscanf(line.c_str(), "%zx-%zx", &first, &last) != 2) continue;
      const bool heap_or_stack = line.find("[heap]") != std::string::npos ||
                                 line.find("[stack]") != std::string::npos ||
                                 line.find("pam_seimon") != std::string::npos;
      if (!heap_or_stack || line.find(" rw") == std::string::npos) continue;
      for (const char* at = reinterpret_cast<const char*>(first); at + 14 < reinterpret_cast<const char*>(last); ++at) {
        int same = 0;
        while (same < 14 && at[same] == static_cast<char>('0' + (same * 7 + 3) % 10)) ++same;
        if (same == 14) _exit(3);
      }
    }
    _exit(0);
  }
  int status = 0;
  check(waitpid(child, &status, 0) == child);
  check_equal(WEXITSTATUS(status), 0);
}

#endif

void sixty_four_threads_log_in_at_once() {
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 64; ++i)
    threads.emplace_back([&] {
      if (code_for({prompt("Code: "), verdict("accepted")}) == PAM_SUCCESS) ++good;
    });
  for (std::thread& thread : threads) thread.join();
  check_equal(good.load(), 64);
}

// ---- the guest, harder ----------------------------------------------------------------------------------------------

void a_host_that_reaps_every_child_is_not_disturbed() {
  for (const auto handler : {static_cast<void (*)(int)>(SIG_IGN), static_cast<void (*)(int)>([](int) {
                               const int kept = errno;
                               while (waitpid(-1, nullptr, WNOHANG) > 0) continue;
                               errno = kept;
                             })}) {
    struct sigaction action = {};
    struct sigaction before = {};
    action.sa_handler = handler;
    sigaction(SIGCHLD, &action, &before);
    Login login;
    // An unrelated child ends while the person types.
    login.while_asked = [](pam_handle_t*) {
      if (fork() == 0) _exit(0);
    };
    const int code = code_for({prompt("Code: "), verdict("accepted")}, login);
    const int refused = code_for({prompt("Code: "), verdict("refused")}, login);
    struct sigaction after = {};
    sigaction(SIGCHLD, &before, &after);
    while (waitpid(-1, nullptr, 0) > 0) continue;
    check_equal(code, PAM_SUCCESS);
    check_equal(refused, PAM_AUTH_ERR);
    check(after.sa_handler == handler, "the handler is as it was");
  }
}

void without_descriptors_it_refuses() {
  const Folder folder;
  FakeService service(folder, {prompt("Code: "), verdict("accepted")});
  Login login;
  rlimit before = {};
  getrlimit(RLIMIT_NOFILE, &before);
  login.hook = [&](pam_handle_t* handle) {
    (void)pam_setcred(handle, PAM_ESTABLISH_CRED);  // libpam loads the module now
    const int next = dup(0);
    close(next);
    const rlimit none = {static_cast<rlim_t>(next), before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    const int code = pam_authenticate(handle, 0);
    setrlimit(RLIMIT_NOFILE, &before);
    return code;
  };
  // libpam itself says PAM_SYSTEM_ERR when it cannot open the audit socket for a login that was refused.
  const int code = log_in(folder, login);
  check(code == PAM_AUTHINFO_UNAVAIL || code == PAM_SYSTEM_ERR, std::to_string(code));
}

// The mapped files, each as often as it is mapped; "" is memory without a file.
std::multiset<std::string> mapped() {
  std::multiset<std::string> files;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) files.insert(line.substr(std::min(line.find('/'), line.size())));
  return files;
}

void ten_thousand_times_loaded_and_unloaded() {
  const auto cycle = [] {
    void* module = dlopen(SEIMON_MODULE, RTLD_NOW);
    check(module != nullptr && dlsym(module, "pam_sm_authenticate") != nullptr, "it loads");
    check(dlclose(module) == 0);
  };
  for (int i = 0; i < 10; ++i) cycle();
  const int descriptors = open_descriptors();
  std::multiset<std::string> before = mapped();
  for (int i = 0; i < 10000; ++i) cycle();
  check_equal(open_descriptors(), descriptors);
  std::multiset<std::string> after = mapped();
#ifndef SEIMON_KEEPS_FREED_BLOCKS  // which maps and unmaps memory of its own
  check(after.count("") <= before.count("") + 4, "no memory stays mapped");
#endif
  before.erase("");
  after.erase("");
  check(after == before && after.count(SEIMON_MODULE) == 0, "no file stays mapped");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(each_verdict_has_its_pam_code),
      SEIMON_TEST(a_skip_is_ignored_and_opens_nothing_alone),
      SEIMON_TEST(exempt_success_makes_a_skip_a_success),
      SEIMON_TEST(the_prompt_is_shown_and_the_answer_sent),
      SEIMON_TEST(a_service_that_dies_at_the_prompt_is_told),
      SEIMON_TEST(the_context_of_the_login_is_sent),
      SEIMON_TEST(without_a_service_nobody_gets_in),
      SEIMON_TEST(a_squatter_that_says_yes_is_not_believed),
      SEIMON_TEST(a_silent_service_is_left_at_the_deadline),
      SEIMON_TEST(a_service_that_goes_away_refuses),
      SEIMON_TEST(an_answer_that_the_old_service_never_heard_goes_to_the_new_one),
      SEIMON_TEST(what_a_dying_service_may_have_heard_is_not_said_again),
      SEIMON_TEST(nothing_but_a_whole_and_clear_reply_is_a_verdict),
      SEIMON_TEST(a_service_of_another_release_is_understood),
      SEIMON_TEST(a_verdict_for_another_conversation_is_none),
      SEIMON_TEST(a_reply_without_its_end_is_none),
      SEIMON_TEST(bytes_after_the_reply_spoil_it),
      SEIMON_TEST(a_service_that_asks_for_ever_is_left),
      SEIMON_TEST(a_failing_conversation_refuses),
      SEIMON_TEST(an_unknown_or_wrong_option_refuses),
      SEIMON_TEST(a_user_name_that_changes_on_the_way_refuses),
      SEIMON_TEST(items_that_are_too_long_refuse),
      SEIMON_TEST(an_empty_or_missing_answer_is_not_sent),
      SEIMON_TEST(what_sshd_fills_in_for_refused_users_is_not_sent),
      SEIMON_TEST(an_answer_longer_than_any_code_is_not_sent),
      SEIMON_TEST(the_account_hook_refuses_the_suspended_and_the_unanswered),
      SEIMON_TEST(setcred_succeeds_and_the_rest_is_not_ours_yet),
      SEIMON_TEST(the_host_is_left_as_it_was),
      SEIMON_TEST(errno_is_put_back),
      SEIMON_TEST(closed_standard_descriptors_are_not_taken),
#ifndef SEIMON_KEEPS_FREED_BLOCKS
      SEIMON_TEST(no_copy_of_a_code_stays_in_memory),
#endif
      SEIMON_TEST(sixty_four_threads_log_in_at_once),
      SEIMON_TEST(a_host_that_reaps_every_child_is_not_disturbed),
      SEIMON_TEST(without_descriptors_it_refuses),
      SEIMON_TEST(ten_thousand_times_loaded_and_unloaded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
