// SPDX-License-Identifier: Apache-2.0
// Calls of io.seimon.Admin over the service's socket: one connection, one call at a time. No globals, no language, no
// exit codes: the command, the web page and the delivery program use it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "wire/frame.h"

namespace seimon::client {

// The service answered with an error.
struct Refused {
  std::string error;                // the last part of its Varlink name: "NoSuchUser"
  std::string message;              // an English sentence
  std::string text;                 // the same with places "{1}", "{2}", … for a translation; may be empty
  std::vector<std::string> values;  // of those places, escaped
  std::string help;                 // whom to ask; may be empty
};

// There was no answer.
struct Failed {
  enum class Kind { kConnect, kCall, kInvalidReply, kNotText };  // kNotText: a parameter is not valid UTF-8
  Kind kind;
  wire::Failure failure = wire::Failure::kNone;  // of kConnect and kCall
};

// nlohmann::json: the reply's parameters.
using Reply = std::variant<nlohmann::json, Refused, Failed>;

// The reply in a message, without its NUL.
[[nodiscard]] Reply parse_reply(std::string_view message);
// Overwrites each text of `parameters`: codes and keys may be among them.
void wipe(nlohmann::json& parameters);

class Client {
 public:
  // `path`: of the socket; empty for the system's. A path that somebody named is trusted as their choice; the system's
  // socket has to be root's. The first call connects.
  explicit Client(std::string path);

  // Codes and keys in `parameters` are wiped. The session's ticket (SEIMON_TICKET) goes along if there is one.
  [[nodiscard]] Reply call(const std::string& method, nlohmann::json parameters);
  [[nodiscard]] const std::string& path() const { return path_; }
  // The login session holds a ticket; what it is worth the service knows.
  [[nodiscard]] static bool has_ticket();

 private:
  bool is_named_;
  std::string path_;
  bool is_connected_ = false;
  wire::Connection connection_;
};

}  // namespace seimon::client
