// SPDX-License-Identifier: Apache-2.0
#include "tools/setup/record.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "base/files.h"
#include "tools/system/files.h"
#include "tools/system/program.h"
#include "tools/terminal/client.h"
#include "tools/terminal/words.h"
#include "wire/login.h"

namespace seimon::tools {

namespace {

const std::string kConversation = std::string(wire::kConversationVariable) + "=";

namespace fs = std::filesystem;

constexpr const char* kRecords = "/var/backups/seimon";
constexpr const char* kUnit = "/etc/systemd/system/seimon-setup-undo";
constexpr int kMostInASecond = 9;  // one digit: names keep their order
constexpr const char* kReloadSshd =
    "systemctl reload ssh 2>/dev/null || kill -HUP \"$(cat /run/sshd.pid 2>/dev/null)\" 2>/dev/null";

[[noreturn]] void fail(const std::string& path) {
  throw Stop{errno == EACCES || errno == EPERM ? kNotPermitted : kBadInput, path + ": " + std::strerror(errno), ""};
}

std::string first_line(const std::string& path) {
  std::string text = contents_of(path);
  return text.substr(0, text.find('\n'));
}

// Seconds since the boot, as /proc counts them: no clock that is set back or forth changes it.
double uptime() {
  timespec now = {};
  (void)clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string boot() { return first_line("/proc/sys/kernel/random/boot_id"); }

std::string date() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts = {};
  (void)localtime_r(&now, &parts);
  char text[32] = {};
  (void)std::strftime(text, sizeof text, "%Y-%m-%dT%H.%M.%S", &parts);
  return text;
}

bool has_systemd() { return access("/run/systemd/system", F_OK) == 0; }

// Our paths contain nothing special to a shell; checked again here.
std::string quoted(const std::string& path) {
  if (path.find('\'') != std::string::npos) throw Stop{kBadInput, path + ": the path contains a quotation mark", ""};
  return "'" + path + "'";
}

void make_folders(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) throw Stop{kBadInput, path + ": " + error.message(), ""};
}

std::vector<std::string> records() {
  std::vector<std::string> folders;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(kRecords, error)) folders.push_back(entry.path());
  std::sort(folders.rbegin(), folders.rend());
  return folders;
}

// In the place of what is there, at once: a login meanwhile sees the old file or the new one. Owner and mode stay.
void replace_file(const std::string& path, const std::string& text) {
  struct stat status = {};
  const bool had = lstat(path.c_str(), &status) == 0;
  // The mode of a link says nothing.
  if (had && !S_ISREG(status.st_mode)) throw Stop{kBadInput, path + ": is no regular file", ""};
  const std::string fresh = path + ".seimon-new";
  (void)unlink(fresh.c_str());
  write_new_file(fresh, text);
  const bool good = chmod(fresh.c_str(), had ? status.st_mode & 07777U : 0644U) == 0 &&
                    chown(fresh.c_str(), had ? status.st_uid : 0, had ? status.st_gid : 0) == 0 &&
                    rename(fresh.c_str(), path.c_str()) == 0 && base::sync_folder_of(path);
  if (good) return;
  const int error = errno;
  (void)unlink(fresh.c_str());
  errno = error;
  fail(path);
}

// Of the undo script: puts the file of `change` back at once, on the disk, too.
std::string undo_lines(const std::string& folder, const Change& change) {
  const std::string path = quoted(change.path);
  const std::string fresh = quoted(change.path + ".seimon-new");
  const std::string in = quoted(fs::path(change.path).parent_path());
  if (!change.before) return "rm -f " + path + "\n[ ! -d " + in + " ] || sync " + in + "\n";
  return "cp -a " + quoted(folder + "/before" + change.path) + " " + fresh + "\nsync " + fresh + "\nmv -f " + fresh +
         " " + path + "\nsync " + in + "\n";
}

// The undo script: in the opposite order, so that no stack is ever without the way in that it was made for.
std::string undo_script(const std::string& folder, const std::vector<Change>& changes, bool is_sshd) {
  std::string text = "set -e\n";
  for (auto change = changes.rbegin(); change != changes.rend(); ++change) text += undo_lines(folder, *change);
  if (is_sshd) text += std::string(kReloadSshd) + " || true\n";
  return text;
}

struct Process {
  std::string name;
  pid_t parent = 0;
  double begun = 0;  // seconds since the boot
};

// proc(5): pid (name) state ppid … starttime is the 22nd field.
Process process(pid_t pid) {
  const std::string text = contents_of("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  Process result;
  if (open == std::string::npos || close == std::string::npos) return result;
  result.name = text.substr(open + 1, close - open - 1);
  std::istringstream rest(text.substr(close + 1));
  std::string word;
  for (int field = 3; field <= 22 && rest >> word; ++field) {
    if (field == 4) result.parent = static_cast<pid_t>(std::stol(word));
    if (field == 22) result.begun = std::stod(word) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return result;
}

// True if an sshd is running, to be reloaded.
bool sshd_runs() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") == std::string::npos &&
        process(static_cast<pid_t>(std::stol(name))).name == "sshd")
      return true;
  }
  return false;
}

}  // namespace

