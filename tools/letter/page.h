// SPDX-License-Identifier: Apache-2.0
// One A4 page from a template: text by Pango, which finds fonts for every script, the QR code as vectors.
#pragma once

#include <map>
#include <string>

namespace seimon::letter {

using Values = std::map<std::string, std::string>;

// A PDF as bytes. `layout` is Pango markup, a paragraph a line; "{name}" is taken from `values`, escaped, and a line
// "{qr}" is the QR code of `link`. Throws std::runtime_error naming the line.
[[nodiscard]] std::string page_of(const std::string& layout, const Values& values, const std::string& link);

}  // namespace seimon::letter
