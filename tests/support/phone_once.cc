// SPDX-License-Identifier: Apache-2.0
// A phone for a shell: registers, prints "registered", then approves each number that it reads, and prints what became
// of it. usage: phone_once SOCKET ACCOUNT USER TICKET ORIGIN
#include <iostream>

#include "tests/support/phone.h"

int main(int argc, char** argv) try {
  using namespace seimon::tests;
  if (argc != 6) return 2;
  const PageAt at{argv[1], argv[2]};
  Authenticator phone;
  phone.origin = argv[5];
  phone.host = phone.origin.substr(phone.origin.find("//") + 2);
  const std::string token = register_phone(at, phone, argv[3], "phone", argv[4]);
  std::cout << "registered" << std::endl;
  for (std::string number; std::getline(std::cin, number);)
    std::cout << (answer_by_phone(at, phone, argv[3], token, "yes", number) ? "approved" : "refused") << std::endl;
  return 0;
} catch (const std::exception& error) {
  std::cout << error.what() << std::endl;
  return 1;
}
