// SPDX-License-Identifier: Apache-2.0
// `delivery` of seimon.conf(5): by which drivers a message goes to its gateway. Which numbers get one, and when, is of
// core::SendSettings.
#pragma once

#include <string>
#include <vector>

#include "daemon/config/message_template.h"
#include "daemon/config/settings.h"

namespace seimon::daemon {

// One way to hand a message to a gateway: a program, or a web interface.
struct Driver {
  std::vector<std::string> command;  // its arguments; empty: `url`
  bool takes_mail = false;           // the program reads a mail (RFC 5322) instead of a JSON object
  std::string method = "POST";
  MessageTemplate url;
  std::vector<std::string> headers;  // "Authorization: Bearer @/etc/seimon/sms.token"
  MessageTemplate body;
  std::string ok_body;  // that the reply has to contain, if it is not empty
  core::seconds timeout{10};
  std::string name;   // as logs call it: the program, or the host of the URL
  std::string place;  // file:line
};

struct Delivery {
  std::vector<Driver> sms;
  std::vector<Driver> call;
  std::vector<Driver> email;
  std::vector<Driver> notify;  // phones that approve; where they are not notified by Web Push
  std::string push_key = "/etc/seimon/webpush.key";
  core::seconds push_life{90};  // of a notification that no phone has fetched: approve.valid_for
  std::string push_subject;     // whom a push service can turn to (RFC 8292 §2.1): the page
  std::string from;             // of mail
  [[nodiscard]] const std::vector<Driver>& drivers_of(std::string_view channel) const {
    if (channel == "sms") return sms;
    if (channel == "call") return call;
    return channel == "notify" ? notify : email;
  }
};

// The mailer that every Debian system with a mail server has.
[[nodiscard]] Delivery default_delivery();

// Each throws ConfigError.
[[nodiscard]] core::seconds read_valid_for(const Setting& setting);
[[nodiscard]] std::vector<Driver> read_drivers(const Setting& setting, core::seconds timeout = core::seconds(10));
// True for "number", false for "code".
[[nodiscard]] bool read_call_mode(const Setting& setting);
[[nodiscard]] std::string read_sender(const Setting& setting);
[[nodiscard]] std::string read_country(const Setting& setting);
[[nodiscard]] std::vector<std::string> read_number_prefixes(const Setting& setting);

// The path of the file that `header` names behind an "@", or an empty text.
[[nodiscard]] std::string secret_file_of(const std::string& header);

// Programs and files that others may change or read, or that are not there. Throws ConfigError for the former, returns
// the latter. For root: others may not be able to look.
[[nodiscard]] std::vector<std::string> check_drivers(const Delivery& delivery);

}  // namespace seimon::daemon
