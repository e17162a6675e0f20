// SPDX-License-Identifier: Apache-2.0
// What a host remembers of a store outside it: the generation (core/upkeep.h) that it saw last. A store with a lower
// one came back from before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace seimon::store {

// Nothing when there is no such file. Throws core::StoreUnavailable when it cannot be read.
[[nodiscard]] std::optional<std::int64_t> read_witness(const std::string& path);
// On disk before this returns, in place, so that a full disk takes it too. What went wrong; empty when nothing.
[[nodiscard]] std::string write_witness(const std::string& path, std::int64_t generation);
// A name in the folder of `path` survives a power cut.
[[nodiscard]] bool sync_directory_of(const std::string& path);

}  // namespace seimon::store
