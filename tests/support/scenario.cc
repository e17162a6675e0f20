// SPDX-License-Identifier: Apache-2.0
#include "tests/support/scenario.h"

#include <cstdio>
#include <fstream>
#include <stdexcept>

#include "core/account/profile.h"

namespace seimon::tests {

namespace {

const std::map<std::string, std::string> kOnThePhone = {
    {"approves", "yes"}, {"denies", "no"}, {"reports", "not-me"}, {"wrong-number", "wrong"}};

const core::Instant kStart(core::seconds(1795262410));  // 2026-11-21 12:00:10 UTC

[[noreturn]] void fail(const Words& words, const std::string& what) {
  throw std::runtime_error(words.place + ": " + what);
}

// A word, or a quoted text with \n and \" in it.
std::string take_word(const std::string& line, std::size_t& at) {
  std::string word;
  bool quoted = false;
  for (; at < line.size() && (quoted || line[at] != ' '); ++at) {
    if (line[at] == '"') quoted = !quoted;
    else if (quoted && line[at] == '\\' && at + 1 < line.size()) word += line[++at] == 'n' ? '\n' : line[at];
    else word += line[at];
  }
  return word;
}

Words parse_line(const std::string& line, const std::string& place) {
  Words words;
  words.place = place;
  for (std::size_t at = 0; at < line.size();) {
    if (line[at] == ' ') {
      ++at;
      continue;
    }
    const std::size_t start = at;
    const std::string word = take_word(line, at);
    const std::size_t equals = word.find('=');
    if (words.verb.empty()) words.verb = word;
    else if (equals != std::string::npos && line[start] != '"')
      words.named[word.substr(0, equals)] = word.substr(equals + 1);
    else words.plain.push_back(word);
  }
  return words;
}

struct Script {
  std::string config;
  std::vector<Words> lines;
};

Script read_script(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + ": cannot be read");
  Script script;
  int number = 0;
  bool in_config = false;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line == "config" || line == "end") {
      in_config = line == "config";
    } else if (in_config) {
      script.config += line + "\n";
    } else if (!line.empty() && line.front() != '#') {
      script.lines.push_back(parse_line(line, path + ":" + std::to_string(number)));
    }
  }
  return script;
}

class Player {
 public:
  Player(Stage& stage, Script script) : stage_(stage), script_(std::move(script)) {}

  void play() {
    stage_.configure(script_.config);
    stage_.set_clock(now_);
    for (at_ = 0; at_ < script_.lines.size(); ++at_) play_line(script_.lines[at_]);
  }

 private:
  void play_line(const Words& words) {
    if (words.verb == "clock") pass_time(words.plain.at(0));
    else if (words.verb == "enrolled") enrol(words);
    else if (words.verb == "suspended" || words.verb == "resumed")
      stage_.set_suspended(words.plain.at(0), words.verb == "suspended");
    else if (words.verb == "removed") stage_.reset_account(words.plain.at(0));
    else if (words.verb == "open") log_in(words);
    else if (words.verb == "audit") check_audit(words);
    else if (words.verb == "tries") check_tries(words);
    else if (words.verb == "told") check_told(words);
    else if (words.verb == "reset") stage_.reset_failures(words.plain.at(0));
    else if (words.verb == "revoked") stage_.revoke(words.plain.at(0));
    else if (words.verb == "recovery-codes") give_recovery_codes(words);
    else if (words.verb == "method") check_method(words);
    else if (words.verb == "methods") check_methods(words);
    else if (words.verb == "default") stage_.prefer(words.plain.at(0), words.plain.at(1));
    else if (words.verb == "replaced") replace(words);
    else if (words.verb == "bypass") give_bypass(words);
    else if (words.verb == "phone")
      phones_[words.plain.at(0)] = words.plain.at(1), stage_.add_phone(words.plain.at(0), words.plain.at(1));
    else if (words.verb == "messages") check_messages(words);
    else if (words.verb == "approver") stage_.add_approver(words.plain.at(0), words.plain.at(1));
    else if (words.verb == "reminded") check_reminded(words);
    else fail(words, "unknown line \"" + words.verb + "\"");
  }

