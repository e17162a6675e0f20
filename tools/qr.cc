// SPDX-License-Identifier: Apache-2.0
#include "tools/qr.h"

#include <png.h>

#include <qrcodegen/qrcodegen.hpp>
#include <stdexcept>
#include <vector>

namespace seimon::tools {

namespace {

constexpr int kTerminalMargin = 2;
constexpr int kFileMargin = 4;
constexpr int kPixels = 8;  // of a module in a PNG

qrcodegen::QrCode code_of(const std::string& link) {
  return qrcodegen::QrCode::encodeText(link.c_str(), qrcodegen::QrCode::Ecc::LOW);
}

}  // namespace

std::string qr_utf8(const std::string& link) {
  const qrcodegen::QrCode code = code_of(link);
  std::string text;
  for (int y = -kTerminalMargin; y < code.getSize() + kTerminalMargin; y += 2) {
    for (int x = -kTerminalMargin; x < code.getSize() + kTerminalMargin; ++x) {
      const bool upper = !code.getModule(x, y);
      const bool lower = !code.getModule(x, y + 1) && y + 1 < code.getSize() + kTerminalMargin;
      text += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    text += '\n';
  }
  return text;
}

std::string qr_ansi(const std::string& link) {
  const qrcodegen::QrCode code = code_of(link);
  std::string text;
  for (int y = -kTerminalMargin; y < code.getSize() + kTerminalMargin; ++y) {
    for (int x = -kTerminalMargin; x < code.getSize() + kTerminalMargin; ++x)
      text += code.getModule(x, y) ? "\033[40m  " : "\033[107m  ";
    text += "\033[0m\n";
  }
  return text;
}

std::string qr_svg(const std::string& link) {
  const qrcodegen::QrCode code = code_of(link);
  const std::string side = std::to_string(code.getSize() + 2 * kFileMargin);
  std::string text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + side + " " + side +
      "\" shape-rendering=\"crispEdges\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<path d=\"";
  for (int y = 0; y < code.getSize(); ++y)
    for (int x = 0; x < code.getSize(); ++x)
      if (code.getModule(x, y))
        text += "M" + std::to_string(x + kFileMargin) + "," + std::to_string(y + kFileMargin) + "h1v1h-1z";
  return text + "\" fill=\"#000\"/>\n</svg>\n";
}

std::string qr_png(const std::string& link) {
  const qrcodegen::QrCode code = code_of(link);
  const int side = (code.getSize() + 2 * kFileMargin) * kPixels;
  std::vector<png_byte> pixels;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      pixels.push_back(code.getModule(x / kPixels - kFileMargin, y / kPixels - kFileMargin) ? 0 : 255);
  png_image image = {};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(side);
  image.height = static_cast<png_uint_32>(side);
  image.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr) == 0)
    throw std::runtime_error(std::string("cannot make a PNG: ") + image.message);
  bytes.resize(size);
  return bytes;
}

}  // namespace seimon::tools
