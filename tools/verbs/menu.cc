// SPDX-License-Identifier: Apache-2.0
// seimon without a verb: the "Security info" page of a user, on a terminal. Fit for ForceCommand: it runs nothing, and
// ends with end of file.
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/enroll/proof.h"
#include "tools/enroll/registering.h"
#include "tools/reports/listing.h"
#include "tools/system/sessions.h"
#include "tools/terminal/client.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_menu {
namespace {

using nlohmann::json;

struct Page {
  const Common& common;
  std::string user;
};

// A connection for each act: an enrolment belongs to one, and a person may take long.
json call(const Page& page, const std::string& verb, json parameters = json::object()) {
  parameters["user"] = page.user;
  Client client(page.common);
  return call_with_proof(client, verb, parameters);
}

// A method chosen by number or label: its label, or what was typed if there is no such method; its kind, if there is.
// Both are empty when nobody answers, or when there is none to choose.
struct Chosen {
  std::string label;
  std::string kind;
};

Chosen choose_method(const Page& page, const char* question) {
  const json methods = call(page, "List").at("methods");
  if (methods.empty()) return {};
  const std::string typed =
      methods.size() == 1 ? methods.front().at("label").get<std::string>() : ask_line(question).value_or("");
  for (const json& row : methods)
    if (row.at("label") == typed || std::to_string(row.at("id").get<std::int64_t>()) == typed)
      return {row.at("label"), row.at("kind")};
  return {typed, ""};
}

void add(const Page& page) {
  Client client(page.common);
  register_method(client, {{"user", page.user}}, "", false);
}

void add_number(const Page& page) {
  const std::string number = ask_line(_("Your mobile number: ")).value_or("");
  if (number.empty()) return;
  Client client(page.common);
  register_method(client, {{"user", page.user}, {"kind", "sms"}, {"address", number}}, "", false);
}

void replace(const Page& page) {
  const Chosen method = choose_method(page, _("Which method do you replace? (ID or label) "));
  if (method.label.empty()) return add(page);
  json parameters = {{"user", page.user}, {"replaces", method.label}};
  if (method.kind == "sms" || method.kind == "email") {
    const std::string address = ask_line(_("The new number or address: ")).value_or("");
    if (address.empty()) return;
    parameters["address"] = address;
  }
  Client client(page.common);
  register_method(client, parameters, "", false);
}

void remove(const Page& page) {
  const std::string method = choose_method(page, _("Which method do you remove? (ID or label) ")).label;
  if (method.empty() || !ask_yes(filled(_("Remove method \"{1}\" of {2}?"), {method, page.user}))) return;
  (void)call(page, "Remove", {{"method", method}});
  print_line(_("removed. Delete the entry in the app as well."));
}

void set_default(const Page& page) {
  const std::string method = choose_method(page, _("Which method is the default? (ID or label) ")).label;
  if (!method.empty()) (void)call(page, "Default", {{"method", method}});
}

void recovery_codes(const Page& page) { show_recovery_codes(call(page, "RecoveryCodes").at("recovery")); }

void sign_out_everywhere(const Page& page) {
  const std::string question =
      filled(_("End every sign-in method of {1}? A new one must be registered before the next login."), {page.user});
  if (!ask_yes(question)) return;
  (void)call(page, "Revoke");
  const int ended = end_sessions(page.user);
  print_line(_("{1} sessions ended"), {std::to_string(ended)});
}

struct Choice {
  const char* text;
  void (*act)(const Page& page);
};

// N_: translated where it is shown.
#define N_(text) text
constexpr std::array<Choice, 7> kChoices = {{
    {N_("add an authenticator app"), add},
    {N_("add a mobile number for codes by SMS"), add_number},
    {N_("change to another phone"), replace},
    {N_("remove a method"), remove},
    {N_("choose the default method"), set_default},
    {N_("new recovery codes"), recovery_codes},
    {N_("lost device: sign out everywhere"), sign_out_everywhere},
}};

void show(const Page& page) {
  std::printf("\n%s: %s\n\n", _("Security info"), page.user.c_str());
  print_methods(call(page, "List"));
  std::printf("\n");
  for (std::size_t i = 0; i < kChoices.size(); ++i) std::printf("  %zu  %s\n", i + 1, _(kChoices[i].text));
  std::printf("  q  %s\n\n", _("quit"));
}

int run(const Common& common) {
  const Page page{common, own_name()};
  while (true) {
    show(page);
    const auto typed = ask_line(_("Your choice: "));
    if (!typed || *typed == "q") return kDone;
    const bool is_choice =
        typed->size() == 1 && typed->front() >= '1' && static_cast<std::size_t>(typed->front() - '1') < kChoices.size();
    if (!is_choice) continue;
    try {
      kChoices[static_cast<std::size_t>(typed->front() - '1')].act(page);
    } catch (const Stop& stop) {
      if (stop.code == kUnreachable) throw;
      std::fprintf(stderr, "%s\n", stop.message.c_str());
    }
  }
}

}  // namespace
}  // namespace verb_menu

int run_menu(const Common& common) { return verb_menu::run(common); }

}  // namespace seimon::tools
