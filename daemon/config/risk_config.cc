// SPDX-License-Identifier: Apache-2.0
#include "daemon/config/risk_config.h"

#include <array>
#include <cmath>

namespace seimon::daemon {

namespace {

std::optional<bool> parse_risk_mode(std::string_view name) {
  if (name == "lock") return true;
  if (name == "guard") return false;
  return std::nullopt;
}

constexpr std::array<std::string_view, 2> kRiskModes = {"guard", "lock"};

using PerNetwork = core::RiskSettings::PerNetwork;
constexpr std::array<Key<PerNetwork>, 2> kSourceKeys = {{
    {"network", [](PerNetwork& p, const Setting& s) { p.network = s.text(); }},
    {"per_hour", [](PerNetwork& p, const Setting& s) { p.per_hour = s.number(1, 1000000); }},
}};

}  // namespace

core::Cost read_cost(const Setting& setting) {
  return core::Cost{std::llround(setting.chance() * static_cast<double>(core::kCostUnits))};
}

bool read_risk_mode(const Setting& setting) { return one_of(setting, parse_risk_mode, kRiskModes); }

void read_risk_sources(Config& config, const Setting& setting) {
  if (!setting.is_list()) setting.fail("risk.sources is not a list", "write ( { network = \"…\"; per_hour = 200; } )");
  for (const Setting& child : setting.children()) {
    PerNetwork row;
    read_group(child, kSourceKeys, row, "risk.sources row");
    if (row.network.empty() || row.per_hour == 0)
      child.fail("the row needs a network and a number", "write { network = \"…\"; per_hour = 200; }");
    config.risk.sources.push_back(std::move(row));
  }
}

void check_risk(const Config& config) {
  const core::RiskSettings& risk = config.risk;
  if (risk.quarter_hour > risk.day || risk.day > risk.month)
    throw ConfigError(config.files.front() +
                      ": risk.quarter_hour, risk.day and risk.month do not rise\n  a longer time allows no less than a "
                      "shorter one");
  for (const PerNetwork& row : risk.sources)
    if (!config.policy.networks.contains(row.network))
      throw ConfigError(config.files.front() + ": risk.sources names the unknown network \"" + row.network +
                        "\"\n  name one of networks");
}

}  // namespace seimon::daemon
