// SPDX-License-Identifier: Apache-2.0
#include "daemon/login/finish.h"

#include <array>

namespace seimon::daemon {

namespace {

struct Row {
  bool is_durable;
  OutcomeKind kind;
  std::array<Attempt, 3> attempts;
  std::size_t count;
};

constexpr Attempt kCommitted = {Answer::kOutcome, Record::kCommit};
constexpr Attempt kSpooled = {Answer::kOutcome, Record::kSpool};
constexpr Attempt kExempted = {Answer::kExempt, Record::kSyslogOrSpool};
constexpr Attempt kRefused = {Answer::kRefuse, Record::kBestEffort};

constexpr std::array<Row, 8> kRows = {{
    {true, OutcomeKind::kOther, {kCommitted}, 1},
    {true, OutcomeKind::kSkip, {kCommitted}, 1},
    {true, OutcomeKind::kExempt, {kCommitted}, 1},
    {true, OutcomeKind::kExemptSkip, {kCommitted}, 1},
    {false, OutcomeKind::kOther, {kRefused}, 1},
    {false, OutcomeKind::kSkip, {kSpooled, kRefused}, 2},
    {false, OutcomeKind::kExempt, {kExempted, kRefused}, 2},
    {false, OutcomeKind::kExemptSkip, {kSpooled, kExempted, kRefused}, 3},
}};

}  // namespace

std::span<const Attempt> attempts_for(bool is_durable, OutcomeKind kind) {
  for (const Row& row : kRows)
    if (row.is_durable == is_durable && row.kind == kind) return std::span(row.attempts).first(row.count);
  static constexpr std::array<Attempt, 1> kNothingElse = {kRefused};
  return kNothingElse;
}

}  // namespace seimon::daemon
