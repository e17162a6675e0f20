// SPDX-License-Identifier: Apache-2.0
#include "core/login/send_limits.h"

#include <algorithm>

namespace seimon::core {

namespace {

constexpr const char* kSiteHour = "sent h";
constexpr const char* kSiteDay = "sent d";
constexpr seconds kBetween{30};  // of one user
constexpr std::int64_t kMostAnHour = kMostSendsAnHour;
constexpr std::int64_t kMostADay{kMostSends};
constexpr std::int64_t kMostOfSource = 10;   // an hour
constexpr std::int64_t kMostNewNumbers = 3;  // a day, like the next two
constexpr std::int64_t kMostNewMessages = 5;
constexpr std::int64_t kMostNewMessagesOfSite = 50;

struct SendLimit {
  std::string counter;
  seconds length;
  std::int64_t most;
  const char* name;
};

// One more of each; or, when one has `most` already, none, and its name.
std::string count_all(const std::vector<SendLimit>& limits, Sources& sources, Instant now) {
  for (const SendLimit& limit : limits)
    if (count_in(sources.failures_from(limit.counter), limit.length, now) >= limit.most) return limit.name;
  // Another host may count at the same moment: what comes out decides.
  for (const SendLimit& limit : limits)
    if (sources.add_failure(limit.counter, limit.length, now).count > limit.most) return limit.name;
  return "";
}

}  // namespace

std::string site_limit(const SendSettings& settings, Sources& sources, Instant now) {
  if (count_in(sources.failures_from(kSiteHour), kHour, now) >= settings.most_per_hour) return "site-hour";
  return count_in(sources.failures_from(kSiteDay), kDay, now) >= settings.most_per_day ? "site-day" : "";
}

std::string count_message(Profile& profile, const std::string& address, const Source& source,
                          const SendSettings& settings, Store& store, Sources& sources, Instant now) {
  std::vector<Instant>& times = profile.sends.times;
  const auto in_hour = std::count_if(times.begin(), times.end(), [&](Instant time) { return now - time < kHour; });
  if (!times.empty() && now - times.back() < kBetween) return "user-30-seconds";
  if (in_hour >= kMostAnHour) return "user-hour";
  if (times.size() >= kMostSends) return "user-day";
  const std::string number = store.digest("sent to " + address);
  std::vector<SendLimit> limits = {{"sent h " + number, kHour, kMostAnHour, "number-hour"},
                                   {"sent d " + number, kDay, kMostADay, "number-day"},
                                   {kSiteHour, kHour, settings.most_per_hour, "site-hour"},
                                   {kSiteDay, kDay, settings.most_per_day, "site-day"}};
  if (source.per_hour) limits.push_back({"sent from " + source.name, kHour, kMostOfSource, "source-hour"});
  const std::string limit = count_all(limits, sources, now);
  if (!limit.empty()) return limit;
  times.push_back(now);
  return "";
}

std::string count_first_message(const UserName& user, const std::string& address, Store& store, Sources& sources,
                                Instant now) {
  const std::string number = "new number " + user.text() + " " + store.digest("sent to " + address);
  std::vector<SendLimit> limits = {{"new messages " + user.text(), kDay, kMostNewMessages, "new-messages"},
                                   {"new messages", kDay, kMostNewMessagesOfSite, "new-messages-of-site"}};
  const bool is_new = count_in(sources.failures_from(number), kDay, now) == 0;
  if (is_new) limits.push_back({"new numbers " + user.text(), kDay, kMostNewNumbers, "new-numbers"});
  const std::string limit = count_all(limits, sources, now);
  if (!limit.empty()) return limit;
  (void)sources.add_failure(number, kDay, now);
  return "";
}

}  // namespace seimon::core
