// SPDX-License-Identifier: Apache-2.0
// A folder under /tmp that goes with its owner.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace seimon::tests {

class Folder {
 public:
  Folder() {
    char text[] = "/tmp/seimon-test-XXXXXX";
    const char* made = mkdtemp(text);
    if (made == nullptr) throw std::runtime_error("mkdtemp");
    path_ = made;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace seimon::tests