  void pass_time(const std::string& time) {
    now_ += core::seconds(std::stoll(time));  // "+30s"
    stage_.set_clock(now_);
  }

  void enrol(const Words& words) {
    Token token;
    for (const auto& [key, value] : words.named) {
      if (key == "digits") token.otp.digits = std::stoi(value);
      else if (key == "algorithm") token.otp.algorithm = core::parse_algorithm(value).value();
      else if (key == "period") token.otp.period = core::seconds(std::stoll(value));
      else if (key == "counter") token.otp.period = core::seconds(0), token.counter = std::stoll(value);
      else fail(words, "unknown " + key);
    }
    tokens_[words.plain.at(0)] = token;
    shown_keys_.erase(words.plain.at(0));
    stage_.enrol(words.plain.at(0), token);
  }

  // "recovery-codes USER": an administrator's. "recovery-codes USER ANSWER accepted": the owner's, with that code.
  void give_recovery_codes(const Words& words) {
    const std::string& user = words.plain.at(0);
    const bool own = words.plain.size() > 1;
    const std::string proof = own ? typed_for(user, {words.verb, {words.plain[1]}, {}, words.place}) : "";
    if (own) last_ = proof;
    const auto recovery_codes = stage_.give_recovery_codes(user, proof);
    if (own && (words.plain.at(2) == "accepted") == recovery_codes.empty()) fail(words, "it was not so");
    if (!recovery_codes.empty()) recovery_codes_[user] = recovery_codes;
  }

  void check_methods(const Words& words) {
    const std::size_t count = stage_.methods(words.plain.at(0)).size();
    if (count != std::stoul(words.plain.at(1))) fail(words, std::to_string(count) + " methods");
  }

  void check_method(const Words& words) {
    auto rows = stage_.methods(words.plain.at(0));
    const std::size_t number = std::stoul(words.plain.at(1));
    if (number == 0 || number > rows.size()) fail(words, "there are " + std::to_string(rows.size()) + " methods");
    for (const auto& [key, value] : words.named)
      if (rows[number - 1][key] != value) fail(words, key + " is \"" + rows[number - 1][key] + "\"");
  }

  void replace(const Words& words) {
    const std::string& user = words.plain.at(0);
    stage_.replace(user, words.plain.at(1), tokens_.at(user));
    shown_keys_[user] = core::base32(key_of(user + "-new"));
  }

  void give_bypass(const Words& words) {
    const auto uses = words.named.find("uses");
    bypass_[words.plain.at(0)] =
        stage_.give_bypass(words.plain.at(0), uses == words.named.end() ? 1 : std::stoi(uses->second));
  }

  // "recovery2": the second of the recovery codes that were given or shown last.
  std::string from_recovery_codes(const std::string& user, const Words& words, const std::string& what) {
    const std::size_t number = std::stoul(what.substr(std::string_view("recovery").size()));
    const auto recovery_codes = recovery_codes_.find(user);
    if (recovery_codes == recovery_codes_.end() || number == 0 || number > recovery_codes->second.size())
      fail(words, "there is no such code");
    return recovery_codes->second[number - 1];
  }

  std::string typed_for(const std::string& user, const Words& words) {
    const std::string what = words.plain.at(0);
    if (what.starts_with("recovery")) return from_recovery_codes(user, words, what);
    if (what == "bypass") return bypass_[user];
    if (what == "sms") {
      const auto codes = stage_.codes_sent_to(phones_[user]);
      return codes.empty() ? "none" : codes.back();
    }
    if (what == "enter") return "";
    if (const auto done = kOnThePhone.find(what); done != kOnThePhone.end()) return press_enter(user, done->second);
    const Token token = tokens_.contains(user) ? tokens_.at(user) : Token();
    if (what == "last") return last_;
    if (what == "oldphone") return code_of(user, token, core::step_at(now_, token.otp.period));
    if (what == "wrong") return wrong_code(user, token);
    const bool by_counter = what.starts_with("hotp");
    if (!by_counter && !what.starts_with("totp")) return what;
    const std::int64_t steps = what.size() > 4 ? std::stoll(what.substr(4)) : 0;
    if (by_counter) return code_for(user, token, core::Step{token.counter + steps});
    const auto now = static_cast<std::int64_t>(core::step_at(now_, token.otp.period));
    return code_for(user, token, core::Step{now + steps});
  }

