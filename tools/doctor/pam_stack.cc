// SPDX-License-Identifier: Apache-2.0
#include "tools/doctor/pam_stack.h"

#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>

#include "tools/terminal/words.h"

namespace seimon::tools {

namespace {

constexpr int kMostDepth = 32;  // as libpam has it

// One line of a file, its continuations joined, its comment gone.
struct FileLine {
  int number = 0;
  std::string text;
};

std::vector<FileLine> lines_in(const std::string& path) {
  std::vector<FileLine> lines;
  std::ifstream file(path);
  bool joins = false;
  int number = 0;
  for (std::string raw; std::getline(file, raw);) {
    ++number;
    if (!joins) lines.push_back({number, ""});
    raw.resize(std::min(raw.size(), raw.find('#')));
    joins = !raw.empty() && raw.back() == '\\';
    if (joins) raw.back() = ' ';
    lines.back().text += raw;
  }
  return lines;
}

// Words; what stands between [ and ] is one of them.
std::vector<std::string> tokens_of(const std::string& text) {
  std::vector<std::string> tokens;
  bool open = false;
  for (const std::string& word : words_of(text)) {
    if (open) tokens.back() += " " + word;
    else tokens.push_back(word);
    open = tokens.back().front() == '[' && tokens.back().back() != ']';
  }
  return tokens;
}

class Reader {
 public:
  Reader(const std::string& folder, std::string_view phase) : folder_(folder), phase_(phase) {}

  Stack read(const std::string& service) {
    if (access((folder_ + "/" + service).c_str(), F_OK) == 0) add(service, 0, 0);
    else add("other", 0, 0);
    return std::move(stack_);
  }

 private:
  void add(const std::string& file, int depth, int nesting) {
    const std::string path = file.front() == '/' ? file : folder_ + "/" + file;
    if (nesting > kMostDepth || access(path.c_str(), R_OK) != 0) return add_unreadable(path, depth);
    for (const FileLine& line : lines_in(path))
      add_line(tokens_of(line.text), path + ":" + std::to_string(line.number), depth, nesting);
  }

  void add_unreadable(const std::string& place, int depth) {
    stack_.push_back({place, "required", "", "(unreadable)", {}, depth});
  }

  void add_line(std::vector<std::string> tokens, const std::string& place, int depth, int nesting) {
    if (tokens.size() >= 2 && tokens[0] == "@include") return add(tokens[1], depth, nesting + 1);
    if (tokens.empty()) return;
    if (tokens[0].front() == '-') tokens[0].erase(0, 1);  // absent modules are not told of
    std::transform(tokens[0].begin(), tokens[0].end(), tokens[0].begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (tokens[0] != phase_) return;
    if (tokens.size() < 3) return add_unreadable(place, depth);
    if (tokens[1] == "include") return add(tokens[2], depth, nesting + 1);
    const bool is_sub = tokens[1] == "substack";
    StackLine line{place, tokens[1], tokens[2], tokens[2].substr(tokens[2].rfind('/') + 1), {}, depth};
    if (is_sub) line.module = "(substack)";
    line.options.assign(tokens.begin() + 3, tokens.end());
    stack_.push_back(std::move(line));
    if (is_sub) add(tokens[2], depth + 1, nesting + 1);
  }

  std::string folder_;
  std::string_view phase_;
  Stack stack_;
};

struct Simple {
  std::string_view control;
  std::string_view actions;
};
constexpr std::array<Simple, 5> kSimple = {{
    {"required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad"},
    {"requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die"},
    {"sufficient", "success=done new_authtok_reqd=done default=ignore"},
    {"optional", "success=ok new_authtok_reqd=ok default=ignore"},
    {"substack", "default=ignore"},
}};

// ok, done, bad, die, ignore, reset, or the number of lines to jump over.
std::string action_of(const StackLine& line, std::string_view returned) {
  std::string actions = line.control;
  for (const Simple& row : kSimple)
    if (row.control == line.control) actions = row.actions;
  if (actions.front() == '[') actions = actions.substr(1, actions.size() - 2);
  std::string found = "bad";  // what is not said
  for (const std::string& word : words_of(actions)) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view name = std::string_view(word).substr(0, equals);
    if (name == returned) return word.substr(equals + 1);
    if (name == "default") found = word.substr(equals + 1);
  }
  return found;
}

// The result of the lines so far (_pam_dispatch_aux).
struct Impression {
  enum class Kind { kNone, kPositive, kNegative } kind = Kind::kNone;
  bool success = false;

