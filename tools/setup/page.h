// SPDX-License-Identifier: Apache-2.0
// seimon setup web: the files of a web server and of the configuration for the page.
#pragma once

#include <string>
#include <vector>

#include "tools/setup/plan.h"

namespace seimon::tools {

struct PageOptions {
  std::string host;         // that people type into the browser, such as gate.example.org
  std::string server;       // nginx, apache or caddy; empty: the one that is installed
  std::string certificate;  // files in PEM; both empty: Let's Encrypt's for that host
  std::string key;
};

struct PagePlan {
  std::vector<Change> changes;
  std::vector<std::string> test;       // a program that checks the web server's configuration
  std::vector<std::string> reload;     // and one that loads it
  bool waits_for_certificate = false;  // the web server gets one after it has loaded that
  bool was_there = false;              // the page runs already
};

// `url`: web.url as it is in force, empty if there is none. Throws Stop: nothing is there to serve the page with, the
// certificate is not for that host, has ended, or is not there.
[[nodiscard]] PagePlan plan_page(PageOptions wanted, const std::string& url);
// Starts the sockets, loads the web server's configuration. Throws Stop.
void start_page(const PagePlan& plan);
// Lines of a script that takes that back, without the files.
[[nodiscard]] std::string stop_page(const PagePlan& plan);

}  // namespace seimon::tools
