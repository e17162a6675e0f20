// SPDX-License-Identifier: Apache-2.0
// Bytes over a real store's file (each input: places and what to write there), or instead of it: what is opened,
// migrated and read is refused as unavailable or damaged, or is exactly what was written. Sealed records too.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "store/seal.h"
#include "store/sql_store.h"
#include "store/sqlite/driver.h"
#include "tests/support/folder.h"

using namespace seimon::core;
using seimon::store::SqliteDriver;
using seimon::store::SqlStore;

namespace {

Secret key() { return Secret(std::vector<std::uint8_t>(32, 7)); }
UserName alice() { return *UserName::parse("alice"); }

std::string made_once() {
  const seimon::tests::Folder folder;
  const std::string path = folder.path() + "/seimon.db";
  const seimon::store::Seal wrapping(key());
  {
    SqliteDriver driver(path);
    SqlStore store(driver, wrapping);
    store.begin();
    Method method;
    method.label = "app";
    method.key = key();
    method.last_step = Step{100};
    (void)store.add_method(alice(), 1, method);
    store.commit();
  }
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string kWhole = made_once();
  static const seimon::tests::Folder kFolder;
  static const seimon::store::Seal kWrapping(key());
  if (size < 2) return 0;
  try {
    (void)kWrapping.open(std::span(data, size), "here");
    abort();
  } catch (const StoreDamaged&) {
  }
  std::string bytes = kWhole;
  if (data[0] == 0) bytes.assign(reinterpret_cast<const char*>(data), size);
  else
    for (std::size_t i = 1; i + 3 < size; i += 4)
      bytes[(std::size_t{data[i]} << 16 | std::size_t{data[i + 1]} << 8 | data[i + 2]) % bytes.size()] =
          static_cast<char>(data[i + 3]);
  const std::string path = kFolder.path() + "/seimon.db";
  for (const char* tail : {"", "-wal", "-shm", ".guard", ".reserve"}) (void)unlink((path + tail).c_str());
  std::ofstream(path, std::ios::binary) << bytes;
  (void)chmod(path.c_str(), 0600);
  SqliteDriver driver(path, path);
  SqlStore store(driver, kWrapping);
  try {
    store.begin();
    store.savepoint();
    const Account account = store.account(alice());
    const bool same = account.methods.size() == 1 && account.methods[0].last_step == Step{100} &&
                      account.methods[0].key == key() && !account.profile.suspended;
    // Only a file that is another one, or none, may know nothing of her; then nothing says that she was enrolled.
    if (!same && (account.profile.enrolled_before || !account.methods.empty())) abort();
    (void)store.repair(alice());
  } catch (const std::exception&) {
    // Refused.
  }
  store.roll_back();
  return 0;
}
