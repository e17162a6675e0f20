// SPDX-License-Identifier: Apache-2.0
// The calls that need no store: they are answered on the loop, between two steps of the executor.
#include <chrono>
#include <nlohmann/json.hpp>

#include "base/characters.h"
#include "daemon/admin/addresses.h"
#include "daemon/admin/admin.h"
#include "daemon/admin/permissions.h"
#include "daemon/net/message.h"

namespace seimon::daemon {

using nlohmann::json;

namespace {

constexpr std::int64_t kMostSeconds = 25;  // that NextDelivery waits

Deliveries::Worker worker_of(const Connection& connection) { return static_cast<Deliveries::Worker>(connection.id()); }

}  // namespace

void Admin::act_on_loop(const Permission& row, const Request& request) {
  try {
    if (row.method == "Reload") return reload();
    if (row.method == "DeliveryStatus") return reply(framed({{"parameters", calls_.deliveries.status()}}), false);
    if (row.method == "TestDelivery") return test_delivery(request);
    demand_sender(request);
    if (row.method == "NextDelivery") return next_delivery(request);
    delivery_done(request);
  } catch (const Refusal& refusal) {
    reply(framed_refusal(refusal, ""), refusal.error == "NotPermitted");
  }
}

void Admin::reload() {
  const std::string problem = calls_.reload();
  if (!problem.empty()) {
    const Refusal refusal{"InvalidInput", "reload failed; keeping the previous configuration: {1}", {problem}};
    return reply(framed_refusal(refusal, ""), false);
  }
  reply(framed({{"parameters", {{"warnings", service_.config.warnings}}}}), false);
}

Deliveries::Reply Admin::reply_later() {
  return [&calls = calls_, id = connection_.id()](const json& parameters) {
    if (Admin* admin = calls.open.find(id)) admin->reply(framed({{"parameters", parameters}}), false);
  };
}

void Admin::next_delivery(const Request& request) {
  const std::chrono::seconds wait(request.bounded("wait", 0, 0, kMostSeconds));
  calls_.deliveries.next(worker_of(connection_), wait,
                         [&calls = calls_, id = connection_.id()](const json& parameters) {
                           Admin* admin = calls.open.find(id);
                           if (admin == nullptr) return;
                           admin->has_message_ = parameters.at("id") != "";
                           admin->reply(framed({{"parameters", parameters}}), false);
                         });
}

void Admin::delivery_done(const Request& request) {
  const auto kind = parse_outcome(request.text("outcome").value_or(""));
  if (!kind)
    throw Refusal{
        "InvalidParameter", "\"{1}\" is not an outcome", {base::escaped(request.text("outcome").value_or(""))}};
  has_message_ = false;
  const DeliveryOutcome outcome{.kind = *kind,
                                .driver = base::escaped(request.text("driver").value_or("")),
                                .detail = base::escaped(request.text("detail").value_or("")),
                                .keys = base::escaped(request.text("keys").value_or(""))};
  calls_.deliveries.note_outcome(worker_of(connection_), request.text("id").value_or(""), outcome, reply_later());
}

void Admin::test_delivery(const Request& request) {
  const std::string channel = request.text("channel").value_or("");
  const Delivery& delivery = service_.config.delivery;
  if (channel != "sms" && channel != "email" && channel != "call")
    throw Refusal{
        "InvalidParameter", "\"{1}\" is not a way to send; write sms, call or email", {base::escaped(channel)}};
  const std::string typed = request.text("to").value_or("");
  const std::string to = channel == "email" ? mail_address_for(typed) : number_for(typed, service_.config);
  if (delivery.drivers_of(channel).empty())
    throw Refusal{"InvalidInput",
                  "delivery.{1} has no driver: add one, such as {1} = ( { command = [ … ]; } ), and run seimon reload",
                  {channel}};
  if (!calls_.deliveries.test(worker_of(connection_), channel, to, reply_later()))
    throw Refusal{"InvalidInput", "too many messages wait already: see seimon delivery status", {}};
}

}  // namespace seimon::daemon
