// SPDX-License-Identifier: Apache-2.0
#include "tools/setup/page.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "tools/system/files.h"
#include "tools/system/program.h"
#include "tools/terminal/client.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

constexpr const char* kConfig = "/etc/seimon/conf.d/web.conf";
constexpr const char* kExamples = SEIMON_DATADIR "/web/";

struct WebServer {
  std::string_view name;
  const char* program;
  const char* example;  // of kExamples
  const char* file;     // that it becomes
  std::vector<std::string> test;
  std::vector<std::string> reload;
};

const std::array<WebServer, 3>& web_servers() {
  static const std::array<WebServer, 3> kServers = {{
      {"nginx",
       "/usr/sbin/nginx",
       "nginx.conf",
       "/etc/nginx/conf.d/seimon.conf",
       {"nginx", "-t"},
       {"systemctl", "reload-or-restart", "nginx"}},
      {"apache",
       "/usr/sbin/apache2",
       "apache.conf",
       "/etc/apache2/sites-enabled/seimon.conf",
       {"apache2ctl", "configtest"},
       {"systemctl", "reload-or-restart", "apache2"}},
      {"caddy",
       "/usr/bin/caddy",
       "Caddyfile",
       "/etc/caddy/Caddyfile",
       {"caddy", "validate", "--adapter", "caddyfile", "--config", "/etc/caddy/Caddyfile"},
       {"systemctl", "reload-or-restart", "caddy"}},
  }};
  return kServers;
}

// A name for a certificate and a browser, and nothing that means something in a configuration file.
void demand_host(const std::string& host) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
  const bool is_name = !host.empty() && host.size() <= 253 && host.find_first_not_of(kPlain) == std::string::npos &&
                       host.find('.') != std::string::npos && host.front() != '.' && host.front() != '-';
  if (!is_name)
    throw Stop{
        kUsage,
        filled(_("\"{1}\": write the name that people type into the browser, such as gate.example.org"), {shown(host)}),
        ""};
}

void demand_path(const std::string& path, const char* option) {
  if (path.empty() || path.front() != '/' || path.find_first_of(" \t\n\"'{};$\\") != std::string::npos)
    throw Stop{kUsage, filled(_("{1} \"{2}\": write a whole path, without blanks"), {option, shown(path)}), ""};
  if (access(path.c_str(), R_OK) != 0)
    throw Stop{kBadInput, filled(_("{1} {2}: there is no such file"), {option, path}), ""};
}

const WebServer& server_for(const std::string& name) {
  const WebServer* found = nullptr;
  std::string installed;
  for (const WebServer& server : web_servers()) {
    const bool is_there = access(server.program, X_OK) == 0;
    if (!name.empty() && server.name != name) continue;
    if (!is_there && !name.empty())
      throw Stop{kBadInput, filled(_("{1} is not installed ({2})"), {name, server.program}), ""};
    if (!is_there) continue;
    found = &server;
    installed += (installed.empty() ? "" : ", ") + std::string(server.name);
  }
  if (found == nullptr) throw Stop{kBadInput, _("no web server is installed; for example: apt-get install nginx"), ""};
  if (installed.find(',') != std::string::npos)
    throw Stop{kUsage, filled(_("several web servers are installed ({1}); say which: --server"), {installed}), ""};
  return *found;
}

void demand_certificate(PageOptions& wanted, const WebServer& server) {
  const std::string given = "/etc/letsencrypt/live/" + wanted.host;
  const bool is_said = !wanted.certificate.empty() || !wanted.key.empty();
  if (!is_said && server.name == "caddy") return;  // it gets one by itself
  if (!is_said && access((given + "/fullchain.pem").c_str(), R_OK) != 0)
    throw Stop{kBadInput,
               filled(_("there is no certificate for {1}: get one (certbot certonly -d {1}), or name its files: "
                        "--certificate FILE --key FILE"),
                      {wanted.host}),
               ""};
  if (!is_said) wanted.certificate = given + "/fullchain.pem";
  if (!is_said) wanted.key = given + "/privkey.pem";
  demand_path(wanted.certificate, "--certificate");
  demand_path(wanted.key, "--key");
  const Output names = run_program({"openssl", "x509", "-in", wanted.certificate, "-noout", "-checkhost", wanted.host});
  if (names.code == 127) throw Stop{kBadInput, _("openssl is not installed: apt-get install openssl"), ""};
  if (names.code != 0)
    throw Stop{kBadInput, filled(_("{1}: no certificate in PEM can be read from it"), {wanted.certificate}), ""};
  if (names.text.find("does match") == std::string::npos)
    throw Stop{kBadInput, filled(_("{1}: the certificate is not for {2}"), {wanted.certificate, wanted.host}), ""};
  if (run_program({"openssl", "x509", "-in", wanted.certificate, "-noout", "-checkend", "0"}).code != 0)
    throw Stop{kBadInput, filled(_("{1}: the certificate has ended"), {wanted.certificate}), ""};
}

