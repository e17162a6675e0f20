// SPDX-License-Identifier: Apache-2.0
// seimon-notify(8): takes the notices that wait in seimond's queue, one at a time, and gives each to the mailer of
// seimon.conf(5). Runs as an account of its own, which seimond hands nothing but mail.
// MUST:
//  1. The mailer is started from an argument vector with an empty environment, no shell, and ends within kMost seconds.
//  2. A recipient is an account name or address of plain characters; nothing from a mail's text becomes a header.
//  3. What is not known to be sent is tried again.
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/secret.h"
#include "daemon/config/load.h"
#include "daemon/system/clock.h"
#include "wire/frame.h"
#include "wire/login.h"

namespace seimon::daemon {

namespace {

using nlohmann::json;

constexpr int kSeconds = 10;  // that seimond may take
constexpr int kMost = 60;     // that the mailer may take
constexpr int kPause = 10;    // between two looks at an empty queue
constexpr int kExitConfiguration = 6;
volatile std::sig_atomic_t stopping = 0;

struct Options {
  std::string config = "/etc/seimon/seimon.conf";
  std::string socket;
  bool once = false;
};

// The reply's parameters; null when seimond could not be reached or refused.
json call(const Options& options, const std::string& method, const json& parameters) {
  const bool named = !options.socket.empty();
  const std::string path = named ? options.socket : std::string(wire::kSocketPath);
  wire::Connection connection;
  const wire::Deadline deadline = wire::deadline_in(kSeconds);
  if (connection.connect(path.c_str(), {0, named}, deadline) != wire::Failure::kNone) return nullptr;
  const std::string message = json{{"method", "io.seimon.Admin." + method}, {"parameters", parameters}}.dump();
  std::vector<char> buffer(wire::kMaxReply);
  std::string_view reply;
  if (connection.send({message.c_str(), message.size() + 1}, deadline) != wire::Failure::kNone) return nullptr;
  if (connection.receive(buffer.data(), buffer.size(), reply, deadline) != wire::Failure::kNone) return nullptr;
  json parsed = json::parse(reply, nullptr, false);
  if (!parsed.is_object() || parsed.contains("error") || !parsed.contains("parameters")) return nullptr;
  return parsed["parameters"];
}

bool is_plain_recipient(const std::string& name) {
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+@";
  return !name.empty() && name.front() != '-' && name.find_first_not_of(kPlain) == std::string::npos;
}

// RFC 2047 §2, in base64; pieces of whole characters, each short enough for one encoded word.
std::string encoded_subject(const std::string& text) {
  constexpr std::size_t kPiece = 42;
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.size(), at + kPiece);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    std::string encoded;
    for (std::size_t i = at; i < end; i += 3) {
      std::uint32_t three = 0;
      for (std::size_t k = 0; k < 3; ++k)
        three = three << 8 | (i + k < end ? static_cast<unsigned char>(text[i + k]) : 0U);
      for (std::size_t k = 0; k < 4; ++k) encoded += i + k > end ? '=' : kDigits[three >> (18 - 6 * k) & 63U];
    }
    result += (result.empty() ? "=?UTF-8?B?" : "\n =?UTF-8?B?") + encoded + "?=";
    at = end;
  }
  return result;
}

std::string text_of(const json& mail, const std::string& from) {
  std::string text;
  if (!from.empty()) text += "From: " + from + "\n";
  text += "To: " + mail.at("to").get<std::string>() + "\n";
  text += "Subject: " + encoded_subject(mail.at("subject")) + "\n";
  text += "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n";
  text += "Auto-Submitted: auto-generated\n\n";
  return text + mail.at("body").get<std::string>();
}

bool feed(int fd, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t wrote = write(fd, text.data() + at, text.size() - at);
    if (wrote < 0 && errno != EINTR) return false;
    if (wrote > 0) at += static_cast<std::size_t>(wrote);
  }
  return true;
}

// True when the child ended by itself, in time, with 0.
bool ended_well(pid_t child) {
  const core::seconds until = uptime() + core::seconds(kMost);
  int status = 0;
  while (uptime() < until) {
    const pid_t done = waitpid(child, &status, WNOHANG);
    if (done == child) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (done < 0 && errno != EINTR) return false;
    (void)poll(nullptr, 0, 50);
  }
  (void)kill(child, SIGKILL);
  (void)waitpid(child, &status, 0);
  return false;
}

bool deliver(const std::vector<std::string>& command, const std::string& text) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  const pid_t child = fork();
  if (child == 0) {
    char* nothing[] = {nullptr};
    // As a mailer finds it everywhere else: what is ignored is inherited.
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, nullptr);
    (void)std::signal(SIGPIPE, SIG_DFL);
    if (dup2(ends[0], STDIN_FILENO) >= 0) execve(arguments.front(), arguments.data(), nothing);
    _exit(127);
  }
  (void)close(ends[0]);
  // A notice is shorter than any pipe's buffer, so that a mailer that does not read cannot hold us.
  const bool fed = child > 0 && feed(ends[1], text);
  (void)close(ends[1]);
  return child > 0 && ended_well(child) && fed;
}

// One look at the queue. False when it is empty or out of reach.
bool send_one(const Options& options, const Notify& notify) {
  const json mail = call(options, "NextMail", json::object());
  if (!mail.is_object() || mail.value("id", 0) == 0) return false;
  const bool plain = is_plain_recipient(mail.value("to", ""));
  const bool sent = plain && deliver(notify.command, text_of(mail, notify.from));
  if (!sent)
    syslog(LOG_WARNING, "notice %d was not sent: %s", mail.value("id", 0),
           plain ? "the mailer failed" : "its user's name cannot be a recipient");
  // A name that can be no recipient will not be one tomorrow.
  const json noted = call(options, "MailSent",
                          {{"id", mail.at("id")},
                           {"lease", mail.at("lease")},
                           {"tries", mail.at("tries")},
                           {"to", mail.at("to")},
                           {"sent", sent || !plain}});
  return noted.is_object() && (sent || !plain);
}

int serve(const Options& options) {
  while (stopping == 0) {
    const Config config = load_config(options.config);
    while (stopping == 0 && !config.notify.command.empty() && send_one(options, config.notify)) continue;
    if (options.once) return 0;
    (void)poll(nullptr, 0, kPause * 1000);
  }
  return 0;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("seimon-notify: sends the notices of seimond(8)", "seimon-notify");
  app.add_option("--config", options.config, "configuration file");
  app.add_option("--socket", options.socket, "seimond's socket");
  app.add_flag("--once", options.once, "send what is due now, then end");
  app.set_version_flag("--version", "seimon-notify " SEIMON_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  openlog("seimon-notify", LOG_PID, LOG_AUTHPRIV);
  (void)std::signal(SIGPIPE, SIG_IGN);
  for (const int signal : {SIGTERM, SIGINT}) (void)std::signal(signal, [](int) { stopping = 1; });
  try {
    return serve(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seimon-notify: %s\n", error.what());
    return kExitConfiguration;
  }
}

}  // namespace

}  // namespace seimon::daemon

int main(int argc, char** argv) { return seimon::daemon::run(argc, argv); }
