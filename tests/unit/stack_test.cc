// SPDX-License-Identifier: Apache-2.0
// The result of a PAM stack, compared with libpam itself: pam_debug.so returns a given value.
#include <security/pam_appl.h>

#include <fstream>
#include <random>

#include "tools/doctor/pam_stack.h"

#include "tests/support/folder.h"
#include "tests/support/test.h"

using seimon::tests::check;
using seimon::tests::check_equal;
using seimon::tools::read_stack;
using seimon::tools::run_stack;
using seimon::tools::StackLine;

namespace {

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

int no_answer(int /*count*/, const pam_message** /*messages*/, pam_response** /*answers*/, void* /*data*/) {
  return PAM_CONV_ERR;
}

bool libpam_says(const std::string& folder) {
  const pam_conv conversation = {no_answer, nullptr};
  pam_handle_t* handle = nullptr;
  if (pam_start_confdir("service", "root", &conversation, folder.c_str(), &handle) != PAM_SUCCESS) return false;
  const int result = pam_authenticate(handle, PAM_SILENT);
  (void)pam_end(handle, result);
  return result == PAM_SUCCESS;
}

std::string_view as_told(const StackLine& line) {
  for (const std::string& option : line.options)
    if (option.starts_with("auth=")) return std::string_view(option).substr(5);
  return "auth_err";
}

bool we_say(const std::string& folder) { return run_stack(read_stack(folder, "service", "auth"), as_told).success; }

void agrees_with_libpam_about_any_stack() {
  const seimon::tests::Folder folder;
  std::mt19937 random(7);
  const std::vector<std::string> controls = {"required",
                                             "requisite",
                                             "sufficient",
                                             "optional",
                                             "[success=1 default=ignore]",
                                             "[success=2 default=die]",
                                             "[success=ok auth_err=bad default=ignore]",
                                             "[success=done new_authtok_reqd=done ignore=ignore default=bad]",
                                             "[default=1]",
                                             "[success=reset default=ok]",
                                             "substack",
                                             "include"};
  const std::vector<std::string> returns = {"success", "success", "auth_err", "ignore", "user_unknown"};
  const auto any = [&](const std::vector<std::string>& list, std::size_t most) {
    return list[std::uniform_int_distribution<std::size_t>(0, most - 1)(random)];
  };
  int successes = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    std::string sub;
    const int lines = 1 + round % 5;
    for (int i = 0; i < lines; ++i) {
      const std::string control = any(controls, controls.size());
      if (control == "substack" || control == "include")
        text += "auth " + control + " " + folder.path() + "/sub\n";  // relative ones are /etc/pam.d's
      else text += "auth " + control + " pam_debug.so auth=" + any(returns, returns.size()) + "\n";
      sub += "auth " + any(controls, controls.size() - 2) + " pam_debug.so auth=" + any(returns, returns.size()) + "\n";
    }
    write(folder.path() + "/service", text);
    write(folder.path() + "/sub", sub);
    const bool theirs = libpam_says(folder.path());
    successes += theirs ? 1 : 0;
    check(we_say(folder.path()) == theirs, std::string(theirs ? "accepts:\n" : "refuses:\n") + text + "sub:\n" + sub);
  }
  check(successes > 300 && successes < 2700, std::to_string(successes));
}

void reads_lines_as_they_may_be_written() {
  const seimon::tests::Folder folder;
  write(folder.path() + "/service",
        "# auth required pam_deny.so\n-AUTH  [success=1 \\\n default=ignore]\tpam_x.so [a b] c # no\n@include sub\n"
        "account required pam_y.so\nauth required\n");
  write(folder.path() + "/sub", "auth required /opt/pam_z.so\n");
  const auto stack = read_stack(folder.path(), "service", "auth");
  check_equal(stack.size(), std::size_t{3});
  check_equal(stack[0].control, "[success=1 default=ignore]");
  check_equal(stack[0].options.size(), std::size_t{2});
  check_equal(stack[0].place, folder.path() + "/service:2");
  check_equal(stack[1].module, "pam_z.so");
  check_equal(stack[2].module, "(unreadable)");
}

void a_service_without_a_file_is_other() {
  const seimon::tests::Folder folder;
  write(folder.path() + "/other", "auth required pam_deny.so\n");
  check_equal(read_stack(folder.path(), "nowhere", "auth").at(0).module, "pam_deny.so");
}

void files_that_include_each_other_end() {
  const seimon::tests::Folder folder;
  write(folder.path() + "/service", "@include service\n");
  check_equal(read_stack(folder.path(), "service", "auth").at(0).module, "(unreadable)");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(agrees_with_libpam_about_any_stack),
      SEIMON_TEST(reads_lines_as_they_may_be_written),
      SEIMON_TEST(a_service_without_a_file_is_other),
      SEIMON_TEST(files_that_include_each_other_end),
  };
  return cmocka_run_group_tests_name("stack", tests, nullptr, nullptr);
}
