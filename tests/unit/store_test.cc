// SPDX-License-Identifier: Apache-2.0
// One contract for every store (the real one and the twin), and what only the real one must withstand: damaged,
// swapped and restored rows, wrong keys, newer schemas, files that come and go.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/memory_store.h"
#include "tests/support/opened_store.h"
#include "tests/support/store_contract.h"

using namespace seimon::tests;

namespace {

void the_twin_keeps_the_contract() {
  MemoryStore store;
  contract(store);
}

void the_real_store_keeps_the_contract() {
  const StoreFolder folder;
  Opened opened(folder);
  contract(opened.store);
}

void what_was_committed_is_there_after_reopening() {
  const StoreFolder folder;
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] { return opened.store.add_method(name("alice"), 1, method_of("app")); });
    opened.store.begin();
    opened.store.set_suspended(name("alice"), true);
    opened.store.roll_back();
  }
  Opened opened(folder);
  in_transaction(opened.store, [&] {
    const Account alice = opened.store.account(name("alice"));
    check(alice.methods.size() == 1 && !alice.profile.suspended);
    return 0;
  });
}

// ---- damage ---------------------------------------------------------------------------------------------------------

// Two users with history, then `sql` by somebody else. alice must be refused, bob must not notice.
void damage(const std::string& sql) {
  const StoreFolder folder;
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] {
      for (const char* user : {"alice", "bob"}) {
        const MethodId id = opened.store.add_method(name(user), 1, method_of("app"));
        (void)opened.store.spend(name(user), id, Step{200}, Drift(), kNow);
        opened.store.record_failures(name(user), CounterScope::kTrusted,
                                     charged(FailureRecord(), {}, Cost{3000}, kNow));
      }
      return 0;
    });
  }
  execute(folder, sql);
  Opened opened(folder);
  in_transaction(opened.store, [&] {
    check_throws<StoreDamaged>([&] { (void)opened.store.account(name("alice")); }, "user alice");
    check_throws<StoreDamaged>([&] { (void)opened.store.spend(name("alice"), MethodId{1}, Step{300}, {}, kNow); },
                               "alice");
    check(opened.store.account(name("bob")).methods.at(0).last_step == Step{200}, "others are not affected: " + sql);
    return 0;
  });
}

void a_changed_value_is_noticed() {
  damage("UPDATE method SET last_step = 5 WHERE user = 'alice'");
  damage("UPDATE method SET digits = 8 WHERE user = 'alice'");
  damage("UPDATE method SET label = 'mine' WHERE user = 'alice'");
  damage("UPDATE head SET failure_records = 'w -1 ' || char(10) || 'n 0 0 ' || char(10) WHERE user = 'alice'");
  damage("UPDATE head SET failure_records = '' WHERE user = 'alice'");
  damage("UPDATE head SET suspended = 1 - suspended WHERE user = 'alice'");
  damage("UPDATE head SET enrolled = 0 WHERE user = 'alice'");
  damage("UPDATE method SET sealed_key = zeroblob(48) WHERE user = 'alice'");
  damage("UPDATE method SET mac = zeroblob(32) WHERE user = 'alice'");
}

void a_removed_or_added_row_is_noticed() {
  damage("DELETE FROM method WHERE user = 'alice'");
  damage("DELETE FROM head WHERE user = 'alice'");
  damage(
      "CREATE TABLE copy AS SELECT * FROM method WHERE user = 'bob'; UPDATE copy SET user = 'alice', id = 99; "
      "INSERT INTO method SELECT * FROM copy");
}

// A process that may write to the file can make others' writes have no effect.
void a_write_that_changes_nothing_is_no_success() {
  for (const char* table : {"method", "head"}) {
    const StoreFolder folder;
    {
      Opened opened(folder);
      in_transaction(opened.store, [&] { return opened.store.add_method(name("alice"), 1, method_of("app")); });
    }
    execute(folder, std::string("CREATE TRIGGER deaf BEFORE UPDATE ON ") + table + " BEGIN SELECT RAISE(IGNORE); END");
    Opened opened(folder);
    const auto spend = [&] { return opened.store.spend(name("alice"), MethodId{1}, Step{200}, {}, kNow); };
    check_throws<StoreUnavailable>([&] { (void)in_transaction(opened.store, spend); }, "changed by somebody else");
    in_transaction(opened.store, [&] {
      check(opened.store.account(name("alice")).methods.at(0).last_step == Step{100}, "nothing of it counts");
      return 0;
    });
  }
}

