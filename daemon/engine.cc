// SPDX-License-Identifier: Apache-2.0
#include "daemon/engine.h"

#include <dlfcn.h>

#include <cstring>
#include <filesystem>

#include "store/sqlite_driver.h"

namespace seimon::daemon {

namespace {

// Beside this program where both were built, else where it was installed.
std::string module_path() {
  constexpr const char* kName = "seimon-postgresql.so";
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / kName;
  return std::filesystem::exists(beside, error) ? beside.string() : std::string(SEIMON_MODULEDIR "/") + kName;
}

}  // namespace

Engine::Engine(const Config& config) {
  if (config.store.server.empty()) {
    drivers_.push_back(std::make_unique<store::SqliteDriver>(config.store_path));
    return;
  }
  // It stays: what it made is used until the end.
  void* module = dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  void* entry = module == nullptr ? nullptr : dlsym(module, store::kPostgresEntry);
  if (entry == nullptr) {
    const char* reason = dlerror();
    throw ConfigError(module_path() + ": " + (reason == nullptr ? "is not ours" : reason) +
                      "\n  for store.url = \"postgresql:…\" install the package seimon-postgresql");
  }
  store::PostgresEntry make = nullptr;
  static_assert(sizeof make == sizeof entry);
  std::memcpy(&make, &entry, sizeof make);
  store::PostgresOptions options;
  options.connection = config.store.server;
  options.tls = config.store.tls;
  options.deadline = config.store.timeout;
  options.witness = config.store_path + ".made";
  options.shared = &shared_;
  for (int i = 0; i < config.store.connections; ++i) drivers_.emplace_back(make(options));
}

}  // namespace seimon::daemon
