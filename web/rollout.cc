// SPDX-License-Identifier: Apache-2.0
// The report of administrators: who is ready, and what logins came to.
#include <array>
#include <map>
#include <utility>

#include "web/desk.h"

#define N_(text) text

namespace seimon::web {

using nlohmann::json;

namespace {

constexpr std::size_t kRowsOfPage = 50;
constexpr int kMostPieces = 200;  // of the audit trail, for one report

// The service's word for what would become of a login, as it has it elsewhere.
std::string outcome_of(const std::string& outside) {
  constexpr std::array<std::array<const char*, 2>, 5> kOutcomes = {
      {{"refuse", "refused"}, {"require", "asked"}, {"skip", "passes"}, {"ask", "offered"}, {"enrol", "registers"}}};
  for (const auto& row : kOutcomes)
    if (outside == row[0]) return row[1];
  return outside;
}

}  // namespace

// One page of the report, while it is gathered.
struct Desk::Report {
  std::vector<std::string> users;
  std::size_t next = 0;
  std::string last;  // where the page after it begins; empty: this is the last one
  std::vector<json> rows = {};
  std::map<std::pair<std::string, std::string>, std::int64_t> logins = {};  // by rule and outcome
  int pieces = 0;
};

void Desk::rollout() const {
  const auto found = exchange_->request.query.find("after");
  json parameters = json::object();
  if (found != exchange_->request.query.end()) parameters["after"] = found->second;
  help("Users", std::move(parameters), [self = *this](const json& reply) {
    const auto report = std::make_shared<Report>();
    report->users = reply.at("users").get<std::vector<std::string>>();
    report->last = text_of(reply, "last");
    if (report->users.size() > kRowsOfPage) {
      report->users.resize(kRowsOfPage);
      report->last = report->users.back();
    }
    self.add_rows(report);
  });
}

void Desk::add_rows(const std::shared_ptr<Report>& report) const {
  if (report->next == report->users.size()) return add_tally(report, 0);
  call(
      "Rollout", {{"user", report->users[report->next++]}},
      [self = *this, report](const json& row) {
        report->rows.push_back(row);
        self.add_rows(report);
      },
      // An account that is not known any more, or may not be looked at, is left out.
      [self = *this, report](const std::string&, const std::string& name) {
        if (name == "ActorProofNeeded") return self.ask_proof();
        self.add_rows(report);
      });
}

void Desk::add_tally(const std::shared_ptr<Report>& report, std::int64_t before) const {
  json parameters = json::object();
  if (before > 0) parameters["before"] = before;
  help("Tally", std::move(parameters), [self = *this, report](const json& piece) {
    for (const json& row : piece.at("rows"))
      report->logins[{text_of(row, "rule"), text_of(row, "outcome")}] += row.value("logins", std::int64_t{0});
    const std::int64_t next = piece.value("next", std::int64_t{0});
    if (next == 0 || ++report->pieces == kMostPieces) return self.show_rollout(*report);
    self.add_tally(report, next);
  });
}

void Desk::show_rollout(const Report& report) const {
  std::string rows;
  for (const json& row : report.rows) {
    const std::string name = text_of(row, "user");
    const std::string last = text_of(row, "last_login");
    rows += cells_html({link_html(name, "/desk/" + url_encoded(name)), html(text_of(row, "state")),
                        count_of(row, "methods"), count_of(row, "recovery_codes"),
                        html(outcome_of(text_of(row, "outside"))),
                        last.empty() ? html(N_("never")) : escaped_html(minute_of(last))});
  }
  std::string sums;
  for (const auto& [key, logins] : report.logins)
    sums += cells_html({escaped_html(key.first), html(key.second), std::to_string(logins)});
  const std::string people = html(N_("People"));
  const std::string logins = html(N_("Logins of the last 30 days, by rule"));
  std::string body =
      "<p>" + html(N_("People who have never logged in are not listed. The whole report: sudo seimon report rollout")) +
      "</p>\n<h2>" + people + "</h2>\n" +
      table_html(people,
                 {html(N_("User name")), html(N_("State")), html(N_("Methods")), html(N_("Recovery codes")),
                  html(N_("A login from outside")), html(N_("Last login"))},
                 rows);
  if (!report.last.empty())
    body += "<p>" + link_html(say(N_("More people")), "/desk/-/rollout?after=" + url_encoded(report.last), "button") +
            "</p>\n";
  body += "<h2>" + logins + "</h2>\n" +
          table_html(logins, {html(N_("Rule")), html(N_("Outcome")), html(N_("Logins"))}, sums) + "<p>" +
          link_html(say(N_("Back")), "/desk", "button") + "</p>\n";
  show({.title = say(N_("Rollout")), .body = body, .place = "/desk/-/rollout"});
}

}  // namespace seimon::web
