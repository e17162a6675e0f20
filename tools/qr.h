// SPDX-License-Identifier: Apache-2.0
// QR codes of a link, for a terminal and for files. Level L, quiet zone as ISO/IEC 18004 asks (files) or as phones
// still read (terminals).
#pragma once

#include <string>

namespace seimon::tools {

// Half blocks, light modules drawn in the foreground colour: for light text on a dark ground.
[[nodiscard]] std::string qr_utf8(const std::string& link);
// Two blanks a module, colours set by ANSI escapes: right on any ground, for terminals only.
[[nodiscard]] std::string qr_ansi(const std::string& link);
[[nodiscard]] std::string qr_svg(const std::string& link);
// A PNG image as bytes. Throws std::runtime_error.
[[nodiscard]] std::string qr_png(const std::string& link);

}  // namespace seimon::tools
