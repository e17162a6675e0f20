// SPDX-License-Identifier: Apache-2.0
// Columns of one row as typed values.
#pragma once

#include <string>

#include "core/ports/store.h"
#include "store/driver.h"

namespace seimon::store {

[[nodiscard]] inline std::int64_t number(core::Instant time) { return time.time_since_epoch().count(); }
[[nodiscard]] inline core::Instant instant(std::int64_t number) { return core::Instant(core::seconds(number)); }
template <class Enum>
[[nodiscard]] constexpr std::int64_t number_of(Enum value) {
  return static_cast<std::int64_t>(value);
}

// Columns of one row, taken in the order of the SELECT. STRICT tables keep types, so a wrong one is damage.
class Columns {
 public:
  Columns(const Row& row, std::string place) : row_(row), place_(std::move(place)) {}
  template <class T>
  const T& take() {
    const T* value = at_ < row_.size() ? std::get_if<T>(&row_[at_]) : nullptr;
    if (value == nullptr) throw core::StoreDamaged(place_ + ": a column has the wrong type");
    ++at_;
    return *value;
  }
  std::int64_t number() { return take<std::int64_t>(); }
  const std::string& text() { return take<std::string>(); }
  const Blob& blob() { return take<Blob>(); }

 private:
  const Row& row_;
  std::string place_;
  std::size_t at_ = 0;
};

}  // namespace seimon::store
