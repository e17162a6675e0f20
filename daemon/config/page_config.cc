// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/page_config.h"

#include <pwd.h>

#include <algorithm>
#include <array>

#include "base/characters.h"

namespace seimon::daemon {

namespace {

bool is_one_of(char c, std::string_view others) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

bool consists_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) { return is_one_of(c, others); });
}

}  // namespace

uid_t read_web_account(const Setting& setting) {
  const std::string account = setting.text();
  const passwd* entry = getpwnam(account.c_str());
  if (entry == nullptr)
    setting.fail("there is no account \"" + base::escaped(account) + "\" on this system",
                 "name the one that seimon-web runs as: \"seimon-web\"");
  if (entry->pw_uid == 0) setting.fail("web.account is root", "seimon-web has an account of its own: \"seimon-web\"");
  return entry->pw_uid;
}

std::string read_web_url(const Setting& setting) {
  constexpr std::string_view kScheme = "https://";
  std::string url = setting.text();
  const std::string host = url.starts_with(kScheme) ? url.substr(kScheme.size()) : "";
  if (host.empty() || host.size() > 253 || !consists_of(host, ".-:[]"))
    setting.fail("web.url = \"" + base::escaped(url) + "\" is not https and a host",
                 "write \"https://gate.example.org\", without a path: what people type into the browser");
  return url;
}

std::string read_web_logo(const Setting& setting) {
  std::string file = setting.text();
  if (!file.starts_with('/') || !(file.ends_with(".svg") || file.ends_with(".png")))
    setting.fail("web.logo = \"" + base::escaped(file) + "\" is not the path of an SVG or PNG file",
                 "write \"/etc/seimon/logo.svg\"");
  return file;
}

std::string read_web_colour(const Setting& setting) {
  std::string colour = setting.text();
  const bool is_colour = colour.size() == 7 && colour.front() == '#' &&
                         colour.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
  if (!is_colour) setting.fail("web.colour = \"" + base::escaped(colour) + "\" is not a colour", "write \"#1a4f8b\"");
  return colour;
}

core::seconds read_request_life(const Setting& setting) {
  constexpr core::seconds kLeast{30};
  constexpr core::seconds kMost{300};
  const core::seconds length = setting.duration();
  if (length < kLeast || length > kMost)
    setting.fail("approve.valid_for is not between 30 seconds and five minutes", "write \"90s\"");
  return length;
}

bool read_on_report(const Setting& setting) {
  constexpr std::array<std::string_view, 2> kNames = {"pause", "suspend"};
  const std::string name = setting.text();
  if (name != kNames[0] && name != kNames[1]) setting.fail_unknown(setting.name(), name, kNames);
  return name == kNames[1];
}

core::Notify read_notify(const Setting& setting) {
  constexpr std::array<std::string_view, 3> kNames = {"none", "webpush", "url"};
  const std::string name = setting.text();
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) setting.fail_unknown(setting.name(), name, kNames);
  return static_cast<core::Notify>(found - kNames.begin());
}

namespace {

// The public key for browsers (RFC 8292 §3.2), or an empty text with a warning.
std::string read_push_key(Config& config) {
  constexpr std::size_t kLength = 87;  // of 65 bytes in base64url
  const std::string path = config.delivery.push_key + ".pub";
  std::string key;
  try {
    key = TrustedFile(path).text(kLength + 1);
  } catch (const std::runtime_error& error) {
    config.warnings.push_back(std::string("approve.notify = \"webpush\": ") + error.what() +
                              "\n  phones are not notified. If there is no key yet, run: seimon key webpush");
    return "";
  }
  key.erase(std::min(key.find('\n'), key.size()));
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  if (key.size() != kLength || key.find_first_not_of(kLetters) != std::string::npos)
    throw ConfigError(
        path + ": not a Web Push public key\n  remove webpush.key and webpush.key.pub, then run: seimon key webpush");
  return key;
}

}  // namespace

void check_approval(Config& config) {
  if (!config.offers_approval) return;
  if (config.page.url.empty())
    throw ConfigError(config.files.front() +
                      ": approve.enabled without web.url\n  people approve on the page: seimon setup web HOST, and "
                      "web.url = \"https://HOST\"");
  const std::string host = config.page.url.substr(config.page.url.find("//") + 2);
  if (host.starts_with('[') || host.find_first_not_of("0123456789.:") == std::string::npos)
    throw ConfigError(config.files.front() +
                      ": approve.enabled, and web.url is an address\n  passkeys belong to a name: "
                      "web.url = \"https://gate.example.org\"");
  config.approve.page = config.page.url + "/ok";
  config.delivery.push_subject = config.page.url;
  config.delivery.push_life = config.approve.valid_for;
  if (config.approve.notify == core::Notify::kWebPush) config.push_public = read_push_key(config);
  if (config.approve.notify == core::Notify::kDriver && config.delivery.notify.empty())
    throw ConfigError(config.files.front() +
                      ": approve.notify = \"url\", and delivery.notify has no driver\n  add one: notify = ( { url = "
                      "\"https://ntfy.example.org/seimon-{to}\"; body = \"{text}\"; } );");
}

}  // namespace seimon::daemon
