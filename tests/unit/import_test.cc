// SPDX-License-Identifier: Apache-2.0
// Other programs' files, and what those programs do with them (measured: the tables beside the files).
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tools/import/rows.h"

#include "tests/support/test.h"

using seimon::tests::check;
using seimon::tests::check_equal;
using seimon::tools::ImportRow;
using seimon::tools::owners_of;
using seimon::tools::row_of_google;
using seimon::tools::rows_of_csv;
using seimon::tools::rows_of_oath;
using seimon::tools::rows_of_pskc;

namespace {

const std::string kData = SEIMON_TEST_DATA;
constexpr const char* kKey = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";  // the key of RFC 4226, appendix D

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::vector<std::string>> table(const std::string& path) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream in(contents(path));
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    auto& cells = rows.emplace_back();
    std::istringstream cut(line);
    for (std::string cell; std::getline(cut, cell, '\t');) cells.push_back(cell);
  }
  return rows;
}

// file, accepted, mode, period, window, reuse, rate, counter, scratch, note
void google_files_are_read_as_their_own_module_reads_them() {
  const auto rows = table(kData + "/google-authenticator-files/expected.tsv");
  check_equal(rows.size(), 19U);
  for (const auto& cells : rows) {
    const std::string& name = cells.at(0);
    const ImportRow row = row_of_google(contents(kData + "/google-authenticator-files/" + name), name, "alice");
    check(row.reason.empty() == !cells.at(1).starts_with("no") || name.starts_with("10-"), name.c_str());
    if (!row.reason.empty()) continue;
    check_equal(row.user, "alice");
    check(row.parameters.contains("counter") == (cells.at(2) == "hotp"), name.c_str());
    if (cells.at(2) == "hotp") check_equal(std::to_string(row.parameters.at("counter").get<int>()), cells.at(7));
    else check_equal(std::to_string(row.parameters.at("period").get<int>()), cells.at(3));
    const bool has_scratch = !row.notes.empty() && row.notes.front().find("scratch") != std::string::npos;
    check(has_scratch == (cells.at(8)[0] != '0'), name.c_str());
  }
}

void what_was_used_there_stays_used() {
  const std::string text = contents(kData + "/google-authenticator-files/02-used-state.ga");
  const ImportRow row = row_of_google(text, "f", "alice");
  check_equal(row.parameters.at("last_step").get<int>(), 59841711);
  check_equal(row.parameters.at("drift").get<int>(), -999);
  check_equal(row.parameters.at("period").get<int>(), 60);
  check_equal(row.parameters.at("secret").get<std::string>(), kKey);
}

void a_google_file_with_a_zero_byte_or_nothing_in_it_is_none() {
  check(!row_of_google(std::string(kKey) + "\n\" TOTP_AUTH\n" + std::string(1, '\0'), "f", "a").reason.empty());
  check(!row_of_google("", "f", "a").reason.empty());
  check(!row_of_google("\n\" TOTP_AUTH\n", "f", "a").reason.empty());
  check(!row_of_google(std::string(kKey) + "\n\" TOTP_AUTH\n\" TIME_SKEW x\n", "f", "a").reason.empty());
}

// user, mode, period, digits, next counter, password, note
void users_oath_is_read_as_pam_oath_reads_it() {
  const auto rows = rows_of_oath(contents(kData + "/users-oath/users.oath"), "users.oath");
  std::map<std::string, std::vector<ImportRow>> by_user;
  for (const ImportRow& row : rows) by_user[row.user].push_back(row);
  for (const auto& cells : table(kData + "/users-oath/expected.tsv")) {
    const auto& found = by_user[cells.at(0)];
    const bool valid = cells.at(1) == "totp" || cells.at(1) == "hotp";
    check(!found.empty() && found.front().reason.empty() == valid, cells.at(0).c_str());
    if (!valid) continue;
    const auto& parameters = found.front().parameters;
    check_equal(std::to_string(parameters.at("digits").get<int>()), cells.at(3));
    if (cells.at(1) == "hotp") check_equal(std::to_string(parameters.at("counter").get<int>()), cells.at(4));
    else check_equal(std::to_string(parameters.at("period").get<int>()), cells.at(2));
    check(found.front().notes.empty() == (cells.at(5) == "none"), cells.at(0).c_str());
    check_equal(parameters.at("secret").get<std::string>(), kKey);
  }
  check_equal(by_user["hank"].size(), 2U);
  check_equal(by_user["alice"].front().place, "users.oath:5");
}

