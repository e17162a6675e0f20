// SPDX-License-Identifier: Apache-2.0
// The store's age: epochs after a restore, a file put back by hand, clocks that were ahead, damage and its repair,
// copies under way, the reserve; and the watch over the clock.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "daemon/system/clock.h"
#include "daemon/work/backup_job.h"
#include "daemon/work/spool.h"
#include "tests/support/opened_store.h"

using namespace seimon::tests;
using seimon::daemon::BackupJob;
using seimon::daemon::ClockWatch;
using seimon::daemon::Spool;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

Method totp(const char* label) {
  Method method = method_of(label);
  method.last_step = Step{static_cast<std::int64_t>(step_at(kNow, seconds(30))) - 1};
  return method;
}

Method hotp(const char* label) {
  Method method = method_of(label);
  method.kind = Kind::kToken;
  method.otp.period = seconds(0);
  method.last_step = Step{4};
  return method;
}

void enrol(const StoreFolder& folder, const char* user) {
  Opened opened(folder);
  in_transaction(opened.store, [&] { return opened.store.add_method(name(user), 1, totp("app")); });
}

void live(const StoreFolder& folder, int beats) {
  Opened opened(folder);
  for (int i = 0; i < beats; ++i) {
    opened.store.begin();
    opened.store.live_on(kNow);
    opened.store.commit();
  }
}

void copy(const StoreFolder& folder, const std::string& to) { SqliteDriver::copy(folder.file(), to); }

void put_back(const StoreFolder& folder, const std::string& from) {
  for (const char* tail : {"", "-wal", "-shm"}) std::filesystem::remove(folder.file() + tail);
  std::filesystem::copy_file(from, folder.file());
  chmod(folder.file().c_str(), 0600);
}

bool came_back(const StoreFolder& folder) {
  Opened opened(folder);
  return in_transaction(opened.store, [&] { return opened.store.state().came_back; });
}

// ---- epochs
// -----------------------------------------------------------------------------------------------------------

// A service whose store is away still has its housekeeping, and its last step when it ends.
void a_store_that_is_away_says_so_whatever_is_asked() {
  const StoreFolder folder;
  Opened opened(folder);
  const auto away = "the store is not";
  check_throws<StoreUnavailable>([&] { opened.store.live_on(Instant(seconds(1))); }, away);
  check_throws<StoreUnavailable>([&] { (void)opened.store.account(name("alice")); }, away);
  check_throws<StoreUnavailable>([&] { opened.store.append(Event()); }, away);
  check_throws<StoreUnavailable>([&] { (void)opened.store.digest("x"); }, away);
  check_throws<StoreUnavailable>([&] { opened.store.write_login_host({}); }, away);
}

void a_store_that_is_opened_again_did_not_come_back() {
  const StoreFolder folder;
  enrol(folder, "alice");
  live(folder, 3);
  check(!came_back(folder));
}

void a_file_put_back_by_hand_is_noticed() {
  const StoreFolder folder;
  enrol(folder, "alice");
  copy(folder, folder.path() + "/old");
  live(folder, 2);
  put_back(folder, folder.path() + "/old");
  check(came_back(folder));
  check(came_back(folder), "until a new epoch begins");
  std::filesystem::remove(folder.file() + ".guard");
  check(came_back(folder), "also without the rollback guard's file");
  {
    Opened opened(folder);
    opened.store.begin();
    opened.store.begin_epoch(kNow);
    opened.store.commit();
  }
  check(!came_back(folder), "and then no more");
}

