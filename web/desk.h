// SPDX-License-Identifier: Apache-2.0
// The pages of the help desk and of administrators: /desk and what is below it. What they may do, seimond decides.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "web/signed_in.h"

namespace seimon::web {

// In place of a name in /desk/-/rollout.
inline constexpr std::string_view kReports = "-";
// A number of `row`; 0 if there is none.
[[nodiscard]] inline std::string count_of(const nlohmann::json& row, const char* key) {
  return std::to_string(row.value(key, std::int64_t{0}));
}

// Answers one request.
class Desk : SignedIn {
 public:
  Desk(ByCookie<Session>& sessions, Shared exchange) : SignedIn(sessions, std::move(exchange)) {}

  void route();

 private:
  struct Report;

  // A call about the person of the path. Where seimond asks for a code of the helper's own, the reader is asked, and
  // prove() goes on with what they had sent.
  void help(const std::string& method, nlohmann::json parameters, Then then) const;
  void ask_proof(const std::string& error = "") const;
  void prove() const;
  // The page of this request, or what it does.
  void act_or_show() const;

  [[nodiscard]] bool is_admin() const { return session().role == "admin"; }
  [[nodiscard]] std::string user() const { return exchange_->request.path[1]; }
  [[nodiscard]] std::string place(std::string_view action = "") const;
  // A form that sends `action` for the person of the path; `inside` and the field for a note come before its button.
  [[nodiscard]] std::string action_form(std::string_view action, const std::string& inside, const std::string& button,
                                        std::string_view kind = "") const;
  // Back to their page, which begins with `notice`.
  void helped(const std::string& notice) const { done(notice, place()); }

  void search(const std::string& error = "") const;
  void person(const std::string& error = "") const;
  void show_person(const nlohmann::json& status, const std::string& error) const;
  [[nodiscard]] std::string facts_html(const nlohmann::json& status) const;
  [[nodiscard]] std::string methods_html(const nlohmann::json& status) const;
  [[nodiscard]] std::string actions_html(const nlohmann::json& status) const;
  void act(const std::string& action) const;
  void bypass() const;
  void resync() const;
  void confirm_revoke() const;
  void rollout() const;
  void add_rows(const std::shared_ptr<Report>& report) const;
  void add_tally(const std::shared_ptr<Report>& report, std::int64_t before) const;
  void show_rollout(const Report& report) const;
};

}  // namespace seimon::web