void another_users_row_is_noticed() {
  damage(
      "UPDATE method SET sealed_key = (SELECT sealed_key FROM method WHERE user = 'bob'), "
      "mac = (SELECT mac FROM method WHERE user = 'bob') WHERE user = 'alice'");
  damage("UPDATE head SET mac = (SELECT mac FROM head WHERE user = 'bob') WHERE user = 'alice'");
}

void one_row_put_back_is_noticed() {
  const StoreFolder folder;
  const auto spend = [&](std::int64_t step) {
    Opened opened(folder);
    in_transaction(opened.store, [&] { return opened.store.spend(name("alice"), MethodId{1}, Step{step}, {}, kNow); });
  };
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] { return opened.store.add_method(name("alice"), 1, method_of("app")); });
  }
  execute(folder, "CREATE TABLE old_method AS SELECT * FROM method; CREATE TABLE old_head AS SELECT * FROM head");
  spend(200);
  execute(folder, "DELETE FROM method; INSERT INTO method SELECT * FROM old_method");
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] {
      check_throws<StoreDamaged>([&] { (void)opened.store.account(name("alice")); }, "was put back");
      return 0;
    });
  }
  // All rows of a user together are the residual risk that SECURITY names (U4).
  execute(folder, "DELETE FROM head; INSERT INTO head SELECT * FROM old_head");
  Opened opened(folder);
  in_transaction(opened.store, [&] { return opened.store.account(name("alice")).methods.size(); });
}

void the_wrong_key_opens_nothing() {
  const StoreFolder folder;
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] { return opened.store.add_method(name("alice"), 1, method_of("app")); });
  }
  Opened opened(folder, 8);
  check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "does not fit this store");
  opened.store.roll_back();
  check_throws<StoreUnavailable>([&] { (void)opened.store.account(name("alice")); }, "not in a transaction");
  check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "does not fit this store");
  check_throws<StoreUnavailable>([&] { (void)opened.store.account(name("alice")); }, "not in a transaction");
  opened.store.roll_back();
}

// ---- files ----------------------------------------------------------------------------------------------------------

void a_store_that_was_made_once_is_not_made_again() {
  const StoreFolder folder;
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] { return opened.store.add_method(name("alice"), 1, method_of("app")); });
  }
  for (const char* tail : {"", "-wal", "-shm"}) std::filesystem::remove(folder.file() + tail);
  {
    Opened opened(folder);
    check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "the store is missing");
    opened.store.roll_back();
  }
  check(!std::filesystem::exists(folder.file()), "and nothing was left in its place");
  std::ofstream(folder.file()).close();
  Opened opened(folder);
  check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "empty, though one was made");
  opened.store.roll_back();
}

void a_file_that_goes_away_in_use_is_noticed_and_so_is_its_return() {
  const StoreFolder folder;
  Opened opened(folder);
  in_transaction(opened.store, [&] { return opened.store.add_method(name("alice"), 1, method_of("app")); });
  std::filesystem::rename(folder.file(), folder.path() + "/away");
  check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "removed or replaced");
  opened.store.roll_back();
  std::filesystem::rename(folder.path() + "/away", folder.file());
  in_transaction(opened.store, [&] {
    check_equal(opened.store.account(name("alice")).methods.size(), 1U);
    return 0;
  });
}

void a_newer_schema_is_refused() {
  const StoreFolder folder;
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] { return opened.store.summary().users; });
  }
  execute(folder, "UPDATE meta SET value = 99 WHERE name = 'schema'");
  Opened opened(folder);
  check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "schema 99");
  opened.store.roll_back();
}

void another_database_or_garbage_is_refused() {
  const StoreFolder folder;
  execute(folder, "CREATE TABLE something (a)");
  chmod(folder.file().c_str(), 0600);
  {
    Opened opened(folder);
    check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "seimon.db");
    opened.store.roll_back();
  }
  std::ofstream(folder.file(), std::ios::trunc) << std::string(8192, 'x');
  Opened opened(folder);
  check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "seimon.db");
  opened.store.roll_back();
}

