// SPDX-License-Identifier: Apache-2.0
// The scenarios, through libpam, the module, the socket and the service. Runs inside the private world of
// tests/system/scenarios.sh, which gives it $W (the world's folder) and restarts seimond on request: the functions of
// world.sh stay in the shell, at the other end of a pipe.
#include <security/pam_appl.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/secret.h"
#include "tests/support/phone.h"
#include "tests/support/scenario.h"

namespace seimon::tests {

namespace {

// Asks the shell that started us for `what`, and waits until it is done.
void ask_shell(const std::string& what) {
  static std::ifstream done(std::string(std::getenv("W")) + "/done");
  static std::ofstream wanted(std::string(std::getenv("W")) + "/wanted");
  wanted << what << std::endl;
  std::string answer;
  if (!std::getline(done, answer) || answer != "ok") throw std::runtime_error("the shell could not: " + what);
}

std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error(command);
  std::string text;
  char block[4096];
  for (std::size_t got = 0; (got = fread(block, 1, sizeof block, pipe)) > 0;) text.append(block, got);
  if (pclose(pipe) != 0) throw std::runtime_error(command + " failed: " + text);
  return text;
}

struct Talk {
  const std::vector<Typed>* typed = nullptr;
  std::vector<std::string> prompts;
  std::string message;  // the last one that was not a prompt
};

int converse(int count, const pam_message** messages, pam_response** responses, void* data) {
  auto* talk = static_cast<Talk*>(data);
  auto* answers = static_cast<pam_response*>(std::calloc(static_cast<std::size_t>(count), sizeof(pam_response)));
  *responses = answers;
  for (int i = 0; i < count; ++i) {
    if (messages[i]->msg_style != PAM_PROMPT_ECHO_ON && messages[i]->msg_style != PAM_PROMPT_ECHO_OFF) {
      talk->message = messages[i]->msg;
      continue;
    }
    if (talk->prompts.size() >= talk->typed->size()) return PAM_CONV_ERR;
    const Typed& typing = (*talk->typed)[talk->prompts.size()];
    talk->prompts.emplace_back(messages[i]->msg);
    answers[i].resp = strdup(typing(talk->prompts.back()).c_str());
  }
  return PAM_SUCCESS;
}

std::string verdict_of(int code) {
  if (code == PAM_SUCCESS) return "accepted";
  if (code == PAM_IGNORE) return "skipped";
  if (code == PAM_AUTH_ERR) return "refused";
  if (code == PAM_MAXTRIES) return "exhausted";
  if (code == PAM_AUTHINFO_UNAVAIL) return "unavailable";
  return "PAM code " + std::to_string(code);
}

class InstalledStage : public Stage {
 public:
  void configure(const std::string& text) override {
    std::ofstream(world() + "/etc/seimon.conf") << text;
    (void)std::remove(kBox);
    configured_ = false;
  }

  void set_clock(core::Instant now) override {
    const std::time_t seconds = now.time_since_epoch().count();
    char text[32] = {};
    std::tm parts = {};
    gmtime_r(&seconds, &parts);
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    now_ = now;
    ask_shell("set_clock '" + std::string(text) + "'");
    if (!configured_) ask_shell("restart");
    configured_ = true;
  }

  void enrol(const std::string& user, const Token& token) override {
    std::ofstream(world() + "/tmp/secret") << core::base32(key_of(user)) << "\n";
    const bool by_counter = token.otp.by_counter();
    const core::Step proof{by_counter ? token.counter
                                      : static_cast<std::int64_t>(core::step_at(now_, token.otp.period)) - 1};
    std::string command = "echo " + code_of(user, token, proof) + " | seimon enroll " + user +
                          " --qr=none --label app" + " --secret-file " + world() + "/tmp/secret --digits " +
                          std::to_string(token.otp.digits) + " --algorithm " +
                          std::string(core::algorithm_name(token.otp.algorithm));
    if (by_counter) command += " --counter " + std::to_string(token.counter);
    else command += " --period " + std::to_string(token.otp.period.count());
    (void)output_of(command + " 2>&1");
  }
  void set_suspended(const std::string& user, bool suspended) override {
    (void)output_of(std::string("seimon ") + (suspended ? "suspend " : "resume ") + user);
  }
  void reset_account(const std::string& user) override { (void)output_of("seimon remove --all --yes -u " + user); }

  void reset_failures(const std::string& user) override { (void)output_of("seimon reset-failures " + user); }

  void revoke(const std::string& user) override { (void)output_of("seimon revoke --yes " + user); }
  std::vector<std::map<std::string, std::string>> methods(const std::string& user) override {
    const auto list = nlohmann::json::parse(output_of("seimon list --json " + user));
    std::vector<std::map<std::string, std::string>> rows;
    for (const auto& method : list.at("methods"))
      rows.push_back({{"label", method.at("label")},
                      {"kind", method.at("kind")},
                      {"registered", method.at("registered")},
                      {"last_used", method.at("last_used")},
                      {"default", method.at("default").get<bool>() ? "true" : "false"}});
    return rows;
  }
  void prefer(const std::string& user, const std::string& label) override {
    (void)output_of("seimon default -u " + user + " " + label);
  }
  void replace(const std::string& user, const std::string& label, const Token& token) override {
    const core::Secret key = key_of(user + "-new");
    std::ofstream(world() + "/tmp/secret") << core::base32(key) << "\n";
    const core::Step proof{static_cast<std::int64_t>(core::step_at(now_, token.otp.period)) - 1};
    (void)output_of("echo " + code_text(key, token, proof) + " | seimon replace -u " + user + " " + label +
                    " --qr=none --secret-file " + world() + "/tmp/secret 2>&1");
  }
  std::vector<std::string> give_recovery_codes(const std::string& user, const std::string& proof) override {
    const std::string own = "echo " + proof + " | setpriv --reuid $(id -u " + user + ") --regid $(id -g " + user +
                            ") --init-groups env -u SEIMON_TICKET ";
    const std::string output =
        output_of((proof.empty() ? "" : own) + "seimon recovery-codes --json " + user + " 2>/dev/null || echo '{}'");
    return nlohmann::json::parse(output).value("recovery", std::vector<std::string>());
  }
  std::string give_bypass(const std::string& user, int uses) override {
    return nlohmann::json::parse(output_of("seimon bypass --json --uses " + std::to_string(uses) + " " + user))
        .at("code");
  }

