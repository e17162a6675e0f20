// SPDX-License-Identifier: Apache-2.0
// seimon-web(8): the page on which people see and change their sign-in methods. Has no key, no store and no network; is
// nobody to seimond but by the tickets of those who have signed in.
#include <syslog.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/program_options.h"
#include "daemon/system/activation.h"
#include "daemon/system/privileges.h"
#include "web/app.h"
#include "web/server.h"
#include "wire/login.h"

namespace seimon::web {

namespace {

struct Options {
  std::string socket = "/run/seimon/web.sock";
  std::string seimond{wire::kSocketPath};
  std::string login = "/run/seimon/web-login.sock";
  std::string account = "seimon-web";
  std::vector<std::string> proxies = {"www-data", "caddy"};
  std::string folder = SEIMON_DATADIR "/web";
  std::string locale = SEIMON_LOCALEDIR;
};

constexpr auto kLearn = std::chrono::seconds(15);

std::vector<uid_t> uids_of(const std::vector<std::string>& accounts) {
  std::vector<uid_t> uids;
  for (const std::string& name : accounts) {
    const uid_t uid = daemon::account_uid(name.c_str());
    if (uid != 0 || name == "root") uids.push_back(uid);
  }
  return uids;
}

Catalogue japanese(const std::string& folder) {
  try {
    return Catalogue(folder + "/ja/LC_MESSAGES/seimon.mo");
  } catch (const std::exception& error) {
    syslog(LOG_WARNING, "no Japanese: %s", error.what());
    return {};
  }
}

// Now, and again and again: the configuration may be read anew.
void keep_learning(App& app, boost::asio::steady_timer& timer) {
  app.learn();
  app.sweep();
  timer.expires_after(kLearn);
  timer.async_wait([&](const boost::system::error_code& error) {
    if (!error) keep_learning(app, timer);
  });
}

int serve(const Options& options) {
  int listener = daemon::passed_socket();
  if (listener < 0) listener = daemon::open_socket(options.socket);
  daemon::become(options.account.c_str());
  daemon::harden();
  // Requests that are answered when the loop goes need it.
  const Catalogue catalogue = japanese(options.locale);
  boost::asio::io_context loop(1);
  App app(loop, {options.seimond, options.login}, catalogue, options.folder);
  Server server(loop, listener, uids_of(options.proxies),
                [&app](RawRequest request, Respond respond) { app.answer(std::move(request), std::move(respond)); });
  boost::asio::steady_timer timer(loop);
  keep_learning(app, timer);
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&loop](const boost::system::error_code&, int) { loop.stop(); });
  daemon::tell_supervisor("READY=1");
  for (;;) {
    try {
      loop.run();
      return 0;
    } catch (const std::exception& error) {
      // One request fails, and with it its connection.
      syslog(LOG_ERR, "a request failed: %s", error.what());
    }
  }
}

int run(int argc, char** argv) {
  Options options;
  base::ProgramOptions line("seimon-web", "shows people their sign-in methods, behind a web server");
  line.add("--socket", options.socket, "where to listen, unless a socket is passed");
  line.add("--seimond", options.seimond, "seimond's socket");
  line.add("--login", options.login, "seimon-web-login's socket");
  line.add("--account", options.account, "the account to run as, if started by root");
  line.add("--proxy", options.proxies, "an account that the web server runs as; may be given again");
  line.add("--files", options.folder, "the folder of style.css and the scripts");
  line.add("--locale", options.locale, "the folder of the translations");
  if (const auto status = line.parse(argc, argv)) return *status;
  (void)std::signal(SIGPIPE, SIG_IGN);
  openlog("seimon-web", LOG_PID, LOG_AUTHPRIV);
  try {
    return serve(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seimon-web: %s\n", error.what());
    return 1;
  }
}

}  // namespace

}  // namespace seimon::web

int main(int argc, char** argv) { return seimon::web::run(argc, argv); }
