// SPDX-License-Identifier: Apache-2.0
// A verb of seimon(1): one file each, one row each in the table of tools/main.cc.
#pragma once

#include <string>

namespace seimon::tools {

class Options;

// What every verb may ask; filled from the command line.
struct Common {
  std::string socket;  // empty: the system's
  bool json = false;
  bool yes = false;
  std::string note;  // why, for the audit trail
};

enum Exit : int { kDone = 0, kNo = 1, kUsage = 2, kNotPermitted = 3, kUnreachable = 4, kNoSuch = 5, kBadInput = 6 };

// Adds a verb's options; `run` is what to call when the verb was given.
struct VerbRow {
  const char* name;
  const char* help;
  void (*add)(Options& options);
  int (*run)(const Common& common);
};

extern const VerbRow kEnroll, kList, kRemove, kVerify, kExplain, kTry, kStatus, kLog, kSuspend, kResume, kConfig, kKey,
    kResetFailures, kResync, kClock, kBackup, kRestore, kRepair, kRename, kDefault, kReplace, kRecoveryCodes, kLanguage,
    kBypass, kRevoke, kForgetHosts, kReport, kMessages, kPrune, kRenameUser, kImport, kDoctor, kSetup, kExport, kStore,
    kHost, kReload;

// `seimon` without a verb.
[[nodiscard]] int run_menu(const Common& common);

}  // namespace seimon::tools
