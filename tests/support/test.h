// SPDX-License-Identifier: Apache-2.0
// cmocka for C++: a test is a function that throws when it fails, because cmocka's own assertions jump past
// destructors. Only `run` below, a frame without destructors, calls cmocka.
// Include this last.
#pragma once

#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <string>

extern "C" {
#include <cmocka.h>
}
#undef fail
#undef skip

namespace seimon::tests {

// Of a check. clang 14 does not know std::source_location.
struct Place {
  const char* file;
  int line;
  static constexpr Place here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }
};

inline void check(bool holds, const std::string& what = "", Place at = Place::here()) {
  if (!holds) throw std::runtime_error(std::string(at.file) + ":" + std::to_string(at.line) + ": " + what);
}

template <class A, class B>
void check_equal(const A& actual, const B& wanted, Place at = Place::here()) {
  if (actual == wanted) return;
  std::ostringstream text;
  text << "is \"" << actual << "\", wanted \"" << wanted << "\"";
  check(false, text.str(), at);
}

// True if `action` throws an E whose text holds `part`.
template <class E, class Action>
void check_throws(Action action, const std::string& part, Place at = Place::here()) {
  try {
    action();
  } catch (const E& error) {
    check(std::string(error.what()).find(part) != std::string::npos,
          "threw \"" + std::string(error.what()) + "\", wanted \"" + part + "\"", at);
    return;
  }
  check(false, "nothing was thrown; wanted \"" + part + "\"", at);
}

using Body = void (*)();

inline bool held(Body body, char* text, std::size_t size) {
  try {
    body();
    return true;
  } catch (const std::exception& error) {
    std::snprintf(text, size, "%s", error.what());
    return false;
  }
}

template <Body body>
void run(void** /*state*/) {
  char text[1024];
  if (held(body, text, sizeof text)) return;
  print_error("%s\n", text);
  _fail("", 0);
}

// A test's name is its sentence.
template <Body body>
constexpr CMUnitTest test(const char* sentence) {
  return {sentence, run<body>, nullptr, nullptr, nullptr};
}

}  // namespace seimon::tests

// A row of a test table: the function's name, its underscores read as blanks, is the sentence.
#define SEIMON_TEST(function) ::seimon::tests::test<function>(#function)
