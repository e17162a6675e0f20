// SPDX-License-Identifier: Apache-2.0
// Parsing of addresses, and membership in a set.
#include "core/policy/network.h"

#include <random>
#include <set>
#include <string>

#include "core/policy/policy.h"
#include "tests/support/test.h"

using namespace seimon::core;
using namespace seimon::tests;

namespace {

NetworkSet set_of(std::vector<const char*> members, std::vector<const char*> left_out = {}) {
  std::vector<Range> in;
  std::vector<Range> out;
  for (const char* text : members) in.push_back(parse_prefix(text).range);
  for (const char* text : left_out) out.push_back(parse_prefix(text).range);
  return {in, out};
}

bool holds(const NetworkSet& set, const char* text) {
  const auto address = parse_address(text);
  check(address.has_value(), text);
  return set.contains(*address);
}

void only_canonical_numbers_are_addresses() {
  for (const char* good :
       {"10.1.2.3", "0.0.0.0", "255.255.255.255", "2001:db8::1", "::", "::1", "fe80::1", "::ffff:10.1.2.3"})
    check(parse_address(good).has_value(), good);
  for (const char* bad : {"",
                          " 10.1.2.3",
                          "10.1.2.3 ",
                          "10.1.2.3\n",
                          "010.1.2.3",
                          "10.01.2.3",
                          "10.1.2.03",
                          "127.1",
                          "10.1",
                          "1.2.3",
                          "0x0a010203",
                          "0xa.1.2.3",
                          "167838211",
                          "0",
                          "10.1.2.256",
                          "10.1.2.-1",
                          "10.1.2.3.4",
                          "10.1.2.3/8",
                          "10.1.2.3:22",
                          "[::1]",
                          "[10.1.2.3]",
                          "::1%lo",
                          "fe80::1%eth0",
                          "fe80::1%1",
                          "2001:DB8::1",
                          "2001:0db8::1",
                          "2001:db8:0:0:0:0:0:1",
                          "2001:db8::0001",
                          ":::",
                          "2001:db8::1::",
                          "::ffff:0a01:203",
                          "::FFFF:10.1.2.3",
                          "::ffff:010.1.2.3",
                          "localhost",
                          "LOCAL",
                          "UNKNOWN",
                          "ssh",
                          "tty1",
                          ":0",
                          "*",
                          "pc33.campus.example",
                          "10.1.2.3.campus.example",
                          "１０.1.2.3",
                          "10。1。2。3",
                          "10.1.2.3\t",
                          "10.1.2.3#",
                          "10,1,2,3",
                          "+10.1.2.3",
                          "10.1.2.3e0",
                          "%n%s",
                          "::10.1.2.3x",
                          "2002::g"})
    check(!parse_address(bad).has_value(), bad);
  check(!parse_address(std::string(300, '1')).has_value());
  check(!parse_address(std::string_view("10.1.2.3\0", 9)).has_value());
}

void an_ipv4_mapped_address_is_the_ipv4_address() {
  check(parse_address("::ffff:10.1.2.3") == parse_address("10.1.2.3"));
  check(parse_address("64:ff9b::a01:203") != parse_address("10.1.2.3"));
  check(parse_address("2002:a01:203::") != parse_address("10.1.2.3"));
}

void host_bits_and_everything_are_named() {
  check(parse_prefix("10.1.0.0/8").error == PrefixError::kHostBits);
  check(parse_prefix("2001:db8::1/32").error == PrefixError::kHostBits);
  check(parse_prefix("0.0.0.0/0").error == PrefixError::kEverything);
  check(parse_prefix("::/0").error == PrefixError::kEverything);
  check(parse_prefix("::/8").error == PrefixError::kEverything, "it holds all of IPv4");
  check(parse_prefix("::ffff:0.0.0.0/96").error == PrefixError::kEverything);
  for (const char* bad :
       {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "10.0.0.0/ 8"})
    check(parse_prefix(bad).error == PrefixError::kBadLength, bad);
  for (const char* bad : {"campus.example", "10.0/8", "10.0.0.0.0/8", ""})
    check(parse_prefix(bad).error == PrefixError::kNotAnAddress, bad);
}

void a_prefix_holds_its_first_and_last_address_and_no_more() {
  const NetworkSet set = set_of({"192.0.2.0/24", "2001:db8:100::/40"});
  check(holds(set, "192.0.2.0") && holds(set, "192.0.2.255"));
  check(!holds(set, "192.0.1.255") && !holds(set, "192.0.3.0"));
  check(holds(set, "2001:db8:100::") && holds(set, "2001:db8:1ff:ffff:ffff:ffff:ffff:ffff"));
  check(!holds(set, "2001:db8:200::") && !holds(set, "2001:db8:ff:ffff:ffff:ffff:ffff:ffff"));
  check(!holds(set, "::1"));
}

void what_is_left_out_wins_wherever_it_stands() {
  const NetworkSet set = set_of({"10.0.0.0/8", "10.1.0.0/16"}, {"10.1.2.0/24", "10.0.0.0/32", "10.255.255.255"});
  check(!holds(set, "10.1.2.3") && !holds(set, "10.0.0.0") && !holds(set, "10.255.255.255"));
  check(holds(set, "10.1.1.255") && holds(set, "10.1.3.0") && holds(set, "10.0.0.1") && holds(set, "10.255.255.254"));
  check(set_of({"10.0.0.0/8"}, {"0.0.0.0/1"}).ranges().empty());
  check(set_of({"255.255.255.255"}, {"255.255.255.255"}).ranges().empty());
}

// Random sets against the slow obvious answer: in some member, and in nothing left out.
void a_set_agrees_with_looking_at_every_prefix() {
  std::mt19937 random(20261121);
  for (int round = 0; round < 200; ++round) {
    std::vector<Range> in;
    std::vector<Range> out;
    for (int i = 0; i < 12; ++i) {
      const auto length = static_cast<unsigned>(20 + random() % 13);
      const unsigned bits = (0x0A000000U | (static_cast<unsigned>(random()) & 0xFFFU)) & (~0U << (32 - length));
      const std::string text = std::to_string(bits >> 24) + "." + std::to_string(bits >> 16 & 255) + "." +
                               std::to_string(bits >> 8 & 255) + "." + std::to_string(bits & 255) + "/" +
                               std::to_string(length);
      const Prefix prefix = parse_prefix(text);
      check(prefix.error == PrefixError::kNone, text);
      (i % 3 == 0 ? out : in).push_back(prefix.range);
    }
    const NetworkSet set(in, out);
    const auto any = [](const std::vector<Range>& ranges, const Address& address) {
      for (const Range& range : ranges)
        if (range.first <= address && address <= range.last) return true;
      return false;
    };
    for (int probe = 0; probe < 4100; ++probe) {
      const Address address = *parse_address("10.0." + std::to_string(probe >> 8) + "." + std::to_string(probe & 255));
      check_equal(set.contains(address), any(in, address) && !any(out, address));
    }
  }
}

void for_sshd_the_pam_environment_and_a_numeric_rhost_must_agree() {
  Policy policy;
  policy.local_services = {"login", "su"};
  const auto kind = [&](bool trusted, const char* service, const char* rhost, const char* ssh) {
    return origin_of(policy, trusted, service, rhost, ssh).kind;
  };
  using Kind = Origin::Kind;
  check(kind(true, "sshd", "10.1.2.3", "10.1.2.3 1 10.0.0.1 22") == Kind::kAddress);
  check(kind(true, "sshd", "pc33.campus.example", "10.1.2.3 1 10.0.0.1 22") == Kind::kAddress, "UseDNS yes");
  check(kind(true, "sshd", "10.9.9.9", "10.1.2.3 1 10.0.0.1 22") == Kind::kUnknown, "they differ");
  check(kind(true, "sshd", "010.1.2.3", "10.1.2.3 1 10.0.0.1 22") == Kind::kAddress, "not a number: a name");
  check(kind(true, "sshd", "10.1.2.3", "") == Kind::kUnknown, "sshd without SSH_CONNECTION");
  check(kind(true, "sshd", "", "") == Kind::kUnknown);
  check(kind(true, "sshd", "fe80::1%eth0", "fe80::1%eth0 1 fe80::2 22") == Kind::kUnknown, "zone");
  check(kind(true, "ftpd", "10.1.2.3", "") == Kind::kAddress);
  check(kind(true, "ftpd", "", "") == Kind::kUnknown);
  check(kind(true, "su", "", "10.1.2.3 1 10.0.0.1 22") == Kind::kUnknown, "a user's own variable beside su");
  check(kind(true, "ftpd", "10.1.2.3", "10.1.2.3 1 10.0.0.1 22") == Kind::kAddress);
  check(kind(true, "login", "", "") == Kind::kLocal);
  check(kind(true, "su", "", "") == Kind::kLocal);
  check(kind(true, "login", "localhost", "") == Kind::kUnknown);
  check(kind(false, "login", "", "") == Kind::kUnknown, "a claim is never local");
  check(kind(false, "sshd", "10.1.2.3", "10.1.2.3 1 10.0.0.1 22") == Kind::kUnknown, "a claim is never an address");
}

void each_error_of_a_prefix_has_its_words() {
  std::set<std::string_view> words;
  for (const PrefixError error : {PrefixError::kNone, PrefixError::kNotAnAddress, PrefixError::kBadLength,
                                  PrefixError::kHostBits, PrefixError::kEverything})
    check(words.insert(prefix_error_text(error)).second);
  check(NetworkSet({parse_prefix("::/0").range}, {}).covers_a_family());
  check(NetworkSet({parse_prefix("0.0.0.0/0").range}, {}).covers_a_family());
  check(!NetworkSet({parse_prefix("0.0.0.0/1").range}, {}).covers_a_family());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      SEIMON_TEST(each_error_of_a_prefix_has_its_words),
      SEIMON_TEST(only_canonical_numbers_are_addresses),
      SEIMON_TEST(an_ipv4_mapped_address_is_the_ipv4_address),
      SEIMON_TEST(host_bits_and_everything_are_named),
      SEIMON_TEST(a_prefix_holds_its_first_and_last_address_and_no_more),
      SEIMON_TEST(what_is_left_out_wins_wherever_it_stands),
      SEIMON_TEST(a_set_agrees_with_looking_at_every_prefix),
      SEIMON_TEST(for_sshd_the_pam_environment_and_a_numeric_rhost_must_agree),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
