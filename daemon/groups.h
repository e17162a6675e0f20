// SPDX-License-Identifier: Apache-2.0
// Who a name is: account and groups from NSS, asked for by a few worker threads, so that a slow directory server never
// stalls the loop or the judge. Found accounts are remembered for a short while.
// Always true: the callback runs once, on the loop, within the deadline.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

namespace seimon::daemon {

struct Person {
  enum class Known : std::uint8_t { kYes, kNo, kCannotTell };
  Known known = Known::kCannotTell;
  std::string name;  // pw_name, or what was asked for
  std::int64_t uid = -1;
  std::optional<std::vector<std::string>> groups;  // nothing: not asked for, or could not be resolved
};

class Groups {
 public:
  using Answer = std::function<void(const Person&)>;

  explicit Groups(asio::io_context& loop);
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;
  ~Groups();

  // Names that root asks for have a worker of their own; few of other peers' wait at a time.
  void resolve(const std::string& name, bool with_groups, uid_t peer, Answer answer);
  // The account of a uid, with its groups; its name is empty when there is none.
  void resolve_uid(uid_t uid, Answer answer);
  // After a reload.
  void forget() { remembered_.clear(); }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Question {
    std::uint64_t id = 0;
    std::string name;  // or "#UID": no account can be called so
    bool with_groups = false;
  };
  struct Waiting {
    std::string name;
    Answer answer;
    asio::steady_timer deadline;
  };
  struct Remembered {
    Person person;
    Time until;
  };

  void work(bool for_root_only);
  void conclude(std::uint64_t id, const Person& person);
  void remember(const std::string& name, const Person& person);

  asio::io_context& loop_;
  std::uint64_t next_id_ = 0;
  std::map<std::uint64_t, Waiting> waiting_;
  std::map<std::string, Remembered> remembered_;

  std::mutex mutex_;
  std::condition_variable asked_;
  std::deque<Question> questions_;  // guarded by mutex_
  std::deque<Question> later_;      // guarded by mutex_: of peers other than root
  bool stopping_ = false;           // guarded by mutex_
  std::vector<std::thread> workers_;
};

}  // namespace seimon::daemon
