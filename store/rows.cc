// SPDX-License-Identifier: Apache-2.0
#include "store/rows.h"

#include <charconv>

namespace seimon::store {

using core::Instant;
using core::Method;
using core::seconds;
using core::Step;
using core::StoreDamaged;
using core::UserName;

namespace {

std::string versions_text(const std::map<std::string, std::int64_t>& row_versions) {
  std::string text;
  for (const auto& [row, version] : row_versions) text += row + "=" + std::to_string(version) + ";";
  return text;
}

std::map<std::string, std::int64_t> versions_of(const std::string& text, const std::string& place) {
  std::map<std::string, std::int64_t> row_versions;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t equals = text.find('=', at);
    const std::size_t end = text.find(';', at);
    std::int64_t version = 0;
    const bool found = equals != std::string::npos && end != std::string::npos && equals < end;
    if (!found || std::from_chars(text.data() + equals + 1, text.data() + end, version).ptr != text.data() + end)
      throw StoreDamaged(place + ": the list of rows cannot be read");
    row_versions[text.substr(at, equals - at)] = version;
    at = end + 1;
  }
  return row_versions;
}

}  // namespace

Row Head::row(const UserName& user, std::int64_t epoch) const {
  return {user.text(),
          profile.uid.value_or(-1),
          std::int64_t{profile.enrolled_before ? 1 : 0},
          std::int64_t{profile.suspended ? 1 : 0},
          text_of(profile, epoch),
          text_of(failure_records),
          versions_text(row_versions),
          version};
}

Head head_of(const Row& row, const UserName& user, std::int64_t epoch) {
  const std::string place = "user " + user.text() + ", head";
  Columns columns(row, place);
  (void)columns.text();
  Head head;
  const std::int64_t uid = columns.number();
  const bool enrolled = columns.number() == 1;
  const bool suspended = columns.number() == 1;
  auto profile = profile_of(columns.text(), epoch);
  if (!profile) throw StoreDamaged(place + ": the profile cannot be read");
  auto failure_records = failure_records_of(columns.text());
  if (!failure_records) throw StoreDamaged(place + ": the failure records cannot be read");
  head.profile = std::move(*profile);
  head.failure_records = std::move(*failure_records);
  if (uid >= 0) head.profile.uid = uid;
  head.profile.enrolled_before = enrolled;
  head.profile.suspended = suspended;
  head.row_versions = versions_of(columns.text(), place);
  head.version = columns.number();
  return head;
}

Value& at(Row& row, MethodColumn column) { return row.at(static_cast<std::size_t>(column)); }

std::int64_t number_at(const Row& row, MethodColumn column) {
  return std::get<std::int64_t>(row.at(static_cast<std::size_t>(column)));
}

Row method_row(const UserName& user, const Method& method, std::int64_t epoch, const Blob& sealed_key,
               std::int64_t version) {
  return {user.text(),
          number_of(method.id),
          std::string(core::kind_name(method.kind)),
          std::string(core::state_name(method.state)),
          method.label,
          std::string(core::algorithm_name(method.otp.algorithm)),
          std::int64_t{method.otp.digits},
          std::int64_t{method.otp.period.count()},
          number(method.registered),
          number(method.counts_from),
          method.last_used ? number(*method.last_used) : std::int64_t{0},
          number_of(method.last_step),
          number_of(method.last_pair_step),
          epoch,
          method.drift.steps,
          method.drift.last_seen,
          method.drift.run,
          sealed_key,
          version};
}

Method method_of(const Row& row, const UserName& user) {
  Columns columns(row, "user " + user.text() + ", a method");
  Method method;
  (void)columns.text();
  method.id = core::MethodId{columns.number()};
  const std::string place = place_of_method(user, number_of(method.id));
  const auto kind = core::parse_kind(columns.text());
  const auto state = core::parse_state(columns.text());
  method.label = columns.text();
  const auto algorithm = core::parse_algorithm(columns.text());
  const std::int64_t digits = columns.number();
  const std::int64_t period = columns.number();
  if (!kind || !state || !algorithm || digits < 6 || digits > 8 || period < 0 || period > 86400)
    throw StoreDamaged(place + ": a value is out of range");
  method.kind = *kind;
  method.state = *state;
  method.otp = {*algorithm, static_cast<int>(digits), seconds(period)};
  method.registered = instant(columns.number());
  method.counts_from = instant(columns.number());
  const std::int64_t last_used = columns.number();
  if (last_used != 0) method.last_used = instant(last_used);
  method.last_step = Step{columns.number()};
  method.last_pair_step = Step{columns.number()};
  (void)columns.number();  // epoch
  method.drift.steps = columns.number();
  method.drift.last_seen = columns.number();
  method.drift.run = columns.number();
  (void)columns.blob();
  (void)columns.number();  // version
  return method;
}

std::string place_of_method(const UserName& user, std::int64_t id) {
  return "user " + user.text() + ", method " + std::to_string(id);
}
std::string method_key(std::int64_t id) { return "m" + std::to_string(id); }

std::span<const Value> covered(const Row& row) { return std::span(row).first(row.empty() ? 0 : row.size() - 1); }

const Blob& mac_of(const Row& row, const std::string& place) {
  const Blob* mac = row.empty() ? nullptr : std::get_if<Blob>(&row.back());
  if (mac == nullptr) throw StoreDamaged(place + ": has no MAC");
  return *mac;
}

}  // namespace seimon::store
