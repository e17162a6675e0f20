// SPDX-License-Identifier: Apache-2.0
// The scenarios, straight into core: Conversation, Policy and the store's twin.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "core/conversation.h"
#include "daemon/config.h"
#include "tests/support/memory_store.h"
#include "tests/support/scenario.h"

namespace seimon::tests {

namespace {

class CoreStage : public Stage {
 public:
  void configure(const std::string& text) override {
    char folder[] = "/tmp/seimon-stage-XXXXXX";
    if (mkdtemp(folder) == nullptr) throw std::runtime_error("mkdtemp");
    std::ofstream(std::string(folder) + "/seimon.conf") << text;
    config_ = daemon::load_config(std::string(folder) + "/seimon.conf");
    std::filesystem::remove_all(folder);
  }
  void set_clock(core::Instant now) override {
    now_ = now;
    latest_ = std::max(latest_, now);
  }
  void reset_failures(const std::string& user) override {
    for (const auto& [claimant, standing] : store_.account(name(user)).standings)
      store_.record_standing(name(user), claimant, core::reset(standing));
  }

  void enrol(const std::string& user, const Token& token) override {
    core::Method method;
    method.label = "app";
    method.registered = now_;
    method.otp = token.otp;
    method.key = key_of(user);
    const auto proof =
        token.otp.by_counter() ? token.counter : static_cast<std::int64_t>(core::step_at(now_, token.otp.period)) - 1;
    method.mark = core::Step{proof};
    (void)store_.add_method(name(user), 1000, method);
  }
  void set_suspended(const std::string& user, bool suspended) override { store_.set_suspended(name(user), suspended); }
  void strip(const std::string& user) override {
    for (const core::Method& method : store_.account(name(user)).methods)
      (void)store_.remove_method(name(user), method.id);
  }

  void revoke(const std::string& user) override {
    strip(user);
    core::Profile profile = store_.account(name(user)).profile;
    profile.revoke();
    store_.write_profile(name(user), profile);
  }
  std::vector<std::string> give_sheet(const std::string& user) override {
    core::RecoverySheet sheet = core::new_recovery_sheet(store_, name(user), config_.enrolment.recovery_codes, now_);
    core::Profile profile = store_.account(name(user)).profile;
    profile.recovery = sheet.codes;
    store_.write_profile(name(user), profile);
    return sheet.shown;
  }
  std::string give_bypass(const std::string& user, int uses) override {
    core::Profile profile = store_.account(name(user)).profile;
    core::BypassCode code;
    const std::string shown = core::new_bypass_code();
    code.digest = store_.digest("bypass " + user + " " + *core::parse_bypass_code(shown));
    code.until = now_ + core::kHour;
    code.uses = uses;
    profile.bypass.push_back(code);
    store_.write_profile(name(user), profile);
    return shown;
  }

  Concluded log_in(const Opening& opening, const std::vector<Typed>& typed) override {
    core::Facts facts{name(opening.user)};
    facts.exists = opening.user != "nosuchuser";
    facts.trusted = true;
    facts.service = opening.service;
    facts.tty = opening.tty.starts_with("/dev/") ? opening.tty.substr(5) : opening.tty;
    facts.groups.emplace();
    facts.origin = core::origin_of(config_.policy, true, opening.service, opening.rhost, opening.ssh_connection);
    const auto user = core::UserName::parse(opening.ruser);
    const bool su = opening.service == "su" && user;
    if (su) facts.target = facts.user, facts.target_uid = 1000, facts.user = *user;
    facts.caller = opening.ruser;
    facts.uid = facts.exists ? std::optional(1000) : std::nullopt;
    core::Conversation conversation("c" + std::to_string(++conversations_), facts, daemon::manner_of(config_, "host"));
    Concluded concluded;
    const core::Records records{store_, store_, latest_};
    core::Outcome outcome = kept(conversation.begin(config_.policy, records, now_));
    for (const Typed& typing : typed) {
      const auto* prompt = std::get_if<core::Prompt>(&outcome.reply);
      if (prompt == nullptr) break;
      concluded.prompts.push_back(prompt->text + prompt->below);
      const std::string text = typing(concluded.prompts.back());
      outcome = kept(text.empty() ? conversation.withhold(core::Withheld::kEmpty, records, now_)
                                  : conversation.answer(text, records, now_));
    }
    const auto* verdict = std::get_if<core::Verdict>(&outcome.reply);
    concluded.verdict = verdict == nullptr ? "none" : verdict_name(verdict->ruling);
    concluded.message = verdict == nullptr ? "" : verdict->message;
    concluded.reminder = verdict == nullptr ? "" : verdict->reminder;
    const bool passed = concluded.verdict == "accepted" || concluded.verdict == "skipped";
    if (passed && opening.confirmed)
      (void)core::confirm_registration(store_, store_.account(name(opening.user)), name(opening.user), 1000,
                                       conversation.id(), config_.enrolment.pending_for, now_);
    return concluded;
  }

  std::vector<std::map<std::string, std::string>> events(const std::string& user) override {
    std::vector<std::map<std::string, std::string>> rows;
    for (const core::Event& event : store_.events({user, 1000})) {
      auto& row = rows.emplace_back();
      core::Event::each_field(event,
                              [&](std::string_view key, const std::string& value) { row[std::string(key)] = value; });
    }
    return rows;
  }

 private:
  static core::UserName name(const std::string& text) { return core::UserName::parse(text).value(); }

  core::Outcome kept(core::Outcome outcome) {
    for (const core::Event& event : outcome.events) store_.append(event);
    return outcome;
  }

  static std::string verdict_name(core::Ruling ruling) {
    switch (ruling) {
      case core::Ruling::kAllow: return "accepted";
      case core::Ruling::kSkip: return "skipped";
      case core::Ruling::kDeny: return "refused";
      case core::Ruling::kExhausted: return "exhausted";
      case core::Ruling::kUnavailable: return "unavailable";
    }
    return "unknown";
  }

  daemon::Config config_;
  MemoryStore store_;
  core::Instant now_{};
  core::Instant latest_{};
  int conversations_ = 0;
};

Stage& new_stage() {
  static std::unique_ptr<CoreStage> stage;
  stage = std::make_unique<CoreStage>();
  return *stage;
}

}  // namespace

}  // namespace seimon::tests

int main(int argc, char** argv) { return seimon::tests::play_all(argc, argv, seimon::tests::new_stage); }
