// SPDX-License-Identifier: Apache-2.0
#include "tools/terminal/client.h"

#include <pwd.h>
#include <unistd.h>

#include <array>

#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

using nlohmann::json;

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

Stop stop_for(const client::Refused& refused) {
  const std::string sentence = refused.text.empty() ? refused.message : filled(_(refused.text.c_str()), refused.values);
  return {exit_code(refused.error), refused.help.empty() ? sentence : sentence + "\n" + refused.help, refused.error};
}

Stop stop_for(const client::Failed& failed, const std::string& path) {
  using Kind = client::Failed::Kind;
  if (failed.kind == Kind::kNotText) return {kUsage, _("what you typed is not valid UTF-8"), ""};
  const auto failure = failed.kind == Kind::kInvalidReply ? wire::Failure::kClosed : failed.failure;
  std::string fix = _("is the service running? systemctl status seimond");
  if (failure == wire::Failure::kClosed) fix = _("the versions of seimon and seimond may differ, or it is overloaded");
  const std::string where = failed.kind == Kind::kConnect ? path : "seimond";
  return {kUnreachable, where + ": " + wire::failure_text(failure) + "; " + fix, ""};
}

}  // namespace

json Client::call(const std::string& method, json parameters) {
  if (!note_.empty()) parameters["note"] = note_;
  client::Reply reply = client_.call(method, std::move(parameters));
  if (const auto* refused = std::get_if<client::Refused>(&reply)) throw stop_for(*refused);
  if (const auto* failed = std::get_if<client::Failed>(&reply)) throw stop_for(*failed, client_.path());
  return std::move(std::get<json>(reply));
}

std::string own_name() {
  const passwd* entry = getpwuid(getuid());
  if (entry == nullptr)
    throw Stop{kNoSuch, filled(_("your uid {1} has no account name"), {std::to_string(getuid())}), ""};
  return entry->pw_name;
}

}  // namespace seimon::tools
