// SPDX-License-Identifier: Apache-2.0
// A login's conversation in a unit test: one user, one store, and what is typed.
#pragma once

#include <string>

#include "core/login/conversation.h"
#include "tests/support/memory_store.h"
#include "tests/support/test.h"

namespace seimon::tests {

inline const core::Instant kNow(core::seconds(1800000000));
inline core::UserName named(const char* name) { return *core::UserName::parse(name); }

inline core::Verdict verdict(const core::Outcome& outcome) { return std::get<core::Conclusion>(outcome.reply).verdict; }
inline std::string asked(const core::Outcome& outcome) { return std::get<core::Prompt>(outcome.reply).text; }
inline bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// Alice comes by ssh, and the policy asks for a code.
struct LoginTalk {
  LoginTalk() {
    facts.exists = true;
    facts.trusted = true;
    facts.service = "sshd";
    facts.groups.emplace();
    facts.origin = {core::Origin::Kind::kAddress, *core::parse_address("203.0.113.9"), "203.0.113.9"};
    policy.fallback.action = core::Action::kRequire;
    policy.fallback.name = "default";
    manner.host = "login1";
  }
  core::MethodId add_method(core::Kind kind, const std::string& label, const std::string& key,
                            const char* user = "alice") {
    core::Method method;
    method.kind = kind;
    method.label = label;
    method.key = core::secret_of(key);
    method.otp.period = core::seconds(0);
    return store.add_method(named(user), 1000, method);
  }
  void add_app() {
    core::Method method;
    method.label = "app";
    method.key = app_key();
    method.last_step = core::Step{static_cast<std::int64_t>(core::step_at(kNow, core::seconds(30))) - 2};
    (void)store.add_method(named("alice"), 1000, method);
  }
  static core::Secret app_key() { return core::Secret(std::vector<std::uint8_t>(20, 5)); }
  static std::string app_code(core::Instant now = kNow) {
    const std::string digits =
        std::to_string(core::code_at(app_key(), core::Algorithm::kSha1, 6, core::step_at(now, core::seconds(30))));
    return std::string(6 - digits.size(), '0') + digits;
  }
  core::Records records() { return {store, store}; }
  core::Conversation talk() { return core::Conversation("c" + std::to_string(++talks), facts, manner); }
  core::Outcome begin(core::Conversation& conversation, core::Instant now = kNow) {
    return conversation.begin(policy, records(), even(now));
  }
  core::Outcome say(core::Conversation& conversation, const std::string& typed, core::Instant now = kNow) {
    return conversation.answer(typed, records(), even(now));
  }
  core::Outcome enter(core::Conversation& conversation, core::Instant now = kNow) {
    return conversation.withhold(core::Withheld::kEmpty, records(), even(now));
  }
  // Nine wrong codes: from then on an app's code is asked for twice.
  void fail_three_logins() {
    for (int i = 0; i < 3; ++i) {
      core::Conversation conversation = talk();
      (void)begin(conversation);
      for (int j = 0; j < 3; ++j) (void)say(conversation, "000000");
    }
  }
  [[nodiscard]] core::Approvals approvals() { return store.account(named("alice")).profile.approvals; }

  MemoryStore store;
  core::Facts facts{named("alice")};
  core::Manner manner;
  core::Policy policy;
  int talks = 0;
};

}  // namespace seimon::tests