  void take(std::string_view action, std::string_view returned) {
    const bool good = action == "ok" || action == "done";
    if (good && (kind == Kind::kNone || is_success())) *this = {Kind::kPositive, returned == "success"};
    if (action == "bad" || action == "die") *this = {Kind::kNegative, false};
  }
  [[nodiscard]] bool is_success() const { return kind == Kind::kPositive && success; }
};

// The position of the next line after `at` that is no deeper.
std::size_t next_of(const Stack& stack, std::size_t at) {
  const int depth = stack[at].depth;
  for (++at; at < stack.size() && stack[at].depth > depth; ++at) continue;
  return at;
}

// The end of the substack that contains `at`.
std::size_t end_of(const Stack& stack, std::size_t at) {
  const int depth = stack[at].depth;
  while (at < stack.size() && stack[at].depth >= depth) ++at;
  return at;
}

}  // namespace

bool StackLine::has(std::string_view option) const {
  return std::find(options.begin(), options.end(), option) != options.end();
}

Stack read_stack(const std::string& folder, const std::string& service, std::string_view phase) {
  return Reader(folder, phase).read(service);
}

std::size_t Run::last() const {
  for (std::size_t i = reached.size(); i > 0; --i)
    if (reached[i - 1]) return i - 1;
  return reached.size();
}

Run run_stack(const Stack& stack, const Returns& returns) {
  Run run;
  run.reached.assign(stack.size(), false);
  Impression impression;
  std::vector<Impression> begun(kMostDepth + 2);  // what it was where each depth began: what "reset" goes back to
  int depth = 0;
  for (std::size_t at = 0; at < stack.size();) {
    run.reached[at] = true;
    if (stack[at].depth > depth) begun[static_cast<std::size_t>(stack[at].depth)] = impression;
    depth = stack[at].depth;
    const std::string_view returned = returns(stack[at]);
    const std::string action = action_of(stack[at], returned);
    if (action == "reset") impression = begun[static_cast<std::size_t>(depth)];
    impression.take(action, returned);
    const bool ends = action == "die" || (action == "done" && impression.is_success());
    if (ends && stack[at].depth == 0) break;
    std::size_t next = ends ? end_of(stack, at) : at + 1;
    if (action.find_first_not_of("0123456789") == std::string::npos) {
      std::size_t left = std::stoul(action.substr(0, 4));
      next = next_of(stack, at);
      for (; left > 0 && next < stack.size() && stack[next].depth >= stack[at].depth; --left)
        next = next_of(stack, next);
      if (left > 0) impression.take("bad", "auth_err");  // more lines than there are
    }
    at = next;
  }
  run.success = impression.is_success();
  return run;
}

std::string module_file(const std::string& path) {
  if (path.starts_with("/")) return access(path.c_str(), F_OK) == 0 ? path : "";
  std::string found;
  for (const char* folder : {"/lib/*/security/", "/usr/lib/*/security/", "/lib/security/", "/lib64/security/",
                             "/usr/lib64/security/", "/usr/local/lib/*/security/"}) {
    glob_t matches = {};
    if (found.empty() && glob((folder + path).c_str(), 0, nullptr, &matches) == 0) found = matches.gl_pathv[0];
    globfree(&matches);
  }
  return found;
}

}  // namespace seimon::tools
