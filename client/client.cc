// SPDX-License-Identifier: Apache-2.0
#include "client/client.h"

#include <cstdlib>
#include <cstring>

#include "wire/login.h"

namespace seimon::client {

namespace {

using nlohmann::json;

constexpr int kSeconds = 30;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace

void wipe(json& parameters) {
  for (json& value : parameters)
    if (auto* text = value.get_ptr<std::string*>()) explicit_bzero(text->data(), text->size());
}

Reply parse_reply(std::string_view message) {
  json reply = json::parse(message, nullptr, false);
  if (!reply.is_object() || !reply.contains("parameters") || !reply["parameters"].is_object())
    return Failed{Failed::Kind::kInvalidReply};
  json& parameters = reply["parameters"];
  if (!reply.contains("error")) return Reply(std::move(parameters));
  Refused refused{.error = text_of(reply, "error"),
                  .message = text_of(parameters, "message"),
                  .text = text_of(parameters, "text"),
                  .values = {},
                  .help = text_of(parameters, "help")};
  refused.error.erase(0, refused.error.rfind('.') + 1);
  if (refused.message.empty()) refused.message = refused.error;
  if (const auto values = parameters.find("values"); values != parameters.end() && values->is_array())
    for (const json& value : *values)
      if (value.is_string()) refused.values.push_back(value.get<std::string>());
  return refused;
}

Client::Client(std::string path)
    : is_named_(!path.empty()), path_(is_named_ ? std::move(path) : std::string(wire::kSocketPath)) {}

Reply Client::call(const std::string& method, json parameters) {
  if (has_ticket()) parameters["ticket"] = std::getenv(wire::kTicketVariable);
  std::string message;
  try {
    json whole = {{"method", "io.seimon.Admin." + method}};
    whole["parameters"] = std::move(parameters);  // no copy that nobody wipes
    message = whole.dump();
    wipe(whole["parameters"]);
  } catch (const json::type_error&) {
    return Failed{Failed::Kind::kNotText};
  }
  const wire::Deadline deadline = wire::deadline_in(kSeconds);
  if (!is_connected_) {
    const wire::Failure failure = connection_.connect(path_.c_str(), {0, is_named_}, deadline);
    if (failure != wire::Failure::kNone) return Failed{Failed::Kind::kConnect, failure};
    is_connected_ = true;
  }
  std::vector<char> buffer(wire::kMaxReply);
  std::string_view reply;
  wire::Failure failure = connection_.send({message.c_str(), message.size() + 1}, deadline);
  explicit_bzero(message.data(), message.size());
  if (failure == wire::Failure::kNone) failure = connection_.receive(buffer.data(), buffer.size(), reply, deadline);
  if (failure != wire::Failure::kNone) return Failed{Failed::Kind::kCall, failure};
  Reply result = parse_reply(reply);
  explicit_bzero(buffer.data(), reply.size());
  return result;
}

bool Client::has_ticket() { return std::getenv(wire::kTicketVariable) != nullptr; }

}  // namespace seimon::client
