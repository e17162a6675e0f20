// SPDX-License-Identifier: Apache-2.0
// Limits of sending codes: counted before each message leaves, in the transaction of the step that sends it.
// Always true: a limit that is reached stops messages and nothing else; no other method is closed by it.
#pragma once

#include <string>
#include <vector>

#include "core/account/profile.h"
#include "core/account/risk.h"
#include "core/factors/contact.h"
#include "core/ports/store.h"

namespace seimon::core {

// Codes that are sent (seimon.conf(5), `delivery`).
struct SendSettings {
  bool sms = false;  // there is a driver and a prefix, and a rule that accepts it
  bool email = false;
  bool call = false;
  bool call_by_number = true;  // the number on the screen is keyed in; else a code is spoken
  NumberPlan plan;
  std::string country;  // "81": of numbers that begin with a single 0
  seconds valid_for = std::chrono::minutes(5);
  std::vector<std::string> at_once;  // services that people reach only with a right password
  std::int64_t most_per_hour = 200;  // messages to all users
  std::int64_t most_per_day = 1000;
};

// A message of `profile`'s user to `address`, asked for from `source`. Counts it, and returns an empty text; or counts
// nothing of this user's, and returns the limit that is reached: "user-30-seconds", "user-hour", "user-day",
// "number-hour", "number-day", "source-hour", "site-hour", "site-day". The caller writes the profile.
[[nodiscard]] std::string count_message(Profile& profile, const std::string& address, const Source& source,
                                        const SendSettings& settings, Store& store, Sources& sources, Instant now);

// The limit of the site that is reached, as above; or an empty text.
[[nodiscard]] std::string site_limit(const SendSettings& settings, Sources& sources, Instant now);

// The same for an address that nobody has proven yet, besides: "new-numbers" (three of a user a day), "new-messages"
// (five), "new-messages-of-site" (fifty).
[[nodiscard]] std::string count_first_message(const UserName& user, const std::string& address, Store& store,
                                              Sources& sources, Instant now);

}  // namespace seimon::core
