// SPDX-License-Identifier: Apache-2.0
#include "tools/enroll/png.h"

#include <png.h>

#include <stdexcept>
#include <vector>

#include "qr/qr.h"

namespace seimon::tools {

std::string png_qr(const std::string& link) {
  constexpr std::size_t kPixels = 8;  // of a module
  const qr::Modules modules = qr::modules_of(link, qr::kFileMargin);
  const std::size_t side = modules.size() * kPixels;
  std::vector<png_byte> pixels;
  for (std::size_t y = 0; y < side; ++y)
    for (std::size_t x = 0; x < side; ++x) pixels.push_back(modules[y / kPixels][x / kPixels] ? 0 : 255);
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
