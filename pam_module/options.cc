// SPDX-License-Identifier: Apache-2.0
#include "pam_module/options.h"

#include <security/pam_ext.h>

#include <string_view>

#include <syslog.h>

#include "wire/login.h"

namespace seimon::pam_module {

namespace {

// Decimal digits only, low..high; -1 otherwise.
long read_number(std::string_view text, long low, long high) {
  if (text.empty() || text.size() > 10) return -1;
  long value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value >= low && value <= high ? value : -1;
}

bool set_socket(Options& options, const char* value) {
  options.socket = value;
  return value[0] == '/';
}

bool set_server_uid(Options& options, const char* value) {
  long uid = read_number(value, 0, 4294967294L);
  options.server.uid = static_cast<uid_t>(uid);
  return uid >= 0;
}

bool set_timeout(Options& options, const char* value) {
  long seconds = read_number(value, 1, 60);
  options.timeout = static_cast<int>(seconds);
  return seconds > 0;
}

bool set_exempt(Options& options, const char* value) {
  const std::string_view word = value;
  options.exempt_success = word == "success";
  return word == "success" || word == "ignore";
}

bool set_debug(Options& options, const char* value) {
  options.debug = true;
  return value[0] == '\0';
}

bool set_combined(Options& options, const char* value) {
  const std::string_view word = value;
  if (word == "split") options.combined = Combined::kSplit;
  if (word == "whole") options.combined = Combined::kWhole;
  if (word == "verify") options.combined = Combined::kVerify;
  return options.combined != Combined::kNone;
}

bool set_use_first_pass(Options& options, const char* value) {
  options.first_pass = FirstPass::kUse;
  return value[0] == '\0';
}

bool set_try_first_pass(Options& options, const char* value) {
  options.first_pass = FirstPass::kTry;
  return value[0] == '\0';
}

bool set_digits(Options& options, const char* value) {
  const long digits = read_number(value, 6, 8);
  options.digits = static_cast<int>(digits);
  return digits > 0;
}

struct Row {
  std::string_view name;  // with its "=" where it takes a value
  bool (*set)(Options& options, const char* value);
  const char* wanted;
};

constexpr Row kRows[] = {
    {"socket=", set_socket, "an absolute path"},
    {"server_uid=", set_server_uid, "a numeric user id"},
    {"timeout=", set_timeout, "whole seconds, 1 to 60"},
    {"exempt=", set_exempt, "ignore or success"},
    {"combined=", set_combined, "split, whole or verify"},
    {"use_first_pass", set_use_first_pass, "no value"},
    {"try_first_pass", set_try_first_pass, "no value"},
    {"digits=", set_digits, "6, 7 or 8"},
    {"debug", set_debug, "no value"},
};

const Row* find_row(std::string_view word) {
  for (const Row& row : kRows)
    if (word.size() >= row.name.size() && std::string_view(word.data(), row.name.size()) == row.name) return &row;
  return nullptr;
}

}  // namespace

bool read_options(pam_handle_t* handle, int argc, const char** argv, Options& options) {
  options.socket = wire::kSocketPath.data();
  for (int i = 0; i < argc; ++i) {
    const Row* row = find_row(argv[i]);
    // One line before the password would check codes of people who have shown no password.
    if (std::string_view(argv[i]) == "combined") {
      pam_syslog(
          handle, LOG_ERR,
          "option 'combined' checks codes before the password: write two lines, 'auth requisite pam_seimon.so "
          "combined=split' before the password module and 'auth required pam_seimon.so combined=verify' after it");
      return false;
    }
    if (row == nullptr) {
      pam_syslog(handle, LOG_ERR, "unknown option '%.64s': see pam_seimon(8)", argv[i]);
      return false;
    }
    if (!row->set(options, argv[i] + row->name.size())) {
      pam_syslog(handle, LOG_ERR, "option '%.64s' needs %s", argv[i], row->wanted);
      return false;
    }
  }
  if (options.first_pass != FirstPass::kNone && options.combined != Combined::kSplit) {
    pam_syslog(handle, LOG_ERR, "use_first_pass and try_first_pass stand with combined=split only");
    return false;
  }
  return true;
}

}  // namespace seimon::pam_module
