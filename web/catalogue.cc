// SPDX-License-Identifier: Apache-2.0
#include "web/catalogue.h"

#include <cstdint>
#include <cstring>
#include <stdexcept>

#include "base/files.h"

namespace seimon::web {

namespace {

constexpr std::size_t kMostBytes = 4 * 1024 * 1024;
constexpr std::uint32_t kMagic = 0x950412DE;

class Reader {
 public:
  Reader(const std::string& bytes, const std::string& path) : bytes_(bytes), path_(path) {}
  [[nodiscard]] std::uint32_t number(std::size_t at) const {
    std::uint32_t value = 0;
    std::memcpy(&value, part(at, sizeof value).data(), sizeof value);
    return value;
  }
  // The text of the entry at `at`: its length, then where it is.
  [[nodiscard]] std::string_view text(std::size_t at) const { return part(number(at + 4), number(at)); }

 private:
  [[nodiscard]] std::string_view part(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) throw std::runtime_error(path_ + ": not a catalogue");
    return std::string_view(bytes_).substr(at, size);
  }

  const std::string& bytes_;
  const std::string& path_;
};

}  // namespace

Catalogue::Catalogue(const std::string& path) {
  const std::string bytes = base::read_file(path, kMostBytes);
  const Reader reader(bytes, path);
  if (reader.number(0) != kMagic) throw std::runtime_error(path + ": not a catalogue");
  const std::size_t originals = reader.number(12);
  const std::size_t translations = reader.number(16);
  for (std::size_t i = 0; i < reader.number(8); ++i)
    texts_.emplace(reader.text(originals + i * 8), reader.text(translations + i * 8));
}

std::string_view Catalogue::find(std::string_view text) const {
  const auto found = texts_.find(text);
  return found == texts_.end() || found->second.empty() ? text : std::string_view(found->second);
}

}  // namespace seimon::web
