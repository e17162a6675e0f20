// SPDX-License-Identifier: Apache-2.0
#include "core/login/enrolment.h"

#include <algorithm>

namespace seimon::core {

namespace {

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string result;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      result += c;
    } else {
      result += '%';
      result += kHex[byte >> 4];
      result += kHex[byte & 15];
    }
  }
  return result;
}

}  // namespace

Due due_for(Unenrolled wanted, const EnrolmentSettings& settings, const Profile& profile, Instant now) {
  if (wanted != Unenrolled::kRemind && wanted != Unenrolled::kAsk) return {wanted, std::nullopt};
  std::optional<Instant> deadline = settings.not_before;
  if (settings.grace > seconds(0))
    deadline = std::max(deadline.value_or(Instant()), profile.first_login.value_or(now) + settings.grace);
  const bool worn = wanted == Unenrolled::kAsk && settings.max_skips && profile.skips >= *settings.max_skips;
  if (worn || (deadline && now >= *deadline)) return {settings.after, std::nullopt};
  if (!deadline) return {wanted, std::nullopt};
  return {wanted, std::chrono::ceil<std::chrono::days>(*deadline - now).count()};
}

bool is_first_login(Unenrolled wanted, const EnrolmentSettings& settings, const Profile& profile) {
  const bool counts = wanted == Unenrolled::kRemind || wanted == Unenrolled::kAsk;
  return counts && settings.grace > seconds(0) && !profile.first_login;
}

std::string bypass_digest(Store& store, const UserName& user, const std::string& code) {
  return store.digest("bypass " + user.text() + " " + code);
}

std::string recovery_digest(Store& store, const UserName& user, const std::string& code) {
  return store.digest("recovery " + user.text() + " " + code);
}

NewRecoveryCodes new_recovery_codes(Store& store, const UserName& user, int count, Instant now) {
  NewRecoveryCodes recovery_codes;
  recovery_codes.codes.made = now;
  recovery_codes.codes.issued = count;
  for (int i = 0; i < count; ++i) {
    recovery_codes.shown.push_back(new_recovery_code());
    recovery_codes.codes.unused.push_back(
        recovery_digest(store, user, *parse_recovery_code(recovery_codes.shown.back())));
  }
  return recovery_codes;
}

std::optional<std::string> confirm_registration(Store& store, Account account, const UserName& user, std::int64_t uid,
                                                const std::string& conversation, const EnrolmentSettings& settings,
                                                Instant now) {
  const std::optional<Proven>& proven = account.profile.proven;
  if (!account.pending || !proven || conversation.empty() || proven->conversation != conversation) return std::nullopt;
  if (now < proven->at || now - proven->at >= settings.pending_for) return std::nullopt;
  Profile profile = account.profile;
  const RecoveryCodes recovery_codes = proven->recovery;
  // A name that came back with another uid keeps nothing of the one before (E6).
  if (profile.uid && *profile.uid != uid) {
    for (const Method& old : account.methods) (void)store.remove_method(user, old.id);
    profile.revoke();
  } else {
    (void)drop_ended(account, uid, settings.issued_for, now);
    if (is_enrolled(account, now)) return std::nullopt;
  }
  profile.proven.reset();
  profile.recovery = recovery_codes;
  store.write_profile(user, profile);
  Method method;  // its key stays where it is
  method.id = account.pending->id;
  method.kind = account.pending->kind;
  method.label = account.pending->label;
  method.otp = account.pending->otp;
  method.last_step = account.pending->last_step;
  method.registered = now;
  store.change_method(user, uid, method);
  return method.label;
}

std::string otpauth_link(std::string_view issuer, std::string_view account, const Method& draft, Link how) {
  std::string key = base32(draft.key);
  // A colon separates issuer and account; inside either it would move that border.
  std::string plain_issuer(issuer);
  std::replace(plain_issuer.begin(), plain_issuer.end(), ':', ' ');
  std::string link = draft.otp.by_counter() ? "otpauth://hotp/" : "otpauth://totp/";
  link.reserve(512);
  link += percent_encoded(plain_issuer) + ":" + percent_encoded(account);
  link += "?secret=";
  link += key;
  wipe(key);
  link += "&issuer=" + percent_encoded(plain_issuer);
  const OtpParameters assumed;
  const auto is_said = [&](bool differs) { return differs || how == Link::kFull; };
  if (is_said(draft.otp.algorithm != assumed.algorithm))
    link += "&algorithm=" + std::string(algorithm_name(draft.otp.algorithm));
  if (is_said(draft.otp.digits != assumed.digits)) link += "&digits=" + std::to_string(draft.otp.digits);
  if (draft.otp.by_counter()) link += "&counter=" + std::to_string(static_cast<std::int64_t>(draft.last_step) + 1);
  else if (is_said(draft.otp.period != assumed.period)) link += "&period=" + std::to_string(draft.otp.period.count());
  return link;
}

std::string grouped_key(const Secret& key) {
  std::string whole = base32(key);
  std::string grouped;
  grouped.reserve(whole.size() + whole.size() / 4);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (i > 0 && i % 4 == 0) grouped += ' ';
    grouped += whole[i];
  }
  wipe(whole);
  return grouped;
}

std::optional<Step> proving_step(const Method& draft, const Code& code, Instant now, int window) {
  return find_code(draft.key, draft.otp, window_of(draft, now, window), draft.last_step, code).fresh;
}

bool is_made_with_sha1(const Method& draft, const Code& code, Instant now, int window) {
  if (draft.otp.algorithm == Algorithm::kSha1) return false;
  const OtpParameters sha1{Algorithm::kSha1, draft.otp.digits, draft.otp.period};
  return find_code(draft.key, sha1, window_of(draft, now, window), draft.last_step, code).fresh.has_value();
}

std::string free_label(const std::vector<Method>& methods, Kind kind) {
  const std::string base(kind_name(kind));
  for (int number = 1;; ++number) {
    std::string label = number == 1 ? base : base + "-" + std::to_string(number);
    if (std::none_of(methods.begin(), methods.end(), [&](const Method& method) { return method.label == label; }))
      return label;
  }
}

}  // namespace seimon::core
