// SPDX-License-Identifier: Apache-2.0
// seimon enroll: registers a method. The service makes the key; this shows it, and brings back the code that proves it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tools/client.h"
#include "tools/proof.h"
#include "tools/qr.h"
#include "tools/terminal.h"

namespace seimon::tools {

namespace {

using nlohmann::json;

std::string user;
std::string label;
std::string kind;
std::string algorithm;
std::string secret_file;
std::string qr;
int digits = 0;
int period = 0;
std::int64_t counter = -1;

void add(CLI::App& app) {
  app.add_option("user,-u,--user", user, "for whom (default: you)");
  app.add_option("--label", label, "what to call it");
  app.add_option("--kind", kind, "app (default) or token")->check(CLI::IsMember({"app", "token"}));
  app.add_option("--algorithm", algorithm, "SHA1, SHA256 or SHA512")
      ->check(CLI::IsMember({"SHA1", "SHA256", "SHA512"}));
  app.add_option("--digits", digits, "6 to 8")->check(CLI::Range(6, 8));
  app.add_option("--period", period, "seconds, 15 to 120")->check(CLI::Range(15, 120));
  app.add_option("--counter", counter, "go by counter (HOTP), beginning here")->check(CLI::NonNegativeNumber);
  app.add_option("--secret-file", secret_file, "use this base32 key instead of a new one; - is standard input");
  app.add_option("--qr", qr, "utf8 (default), ansi, none, png=FILE or svg=FILE");
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

json parameters_for(const std::string& whom) {
  json parameters = {{"user", whom}};
  if (!label.empty()) parameters["label"] = label;
  if (!kind.empty()) parameters["kind"] = kind;
  if (!algorithm.empty()) parameters["algorithm"] = algorithm;
  if (digits != 0) parameters["digits"] = digits;
  if (period != 0) parameters["period"] = period;
  if (counter >= 0) parameters["counter"] = counter;
  if (!secret_file.empty()) parameters["secret"] = read_secret();
  return parameters;
}

// 0600 from the start, and never through a link: it holds a key.
void write_private(const std::string& path, const std::string& bytes) {
  const int fd = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool good = fd >= 0 && fchmod(fd, 0600) == 0;
  good = good && write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!good) throw Stop{kBadInput, path + ": " + std::strerror(error), ""};
}

void show_qr(const std::string& link) {
  if (qr == "none") return;
  if (qr.starts_with("png=")) return write_private(qr.substr(4), qr_png(link));
  if (qr.starts_with("svg=")) return write_private(qr.substr(4), qr_svg(link));
  if (qr == "ansi") std::printf("%s\n", qr_ansi(link).c_str());
  else std::printf("%s\n", qr_utf8(link).c_str());
}

std::string in_fours(const std::string& key) {
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (i > 0 && i % 4 == 0) text += ' ';
    text += key[i];
  }
  return text;
}

void show(const json& enrolment) {
  const auto link = enrolment.at("link").get<std::string>();
  std::printf("Scan this with an authenticator app, or type the key into it.\n\n");
  show_qr(link);
  std::printf("Account: %s (%s)\n", enrolment.at("account").get<std::string>().c_str(),
              enrolment.at("issuer").get<std::string>().c_str());
  std::printf("Key:     %s\n", in_fours(enrolment.at("key").get<std::string>()).c_str());
  std::printf("Link:    %s\n", link.c_str());
  const std::string pace =
      enrolment.contains("period") ? "every " + std::to_string(enrolment.at("period").get<int>()) + " s" : "by counter";
  std::printf("Codes:   %d digits, %s, %s\n\n", enrolment.at("digits").get<int>(), pace.c_str(),
              enrolment.at("algorithm").get<std::string>().c_str());
  std::fflush(stdout);
}

// Asks until a code fits, the service gives up, or nobody answers.
json confirm(Client& client, const std::string& whom) {
  while (true) {
    const auto code = ask_line("Enter the code your app shows: ");
    if (!code) throw Stop{kNo, "no code was entered; nothing was registered", ""};
    try {
      return client.call("Confirm", {{"user", whom}, {"code", *code}});
    } catch (const Stop& stop) {
      if (stop.error != "WrongCode" || stop.message.find("tries left") == std::string::npos) throw;
      std::fprintf(stderr, "%s\n", stop.message.c_str());
    }
  }
}

void check_qr() {
  const bool file = (qr.starts_with("png=") || qr.starts_with("svg=")) && qr.size() > 4;
  if (!file && !qr.empty() && qr != "utf8" && qr != "ansi" && qr != "none")
    throw Stop{kUsage, "--qr \"" + qr + "\": write utf8, ansi, none, png=FILE or svg=FILE", ""};
}

int run(const Common& common) {
  check_qr();
  const std::string whom = user.empty() ? own_name() : user;
  Client client(common);
  const json enrolment = call_with_proof(client, "Enrol", parameters_for(whom));
  const auto warning = enrolment.at("warning").get<std::string>();
  if (!warning.empty()) std::fprintf(stderr, "seimon: warning: %s\n", warning.c_str());
  if (common.json) {
    if (qr.starts_with("png=") || qr.starts_with("svg=")) show_qr(enrolment.at("link"));
    std::printf("%s\n", enrolment.dump(2).c_str());
    std::fflush(stdout);
  } else {
    show(enrolment);
  }
  const json done = confirm(client, whom);
  if (common.json) std::printf("%s\n", done.dump(2).c_str());
  else
    std::printf("Registered as \"%s\". From now on logins of %s ask for its code.\n",
                done.at("label").get<std::string>().c_str(), whom.c_str());
  return kDone;
}

}  // namespace

const VerbRow kEnroll = {"enroll", "register a method", add, run};

}  // namespace seimon::tools
