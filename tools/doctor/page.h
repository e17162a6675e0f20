// SPDX-License-Identifier: Apache-2.0
// Opens the page (seimon-web(8)) as a browser on this machine would.
#pragma once

#include <string>

namespace seimon::tools {

struct Reached {
  std::string failure;   // what came instead of the page; empty: the page came
  std::string distrust;  // why a browser would warn of the certificate; empty: it would not
};
// `host`: a name, and perhaps a port.
[[nodiscard]] Reached reach_page(const std::string& host);

}  // namespace seimon::tools
