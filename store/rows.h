// SPDX-License-Identifier: Apache-2.0
// Between rows and records: the columns of each table in the order of its statements, as typed values.
// Always true: what is read here has the right types and is in range, and nothing else is said about it; whether it is
// genuine, its mac says (SqlStore).
#pragma once

#include <map>
#include <string>

#include "core/ports/maintenance.h"
#include "store/columns.h"
#include "store/record_text.h"

namespace seimon::store {

struct Head {
  core::Profile profile;
  FailureRecords failure_records;
  std::map<std::string, std::int64_t> row_versions;  // "m12" a method
  std::int64_t version = 0;                          // 0: not stored yet

  // In the order of kAddHead, without the mac. `epoch` is the store's.
  [[nodiscard]] Row row(const core::UserName& user, std::int64_t epoch) const;
};
// From the row's values before its mac. Throws core::StoreDamaged.
[[nodiscard]] Head head_of(const Row& row, const core::UserName& user, std::int64_t epoch);

// A method's row in the order of kAddMethod, without the mac. Columns that a spend changes:
enum class MethodColumn : std::size_t {
  kId = 1,
  kState = 3,
  kLabel = 4,
  kRegistered = 8,
  kLastUsed = 10,
  kLastStep = 11,
  kLastPairStep = 12,
  kEpoch = 13,
  kDrift = 14,
  kDriftSeen = 15,
  kDriftRun = 16,
  kSealedKey = 17,
  kVersion = 18
};
[[nodiscard]] Value& at(Row& row, MethodColumn column);
[[nodiscard]] std::int64_t number_at(const Row& row, MethodColumn column);
[[nodiscard]] Row method_row(const core::UserName& user, const core::Method& method, std::int64_t epoch,
                             const Blob& sealed_key, std::int64_t version);
// All of it but the key. Throws core::StoreDamaged naming the user and, where it can be read, the method.
[[nodiscard]] core::Method method_of(const Row& row, const core::UserName& user);

[[nodiscard]] std::string place_of_method(const core::UserName& user, std::int64_t id);
[[nodiscard]] std::string method_key(std::int64_t id);  // in Head::row_versions

// The values that the row's mac covers: all but the last, the mac itself.
[[nodiscard]] std::span<const Value> covered(const Row& row);
// Throws core::StoreDamaged naming `place` when there is none.
[[nodiscard]] const Blob& mac_of(const Row& row, const std::string& place);

}  // namespace seimon::store
