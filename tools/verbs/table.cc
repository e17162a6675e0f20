// SPDX-License-Identifier: Apache-2.0
#include "tools/verbs/verb.h"

namespace seimon::tools {

extern const VerbRow kEnroll, kList, kRename, kDefault, kRemove, kReplace, kRecoveryCodes, kLanguage, kVerify, kBypass,
    kRevoke, kForgetHosts, kResync, kExplain, kTry, kStatus, kLog, kReport, kSuspend, kResume, kResetFailures,
    kMessages, kClock, kBackup, kRestore, kRepair, kPrune, kRenameUser, kConfig, kKey, kImport, kDoctor, kSetup,
    kExport, kStore, kHost, kDelivery, kReload, kWeb;

namespace {

constexpr const VerbRow* kVerbs[] = {
    &kEnroll,  &kList,   &kRename,  &kDefault,     &kRemove,        &kReplace,  &kRecoveryCodes, &kLanguage,
    &kVerify,  &kBypass, &kRevoke,  &kForgetHosts, &kResync,        &kExplain,  &kTry,           &kStatus,
    &kLog,     &kReport, &kSuspend, &kResume,      &kResetFailures, &kMessages, &kClock,         &kBackup,
    &kRestore, &kRepair, &kPrune,   &kRenameUser,  &kConfig,        &kKey,      &kImport,        &kDoctor,
    &kSetup,   &kExport, &kStore,   &kHost,        &kDelivery,      &kReload,   &kWeb,
};

}  // namespace

std::span<const VerbRow* const> verbs() { return kVerbs; }

}  // namespace seimon::tools
