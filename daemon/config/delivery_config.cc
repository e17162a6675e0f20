// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/delivery_config.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "base/characters.h"
#include "daemon/system/trust.h"

namespace seimon::daemon {

namespace {

using Encoding = MessageTemplate::Encoding;

// As the file has it; what depends on other keys is made of it when all were read.
struct Draft {
  Driver driver;
  std::string url;
  std::string body;
};

constexpr std::array<std::string_view, 2> kFormats = {"json", "mail"};
constexpr std::array<std::string_view, 3> kMethods = {"GET", "POST", "PUT"};
constexpr int kMostSeconds = 120;
constexpr core::seconds kMostTogether{240};

std::optional<bool> parse_format(std::string_view name) {
  if (name == "mail") return true;
  if (name == "json") return false;
  return std::nullopt;
}

std::optional<std::string> parse_method(std::string_view name) {
  if (std::find(kMethods.begin(), kMethods.end(), name) == kMethods.end()) return std::nullopt;
  return std::string(name);
}

void read_driver_command(Draft& draft, const Setting& setting) {
  draft.driver.command = setting.texts();
  if (draft.driver.command.empty() || !draft.driver.command.front().starts_with('/'))
    setting.fail(
        "command does not begin with an absolute path",
        "write [ \"/usr/libexec/seimon/deliver-gammu\" ], or for mail [ \"/usr/sbin/sendmail\", \"-i\", \"-t\" ]");
}

// "gateway.example.org:8443" of "https://gateway.example.org:8443/send"; empty if there is none.
std::string host_of(const std::string& url) {
  const std::size_t slashes = url.find("//");
  if (slashes == std::string::npos) return "";
  const std::size_t start = slashes + 2;
  return url.substr(start, url.find_first_of("/?#", start) - start);
}

void read_driver_url(Draft& draft, const Setting& setting) {
  draft.url = setting.text();
  const bool is_loopback = draft.url.starts_with("http://127.0.0.1:") || draft.url.starts_with("http://[::1]:");
  // It goes to the log, and nothing before an "@" is the host.
  const std::string authority = host_of(draft.url);
  if (authority.find_first_of("@{\\") != std::string::npos || authority.empty())
    setting.fail(
        "url names no plain host",
        "write https://gateway.example.org/…; a password goes into a file: ?password={@/etc/seimon/sms.password}");
  if (!draft.url.starts_with("https://") && !is_loopback)
    setting.fail("url = \"" + base::escaped(draft.url) + "\" is not https",
                 "write https://…; only a gateway on this machine may be http://127.0.0.1:PORT/…");
}

void read_driver_headers(Draft& draft, const Setting& setting) {
  for (const std::string& header : setting.texts()) {
    const std::size_t colon = header.find(':');
    const bool is_line =
        std::none_of(header.begin(), header.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    if (colon == 0 || colon == std::string::npos || !is_line)
      setting.fail("\"" + base::escaped(header) + "\" is not a header",
                   "write \"Authorization: Bearer @/etc/seimon/sms.token\"");
    draft.driver.headers.push_back(header);
  }
}

constexpr std::array<Key<Draft>, 8> kDriverKeys = {{
    {"command", read_driver_command},
    {"format", [](Draft& d, const Setting& s) { d.driver.takes_mail = one_of(s, parse_format, kFormats); }},
    {"url", read_driver_url},
    {"method", [](Draft& d, const Setting& s) { d.driver.method = one_of(s, parse_method, kMethods); }},
    {"headers", read_driver_headers},
    {"body", [](Draft& d, const Setting& s) { d.body = s.text(); }},
    {"ok_body", [](Draft& d, const Setting& s) { d.driver.ok_body = s.text(); }},
    {"timeout", [](Draft& d, const Setting& s) { d.driver.timeout = core::seconds(s.number(1, kMostSeconds)); }},
}};

Driver read_driver(const Setting& setting, core::seconds timeout) {
  Draft draft;
  draft.driver.timeout = timeout;
  read_group(setting, kDriverKeys, draft, "driver");
  Driver& driver = draft.driver;
  driver.place = setting.place();
  if (driver.command.empty() == draft.url.empty())
    setting.fail(draft.url.empty() ? "the driver has neither command nor url" : "the driver has both command and url",
                 "give it one of them");
  if (!driver.command.empty()) {
    if (!driver.headers.empty() || !draft.body.empty() || !driver.ok_body.empty())
      setting.fail("headers, body and ok_body are only for a driver with url", "take them out");
    driver.name = driver.command.front().substr(driver.command.front().rfind('/') + 1);
    return std::move(draft.driver);
  }
  if (driver.takes_mail) setting.fail("format is only for a driver with command", "take it out");
  if (driver.method == "GET" && !draft.body.empty())
    setting.fail("GET sends no body", "write the parts of the message into url, or take another method");
  if (driver.method != "GET" && draft.body.empty())
    setting.fail("the driver has no body", "write body = \"{\\\"to\\\":\\\"{to}\\\",\\\"text\\\":\\\"{text}\\\"}\"");
  driver.name = host_of(draft.url);
  try {
    driver.url = MessageTemplate(draft.url, Encoding::kForm);
    driver.body = MessageTemplate(draft.body, draft.body.starts_with('{') ? Encoding::kJson : Encoding::kForm);
  } catch (const std::invalid_argument& error) {
    setting.fail(error.what(),
                 "write {to}, {text}, {subject}, {code}, {id}, {language} or {@FILE}, with :json or :form behind it");
  }
  return std::move(draft.driver);
}

std::vector<std::string> secret_files_of(const Driver& driver) {
  std::vector<std::string> files;
  for (const std::string& header : driver.headers)
    if (std::string file = secret_file_of(header); !file.empty()) files.push_back(std::move(file));
  for (const MessageTemplate* text : {&driver.url, &driver.body})
    for (std::string& file : text->secret_files()) files.push_back(std::move(file));
  return files;
}

// Why `path` is no secret of the account that sends, or an empty text.
std::string reason_not_secret(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0) return path + ": " + std::strerror(errno);
  const group* sender = getgrnam("seimon-delivery");
  const bool is_ours = sender != nullptr && status.st_gid == sender->gr_gid;
  if ((status.st_mode & S_IRWXO) != 0 || ((status.st_mode & S_IRWXG) != 0 && !is_ours))
    return path + " can be read by other users";
  return "";
}

}  // namespace

Delivery default_delivery() {
  Delivery delivery;
  Driver mailer;
  mailer.command = {"/usr/sbin/sendmail", "-i", "-t"};
  mailer.takes_mail = true;
  mailer.timeout = core::seconds(60);
  mailer.name = "sendmail";
  delivery.email.push_back(std::move(mailer));
  return delivery;
}

std::vector<Driver> read_drivers(const Setting& setting, core::seconds timeout) {
  if (!setting.is_list())
    setting.fail("delivery." + setting.name() + " is not a list of drivers",
                 "write ( { command = [ \"/usr/sbin/sendmail\", \"-i\", \"-t\" ]; format = \"mail\"; } )");
  std::vector<Driver> drivers;
  core::seconds together{0};
  for (const Setting& child : setting.children()) {
    drivers.push_back(read_driver(child, timeout));
    together += drivers.back().timeout;
  }
  // Then a worker still has the message's lease (core/ports/mailbox.h).
  if (together > kMostTogether)
    setting.fail("the timeouts of these drivers add up to more than 240 seconds",
                 "shorten them: the default is 10, and 100 for calls");
  return drivers;
}

core::seconds read_valid_for(const Setting& setting) {
  constexpr core::seconds kLeast{60};
  constexpr core::seconds kMost{600};
  const core::seconds length = setting.duration();
  if (length < kLeast || length > kMost)
    setting.fail("delivery.valid_for is not between one and ten minutes", "write \"5m\"");
  return length;
}

bool read_call_mode(const Setting& setting) {
  const std::string mode = setting.text();
  if (mode != "number" && mode != "code")
    setting.fail("delivery.call_mode = \"" + base::escaped(mode) + "\" is not a way to call",
                 "write \"number\": the number on the screen is keyed in; or \"code\": a code is spoken");
  return mode == "number";
}

std::string read_sender(const Setting& setting) {
  std::string from = setting.text();
  if (std::any_of(from.begin(), from.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    setting.fail("delivery.from is more than one line", "write \"Seimon <seimon@example.org>\"");
  return from;
}

std::string read_country(const Setting& setting) {
  std::string country = setting.text();
  const bool is_code = !country.empty() && country.size() <= 3 && country.front() != '0' &&
                       country.find_first_not_of("0123456789") == std::string::npos;
  if (!is_code)
    setting.fail("delivery.country = \"" + base::escaped(country) + "\" is not a country code", "write \"81\"");
  return country;
}

std::vector<std::string> read_number_prefixes(const Setting& setting) {
  std::vector<std::string> prefixes = setting.texts();
  for (const std::string& prefix : prefixes) {
    const bool is_prefix = prefix.size() >= 2 && prefix.size() <= 16 && prefix[0] == '+' && prefix[1] != '0' &&
                           prefix.find_first_not_of("0123456789", 1) == std::string::npos;
    if (!is_prefix)
      setting.fail("\"" + base::escaped(prefix) + "\" is not the beginning of a telephone number",
                   "write \"+81\", or \"+8190\" for fewer");
  }
  return prefixes;
}

std::string secret_file_of(const std::string& header) {
  const std::size_t at = header.find("@/");
  return at == std::string::npos ? "" : header.substr(at + 1);
}

std::vector<std::string> check_drivers(const Delivery& delivery) {
  std::vector<std::string> warnings;
  for (const auto* drivers : {&delivery.sms, &delivery.call, &delivery.notify, &delivery.email})
    for (const Driver& driver : *drivers) {
      if (!driver.command.empty()) {
        const std::string& program = driver.command.front();
        if (access(program.c_str(), X_OK) != 0) {
          if (!driver.place.empty())
            warnings.push_back(driver.place + ": " + program + " does not exist or cannot be executed");
          continue;
        }
        const std::string problem = reason_not_to_trust(program);
        if (!problem.empty()) throw ConfigError(driver.place + ": " + problem);
      }
      for (const std::string& file : secret_files_of(driver)) {
        const std::string problem = reason_not_secret(file);
        if (!problem.empty())
          throw ConfigError(driver.place + ": " + problem + "\n  chown root:seimon-delivery " + file +
                            " && chmod 0440 " + file);
      }
    }
  return warnings;
}

}  // namespace seimon::daemon
