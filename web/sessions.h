// SPDX-License-Identifier: Apache-2.0
// Sessions and sign-ins under way, by the value of a cookie; in memory, a session for as long as its ticket lasts.
// MUST (threat model W2): a cookie from before a sign-in is none after it; the values are 128 random bits.
#pragma once

#include <strings.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "web/html.h"
#include "web/seimond.h"
#include "web/sign_in.h"

namespace seimon::web {

using Clock = std::chrono::steady_clock;

inline void wipe(std::string& text) { explicit_bzero(text.data(), text.size()); }

// A method that is being registered: shown again when the page is loaded again, until it has proven itself.
struct Enrolment {
  std::string kind;
  std::string label;
  std::string account;
  std::string issuer;
  std::string key;
  std::string link;
  std::string address;
  std::string replaces;        // the label of the one that goes; may be empty
  std::string challenge = {};  // this and the next: of a passkey
  std::string host = {};
  std::string handle = {};
  std::string known = {};  // ids of those that are there, with blanks between
};

struct Session {
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() {
    for (std::string& code : recovery_codes) wipe(code);
    wipe(bypass_code);
    if (enrolment) wipe(enrolment->key);
  }
  Session(boost::asio::io_context& loop, const std::string& socket, Owner owner)
      : user(owner.user), seimond(loop, socket, std::move(owner)) {}

  // May help others: of the help desk, or an administrator.
  [[nodiscard]] bool is_helper() const { return !role.empty(); }

  std::string user;
  std::string role;  // helpdesk, admin; empty: none
  Seimond seimond;
  Clock::time_point until;
  Clock::time_point used;
  std::optional<Enrolment> enrolment;
  std::vector<std::string> recovery_codes;  // new ones, until their page is left
  std::string notice;                       // for the next page
  std::string after_codes = "/info";        // where to go on from the page of new recovery codes
  std::string pairing;                      // what the QR code for a phone says
  bool tries_phone = false;                 // a phone was registered: /ok begins with a trial
  std::string bypass_of;                    // whose bypass code is shown until their page is left
  std::string bypass_code;
};

// A sign-in under way.
struct Entry {
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  ~Entry() { wipe(password); }
  Entry(boost::asio::io_context& loop, const std::string& socket) : sign_in(loop, socket) {}

  SignIn sign_in;
  SignInState state;
  Clock::time_point until;
  std::string source;    // of source_of()
  std::string place;     // where to go afterwards
  std::string password;  // typed with the name: the answer to a first hidden prompt
  bool is_waiting = true;
  int step = 0;  // an answer to another step is not one
};

template <class T>
class ByCookie {
 public:
  explicit ByCookie(std::size_t most) : most_(most) {}
  // Null if there is none, or it has ended.
  [[nodiscard]] T* find(const std::string& cookie, Clock::time_point now) {
    const auto found = rows_.find(cookie);
    if (found == rows_.end()) return nullptr;
    if (now < found->second->until) return found->second.get();
    rows_.erase(found);
    return nullptr;
  }
  // False if there is no room.
  [[nodiscard]] bool add(const std::string& cookie, std::unique_ptr<T> row, Clock::time_point now) {
    if (rows_.size() >= most_) std::erase_if(rows_, [&](const auto& old) { return now >= old.second->until; });
    if (rows_.size() >= most_) return false;
    rows_.insert_or_assign(cookie, std::move(row));
    return true;
  }
  void remove(const std::string& cookie) { rows_.erase(cookie); }
  template <class Is>
  void remove_if(Is is) {
    std::erase_if(rows_, [&](const auto& row) { return is(*row.second); });
  }
  template <class Is>
  [[nodiscard]] std::size_t count(Is is) const {
    return static_cast<std::size_t>(
        std::count_if(rows_.begin(), rows_.end(), [&](const auto& row) { return is(*row.second); }));
  }

 private:
  std::size_t most_;
  std::map<std::string, std::unique_ptr<T>> rows_;
};

// 128 random bits in hexadecimal. Throws std::runtime_error without randomness.
[[nodiscard]] std::string random_value();

}  // namespace seimon::web
