// SPDX-License-Identifier: Apache-2.0
// A phone that approves, and seimon-web for it: calls the service as the page does, with passkeys by OpenSSL.
#pragma once

#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "base/text.h"
#include "core/account/approval.h"
#include "tests/support/authenticator.h"
#include "wire/login.h"

namespace seimon::tests {

// The service, and the account of its page (`web.account`).
struct PageAt {
  std::string socket;
  std::string account;
};

// One connection for one owner. From root, without threads.
class Page {
 public:
  // `relay`: Web with a ticket, or Phone with a token.
  Page(const PageAt& at, const std::string& relay, const std::string& user, const std::string& key,
       const std::string& value)
      : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, at.socket.c_str(), sizeof address.sun_path - 1);
    const passwd* account = getpwnam(at.account.c_str());
    // The service sees whose connection it is by the effective id.
    const bool is_open = account != nullptr && seteuid(account->pw_uid) == 0 &&
                         connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (seteuid(0) != 0 || !is_open) throw std::runtime_error("the page cannot connect");
    (void)call("Relay." + relay, {{"version", wire::kVersion}, {"user", user}, {key, value}});
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  ~Page() { close(fd_); }

  // The reply's parameters. Throws std::runtime_error for an error.
  nlohmann::json call(const std::string& method, const nlohmann::json& parameters) {
    const std::string text = nlohmann::json{{"method", "io.seimon." + method}, {"parameters", parameters}}.dump();
    if (send(fd_, text.c_str(), text.size() + 1, MSG_NOSIGNAL) < 0) throw std::runtime_error("the service is away");
    std::string reply;
    for (char c = 1; recv(fd_, &c, 1, 0) == 1 && c != 0;) reply += c;
    const nlohmann::json parsed = nlohmann::json::parse(reply);
    if (parsed.contains("error")) throw std::runtime_error(method + ": " + reply);
    return parsed.at("parameters");
  }

 private:
  int fd_;
};

// The token of the phone.
inline std::string register_phone(const PageAt& at, const Authenticator& phone, const std::string& user,
                                  const std::string& label, const std::string& ticket) {
  Page page(at, "Web", user, "ticket", ticket);
  const nlohmann::json offer =
      page.call("Admin.Enroll", {{"user", user}, {"kind", "approve"}, {"label", label}, {"ticket", ticket}});
  const passkey::Registration made =
      phone.make(passkey::from_base64url(offer.at("challenge").get<std::string>()).value());
  return page
      .call("Admin.Confirm", {{"user", user},
                              {"client_data", seimon::base::base64url(made.client_data)},
                              {"authenticator_data", seimon::base::base64url(made.authenticator_data)}})
      .at("phone");
}

// `answer`: yes, no or not-me; yes with the number as it is typed. False if it was refused. Throws when nothing waits.
inline bool answer_by_phone(const PageAt& at, const Authenticator& phone, const std::string& user,
                            const std::string& token, const std::string& answer, const std::string& number) {
  Page page(at, "Phone", user, "token", token);
  const nlohmann::json waiting = page.call("Admin.Pending", {{"user", user}}).at("requests");
  if (waiting.empty()) throw std::runtime_error("nothing waits for " + user);
  core::ApprovalRequest request;
  request.id = waiting.at(0).at("id");
  request.host = waiting.at(0).at("host");
  request.service = waiting.at(0).at("service");
  request.source = waiting.at(0).at("source");
  nlohmann::json parameters = {{"user", user}, {"id", request.id}, {"answer", answer}};
  if (answer == "yes") {
    const passkey::Assertion given = phone.sign(passkey::sha256(core::approval_text(request, user, number)));
    parameters.update({{"number", number},
                       {"credential", seimon::base::base64url(phone.id)},
                       {"client_data", seimon::base::base64url(given.client_data)},
                       {"authenticator_data", seimon::base::base64url(given.authenticator_data)},
                       {"signature", seimon::base::base64url(given.signature)}});
  }
  try {
    (void)page.call("Admin.Approve", parameters);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace seimon::tests