  // After the phone's owner has answered.
  std::string press_enter(const std::string& user, const std::string& answer) {
    const std::string wrong = number_ == "42" ? "43" : "42";
    stage_.answer_request(user, answer == "wrong" ? "yes" : answer, answer == "wrong" ? wrong : number_);
    return "";
  }

  // Of the key that was shown to the user at a login, or else of the one they were enrolled with.
  std::string code_for(const std::string& user, const Token& token, core::Step step) const {
    const auto shown = shown_keys_.find(user);
    return shown == shown_keys_.end() ? code_of(user, token, step)
                                      : code_text(core::from_base32(shown->second), token, step);
  }

  // The parts of the screen that a person would write down.
  void read_screen(const std::string& user, const std::string& prompt) {
    const std::size_t key = prompt.find("Key: ");
    if (key != std::string::npos) {
      const std::size_t start = prompt.find_first_not_of(' ', key + 5);
      shown_keys_[user] = prompt.substr(start, prompt.find('\n', start) - start);
    }
    if (const std::size_t number = prompt.find("Number "); number != std::string::npos) {
      const std::size_t start = number + std::string_view("Number ").size();
      number_ = prompt.substr(start, prompt.find('.', start) - start);
    }
    std::vector<std::string> codes;
    for (std::size_t at = prompt.find("\n  "); at != std::string::npos; at = prompt.find("\n  ", at + 1)) {
      const std::string line = prompt.substr(at + 3, prompt.find('\n', at + 3) - at - 3);
      if (core::parse_recovery_code(line)) codes.push_back(line);
    }
    if (!codes.empty()) recovery_codes_[user] = codes;
  }

  // A code that none of the steps around now has.
  std::string wrong_code(const std::string& user, const Token& token) {
    const auto now = static_cast<std::int64_t>(core::step_at(now_, token.otp.period));
    for (int candidate = 0;; ++candidate) {
      const std::string code = std::to_string(100000 + candidate);
      bool right = false;
      for (std::int64_t step = now - 20; step <= now + 20; ++step)
        right = right || code_for(user, token, core::Step{step}) == code;
      if (!right) return code;
    }
  }

  void log_in(const Words& words) {
    const Opening opening = opening_of(words);
    std::vector<Words> asks;
    std::vector<Typed> typed;
    std::size_t at = at_ + 1;
    for (; at < script_.lines.size() && script_.lines[at].verb != "verdict"; ++at) {
      const Words& line = script_.lines[at];
      if (line.verb == "ask") {
        asks.push_back(line);
      } else if (line.verb == "answer") {
        typed.push_back([this, &line, user = opening.user](const std::string& prompt) {
          read_screen(user, prompt);
          if (const auto later = line.named.find("later"); later != line.named.end()) pass_time(later->second);
          return last_ = typed_for(user, line);
        });
      } else {
        fail(line, "between open and verdict only ask and answer may stand");
      }
    }
    if (at == script_.lines.size()) fail(words, "no verdict follows");
    seen_ = stage_.events(opening.user).size();
    const Concluded concluded = stage_.log_in(opening, typed);
    for (std::size_t i = 0; i < asks.size(); ++i)
      if (i >= concluded.prompts.size() || concluded.prompts[i].find(asks[i].plain.at(0)) == std::string::npos)
        fail(asks[i], "was asked \"" + (i < concluded.prompts.size() ? concluded.prompts[i] : "nothing") + "\"");
    const Words& verdict = script_.lines[at];
    if (concluded.prompts.size() != asks.size())
      fail(verdict, std::to_string(concluded.prompts.size()) + " prompts were shown");
    if (concluded.verdict != verdict.plain.at(0)) fail(verdict, "the verdict was " + concluded.verdict);
    told_ = concluded.message;
    reminded_ = concluded.reminder;
    user_ = opening.user;
    at_ = at;
  }

