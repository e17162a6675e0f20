// SPDX-License-Identifier: Apache-2.0
// Valid seimon.conf files, and the errors of invalid ones.
#include "daemon/config/load.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "daemon/system/key.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

using namespace seimon::core;
using namespace seimon::daemon;
using namespace seimon::tests;

namespace {

class ConfigFolder : public Folder {
 public:
  ConfigFolder() { std::filesystem::create_directory(path() + "/conf.d"); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path() + "/" + name) << text;
    return path() + "/" + name;
  }
  Config load(const std::string& text) const { return load_config(write("seimon.conf", text)); }
};

void refused(const std::string& text, const std::string& part, Place at = Place::here()) {
  const ConfigFolder folder;
  check_throws<ConfigError>([&] { (void)folder.load(text); }, part, at);
}

void an_empty_file_has_the_documented_defaults() {
  const ConfigFolder folder;
  const Config config = folder.load("");
  check(!config.policy.observe, "absent mode is enforce");
  check(config.policy.fallback.action == Action::kRequire);
  check(config.policy.fallback.unenrolled == Unenrolled::kDeny);
  check_equal(config.codes.digits, 6);
  check_equal(config.codes.period.count(), 30);
  check_equal(config.codes.window, 1);
  check_equal(config.codes.tries, 3);
  check(config.codes.echo);
  check_equal(config.policy.local_services.size(), 9U);
}

void the_example_of_the_manual_is_understood() {
  const ConfigFolder folder;
  const std::string list = folder.write("campus.networks", "# the campus\n198.51.100.0/24\n!198.51.100.7 # VPN\n\n");
  const Config config = folder.load(R"(
    mode = "observe";
    language = "both";  issuer = "Example University";  help = "Help desk: ext. 4567";
    store: { url = "sqlite:/var/lib/seimon/other.db"; };
    networks: { campus: {
        addresses = [ "192.0.2.0/24", "2001:db8:100::/40" ];
        not = [ "192.0.2.10" ];
        file = ")" + list + R"(";
        state = "preparing";
        not_before = "2026-04-04T00:00:00+09:00"; }; };
    rules = (
      { name = "vendors"; users = [ "vendor-*" ]; action = "deny"; },
      { name = "admins always"; groups = [ "sudo" ]; action = "require"; unenrolled = "deny"; },
      { name = "campus"; networks = [ "campus" ]; services = [ "sshd" ]; action = "skip"; }
    );
    default: { action = "require"; unenrolled = "remind"; };)");
  check(config.policy.observe);
  check_equal(config.store_path, "/var/lib/seimon/other.db");
  check_equal(config.policy.rules.size(), 3U);
  check(config.policy.rules[2].place.ends_with("seimon.conf:14"), config.policy.rules[2].place);
  const Network& campus = config.policy.networks.at("campus");
  check(campus.set.contains(*parse_address("192.0.2.11")) && !campus.set.contains(*parse_address("192.0.2.10")));
  check(campus.set.contains(*parse_address("198.51.100.6")) && !campus.set.contains(*parse_address("198.51.100.7")));
  check(state_at(campus, Instant(seconds(1775228399))) == NetworkState::kPreparing);
  check(state_at(campus, Instant(seconds(1775228400))) == NetworkState::kOn, "2026-04-03T15:00:00Z");
  check(config.policy.fallback.unenrolled == Unenrolled::kRemind);
}

void unknown_keys_name_the_nearest_one() {
  refused("mod = \"enforce\";", "seimon.conf:1: unknown key \"mod\"\n  did you mean mode?");
  refused("\n\ncodes: { digit = 6; };", "seimon.conf:3: unknown key \"codes.digit\"\n  did you mean codes.digits?");
  refused("rules = ( { action = \"deny\"; user = \"x\"; } );", "did you mean users?");
  refused("networks: { campus: { adresses = [ \"10.0.0.0/8\" ]; }; };", "did you mean addresses?");
  refused("callers = ( { account = \"root\"; } );", "the row names no services");
  refused("callers = ( { account = \"nobodyhere\"; services = [ \"radius\" ]; } );", "there is no account");
  refused("enrolment: { enrol_form = [ ]; };", "did you mean enrolment.enrol_from?");
}

