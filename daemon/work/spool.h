// SPDX-License-Identifier: Apache-2.0
// Events that the store could not take, in an append-only file beside it, until it can (threat model U5).
// Always true: what append() said yes to is on the disk; it is handed to the store at least once.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/login/event.h"

namespace seimon::daemon {

// One JSON object and its newline.
[[nodiscard]] std::string line_of(const core::Event& event);
// Nothing for a line that was cut off.
[[nodiscard]] std::optional<core::Event> event_in(std::string_view line);

class Spool {
 public:
  explicit Spool(std::string path) : path_(std::move(path)) {}

  // False when the disk does not take them, or when there are too many. Any thread.
  [[nodiscard]] bool append(const std::vector<core::Event>& events);
  // Sets what is there aside and reads it: to be given to the store, and then forgotten or kept. Empty when there is
  // nothing, or when somebody else has taken it and has done neither.
  [[nodiscard]] std::vector<core::Event> take();
  // Drops what take() returned, which is in the store now.
  void forget();
  // It is not: the next to take it tries again.
  void keep();

 private:
  std::string path_;
  std::mutex mutex_;
  bool is_taken_ = false;
  bool is_named_ = false;  // its name survives a power cut
};

}  // namespace seimon::daemon
