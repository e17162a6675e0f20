// SPDX-License-Identifier: Apache-2.0
// Addresses against inet_pton: what we take, it takes and prints the same; a prefix holds exactly what its mask says.
#include <arpa/inet.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "core/policy/network.h"

using namespace seimon::core;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto address = parse_address(text);
  unsigned char bytes[16] = {};
  char printed[INET6_ADDRSTRLEN] = {};
  const bool v4 = inet_pton(AF_INET, text.c_str(), bytes) == 1;
  const bool v6 = !v4 && inet_pton(AF_INET6, text.c_str(), bytes) == 1;
  const bool canonical = (v4 || v6) && text.find('\0') == std::string::npos &&
                         inet_ntop(v4 ? AF_INET : AF_INET6, bytes, printed, sizeof printed) != nullptr &&
                         text == printed;
  if (address.has_value() != canonical) std::abort();
  if (address && std::memcmp(address->bytes.data() + (v4 ? 12 : 0), bytes, v4 ? 4 : 16) != 0) std::abort();
  const Prefix prefix = parse_prefix(text);
  if (prefix.error != PrefixError::kNone) return 0;
  if (prefix.range.last < prefix.range.first) std::abort();
  const NetworkSet set({prefix.range}, {});
  if (!set.contains(prefix.range.first) || !set.contains(prefix.range.last)) std::abort();
  if (!NetworkSet({prefix.range}, {prefix.range}).ranges().empty()) std::abort();
  return 0;
}