void in_a_new_epoch_nothing_up_to_now_and_the_window_is_fresh() {
  const StoreFolder folder;
  Opened opened(folder);
  opened.store.begin();
  const MethodId app = opened.store.add_method(name("alice"), 1, totp("app"));
  const MethodId token = opened.store.add_method(name("alice"), 1, hotp("token"));
  opened.store.begin_epoch(kNow);
  Account alice = opened.store.account(name("alice"));
  const auto here = static_cast<std::int64_t>(step_at(kNow, seconds(30)));
  for (std::int64_t step = here - 1; step <= here + 1; ++step) {
    const Code code{code_at(key_of(42), Algorithm::kSha1, 6, Step{step}), 6};
    check(compare(alice.methods, {code, {}}, 1, kNow).match.fresh == 0, "a step from before the restore");
  }
  const Instant later = kNow + seconds(60);
  const Code fresh{code_at(key_of(42), Algorithm::kSha1, 6, Step{here + 2}), 6};
  const Comparison found = compare(alice.methods, {fresh, {}}, 1, later);
  check(found.match.fresh != 0 && found.method == 0, "a minute later it works again");
  check(waits_for_resync(alice.methods[1]));
  const Code counter{code_at(key_of(42), Algorithm::kSha1, 6, Step{5}), 6};
  check(compare({}, {counter, {}}, 1, later).match.fresh == 0);
  check(compare(alice.methods, {counter, {}}, 1, later).match.fresh == 0, "a counter waits for the help desk");
  // A clock that was ahead at the restore: not even two in a row reach below the floor.
  Method ahead = std::move(alice.methods[0]);
  ahead.last_step = Step{here + 500};
  ahead.last_pair_step = Step{0};
  const auto code_of_step = [](std::int64_t step) {
    return Code{code_at(key_of(42), Algorithm::kSha1, 6, Step{step}), 6};
  };
  std::vector<Method> one;
  one.push_back(std::move(ahead));
  check(compare(one, {code_of_step(here), code_of_step(here + 1)}, 1, kNow).match.fresh == 0);
  check(compare(one, {code_of_step(here + 2), code_of_step(here + 3)}, 1, later).match.fresh != 0);
  one[0].otp.period = seconds(0);
  one[0].floor.reset();
  one[0].last_step = Step{4};
  check(compare(one, {code_of_step(5), code_of_step(6)}, 1, later).match.fresh != 0, "a counter's pair");
  check(opened.store.spend(name("alice"), app, Step{here + 2}, {}, later) == Spend::kWon);
  check(opened.store.spend(name("alice"), token, {Step{9}, true}, {}, later) == Spend::kWon);
  alice = opened.store.account(name("alice"));
  check(!alice.methods[0].floor && !waits_for_resync(alice.methods[1]), "what was used in this epoch has no floor");
  opened.store.commit();
}

void an_accepted_clock_lowers_last_steps_that_lie_ahead_and_no_others() {
  const StoreFolder folder;
  Opened opened(folder);
  const Instant ahead = kNow + hours(24);
  opened.store.begin();
  const MethodId alice = opened.store.add_method(name("alice"), 1, totp("app"));
  const MethodId bob = opened.store.add_method(name("bob"), 1, totp("app"));
  const Step fresh = step_at(kNow, seconds(30));
  check(opened.store.spend(name("alice"), alice, step_at(ahead, seconds(30)), {}, ahead) == Spend::kWon);
  check(opened.store.spend(name("bob"), bob, fresh, {}, kNow) == Spend::kWon);
  opened.store.live_on(ahead);
  check(is_ahead(opened.store.account(name("alice")).methods[0], kNow, 1));
  check_equal(opened.store.accept_clock(kNow, 1), 1);
  check(!is_ahead(opened.store.account(name("alice")).methods[0], kNow, 1));
  check(opened.store.account(name("bob")).methods[0].last_step == fresh, "what was spent stays spent");
  check(opened.store.state().latest == kNow);
  opened.store.commit();
}

