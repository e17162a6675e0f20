// SPDX-License-Identifier: Apache-2.0
// Values as libpq carries them, in binary: whole numbers, texts, bytes.
#pragma once

#include <libpq-fe.h>

#include <array>
#include <vector>

#include "store/driver.h"

namespace seimon::store {

// A message of libpq, which has several lines, in one.
[[nodiscard]] std::string one_line(const char* text);

[[nodiscard]] std::vector<Row> rows_of(const PGresult* result);

// Parameters of a statement; they point into its row, which must outlive them.
struct Bound {
  explicit Bound(const Row& parameters);
  [[nodiscard]] int size() const { return static_cast<int>(types.size()); }

  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;

 private:
  void add(const Value& value);
  void push(Oid type, const char* bytes, std::size_t size);
  std::vector<std::array<char, 8>> numbers_;
};

}  // namespace seimon::store
