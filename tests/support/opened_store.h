// SPDX-License-Identifier: Apache-2.0
// A store in a folder of its own, and what tests do to it. Include before tests/support/test.h.
#pragma once

#include <sqlite3.h>

#include <string>

#include "store/seal.h"
#include "store/sql_store.h"
#include "store/sqlite/driver.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

namespace seimon::tests {

using namespace seimon::core;
using seimon::store::SqliteDriver;
using seimon::store::SqlStore;

inline const Instant kNow(seconds(1800000000));

inline Secret key_of(std::uint8_t byte) { return Secret(std::vector<std::uint8_t>(32, byte)); }
inline UserName name(const char* text) { return *UserName::parse(text); }

class StoreFolder : public Folder {
 public:
  std::string file() const { return path() + "/seimon.db"; }
};

// A store in use: opened in a transaction, closed with it.
struct Opened {
  explicit Opened(const StoreFolder& folder, std::uint8_t key = 7)
      : wrapping(key_of(key)), driver(folder.file()), store(driver, wrapping) {}
  seimon::store::Seal wrapping;
  SqliteDriver driver;
  SqlStore store;
};

template <class Work>
auto in_transaction(SqlStore& store, Work work) {
  store.begin();
  try {
    auto result = work();
    store.commit();
    return result;
  } catch (...) {
    store.roll_back();
    throw;
  }
}

inline Method method_of(const char* label) {
  Method method;
  method.label = label;
  method.key = key_of(42);
  method.registered = kNow;
  method.last_step = Step{100};
  return method;
}

inline void execute(const StoreFolder& folder, const std::string& sql) {
  sqlite3* database = nullptr;
  check(sqlite3_open(folder.file().c_str(), &database) == SQLITE_OK);
  char* error = nullptr;
  const int done = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error);
  const std::string text = error != nullptr ? error : "";
  sqlite3_free(error);
  sqlite3_close(database);
  check(done == SQLITE_OK, sql + ": " + text);
}

}  // namespace seimon::tests
