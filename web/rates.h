// SPDX-License-Identifier: Apache-2.0
// Counts the sign-ins that each address begins in a minute.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace seimon::web {

class Rates {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr int kMost = 60;
  static constexpr std::size_t kMostAddresses = 20000;

  // Counts one more; false if that is too many. `source`: of source_of().
  [[nodiscard]] bool count(const std::string& source, Time now) {
    if (now - began_ >= std::chrono::minutes(1) || counts_.size() >= kMostAddresses) {
      began_ = now;
      counts_.clear();
    }
    return ++counts_[source] <= kMost;
  }

 private:
  Time began_{};
  std::map<std::string, int> counts_;
};

}  // namespace seimon::web