void wrong_values_name_what_would_be_right() {
  refused("mode = \"enforced\";", "did you mean enforce?");
  refused("mode = 1;", "is not a text");
  refused("codes: { digits = 9; };", "write 6 to 8");
  refused("codes: { digits = \"6\"; };", "is not a whole number");
  refused("codes: { period = 14; };", "write 15 to 120");
  refused("codes: { echo = 1; };", "is not true or false");
  refused("codes: { algorithm = \"MD5\"; };", "did you mean");
  refused("language = \"fr\";", "did you mean");
  refused("store: { url = \"redis:x\"; };", "sqlite:/var/lib/seimon/seimon.db");
  refused("store: { url = \"postgresql:host=a sslmode=prefer\"; };", "store.tls = \"verify-full\"");
  refused("store: { url = \"postgresql:host=a\"; tls = \"prefer\"; };", "did you mean");
  refused("store: { url = \"postgresql:host=a\"; timeout = 5; };", "write 1 to 4");
  refused("audit: { keep = \"400\"; };", "is not a duration");
  refused("default: { action = \"allow\"; };", "unknown action \"allow\"");
  refused("default: { unenrolled = \"deny\"; };", "has no action");
  refused("default: { action = \"require\"; users = [ \"x\" ]; };", "default has conditions");
  refused("rules = ( { name = \"x\"; } );", "has no action");
  refused("rules = { };", "rules is not a list");
  refused("rules = ( { action = \"deny\"; users = 5; } );", "is not a list of texts");
  refused("help = \"a\x1b[2J\";", "cannot be shown");
  refused("mode = ;", "syntax error");
}

void prefixes_that_are_not_what_they_seem_are_refused() {
  const auto network = [](const std::string& inside) { return "networks: { campus: { " + inside + " }; };"; };
  refused(network("addresses = [ \"10.1.0.0/8\" ];"), "bits are set behind the prefix");
  refused(network("addresses = [ \"0.0.0.0/0\" ];"), "every address");
  refused(network("addresses = [ \"::/0\" ];"), "every address");
  refused(network("addresses = [ \"0.0.0.0/1\", \"128.0.0.0/1\" ];"), "every address of a family, in pieces");
  refused(network("addresses = [ \"campus.example\" ];"), "never looked up");
  refused(network("addresses = [ \"010.0.0.0/8\" ];"), "not a numeric address");
  refused(network("addresses = [ \"10.0.0.0/8\" ]; not = [ \"10.1.0.0/8\" ];"), "bits are set");
  refused(network("state = \"on\";"), "holds no address");
  refused(network("addresses = [ \"10.0.0.0/8\" ]; not_before = \"2026-02-30\";"), "no day of the calendar");
  refused(network("addresses = [ \"10.0.0.0/8\" ]; not_before = \"soon\";"), "is not a time");
  const ConfigFolder folder;
  const std::string list = folder.write("list", "10.0.0.0/8\n\n10.1.0.0/8\n");
  check_throws<ConfigError>([&] { (void)folder.load(network("file = \"" + list + "\";")); }, "list:3: ");
  check_throws<ConfigError>([&] { (void)folder.load(network("file = \"/nonexistent/x\";")); }, "/nonexistent/x");
}