Record::Record(std::string folder) : folder_(std::move(folder)), service_(first_line(in("service"))) {
  std::istringstream lines(contents_of(in("paths")));
  for (std::string line; std::getline(lines, line);) paths_.push_back(line);
}

Record::Record(std::string service, const std::vector<Change>& changes, const std::string& afterwards)
    : service_(std::move(service)) {
  make_folders(kRecords);
  // Held until this process ends: two at once would each keep the other's files as what was there before.
  const int lock = open(kRecords, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) != 0)
    throw Stop{kNo, std::string(kRecords) + ": another seimon setup is at work; nothing was changed", ""};
  for (const std::string& folder : records())
    if (access((folder + "/unconfirmed").c_str(), F_OK) == 0)
      throw Stop{kNo, folder + ": waits for its confirmation; first: seimon setup confirm, or: seimon setup undo", ""};
  const std::string name = std::string(kRecords) + "/" + date() + "-" + service_;
  folder_ = name;
  for (int number = 2; mkdir(folder_.c_str(), 0700) != 0; ++number) {
    if (errno != EEXIST || number > kMostInASecond) fail(folder_);
    folder_ = name + "." + std::to_string(number);
  }
  std::string paths;
  for (const Change& change : changes) {
    paths_.push_back(change.path);
    paths += change.path + "\n";
    for (const char* side : {"before", "after"}) make_folders(in(side) + fs::path(change.path).parent_path().string());
    write_new_file(in("after") + change.path, change.after);
    // Owner and mode are part of what comes back.
    const std::string copy = in("before") + change.path;
    if (change.before && run_program({"cp", "-a", change.path, copy}).code != 0) fail(copy);
  }
  write_new_file(in("paths"), paths);
  write_new_file(in("service"), service_ + "\n");
  write_new_file(in("undo"), undo_script(folder_, changes, service_ == "sshd") + afterwards + ": >" +
                                 quoted(in("undone")) + "\nrm -f " + quoted(in("unconfirmed")) + "\nsync " +
                                 quoted(in("")) + "\n");
  write_new_file(in("begun"), boot() + " " + std::to_string(uptime()) + "\n");
  sync();
}

Record Record::newest() {
  for (const std::string& folder : records())
    if (access((folder + "/undone").c_str(), F_OK) != 0 && access((folder + "/undo").c_str(), F_OK) == 0)
      return Record(folder);
  throw Stop{kNo, std::string(kRecords) + ": there is nothing to undo", ""};
}

Record Record::unconfirmed() {
  for (const std::string& folder : records())
    if (access((folder + "/unconfirmed").c_str(), F_OK) == 0) return Record(folder);
  throw Stop{kNo, std::string(kRecords) + ": nothing waits for a confirmation (was it undone in time?)", ""};
}

void Record::arm(std::chrono::seconds after) const {
  write_new_file(in("unconfirmed"), "");
  const std::string command = "/bin/sh " + in("undo");
  if (has_systemd()) {
    replace_file(std::string(kUnit) + ".service",
                 "[Unit]\nDescription=Put back what seimon setup changed and nobody confirmed\n"
                 "ConditionPathExists=" +
                     in("unconfirmed") + "\n[Service]\nType=oneshot\nExecStart=" + command + "\n");
    replace_file(std::string(kUnit) + ".timer",
                 "[Unit]\nDescription=Unless seimon setup confirm comes "
                 "first\n[Timer]\nAccuracySec=1s\nRemainAfterElapse=no\nOnActiveSec=" +
                     std::to_string(after.count()) + "\n[Install]\nWantedBy=timers.target\n");
    const bool good =
        run_program({"systemctl", "daemon-reload"}).code == 0 &&
        run_program({"systemctl", "enable", "seimon-setup-undo.timer"}).code == 0 &&
        // One that has elapsed before is still there, and a start would do nothing.
        run_program({"systemctl", "restart", "seimon-setup-undo.timer"}).code == 0 &&
        run_program({"systemctl", "show", "-P", "SubState", "seimon-setup-undo.timer"}).text == "waiting\n";
    sync();  // systemctl does not: a reboot has to find the timer
    if (good) return;
    disarm();
    throw Stop{kNo, "the timer for the way back cannot be started; nothing was changed", ""};
  }
  const pid_t child = fork();
  if (child > 0) {
    int status = 0;
    const bool good = waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (good) return;
  }
  if (child != 0) {
    disarm();
    throw Stop{kNo, "the process for the way back cannot be started; nothing was changed", ""};
  }
  if (chdir("/") != 0) _exit(1);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= 2; ++fd)
    if (nothing < 0 || dup2(nothing, fd) < 0) _exit(1);
  const pid_t second = fork();
  if (second != 0) _exit(second < 0 ? 1 : 0);
  (void)setsid();
  (void)signal(SIGHUP, SIG_IGN);
  (void)close_range(3, ~0U, 0);
  timespec left = {static_cast<time_t>(after.count()), 0};
  while (clock_nanosleep(CLOCK_BOOTTIME, 0, &left, &left) == EINTR) continue;
  if (access(in("unconfirmed").c_str(), F_OK) == 0)
    (void)execl("/bin/sh", "sh", in("undo").c_str(), static_cast<char*>(nullptr));
  _exit(0);
}

