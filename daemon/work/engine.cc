// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/engine.h"

#include <dlfcn.h>

#include <cstring>
#include <filesystem>

#include "daemon/config/error.h"
#include "store/sqlite/driver.h"

namespace seimon::daemon {

namespace {

// Beside this program where both were built, else where it was installed.
std::string module_path() {
  constexpr const char* kName = "seimon-postgresql.so";
  std::error_code error;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / kName;
  return std::filesystem::exists(beside, error) ? beside.string() : std::string(SEIMON_MODULEDIR "/") + kName;
}

// Of a host that asks gates.
class NoStore : public store::Driver {
 public:
  void open() override {
    throw core::StoreUnavailable(
        "this is a stateless login host (upstream); work on the store is done on one of its gates");
  }
  void close() noexcept override {}
  std::vector<std::vector<store::Row>> run(std::span<const store::Statement> /*statements*/) override {
    open();
    return {};
  }
  [[nodiscard]] bool is_broken() const override { return true; }
  [[nodiscard]] std::optional<store::RollbackGuard> rollback_guard() const override { return std::nullopt; }
  void keep_rollback_guard(const store::RollbackGuard& /*guard*/) override {}
  [[nodiscard]] std::string problem() const override { return ""; }
  [[nodiscard]] store::Condition condition() const override { return {}; }
};

}  // namespace

Engine::Engine(const Config& config) {
  if (!config.upstream.empty()) {
    drivers_.push_back(std::make_unique<NoStore>());
    return;
  }
  if (config.store.server.empty()) {
    auto driver = std::make_unique<store::SqliteDriver>(config.store_path);
    log_ = driver.get();
    drivers_.push_back(std::move(driver));
    return;
  }
  // It stays: what it made is used until the end.
  void* module = dlopen(module_path().c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  void* entry = module == nullptr ? nullptr : dlsym(module, SEIMON_POSTGRES_ENTRY);
  if (entry == nullptr) {
    const char* reason = dlerror();
    throw ConfigError(
        module_path() + ": " + (reason == nullptr ? "is not ours" : reason) +
        "\n  for store.url = \"postgresql:…\" install the package seimon-postgresql, version " SEIMON_VERSION);
  }
  store::PostgresEntry make = nullptr;
  static_assert(sizeof make == sizeof entry);
  std::memcpy(&make, &entry, sizeof make);
  store::PostgresOptions options;
  options.connection = config.store.server;
  options.tls = config.store.tls;
  options.pooled = config.store.pooled;
  options.deadline = config.store.timeout;
  options.guard_file = config.store_path + ".guard";
  options.shared = &shared_;
  for (int i = 0; i < config.store.connections; ++i) drivers_.emplace_back(make(options));
}

}  // namespace seimon::daemon