void a_rule_that_would_exempt_everyone_must_say_so() {
  refused("rules = ( { action = \"skip\"; } );", "would exempt everyone");
  refused("rules = ( { users = [ \"*\" ]; action = \"skip\"; } );", "would exempt everyone");
  refused("rules = ( { not_users = [ \"root\" ]; action = \"skip\"; } );", "would exempt everyone");
  refused("default: { action = \"skip\"; };", "would exempt everyone");
  refused("rules = ( { local = false; action = \"skip\"; } );", "would exempt everyone");
  refused(
      "networks: { all: { addresses = [ \"0.0.0.0/0\" ]; any = true; }; };"
      "rules = ( { networks = [ \"all\" ]; action = \"skip\"; } );",
      "would exempt everyone");
  const ConfigFolder folder;
  check(folder.load("default: { action = \"skip\"; any = true; };").policy.fallback.action == Action::kSkip);
}

void a_rule_may_only_name_networks_that_exist() {
  refused(
      "networks: { campus: { addresses = [ \"10.0.0.0/8\" ]; }; };"
      "rules = ( { name = \"r\"; networks = [ \"campsu\" ]; action = \"skip\"; } );",
      "rule \"r\" names the unknown network \"campsu\"\n  networks are: campus");
}

void conf_d_is_read_after_in_byte_order_and_rules_join() {
  const ConfigFolder folder;
  folder.write("conf.d/20-b.conf", "rules = ( { name = \"b\"; action = \"deny\"; users = [ \"b\" ]; } );");
  folder.write("conf.d/10-a.conf",
               "rules = ( { name = \"a\"; action = \"deny\"; users = [ \"a\" ]; } ); help = \"h\";");
  folder.write("conf.d/30-not-read.txt", "garbage");
  const Config config = folder.load("rules = ( { name = \"main\"; action = \"deny\"; users = [ \"m\" ]; } );");
  check_equal(config.policy.rules.size(), 3U);
  check_equal(config.policy.rules[0].name + config.policy.rules[1].name + config.policy.rules[2].name, "mainab");
  check_equal(config.help, "h");
  check_equal(config.files.size(), 3U);
}

void a_key_set_twice_names_both_places() {
  const ConfigFolder folder;
  folder.write("conf.d/10-a.conf", "\ncodes: { digits = 8; };");
  check_throws<ConfigError>(
      [&] { (void)folder.load("codes: { digits = 6; };"); },
      "10-a.conf:2: codes.digits is set twice\n  the other one is at " + folder.path() + "/seimon.conf:1");
  refused("mode = \"enforce\"; mode = \"observe\";", "seimon.conf:1: ");
  folder.write("conf.d/10-a.conf", "networks: { n: { addresses = [ \"10.0.0.0/8\" ]; }; };");
  check_throws<ConfigError>([&] { (void)folder.load("networks: { n: { addresses = [ \"10.0.0.0/8\" ]; }; };"); },
                            "network n is set twice");
}

void includes_are_refused() { refused("mode = \"enforce\";\n@include \"/etc/passwd\"\n", "seimon.conf:2: @include"); }

void files_that_others_may_write_are_refused() {
  const ConfigFolder folder;
  const std::string path = folder.write("seimon.conf", "");
  for (mode_t mode : {0660U, 0606U, 0646U}) {
    chmod(path.c_str(), mode);
    check_throws<ConfigError>([&] { (void)load_config(path); },
                              path + ": others may write to it\n  run: chmod go-w " + path);
  }
  chmod(path.c_str(), 0644);
  chmod(folder.path().c_str(), 0775);
  check_throws<ConfigError>([&] { (void)load_config(path); }, folder.path() + ": others may write to it");
  chmod(folder.path().c_str(), 0755);
  const std::string list = folder.write("list", "10.0.0.0/8\n");
  chmod(list.c_str(), 0666);
  check_throws<ConfigError>([&] { (void)folder.load("networks: { campus: { file = \"" + list + "\"; }; };"); },
                            "list: others may write");
  check_throws<ConfigError>([&] { (void)load_config(folder.path() + "/missing.conf"); }, "missing.conf: No such file");
}