std::string with(std::string text, std::string_view old, const std::string& fresh) {
  for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += fresh.size())
    text.replace(at, old.size(), fresh);
  return text;
}

Change change_of(const std::string& path, const std::string& after) {
  Change change{path, {}, after};
  struct stat status = {};
  if (lstat(path.c_str(), &status) != 0) return change;
  if (!S_ISREG(status.st_mode))
    throw Stop{kBadInput, filled(_("{1} is no regular file; put the file itself there first"), {path}), ""};
  change.before = contents_of(path);
  return change;
}

// The web server's own file. Caddy has one for everything: ours is added to it.
Change site_of(const WebServer& server, const PageOptions& wanted) {
  const std::string path = std::string(kExamples) + server.example;
  std::string text = contents_of(path);
  if (text.empty()) throw Stop{kBadInput, filled(_("{1}: not found; install seimon-web first"), {path}), ""};
  text = with(with(with(std::move(text), "gate.example.org", wanted.host), "/etc/ssl/gate.pem", wanted.certificate),
              "/etc/ssl/gate.key", wanted.key);
  if (server.name != "caddy") return change_of(server.file, text);
  if (!wanted.certificate.empty())
    text = with(std::move(text), wanted.host + " {\n",
                wanted.host + " {\n\ttls " + wanted.certificate + " " + wanted.key + "\n");
  const std::string before = contents_of(server.file);
  if (before.find("\n" + text) != std::string::npos) return change_of(server.file, before);
  if (before.find(wanted.host + " {") != std::string::npos)
    throw Stop{kBadInput, filled(_("{1} has a block for {2} already; take it away first"), {server.file, wanted.host}),
               ""};
  return change_of(server.file, before + "\n" + text);
}

}  // namespace

PagePlan plan_page(PageOptions wanted, const std::string& url) {
  // Browsers say where they are in small letters.
  std::transform(wanted.host.begin(), wanted.host.end(), wanted.host.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  demand_host(wanted.host);
  if (getpwnam("seimon-web") == nullptr)
    throw Stop{kBadInput, _("there is no account seimon-web: install the package seimon-web first"), ""};
  const WebServer& server = server_for(wanted.server);
  demand_certificate(wanted, server);
  const std::string own = "https://" + wanted.host;
  if (!url.empty() && url != own)
    throw Stop{kBadInput, filled(_("web.url is {1} already; change it in seimon.conf first"), {url}), ""};
  PagePlan plan{.changes = {},
                .test = server.test,
                .reload = server.reload,
                .waits_for_certificate = wanted.certificate.empty(),
                .was_there = run_program({"systemctl", "is-enabled", "seimon-web.socket"}).code == 0};
  if (url.empty())
    plan.changes.push_back(change_of(
        kConfig, "# Written by seimon setup web.\nweb: { account = \"seimon-web\"; url = \"" + own + "\"; };\n"));
  Change site = site_of(server, wanted);
  if (site.before != site.after) plan.changes.push_back(std::move(site));
  return plan;
}

void start_page(const PagePlan& plan) {
  const auto run = [](const std::vector<std::string>& words) {
    const Output output = run_program(words);
    if (output.code == 0) return;
    std::string command;
    for (const std::string& word : words) command += (command.empty() ? "" : " ") + word;
    throw Stop{kNo, command + ": " + output.text, ""};
  };
  run(plan.test);
  run({"systemctl", "enable", "--now", "seimon-web.socket", "seimon-web-login.socket"});
  run(plan.reload);
}

std::string stop_page(const PagePlan& plan) {
  std::string reload;
  for (const std::string& word : plan.reload) reload += word + " ";
  const char* stop = plan.was_there ? ""
                                    : "systemctl disable --now seimon-web.socket seimon-web-login.socket "
                                      "seimon-web.service seimon-web-login.service 2>/dev/null || true\n";
  return stop + reload +
         "2>/dev/null || true\nrmdir /etc/seimon/conf.d 2>/dev/null || true\nseimon reload >/dev/null 2>&1 || true\n";
}

}  // namespace seimon::tools
