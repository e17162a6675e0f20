// SPDX-License-Identifier: Apache-2.0
// Enrols the people of the benches, everywhere by the same key.
//   bench_people seimon URL KEY-FILE FIRST COUNT   in a store, an app each, sealed as ever (sqlite:PATH or
//   postgresql:…) bench_people google FOLDER COUNT               a file each, as google-authenticator writes it, codes
//   used once bench_people oath FILE COUNT                   a file for all, counters from 0
#include <algorithm>
#include <fstream>
#include <memory>

#include <sys/stat.h>

#include "daemon/system/key.h"
#include "store/postgres/driver.h"
#include "store/sql_store.h"
#include "store/sqlite/driver.h"
#include "tests/bench/people.h"

namespace {

using namespace seimon;
using bench::key_of;
using bench::name_of;

void fill(store::Driver& driver, const std::string& key_file, std::int64_t first, std::int64_t count) {
  constexpr std::int64_t kAtOnce = 200;
  const store::Seal seal(daemon::read_key(key_file));
  store::SqlStore memory(driver, seal);
  for (std::int64_t at = first; at < first + count; at += kAtOnce) {
    memory.begin();
    for (std::int64_t number = at; number < std::min(at + kAtOnce, first + count); ++number) {
      core::Method method;
      method.label = "authenticator app";
      method.key = key_of(name_of(number));
      method.registered = bench::now();
      (void)memory.add_method(*core::UserName::parse(name_of(number)), 200000 + number, method);
    }
    memory.commit();
  }
}

int fill_store(const std::string& url, const std::string& key_file, std::int64_t first, std::int64_t count) {
  const std::string place = url.substr(url.find(':') + 1);
  if (url.starts_with("sqlite:")) {
    store::SqliteDriver driver(place);
    fill(driver, key_file, first, count);
    return 0;
  }
  store::PostgresShared shared;
  store::PostgresOptions options;
  options.connection = place;
  options.deadline = core::seconds(30);
  options.guard_file = key_file + ".bench";
  options.shared = &shared;
  const std::unique_ptr<store::Driver> driver(store::seimon_postgres_driver(options));
  fill(*driver, key_file, first, count);
  return 0;
}

int write_google(const std::string& folder, std::int64_t count) {
  umask(0177);
  for (std::int64_t number = 0; number < count; ++number) {
    const std::string user = name_of(number);
    std::ofstream file(folder + "/" + user);
    file << base32(key_of(user)) << "\n\" DISALLOW_REUSE\n\" TOTP_AUTH\n";
    if (!file.flush()) return 1;
  }
  return 0;
}

int write_oath(const std::string& path, std::int64_t count) {
  umask(0177);
  std::ofstream file(path);
  for (std::int64_t number = 0; number < count; ++number) {
    const std::string user = name_of(number);
    const core::Secret key = key_of(user);
    file << "HOTP " << user << " - ";
    for (const std::uint8_t byte : key.reveal()) file << "0123456789abcdef"[byte >> 4] << "0123456789abcdef"[byte & 15];
    file << "\n";
  }
  return file.flush() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "seimon" && argc == 6) return fill_store(argv[2], argv[3], std::stoll(argv[4]), std::stoll(argv[5]));
  if (what == "google" && argc == 4) return write_google(argv[2], std::stoll(argv[3]));
  if (what == "oath" && argc == 4) return write_oath(argv[2], std::stoll(argv[3]));
  return 2;
}
