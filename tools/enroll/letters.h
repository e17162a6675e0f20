// SPDX-License-Identifier: Apache-2.0
// seimon-letter at work beside us: one letter asked for, one answered.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace seimon::tools {

class Letters {
 public:
  // Throws Stop when the program or the template is not there.
  Letters(std::string folder, const std::string& layout);
  Letters(const Letters&) = delete;
  Letters& operator=(const Letters&) = delete;
  ~Letters();

  // REQUIRES that the folder is there.
  void begin();
  // On disk when this returns. Throws Stop with the program's word.
  void print(const nlohmann::json& letter);

 private:
  std::string folder_;
  std::string layout_;
  std::string program_;
  pid_t child_ = -1;
  std::FILE* to_ = nullptr;
  std::FILE* from_ = nullptr;
};

// The date as it is printed on them, of the host's zone.
[[nodiscard]] std::string today();

}  // namespace seimon::tools
