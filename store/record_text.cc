// SPDX-License-Identifier: Apache-2.0
#include "store/record_text.h"

#include <algorithm>
#include <charconv>

#include "store/columns.h"

namespace seimon::store {

namespace {

using core::BypassCode;
using core::Charge;
using core::Cost;
using core::FailureRecord;
using core::Instant;
using core::KnownSource;
using core::Profile;
using core::RecoveryCodes;
using core::RememberedHost;
using core::Ticket;

constexpr std::int64_t kNever = -1;

std::int64_t number_or_never(const std::optional<Instant>& time) { return time ? number(*time) : kNever; }
std::optional<Instant> moment(std::int64_t number) {
  return number == kNever ? std::nullopt : std::optional(instant(number));
}

std::string line(char kind, std::initializer_list<std::int64_t> numbers, const std::string& name) {
  std::string text(1, kind);
  for (const std::int64_t value : numbers) text += ' ' + std::to_string(value);
  return text + ' ' + name + '\n';
}

// The words of one line: its kind, numbers, and a name that goes to its end.
class Words {
 public:
  explicit Words(std::string_view rest) : rest_(rest) {}
  std::int64_t number() {
    const std::string_view word = rest_.substr(0, rest_.find(' '));
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
    good_ = good_ && failure == std::errc() && end == word.data() + word.size() && word.size() < rest_.size();
    rest_.remove_prefix(std::min(rest_.size(), word.size() + 1));
    return value;
  }
  std::string word() {
    const std::size_t end = rest_.find('\t');
    good_ = good_ && end != std::string_view::npos;
    std::string word(rest_.substr(0, end));
    rest_.remove_prefix(std::min(rest_.size(), word.size() + 1));
    return word;
  }
  [[nodiscard]] std::string name() const { return std::string(rest_); }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

bool read_line(FailureRecord& failures, std::string_view text) {
  if (text.size() < 2 || text[1] != ' ') return false;
  Words words(text.substr(2));
  if (text[0] == 'n') {
    failures.failed = words.number();
    failures.failures_elsewhere = words.number();
  } else if (text[0] == 'f') {
    failures.failed_from.push_back(words.name());
  } else if (text[0] == 'c') {
    Charge charge;
    charge.at = instant(words.number());
    charge.cost = Cost{words.number()};
    charge.tries = words.number();
    charge.forgiven = words.number() == 1;
    charge.source = words.name();
    failures.charges.push_back(std::move(charge));
  } else if (text[0] == 's') {
    KnownSource source;
    source.last_success = moment(words.number());
    source.lifted = moment(words.number());
    source.guarded.opened = instant(words.number());
    source.guarded.count = words.number();
    source.failures = words.number();
    source.name = words.name();
    failures.sources.push_back(std::move(source));
  } else {
    return false;
  }
  return words.good();
}

std::string text_of(const FailureRecord& failures) {
  std::string text = line('n', {failures.failed, failures.failures_elsewhere}, "");
  for (const std::string& name : failures.failed_from) text += line('f', {}, name);
  for (const Charge& charge : failures.charges)
    text +=
        line('c', {number(charge.at), static_cast<std::int64_t>(charge.cost), charge.tries, charge.forgiven ? 1 : 0},
             charge.source);
  for (const KnownSource& source : failures.sources)
    text += line('s',
                 {number_or_never(source.last_success), number_or_never(source.lifted), number(source.guarded.opened),
                  source.guarded.count, source.failures},
                 source.name);
  return text;
}

bool is_in_bounds(const FailureRecord& failures) {
  return failures.charges.size() <= core::kMostCharges && failures.sources.size() <= core::kMostSources &&
         failures.failed_from.size() <= core::kMostTold;
}

}  // namespace

// Each begins with a line of its scope.
std::string text_of(const FailureRecords& failure_records) {
  std::string text;
  for (const auto& [scope, failures] : failure_records)
    text += line('w', {static_cast<std::int64_t>(scope)}, "") + text_of(failures);
  return text;
}

std::optional<FailureRecords> failure_records_of(std::string_view text) {
  FailureRecords failure_records;
  FailureRecord* failures = nullptr;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view one = text.substr(0, end);
    if (one.starts_with("w ")) {
      Words words(one.substr(2));
      const auto [place, is_new] = failure_records.try_emplace(core::CounterScope{words.number()});
      if (!words.good() || !is_new) return std::nullopt;
      failures = &place->second;
    } else if (failures == nullptr || !read_line(*failures, one)) {
      return std::nullopt;
    }
    text.remove_prefix(end + 1);
  }
  for (const auto& [scope, known] : failure_records)
    if (!is_in_bounds(known)) return std::nullopt;
  return failure_records;
}

namespace {

// Names for a line that holds several: none of them has a tab.
std::string words(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += std::string(part) + '\t';
  return text;
}

std::string codes_text(char kind, const RecoveryCodes& codes) {
  std::string digests;
  for (const std::string& digest : codes.unused) digests += digest + '\t';
  return line(kind, {number(codes.made), codes.issued}, digests);
}

RecoveryCodes codes_of(Words& words) {
  RecoveryCodes codes;
  codes.made = instant(words.number());
  codes.issued = words.number();
  while (words.good() && !words.name().empty()) codes.unused.push_back(words.word());
  return codes;
}

void read_choices(Profile& profile, Words& words) {
  const std::int64_t language = words.number();
  const std::int64_t qr_style = words.number();
  const std::int64_t preferred = words.number();
  if (language >= 0 && language <= 2) profile.language = static_cast<core::Language>(language);
  if (qr_style >= 0 && qr_style <= 3) profile.qr_style = static_cast<core::QrStyle>(qr_style);
  if (preferred >= 0) profile.preferred = core::MethodId{preferred};
  profile.first_login = moment(words.number());
  profile.skips = words.number();
}

BypassCode bypass_of(Words& words) {
  BypassCode code;
  code.id = words.number();
  code.made = instant(words.number());
  code.until = instant(words.number());
  code.uses = words.number();
  code.tries = words.number();
  code.digest = words.word();
  code.actor = words.word();
  code.note = words.name();
  return code;
}

// The rights of a ticket, as bits.
constexpr std::int64_t kSecondStep = 1;
constexpr std::int64_t kMayRegister = 2;
constexpr std::int64_t kMayReplace = 4;

std::int64_t grants_of(const Ticket& ticket) {
  return (ticket.second_step ? kSecondStep : 0) | (ticket.may_register ? kMayRegister : 0) |
         (ticket.may_replace ? kMayReplace : 0);
}

Ticket ticket_of(Words& words) {
  Ticket ticket;
  ticket.until = instant(words.number());
  const std::int64_t grants = words.number();
  ticket.second_step = (grants & kSecondStep) != 0;
  ticket.may_register = (grants & kMayRegister) != 0;
  ticket.may_replace = (grants & kMayReplace) != 0;
  ticket.digest = words.word();
  ticket.boot = words.word();
  ticket.session = words.word();
  ticket.host = words.name();
  return ticket;
}

RememberedHost remembered_of(Words& words) {
  RememberedHost host;
  host.until = instant(words.number());
  host.service = words.word();
  host.source = words.name();
  return host;
}

core::Sends sends_of(Words& words) {
  core::Sends sends;
  sends.serial = words.number();
  while (words.good() && !words.name().empty()) sends.times.push_back(instant(words.number()));
  return sends;
}

core::ApprovalRequest request_of(Words& words) {
  core::ApprovalRequest request;
  request.made = instant(words.number());
  request.until = instant(words.number());
  const std::int64_t state = words.number();
  request.state = state >= 0 && state <= static_cast<std::int64_t>(core::RequestState::kEnded)
                      ? static_cast<core::RequestState>(state)
                      : core::RequestState::kEnded;
  request.serial = words.number();
  request.method = core::MethodId{words.number()};
  request.id = words.word();
  request.owner = words.word();
  request.number = words.word();
  request.host = words.word();
  request.service = words.word();
  request.network = words.word();
  request.source = words.name();
  return request;
}

// `fresh`: of this epoch. What is not is read and left out.
bool read_profile_line(Profile& profile, bool fresh, std::string_view text) {
  if (text.size() < 2 || text[1] != ' ') return false;
  Words words(text.substr(2));
  Profile old;
  Profile& given = fresh ? profile : old;
  switch (text[0]) {
    case 'p': read_choices(profile, words); break;
    case 'r': given.recovery = codes_of(words); break;
    case 'v':
      given.proven.emplace();
      given.proven->at = instant(words.number());
      given.proven->conversation = words.word();
      given.proven->recovery = codes_of(words);
      break;
    case 'b': given.bypass.push_back(bypass_of(words)); break;
    case 'T': given.tickets.push_back(ticket_of(words)); break;
    case 't': return true;  // a ticket of an older release: it has ended
    case 'm': given.remembered.push_back(remembered_of(words)); break;
    case 's': profile.sends = sends_of(words); break;  // limits outlast an epoch
    case 'a': profile.approvals.is_paused = words.number() == 1; break;
    case 'u': {
      const Instant at = instant(words.number());
      profile.approvals.unanswered.push_back({at, words.name()});
      break;
    }
    case 'q': given.approvals.request = request_of(words); break;
    case 'y': {
      core::Pairing& pairing = given.approvals.pairing.emplace();
      pairing.method = core::MethodId{words.number()};
      pairing.until = instant(words.number());
      pairing.number = words.word();
      pairing.session = words.name();
      break;
    }
    case 'w': {
      const core::MethodId method{words.number()};
      given.approvals.endpoints[method] = words.name();
      break;
    }
    case 'k': {
      const core::MethodId method{words.number()};
      profile.approvals.counters[method] = words.number();
      break;
    }
    default: return false;
  }
  return words.good();
}

std::string text_of(const core::Approvals& approvals) {
  std::string text;
  if (approvals.is_paused) text += line('a', {1}, "");
  for (const core::Asked& asked : approvals.unanswered) text += line('u', {number(asked.at)}, asked.owner);
  if (const auto& request = approvals.request)
    text +=
        line('q',
             {number(request->made), number(request->until), static_cast<std::int64_t>(request->state), request->serial,
              static_cast<std::int64_t>(request->method)},
             words({request->id, request->owner, request->number, request->host, request->service, request->network}) +
                 request->source);
  if (const auto& pairing = approvals.pairing)
    text += line('y', {static_cast<std::int64_t>(pairing->method), number(pairing->until)},
                 words({pairing->number}) + pairing->session);
  for (const auto& [method, counter] : approvals.counters)
    text += line('k', {static_cast<std::int64_t>(method), counter}, "");
  for (const auto& [method, endpoint] : approvals.endpoints)
    text += line('w', {static_cast<std::int64_t>(method)}, endpoint);
  return text;
}

}  // namespace

std::string text_of(const Profile& profile, std::int64_t epoch) {
  const std::int64_t language = profile.language ? static_cast<std::int64_t>(*profile.language) : kNever;
  const std::int64_t preferred = profile.preferred ? static_cast<std::int64_t>(*profile.preferred) : kNever;
  std::string text = line('e', {epoch}, "");
  text += line('p',
               {language, static_cast<std::int64_t>(profile.qr_style), preferred, number_or_never(profile.first_login),
                profile.skips},
               "");
  if (profile.recovery != RecoveryCodes()) text += codes_text('r', profile.recovery);
  if (profile.proven) {
    const std::string codes = codes_text(' ', profile.proven->recovery);
    text += line('v', {number(profile.proven->at)},
                 words({profile.proven->conversation}) + codes.substr(2, codes.size() - 3));
  }
  for (const BypassCode& code : profile.bypass)
    text += line('b', {code.id, number(code.made), number(code.until), code.uses, code.tries},
                 words({code.digest, code.actor}) + code.note);
  for (const Ticket& ticket : profile.tickets)
    text += line('T', {number(ticket.until), grants_of(ticket)},
                 words({ticket.digest, ticket.boot, ticket.session}) + ticket.host);
  for (const RememberedHost& host : profile.remembered)
    text += line('m', {number(host.until)}, words({host.service}) + host.source);
  if (profile.sends != core::Sends()) {
    std::string times;
    for (const Instant time : profile.sends.times) times += std::to_string(number(time)) + ' ';
    text += line('s', {profile.sends.serial}, times);
  }
  return text + text_of(profile.approvals);
}

std::optional<Profile> profile_of(std::string_view text, std::int64_t epoch) {
  Profile profile;
  std::int64_t written = -1;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view one = text.substr(0, end);
    if (written < 0) {
      Words words(one.substr(std::min<std::size_t>(one.size(), 2)));
      written = words.number();
      if (!one.starts_with("e ") || !words.good() || written < 0) return std::nullopt;
    } else if (!read_profile_line(profile, written >= epoch, one)) {
      return std::nullopt;
    }
    text.remove_prefix(end + 1);
  }
  return profile;
}

}  // namespace seimon::store
