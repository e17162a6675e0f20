// SPDX-License-Identifier: Apache-2.0
// A core::Standing as one text column: a line each for what is to be told, for charges and for sources, so that an
// administrator can read it in the file. Its row's mac covers it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/risk.h"

namespace seimon::store {

[[nodiscard]] std::string text_of(const core::Standing& standing);
// Nothing when the text is not one that text_of() writes.
[[nodiscard]] std::optional<core::Standing> standing_of(std::string_view text);

}  // namespace seimon::store
