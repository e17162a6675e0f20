// SPDX-License-Identifier: Apache-2.0
// Checks that a file can be trusted: its owner, its mode, and those of the directories above it.
//
// Model: a path is walked from the root, component by component, each opened from the one before it (openat(2)), as
// sshd's safe_path() asks of authorized keys; the targets of symbolic links are walked too. What is read afterwards is
// the file that was looked at, not whatever has the name by then.
// MUST:
//  1. Every directory on the way and the file itself belong to root, to us, or to `also`, and nobody else may write to
//     them; a directory of root's with the sticky bit (/tmp) may be on the way, for nobody renames others' files there.
//  2. A text with a zero byte is refused: whoever reads it as a C string would see its beginning only.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

namespace seimon::daemon {

class TrustedFile {
 public:
  // Opens `path` for reading. Throws std::runtime_error: "PATH: reason", on the next line the command that fixes it.
  explicit TrustedFile(const std::string& path, uid_t also = 0);
  TrustedFile(const TrustedFile&) = delete;
  TrustedFile& operator=(const TrustedFile&) = delete;
  ~TrustedFile();

  [[nodiscard]] const struct stat& status() const { return status_; }
  // Its whole content, of at most `most` bytes, without a byte order mark. Throws std::runtime_error.
  [[nodiscard]] std::string text(std::size_t most) const;

 private:
  std::string path_;
  int fd_;
  struct stat status_ = {};
};

// Why the directory or file `path` must not be believed, with the command that fixes it; empty when it may.
[[nodiscard]] std::string reason_not_to_trust(const std::string& path, uid_t also = 0);

}  // namespace seimon::daemon
