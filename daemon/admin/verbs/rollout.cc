// SPDX-License-Identifier: Apache-2.0
// The verbs of a rollout: who is ready, and what switching on would change.
#include <charconv>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/characters.h"
#include "core/login/texts.h"
#include "daemon/admin/verbs/verbs.h"
#include "daemon/system/clock.h"

namespace seimon::daemon {

using core::Account;
using nlohmann::json;

namespace {

constexpr std::int64_t kThirtyDays = 30LL * 24 * 3600;

core::Instant since_of(const Request& request, const StepContext& context) {
  const std::int64_t now = context.now.wall.time_since_epoch().count();
  return core::Instant(core::seconds(request.bounded("since", now - kThirtyDays, 0, now)));
}

// A login from outside every network, enforced.
core::ExpectedOutcome expected_outside(const core::UserName& user, const Person& person, const StepContext& context,
                                       const Account& account) {
  core::Facts facts{user};
  facts.exists = person.known == Person::Known::kYes;
  facts.trusted = true;
  facts.service = "sshd";
  facts.groups = person.groups;
  facts.unsure_groups = person.unsure;
  facts.zone = local_zone(context.now.wall);
  facts.origin.kind = core::Origin::Kind::kAddress;  // "::", which is nobody's
  const core::Decision decision = core::decide(context.config.policy, facts, context.now.wall);
  const core::EnrolmentSettings& settings = context.config.enrolment;
  return core::expected_outcome_of(decision, account,
                                   core::due_for(decision.unenrolled, settings, account.profile, context.now.age),
                                   core::situation_of(facts, context.config.policy, settings, context.now));
}

json rollout_row(const core::UserName& user, const Person& person, const StepContext& context, const Account& account,
                 core::Instant since) {
  std::int64_t exempt = 0;
  std::int64_t accepted = 0;
  std::int64_t refused = 0;
  std::int64_t other = 0;  // without a method, remembered, would be asked
  core::Instant newest{};
  for (const core::Tally& row : context.reports.tally_of(user.text(), since)) {
    const bool passed_by_rule = (row.outcome == "skipped" && row.reason == "exempt") || row.would == "skip";
    const bool turned_away = row.outcome == "refused" || row.outcome == "error" || row.would == "refuse";
    (passed_by_rule ? exempt : row.outcome == "accepted" ? accepted : turned_away ? refused : other) += row.count;
    newest = std::max(newest, row.newest);
  }
  const bool only_exempt = exempt > 0 && accepted + refused + other == 0;
  const std::size_t recovery_codes = account.profile.recovery.unused.size();
  return {{"user", user.text()},
          {"state", state_of(account, context.now)},
          {"methods", account.methods.size()},
          {"recovery_codes", recovery_codes},
          {"outside", core::expected_name(expected_outside(user, person, context, account))},
          {"exempt", exempt},
          {"accepted", accepted},
          {"refused", refused},
          {"other", other},
          {"only_exempt", only_exempt},
          {"fragile", account.methods.size() == 1 && recovery_codes == 0},
          {"last_login", newest == core::Instant() ? "" : iso_time(newest)}};
}

// The parts of `text` between separators.
std::vector<std::string> parts_of(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

// "NAME TAB UID TAB GROUP TAB GROUP …"; the uid is "-" where the system has no such account.
Person person_in(const std::vector<std::string>& fields) {
  Person person;
  person.name = fields[0];
  const char* end = fields[1].data() + fields[1].size();
  const bool here = !fields[1].empty() && std::from_chars(fields[1].data(), end, person.uid).ptr == end;
  if (!here && fields[1] != "-") throw Refusal{"InvalidParameter", "a line is NAME, UID and groups, by tabs", {}};
  person.known = here ? Person::Known::kYes : Person::Known::kNo;
  person.groups.emplace(fields.begin() + 2, fields.end());
  return person;
}

}  // namespace

json rollout(Request& request, const StepContext& context) {
  const Account account = account_of(request, context);
  request.demand_known(account);
  return rollout_row(request.user, request.person, context, account, since_of(request, context));
}

// Root says who there is and in which groups, so that the name service is not asked for each of ten thousand people.
// Nothing but a report comes of it.
json rollout_of_many(Request& request, const StepContext& context) {
  const std::vector<std::string> lines = parts_of(request.text("people").value_or(""), '\n');
  const core::Instant since = since_of(request, context);
  if (lines.size() > kUsersAtOnce)
    throw Refusal{"InvalidParameter", "{1} people at once are too many", {std::to_string(lines.size())}};
  json rows = json::array();
  for (const std::string& line : lines) {
    const std::vector<std::string> fields = parts_of(line, '\t');
    const auto user = fields.size() < 2 ? std::nullopt : core::UserName::parse(fields[0]);
    if (!user) continue;  // no name that a login could have
    const Person person = person_in(fields);
    rows.push_back(rollout_row(*user, person, context, account_of(*user, person, context), since));
  }
  return {{"rows", rows}};
}

// Counts logins of one part of the trail by rule and by outcome, real and simulated; the caller continues with `next`
// and adds the parts up.
json tally(Request& request, const StepContext& context) {
  struct Sum {
    std::int64_t logins = 0;
    std::set<std::string> users;
  };
  std::map<std::array<std::string, 4>, Sum> sums;
  std::int64_t before = request.bounded("before", 0, 0, INT64_MAX);
  for (const core::Tally& row : context.reports.tally(since_of(request, context), before)) {
    Sum& sum = sums[{row.rule, row.outcome, row.reason, row.would}];
    sum.logins += row.count;
    sum.users.insert(row.user);
  }
  json rows = json::array();
  for (const auto& [key, sum] : sums)
    rows.push_back({{"rule", base::escaped(key[0])},
                    {"outcome", key[1]},
                    {"reason", base::escaped(key[2])},
                    {"would", base::escaped(key[3])},
                    {"logins", sum.logins},
                    {"users", sum.users}});
  return {{"since", iso_time(since_of(request, context))}, {"rows", rows}, {"next", before}};
}

json users(Request& request, const StepContext& context) {
  const std::vector<std::string> names = context.users.names_after(request.text("after").value_or(""), kUsersAtOnce);
  return {{"users", names}, {"last", names.size() == kUsersAtOnce ? names.back() : ""}};
}

json messages(Request& /*request*/, const StepContext& context) {
  json rows = json::array();
  for (std::size_t i = 0; i < core::kTexts; ++i) {
    const core::Text& row = core::text_row(static_cast<core::TextId>(i));
    const auto own = context.config.wordings.find(row.id);
    const bool has = own != context.config.wordings.end();
    rows.push_back({{"id", row.name},
                    {"en", has && !own->second.english.empty() ? own->second.english : row.english},
                    {"ja", has && !own->second.japanese.empty() ? own->second.japanese : row.japanese},
                    {"overridden", has}});
  }
  return {{"messages", rows}};
}

}  // namespace seimon::daemon
