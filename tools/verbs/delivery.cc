// SPDX-License-Identifier: Apache-2.0
// seimon delivery: tries the drivers of seimon.conf(5), `delivery`, and shows what waits to be sent.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_delivery {
namespace {

using nlohmann::json;

struct {
  std::string action;
  std::string channel;
  std::string to;
} chosen;

void add(Options& options) {
  options.add_option("action", chosen.action, N_("test or status")).required().one_of({"test", "status"});
  options.add_option("channel", chosen.channel, N_("sms, call or email")).one_of({"sms", "call", "email"});
  options.add_option("to", chosen.to, N_("a telephone number, mail address or account"));
}

std::string joined(const json& names) {
  std::string text;
  for (const json& name : names) text += (text.empty() ? "" : ", ") + name.get<std::string>();
  return text.empty() ? "-" : text;
}

int show_status(const Common& common) {
  const json reply = Client(common).call("DeliveryStatus", json::object());
  if (common.json) return print_json(reply), kDone;
  std::printf("%s\n",
              filled(_("{1} workers, {2} messages waiting, {3} being sent"),
                     {std::to_string(reply.at("workers").get<int>()), std::to_string(reply.at("waiting").get<int>()),
                      std::to_string(reply.at("underway").get<int>())})
                  .c_str());
  for (const json& channel : reply.at("channels")) {
    std::printf("%-6s %s\n", channel.at("channel").get<std::string>().c_str(),
                filled(_("drivers: {1}; sent: {2}, not sent: {3}"),
                       {joined(channel.at("drivers")), std::to_string(channel.at("sent").get<int>()),
                        std::to_string(channel.at("failed").get<int>())})
                    .c_str());
    const std::string failure = channel.value("failure", "");
    if (!failure.empty()) std::printf("       %s  %s\n", channel.value("failed_at", "").c_str(), failure.c_str());
  }
  return reply.at("workers") == 0 ? kNo : kDone;
}

// The outcome for a person, with what to do next.
std::string sentence_of(const json& reply) {
  const std::string outcome = reply.at("outcome");
  const std::vector<std::string> by = {reply.at("driver"), reply.at("detail")};
  if (outcome == "sent") return filled(_("sent by {1}"), by);
  if (outcome == "bad-address") return filled(_("{1} says that this address does not exist: {2}"), by);
  if (outcome == "not-answered") return filled(_("{1}: nobody took the call"), by);
  if (outcome == "refused") return filled(_("{1} refused: {2}"), by);
  if (outcome == "failed") return filled(_("no driver could send it; the last, {1}: {2}"), by);
  if (outcome == "not-taken")
    return _("nobody took it: install seimon-delivery, and run systemctl enable --now seimon-delivery");
  if (outcome == "unknown" && !by.front().empty()) return filled(_("it may have been sent or not; {1}: {2}"), by);
  if (outcome == "lost") return _("seimon-delivery ended meanwhile; it may have been sent or not");
  return _("the driver is still working; the outcome will be in: journalctl -u seimon-delivery");
}

int send_test(const Common& common) {
  if (chosen.channel.empty() || chosen.to.empty())
    throw Stop{kUsage, _("say where to: seimon delivery test sms +819012345678, or: seimon delivery test email alice"),
               ""};
  const json reply = Client(common).call("TestDelivery", {{"channel", chosen.channel}, {"to", chosen.to}});
  if (common.json) print_json(reply);
  else std::printf("%s\n", sentence_of(reply).c_str());
  return reply.at("outcome") == "sent" ? kDone : kNo;
}

int run(const Common& common) { return chosen.action == "test" ? send_test(common) : show_status(common); }

}  // namespace
}  // namespace verb_delivery

extern const VerbRow kDelivery = {.name = "delivery",
                                  .help = N_("try what sends mail and SMS and makes calls, or show what waits"),
                                  .examples = "seimon delivery status\nseimon delivery test email alice",
                                  .has_json = true,
                                  .add = verb_delivery::add,
                                  .run = verb_delivery::run};

}  // namespace seimon::tools