void a_key_is_64_hexadecimal_digits_that_nobody_else_may_read() {
  const ConfigFolder folder;
  const auto key = [&](const std::string& text, mode_t mode) {
    const std::string path = folder.write("seal.key", text);
    chmod(path.c_str(), mode);
    return read_key(path).size();
  };
  check_equal(key(std::string(64, 'a') + "\n", 0600), 32U);
  check_throws<std::runtime_error>([&] { (void)key(std::string(64, 'a'), 0640); }, "others may read the sealing key");
  check_throws<std::runtime_error>([&] { (void)key(std::string(64, 'a'), 0602); }, "others may write");
  for (const std::string& bad : {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(64, 'g'),
                                 std::string(64, 'A'), std::string(64, 'a') + "\n\n"})
    check_throws<std::runtime_error>([&] { (void)key(bad, 0600); }, "is not a sealing key");
  check_throws<std::runtime_error>([&] { (void)read_key(folder.path() + "/none"); }, "seimon key init");
}

// A power loss can leave zero bytes in a file: its rules would silently be gone.
void a_file_with_a_zero_byte_is_refused() {
  const ConfigFolder folder;
  (void)folder.write("seimon.conf", "");
  const std::string rules = "rules = ( { name = \"nobody\"; action = \"deny\"; } );\n";
  for (const std::string& text : {std::string(64, '\0'), rules + std::string(1, '\0'), std::string(1, '\0') + rules}) {
    (void)folder.write("conf.d/10-deny.conf", text);
    check_throws<ConfigError>([&] { (void)load_config(folder.path() + "/seimon.conf"); }, "holds a zero byte");
  }
  std::filesystem::remove(folder.path() + "/conf.d/10-deny.conf");
  const std::string list = folder.write("list", std::string("10.0.0.0/8\n\0", 12));
  check_throws<ConfigError>([&] { (void)folder.load("networks: { campus: { file = \"" + list + "\"; }; };"); },
                            "list:2: holds a zero byte");
}

void an_include_in_a_comment_is_none() {
  const ConfigFolder folder;
  (void)folder.load("# @include \"x\" is not allowed\nmode = \"enforce\"; // @include\n");
  refused("  @include \"/etc/passwd\"\n", "seimon.conf:1: @include");
}

void a_byte_order_mark_is_passed_over() {
  const ConfigFolder folder;
  check(folder.load("\xEF\xBB\xBFmode = \"observe\";").policy.observe);
}

// Every directory on the way, and where a symbolic link leads.
void whoever_may_write_above_a_file_is_noticed() {
  const ConfigFolder folder;
  std::filesystem::create_directories(folder.path() + "/deep/conf.d");
  const std::string path = folder.write("deep/seimon.conf", "");
  (void)load_config(path);
  chmod(folder.path().c_str(), 0777);
  check_throws<ConfigError>([&] { (void)load_config(path); }, folder.path() + ": others may write to it");
  chmod(folder.path().c_str(), 0755);
  const ConfigFolder elsewhere;
  (void)elsewhere.write("real.conf", "");
  std::filesystem::create_symlink(elsewhere.path() + "/real.conf", folder.path() + "/link.conf");
  (void)load_config(folder.path() + "/link.conf");
  chmod(elsewhere.path().c_str(), 0777);
  check_throws<ConfigError>([&] { (void)load_config(folder.path() + "/link.conf"); },
                            elsewhere.path() + ": others may write to it");
  chmod(elsewhere.path().c_str(), 0755);
}

bool warns(const Config& config, const std::string& of) {
  return std::any_of(config.warnings.begin(), config.warnings.end(),
                     [&](const std::string& warning) { return warning.find(of) != std::string::npos; });
}

void a_session_counts_only_where_any_method_would() {
  const std::string rule = "rules = ( { name = \"r\"; services = [ \"sudo\" ]; same_session = true; action = ";
  const ConfigFolder folder;
  check(warns(folder.load(rule + "\"require\"; } );"), "same_session"));
  refused(rule + "\"skip\"; } );", "has same_session, which is for action = \"require\" without methods");
  refused(rule + "\"require\"; methods = [ \"token\" ]; } );", "is not known");
}

