// SPDX-License-Identifier: Apache-2.0
// Resolves names: account and groups from NSS, looked up by a few worker threads, so that a slow directory server never
// stalls the loop or the executor. Found accounts are remembered for a short while.
// getgrouplist(3) reports no error when a directory is down, it only returns fewer groups. So each group that the
// configuration names is also asked for by itself (getgrnam_r(3)): an error, or absence where it was seen before, means
// that membership cannot be told.
// Always true: the callback runs once, on the loop, within the deadline. An account that was found by then is told
// without its groups.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "daemon/system/seen_groups.h"

namespace seimon::daemon {

struct Person {
  enum class Known : std::uint8_t { kYes, kNo, kCannotTell };
  Known known = Known::kCannotTell;
  std::string name;  // pw_name, or what was asked for
  std::int64_t uid = -1;
  std::optional<std::vector<std::string>> groups;  // nothing: not asked for, or could not be resolved
  std::vector<std::string> unsure;                 // named groups of which it cannot be told
  std::vector<std::string> untold;                 // of them, those that the name service did not answer for
};

class Groups {
 public:
  using Answer = std::function<void(const Person&)>;

  // `seen_path`: the file of SeenGroups.
  Groups(asio::io_context& loop, const std::string& seen_path);
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;
  ~Groups();

  // Names that root asks for have a worker of their own; few of other peers' wait at a time.
  void resolve(const std::string& name, bool with_groups, uid_t peer, Answer answer);
  // Takes no more questions, and waits a little for those that are being asked. False when a directory hangs: then the
  // process ends without waiting for its threads.
  [[nodiscard]] bool stop();
  // The account of a uid, with its groups; its name is empty when there is none.
  void resolve_uid(uid_t uid, Answer answer);
  // The groups that the configuration names, patterns included: at the start and after a reload.
  void name(std::vector<std::string> patterns);
  // Named groups that cannot be told now, as status shows them; empty when there are none.
  [[nodiscard]] std::string problem() const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Question {
    std::uint64_t id = 0;
    std::string name;  // or "#UID": no account can be called so
    bool with_groups = false;
    std::vector<std::string> patterns = {};
    uid_t peer = 0;
    Time until{};  // nobody waits for the answer any more
  };
  struct Waiting {
    std::string name;
    Person person;  // what is known so far: the account, without its groups
    Answer answer;
    asio::steady_timer deadline;
  };
  struct Remembered {
    Person person;
    Time until;
  };

  void work(bool for_root_only);
  // False when there is no room for it.
  [[nodiscard]] bool take(Question question);
  void note(std::uint64_t id, const Person& person);
  void conclude(std::uint64_t id, const Person& person);
  void remember(const std::string& name, const Person& person);

  asio::io_context& loop_;
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, Waiting> waiting_;
  std::map<std::string, Remembered> remembered_;
  std::vector<std::string> patterns_;
  std::set<std::string> untold_;  // at the last look-up
  SeenGroups seen_;

  std::mutex mutex_;
  std::condition_variable asked_;
  std::deque<Question> questions_;  // guarded by mutex_
  std::deque<Question> later_;      // guarded by mutex_: of peers other than root
  bool stopping_ = false;           // guarded by mutex_
  std::size_t working_ = 0;         // guarded by mutex_: workers that have not ended
  std::condition_variable ended_;
  std::vector<std::thread> workers_;
};

}  // namespace seimon::daemon