void nine_columns_are_another_program_s() {
  const auto rows = rows_of_oath(
      "HOTP/E/6 alice - 3132333435363738393031323334353637383930 7 0 287082 "
      "2026-11-21T08:56:03L 192.0.2.1\nMOTP bob 1234 0123456789abcdef\n",
      "f");
  check_equal(rows.at(0).parameters.at("counter").get<int>(), 7);  // there it is the next one
  check(!rows.at(1).reason.empty());
}

void csv_of_our_own_and_of_entra() {
  const auto own =
      rows_of_csv("\xEF\xBB\xBFuser,secret,label,digits\r\nalice,GEZDGNBVGY3TQOJQ,\"my, token\",8\r\n", "f");
  check_equal(own.size(), 1U);
  check(own.front().reason.empty());
  check_equal(own.front().parameters.at("label").get<std::string>(), "my, token");
  check_equal(own.front().parameters.at("digits").get<int>(), 8);
  const auto entra = rows_of_csv(
      "upn,serial number,secret key,time interval,manufacturer,model\n"
      "alice@example.org,1234567,GEZDGNBVGY3TQOJQ,30,Contoso,HardwareKey\n",
      "f");
  check(entra.front().reason.empty());
  check_equal(entra.front().user, "alice");
  check_equal(entra.front().parameters.at("label").get<std::string>(), "token 1234567");
  check_equal(entra.front().parameters.at("period").get<int>(), 30);
}

void a_bad_row_is_told_by_its_line() {
  const auto rows = rows_of_csv(
      "user,secret,digits\nalice,AAAA\nbob,\"AAAA,6\ncarol,AAAA,six\n,AAAA,6\ndave,,6\n\x83\x65,AAAA,6\n", "f.csv");
  check_equal(rows.size(), 6U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    check(!rows[i].reason.empty());
    check_equal(rows[i].place, "f.csv:" + std::to_string(i + 2));
  }
  check(rows.back().reason.find("UTF-8") != std::string::npos);
  check_equal(rows_of_csv("name,key\na,b\n", "f").front().reason, "unknown column \"name\"");
  check(!rows_of_csv("user,label\na,b\n", "f").front().reason.empty());
  check(!rows_of_csv("", "f").front().reason.empty());
}

const char* const kSeed = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

std::string reason_in(const std::string& text) { return rows_of_csv(text, "f").front().reason; }

void a_key_is_never_shown_in_an_error() {
  for (const std::string& reason :
       {reason_in(std::string("alice,") + kSeed + "\n"), reason_in(std::string(kSeed) + "\n"),
        rows_of_oath("HOTP 3132333435363738393031323334353637383930\n", "f").front().reason,
        rows_of_oath("alice 3132333435363738393031323334353637383930\n", "f").front().reason}) {
    check(!reason.empty());
    check(reason.find("3132") == std::string::npos && reason.find("jbswy") == std::string::npos &&
              reason.find("JBSWY") == std::string::npos,
          reason);
  }
  check(rows_of_oath("alice 3132333435363738393031323334353637383930\n", "f").front().user.empty());
}

void two_domains_with_one_local_part_are_not_one_account() {
  const std::string header = "upn,serial number,secret key,time interval,manufacturer,model\n";
  const auto rows =
      rows_of_csv(header + "u13@staff.example.org,1005," + kSeed + ",30,Acme,C200\n" + "u14@staff.example.org,1007," +
                      kSeed + ",30,Acme,C200\n" + "u13@students.example.org,1006," + kSeed + ",30,Acme,C200\n",
                  "f");
  check(!rows.at(0).reason.empty() && rows.at(1).reason.empty() && !rows.at(2).reason.empty());
  check_equal(rows.at(1).parameters.at("kind").get<std::string>(), "token");
  check(rows.at(1).parameters.at("issued").get<bool>(), "nobody has used it here: it lapses unused");
}

