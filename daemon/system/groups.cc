// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/groups.h"

#include <asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <grp.h>
#include <pwd.h>

#include "core/policy/policy.h"

namespace seimon::daemon {

namespace {

constexpr int kWorkers = 3;
constexpr std::size_t kMostQuestions = 4096;
constexpr std::size_t kMostUserQuestions = 64;
constexpr std::ptrdiff_t kMostOfOneUser = 8;
constexpr std::size_t kMostRemembered = 10000;
constexpr std::size_t kMostBuffer = 16 * 1024 * 1024;  // a group of a hundred thousand members
constexpr auto kRememberFor = std::chrono::seconds(20);
// Shorter than the module's own deadline of 5 s, so that its login gets a reason.
constexpr auto kDeadline = std::chrono::seconds(4);

// Calls a getXXX_r function with a growing buffer. Only a plain "not found" is one: ENOENT or EPERM may as well be a
// directory service that is not there (getpwnam(3), NOTES lists what systems return).
template <class Entry, class Ask>
int ask_nss(std::vector<char>& buffer, Entry** found, Ask ask) {
  buffer.resize(4096);
  int error = ERANGE;
  while ((error = ask(buffer.data(), buffer.size(), found)) == ERANGE && buffer.size() < kMostBuffer)
    buffer.resize(buffer.size() * 2);
  return error;
}

std::optional<std::vector<std::string>> group_names(const char* user, gid_t primary) {
  std::vector<gid_t> ids(64);
  auto count = static_cast<int>(ids.size());
  while (getgrouplist(user, primary, ids.data(), &count) < 0) {
    if (static_cast<std::size_t>(count) <= ids.size() || count > 65536) return std::nullopt;
    ids.resize(static_cast<std::size_t>(count));
  }
  std::vector<std::string> names;
  std::vector<char> buffer;
  for (int i = 0; i < count; ++i) {
    group entry = {};
    group* found = nullptr;
    const gid_t id = ids[static_cast<std::size_t>(i)];
    const int error = ask_nss(buffer, &found, [&](char* data, std::size_t size, group** result) {
      return getgrgid_r(id, &entry, data, size, result);
    });
    // A group without a name cannot be in any rule; one that cannot be asked for might be.
    if (error != 0) return std::nullopt;
    if (found != nullptr) names.emplace_back(found->gr_name);
  }
  return names;
}

enum class Known : std::uint8_t { kNo, kYes, kCannotTell };

struct GroupEntry {
  Known known = Known::kCannotTell;
  bool lists_user = false;
};

// Looks up one group in the name service. A directory that is down often reports "no such group" (nscd, SSSD without a
// cache, another module behind it in nsswitch.conf): for a group that was there before, that is no answer.
GroupEntry look_at_group(const std::string& group, const char* user, SeenGroups& seen) {
  struct group entry = {};
  struct group* found = nullptr;
  std::vector<char> buffer;
  const int error = ask_nss(buffer, &found, [&](char* data, std::size_t size, struct group** result) {
    return getgrnam_r(group.c_str(), &entry, data, size, result);
  });
  if (error != 0) return {};
  if (found == nullptr) return {seen.has(group) ? Known::kCannotTell : Known::kNo};
  seen.add(group);
  GroupEntry result{Known::kYes};
  for (char** member = found->gr_mem; member != nullptr && *member != nullptr; ++member)
    result.lists_user = result.lists_user || std::strcmp(*member, user) == 0;
  return result;
}

// A name that no group has: an error here shows a directory that is down behind a local group of the same name.
bool name_service_answers(SeenGroups& seen) {
  return look_at_group("seimon-no-such-group", "", seen).known != Known::kCannotTell;
}

void look_up_groups(gid_t primary, const std::vector<std::string>& patterns, SeenGroups& seen, Person& person) {
  person.groups = group_names(person.name.c_str(), primary);
  if (!person.groups) return;
  const std::vector<std::string>& groups = *person.groups;
  for (const std::string& group : groups)
    if (std::any_of(patterns.begin(), patterns.end(), [&](const auto& p) { return core::glob_matches(p, group); }))
      seen.add(group);
  const bool answers = name_service_answers(seen);
  for (const std::string& group : seen.named_by(patterns)) {
    if (std::find(groups.begin(), groups.end(), group) != groups.end()) continue;
    // A directory that hangs is not asked once more for each group.
    const GroupEntry entry = answers ? look_at_group(group, person.name.c_str(), seen) : GroupEntry();
    const bool told = entry.known != Known::kCannotTell;
    // A member by the group's own list whom getgrouplist does not know: half a directory, or two of them that differ.
    if (!told || entry.lists_user) person.unsure.push_back(group);
    if (!told) person.untold.push_back(group);
  }
}

// The groups of a name that is not there: none, unless it may be there and only not be found now.
std::optional<std::vector<std::string>> groups_of_nobody(const std::vector<std::string>& patterns, SeenGroups& seen) {
  if (!name_service_answers(seen)) return std::nullopt;
  for (const std::string& group : seen.named_by(patterns))
    if (look_at_group(group, "", seen).known == Known::kCannotTell) return std::nullopt;
  return std::vector<std::string>();
}

// "#1000", which is no account's name.
std::optional<uid_t> uid_of(const std::string& name) {
  uid_t uid = 0;
  if (!name.starts_with('#')) return std::nullopt;
  const auto [end, failure] = std::from_chars(name.data() + 1, name.data() + name.size(), uid);
  return failure == std::errc() && end == name.data() + name.size() ? std::optional(uid) : std::nullopt;
}

// The account alone; `primary` is set where there is one.
Person look_up_account(const std::string& name, gid_t& primary) {
  Person person;
  const auto uid = uid_of(name);
  if (!uid) person.name = name;
  passwd entry = {};
  passwd* found = nullptr;
  std::vector<char> buffer;
  const int error = ask_nss(buffer, &found, [&](char* data, std::size_t size, passwd** result) {
    return uid ? getpwuid_r(*uid, &entry, data, size, result) : getpwnam_r(name.c_str(), &entry, data, size, result);
  });
  if (error != 0) return person;
  person.known = found == nullptr ? Person::Known::kNo : Person::Known::kYes;
  if (found == nullptr) return person;
  person.name = found->pw_name;
  person.uid = found->pw_uid;
  primary = found->pw_gid;
  return person;
}

}  // namespace

Groups::Groups(asio::io_context& loop, const std::string& seen_path)
    : loop_(loop), seen_(seen_path), working_(kWorkers) {
  for (int i = 0; i < kWorkers; ++i) workers_.emplace_back([this, i] { work(i == 0); });
}

Groups::~Groups() {
  (void)stop();
  for (std::thread& worker : workers_) worker.join();
}

bool Groups::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  asked_.notify_all();
  return ended_.wait_for(lock, std::chrono::seconds(1), [this] { return working_ == 0; });
}

