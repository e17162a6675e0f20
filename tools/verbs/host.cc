// SPDX-License-Identifier: Apache-2.0
// seimon host enroll|revoke|list: stateless login hosts, which ask a gate, and the gates' own certificates.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tools/system/files.h"
#include "tools/system/program.h"
#include "tools/terminal/client.h"
#include "tools/terminal/duration.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_host {
namespace {

std::string what;
std::string name;
std::string out;
std::string authority = "/etc/seimon/authority.pem";
int days = 825;
std::string undo_since;
bool is_gate = false;

void add(Options& options) {
  options.add_option("what", what, "enroll, revoke or list").required().one_of({"enroll", "enrol", "revoke", "list"});
  options.add_option("name", name, "the host's name");
  options.add_flag("--gate", is_gate, "of enroll: a certificate for a gate itself");
  options.add_option("--out", out, "of enroll: the file to write (default NAME.pem)");
  options.add_option("--days", days, "of enroll: how long the certificate lasts (default 825)").between(1, 7300);
  options.add_option("--undo-since", undo_since,
                     "of revoke: remove the methods that came in through the host since then (30d, 2026-04-04)");
  options.add_option("--authority", authority, "of enroll: the private certificate authority; created if missing");
}

struct Issued {
  std::string serial;
  std::int64_t until = 0;
};

// Of the file `path`, which is new, and nobody else's.
Issued issue(const std::string& path) {
  const std::string program = own_program("seimon-authority", SEIMON_LIBEXECDIR);
  const Output made = run_program({program, is_gate ? "gate" : "host", name, std::to_string(days), authority, path});
  Issued issued;
  std::istringstream line(made.text);
  if (made.code != 0 || !(line >> issued.serial >> issued.until))
    throw Stop{kBadInput, made.text.substr(0, made.text.find('\n')), ""};
  return issued;
}

int enroll(const Common& common) {
  if (name.empty()) throw Stop{kUsage, _("the name is missing: seimon host enroll NAME"), ""};
  const std::string path = out.empty() ? name + ".pem" : out;
  if (geteuid() != 0) throw Stop{kNotPermitted, _("run it as root: the authority's key is root's"), ""};
  demand_new(path);
  const Issued issued = issue(path);
  nlohmann::json reply = {{"host", name}, {"serial", issued.serial}};
  try {
    if (!is_gate)
      reply = Client(common).call("EnrollHost", {{"host", name}, {"serial", issued.serial}, {"until", issued.until}});
  } catch (const Stop& stop) {
    // It may count already, and then no other does.
    throw Stop{stop.code,
               stop.message + "; " + path + _(" was written, and may not be enrolled: remove it, and run this again"),
               stop.error};
  }
  reply["file"] = path;
  if (common.json) {
    print_json(reply);
    return kDone;
  }
  if (is_gate) {
    print_line(_("{1} is the gate's key and certificate: bring it to {2} as /etc/seimon/gate.pem, readable by "
                 "seimon-gate alone."),
               {path, name});
    return kDone;
  }
  print_line(_("{1} is the host's key and certificate: bring it to {2} as /etc/seimon/host.pem, readable by seimon "
               "alone, and remove it here."),
             {path, name});
  print_line(_("Its configuration there: upstream = ( { url = \"tls://GATE:8743\"; } );"), {});
  return kDone;
}

int revoke(const Common& common) {
  if (name.empty()) throw Stop{kUsage, _("the name is missing: seimon host revoke NAME"), ""};
  nlohmann::json parameters = {{"host", name}};
  if (!undo_since.empty()) parameters["undo_since"] = std::max<std::int64_t>(0, moment_of(undo_since, "--undo-since"));
  const nlohmann::json reply = Client(common).call("RevokeHost", parameters);
  if (common.json) {
    print_json(reply);
    return kDone;
  }
  print_line(_("{1} is cut off at all gates, connections that are open too"), {name});
  std::vector<std::vector<std::string>> rows;
  for (const auto& method : reply.at("methods"))
    rows.push_back({method.at("user"), method.at("method"), local_time(method.at("at")),
                    method.at("removed").get<bool>() ? _("removed") : _("still there")});
  if (rows.empty()) return kDone;
  print_line(_("Methods that came in through it (to remove them: --undo-since 30d):"));
  print_table({_("USER"), _("METHOD"), _("REGISTERED"), _("STATE")}, rows);
  return kDone;
}

int list(const Common& common) {
  const nlohmann::json reply = Client(common).call("Hosts", nlohmann::json::object());
  if (common.json) {
    print_json(reply);
    return kDone;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& host : reply.at("hosts")) {
    const bool revoked = host.at("revoked");
    const auto offset =
        host.contains("clock_offset") ? std::to_string(host["clock_offset"].get<std::int64_t>()) + " s" : "";
    rows.push_back({host.at("host"), revoked ? _("revoked") : _("enrolled"), local_time(host.at("until")),
                    host.value("version", ""), local_time(host.value("seen", "")), offset});
  }
  if (rows.empty()) print_line(_("no host is enrolled"));
  else print_table({_("HOST"), _("STATE"), _("UNTIL"), _("VERSION"), _("SEEN"), _("CLOCK")}, rows);
  return kDone;
}

int run(const Common& common) {
  if (what == "revoke") return revoke(common);
  return what == "list" ? list(common) : enroll(common);
}

}  // namespace
}  // namespace verb_host

extern const VerbRow kHost = {
    .name = "host",
    .help = N_("stateless login hosts, which ask a gate"),
    .examples =
        "seimon host enroll web1.example.org\nseimon host enroll gate1.example.org --gate --out /etc/seimon/gate.pem\n"
        "seimon host list\nseimon host revoke web1.example.org",
    .has_json = true,
    .add = verb_host::add,
    .run = verb_host::run};

}  // namespace seimon::tools