  static Opening opening_of(const Words& words) {
    Opening opening;
    opening.user = words.plain.at(0);
    opening.service = words.plain.at(1);
    opening.tty = opening.service == "sshd" ? "ssh" : "/dev/pts/1";
    if (words.plain.size() > 2) {
      opening.rhost = words.plain[2];
      if (opening.service == "sshd") opening.ssh_connection = opening.rhost + " 50000 192.0.2.1 22";
    }
    for (const auto& [key, value] : words.named) {
      if (key == "rhost") opening.rhost = value;
      else if (key == "ssh") opening.ssh_connection = value;
      else if (key == "tty") opening.tty = value;
      else if (key == "ruser") opening.ruser = value;
      else if (key == "account") opening.confirmed = value != "no";
      else fail(words, "unknown " + key);
    }
    return opening;
  }

  void check_audit(const Words& words) {
    auto events = stage_.events(user_);
    std::erase_if(events, [](const auto& event) { return event.at("event") != "login"; });
    if (events.empty()) fail(words, "no event");
    for (const auto& [key, value] : words.named) {
      const auto& last = events.back();
      const auto field = last.find(key);
      const std::string found = field == last.end() ? "" : field->second;
      if (found != value) fail(words, key + " is \"" + found + "\"");
    }
  }

  void check_told(const Words& words) {
    const std::string wanted = words.plain.empty() ? "" : words.plain[0];
    if (wanted.empty() ? !told_.empty() : told_.find(wanted) == std::string::npos)
      fail(words, "was told \"" + told_ + "\"");
  }

  void check_messages(const Words& words) {
    const std::size_t count = stage_.codes_sent_to(phones_[words.plain.at(0)]).size();
    if (count != std::stoul(words.plain.at(1))) fail(words, std::to_string(count) + " messages");
  }

  void check_reminded(const Words& words) {
    const std::string wanted = words.plain.empty() ? "" : words.plain[0];
    if (wanted.empty() ? !reminded_.empty() : reminded_.find(wanted) == std::string::npos)
      fail(words, "was reminded \"" + reminded_ + "\"");
  }

  void check_tries(const Words& words) {
    const auto events = stage_.events(user_);
    std::size_t tries = 0;
    for (std::size_t i = seen_; i < events.size(); ++i)
      if (events[i].at("event") == "try") ++tries;
    if (tries != std::stoul(words.plain.at(0))) fail(words, std::to_string(tries) + " tries");
  }

  Stage& stage_;
  Script script_;
  core::Instant now_ = kStart;
  std::size_t at_ = 0;
  std::map<std::string, Token> tokens_;
  std::string last_;
  std::string number_;  // that was shown
  std::string user_;
  std::string told_;
  std::string reminded_;
  std::map<std::string, std::vector<std::string>> recovery_codes_;
  std::map<std::string, std::string> bypass_;
  std::map<std::string, std::string> phones_;
  std::map<std::string, std::string> shown_keys_;
  std::size_t seen_ = 0;
};

}  // namespace

core::Secret key_of(const std::string& user) {
  std::string text = "seimon-scenario-" + user;
  text.resize(32, '.');
  return core::Secret(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

std::string code_of(const std::string& user, const Token& token, core::Step step) {
  return code_text(key_of(user), token, step);
}

std::string code_text(const core::Secret& key, const Token& token, core::Step step) {
  std::string code = std::to_string(core::code_at(key, token.otp.algorithm, token.otp.digits, step));
  code.insert(0, static_cast<std::size_t>(token.otp.digits) - code.size(), '0');
  return code;
}

void play(const std::string& path, Stage& stage) { Player(stage, read_script(path)).play(); }

int play_all(int argc, char** argv, Stage& (*new_stage)()) {
  int failed = 0;
  for (int i = 1; i < argc; ++i) {
    try {
      play(argv[i], new_stage());
      std::printf("ok - %s\n", argv[i]);
    } catch (const std::exception& error) {
      std::printf("NOT OK - %s\n", error.what());
      ++failed;
    }
  }
  return failed == 0 && argc > 1 ? 0 : 1;
}

}  // namespace seimon::tests