void what_others_may_write_is_refused() {
  const StoreFolder folder;
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] { return opened.store.summary().users; });
  }
  chmod(folder.file().c_str(), 0666);
  {
    Opened opened(folder);
    check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "others may write");
    opened.store.roll_back();
  }
  chmod(folder.file().c_str(), 0600);
  chmod(folder.path().c_str(), 0777);
  Opened opened(folder);
  check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "others may write");
  opened.store.roll_back();
}

void a_symbolic_link_is_refused() {
  const StoreFolder folder;
  const StoreFolder elsewhere;
  {
    Opened opened(elsewhere);
    in_transaction(opened.store, [&] { return opened.store.summary().users; });
  }
  std::filesystem::create_symlink(elsewhere.file(), folder.file());
  Opened opened(folder);
  check_throws<StoreUnavailable>([&] { opened.store.begin(); }, "symbolic link");
  opened.store.roll_back();
}

seimon::store::Value ask(Opened& opened, const char* sql) {
  const std::vector<seimon::store::Statement> statements = {{sql, {}}};
  return opened.driver.run(statements).at(0).at(0).at(0);
}

void the_file_is_durable_whatever_was_set_in_it() {
  const StoreFolder folder;
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] { return opened.store.summary().users; });
  }
  execute(folder, "PRAGMA journal_mode = DELETE");
  Opened opened(folder);
  in_transaction(opened.store, [&] { return opened.store.summary().users; });
  check_equal(std::get<std::string>(ask(opened, "PRAGMA journal_mode")), "wal");
  check_equal(std::get<std::int64_t>(ask(opened, "PRAGMA synchronous")), 1);  // and sync() does the rest
  SqliteDriver candidate(folder.file(), folder.file());
  candidate.open();
  const std::vector<seimon::store::Statement> synchronous = {{"PRAGMA synchronous", {}}};
  check_equal(std::get<std::int64_t>(candidate.run(synchronous).at(0).at(0).at(0)), 2);
  check_equal(std::get<std::int64_t>(ask(opened, "PRAGMA secure_delete")), 1);
}

void no_key_is_readable_in_the_file() {
  const StoreFolder folder;
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] { return opened.store.add_method(name("alice"), 1, method_of("app")); });
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    check(bytes.find(std::string(16, '\x2a')) == std::string::npos, entry.path().string());
  }
}

void a_seal_opens_only_where_it_was_closed() {
  const seimon::store::Seal seal(key_of(1));
  const seimon::store::Blob closed = seal.close(key_of(9), "here");
  check(seal.open(closed, "here") == key_of(9));
  check_throws<StoreDamaged>([&] { (void)seal.open(closed, "there"); }, "seal is broken");
  for (std::size_t i = 0; i < closed.size(); ++i) {
    seimon::store::Blob changed = closed;
    changed[i] ^= 1;
    check_throws<StoreDamaged>([&] { (void)seal.open(changed, "here"); }, "seal is broken");
  }
  check_throws<StoreDamaged>([&] { (void)seal.open(std::span(closed).first(10), "here"); }, "too short");
  check_throws<StoreDamaged>([&] { (void)seimon::store::Seal(key_of(2)).open(closed, "here"); }, "seal is broken");
}

void what_was_given_out_in_an_older_epoch_is_void() {
  StoreFolder folder;
  Opened opened(folder);
  in_transaction(opened.store, [&] {
    Profile profile;
    profile.language = Language::kEnglish;
    profile.recovery = {kNow, 1, {"d1"}};
    profile.bypass.push_back({1, "d2", kNow, kNow + kHour, 1, 5, "root", ""});
    profile.tickets.push_back({"d3", kNow + kHour, true, true, false, "h", "b"});
    profile.remembered.push_back({kNow + kDay, "sshd", "203.0.113.9"});
    profile.proven = Proven{"c", kNow, {}};
    opened.store.write_profile(name("alice"), profile);
    opened.store.begin_epoch(kNow);
    const Profile after = opened.store.account(name("alice")).profile;
    check(after.recovery.unused.empty() && after.bypass.empty() && after.tickets.empty() && after.remembered.empty() &&
          !after.proven);
    check(after.language == Language::kEnglish, "a choice is no key");
    return 0;
  });
}

void a_profile_that_was_changed_is_damage() {
  StoreFolder folder;
  Opened opened(folder);
  in_transaction(opened.store, [&] {
    opened.store.write_profile(name("alice"), Profile());
    return 0;
  });
  opened.store.close();
  execute(folder, "UPDATE head SET profile = replace(profile, 'p -1 0', 'p -1 1') WHERE user = 'alice'");
  check_throws<StoreDamaged>(
      [&] { in_transaction(opened.store, [&] { return opened.store.account(name("alice")).methods.size(); }); },
      "alice");
}

