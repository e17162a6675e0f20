// SPDX-License-Identifier: Apache-2.0
// The messages of io.seimon.Login between the PAM module and the service: plain structs, each listing its fields
// once (`each_field`), from which the codec both writes and reads it. docs/io.seimon.Login.varlink is the same list
// for people, and a test holds the two together.
// Always true: no reply carries a secret, and the zero value of a Reply admits nobody.
#pragma once

#include <cstdint>

#include "wire/text.h"

namespace seimon::wire {

// Versions of the messages below, and of wire/relay.h. A new field is optional and needs no new version; kVersion rises
// when a message changes its meaning, kOldestVersion when that of an older one is given up.
inline constexpr std::int64_t kOldestVersion = 1;
inline constexpr std::int64_t kVersion = 1;

// True if a sender of the versions `oldest` (0: only `version`) to `version` has one in common with us.
[[nodiscard]] constexpr bool is_compatible(std::int64_t version, std::int64_t oldest) {
  if (oldest == 0) oldest = version;
  return oldest >= 1 && oldest <= version && version >= kOldestVersion && oldest <= kVersion;
}

inline constexpr std::size_t kMaxCall = 64 * 1024;     // bytes of any call, the final NUL included
inline constexpr std::size_t kMaxLogin = 48 * 1024;    // bytes of a message of io.seimon.Login, the final NUL included
inline constexpr std::size_t kMaxReply = 1024 * 1024;  // bytes of a reply of io.seimon.Admin

inline constexpr std::string_view kSocketPath = "/run/seimon/seimon.sock";
// The variable in which auth leaves the conversation's id for the hooks that sshd runs in another process.
inline constexpr const char* kConversationVariable = "SEIMON_CONVERSATION";
// The variable in which the session hook leaves the ticket for the `seimon` command.
inline constexpr const char* kTicketVariable = "SEIMON_TICKET";

// The first kRequired fields of each message have to be there; the others keep their defaults if an older sender does
// not know them. Fields that the reader does not know are ignored.

// Begins a conversation: who logs in, where, from where. Empty means "not set".
struct Open {
  static constexpr std::string_view kMethod = "io.seimon.Login.Open";
  static constexpr int kRequired = 3;
  std::int64_t version = kVersion;
  Text<1024> user;
  Text<256> service;
  Text<512> rhost;
  Text<256> tty;
  Text<1024> ruser;
  Text<256> ssh_connection;
  Text<1024> ssh_auth_info;  // a line for each method that sshd accepted
  Text<16> purpose;          // empty or "login"; the rest: docs/io.seimon.Login.varlink
  bool one_answer = false;   // the code comes with the password: there is no second question
  std::int64_t uid = -1;     // of the user, if the module's process could tell; root's word alone counts
  std::int64_t oldest = 0;   // version that the sender has, too; 0: only `version`

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("version", m.version);
    f("user", m.user);
    f("service", m.service);
    f("rhost", m.rhost);
    f("tty", m.tty);
    f("ruser", m.ruser);
    f("ssh_connection", m.ssh_connection);
    f("ssh_auth_info", m.ssh_auth_info);
    f("purpose", m.purpose);
    f("one_answer", m.one_answer);
    f("uid", m.uid);
    f("oldest", m.oldest);
  }
};

// Input at the prompt.
struct Answer {
  static constexpr std::string_view kMethod = "io.seimon.Login.Answer";
  static constexpr int kRequired = 2;
  Text<40> conversation;
  Text<512> answer;

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("conversation", m.conversation);
    f("answer", m.answer);
  }
};

// Instead of an answer that must not leave the module. Reasons: empty, filler, password, password-method, too-long.
struct Void {
  static constexpr std::string_view kMethod = "io.seimon.Login.Void";
  static constexpr int kRequired = 2;
  Text<40> conversation;
  Text<32> reason;

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("conversation", m.conversation);
    f("reason", m.reason);
  }
};

// May this account be used at all? The reply's verdict is `accepted` or `suspended`.
struct Account {
  static constexpr std::string_view kMethod = "io.seimon.Login.Account";
  static constexpr int kRequired = 3;
  std::int64_t version = kVersion;
  Text<1024> user;
  Text<256> service;
  Text<512> rhost;
  Text<256> tty;
  Text<40> conversation;
  std::int64_t oldest = 0;  // version that the sender has, too; 0: only `version`

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("version", m.version);
    f("user", m.user);
    f("service", m.service);
    f("rhost", m.rhost);
    f("tty", m.tty);
    f("conversation", m.conversation);
    f("oldest", m.oldest);
  }
};

// The session of a login begins, or ends; `conversation` is what auth left, and all that counts. The reply's verdict is
// `accepted`, with a reminder to show and a ticket for the owner's own changes, either of them empty.
struct Session {
  static constexpr std::string_view kMethod = "io.seimon.Login.Session";
  static constexpr int kRequired = 4;
  std::int64_t version = kVersion;
  Text<1024> user;
  Text<256> service;
  Text<40> conversation;
  Text<40> ticket;          // to end, when the session closes
  std::int64_t oldest = 0;  // version that the sender has, too; 0: only `version`

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("version", m.version);
    f("user", m.user);
    f("service", m.service);
    f("conversation", m.conversation);
    f("ticket", m.ticket);
    f("oldest", m.oldest);
  }
};

// The error reply to a sender whose versions are all too new or too old; ours are in it.
struct VersionMismatch {
  static constexpr std::string_view kError = "io.seimon.Login.VersionMismatch";
  static constexpr int kRequired = 2;
  std::int64_t oldest = 0;
  std::int64_t newest = 0;

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("oldest", m.oldest);
    f("newest", m.newest);
  }
};

// Either a prompt to show, or the verdict.
struct Reply {
  static constexpr int kRequired = 0;
  Text<40> conversation;
  Text<20000> prompt;
  bool echo = false;
  Text<16> verdict;
  Text<4096> message;  // shown with a verdict, or before the prompt
  Text<40> ticket;     // of Session only

  template <class Self, class F>
  static void each_field(Self& m, F&& f) {
    f("conversation", m.conversation);
    f("prompt", m.prompt);
    f("echo", m.echo);
    f("verdict", m.verdict);
    f("message", m.message);
    f("ticket", m.ticket);
  }
};

// The values are far apart, so that no single flipped bit, cleared word or wrong cast makes a refusal an admission.
enum class Verdict : std::uint32_t {
  kRefused = 0,
  kAccepted = 0x5A3CC3A5,     // a factor was checked and spent
  kSkipped = 0xA5C33C5A,      // policy asked for nothing
  kExhausted = 0x0F0FF0F0,    // refused, and the tries of this conversation are used up
  kUnavailable = 0x33CCCC33,  // no decision could be taken
  kSuspended = 0x00FFAA55,    // of Account only
};

// The name of a verdict on the wire.
[[nodiscard]] std::string_view verdict_name(Verdict verdict);
// Anything that is not exactly a known name is kUnavailable.
[[nodiscard]] Verdict verdict_of(std::string_view name);

}  // namespace seimon::wire
