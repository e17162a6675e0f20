// SPDX-License-Identifier: Apache-2.0
// The end of a login's step: one table from (commit result, kind of outcome) to the reply, and where the event must be
// recorded before it is sent.
// MUST: nobody is let in unless a commit, syslog or the spool holds the record of it (threat model U5).
#pragma once

#include <cstdint>
#include <span>

namespace seimon::daemon {

enum class OutcomeKind : std::uint8_t {
  kOther,       // a prompt, or any verdict but a skip
  kSkip,        // let in without a code, and the store need not know
  kExempt,      // the policy exempts the login, and the step did not come to that
  kExemptSkip,  // the policy exempts the login, and the step said so
};

enum class Answer : std::uint8_t {
  kRefuse,   // as unavailable, or as the policy has it for that
  kOutcome,  // what the step returned
  kExempt,   // let in, because the policy exempts the login whatever the store says
};

enum class Record : std::uint8_t {
  kBestEffort,     // the answer does not depend on it
  kCommit,         // the commit that just succeeded holds it
  kSpool,          // the spool must take it
  kSyslogOrSpool,  // one of them must take it
};

// Tried in order: the first answer whose record succeeds is sent.
struct Attempt {
  Answer answer = Answer::kRefuse;
  Record record = Record::kBestEffort;
};

// The last one is a refusal, or needs no record.
[[nodiscard]] std::span<const Attempt> attempts_for(bool is_durable, OutcomeKind kind);

}  // namespace seimon::daemon
