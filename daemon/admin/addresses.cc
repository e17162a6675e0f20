// SPDX-License-Identifier: Apache-2.0
#include "daemon/admin/addresses.h"

#include "base/characters.h"
#include "core/factors/contact.h"
#include "daemon/admin/request.h"

namespace seimon::daemon {

std::string number_for(const std::string& typed, const Config& config) {
  const auto number = core::PhoneNumber::parse(typed, config.send.country);
  if (!number)
    throw Refusal{"InvalidParameter",
                  "\"{1}\" is not a telephone number; write it like +819012345678; numbers that begin with 0 need "
                  "delivery.country",
                  {base::escaped(typed)}};
  if (config.send.plan.prefixes.empty())
    throw Refusal{"InvalidInput",
                  "delivery.prefixes is not set, so no SMS is sent: write prefixes = [ \"+81\" ] in delivery",
                  {}};
  if (!config.send.plan.allows(*number))
    throw Refusal{"InvalidInput",
                  "{1} is not allowed: delivery.prefixes must have a longer match for it than delivery.never",
                  {number->text()}};
  return number->text();
}

std::string mail_address_for(const std::string& typed) {
  const auto address = core::MailAddress::parse(typed);
  if (!address && !core::UserName::parse(typed))
    throw Refusal{
        "InvalidParameter", "\"{1}\" is not a mail address or the name of an account", {base::escaped(typed)}};
  return address ? address->text() : typed;
}

}  // namespace seimon::daemon
