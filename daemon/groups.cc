// SPDX-License-Identifier: Apache-2.0
#include "daemon/groups.h"

#include <asio/post.hpp>

#include <cerrno>
#include <charconv>

#include <grp.h>
#include <pwd.h>

namespace seimon::daemon {

namespace {

constexpr int kWorkers = 3;
constexpr std::size_t kMostQuestions = 4096;
constexpr std::size_t kMostUserQuestions = 64;
constexpr std::size_t kMostRemembered = 10000;
constexpr std::size_t kMostBuffer = 1024 * 1024;
constexpr auto kRememberFor = std::chrono::seconds(20);
// Shorter than the module's own deadline of 5 s, so that its login hears a reason.
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

// "#1000", which is no account's name.
std::optional<uid_t> uid_of(const std::string& name) {
  uid_t uid = 0;
  if (!name.starts_with('#')) return std::nullopt;
  const auto [end, failure] = std::from_chars(name.data() + 1, name.data() + name.size(), uid);
  return failure == std::errc() && end == name.data() + name.size() ? std::optional(uid) : std::nullopt;
}

Person look_up(const std::string& name, bool with_groups) {
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
  if (found == nullptr) {
    person.groups.emplace();
    return person;
  }
  person.name = found->pw_name;
  person.uid = found->pw_uid;
  if (with_groups) person.groups = group_names(found->pw_name, found->pw_gid);
  return person;
}

}  // namespace

Groups::Groups(asio::io_context& loop) : loop_(loop) {
  for (int i = 0; i < kWorkers; ++i) workers_.emplace_back([this, i] { work(i == 0); });
}

Groups::~Groups() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  asked_.notify_all();
  for (std::thread& worker : workers_) worker.join();
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
      waiting_.emplace(id, Waiting{name, std::move(answer), asio::steady_timer(loop_, kDeadline)}).first;
  waiting->second.deadline.async_wait([this, id, unknown](const asio::error_code& error) {
    if (!error) conclude(id, unknown);
  });
  {
    const std::lock_guard lock(mutex_);
    std::deque<Question>& lane = peer == 0 ? questions_ : later_;
    if (lane.size() < (peer == 0 ? kMostQuestions : kMostUserQuestions)) lane.push_back({id, name, with_groups});
  }
  asked_.notify_all();
}

void Groups::resolve_uid(uid_t uid, Answer answer) { resolve("#" + std::to_string(uid), true, uid, std::move(answer)); }

void Groups::work(bool for_root_only) {
  while (true) {
    Question question;
    {
      std::unique_lock lock(mutex_);
      asked_.wait(lock, [&] { return stopping_ || !questions_.empty() || (!for_root_only && !later_.empty()); });
      if (stopping_) return;
      std::deque<Question>& lane = questions_.empty() ? later_ : questions_;
      question = std::move(lane.front());
      lane.pop_front();
    }
    asio::post(loop_, [this, id = question.id, person = look_up(question.name, question.with_groups)] {
      conclude(id, person);
    });
  }
}

void Groups::conclude(std::uint64_t id, const Person& person) {
  const auto waiting = waiting_.find(id);
  if (waiting == waiting_.end()) return;  // too late: the deadline spoke first
  const Answer answer = std::move(waiting->second.answer);
  if (person.known == Person::Known::kYes) remember(waiting->second.name, person);
  waiting_.erase(waiting);
  answer(person);
}

void Groups::remember(const std::string& name, const Person& person) {
  if (remembered_.size() >= kMostRemembered) remembered_.clear();
  remembered_[name] = {person, std::chrono::steady_clock::now() + kRememberFor};
}

}  // namespace seimon::daemon