void a_restore_begins_a_new_epoch_and_says_what_came_back() {
  const StoreFolder folder;
  enrol(folder, "alice");
  enrol(folder, "bob");
  copy(folder, folder.path() + "/backup");
  live(folder, 3);
  Opened opened(folder);
  in_transaction(opened.store, [&] {
    (void)opened.store.remove_method(name("alice"), MethodId{1});
    opened.store.set_suspended(name("bob"), true);
    return 0;
  });
  BackupJob backup(opened.store, {opened.wrapping, "", nullptr, ""}, folder.file());
  std::ofstream(folder.file() + ".restore") << std::string(8192, 'x');
  chmod((folder.file() + ".restore").c_str(), 0600);
  check_throws<StoreUnavailable>([&] { (void)backup.restore(kNow); }, "seimon.db.restore");
  in_transaction(opened.store, [&] {
    check(opened.store.account(name("bob")).profile.suspended, "a file that is no store changes nothing");
    return 0;
  });
  std::filesystem::rename(folder.path() + "/backup", folder.file() + ".restore");
  const seimon::daemon::Restored restored = backup.restore(kNow);
  check_equal(restored.epoch, 2);
  check(restored.came_back == std::vector<std::string>{"alice app"});
  check(restored.resumed == std::vector<std::string>{"bob"});
  in_transaction(opened.store, [&] {
    check(opened.store.account(name("alice")).methods.at(0).floor.has_value());
    check(!opened.store.state().came_back, "what somebody restored is no surprise");
    check_equal(opened.store.state().epoch, restored.epoch);
    return 0;
  });
}

void a_copy_is_whole_and_opens_only_with_its_key() {
  const StoreFolder folder;
  enrol(folder, "alice");
  Opened opened(folder);
  BackupJob backup(opened.store, {opened.wrapping, "", nullptr, ""}, folder.file());
  check(backup.begin_copy());
  std::string failure;
  BackupJob::Copy state = backup.copy_state(failure);
  for (int i = 0; i < 1000 && state == BackupJob::Copy::kUnderWay; ++i) {
    usleep(10000);
    state = backup.copy_state(failure);
  }
  check(state == BackupJob::Copy::kDone, failure);
  check(backup.copy_state(failure) == BackupJob::Copy::kDone, "whoever asks again hears the same");
  const StoreFolder other;
  std::filesystem::copy_file(folder.file() + ".backup", other.file());
  chmod(other.file().c_str(), 0600);
  {
    Opened wrong(other, 9);
    check_throws<StoreUnavailable>([&] { wrong.store.begin(); }, "does not fit");
    wrong.store.roll_back();
  }
  Opened right(other);
  in_transaction(right.store, [&] {
    check(right.store.state().came_back, "on another host it is a store that came back");
    check_equal(right.store.account(name("alice")).methods.size(), 1U);
    return 0;
  });
}

// ---- damage
// -----------------------------------------------------------------------------------------------------------

void repair_drops_the_damaged_row_and_keeps_the_rest() {
  const StoreFolder folder;
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] {
      (void)opened.store.add_method(name("alice"), 1, totp("app"));
      return opened.store.add_method(name("alice"), 1, totp("second"));
    });
  }
  enrol(folder, "bob");
  execute(folder, "UPDATE method SET last_step = 5 WHERE id = 1");
  Opened opened(folder);
  in_transaction(opened.store, [&] {
    const Inspection found = opened.store.inspect("", 100);
    check_equal(found.damages.size(), 1U);
    check(found.damages[0].user == "alice" && found.damages[0].what.find("method 1") != std::string::npos);
    check_equal(opened.store.repair(name("alice")).size(), 1U);
    check_equal(opened.store.account(name("alice")).methods.at(0).label, "second");
    check(opened.store.inspect("", 100).damages.empty());
    check(opened.store.repair(name("bob")).empty(), "what is whole stays");
    check_equal(opened.store.account(name("bob")).methods.size(), 1U);
    return 0;
  });
}

