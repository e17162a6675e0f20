// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/network_config.h"

#include <algorithm>
#include <array>

#include "daemon/system/trust.h"

namespace seimon::daemon {

namespace {

constexpr std::size_t kMostFileBytes = 8 * 1024 * 1024;
constexpr std::array<std::string_view, 3> kStates = {"off", "preparing", "on"};

std::optional<core::NetworkState> parse_state(std::string_view name) {
  if (name == "off") return core::NetworkState::kOff;
  if (name == "preparing") return core::NetworkState::kPreparing;
  if (name == "on") return core::NetworkState::kOn;
  return std::nullopt;
}

struct NetworkDraft {
  core::Network network;
  std::vector<core::Range> members;
  std::vector<core::Range> left_out;
  std::vector<std::pair<std::string, std::string>> everything;  // prefixes that are all addresses, where
};

std::string prefix_problem(const core::Prefix& prefix, std::string_view text) {
  if (prefix.error == core::PrefixError::kNone || prefix.error == core::PrefixError::kEverything) return "";
  return "\"" + std::string(text) + "\": " + std::string(core::prefix_error_text(prefix.error));
}

void add_prefix(NetworkDraft& draft, std::string_view text, bool left_out, const std::string& place) {
  const core::Prefix prefix = core::parse_prefix(text);
  const std::string problem = prefix_problem(prefix, text);
  if (!problem.empty())
    throw ConfigError(place + ": " + problem + "\n  write a prefix such as 192.0.2.0/24 or 2001:db8:100::/40");
  if (prefix.error == core::PrefixError::kEverything && !left_out) draft.everything.emplace_back(text, place);
  (left_out ? draft.left_out : draft.members).push_back(prefix.range);
}

void read_network_file(NetworkDraft& draft, const Setting& setting) {
  const std::string path = setting.text();
  std::string content;
  try {
    content = TrustedFile(path).text(kMostFileBytes);
  } catch (const std::runtime_error& error) {
    throw ConfigError(setting.place() + ": file " + error.what());
  }
  std::size_t line_number = 0;
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.find('\n', at), content.size());
    std::string_view line(content.data() + at, end - at);
    ++line_number;
    at = end + 1;
    line = line.substr(0, line.find('#'));
    const bool left_out =
        line.find_first_not_of(" \t\r") != std::string_view::npos && line[line.find_first_not_of(" \t\r")] == '!';
    const std::size_t first = line.find_first_not_of(left_out ? "! \t\r" : " \t\r");
    if (first == std::string_view::npos) continue;
    line = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
    add_prefix(draft, line, left_out, path + ":" + std::to_string(line_number));
  }
}

void read_prefixes(NetworkDraft& draft, const Setting& setting, bool left_out) {
  for (const std::string& text : setting.texts()) add_prefix(draft, text, left_out, setting.place());
}

constexpr std::array<Key<NetworkDraft>, 6> kNetworkKeys = {{
    {"addresses", [](NetworkDraft& d, const Setting& s) { read_prefixes(d, s, false); }},
    {"not", [](NetworkDraft& d, const Setting& s) { read_prefixes(d, s, true); }},
    {"file", read_network_file},
    {"state", [](NetworkDraft& d, const Setting& s) { d.network.state = one_of(s, parse_state, kStates); }},
    {"not_before", [](NetworkDraft& d, const Setting& s) { d.network.not_before = s.moment(); }},
    {"any", [](NetworkDraft& d, const Setting& s) { d.network.any = s.boolean(); }},
}};

}  // namespace

core::Network read_network(const Setting& setting) {
  const std::string name = setting.name();
  NetworkDraft draft;
  read_group(setting, kNetworkKeys, draft, "network");
  if (!draft.everything.empty() && !draft.network.any)
    throw ConfigError(draft.everything.front().second + ": \"" + draft.everything.front().first +
                      "\": " + std::string(core::prefix_error_text(core::PrefixError::kEverything)) +
                      "\n  name the networks that you trust");
  if (draft.members.empty() && !draft.network.any)
    setting.fail("network " + name + " holds no address", "give it addresses or a file");
  const bool joined = core::NetworkSet(draft.members, {}).covers_a_family();
  if (joined && !draft.network.any)
    setting.fail("network " + name + " holds every address of a family, in pieces",
                 "name the networks that you trust, or add any = true if that is meant");
  draft.network.any = joined;
  draft.network.set = core::NetworkSet(std::move(draft.members), std::move(draft.left_out));
  return std::move(draft.network);
}

}  // namespace seimon::daemon