void everybody_together_is_counted_listed_and_forgotten() {
  StoreFolder folder;
  Opened opened(folder);
  in_transaction(opened.store, [&] {
    SqlStore& store = opened.store;
    (void)store.add_method(name("alice"), 1000, method_of("app"));
    store.write_profile(name("bob"), Profile());
    store.record_failures(store.decoy_of(name("nobody")), CounterScope::kTrusted, FailureRecord());
    check(store.names_after("", 10) == std::vector<std::string>{"alice", "bob"}, "decoys are nobody");
    check(store.names_after("alice", 10) == std::vector<std::string>{"bob"});
    store.forget(name("alice"));
    check(store.account(name("alice")).methods.empty() && !store.account(name("alice")).profile.enrolled_before);
    for (int i = 0; i < 3; ++i) {
      Event event;
      event.at = kNow + seconds(i);
      event.event = "login";
      event.user = i < 2 ? "bob" : "carol";
      event.outcome = "accepted";
      store.append(event);
    }
    std::int64_t before = 0;
    check_equal(store.tally(kNow, before).size(), 2U);
    check_equal(before, 0);
    check_equal(store.tally_of("bob", kNow).at(0).count, 2);
    check_equal(store.tally_of("bob", kNow + seconds(1)).at(0).count, 1);
    store.post({0, kNow, "bob", "subject", "body", 0});
    const auto mail = store.next_mail(kNow);
    check(mail && mail->user == "bob" && mail->body == "body" && store.summary().mails == 1);
    check(!store.next_mail(kNow), "whoever took it has it for a while");
    check(!store.drop_mail(mail->id, mail->lease + 1), "nobody else ends it");
    check(store.retry_mail(mail->id, mail->lease, kNow + kHour));
    check(!store.next_mail(kNow));
    const auto again = store.next_mail(kNow + kHour);
    check(again && again->tries == 1);
    const auto late = store.next_mail(kNow + kHour + SqlStore::kLease);
    check(late && late->id == again->id, "a lease ends");
    check(!store.retry_mail(again->id, again->lease, kNow) && store.drop_mail(late->id, late->lease));
    check(!store.next_mail(kNow + kDay));
    check(store.post({0, kNow, "bob", "old", "body"}) && store.post({0, kNow + seconds(1), "bob", "new", "body"}));
    check(store.summary().oldest_mail == kNow);
    check_equal(store.forget_mail(kNow + seconds(1)), 1);
    check(store.summary().mails == 1 && store.summary().oldest_mail == kNow + seconds(1), "the newer one still waits");
    return 0;
  });
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(what_was_given_out_in_an_older_epoch_is_void),
      SEIMON_TEST(a_profile_that_was_changed_is_damage),
      SEIMON_TEST(everybody_together_is_counted_listed_and_forgotten),
      SEIMON_TEST(the_twin_keeps_the_contract),
      SEIMON_TEST(the_real_store_keeps_the_contract),
      SEIMON_TEST(what_was_committed_is_there_after_reopening),
      SEIMON_TEST(a_changed_value_is_noticed),
      SEIMON_TEST(a_removed_or_added_row_is_noticed),
      SEIMON_TEST(another_users_row_is_noticed),
      SEIMON_TEST(a_write_that_changes_nothing_is_no_success),
      SEIMON_TEST(one_row_put_back_is_noticed),
      SEIMON_TEST(the_wrong_key_opens_nothing),
      SEIMON_TEST(a_store_that_was_made_once_is_not_made_again),
      SEIMON_TEST(a_file_that_goes_away_in_use_is_noticed_and_so_is_its_return),
      SEIMON_TEST(a_newer_schema_is_refused),
      SEIMON_TEST(another_database_or_garbage_is_refused),
      SEIMON_TEST(what_others_may_write_is_refused),
      SEIMON_TEST(a_symbolic_link_is_refused),
      SEIMON_TEST(the_file_is_durable_whatever_was_set_in_it),
      SEIMON_TEST(no_key_is_readable_in_the_file),
      SEIMON_TEST(a_seal_opens_only_where_it_was_closed),
  };
  umask(077);
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
