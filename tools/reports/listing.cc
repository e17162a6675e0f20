// SPDX-License-Identifier: Apache-2.0
#include "tools/reports/listing.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/terminal/duration.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

std::string kind_in_words(const std::string& kind) {
  if (kind == "app") return _("authenticator app");
  if (kind == "token") return _("hardware token");
  if (kind == "approve") return _("approval on the phone");
  if (kind == "sms") return _("code by SMS");
  if (kind == "call") return _("call");
  return kind == "email" ? _("code by mail") : kind;
}

std::string time_or(const nlohmann::json& row, const char* key, const std::string& otherwise) {
  const auto text = row.at(key).get<std::string>();
  return text.empty() ? otherwise : local_time(text);
}

std::string never_used(const nlohmann::json& method) {
  const auto start = method.at("counts_from").get<std::string>();
  if (start.empty()) return _("never");
  return start == "first use" ? _("never (counts from its first use)")
                              : filled(_("never (counts from {1})"), {local_time(start)});
}

}  // namespace

void print_methods(const nlohmann::json& reply) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& method : reply.at("methods"))
    rows.push_back({std::to_string(method.at("id").get<std::int64_t>()), kind_in_words(method.at("kind")),
                    method.at("label").get<std::string>() + (method.at("default").get<bool>() ? " *" : "") +
                        (method.contains("address") ? "  " + method.at("address").get<std::string>() : ""),
                    local_time(method.at("registered")), time_or(method, "last_used", never_used(method))});
  if (rows.empty())
    print_line(_("no methods ({1}); register one with: seimon enroll"),
               {_(reply.at("state").get<std::string>().c_str())});
  else print_table({_("ID"), _("KIND"), _("LABEL"), _("REGISTERED"), _("LAST USED")}, rows);
  print_line(_("recovery codes left: {1}"), {std::to_string(reply.at("recovery_codes").get<int>())});
  if (rows.size() == 1 && reply.at("recovery_codes").get<int>() == 0)
    print_line(_("One method and no recovery codes: a lost phone would lock you out. Run: seimon recovery-codes"));
}

}  // namespace seimon::tools
