// SPDX-License-Identifier: Apache-2.0
#include "core/login/event.h"

#include "base/characters.h"

namespace seimon::core {

std::string event_line(const Event& event) {
  std::string line;
  Event::each_field(event, [&](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    if (!line.empty()) line += ' ';
    line += name;
    line += "=\"" + base::escaped(value) + '"';
  });
  return line;
}

}  // namespace seimon::core
