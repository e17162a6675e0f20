// SPDX-License-Identifier: Apache-2.0
// Run under valgrind by tests/rules/constant_time.sh: keys and the typed code are marked undefined, so that any branch
// or index that depends on them is reported. `leaky` compares as a careless programmer would, and must be reported.
#include <valgrind/memcheck.h>

#include <cstdio>
#include <cstring>

#include "core/account/methods.h"

using namespace seimon::core;

namespace {

const Instant kNow(seconds(1800000000));

Method method(Algorithm algorithm, int digits, seconds period) {
  Method made;
  made.otp = {algorithm, digits, period};
  made.last_step = period == seconds(0) ? Step{4} : step_at(kNow, period);
  made.key = Secret(std::vector<std::uint8_t>(20, static_cast<std::uint8_t>(digits)));
  return made;
}

void poison(const void* data, std::size_t size) { VALGRIND_MAKE_MEM_UNDEFINED(data, size); }

bool leaky(const Method& method, const Code& code) {
  for (std::int64_t at = 5; at < 9; ++at)
    if (code_at(method.key, method.otp.algorithm, method.otp.digits, Step{at}) == code.value) return true;
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<Method> methods;
  for (const Algorithm algorithm : {Algorithm::kSha1, Algorithm::kSha256, Algorithm::kSha512})
    for (int digits = 6; digits <= 8; ++digits) {
      methods.push_back(method(algorithm, digits, seconds(30)));
      methods.push_back(method(algorithm, digits, seconds(0)));
    }
  for (const Method& one : methods) poison(one.key.reveal().data(), one.key.size());
  std::uint32_t value = 123456;
  poison(&value, sizeof value);
  const Code first{value, 6};
  const Code second{value, 6};
  if (argc > 1 && std::strcmp(argv[1], "leaky") == 0) return leaky(methods[0], first) ? 3 : 2;
  Comparison single = compare(methods, {first, {}}, 1, kNow);
  Comparison pair = compare(methods, {first, second}, 10, kNow);
  // The code below is the decision, and may branch.
  VALGRIND_MAKE_MEM_DEFINED(&single, sizeof single);
  VALGRIND_MAKE_MEM_DEFINED(&pair, sizeof pair);
  std::printf("compared %zu methods: %s %s\n", methods.size(), single.match.fresh != 0 ? "fresh" : "none",
              pair.match.fresh != 0 ? "fresh" : "none");
  return 0;
}