void Record::apply(const std::function<void()>& between) const {
  bool stacks = false;
  for (const std::string& path : paths_) {
    if (path != kDropIn && !stacks) between();
    stacks = stacks || path != kDropIn;
    make_folders(fs::path(path).parent_path());
    replace_file(path, contents_of(in("after") + path));
    if (path != kDropIn) continue;
    const Output output = run_program({"sshd", "-t"});
    if (output.code != 0) throw Stop{kNo, "sshd -t: " + output.text.substr(0, output.text.find('\n')), ""};
    if (run_program({"sh", "-c", kReloadSshd}).code != 0 && sshd_runs())
      throw Stop{kNo, "sshd goes on with its old rules: neither systemctl reload ssh nor /run/sshd.pid reached it", ""};
  }
}

void Record::remember_newest(const nlohmann::json& events) const {
  write_new_file(in("newest"), events.empty() ? "" : events.back().dump());
}

bool Record::has_passed(const nlohmann::json& events) const {
  const auto newest = nlohmann::json::parse(contents_of(in("newest")), nullptr, false);
  bool since = std::find(events.begin(), events.end(), newest) == events.end();
  for (const auto& event : events) {
    const std::string outcome = event.value("outcome", "");
    const std::string by = event.value("service", "");  // su-l and sudo-i come along
    // A claim of somebody's own process is no login of that service's.
    const bool is_login = event.value("event", "") == "login" && event.value("actor", "").empty();
    if (since && is_login && (by == service_ || by.starts_with(service_ + "-")) &&
        (outcome == "accepted" || outcome == "skipped" || outcome == "would"))
      return true;
    since = since || event == newest;
  }
  return false;
}

void Record::disarm() const {
  const std::string unconfirmed = in("unconfirmed");
  // Not after a reboot, either.
  if ((unlink(unconfirmed.c_str()) != 0 && errno != ENOENT) || !base::sync_folder_of(unconfirmed)) fail(unconfirmed);
  if (!has_systemd() || access((std::string(kUnit) + ".timer").c_str(), F_OK) != 0) return;
  (void)run_program({"systemctl", "disable", "--now", "seimon-setup-undo.timer"});
  for (const char* kind : {".timer", ".service"}) (void)unlink((kUnit + std::string(kind)).c_str());
  (void)run_program({"systemctl", "daemon-reload"});
}

void Record::undo() const {
  const Output output = run_program({"sh", "-e", in("undo")});
  if (output.code != 0) throw Stop{kNo, in("undo") + ": " + output.text.substr(0, output.text.find('\n')), ""};
  disarm();
}

void Record::confirm() const { disarm(); }

std::string Record::way_back() const {
  std::string text;
  std::istringstream lines(contents_of(in("undo")));
  for (std::string line; std::getline(lines, line);) text += "  " + line + "\n";
  return text;
}

std::vector<std::string> Record::changed_since() const {
  std::vector<std::string> paths;
  for (const std::string& path : paths_)
    if (contents_of(path) != contents_of(in("after") + path)) paths.push_back(path);
  return paths;
}

bool Record::is_new_login() const {
  std::istringstream begun(contents_of(in("begun")));
  std::string boot_then;
  double then = 0;
  if (!(begun >> boot_then >> then)) return false;
  for (pid_t pid = getpid(); pid > 1;) {
    const Process found = process(pid);
    const bool is_login = found.name == service_ || (service_ == "sshd" && found.name.starts_with("sshd"));
    if (is_login) return boot_then != boot() || found.begun > then;
    pid = found.parent;
  }
  return false;
}

bool Record::came_to_our_line() const {
  for (pid_t pid = getpid(); pid > 1; pid = process(pid).parent) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/environ");
    const std::string variables{std::istreambuf_iterator<char>(file), {}};
    if (variables.starts_with(kConversation) ||
        variables.find(std::string(1, '\0') + kConversation) != std::string::npos)
      return true;
  }
  return false;
}

}  // namespace seimon::tools