void what_is_allowed_and_likely_not_meant_is_warned_of() {
  const ConfigFolder folder;
  const auto pass_from = [&](const std::string& addresses) {
    return folder.load("networks: { wide: { addresses = [ " + addresses +
                       " ]; }; }; rules = ( { name = \"r\"; networks = [ \"wide\" ]; action = \"skip\"; } );");
  };
  const std::string share = "an eighth or more of all addresses";
  check(warns(pass_from("\"2000::/3\""), share));
  check(warns(pass_from("\"0.0.0.0/2\", \"64.0.0.0/2\""), share), "half of IPv4, in pieces");
  check(warns(pass_from("\"10.0.0.0/8\", \"192.0.2.0/24\", \"2001:db8::/32\""), share) == false);
  const std::string service = "no condition but the service";
  check(warns(folder.load("rules = ( { name = \"r\"; services = [ \"sshd\" ]; action = \"skip\"; } );"), service));
  check(!warns(
      folder.load("rules = ( { name = \"r\"; services = [ \"sshd\" ]; users = [ \"u\" ]; action = \"skip\"; } );"),
      service));
  const std::string risk = "risk.month allows more than 0.001";
  check(warns(folder.load("risk: { quarter_hour = 1.0; day = 1.0; month = 1.0; };"), risk));
  check(!warns(folder.load("risk: { month = 0.001; };"), risk));
}

void replacing_without_a_code_is_a_switch_of_its_own_and_warned_of() {
  const ConfigFolder folder;
  const std::string base =
      "networks: { campus: { addresses = [ \"192.0.2.0/24\" ]; }; };\nenrolment: { enrol_from = [ \"campus\" ]; ";
  const Config plain = folder.load(base + "};");
  check(plain.enrolment.replace_from.empty());
  const Config config = folder.load(base + "replace_from = [ \"campus\" ]; };");
  check_equal(config.enrolment.replace_from.size(), 1U);
  check(warns(config, "replace_from") && warns(config, "password alone"));
  refused(base + "replace_from = [ \"nowhere\" ]; };", "nowhere");
  refused("gate: { trusted_hosts = [ \"web1\" ]; };", "gate.trusted_hosts stands without gate.account");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(what_is_allowed_and_likely_not_meant_is_warned_of),
      SEIMON_TEST(an_empty_file_has_the_documented_defaults),
      SEIMON_TEST(the_example_of_the_manual_is_understood),
      SEIMON_TEST(unknown_keys_name_the_nearest_one),
      SEIMON_TEST(wrong_values_name_what_would_be_right),
      SEIMON_TEST(prefixes_that_are_not_what_they_seem_are_refused),
      SEIMON_TEST(a_rule_that_would_exempt_everyone_must_say_so),
      SEIMON_TEST(a_session_counts_only_where_any_method_would),
      SEIMON_TEST(a_rule_may_only_name_networks_that_exist),
      SEIMON_TEST(conf_d_is_read_after_in_byte_order_and_rules_join),
      SEIMON_TEST(a_key_set_twice_names_both_places),
      SEIMON_TEST(includes_are_refused),
      SEIMON_TEST(files_that_others_may_write_are_refused),
      SEIMON_TEST(a_key_is_64_hexadecimal_digits_that_nobody_else_may_read),
      SEIMON_TEST(a_file_with_a_zero_byte_is_refused),
      SEIMON_TEST(an_include_in_a_comment_is_none),
      SEIMON_TEST(a_byte_order_mark_is_passed_over),
      SEIMON_TEST(whoever_may_write_above_a_file_is_noticed),
      SEIMON_TEST(replacing_without_a_code_is_a_switch_of_its_own_and_warned_of),
  };
  umask(022);
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
