// SPDX-License-Identifier: Apache-2.0
// The translations of the command and of the page, in several languages at once: gettext's own functions have one
// language for a process. Reads a compiled catalogue (GNU gettext manual, "The Format of GNU MO Files").
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace seimon::web {

class Catalogue {
 public:
  Catalogue() = default;  // no translations
  // Throws std::runtime_error if `path` is not a catalogue of this machine's byte order.
  explicit Catalogue(const std::string& path);

  // The translation of `text`, or `text`.
  [[nodiscard]] std::string_view find(std::string_view text) const;

 private:
  std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace seimon::web