void repair_without_a_head_leaves_a_reset_account() {
  for (const char* harm : {"UPDATE head SET version = 99 WHERE user = 'alice'", "DELETE FROM head WHERE user = 'alice'",
                           "UPDATE head SET suspended = 1 WHERE user = 'alice'"}) {
    const StoreFolder folder;
    enrol(folder, "alice");
    execute(folder, harm);
    Opened opened(folder);
    in_transaction(opened.store, [&] {
      check_equal(opened.store.inspect("", 1).damages.size(), 1U);
      check(!opened.store.repair(name("alice")).empty());
      const Account alice = opened.store.account(name("alice"));
      check(alice.methods.empty() && alice.profile.enrolled_before, "never as if she had not been enrolled");
      check(alice.profile.suspended == (std::string(harm).find("suspended") != std::string::npos));
      (void)opened.store.add_method(name("alice"), 1, totp("new"));
      check_equal(opened.store.account(name("alice")).methods.size(), 1U);
      return 0;
    });
  }
}

// Sixteen random bytes anywhere in the file, 300 times: whoever is not refused is exactly as before.
void random_damage_is_refused_and_named_or_does_no_harm() {
  const StoreFolder whole;
  for (int i = 0; i < 20; ++i) enrol(whole, ("user" + std::to_string(i)).c_str());
  copy(whole, whole.path() + "/copy");
  const auto size = std::filesystem::file_size(whole.path() + "/copy");
  std::mt19937 random(20261121);
  int unharmed = 0;
  int refused = 0;
  int store_refused = 0;
  for (int round = 0; round < 300; ++round) {
    const StoreFolder folder;
    std::filesystem::copy_file(whole.path() + "/copy", folder.file());
    chmod(folder.file().c_str(), 0600);
    {
      std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(random() % (size - 16)));
      for (int i = 0; i < 16; ++i) file.put(static_cast<char>(random()));
    }
    Opened opened(folder);
    try {
      opened.store.begin();
    } catch (const std::exception&) {
      opened.store.roll_back();
      ++store_refused;
      continue;
    }
    for (int i = 0; i < 20; ++i) {
      const std::string user = "user" + std::to_string(i);
      try {
        opened.store.savepoint();
        const Account account = opened.store.account(name(user.c_str()));
        opened.store.release();
        const bool same = account.methods.size() == 1 && account.methods[0].last_step == totp("app").last_step &&
                          account.methods[0].key == key_of(42) && account.profile.enrolled_before &&
                          !account.profile.suspended;
        check(same, user + " is not what was written, and was not refused");
        ++unharmed;
      } catch (const StoreDamaged& damage) {
        opened.store.roll_back_to_savepoint();
        ++refused;
      } catch (const StoreUnavailable&) {
        ++refused;
        break;
      }
    }
    opened.store.roll_back();
  }
  std::printf("random damage: 300 overwrites of 16 bytes; accounts unharmed %d, refused %d; stores refused %d\n",
              unharmed, refused, store_refused);
  check(unharmed > 2500 && refused > 20, "others are not affected");
}

void a_damaged_count_of_a_source_is_a_full_one() {
  const StoreFolder folder;
  {
    Opened opened(folder);
    in_transaction(opened.store, [&] {
      for (int i = 0; i < 19; ++i) (void)opened.store.add_failure("203.0.113.9", kHour, kNow);
      return 0;
    });
  }
  execute(folder, "UPDATE source SET count = 0");
  Opened opened(folder);
  in_transaction(opened.store, [&] {
    check(count_in(opened.store.failures_from("203.0.113.9"), kHour, opened.store.state().latest) > 1000);
    return 0;
  });
}

// ---- clock, spool, reserve
// --------------------------------------------------------------------------------------------

