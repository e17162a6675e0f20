// SPDX-License-Identifier: Apache-2.0
// The new texts of a service's files for seimon setup: texts in, texts out. Nothing is written here.
// Always true: a stack that we cannot read as Debian's is refused with the lines to write by hand, never guessed at.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace seimon::tools {

inline constexpr const char* kDropIn = "/etc/ssh/sshd_config.d/00-seimon.conf";

struct EnrolOptions {
  std::string service;         // sshd, sudo, su or login
  bool by_key = false;         // key and code instead of password and code; sshd's alone
  bool waits_for_sms = false;  // codes, or calls, may take minutes; sshd's alone
  std::string module = "pam_seimon.so";
  std::string break_glass;  // sshd: an account that gets in by its key alone, even when the service is dead
};

struct Change {
  std::string path;
  std::optional<std::string> before;  // nothing: it is not there yet
  std::string after;
};

// `text` of the file at `path` with our lines. Throws Stop when it has no place for them.
[[nodiscard]] std::string protected_stack(const std::string& text, const std::string& path, const EnrolOptions& wanted);
// The same of a file that has our lines already: the way in for the wished account stands directly before each of them,
// in the place of one for another account.
[[nodiscard]] std::string with_glass(const std::string& text, const EnrolOptions& wanted);
[[nodiscard]] std::string sshd_drop_in(const EnrolOptions& wanted);
// A second setup of sshd keeps what the first one wrote and this one does not say: keys and codes, the account that
// gets in by its key.
[[nodiscard]] EnrolOptions kept(EnrolOptions wanted, bool mode_is_said);
// Every file that has to change, in the order in which it is safe; none when all is as it should be. Throws Stop.
[[nodiscard]] std::vector<Change> plan(const EnrolOptions& wanted);

}  // namespace seimon::tools
