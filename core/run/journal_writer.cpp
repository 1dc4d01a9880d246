// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/run/journal.h"
#include <cerrno>
#include <cstring>
#include <fmt/format.h>

namespace loom {
namespace {

Error writeError(const std::filesystem::path& file, int error) {
  if (error == ENOSPC || error == EDQUOT) {
    std::error_code unknown;
    const auto space = std::filesystem::space(file.parent_path(), unknown);
    return {ErrorKind::other, file.string(),
            unknown ? say("the disk is full") : say("the disk is full ({} free)", Bytes{space.available}),
            say("Free some space, then resume the run")};
  }
  const bool place = error == EROFS || error == EACCES || error == EPERM || error == ENOENT;
  return {place ? ErrorKind::input : ErrorKind::other, file.string(),
          say("the journal cannot be written: {}", foreign(std::strerror(error))),
          say("Allow writing in the project's folder")};
}

} // namespace

Result<JournalWriter> JournalWriter::create(const std::filesystem::path& attemptFolder) {
  std::error_code failed;
  std::filesystem::create_directories(attemptFolder, failed);
  JournalWriter writer;
  writer.file_ = attemptFolder / "journal";
  if (failed) return writeError(writer.file_, failed.value());
  // It must be new: two trainers can never share an attempt.
  if (const int code = writer.open_.open(writer.file_, os::Access::appendNew); code != 0)
    return writeError(writer.file_, code);
  if (const auto synced = syncFolder(attemptFolder); !synced) return synced.error();
  return writer;
}

Status JournalWriter::append(const RunEvent& event) { return append(std::vector<RunEvent>{event}); }

Status JournalWriter::append(const std::vector<RunEvent>& events) {
  std::string text;
  std::uint64_t sequence = next_;
  for (const RunEvent& event : events) {
    const std::string body = fmt::format("{} {}", sequence++, compactJson(event));
    if (8 + 1 + body.size() + 1 > longestRecord)
      return Error{ErrorKind::other, file_.string(),
                   say("a record must have at most {} bytes (got {})", longestRecord, body.size()),
                   say("Report this as a bug of the trainer")};
    text += hex32(crc32c(body));
    text += ' ';
    text += body;
    text += '\n';
  }
  if (text.empty()) return {};
  os::Transfer written;
  written.code = fileFault("write", file_);
  if (written.code == 0) {
    written = open_.write(text);
    if (written.bytes == text.size()) {
      next_ = sequence;
      return {};
    }
    if (written.code == 0) written.code = ENOSPC;
  }
  // What a full disk took of it is removed, so that a later record does not follow half of this one.
  os::FileStatus status;
  if (written.bytes > 0 && open_.status(status) == 0 && status.size >= written.bytes)
    if (const int code = open_.resize(status.size - written.bytes); code != 0) return writeError(file_, code);
  return writeError(file_, written.code);
}

Status JournalWriter::sync() { return syncFile(open_, file_); }

std::uint64_t JournalWriter::nextSequence() const { return next_; }

} // namespace loom
