// SPDX-License-Identifier: Apache-2.0
// QR codes of a link, for a terminal and for files; used at a login and by the command. Level L, quiet zone as ISO/IEC
// 18004 asks (files) or as phones still read (terminals).
#pragma once

#include <string>
#include <vector>

namespace seimon::qr {

// Rows of modules with the quiet zone around them; true is dark.
using Modules = std::vector<std::vector<bool>>;
inline constexpr int kTerminalMargin = 2;
inline constexpr int kFileMargin = 4;
// Throws std::exception when `link` is too long for any QR code.
[[nodiscard]] Modules modules_of(const std::string& link, int margin);

// Half blocks, light modules drawn in the foreground colour: for light text on a dark ground.
[[nodiscard]] std::string utf8(const std::string& link);
// The dark modules instead: for dark text on a light ground.
[[nodiscard]] std::string inverted(const std::string& link);
// Two full blocks a module, for fonts in which half blocks do not meet.
[[nodiscard]] std::string wide(const std::string& link);
// Two blanks a module, colours set by ANSI escapes: right on any ground, for terminals only.
[[nodiscard]] std::string ansi(const std::string& link);
[[nodiscard]] std::string svg(const std::string& link);

}  // namespace seimon::qr
