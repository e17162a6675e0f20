// SPDX-License-Identifier: Apache-2.0
// The way to seimond and back: items of the login into messages, one exchange at a time.
// MUST: whatever goes wrong here is told to the log and is a refusal; each copy of an answer is overwritten as soon as
// it has been sent.
#pragma once

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#include <cstring>

#include <syslog.h>

#include "pam_module/options.h"
#include "wire/codec.h"
#include "wire/frame.h"
#include "wire/login.h"

namespace seimon::pam_module {

// An item or variable as a text; unset is empty. False when it is too long.
template <std::size_t N>
[[nodiscard]] bool copy_item(pam_handle_t* handle, int type, wire::Text<N>& text) {
  const void* item = nullptr;
  if (pam_get_item(handle, type, &item) != PAM_SUCCESS || item == nullptr) return true;
  return text.assign(static_cast<const char*>(item));
}

template <std::size_t N>
[[nodiscard]] bool copy_variable(pam_handle_t* handle, const char* name, wire::Text<N>& text) {
  const char* value = pam_getenv(handle, name);
  return value == nullptr || text.assign(value);
}

// Into the PAM environment. PAM_AUTHINFO_UNAVAIL when `value` is empty.
inline int put_variable(pam_handle_t* handle, const char* name, const wire::Text<40>& value) {
  char variable[64] = {};
  wire::Writer writer(variable, sizeof variable - 1);
  writer.raw(name);
  writer.raw("=");
  writer.raw(value.view());
  const int put = writer.ok() && !value.empty() ? pam_putenv(handle, variable) : PAM_AUTHINFO_UNAVAIL;
  explicit_bzero(variable, sizeof variable);
  return put;
}

// The user and the service, with which every message begins.
template <class Message>
[[nodiscard]] bool describe(pam_handle_t* handle, Message& message) {
  const char* user = nullptr;
  return pam_get_user(handle, &user, nullptr) == PAM_SUCCESS && user != nullptr && message.user.assign(user) &&
         copy_item(handle, PAM_SERVICE, message.service);
}

// One exchange with the service.
class Line {
 public:
  Line(pam_handle_t* handle, const Options& options) : handle_(handle), options_(options) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { wipe(); }

  bool open() { return report(connection_.connect(options_.socket, options_.server, fresh_deadline())); }

  template <class Message>
  bool exchange(const Message& message, wire::Reply& reply) {
    used_ = sizeof buffer_;
    const std::string_view call = wire::write_call(message, buffer_, sizeof buffer_);
    if (call.empty()) return report(wire::Failure::kSystem);
    used_ = call.size();
    const wire::Failure sent = connection_.send(call, deadline_);
    wipe();
    undelivered_ = sent == wire::Failure::kClosed;
    if (undelivered_) pam_syslog(handle_, LOG_NOTICE, "%s before it heard us", wire::failure_text(sent));
    if (sent != wire::Failure::kNone) return undelivered_ ? false : report(sent);
    std::string_view answer;
    used_ = sizeof buffer_;
    const wire::Failure received = connection_.receive(buffer_, sizeof buffer_, answer, deadline_);
    if (received != wire::Failure::kNone) return report(received);
    used_ = answer.size();
    wire::Envelope envelope;
    wire::clear(reply);
    if (!wire::read_envelope(answer, envelope) || !envelope.method.empty()) return report(wire::Failure::kClosed);
    if (envelope.error.view() == wire::VersionMismatch::kError) return report_versions(envelope.parameters);
    const bool understood = envelope.error.empty() && wire::read_parameters(envelope.parameters, reply);
    return understood || report(wire::Failure::kClosed);
  }

  // The last exchange failed because the service had closed already: nothing reached it.
  [[nodiscard]] bool is_undelivered() const { return undelivered_; }

  // Each exchange has its own time; the human's is not counted.
  wire::Deadline fresh_deadline() { return deadline_ = wire::deadline_in(options_.timeout); }

 private:
  void wipe() { explicit_bzero(buffer_, used_); }
  bool report(wire::Failure failure) {
    if (failure == wire::Failure::kNone) return true;
    pam_syslog(handle_, LOG_ERR, "refused: %s (%.100s)", wire::failure_text(failure), options_.socket);
    return false;
  }

  bool report_versions(std::string_view parameters) {
    wire::VersionMismatch theirs;
    (void)wire::read_parameters(parameters, theirs);
    pam_syslog(handle_, LOG_ERR,
               "refused: seimond has versions %lld to %lld of the protocol, this module %lld to %lld; install the same "
               "release of both",
               static_cast<long long>(theirs.oldest), static_cast<long long>(theirs.newest),
               static_cast<long long>(wire::kOldestVersion), static_cast<long long>(wire::kVersion));
    return false;
  }

  pam_handle_t* handle_;
  const Options& options_;
  wire::Connection connection_;
  wire::Deadline deadline_ = {};
  bool undelivered_ = false;
  std::size_t used_ = 0;  // of buffer_
  char buffer_[wire::kMaxLogin];
};

}  // namespace seimon::pam_module
