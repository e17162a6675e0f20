// SPDX-License-Identifier: Apache-2.0
#include "daemon/system/key.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/system/privileges.h"
#include "daemon/system/trust.h"

namespace seimon::daemon {

namespace {

constexpr std::size_t kKeyBytes = 32;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

core::Secret parse_key(std::string_view text) {
  std::array<std::uint8_t, kKeyBytes> bytes{};
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  bool good = text.size() == 2 * kKeyBytes;
  for (std::size_t i = 0; good && i < kKeyBytes; ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    good = high >= 0 && low >= 0;
    bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  core::Secret key;
  if (good) key = core::Secret(bytes);
  explicit_bzero(bytes.data(), bytes.size());
  return key;
}

}  // namespace

std::string key_path(const std::string& config_path) {
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (credentials != nullptr) {
    std::string path = std::string(credentials) + "/seal.key";
    if (access(path.c_str(), F_OK) == 0) return path;
  }
  const std::size_t slash = config_path.rfind('/');
  return (slash == std::string::npos ? "" : config_path.substr(0, slash + 1)) + "seal.key";
}

core::Secret read_key(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0)
    throw std::runtime_error(path + ": " + std::strerror(errno) +
                             "\n  put the copy of seal.key back; seimon key init is for a new installation only");
  const TrustedFile file(path, service_uid());
  // A credential's directory is ours alone; systemd may show its access list as group bits.
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  const bool is_credential = credentials != nullptr && path.starts_with(std::string(credentials) + "/");
  if ((file.status().st_mode & (is_credential ? S_IROTH : S_IRGRP | S_IROTH)) != 0)
    throw std::runtime_error(path + ": others may read the sealing key\n  run: chmod 0400 " + path);
  std::string text = file.text(4096);
  core::Secret key = parse_key(text);
  core::wipe(text);
  if (key.empty())
    throw std::runtime_error(path +
                             ": is not a sealing key (64 hexadecimal digits)\n"
                             "  put back the key that belongs to the store; a new one cannot open it");
  return key;
}

}  // namespace seimon::daemon
