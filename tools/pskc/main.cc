// SPDX-License-Identifier: Apache-2.0
// seimon-pskc read|write: a filter between PSKC documents (RFC 6030) and JSON, run by `seimon import` and `seimon
// export`, so that no XML is read by the command or the service. It reads one JSON object from standard input,
// {"document" or "rows", "key" (hex), "passphrase"}, and writes {"rows"}, {"document"} or {"failure"}. It opens no
// file, and as root it becomes nobody before it looks at anything.
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <optional>
#include <string_view>

#include "tools/pskc/cipher.h"
#include "tools/pskc/document.h"

namespace seimon::pskc {

namespace {

using nlohmann::json;

constexpr uid_t kNobody = 65534;
constexpr rlim_t kMostMemory = rlim_t{2} << 30U;

bool give_up_rights() {
  const rlimit memory = {kMostMemory, kMostMemory};
  const rlimit none = {0, 0};
#if !defined(__SANITIZE_ADDRESS__)
  if (setrlimit(RLIMIT_AS, &memory) != 0) return false;
#endif
  (void)memory;
  const rlimit processor = {20, 20};  // seconds; a document of a hundred thousand keys takes two
  if (setrlimit(RLIMIT_CPU, &processor) != 0) return false;
  if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  if (geteuid() != 0) return true;
  return setgroups(0, nullptr) == 0 && setresgid(kNobody, kNobody, kNobody) == 0 &&
         setresuid(kNobody, kNobody, kNobody) == 0;
}

json answer(std::string_view verb, const json& request) {
  const auto key = request.value("key", "").empty() ? std::optional<Bytes>("") : from_hex(request.value("key", ""));
  if (!key) throw Failure("the key is not hexadecimal");
  const Lock lock{*key, request.value("passphrase", "")};
  if (verb == "read") return {{"rows", read_document(request.at("document").get<std::string>(), lock)}};
  return {{"document", write_document(request.at("rows"), lock)}};
}

std::string read_all() {
  std::string text;
  std::array<char, 65536> block;
  for (std::size_t got = 1; got > 0;) {
    got = std::fread(block.data(), 1, block.size(), stdin);
    text.append(block.data(), got);
  }
  return text;
}

int run(std::string_view verb) try {
  if (!give_up_rights() || (verb != "read" && verb != "write")) return 2;
  const std::string text = read_all();
  json reply;
  try {
    reply = answer(verb, json::parse(text));
  } catch (const Failure& failure) {
    reply = {{"failure", failure.what()}};
  }
  std::printf("%s\n", reply.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
  return std::fflush(stdout) == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "seimon-pskc: %s\n", error.what());
  return 1;
}

}  // namespace

}  // namespace seimon::pskc

int main(int argc, char** argv) { return seimon::pskc::run(argc == 2 ? argv[1] : ""); }
