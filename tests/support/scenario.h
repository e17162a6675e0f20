// SPDX-License-Identifier: Apache-2.0
// Reads a scenario file (tests/scenarios/README.md) and plays it on a stage: core alone, or the installed whole.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/factors/otp.h"
#include "core/secret.h"
#include "core/types.h"

namespace seimon::tests {

struct Words {
  std::string verb;
  std::vector<std::string> plain;
  std::map<std::string, std::string> named;  // key=value
  std::string place;                         // file:line
};

// Input at a prompt, which may depend on the prompt's text.
using Typed = std::function<std::string(const std::string& prompt)>;

struct Opening {
  std::string user, service, rhost, ssh_connection, tty, ruser;
  bool confirmed = true;  // the account hook is called when auth has passed
};

// One token of a user; the same on every stage.
struct Token {
  core::OtpParameters otp;
  std::int64_t counter = 0;
};
[[nodiscard]] core::Secret key_of(const std::string& user);
[[nodiscard]] std::string code_of(const std::string& user, const Token& token, core::Step step);
[[nodiscard]] std::string code_text(const core::Secret& key, const Token& token, core::Step step);

struct Concluded {
  std::string verdict;
  std::string message;   // shown with it
  std::string reminder;  // shown by the session hook
  std::vector<std::string> prompts;
};

class Stage {
 public:
  virtual ~Stage() = default;
  virtual void configure(const std::string& text) = 0;
  virtual void set_clock(core::Instant now) = 0;
  virtual void enrol(const std::string& user, const Token& token) = 0;
  virtual void set_suspended(const std::string& user, bool suspended) = 0;
  virtual void reset_account(const std::string& user) = 0;
  virtual void reset_failures(const std::string& user) = 0;
  virtual void revoke(const std::string& user) = 0;
  // The user's list: label, kind, registered, last_used, default.
  [[nodiscard]] virtual std::vector<std::map<std::string, std::string>> methods(const std::string& user) = 0;
  virtual void prefer(const std::string& user, const std::string& label) = 0;
  // The method `label` changes to another phone, which has key_of(user + "-new").
  virtual void replace(const std::string& user, const std::string& label, const Token& token) = 0;
  // Recovery codes, as an administrator asks for it; or as the owner does, with `proof`, a code: empty when
  // that is not accepted. A bypass code for an hour.
  [[nodiscard]] virtual std::vector<std::string> give_recovery_codes(const std::string& user,
                                                                     const std::string& proof) = 0;
  [[nodiscard]] virtual std::string give_bypass(const std::string& user, int uses) = 0;
  // A telephone number that an administrator has set; the codes that were sent to one, oldest first.
  virtual void add_phone(const std::string& user, const std::string& number) = 0;
  [[nodiscard]] virtual std::vector<std::string> codes_sent_to(const std::string& number) = 0;
  // Another phone that approves; and what its owner answers on the page: yes, no or not-me, with the
  // number as it is typed.
  virtual void add_approver(const std::string& user, const std::string& label) = 0;
  virtual void answer_request(const std::string& user, const std::string& answer, const std::string& number) = 0;
  // Answers the N-th prompt with the N-th text; stops at a verdict or when the texts run out.
  [[nodiscard]] virtual Concluded log_in(const Opening& opening, const std::vector<Typed>& typed) = 0;
  // The fields of the user's events, oldest first.
  [[nodiscard]] virtual std::vector<std::map<std::string, std::string>> events(const std::string& user) = 0;
};

// Throws std::runtime_error at the first line that does not hold.
void play(const std::string& path, Stage& stage);
// main() of both stages: one file, or each of a folder; 0 when all held.
[[nodiscard]] int play_all(int argc, char** argv, Stage& (*new_stage)());

}  // namespace seimon::tests
