// SPDX-License-Identifier: Apache-2.0
#include "tools/enroll/registering.h"

#include <fcntl.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>

#include "qr/qr.h"
#include "tools/enroll/png.h"
#include "tools/enroll/proof.h"
#include "tools/terminal/terminal.h"
#include "tools/terminal/words.h"

namespace seimon::tools {

using nlohmann::json;

namespace {

// 0600 from the start, and never through a link: it holds a key.
void write_private(const std::string& path, const std::string& bytes) {
  const int fd = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool good = fd >= 0 && fchmod(fd, 0600) == 0;
  good = good && write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!good) throw Stop{kBadInput, path + ": " + std::strerror(error), ""};
}

struct Drawing {
  std::string_view name;
  std::string (*draw)(const std::string& link);
};
constexpr std::array<Drawing, 4> kDrawings = {
    {{"utf8", qr::utf8}, {"ansi", qr::ansi}, {"wide", qr::wide}, {"inverted", qr::inverted}}};

std::string in_fours(const std::string& key) {
  std::string text;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (i > 0 && i % 4 == 0) text += ' ';
    text += key[i];
  }
  return text;
}

}  // namespace

void check_qr(const std::string& qr) {
  const bool file = (qr.starts_with("png=") || qr.starts_with("svg=")) && qr.size() > 4;
  const bool known =
      std::any_of(kDrawings.begin(), kDrawings.end(), [&](const Drawing& row) { return qr == row.name; });
  if (!file && !known && !qr.empty() && qr != "none")
    throw Stop{kUsage, filled(_("--qr \"{1}\": write utf8, inverted, wide, ansi, none, png=FILE or svg=FILE"), {qr}),
               ""};
}

