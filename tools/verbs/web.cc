// SPDX-License-Identifier: Apache-2.0
// seimon web: a link that signs the caller in to the page, as a QR code for a phone, too.
#include <cstdio>
#include <nlohmann/json.hpp>

#include "qr/qr.h"
#include "tools/enroll/proof.h"
#include "tools/terminal/client.h"
#include "tools/terminal/options.h"
#include "tools/terminal/words.h"
#include "tools/verbs/verb.h"

namespace seimon::tools {

namespace verb_web {
namespace {

void add(Options& /*options*/) {}

int run(const Common& common) {
  Client client(common);
  const nlohmann::json reply = call_with_proof(client, "PageLink", {{"user", own_name()}});
  if (common.json) return print_json(reply), kDone;
  const std::string link = reply.at("url").get<std::string>() + "/t/" + reply.at("user").get<std::string>() + "/" +
                           reply.at("link").get<std::string>();
  std::printf("%s%s\n\n", qr::utf8(link).c_str(), link.c_str());
  print_line(_("Open this link within five minutes, or scan the QR code with your phone. It works once."));
  return kDone;
}

}  // namespace
}  // namespace verb_web

extern const VerbRow kWeb = {.name = "web",
                             .help = N_("a link to your Security info page"),
                             .examples = "seimon web",
                             .has_json = true,
                             .add = verb_web::add,
                             .run = verb_web::run};

}  // namespace seimon::tools
