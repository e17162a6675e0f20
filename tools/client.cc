// SPDX-License-Identifier: Apache-2.0
#include "tools/client.h"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <vector>

#include "tools/words.h"
#include "wire/login.h"

namespace seimon::tools {

namespace {

using nlohmann::json;

constexpr int kSeconds = 30;

struct Row {
  std::string_view error;
  Exit code;
};

constexpr std::array<Row, 12> kErrors = {{
    {"WrongCode", kNo},
    {"Refused", kNo},
    {"ProofNeeded", kNo},
    {"ActorProofNeeded", kNo},
    {"TwoCodes", kNo},
    {"NotPermitted", kNotPermitted},
    {"StoreUnavailable", kUnreachable},
    {"NoSuchUser", kNoSuch},
    {"NoSuchMethod", kNoSuch},
    {"NoSuchHost", kNoSuch},
    {"InvalidParameter", kUsage},
    {"InvalidInput", kBadInput},
}};

Exit exit_code(std::string_view error) {
  for (const Row& row : kErrors)
    if (row.error == error) return row.code;
  return kUnreachable;
}

Stop unreachable(wire::Failure failure, const std::string& path) {
  std::string cure = _("is the service running? systemctl status seimond");
  if (failure == wire::Failure::kClosed) cure = _("the versions of seimon and seimond may differ, or it is overloaded");
  return {kUnreachable, path + ": " + wire::failure_text(failure) + "; " + cure, ""};
}

// The service's sentence in the caller's language.
std::string translated(const json& refusal, const std::string& error) {
  const std::string text = refusal.value("text", "");
  if (text.empty()) return refusal.value("message", error);
  return filled(_(text.c_str()), refusal.value("values", std::vector<std::string>()));
}

// Codes and keys among them.
void wipe(json& parameters) {
  for (json& value : parameters)
    if (auto* text = value.get_ptr<std::string*>()) explicit_bzero(text->data(), text->size());
}

}  // namespace

Client::Client(const Common& common)
    : path_(common.socket.empty() ? std::string(wire::kSocketPath) : common.socket),
      named_(!common.socket.empty()),
      note_(common.note) {}

json Client::call(const std::string& method, json parameters) {
  std::string message;
  if (!note_.empty()) parameters["note"] = note_;
  if (has_ticket()) parameters["ticket"] = std::getenv(wire::kTicketVariable);
  try {
    json whole = {{"method", "io.seimon.Admin." + method}};
    whole["parameters"] = std::move(parameters);  // no copy that nobody wipes
    message = whole.dump();
    wipe(whole["parameters"]);
  } catch (const json::type_error&) {
    throw Stop{kUsage, _("what you typed is not valid UTF-8"), ""};
  }
  const wire::Deadline deadline = wire::deadline_in(kSeconds);
  if (!connected_) {
    const wire::Failure failure = connection_.connect(path_.c_str(), {0, named_}, deadline);
    if (failure != wire::Failure::kNone) throw unreachable(failure, path_);
    connected_ = true;
  }
  std::vector<char> buffer(wire::kMaxReply);
  std::string_view reply;
  wire::Failure failure = connection_.send({message.c_str(), message.size() + 1}, deadline);
  explicit_bzero(message.data(), message.size());
  if (failure == wire::Failure::kNone) failure = connection_.receive(buffer.data(), buffer.size(), reply, deadline);
  if (failure != wire::Failure::kNone) throw unreachable(failure, "seimond");
  json parsed = json::parse(reply, nullptr, false);
  explicit_bzero(buffer.data(), reply.size());
  if (!parsed.is_object() || !parsed.contains("parameters")) throw unreachable(wire::Failure::kClosed, "seimond");
  if (!parsed.contains("error")) return parsed["parameters"];
  std::string error = parsed["error"].is_string() ? parsed["error"].get<std::string>() : "";
  error.erase(0, error.rfind('.') + 1);
  const std::string help = parsed["parameters"].value("help", "");
  const std::string sentence = translated(parsed["parameters"], error);
  throw Stop{exit_code(error), help.empty() ? sentence : sentence + "\n" + help, error};
}

bool Client::has_ticket() { return std::getenv(wire::kTicketVariable) != nullptr; }

std::string own_name() {
  const passwd* entry = getpwuid(getuid());
  if (entry == nullptr)
    throw Stop{kNoSuch, filled(_("your uid {1} has no account name"), {std::to_string(getuid())}), ""};
  return entry->pw_name;
}

}  // namespace seimon::tools
