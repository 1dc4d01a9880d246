// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/run/journal.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace loom {
namespace {

Error writeError(const std::filesystem::path& file, int error) {
  if (error == ENOSPC || error == EDQUOT) {
    std::error_code unknown;
    const auto space = std::filesystem::space(file.parent_path(), unknown);
    return {ErrorKind::other, file.string(),
            fmt::format("the disk is full, {} bytes are free", unknown ? 0 : space.available),
            "Free some space, then resume the run"};
  }
  const bool place = error == EROFS || error == EACCES || error == EPERM || error == ENOENT;
  return {place ? ErrorKind::input : ErrorKind::other, file.string(),
          fmt::format("the journal cannot be written: {}", std::strerror(error)),
          "Allow writing in the project's folder"};
}

} // namespace

Result<JournalWriter> JournalWriter::create(const std::filesystem::path& attemptFolder) {
  std::error_code failed;
  std::filesystem::create_directories(attemptFolder, failed);
  JournalWriter writer;
  writer.file_ = attemptFolder / "journal";
  if (failed) return writeError(writer.file_, failed.value());
  // O_EXCL: two trainers can never share an attempt.
  writer.descriptor_ = ::open(writer.file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
  if (writer.descriptor_ < 0) return writeError(writer.file_, errno);
  if (const auto synced = syncFolder(attemptFolder); !synced) return synced.error();
  return writer;
}

JournalWriter::JournalWriter(JournalWriter&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), next_(other.next_), file_(std::move(other.file_)) {}

JournalWriter& JournalWriter::operator=(JournalWriter&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(next_, other.next_);
  std::swap(file_, other.file_);
  return *this;
}

JournalWriter::~JournalWriter() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status JournalWriter::append(const RunEvent& event) { return append(std::vector<RunEvent>{event}); }

Status JournalWriter::append(const std::vector<RunEvent>& events) {
  std::string text;
  std::uint64_t sequence = next_;
  for (const RunEvent& event : events) {
    const std::string body = fmt::format("{} {}", sequence++, compactJson(event));
    if (8 + 1 + body.size() + 1 > longestRecord)
      return Error{ErrorKind::other, file_.string(),
                   fmt::format("a record of {} bytes is longer than {}", body.size(), longestRecord),
                   "Report this: the trainer says too much at once"};
    text += hex32(crc32c(body));
    text += ' ';
    text += body;
    text += '\n';
  }
  if (text.empty()) return {};
  ssize_t written = -1;
  int error = fileFault("write", file_);
  if (error == 0) {
    do written = ::write(descriptor_, text.data(), text.size());
    while (written < 0 && errno == EINTR);
    if (written == static_cast<ssize_t>(text.size())) {
      next_ = sequence;
      return {};
    }
    error = written < 0 ? errno : ENOSPC;
  }
  // What a full disk took of it is taken back, so that a later record does not follow half of this one.
  if (written > 0)
    if (const off_t end = ::lseek(descriptor_, 0, SEEK_END);
        end >= written && ::ftruncate(descriptor_, end - written) != 0)
      return writeError(file_, errno);
  return writeError(file_, error);
}

Status JournalWriter::sync() { return syncFile(descriptor_, file_); }

std::uint64_t JournalWriter::nextSequence() const { return next_; }

} // namespace loom
