// SPDX-License-Identifier: Apache-2.0
// The findings of seimon doctor: one table, with severity, reason and fix of each.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tools/doctor/pam_stack.h"
#include "tools/doctor/sshd.h"

namespace seimon::tools {

// critical: somebody gets in who should not. error: somebody is kept out. warning: one of these, some day.
// info: what is so, and may be meant.
enum class Severity { kCritical, kError, kWarning, kInfo };
[[nodiscard]] std::string_view severity_name(Severity severity);

struct Finding {
  std::string id;     // of the table
  std::string place;  // FILE:LINE, a file, or a program
  std::string what;   // one sentence, for gettext, with places for:
  std::vector<std::string> values = {};
};
using Findings = std::vector<Finding>;

struct FindingRow {
  std::string_view id;
  Severity severity;
  const char* why;  // both for gettext
  const char* fix;
};
// REQUIRES an id of the table.
[[nodiscard]] const FindingRow& row_of(std::string_view id);

// Facts about this machine.
struct Stacks {
  std::string service;
  std::string file;
  Stack auth;
  Stack account;
  Stack session;
};
struct Machine {
  std::string pam_folder = "/etc/pam.d";
  std::vector<Stacks> stacks;  // of each file there
  Sshd sshd;
  Sshd sshd_of_root;
  std::vector<SshdLine> sshd_lines;
  People people;
  bool root_has_password = true;
  bool may_register_at_login = false;      // by some rule
  bool trusts_hardware_keys = false;       // a rule lets keys of a type that hardware makes pass
  bool sends_sms = false;                  // codes, to whoever asks for one; or calls
  std::string page_url;                    // web.url; empty: there is no page
  std::vector<std::string> sends_at_once;  // services where nobody has to ask
};

// True if the auth stack calls our module at all.
[[nodiscard]] bool is_protected(const Stack& auth);
// A line that lets one account past ours when the service is dead.
[[nodiscard]] bool is_break_glass(const StackLine& line);

// Screen lockers that answer every question with what was typed in their one field: behind a second question they never
// unlock (tried: i3lock 2.14, swaylock 1.7).
[[nodiscard]] bool has_one_field(std::string_view service);
// The module of another second step: google-authenticator, pam_oath, Duo and the like.
[[nodiscard]] bool asks_for_a_code_too(const StackLine& line);
void examine_stacks(const Machine& machine, Findings& findings);
void examine_sshd(const Machine& machine, Findings& findings);
// The page: its stack, its sockets, its web server and certificate.
void examine_page(const Machine& machine, Findings& findings);
// Permissions, socket, service, store, clock: all that is looked at where it is.
struct Where {
  std::string config;
  std::string socket;
};
void examine_system(const Machine& machine, const Where& where, const nlohmann::json& status, Findings& findings);
// `events` of the trail, newest last: whether refused codes of several people were off by alike.
void examine_offsets(const nlohmann::json& events, Findings& findings);

}  // namespace seimon::tools
