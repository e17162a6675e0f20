// SPDX-License-Identifier: Apache-2.0
// seimon enroll, seimon replace: registers a method; instead of another one, which goes in the moment when the new one
// has shown its first code. The service makes the key; this shows it, and brings back the code that proves it.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tools/enroll/batch.h"
#include "tools/enroll/registering.h"
#include "tools/import/rows.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_enroll {
namespace {

using nlohmann::json;

std::string user;
std::string method;  // that is replaced
std::string label;
std::string kind;
std::string address;
std::string algorithm;
std::string secret_file;
std::string qr;
int digits = 0;
int period = 0;
std::int64_t counter = -1;
Batch batch;

void add_draft(Options& options) {
  options.add_option("--label", label, "label");
  options.add_option("--kind", kind, "app (default), token, sms, call or email")
      .one_of({"app", "token", "sms", "call", "email", "approve"});
  options.add_option("address", address, "with --kind sms, call or email: the telephone number or the mail address");
  options.add_option("--algorithm", algorithm, "SHA1, SHA256 or SHA512").one_of({"SHA1", "SHA256", "SHA512"});
  options.add_option("--digits", digits, "6 to 8").between(6, 8);
  options.add_option("--period", period, "seconds, 15 to 120").between(15, 120);
  options.add_option("--counter", counter, "go by counter (HOTP), beginning here").not_negative();
  options.add_option("--secret-file", secret_file,
                     "use this key (base32, hexadecimal, otpauth:// link) instead of a new one; - is standard input");
  options.add_option("--qr", qr,
                     "utf8, inverted, wide, ansi, none, png=FILE or svg=FILE (default: as the terminal can show it)");
}

void add(Options& options) {
  options.add_option("user,-u,--user", user, "user (default: yourself)");
  options.add_option(
      "--batch", batch.list,
      "CSV with a column user: registers the columns phone and email, or with --letters prints a letter for each user");
  options.add_option("--letters", batch.folder,
                     "the folder of the letters; the same one goes on with an unfinished batch");
  options.add_option("--template", batch.layout, "of the letter (default: the one that was installed)");
  options.add_option("--start", batch.start,
                     "start of an issued method: now, first-use or a date; required with --letters");
  add_draft(options);
}

void add_replace(Options& options) {
  options.add_option("-u,--user", user, "user (default: yourself)");
  options.add_option("method", method, "its label or number").required();
  add_draft(options);
}

std::string read_secret() {
  if (secret_file == "-") return ask_line("").value_or("");
  errno = 0;
  std::ifstream file(secret_file);
  std::string text;
  if (!file || !std::getline(file, text))
    throw Stop{kBadInput, secret_file + ": " + (errno != 0 ? std::strerror(errno) : "is empty"), ""};
  return text;
}

// A single word of the command line: not an account's name.
bool is_address_of(const std::string& wanted, const std::string& word) {
  if (wanted == "email") return word.find('@') != std::string::npos;
  const bool is_name = word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJKLMNOPQRSTUVWXYZ") > 0;
  return !word.empty() && !is_name;
}

// `seimon enroll --kind sms +819012345678` is for oneself.
void take_address() {
  const bool is_sent = kind == "sms" || kind == "call" || kind == "email";
  if (is_sent && !qr.empty()) throw Stop{kUsage, _("--qr is for apps and tokens"), ""};
  if (kind.empty() && !method.empty()) return;  // the kind of the one that is replaced
  if (is_sent && address.empty() && is_address_of(kind, user)) std::swap(user, address);
  if (is_sent && address.empty())
    throw Stop{kUsage, filled(_("--kind {1} needs an address: seimon enroll --kind sms +819012345678"), {kind}), ""};
  if (!is_sent && !address.empty()) throw Stop{kUsage, _("an address is only for --kind sms, call and email"), ""};
}

json parameters_for(const std::string& whom) {
  // Settings in a link apply unless an option overrides them.
  json parameters = secret_file.empty() ? json::object() : parameters_of_key(read_secret());
  if (!secret_file.empty() && !parameters.contains("secret"))
    throw Stop{kBadInput, filled(_("{1}: the link has no secret"), {secret_file}), ""};
  parameters["user"] = whom;
  if (!method.empty()) parameters["replaces"] = method;
  if (!label.empty()) parameters["label"] = label;
  if (!kind.empty()) parameters["kind"] = kind;
  if (!address.empty()) parameters["address"] = address;
  if (!algorithm.empty()) parameters["algorithm"] = algorithm;
  if (digits != 0) parameters["digits"] = digits;
  if (period != 0) parameters["period"] = period;
  if (counter >= 0) parameters["counter"] = counter;
  return parameters;
}

int run(const Common& common) {
  if (batch.list.empty() && !batch.folder.empty()) throw Stop{kUsage, _("--letters DIR belongs to --batch FILE"), ""};
  if (!batch.folder.empty() && batch.start.empty())
    throw Stop{kUsage, _("--start sets when the letters' codes are required: first-use, a date, or now"), ""};
  if (!batch.list.empty()) {
    if (!label.empty()) batch.label = label;
    return run_batch(common, batch);
  }
  check_qr(qr);
  take_address();
  const std::string whom = user.empty() ? own_name() : user;
  json parameters = parameters_for(whom);
  const bool issues = common.yes && method.empty();
  if (issues) parameters["issue"] = true;
  if (!batch.start.empty() && !issues)
    throw Stop{kUsage, _("--start is only for issued methods: use it with --batch or -y"), ""};
  if (!batch.start.empty()) parameters.update(start_parameters(batch.start));
  Client client(common);
  register_method(client, parameters, qr, common.json);
  return kDone;
}

}  // namespace
}  // namespace verb_enroll

extern const VerbRow kReplace = {.name = "replace",
                                 .help = N_("change to another phone or token"),
                                 .examples = "seimon replace app",
                                 .has_json = true,
                                 .add = verb_enroll::add_replace,
                                 .run = verb_enroll::run};
extern const VerbRow kEnroll = {
    .name = "enroll",
    .help = N_("register a method"),
    .examples =
        "seimon enroll\nseimon enroll --kind sms +819012345678\nseimon enroll alice --kind "
        "token --secret-file key.txt --counter 0 --yes\n"
        "seimon enroll --batch users.csv --letters out/ --start first-use\nseimon enroll --batch phones.csv",
    .has_json = true,
    .add = verb_enroll::add,
    .run = verb_enroll::run};

}  // namespace seimon::tools