void Groups::resolve(const std::string& name, bool with_groups, uid_t peer, Answer answer) {
  const auto known = remembered_.find(name);
  if (known != remembered_.end() && known->second.until > std::chrono::steady_clock::now() &&
      (!with_groups || known->second.person.groups)) {
    asio::post(loop_, [answer = std::move(answer), person = known->second.person] { answer(person); });
    return;
  }
  const std::uint64_t id = next_id_++;
  Person unknown;
  unknown.name = name;
  const auto waiting =
      waiting_.emplace(id, Waiting{name, unknown, std::move(answer), asio::steady_timer(loop_, kDeadline)}).first;
  waiting->second.deadline.async_wait([this, id](const asio::error_code& error) {
    const auto late = waiting_.find(id);
    if (!error && late != waiting_.end()) conclude(id, Person(late->second.person));
  });
  Question question{id, name, with_groups, {}, peer, std::chrono::steady_clock::now() + kDeadline};
  if (with_groups) question.patterns = patterns_;
  if (take(std::move(question))) return asked_.notify_all();
  // There is no room: that is said now, not after the deadline.
  asio::post(loop_, [this, id, unknown] { conclude(id, unknown); });
}

bool Groups::take(Question question) {
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex_);
  if (question.peer == 0) {
    if (questions_.size() >= kMostQuestions) return false;
    questions_.push_back(std::move(question));
    return true;
  }
  std::erase_if(later_, [&](const Question& other) { return other.until <= now; });
  const auto same =
      std::count_if(later_.begin(), later_.end(), [&](const Question& other) { return other.peer == question.peer; });
  if (later_.size() >= kMostUserQuestions || same >= kMostOfOneUser) return false;
  later_.push_back(std::move(question));
  return true;
}

void Groups::resolve_uid(uid_t uid, Answer answer) { resolve("#" + std::to_string(uid), true, uid, std::move(answer)); }

void Groups::work(bool for_root_only) {
  while (true) {
    Question question;
    {
      std::unique_lock lock(mutex_);
      asked_.wait(lock, [&] { return stopping_ || !questions_.empty() || (!for_root_only && !later_.empty()); });
      if (stopping_) {
        --working_;
        ended_.notify_all();
        return;
      }
      std::deque<Question>& lane = questions_.empty() ? later_ : questions_;
      question = std::move(lane.front());
      lane.pop_front();
    }
    if (question.until <= std::chrono::steady_clock::now()) continue;  // answered without us
    gid_t primary = 0;
    Person person = look_up_account(question.name, primary);
    if (person.known == Person::Known::kYes && question.with_groups) {
      asio::post(loop_, [this, id = question.id, person] { note(id, person); });
      look_up_groups(primary, question.patterns, seen_, person);
    } else if (person.known == Person::Known::kNo) {
      person.groups = question.with_groups ? groups_of_nobody(question.patterns, seen_) : std::vector<std::string>();
    }
    asio::post(loop_, [this, id = question.id, with_groups = question.with_groups, person] {
      if (with_groups && person.known == Person::Known::kYes) untold_ = {person.untold.begin(), person.untold.end()};
      conclude(id, person);
    });
  }
}

void Groups::name(std::vector<std::string> patterns) {
  patterns_ = std::move(patterns);
  remembered_.clear();
  untold_.clear();
}

std::string Groups::problem() const {
  std::string names;
  for (const std::string& name : untold_) names += (names.empty() ? "" : ", ") + name;
  if (names.empty()) return "";
  return "the name service does not tell who is in " + names +
         ", which the configuration names: its rules decide for everybody they may concern. Is the directory "
         "reachable? "
         "(getent group) A group that is gone for good: take it out of the configuration";
}

void Groups::note(std::uint64_t id, const Person& person) {
  const auto waiting = waiting_.find(id);
  if (waiting != waiting_.end()) waiting->second.person = person;
}

void Groups::conclude(std::uint64_t id, const Person& person) {
  const auto waiting = waiting_.find(id);
  if (waiting == waiting_.end()) return;  // too late: the deadline spoke first
  const Answer answer = std::move(waiting->second.answer);
  if (person.known == Person::Known::kYes && person.unsure.empty()) remember(waiting->second.name, person);
  waiting_.erase(waiting);
  answer(person);
}

void Groups::remember(const std::string& name, const Person& person) {
  if (remembered_.size() >= kMostRemembered) remembered_.clear();
  remembered_[name] = {person, std::chrono::steady_clock::now() + kRememberFor};
}

}  // namespace seimon::daemon