  void add_phone(const std::string& user, const std::string& number) override {
    (void)output_of("seimon enroll " + user + " --kind sms " + number + " --yes");
  }
  // The driver of the scenarios is tee(1).
  std::vector<std::string> codes_sent_to(const std::string& number) override {
    (void)output_of("seimon-delivery --once --config " + world() + "/etc/seimon.conf 2>&1");
    std::ifstream box(kBox);
    std::vector<std::string> codes;
    for (std::string line; std::getline(box, line);) {
      const auto message = nlohmann::json::parse(line);
      if (message.at("to") == number) codes.push_back(message.at("code"));
    }
    return codes;
  }

  // A sign-in to the page gives the ticket that registers.
  void add_approver(const std::string& user, const std::string& label) override {
    const std::string code = code_of(user, Token(), core::step_at(now_, core::seconds(30)));
    Opening opening;
    opening.user = user;
    opening.service = "seimon-web";
    opening.tty = "web";
    opening.rhost = "203.0.113.9";
    if (log_in(opening, {[&](const std::string&) { return code; }}).verdict != "accepted")
      throw std::runtime_error(user + " cannot sign in to the page");
    Authenticator phone;
    phone.id.back() = static_cast<std::uint8_t>(phones_.size() + 1);
    const std::string token = register_phone({kSocket, "nobody"}, phone, user, label, ticket_);
    phones_.insert_or_assign(user, Phone{phone, token});
  }
  void answer_request(const std::string& user, const std::string& answer, const std::string& number) override {
    const auto& [phone, token] = phones_.at(user);
    answer_by_phone({kSocket, "nobody"}, phone, user, token, answer, number);
  }

  // The module decides alone here: [default=die] hands every code of it out, PAM_IGNORE too.
  Concluded log_in(const Opening& opening, const std::vector<Typed>& typed) override {
    Talk talk;
    talk.typed = &typed;
    const pam_conv conversation = {converse, &talk};
    pam_handle_t* handle = nullptr;
    const std::string folder = world() + "/stage.d";
    if (pam_start_confdir(opening.service.c_str(), opening.user.c_str(), &conversation, folder.c_str(), &handle) !=
        PAM_SUCCESS)
      throw std::runtime_error("pam_start_confdir");
    if (!opening.rhost.empty()) pam_set_item(handle, PAM_RHOST, opening.rhost.c_str());
    pam_set_item(handle, PAM_TTY, opening.tty.c_str());
    if (!opening.ssh_connection.empty()) pam_putenv(handle, ("SSH_CONNECTION=" + opening.ssh_connection).c_str());
    if (!opening.ruser.empty()) pam_set_item(handle, PAM_RUSER, opening.ruser.c_str());
    const int code = pam_authenticate(handle, 0);
    // A stack whose only module returned PAM_IGNORE has no result of its own: libpam says PAM_PERM_DENIED.
    Concluded concluded{code == PAM_PERM_DENIED ? "skipped" : verdict_of(code), talk.message, "", talk.prompts};
    if (opening.confirmed && (code == PAM_SUCCESS || code == PAM_PERM_DENIED)) {
      (void)pam_acct_mgmt(handle, 0);
      talk.message.clear();
      if (pam_open_session(handle, 0) == PAM_SUCCESS) concluded.reminder = talk.message;
      const char* ticket = pam_getenv(handle, "SEIMON_TICKET");
      ticket_ = ticket == nullptr ? "" : ticket;
    }
    pam_end(handle, code);
    return concluded;
  }

  std::vector<std::map<std::string, std::string>> events(const std::string& user) override {
    std::vector<std::map<std::string, std::string>> rows;
    for (const auto& event : nlohmann::json::parse(output_of("seimon log --json -n 1000 -u " + user))) {
      auto& row = rows.emplace_back();
      for (const auto& [key, value] : event.items())
        row[key] = value.is_string() ? value.get<std::string>() : value.dump();
    }
    return rows;
  }

 private:
  static constexpr const char* kBox = "/run/box";
  static constexpr const char* kSocket = "/run/seimon/seimon.sock";
  static std::string world() { return std::getenv("W"); }
  struct Phone {
    Authenticator authenticator;
    std::string token;
  };
  std::map<std::string, Phone> phones_;
  std::string ticket_;  // of the last session
  core::Instant now_{};
  bool configured_ = false;
};

Stage& new_stage() {
  static std::unique_ptr<InstalledStage> stage;
  stage = std::make_unique<InstalledStage>();
  return *stage;
}

}  // namespace

}  // namespace seimon::tests

int main(int argc, char** argv) { return seimon::tests::play_all(argc, argv, seimon::tests::new_stage); }
