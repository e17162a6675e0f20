// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/machine.h"

#include <shadow.h>

#include <algorithm>
#include <filesystem>

namespace seimon::tools {

namespace {

// A hash that some password fits.
bool has_password(const char* user) {
  const spwd* entry = getspnam(user);
  return entry != nullptr && entry->sp_pwdp[0] != '\0' && entry->sp_pwdp[0] != '!' && entry->sp_pwdp[0] != '*';
}

}  // namespace

Machine look_at_machine() {
  Machine machine;
  std::vector<std::string> services;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(machine.pam_folder, error)) {
    const std::string name = entry.path().filename();
    // Files that dpkg, editors and pam-auth-update leave beside them are no services.
    if (entry.is_regular_file(error) && name.find_first_of(".~") == std::string::npos) services.push_back(name);
  }
  std::sort(services.begin(), services.end());
  for (const std::string& name : services)
    machine.stacks.push_back({name, machine.pam_folder + "/" + name, read_stack(machine.pam_folder, name, "auth"),
                              read_stack(machine.pam_folder, name, "account"),
                              read_stack(machine.pam_folder, name, "session")});
  machine.sshd = ask_sshd();
  machine.sshd_of_root = ask_sshd("root");
  machine.sshd_lines = read_sshd_files();
  machine.people = people_with_keys(machine.sshd);
  machine.root_has_password = has_password("root");
  return machine;
}

}  // namespace seimon::tools
