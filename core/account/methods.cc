// SPDX-License-Identifier: Apache-2.0
#include "core/account/methods.h"

#include <algorithm>
#include <array>

#include "core/factors/contact.h"
#include "core/factors/hmac.h"

namespace seimon::core {

namespace {

// In the order of their enumerations.
constexpr std::array<std::string_view, 8> kKinds = {"app", "token", "recovery", "bypass",
                                                    "sms", "email", "approve",  "call"};
constexpr std::array<std::string_view, 3> kStates = {"proven", "issued", "pending"};

template <class Value, std::size_t N>
std::optional<Value> value_of(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Value>(found - names.begin());
}

}  // namespace

std::string_view kind_name(Kind kind) { return kKinds[static_cast<std::size_t>(kind)]; }
std::optional<Kind> parse_kind(std::string_view name) { return value_of<Kind>(kKinds, name); }
std::string_view state_name(State state) { return kStates[static_cast<std::size_t>(state)]; }
std::optional<State> parse_state(std::string_view name) { return value_of<State>(kStates, name); }

Drift learned(Drift drift, std::int64_t seen) {
  drift.run = drift.run > 0 && drift.last_seen == seen ? std::min(drift.run + 1, Drift::kRunToLearn) : 1;
  drift.last_seen = seen;
  if (drift.run >= Drift::kRunToLearn) drift.steps = std::clamp(seen, -Drift::kMostDrift, Drift::kMostDrift);
  return drift;
}

Window window_of(const Method& method, Instant now, int window) {
  if (method.otp.by_counter()) {
    const auto next = static_cast<std::int64_t>(method.last_step) + 1;
    return {Step{next}, Step{next + kLookAhead - 1}};
  }
  const auto centre = static_cast<std::int64_t>(step_at(now, method.otp.period)) + method.drift.steps;
  return {Step{centre - window}, Step{centre + window}};
}

Step spent_up_to(const Method& method, int window) {
  if (!method.floor || method.otp.by_counter()) return method.last_step;
  return std::max(method.last_step, window_of(method, *method.floor, window).last);
}

bool is_ahead(const Method& method, Instant now, int window) {
  return makes_codes(method.kind) && !method.otp.by_counter() && method.last_step > window_of(method, now, window).last;
}

Instant begins(const Method& method) {
  return method.counts_from == kFromFirstUse ? method.registered : std::max(method.registered, method.counts_from);
}

bool is_waiting(const Method& method, Instant now) { return !method.last_used && now < method.counts_from; }

bool is_enrolled(const Account& account, Instant now) {
  return std::any_of(account.methods.begin(), account.methods.end(),
                     [&](const Method& method) { return !is_waiting(method, now); });
}

bool has_letter_only(const Account& account, Instant now) {
  return !account.methods.empty() && !is_enrolled(account, now);
}

bool waits_for_resync(const Method& method) {
  return makes_codes(method.kind) && method.otp.by_counter() && method.floor;
}

Cost cost_of_try(const std::vector<Method>& methods, int window, int digits) {
  if (!makes_codes(methods)) return cost_of(2 * std::int64_t{window} + 1, digits);
  Cost cost{};
  for (const Method& method : methods)
    if (makes_codes(method.kind))
      cost = cost + cost_of(method.otp.by_counter() ? kLookAhead : 2 * std::int64_t{window} + 1, method.otp.digits);
  return cost;
}

Match match_typed(const Method& method, const Typed& typed, int window, Instant now) {
  Window accepted = window_of(method, now, window);
  if (!typed.second) return match_code(method.key, method.otp, accepted, spent_up_to(method, window), typed.first);
  Step last_step = spent_up_to(method, window);
  if (is_ahead(method, now, window)) {
    last_step = method.last_pair_step;
    if (method.floor) last_step = std::max(last_step, window_of(method, *method.floor, window).last);
  }
  if (method.otp.by_counter())
    accepted = {Step{static_cast<std::int64_t>(accepted.first) + 1},
                Step{static_cast<std::int64_t>(accepted.last) + 1}};
  return match_pair(method.key, method.otp, accepted, last_step, typed.first, *typed.second);
}

bool is_same_key(const Secret& one, const Secret& other) {
  constexpr std::array<std::uint8_t, 8> kProbe{};
  const auto makes_same = [&](Algorithm algorithm) {
    const Hmac::Code a = Hmac(algorithm, one).of(kProbe);
    const Hmac::Code b = Hmac(algorithm, other).of(kProbe);
    return std::equal(a.view().begin(), a.view().end(), b.view().begin(), b.view().end());
  };
  return makes_same(Algorithm::kSha1) || makes_same(Algorithm::kSha256) || makes_same(Algorithm::kSha512);
}

namespace {

// The newest step of `period` that has begun when step `step` of `old_period` ends.
Step rescaled(Step step, seconds old_period, seconds period) {
  if (period.count() == 0) return step;  // counters have no length
  const std::int64_t end = (static_cast<std::int64_t>(step) + 1) * old_period.count();
  return Step{(end - 1) / period.count()};
}

}  // namespace

void carry_over(const Method& old, Method& fresh, int window) {
  if (old.otp.by_counter() != fresh.otp.by_counter()) return;  // counters and time steps lie far apart
  Step last_step = spent_up_to(old, window);
  Step last_pair_step = old.last_pair_step;
  if (old.otp.period != fresh.otp.period && last_step > Step{-1}) {
    last_step = rescaled(last_step, old.otp.period, fresh.otp.period);
    last_pair_step =
        last_pair_step > Step{-1} ? rescaled(last_pair_step, old.otp.period, fresh.otp.period) : last_pair_step;
  }
  fresh.last_step = std::max(fresh.last_step, last_step);
  fresh.last_pair_step = std::max(fresh.last_pair_step, last_pair_step);
  if (old.otp.period == fresh.otp.period) fresh.drift = old.drift;
}

Comparison compare(const std::vector<Method>& methods, const Typed& typed, int window, Instant now, Kinds kinds) {
  Comparison all;
  for (std::uint64_t i = 0; i < methods.size(); ++i) {
    if (waits_for_resync(methods[i]) || !makes_codes(methods[i].kind) || !kinds.has(methods[i].kind))
      continue;  // neither is a secret
    const Match match = match_typed(methods[i], typed, window, now);
    const std::uint64_t taken = match.fresh & ~all.match.fresh;
    all.method |= i & taken;
    all.match.step |= match.step & taken;
    all.match.fresh |= match.fresh;
    all.match.spent |= match.spent;
    all.spent = (all.spent & ~match.spent) | (i & match.spent);
  }
  return all;
}

std::string address_of(const Method& method) { return text_of(method.key); }

std::string masked_address(const Method& method) {
  const std::string address = address_of(method);
  if (is_telephone(method.kind)) {
    const auto number = PhoneNumber::parse(address, "");
    return number ? number->masked() : "";
  }
  const auto mail = MailAddress::parse(address);
  return mail ? mail->masked() : "";
}

bool makes_codes(const std::vector<Method>& methods) {
  return std::any_of(methods.begin(), methods.end(), [](const Method& method) { return makes_codes(method.kind); });
}

std::string clock_offset_of(const std::vector<Method>& methods, const Code& code, Instant now) {
  for (const Method& method : methods) {
    if (!makes_codes(method.kind) || method.otp.by_counter()) continue;
    const auto centre = static_cast<std::int64_t>(step_at(now, method.otp.period));
    const Window around{Step{centre - kMostOffset}, Step{centre + kMostOffset}};
    const Found found = find_code(method.key, method.otp, around, Step{-1}, code);
    if (found.fresh)
      return std::to_string((static_cast<std::int64_t>(*found.fresh) - centre) * method.otp.period.count());
  }
  return "";
}

bool drop_ended(Account& account, std::optional<std::int64_t> uid, seconds issued_for, Instant now) {
  account.profile.tidy(now);
  const auto lapsed = [&](const Method& method) {
    return method.state == State::kIssued && !method.last_used && now - begins(method) >= issued_for;
  };
  std::erase_if(account.methods, lapsed);
  const bool stranger = account.profile.uid && uid && account.profile.uid != uid;
  if (!stranger) return false;
  account.methods.clear();
  account.profile.revoke();
  return true;
}

}  // namespace seimon::core
