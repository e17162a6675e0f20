// SPDX-License-Identifier: Apache-2.0
#include "qr/qr.h"

#include <qrcodegen/qrcodegen.hpp>

namespace seimon::qr {

namespace {

// Two modules a character, one above the other; the light or the dark ones in the foreground colour.
std::string half_blocks(const std::string& link, bool light_drawn) {
  const Modules modules = modules_of(link, kTerminalMargin);
  std::string text;
  for (std::size_t y = 0; y < modules.size(); y += 2) {
    for (std::size_t x = 0; x < modules.size(); ++x) {
      const bool upper = modules[y][x] != light_drawn;
      const bool lower = y + 1 < modules.size() && modules[y + 1][x] != light_drawn;
      text += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    text += '\n';
  }
  return text;
}

// Each module as one of two texts; each row ends with `end`.
std::string in_cells(const std::string& link, const char* dark, const char* light, const char* end) {
  std::string text;
  for (const auto& row : modules_of(link, kTerminalMargin)) {
    for (const bool module : row) text += module ? dark : light;
    text += end;
  }
  return text;
}

}  // namespace

Modules modules_of(const std::string& link, int margin) {
  const qrcodegen::QrCode code = qrcodegen::QrCode::encodeText(link.c_str(), qrcodegen::QrCode::Ecc::LOW);
  const int side = code.getSize() + 2 * margin;
  Modules modules(static_cast<std::size_t>(side), std::vector<bool>(static_cast<std::size_t>(side)));
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      modules[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = code.getModule(x - margin, y - margin);
  return modules;
}

std::string utf8(const std::string& link) { return half_blocks(link, true); }
std::string inverted(const std::string& link) { return half_blocks(link, false); }
std::string wide(const std::string& link) { return in_cells(link, "  ", "██", "\n"); }
std::string ansi(const std::string& link) { return in_cells(link, "\033[40m  ", "\033[107m  ", "\033[0m\n"); }

std::string svg(const std::string& link) {
  const Modules modules = modules_of(link, kFileMargin);
  const std::string side = std::to_string(modules.size());
  std::string text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + side + " " + side +
      "\" shape-rendering=\"crispEdges\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<path d=\"";
  for (std::size_t y = 0; y < modules.size(); ++y)
    for (std::size_t x = 0; x < modules.size(); ++x)
      if (modules[y][x]) text += "M" + std::to_string(x) + "," + std::to_string(y) + "h1v1h-1z";
  return text + "\" fill=\"#000\"/>\n</svg>\n";
}

}  // namespace seimon::qr
