// SPDX-License-Identifier: Apache-2.0
// The scenarios, straight into core: Conversation, Policy and the store's twin.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "core/login/conversation.h"
#include "core/login/request_answer.h"
#include "daemon/config/load.h"
#include "daemon/system/clock.h"
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
    for (const auto& [scope, failures] : store_.account(name(user)).failure_records)
      store_.record_failures(name(user), scope, core::reset(failures));
  }

  void enrol(const std::string& user, const Token& token) override { add(user, "app", key_of(user), token); }
  void set_suspended(const std::string& user, bool suspended) override { store_.set_suspended(name(user), suspended); }
  void reset_account(const std::string& user) override {
    for (const core::Method& method : store_.account(name(user)).methods)
      (void)store_.remove_method(name(user), method.id);
  }

  void revoke(const std::string& user) override {
    reset_account(user);
    core::Profile profile = store_.account(name(user)).profile;
    profile.revoke();
    store_.write_profile(name(user), profile);
  }
  std::vector<std::map<std::string, std::string>> methods(const std::string& user) override {
    const core::Account account = store_.account(name(user));
    std::vector<std::map<std::string, std::string>> rows;
    for (const core::Method& method : account.methods)
      rows.push_back({{"label", method.label},
                      {"kind", std::string(core::kind_name(method.kind))},
                      {"registered", daemon::iso_time(method.registered)},
                      {"last_used", method.last_used ? daemon::iso_time(*method.last_used) : ""},
                      {"default", account.profile.preferred == method.id ? "true" : "false"}});
    return rows;
  }
  void prefer(const std::string& user, const std::string& label) override {
    const core::Account account = store_.account(name(user));
    core::Profile profile = account.profile;
    for (const core::Method& method : account.methods)
      if (method.label == label) profile.preferred = method.id;
    store_.write_profile(name(user), profile);
  }
  void replace(const std::string& user, const std::string& label, const Token& token) override {
    const core::Account account = store_.account(name(user));
    for (const core::Method& method : account.methods)
      if (method.label == label) (void)store_.remove_method(name(user), method.id);
    add(user, label, key_of(user + "-new"), token);
  }

  std::vector<std::string> give_recovery_codes(const std::string& user, const std::string& proof) override {
    if (!proof.empty() && !is_accepted(user, proof)) return {};
    core::NewRecoveryCodes recovery_codes =
        core::new_recovery_codes(store_, name(user), config_.enrolment.recovery_codes, now_);
    core::Profile profile = store_.account(name(user)).profile;
    profile.recovery = recovery_codes.codes;
    store_.write_profile(name(user), profile);
    return recovery_codes.shown;
  }
  std::string give_bypass(const std::string& user, int uses) override {
    core::Profile profile = store_.account(name(user)).profile;
    core::BypassCode code;
    const std::string shown = core::new_bypass_code();
    code.digest = core::bypass_digest(store_, name(user), *core::parse_bypass_code(shown));
    code.until = now_ + core::kHour;
    code.uses = uses;
    profile.bypass.push_back(code);
    store_.write_profile(name(user), profile);
    return shown;
  }

  void add_phone(const std::string& user, const std::string& number) override {
    core::Method method;
    method.kind = core::Kind::kSms;
    method.state = core::State::kIssued;
    method.label = core::free_label(store_.account(name(user)).methods, method.kind);
    method.registered = now_;
    method.otp.period = core::seconds(0);
    method.key = core::secret_of(number);
    (void)store_.add_method(name(user), 1000, method);
  }
  std::vector<std::string> codes_sent_to(const std::string& number) override { return sent_[number]; }

  void add_approver(const std::string& user, const std::string& label) override {
    core::Method method;
    method.kind = core::Kind::kApprove;
    method.label = label;
    method.registered = now_;
    method.otp.period = core::seconds(0);
    method.key = core::secret_of("a passkey");
    approvers_[user] = store_.add_method(name(user), 1000, method);
  }
  void answer_request(const std::string& user, const std::string& answer, const std::string& number) override {
    core::Profile profile = store_.account(name(user)).profile;
    if (!profile.approvals.request) return;
    core::ApprovalRequest& request = *profile.approvals.request;
    request.method = approvers_[user];
    if (answer == "yes")
      request.state = number == request.number ? core::RequestState::kApproved : core::RequestState::kEnded;
    else request.state = answer == "no" ? core::RequestState::kDenied : core::RequestState::kReported;
    if (answer == "not-me") (void)core::report_request(profile, config_.approve, {});
    store_.write_profile(name(user), profile);
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
    const core::Records records{store_, store_};
    const auto now = [&] { return core::Moment{now_, latest_}; };
    core::Outcome outcome = kept(conversation.begin(config_.policy, records, now()));
    for (const Typed& typing : typed) {
      const auto* prompt = std::get_if<core::Prompt>(&outcome.reply);
      if (prompt == nullptr) break;
      concluded.prompts.push_back(prompt->text + prompt->below);
      const std::string text = typing(concluded.prompts.back());
      outcome = kept(text.empty() ? conversation.withhold(core::Withheld::kEmpty, records, now())
                                  : conversation.answer(text, records, now()));
    }
    const auto* conclusion = std::get_if<core::Conclusion>(&outcome.reply);
    concluded.verdict = conclusion == nullptr ? "none" : verdict_name(conclusion->verdict);
    concluded.message = conclusion == nullptr ? "" : conclusion->message;
    concluded.reminder = conclusion == nullptr ? "" : conclusion->reminder;
    const bool passed = concluded.verdict == "accepted" || concluded.verdict == "skipped";
    if (passed && opening.confirmed)
      (void)core::confirm_registration(store_, store_.account(name(opening.user)), name(opening.user), 1000,
                                       conversation.id(), config_.enrolment, now_);
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
  void add(const std::string& user, const std::string& label, core::Secret key, const Token& token) {
    core::Method method;
    method.label = label;
    method.registered = now_;
    method.otp = token.otp;
    method.key = std::move(key);
    const auto proof =
        token.otp.by_counter() ? token.counter : static_cast<std::int64_t>(core::step_at(now_, token.otp.period)) - 1;
    method.last_step = core::Step{proof};
    (void)store_.add_method(name(user), 1000, method);
  }

  // A change of one's own account needs a code, checked as at a login.
  bool is_accepted(const std::string& user, const std::string& proof) {
    core::Facts facts{name(user)};
    facts.exists = true;
    facts.service = "seimon";
    facts.groups.emplace();
    core::Policy ask_always;
    ask_always.fallback.action = core::Action::kRequire;
    core::Conversation conversation("p" + std::to_string(++conversations_), facts, daemon::manner_of(config_, "host"));
    const core::Records records{store_, store_};
    const core::Moment now{now_, latest_};
    (void)kept(conversation.begin(ask_always, records, now));
    const core::Outcome outcome = kept(conversation.answer(proof, records, now));
    const auto* conclusion = std::get_if<core::Conclusion>(&outcome.reply);
    return conclusion != nullptr && conclusion->verdict == core::Verdict::kAllow;
  }

  static core::UserName name(const std::string& text) { return core::UserName::parse(text).value(); }

  core::Outcome kept(core::Outcome outcome) {
    for (const core::Event& event : outcome.events) store_.append(event);
    if (outcome.message) sent_[outcome.message->to].push_back(outcome.message->code);
    return outcome;
  }

  static std::string verdict_name(core::Verdict verdict) {
    switch (verdict) {
      case core::Verdict::kAllow: return "accepted";
      case core::Verdict::kSkip: return "skipped";
      case core::Verdict::kDeny: return "refused";
      case core::Verdict::kExhausted: return "exhausted";
      case core::Verdict::kUnavailable: return "unavailable";
    }
    return "unknown";
  }

  daemon::Config config_;
  MemoryStore store_;
  std::map<std::string, std::vector<std::string>> sent_;
  std::map<std::string, core::MethodId> approvers_;
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
