// SPDX-License-Identifier: Apache-2.0
// Texts that values are filled into, hexadecimal digits, and how far one word is from another.
#include "base/text.h"

#include "base/files.h"
#include "tests/support/folder.h"
#include "tests/support/test.h"

using namespace seimon::tests;
using seimon::base::edit_distance;
using seimon::base::filled;
using seimon::base::hex;

namespace {

void each_place_is_filled_and_nothing_else_is_touched() {
  check_equal(filled("{1} of {2}: {1}", std::vector<std::string>{"a", "b"}), std::string("a of b: a"));
  check_equal(filled("{1}", std::vector<std::string>{"{2}", "x"}), std::string("{2}"));
  for (const char* text : {"{3}", "{0}", "{", "{1", "{}", "{x}", "{-1}", "{1 }", "}{", "{99999999999999999999}"})
    check_equal(filled(text, std::vector<std::string>{"a", "b"}), std::string(text));
  check_equal(filled("", std::vector<std::string>{"a"}), std::string());
  check_equal(filled("{1}{2}", std::vector<std::string>{"", "日本"}), std::string("日本"));
}

void bytes_become_two_digits_each() {
  const std::uint8_t bytes[] = {0x00, 0x0F, 0xA5, 0xFF};
  check_equal(hex(bytes), std::string("000fa5ff"));
  check_equal(hex({}), std::string());
}

void a_swap_an_insertion_a_deletion_and_a_change_are_one_step_each() {
  check_equal(edit_distance("list", "list"), 0U);
  check_equal(edit_distance("lsit", "list"), 1U);
  check_equal(edit_distance("lst", "list"), 1U);
  check_equal(edit_distance("lisst", "list"), 1U);
  check_equal(edit_distance("last", "list"), 1U);
  check_equal(edit_distance("", "list"), 4U);
}

void files_are_read_whole_and_replaced_or_left() {
  const Folder folder;
  const std::string path = folder.path() + "/file";
  check(seimon::base::replace_file(path, "one") && seimon::base::replace_file(path, "two"));
  check_equal(seimon::base::read_file(path, 3), std::string("two"));
  check_throws<std::runtime_error>([&] { (void)seimon::base::read_file(path, 2); }, path);
  check_throws<std::runtime_error>([&] { (void)seimon::base::read_file(folder.path(), 9); }, "not a regular file");
  check_throws<std::runtime_error>([&] { (void)seimon::base::read_file(path + "x", 9); }, "No such file");
  check(!seimon::base::replace_file(folder.path() + "/none/file", "x"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(each_place_is_filled_and_nothing_else_is_touched),
      SEIMON_TEST(bytes_become_two_digits_each),
      SEIMON_TEST(a_swap_an_insertion_a_deletion_and_a_change_are_one_step_each),
      SEIMON_TEST(files_are_read_whole_and_replaced_or_left),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
