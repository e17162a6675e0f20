// SPDX-License-Identifier: Apache-2.0
// seimon explain: which rule decides a login, and why the others did not.
#include <array>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/duration.h"
#include "tools/terminal/login_options.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_explain {
namespace {

LoginOptions login;
std::string at;

void add(Options& options) {
  login.add_to(options);
  options.add_option("--at", at, "time, as 2026-04-04T09:00:00 (local) or with Z");
}

std::string text(const nlohmann::json& reply, const char* key) { return reply.at(key).get<std::string>(); }

struct Outcome {
  std::string_view name;
  const char* words;
};
constexpr std::array<Outcome, 5> kOutcomes = {{{"asked", N_("is asked for a code")},
                                               {"passes", N_("passes without a code")},
                                               {"offered", N_("is asked whether to register now")},
                                               {"registers", N_("must register now, and goes on then")},
                                               {"refused", N_("is asked and refused")}}};

const char* in_words(const std::string& outcome) {
  for (const Outcome& row : kOutcomes)
    if (row.name == outcome) return _(row.words);
  return _("is refused");
}

std::string place_in_words(const nlohmann::json& reply) {
  if (text(reply, "origin") == "address") return text(reply, "from");
  return text(reply, "origin") == "local" ? _("local place") : _("unknown place");
}

void print_decision(const nlohmann::json& reply) {
  std::string line = filled(
      _("{1} at {2} from {3}: {4}, by rule \"{5}\""),
      {text(reply, "user"), text(reply, "service"), place_in_words(reply), text(reply, "action"), text(reply, "rule")});
  if (!text(reply, "network").empty()) line += filled(_(", network {1}"), {text(reply, "network")});
  std::printf("%s\n", line.c_str());
  if (text(reply, "mode") == "observe")
    print_line(_("mode observe: no user is asked; in mode enforce the outcome would be: {1}"), {text(reply, "would")});
  else if (text(reply, "would") != text(reply, "action"))
    print_line(_("once its network is on, rule \"{1}\" would make it: {2}"),
               {text(reply, "would_rule"), text(reply, "would")});
}

void print(const nlohmann::json& reply) {
  print_decision(reply);
  const char* outcome = in_words(text(reply, "outcome"));
  if (!reply.at("methods").empty()) print_line(_("the user is enrolled: the login {1}"), {outcome});
  else print_line(_("the user has no method, unenrolled = {1}: the login {2}"), {text(reply, "unenrolled"), outcome});
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : reply.at("considered")) rows.push_back({row.at("rule"), row.at("why"), row.at("place")});
  print_table({_("RULE"), _("WHY"), _("WHERE")}, rows);
}

int run(const Common& common) {
  nlohmann::json parameters = {{"user", login.user.empty() ? own_name() : login.user},
                               {"service", login.service},
                               {"from", login.from},
                               {"tty", login.tty}};
  if (!at.empty()) parameters["at"] = moment_of(at, "--at");
  Client client(common);
  const nlohmann::json reply = call_with_proof(client, "Explain", parameters);
  if (common.json) print_json(reply);
  else print(reply);
  return kDone;
}

}  // namespace
}  // namespace verb_explain

extern const VerbRow kExplain = {
    .name = "explain",
    .help = N_("which rule decides a login, and why"),
    .examples = "seimon explain alice --service sshd --from 192.0.2.7\nseimon explain alice --at 2027-04-01T09:00",
    .has_json = true,
    .add = verb_explain::add,
    .run = verb_explain::run};

}  // namespace seimon::tools
