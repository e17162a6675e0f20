// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/page.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "tools/doctor/findings.h"
#include "tools/system/program.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 ";

// The line of `text` in which `word` is; the first one if it is nowhere.
std::string line_with(const std::string& text, std::string_view word) {
  const std::size_t found = text.find(word);
  const std::size_t at = found == std::string::npos ? 0 : found;
  return text.substr(at, text.find_first_of("\r\n", at) - at);
}

bool is_page(const Output& output) {
  return output.text.find("HTTP/1.1 200") != std::string::npos && output.text.find("/style.css") != std::string::npos;
}

bool listens(const char* path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  const bool is_there = fd >= 0 && connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (fd >= 0) (void)close(fd);
  return is_there;
}

}  // namespace

Reached reach_page(const std::string& host) {
  const std::string request = "GET / HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
  const std::size_t colon = host.find(':');
  const std::string name = host.substr(0, colon);
  const std::string port = colon == std::string::npos ? "443" : host.substr(colon + 1);
  std::vector<std::string> words = {
      "timeout",           "10",          "openssl", "s_client",         "-quiet", "-connect",
      "127.0.0.1:" + port, "-servername", name,      "-verify_hostname", name};
  const Output output = run_program(words, request);
  if (!is_page(output)) {
    const std::string line = line_with(output.text, kAnswer);
    return {line.empty() ? _("no answer") : line, ""};
  }
  words.emplace_back("-verify_return_error");
  const Output trusted = run_program(words, request);
  if (is_page(trusted)) return {};
  const std::string line = line_with(trusted.text, "verify error:");
  return {"", line.empty() ? _("the certificate is not trusted") : line};
}

void examine_page(const Machine& machine, Findings& findings) {
  constexpr std::string_view kHttps = "https://";
  if (!machine.page_url.starts_with(kHttps)) return;
  if (access((machine.pam_folder + "/seimon-web").c_str(), F_OK) != 0)
    findings.push_back({"page-has-no-stack", machine.pam_folder + "/seimon-web", N_("is not there")});
  for (const char* path : {"/run/seimon/web.sock", "/run/seimon/web-login.sock"})
    if (!listens(path)) findings.push_back({"page-does-not-run", path, N_("nothing listens there")});
  const Reached reached = reach_page(machine.page_url.substr(kHttps.size()));
  if (!reached.failure.empty())
    findings.push_back({"page-not-reached", machine.page_url, N_("this is what came: {1}"), {reached.failure}});
  if (!reached.distrust.empty()) findings.push_back({"page-not-trusted", machine.page_url, "{1}", {reached.distrust}});
}

}  // namespace seimon::tools