void a_clock_that_is_set_back_is_noticed_once_and_the_age_goes_on() {
  ClockWatch watch;
  watch.begin(kNow);
  check(watch.look(kNow + hours(5), seconds(100)) == seconds(0), "a start after a pause is no step");
  check(watch.look(kNow + hours(5) + seconds(10), seconds(110)) == seconds(0));
  check(watch.look(kNow + hours(5) + seconds(20), seconds(165)) == seconds(0), "less than a minute is not");
  const Instant back = kNow + hours(4);
  check(watch.look(back, seconds(166)) < -ClockWatch::kStep);
  check(watch.moment(back).age == kNow + hours(5) + seconds(66), "nothing relaxes early");
  check(watch.problem(back).find("seimon clock accept") != std::string::npos);
  check(watch.look(back + seconds(1), seconds(167)) == seconds(0), "once");
  (void)watch.look(back + minutes(20), seconds(166 + 20 * 60));
  const Instant later = watch.moment(back + minutes(20)).age;
  check(later > kNow + hours(5) + minutes(9) && later < kNow + hours(5) + minutes(12), "half as fast");
  for (int i = 2; i < 8; ++i) (void)watch.look(back + minutes(20 * i), seconds(166 + 20 * 60 * i));
  check(watch.moment(back + minutes(140)).age == back + minutes(140), "and the clock catches up");
  watch.accept(back);
  check(watch.moment(back).age == back);
  check(watch.problem(back).empty());
}

void a_clock_that_is_set_forward_ages_nothing_until_it_is_accepted() {
  ClockWatch watch;
  watch.begin(kNow);
  (void)watch.look(kNow, seconds(100));
  check(watch.moment(kNow + hours(9)).age <= kNow + ClockWatch::kStep, "before it was looked at, too");
  check(watch.look(kNow + hours(9), seconds(110)) > ClockWatch::kStep);
  check(watch.moment(kNow + hours(9)).age == kNow + seconds(10), "the uptime that passed");
  (void)watch.look(kNow + hours(10), seconds(110 + 3600));
  check(watch.moment(kNow + hours(10)).age == kNow + hours(1) + seconds(10));
  check(watch.look(kNow + hours(1) + seconds(20), seconds(120 + 3600)) < -ClockWatch::kStep);
  check(watch.moment(kNow + hours(1) + seconds(20)).age == kNow + hours(1) + seconds(20), "and back again");
  (void)watch.look(kNow + hours(12), seconds(130 + 3600));
  watch.accept(kNow + hours(12));
  check(watch.moment(kNow + hours(12)).age == kNow + hours(12), "an administrator's word");
}

void a_clock_that_creeps_by_small_steps_is_a_clock_that_steps() {
  ClockWatch watch;
  watch.begin(kNow);
  bool noticed = false;
  for (int i = 0; i < 60; ++i) {
    const Instant wall = kNow + seconds(59) * i;
    noticed = watch.look(wall, seconds(100 + i)) != seconds(0) || noticed;
    check(watch.moment(wall).age <= kNow + seconds(i) + ClockWatch::kStep);
  }
  check(noticed);
}

void the_age_goes_on_over_a_restart_while_a_step_is_not_accepted() {
  const Folder folder;
  const std::string path = folder.path() + "/clock";
  {
    ClockWatch watch;
    watch.keep_in(path, "boot-1", seconds(100));
    watch.begin(kNow);
    (void)watch.look(kNow, seconds(100));
    (void)watch.look(kNow + hours(24 * 365), seconds(110));
  }
  const Instant ahead = kNow + hours(24 * 365) + seconds(90);
  ClockWatch next;
  next.keep_in(path, "boot-1", seconds(200));
  next.begin(kNow);
  (void)next.look(ahead, seconds(200));
  check(next.moment(ahead).age == kNow + seconds(100), "also what passed meanwhile");
  check(next.problem(ahead).find("seimon clock accept") != std::string::npos, "and the problem stays");
  next.accept(ahead);
  ClockWatch accepted;
  accepted.keep_in(path, "boot-1", seconds(210));
  accepted.begin(kNow);
  (void)accepted.look(ahead + seconds(10), seconds(210));
  check(accepted.moment(ahead + seconds(10)).age == ahead + seconds(10));
  check(accepted.problem(ahead + seconds(10)).empty());
  ClockWatch booted;
  booted.keep_in(path, "boot-2", seconds(5));
  check(booted.look(kNow, seconds(5)) == seconds(0), "of another boot nothing is known");
  check(booted.moment(kNow).age == kNow);
}