void what_spreadsheets_save_is_read_or_named() {
  check(reason_in(std::string("user,secret,,\nu14,") + kSeed + ",,\n").empty(), "empty columns at the end");
  check(reason_in(std::string("upn;serial number;secret key\nu10@example.org;1;") + kSeed + "\n").find("semicolons") !=
        std::string::npos);
  check(reason_in(std::string("\xFF\xFEu\0s\0", 6)).find("UTF-16") != std::string::npos);
  check(reason_in(std::string("user,upn,secret\nu34,u35@example.org,") + kSeed + "\n").find("say the same") !=
        std::string::npos);
  const auto counter = rows_of_csv(std::string("user,secret,counter\nu32,") + kSeed + ",0x1F\n", "f");
  check_equal(counter.front().parameters.at("counter").get<int>(), 31);
  check_equal(owners_of("\xEF\xBB\xBF"
                        "A1,u37\r\n",
                        "f")
                  .at("A1"),
              "u37");
}

void several_keys_of_one_device_have_labels_of_their_own() {
  const nlohmann::json keys = {{{"id", "a"}, {"serial", "D1"}, {"user", "u41"}, {"secret", "3132"}},
                               {{"id", "b"}, {"serial", "D1"}, {"user", "u41"}, {"secret", "3334"}},
                               {{"id", "77"}, {"secret", "3536"}}};
  const auto rows = rows_of_pskc(keys, "f", {});
  check_equal(rows.at(0).parameters.at("label").get<std::string>(), "token D1");
  check_equal(rows.at(1).parameters.at("label").get<std::string>(), "token D1 b");
  check(rows.at(2).reason.find("key 77 has no user") != std::string::npos, rows.at(2).reason);
  check_equal(rows_of_pskc(keys, "f", {{"77", "u42"}}).at(2).user, "u42");
}

void one_key_is_read_as_people_have_it() {
  const auto secret = [](std::string_view line) {
    return seimon::tools::parameters_of_key(line).at("secret").get<std::string>();
  };
  const std::string key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  check_equal(secret(key), key);
  check_equal(secret("\xEF\xBB\xBF" + key + " \r"), key);
  check_equal(secret("3132333435363738393031323334353637383930"), key);
  check_equal(secret("0x3132333435363738393031323334353637383930"), key);
  check_equal(secret("AAAABBBBCCCCDDDD2222333344445555"), "AAAABBBBCCCCDDDD2222333344445555");
  check_equal(secret("0xAAAA"), "VKVA");
  check_equal(secret("018"), "018");  // told by the service as what it is
  const auto link = seimon::tools::parameters_of_key("otpauth://totp/Example:bob?secret=" + key +
                                                     "&issuer=Example&algorithm=SHA256&digits=8&period=60&counter=9\n");
  check_equal(link.dump(), R"({"algorithm":"SHA256","digits":8,"period":60,"secret":")" + key + "\"}");
  const auto counter = seimon::tools::parameters_of_key("otpauth://hotp/bob?secret=" + key + "&counter=7&period=30");
  check_equal(counter.dump(), R"({"counter":7,"secret":")" + key + "\"}");
  check(!seimon::tools::parameters_of_key("otpauth://totp/bob?issuer=E").contains("secret"));
  check(!seimon::tools::parameters_of_key("otpauth://totp/bob").contains("secret"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(google_files_are_read_as_their_own_module_reads_them),
      SEIMON_TEST(what_was_used_there_stays_used),
      SEIMON_TEST(a_google_file_with_a_zero_byte_or_nothing_in_it_is_none),
      SEIMON_TEST(users_oath_is_read_as_pam_oath_reads_it),
      SEIMON_TEST(nine_columns_are_another_program_s),
      SEIMON_TEST(csv_of_our_own_and_of_entra),
      SEIMON_TEST(a_bad_row_is_told_by_its_line),
      SEIMON_TEST(a_key_is_never_shown_in_an_error),
      SEIMON_TEST(two_domains_with_one_local_part_are_not_one_account),
      SEIMON_TEST(what_spreadsheets_save_is_read_or_named),
      SEIMON_TEST(several_keys_of_one_device_have_labels_of_their_own),
      SEIMON_TEST(one_key_is_read_as_people_have_it),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