// Of a terminal; nothing when it is none or does not say.
std::optional<std::size_t> columns() {
  winsize size = {};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

// As the terminal can show it: half blocks, which need UTF-8; else coloured cells, two columns wide; else why not.
std::string drawing_for_terminal(const std::string& link) {
  const auto room = columns();
  const bool utf8 = !room || std::string_view(nl_langinfo(CODESET)) == "UTF-8";
  const std::size_t width = qr::modules_of(link, qr::kTerminalMargin).size() * (utf8 ? 1 : 2);
  if (!room || *room >= width) return utf8 ? qr::utf8(link) : qr::ansi(link);
  return filled(_("This terminal is too narrow for the QR code ({1} columns): type the key, or try --qr png=FILE."),
                {std::to_string(width)});
}

void show_qr(const std::string& link, const std::string& qr) {
  if (qr == "none") return;
  if (qr.empty()) return (void)std::printf("%s\n", drawing_for_terminal(link).c_str());
  if (qr.starts_with("png=")) return write_private(qr.substr(4), png_qr(link));
  if (qr.starts_with("svg=")) return write_private(qr.substr(4), qr::svg(link));
  for (const Drawing& row : kDrawings)
    if (qr == row.name) std::printf("%s\n", row.draw(link).c_str());
}

void show_enrolment(const json& enrolment, const std::string& qr) {
  const auto link = enrolment.at("link").get<std::string>();
  std::printf(_("Account: %s (%s)\n"), enrolment.at("account").get<std::string>().c_str(),
              enrolment.at("issuer").get<std::string>().c_str());
  std::printf(_("Key:     %s\n"), in_fours(enrolment.at("key").get<std::string>()).c_str());
  std::printf(_("Link:    %s\n"), link.c_str());
  const std::string pace = enrolment.contains("period")
                               ? filled(_("every {1} s"), {std::to_string(enrolment.at("period").get<int>())})
                               : std::string(_("by counter"));
  std::printf(_("Codes:   %d digits, %s, %s\n\n"), enrolment.at("digits").get<int>(), pace.c_str(),
              enrolment.at("algorithm").get<std::string>().c_str());
  // Last, so that a terminal of 24 lines shows all of it above the question.
  if (qr != "none") std::printf("%s\n", _("Scan this with an authenticator app, or type the key into it."));
  show_qr(link, qr);
  std::fflush(stdout);
}

// Messages cost somebody, and are weaker than an app (NIST SP 800-63B-4 wants both said).
void show_address(const json& enrolment) {
  const auto address = enrolment.at("address").get<std::string>();
  if (enrolment.at("kind") == "sms") {
    print_line(_("A code was sent by SMS to {1}. Your carrier may charge for messages."), {address});
    print_line(_("A code by SMS is weaker than an app: it can be redirected. Where you can, register an app, too."));
  } else if (enrolment.at("kind") == "call") {
    print_line(_("You are called at {1}, and a code is spoken."), {address});
  } else {
    print_line(_("A code was sent by mail to {1}."), {address});
  }
  std::fflush(stdout);
}

// Asks until a code fits, the service gives up, or nobody answers.
json confirm_enrolment(Client& client, const std::string& whom, bool is_sent) {
  while (true) {
    const auto code = ask_line(is_sent ? _("Enter the code that was sent (s = send it again): ")
                                       : _("Enter the code your app shows: "));
    if (!code) throw Stop{kNo, _("no code was entered; nothing was registered"), ""};
    const bool wants_again = is_sent && (*code == "s" || *code == "S" || *code == "ｓ");
    try {
      if (!wants_again) return client.call("Confirm", {{"user", whom}, {"code", *code}});
      const json again = client.call("Confirm", {{"user", whom}, {"again", true}});
      if (again.value("not_sent", false))
        print_line(_("The code before could not be sent. If this one does not come either, ask your administrators."));
      continue;
    } catch (const Stop& stop) {
      const bool is_asked_too_often = wants_again && stop.error == "Refused";
      if (stop.error != "WrongCode" && !is_asked_too_often) throw;
      std::fprintf(stderr, "%s\n", stop.message.c_str());
    }
  }
}

void show_recovery_codes(const json& codes) {
  if (codes.empty()) return;
  std::printf("\n%s\n\n", _("Recovery codes: each replaces the phone once. They are shown only now. Write them down or "
                            "print them."));
  for (const auto& code : codes) std::printf("  %s\n", code.get<std::string>().c_str());
  std::printf("\n");
}

void register_method(Client& client, const json& parameters, const std::string& qr, bool as_json) {
  const json enrolment = call_with_proof(client, "Enroll", parameters);
  const auto whom = parameters.at("user").get<std::string>();
  const auto warning = enrolment.at("warning").get<std::string>();
  if (!warning.empty()) std::fprintf(stderr, "seimon: %s: %s\n", _("warning"), _(warning.c_str()));
  if (as_json) {
    if (qr.starts_with("png=") || qr.starts_with("svg=")) show_qr(enrolment.at("link"), qr);
    print_json(enrolment);
    std::fflush(stdout);
  } else if (!enrolment.contains("address")) {
    show_enrolment(enrolment, qr);
  } else if (!parameters.value("issue", false)) {
    show_address(enrolment);
  }
  if (parameters.value("issue", false)) {
    const bool at_once = !parameters.contains("start") && !parameters.contains("first_use");
    if (!as_json && enrolment.contains("address"))
      print_line(_("Codes can be sent to {1}; it lapses if it is not used."),
                 {enrolment.at("address").get<std::string>()});
    else if (!as_json)
      print_line(at_once ? _("Issued. It counts from now on, and lapses if it is not used.")
                         : _("Issued. It counts from then on, and lapses if it is not used."));
    return;
  }
  const json done = confirm_enrolment(client, whom, enrolment.contains("address"));
  if (as_json) {
    print_json(done);
    return;
  }
  print_line(done.value("observe", false) ? _("Registered as \"{1}\". No code is required yet (mode observe); in mode "
                                              "enforce, logins of {2} ask for its code.")
                                          : _("Registered as \"{1}\". From now on logins of {2} ask for its code."),
             {done.at("label").get<std::string>(), whom});
  show_recovery_codes(done.value("recovery", json::array()));
}

}  // namespace seimon::tools
