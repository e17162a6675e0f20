// SPDX-License-Identifier: Apache-2.0
#include "daemon/work/spool.h"

#include <cerrno>
#include <cstdio>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "daemon/system/trust.h"

namespace seimon::daemon {

namespace {

constexpr off_t kMost = off_t{16} << 20;

std::vector<core::Event> events_in(const std::string& path) {
  std::vector<core::Event> events;
  const std::string text = base::read_file(path, static_cast<std::size_t>(2 * kMost));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (auto event = event_in(std::string_view(text).substr(at, end - at))) events.push_back(std::move(*event));
    at = end + 1;
  }
  return events;
}

}  // namespace

std::string line_of(const core::Event& event) {
  nlohmann::json row = {{"at", event.at.time_since_epoch().count()}};
  core::Event::each_field(event, [&](std::string_view name, const std::string& value) {
    if (!value.empty()) row[std::string(name)] = value;
  });
  return row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::optional<core::Event> event_in(std::string_view line) {
  const nlohmann::json row = nlohmann::json::parse(line, nullptr, false);
  if (!row.is_object()) return std::nullopt;
  const auto at = row.find("at");
  if (at == row.end() || !at->is_number_integer()) return std::nullopt;
  core::Event event;
  event.at = core::Instant(core::seconds(at->get<std::int64_t>()));
  core::Event::each_field(event, [&](std::string_view name, std::string& value) {
    const auto field = row.find(std::string(name));
    if (field != row.end() && field->is_string()) value = field->get<std::string>();
  });
  return event;
}

bool Spool::append(const std::vector<core::Event>& events) {
  std::string lines;
  for (const core::Event& event : events) lines += line_of(event);
  const std::lock_guard lock(mutex_);
  if (access(path_.c_str(), F_OK) != 0) is_named_ = false;
  const int fd = ::open(path_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  struct stat status = {};
  const bool good = fd >= 0 && fstat(fd, &status) == 0 && status.st_size < kMost &&
                    ::write(fd, lines.data(), lines.size()) == static_cast<ssize_t>(lines.size()) &&
                    fdatasync(fd) == 0 && (is_named_ || (is_named_ = base::sync_folder_of(path_)));
  // Half a line would spoil the next one.
  if (fd >= 0 && !good && S_ISREG(status.st_mode)) (void)!::ftruncate(fd, status.st_size);
  if (fd >= 0) ::close(fd);
  return good;
}

std::vector<core::Event> Spool::take() {
  const std::string aside = path_ + ".merging";
  const std::lock_guard lock(mutex_);
  if (is_taken_) return {};
  // One that was set aside before a crash goes first.
  if (access(aside.c_str(), F_OK) != 0 && ::rename(path_.c_str(), aside.c_str()) != 0) return {};
  try {
    std::vector<core::Event> events = events_in(aside);
    if (events.empty()) (void)unlink(aside.c_str());
    is_taken_ = !events.empty();
    return events;
  } catch (const std::exception&) {
    return {};  // it stays for the next time
  }
}

void Spool::forget() {
  const std::lock_guard lock(mutex_);
  (void)unlink((path_ + ".merging").c_str());
  is_taken_ = false;
}

void Spool::keep() {
  const std::lock_guard lock(mutex_);
  is_taken_ = false;
}

}  // namespace seimon::daemon
