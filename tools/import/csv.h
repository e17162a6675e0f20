// SPDX-License-Identifier: Apache-2.0
// CSV as RFC 4180 has it, a record a line, in UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seimon::tools {

// Nothing where a quotation does not end.
[[nodiscard]] std::optional<std::vector<std::string>> cells_of(std::string_view line);
// In quotation marks where it has to be.
[[nodiscard]] std::string csv_cell(const std::string& text);
// The same for what people open in a spreadsheet: no cell begins like a formula. What is read back again is csv_cell's.
[[nodiscard]] std::string csv_shown(const std::string& text);
// Without the byte order mark that spreadsheets write.
[[nodiscard]] std::string_view without_byte_order_mark(std::string_view text);
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace seimon::tools