void what_is_no_such_file_is_left_aside() {
  const Folder folder;
  for (const char* text : {"", "boot-1", "boot-1 1 2", "boot-1 x 2 3 4", "boot-1 1800000000 999 1900000000 0"}) {
    std::ofstream(folder.path() + "/clock") << text;
    ClockWatch watch;
    watch.keep_in(folder.path() + "/clock", "boot-1", seconds(100));
    watch.begin(kNow);
    check(watch.look(kNow + hours(1), seconds(100)) == seconds(0), text);
    check(watch.moment(kNow + hours(1)).age == kNow + hours(1), text);
  }
}

void a_clock_behind_the_store_at_the_start_is_noticed() {
  ClockWatch watch;
  watch.begin(kNow);
  check(watch.look(Instant(seconds(5)), seconds(3)) < -ClockWatch::kStep, "1970");
  check(watch.moment(Instant(seconds(5))).age == kNow);
}

void the_spool_gives_back_what_it_took_also_after_a_crash() {
  const Folder folder;
  const std::string path = folder.path() + "/spool";
  Event event;
  event.at = kNow;
  event.event = "login";
  event.user = "a\nb \"\xff";
  {
    Spool spool(path);
    check(spool.take().empty());
    check(spool.append({event, event}));
    check_equal(spool.take().size(), 2U);
  }
  Spool spool(path);
  check(spool.append({event}));
  check_equal(spool.take().size(), 2U);
  check(spool.take().empty(), "who comes second at the same time forgets nothing that is not theirs");
  spool.keep();
  check_equal(spool.take().size(), 2U);
  spool.forget();
  std::ofstream(path, std::ios::app) << "{\"at\":17";
  check_equal(spool.take().size(), 1U);
  spool.forget();
  check(spool.take().empty());
  check(!Spool("/nonexistent/spool").append({event}), "what the disk does not take is not taken");
}

void a_reserve_is_kept_beside_the_store() {
  const StoreFolder folder;
  enrol(folder, "alice");
  check(std::filesystem::file_size(folder.file() + ".reserve") >= 8U << 20);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(a_store_that_is_away_says_so_whatever_is_asked),
      SEIMON_TEST(a_store_that_is_opened_again_did_not_come_back),
      SEIMON_TEST(a_file_put_back_by_hand_is_noticed),
      SEIMON_TEST(in_a_new_epoch_nothing_up_to_now_and_the_window_is_fresh),
      SEIMON_TEST(an_accepted_clock_lowers_last_steps_that_lie_ahead_and_no_others),
      SEIMON_TEST(a_restore_begins_a_new_epoch_and_says_what_came_back),
      SEIMON_TEST(a_copy_is_whole_and_opens_only_with_its_key),
      SEIMON_TEST(repair_drops_the_damaged_row_and_keeps_the_rest),
      SEIMON_TEST(repair_without_a_head_leaves_a_reset_account),
      SEIMON_TEST(random_damage_is_refused_and_named_or_does_no_harm),
      SEIMON_TEST(a_damaged_count_of_a_source_is_a_full_one),
      SEIMON_TEST(a_clock_that_is_set_back_is_noticed_once_and_the_age_goes_on),
      SEIMON_TEST(a_clock_that_is_set_forward_ages_nothing_until_it_is_accepted),
      SEIMON_TEST(a_clock_that_creeps_by_small_steps_is_a_clock_that_steps),
      SEIMON_TEST(the_age_goes_on_over_a_restart_while_a_step_is_not_accepted),
      SEIMON_TEST(what_is_no_such_file_is_left_aside),
      SEIMON_TEST(a_clock_behind_the_store_at_the_start_is_noticed),
      SEIMON_TEST(the_spool_gives_back_what_it_took_also_after_a_crash),
      SEIMON_TEST(a_reserve_is_kept_beside_the_store),
  };
  umask(077);
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
