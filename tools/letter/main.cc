// SPDX-License-Identifier: Apache-2.0
// seimon-letter FOLDER TEMPLATE: prints letters, one A4 page each, for `seimon enroll --batch`. A program of its own:
// the command loads no fonts. Each line of standard input is one JSON object, {"file", "link", "values"}; each is
// answered by a line, "ok" when FOLDER/file is on disk, else why not. Where a line cannot be read it ends.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "base/files.h"
#include "tools/letter/page.h"

namespace seimon::letter {

namespace {

using nlohmann::json;

// The office's page.
constexpr const char* kSummary =
    "<span size=\"x-large\" weight=\"bold\">登録案内の発行結果　Letters for the second step</span>\n\n{date}\n\n"
    "{issued} / {all} 名に発行しました。　Letters were issued to {issued} of {all} users.\n\n"
    "発行しなかった利用者 / Users without a letter:\n<span size=\"small\">{others}</span>\n";

// Whole or not at all, and nobody else's to read: there is a key on it.
std::string write_file(int folder, const std::string& name, const std::string& bytes) {
  if (name.empty() || name.find('/') != std::string::npos || name.front() == '.') return "no file name: " + name;
  const std::string fresh = name + ".new";
  (void)unlinkat(folder, fresh.c_str(), 0);
  const int fd = openat(folder, fresh.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0600);
  bool good = fd >= 0 && base::write_all(fd, bytes) && fsync(fd) == 0;
  int error = errno;
  if (fd >= 0) good = close(fd) == 0 && good;
  good = good && renameat(folder, fresh.c_str(), folder, name.c_str()) == 0;
  if (good) return "ok";
  if (error == 0) error = errno;
  (void)unlinkat(folder, fresh.c_str(), 0);
  return std::strerror(error);
}

std::string answer(int folder, const std::string& layout, const json& request) {
  const Values values = request.at("values").get<Values>();
  const bool is_summary = request.value("summary", false);
  return write_file(folder, request.at("file"), page_of(is_summary ? kSummary : layout, values, request.at("link")));
}

int run(const char* folder_name, const char* template_name) try {
  const int folder = open(folder_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::ifstream file(template_name);
  std::stringstream text;
  text << file.rdbuf();
  const std::string layout = text.str();
  if (folder < 0 || layout.empty()) {
    std::printf("%s: %s\n", folder < 0 ? folder_name : template_name, std::strerror(errno));
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    errno = 0;
    std::string said;
    try {
      said = answer(folder, layout, json::parse(line));
    } catch (const std::runtime_error& error) {
      said = error.what();
    }
    std::printf("%s\n", said.c_str());
    std::fflush(stdout);
  }
  return 0;
} catch (const std::exception& error) {
  std::printf("seimon-letter: %s\n", error.what());
  return 1;
}

}  // namespace

}  // namespace seimon::letter

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return seimon::letter::run(argv[1], argv[2]);
}
