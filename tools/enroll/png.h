// SPDX-License-Identifier: Apache-2.0
// The QR code as a picture, for the command alone: the service needs no libpng.
#pragma once

#include <string>

namespace seimon::tools {

// A PNG image as bytes. Throws std::runtime_error.
[[nodiscard]] std::string png_qr(const std::string& link);

}  // namespace seimon::tools
