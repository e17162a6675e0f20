// SPDX-License-Identifier: Apache-2.0
// The person's side: shows a text, asks a question, through the conversation function of the PAM application
// (pam_conv(3)), and decides which answers may leave this process at all.
// Always true: the application's copy of an answer is overwritten before it is freed.
#pragma once

#include <security/pam_modules.h>

#include "wire/login.h"

namespace seimon::pam_module {

// `style` is PAM_ERROR_MSG or PAM_TEXT_INFO; nothing under PAM_SILENT. Failing to show a text changes no verdict.
void show(pam_handle_t* handle, int flags, int style, const char* text);

// PAM_SUCCESS with either an answer in `answer`, or the reason in `void_reason` why what came back must not be sent
// (threat model M4); PAM_CONV_ERR when the application could not ask.
[[nodiscard]] int ask(pam_handle_t* handle, const wire::Reply& question, wire::Answer& answer, wire::Void& void_reason);

// Asks for password and code in one answer, in words of its own: nothing is asked of the service yet. PAM_SUCCESS, or
// PAM_CONV_ERR when the application could not ask or the answer is too long.
[[nodiscard]] int ask_whole(pam_handle_t* handle, wire::Text<512>& whole);

}  // namespace seimon::pam_module
