// SPDX-License-Identifier: Apache-2.0
// seimond(8): reads its options, opens socket and key, gives up its rights, wires the rooms together, runs the loop.
#include <syslog.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/files.h"
#include "base/program_options.h"
#include "daemon/config/check.h"
#include "daemon/config/load.h"
#include "daemon/server.h"
#include "daemon/system/activation.h"
#include "daemon/system/key.h"
#include "daemon/system/privileges.h"
#include "daemon/system/sandbox.h"
#include "wire/login.h"

namespace seimon::daemon {

namespace {

constexpr int kExitFailure = 1;
constexpr int kExitConfiguration = 6;

struct Options {
  bool foreground = false;
  bool check = false;
  std::string config = "/etc/seimon/seimon.conf";
  std::string socket{wire::kSocketPath};
  std::string state;
};

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

// Empty when /proc does not show it.
std::string boot_id() {
  try {
    std::string id = base::read_file("/proc/sys/kernel/random/boot_id", 64);
    while (!id.empty() && id.back() == '\n') id.pop_back();
    return id;
  } catch (const std::runtime_error&) {
    return "";
  }
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// The configuration with what the command line and the host add to it.
Config load(const Options& options, const std::string& host) {
  Config config = load_config(options.config);
  if (!options.state.empty())
    config.store_path = options.state + config.store_path.substr(config.store_path.rfind('/'));
  if (config.issuer.empty())
    config.issuer = host.find('.') == std::string::npos ? host : host.substr(host.find('.') + 1);
  return config;
}

int check(const Options& options) {
  const Config config = load(options, host_name());
  // Not at a reload, which the service's own account checks: a directory that is down must not keep anybody from
  // switching to observe.
  if (geteuid() == 0) check_groups(config);
  std::printf("%s: ok, mode %s, %zu rules, %zu networks\n", options.config.c_str(),
              config.policy.observe ? "observe" : "enforce", config.policy.rules.size(), config.policy.networks.size());
  std::vector<std::string> warnings = config.warnings;
  for (std::string& finding : check_stacks(config, "/etc/pam.d")) warnings.push_back(std::move(finding));
  if (geteuid() == 0)
    for (std::string& finding : check_drivers(config.delivery)) warnings.push_back(std::move(finding));
  for (const std::string& warning : warnings) std::fprintf(stderr, "warning: %s\n", warning.c_str());
  if (geteuid() != 0) return 0;
  if (!config.upstream.empty()) {
    (void)Gates(config);
    return 0;
  }
  std::printf("store: %s\n", config.store_path.c_str());
  const std::string key = key_path(options.config);
  (void)read_key(key);
  std::printf("%s: ok\n", key.c_str());
  return 0;
}

// As root the key is read and the socket opened before the rights are dropped; under systemd both are ours already.
Startup begin(const Options& options) {
  Startup startup;
  startup.host = host_name();
  startup.boot = boot_id();
  startup.config = load(options, startup.host);
  startup.socket = passed_socket();
  startup.key_file = key_path(options.config);
  startup.next_key_file = startup.key_file + ".next";
  if (!startup.config.upstream.empty()) {
    startup.gates.emplace(startup.config);
    startup.key = core::Secret::random(32);  // seals nothing that lasts
  } else {
    startup.key = read_key(startup.key_file);
    if (access(startup.next_key_file.c_str(), F_OK) == 0) startup.next_key.emplace(read_key(startup.next_key_file));
  }
  if (startup.socket < 0) startup.socket = open_socket(options.socket);
  return startup;
}

int serve(const Options& options, Journal& journal) {
  harden();
  Startup startup = begin(options);
  drop_privileges(directory_of(startup.config.store_path));
  harden();
  const Engine engine(startup.config);
  enter_sandbox(startup.is_shared() || startup.is_stateless());
  const std::string host = startup.host;
  Server server(std::move(startup), engine, journal, [&options, &host] { return load(options, host); });
  if (server.run()) return 0;
  journal.write(LOG_NOTICE, "the name service does not answer: exiting without waiting for it");
  std::_Exit(0);
}

int run(int argc, char** argv) {
  Options options;
  base::ProgramOptions line("seimond", "the service behind pam_seimon(8)");
  line.add("--foreground", options.foreground, "also log to standard error");
  line.add("--config", options.config, "configuration file");
  line.add("--socket", options.socket, "where to listen, unless a socket is passed");
  line.add("--state", options.state, "directory of the store; overrides store.url");
  line.add("--check", options.check, "check configuration and key, then exit");
  if (const auto status = line.parse(argc, argv)) return *status;
  Journal journal(options.foreground);
  try {
    return options.check ? check(options) : serve(options, journal);
  } catch (const ConfigError& error) {
    std::fprintf(stderr, "seimond: %s\n", error.what());
    report(journal, LOG_ERR, error.what());
    return kExitConfiguration;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seimond: %s\n", error.what());
    report(journal, LOG_ERR, error.what());
    return options.check ? kExitConfiguration : kExitFailure;
  }
}

}  // namespace

}  // namespace seimon::daemon

int main(int argc, char** argv) { return seimon::daemon::run(argc, argv); }
