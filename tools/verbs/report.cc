// SPDX-License-Identifier: Apache-2.0
// seimon report: who is ready for the second step, and what switching an exemption on would change.
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/reports/reporting.h"
#include "tools/terminal/client.h"
#include "tools/terminal/duration.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_report {
namespace {

std::string what;
std::string since = "30d";
bool csv = false;
bool by_group = false;

void add(Options& options) {
  options.add_option("what", what, "rollout, exemptions, logins or failures")
      .required()
      .one_of({"rollout", "exemptions", "logins", "failures"});
  options.add_option("--since", since, "how far back: an age (12h, 30d; the default) or a date (2026-04-04)");
  options.add_flag("--csv", csv, "comma-separated values");
  options.add_flag("--by-group", by_group, "rollout: a row a group instead of a row a user");
}

bool is_wanted(const nlohmann::json& row) {
  if (what == "exemptions")
    return row.at("would").get<std::string>().starts_with("skip") || row.at("reason") == "exempt";
  if (what == "failures") return row.at("outcome") == "refused" || row.at("outcome") == "error";
  return true;
}

int print(const Common& common, const nlohmann::json& rows) {
  if (common.json) print_json(rows);
  else if (csv) print_csv(rows);
  else print_rows(rows);
  return kDone;
}

int run(const Common& common) {
  Client client(common);
  const std::int64_t from = moment_of(since, "--since");
  if (what == "rollout") {
    const nlohmann::json rows = rollout_rows(client, from);
    if (by_group) return print(common, by_groups(rows));
    const int code = print(common, rows);
    if (!common.json && !csv) print_states(rows);
    return code;
  }
  nlohmann::json rows = nlohmann::json::array();
  for (const auto& row : tally_rows(client, from))
    if (is_wanted(row)) rows.push_back(row);
  return print(common, rows);
}

}  // namespace
}  // namespace verb_report

extern const VerbRow kReport = {.name = "report",
                                .help = N_("which users are ready, and the effect of switching a network on"),
                                .examples = "seimon report rollout --by-group\nseimon report failures --since 7d --csv",
                                .has_json = true,
                                .add = verb_report::add,
                                .run = verb_report::run};

}  // namespace seimon::tools
