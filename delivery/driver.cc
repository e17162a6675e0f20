// SPDX-License-Identifier: Apache-2.0
#include "delivery/driver.h"

#include <nlohmann/json.hpp>

#include "delivery/mail_text.h"
#include "delivery/program.h"
#include "delivery/push.h"
#include "delivery/web.h"

namespace seimon::delivery {

namespace {

using daemon::Driver;
using daemon::Message;
using nlohmann::json;
using Result = Attempt::Result;

// One object and a newline.
std::string job_text(const Message& message) {
  const json job = {{"version", 1},
                    {"id", message.id},
                    {"channel", message.channel},
                    {"to", message.to},
                    {"language", message.language},
                    {"subject", message.subject},
                    {"text", message.text},
                    {"code", message.code},
                    {"mode", message.mode}};
  return job.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

Attempt send_by_program(const Driver& driver, const Message& message, const std::string& from) {
  if (driver.takes_mail && !is_plain_recipient(message.to))
    return {Result::kBadAddress, driver.name, "this name cannot be the recipient of a mail"};
  const Ended ended =
      run_program(driver.command, driver.takes_mail ? mail_text(message, from) : job_text(message), driver.timeout);
  Attempt attempt{result_of_exit(ended.code, driver.takes_mail), driver.name, first_line(ended.errors)};
  if (ended.is_late) attempt.detail = "killed after its time limit";
  if (ended.code < 0) attempt.result = Result::kUnknown;
  if (attempt.result == Result::kSent && !driver.takes_mail && (ended.is_chatty || !is_driver_output(ended.output)))
    attempt = {Result::kUnknown, driver.name, "standard output is not empty and not one short JSON object"};
  if (attempt.result == Result::kSent && message.channel == "call") read_call_output(ended.output, attempt);
  if (attempt.result == Result::kNotAnswered) return attempt;
  if (attempt.result != Result::kSent && attempt.detail.empty())
    attempt.detail = ended.code < 0 ? "it did not run to its end" : "exit code " + std::to_string(ended.code);
  return attempt;
}

}  // namespace

std::vector<Attempt> send(const daemon::Delivery& delivery, const Message& message) {
  if (message.channel == "notify" && message.to.starts_with("https://")) return {send_push(delivery, message)};
  std::vector<Attempt> attempts;
  for (const Driver& driver : delivery.drivers_of(message.channel)) {
    attempts.push_back(driver.command.empty() ? send_by_web(driver, message)
                                              : send_by_program(driver, message, delivery.from));
    if (attempts.back().result != Result::kFailed && attempts.back().result != Result::kUnknown) break;
  }
  if (attempts.empty()) attempts.push_back({Result::kFailed, "", "no driver is configured for " + message.channel});
  return attempts;
}

}  // namespace seimon::delivery
