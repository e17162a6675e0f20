// SPDX-License-Identifier: Apache-2.0
// seimon doctor: looks at this machine and says where somebody gets in who should not, or is kept out who should get
// in.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/doctor/findings.h"
#include "tools/doctor/machine.h"
#include "tools/reports/reporting.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_doctor {
namespace {

using nlohmann::json;

std::string config = "/etc/seimon/seimon.conf";

void add(Options& options) { options.add_option("--config", config, "the service's configuration file"); }

// The service's own status; null, and a finding, if it does not answer.
json ask_service(const Common& common, Machine& machine, Findings& findings) {
  try {
    Client client(common);
    json status = client.call("Status", json::object());
    const json rules = client.call("ShowConfig", json::object());
    for (const auto& rule : rules.at("rules")) {
      const std::string unenrolled = rule.at("unenrolled");
      machine.may_register_at_login = machine.may_register_at_login || unenrolled == "ask" || unenrolled == "enrol";
    }
    // Gates of older releases do not tell the next three.
    for (const auto& rule : rules.at("rules"))
      for (const std::string& method : rule.value("ssh_auth", std::vector<std::string>()))
        machine.trusts_hardware_keys =
            machine.trusts_hardware_keys || (rule.at("action") == "skip" && method.starts_with("publickey:sk-"));
    const json sends = rules.value("sends", json::array());
    machine.sends_sms = std::any_of(sends.begin(), sends.end(), [](const json& way) { return way != "email"; });
    for (const auto& service : rules.value("sends_at_once", json::array())) machine.sends_at_once.push_back(service);
    machine.page_url = client.call("PageSettings", json::object()).value("url", "");
    // A stateless login host has no trail to look into.
    if (!status.contains("gates")) examine_offsets(newest_events(client), findings);
    return status;
  } catch (const Stop& stop) {
    findings.push_back({"no-service", "seimond", "{1}", {stop.message}});
    return {};
  }
}

void sort_by_severity(Findings& findings) {
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& one, const Finding& other) {
    return row_of(one.id).severity < row_of(other.id).severity;
  });
}

void print_findings_as_json(const Findings& findings) {
  json rows = json::array();
  for (const Finding& finding : findings) {
    const FindingRow& row = row_of(finding.id);
    rows.push_back({{"id", finding.id},
                    {"severity", severity_name(row.severity)},
                    {"place", finding.place},
                    {"what", filled(finding.what.c_str(), finding.values)},
                    {"why", row.why},
                    {"fix", row.fix}});
  }
  print_json(rows);
}

void print_text(const Findings& findings) {
  const bool bold = is_bold();
  std::array<int, 4> counts{};
  for (const Finding& finding : findings) {
    const FindingRow& row = row_of(finding.id);
    ++counts[static_cast<std::size_t>(row.severity)];
    std::printf("%s%s%s %s: %s  [%s]\n    %s: %s\n    %s: %s\n", bold ? "\033[1m" : "",
                _(severity_name(row.severity).data()), bold ? "\033[0m" : "", shown(finding.place).c_str(),
                shown(filled(_(finding.what.c_str()), finding.values)).c_str(), finding.id.c_str(), _("why"),
                _(row.why), _("fix"), _(row.fix));
  }
  std::printf(_("critical: %d, errors: %d, warnings: %d, info: %d\n"), counts[0], counts[1], counts[2], counts[3]);
}

int run(const Common& common) {
  if (geteuid() != 0) throw Stop{kNotPermitted, _("doctor looks into files that are root's: run it as root"), ""};
  Findings findings;
  Machine machine = look_at_machine();
  const json status = ask_service(common, machine, findings);
  examine_stacks(machine, findings);
  examine_sshd(machine, findings);
  examine_page(machine, findings);
  examine_system(machine, {config, common.socket}, status, findings);
  sort_by_severity(findings);
  if (common.json) print_findings_as_json(findings);
  else print_text(findings);
  const bool bad = std::any_of(findings.begin(), findings.end(),
                               [](const Finding& finding) { return row_of(finding.id).severity != Severity::kInfo; });
  return bad ? kNo : kDone;
}

}  // namespace
}  // namespace verb_doctor

extern const VerbRow kDoctor = {.name = "doctor",
                                .help = N_("check this machine's setup"),
                                .examples = "seimon doctor\nseimon doctor --json",
                                .has_json = true,
                                .add = verb_doctor::add,
                                .run = verb_doctor::run};

}  // namespace seimon::tools
