// SPDX-License-Identifier: Apache-2.0
// The verbs of a rollout: who is ready, and what switching on would change.
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/characters.h"
#include "core/texts.h"
#include "daemon/clock.h"
#include "daemon/verbs.h"

namespace seimon::daemon {

using core::Account;
using nlohmann::json;

namespace {

constexpr std::int64_t kThirtyDays = 30LL * 24 * 3600;

core::Instant since_of(const Request& request, const Court& court) {
  const std::int64_t now = court.now.wall.time_since_epoch().count();
  return core::Instant(core::seconds(request.bounded("since", now - kThirtyDays, 0, now)));
}

// A login from outside every network, enforced.
core::Prospect prospect_outside(const Request& request, const Court& court, const Account& account) {
  core::Facts facts{request.user};
  facts.exists = request.person.known == Person::Known::kYes;
  facts.trusted = true;
  facts.service = "sshd";
  facts.groups = request.person.groups;
  facts.unsure_groups = request.person.unsure;
  facts.zone = local_zone(court.now.wall);
  facts.origin.kind = core::Origin::Kind::kAddress;  // "::", which is nobody's
  const core::Decision decision = core::decide(court.config.policy, facts, court.now.wall);
  const core::EnrolmentSettings& settings = court.config.enrolment;
  return core::prospect_of(decision, account,
                           core::due_for(decision.unenrolled, settings, account.profile, court.now.age),
                           core::situation_of(facts, court.config.policy, settings, court.now));
}

}  // namespace

json rollout(Request& request, const Court& court) {
  const Account account = account_of(request, court);
  request.demand_known(account);
  std::int64_t exempt = 0;
  std::int64_t accepted = 0;
  std::int64_t refused = 0;
  std::int64_t other = 0;  // without a method, remembered, would be asked
  core::Instant newest{};
  for (const core::Tally& row : court.census.tally_of(request.user.text(), since_of(request, court))) {
    const bool passed_by_rule = (row.outcome == "skipped" && row.reason == "exempt") || row.would == "skip";
    const bool turned_away = row.outcome == "refused" || row.outcome == "error" || row.would == "refuse";
    (passed_by_rule ? exempt : row.outcome == "accepted" ? accepted : turned_away ? refused : other) += row.count;
    newest = std::max(newest, row.newest);
  }
  const bool only_exempt = exempt > 0 && accepted + refused + other == 0;
  const std::size_t sheet = account.profile.recovery.unused.size();
  return {{"user", request.user.text()},
          {"state", state_of(account, court.now)},
          {"methods", account.methods.size()},
          {"recovery_codes", sheet},
          {"outside", core::prospect_name(prospect_outside(request, court, account))},
          {"exempt", exempt},
          {"accepted", accepted},
          {"refused", refused},
          {"other", other},
          {"only_exempt", only_exempt},
          {"fragile", account.methods.size() == 1 && sheet == 0},
          {"last_login", newest == core::Instant() ? "" : iso_time(newest)}};
}

// What the logins of a piece of the trail came to, by rule, and what they would have come to; whoever asks goes on with
// `next`, and adds the pieces up.
json tally(Request& request, const Court& court) {
  struct Sum {
    std::int64_t logins = 0;
    std::set<std::string> users;
  };
  std::map<std::array<std::string, 4>, Sum> sums;
  std::int64_t before = request.bounded("before", 0, 0, INT64_MAX);
  for (const core::Tally& row : court.census.tally(since_of(request, court), before)) {
    Sum& sum = sums[{row.rule, row.outcome, row.reason, row.would}];
    sum.logins += row.count;
    sum.users.insert(row.user);
  }
  json rows = json::array();
  for (const auto& [key, sum] : sums)
    rows.push_back({{"rule", core::escaped(key[0])},
                    {"outcome", key[1]},
                    {"reason", core::escaped(key[2])},
                    {"would", core::escaped(key[3])},
                    {"logins", sum.logins},
                    {"users", sum.users}});
  return {{"since", iso_time(since_of(request, court))}, {"rows", rows}, {"next", before}};
}

json users(Request& request, const Court& court) {
  const std::vector<std::string> names = court.census.names_after(request.text("after").value_or(""), kUsersAtOnce);
  return {{"users", names}, {"last", names.size() == kUsersAtOnce ? names.back() : ""}};
}

json messages(Request& /*request*/, const Court& court) {
  json rows = json::array();
  for (std::size_t i = 0; i < core::kTexts; ++i) {
    const core::Text& row = core::text_row(static_cast<core::TextId>(i));
    const auto own = court.config.wordings.find(row.id);
    const bool has = own != court.config.wordings.end();
    rows.push_back({{"id", row.name},
                    {"en", has && !own->second.english.empty() ? own->second.english : row.english},
                    {"ja", has && !own->second.japanese.empty() ? own->second.japanese : row.japanese},
                    {"overridden", has}});
  }
  return {{"messages", rows}};
}

}  // namespace seimon::daemon
