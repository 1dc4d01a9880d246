// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <mutex>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace loom {
namespace {

namespace fs = std::filesystem;

fs::path folderOf(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

std::string freeSpace(const fs::path& file) {
  struct statvfs space {};
  if (statvfs(folderOf(file).c_str(), &space) != 0) return "an unknown number of bytes";
  return formatBytes(static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize);
}

struct FaultSeam {
  std::mutex mutex;
  std::shared_ptr<const FileFault> fault;
  std::atomic<bool> armed = false; // spares every write of a normal run the lock
};

int errorNumber(std::string_view name) {
  static constexpr std::pair<std::string_view, int> names[] = {
      {"ENOSPC", ENOSPC}, {"EIO", EIO},     {"EDQUOT", EDQUOT}, {"EROFS", EROFS},
      {"EACCES", EACCES}, {"EPERM", EPERM}, {"ENOENT", ENOENT}, {"EMFILE", EMFILE}};
  for (const auto& [text, code] : names)
    if (text == name) return code;
  return EIO; // a misspelt fault must not look like a test that passed
}

FileFault faultFromEnvironment() {
  const char* text = std::getenv("LOOM_FAULT");
  if (text == nullptr) return nullptr;
  const std::string_view whole = text;
  const auto first = whole.find(':');
  if (first == std::string_view::npos) return nullptr;
  const auto second = whole.find(':', first + 1);
  const std::string operation(whole.substr(0, first));
  const std::string_view name =
      whole.substr(first + 1, second == std::string_view::npos ? second : second - first - 1);
  const bool kill = name == "KILL";
  const int code = errorNumber(name);
  const std::string part(second == std::string_view::npos ? std::string_view{} : whole.substr(second + 1));
  return [=](std::string_view asked, const fs::path& file) {
    const bool here = asked == operation && file.string().find(part) != std::string::npos;
    if (here && kill) std::raise(SIGKILL);
    return here ? code : 0;
  };
}

FaultSeam& faultSeam() {
  static FaultSeam seam;
  static const bool read = [] {
    if (FileFault fault = faultFromEnvironment()) {
      seam.fault = std::make_shared<const FileFault>(std::move(fault));
      seam.armed = true;
    }
    return true;
  }();
  (void)read;
  return seam;
}

} // namespace

Error writeError(const fs::path& file, std::string_view what, int code, std::size_t wanted) {
  Error error{ErrorKind::other, file.string(), fmt::format("{}: {}", what, std::strerror(code)),
              "Check the disk and the folder's permissions, then try again"};
  switch (code) {
  case ENOSPC:
    error.cause = wanted > 0 ? fmt::format("{}: the disk is full ({} wanted, {} free)", what,
                                           formatBytes(wanted), freeSpace(file))
                             : fmt::format("{}: the disk is full ({} free)", what, freeSpace(file));
    error.fix = fmt::format("Free space on the disk of {}, then try again", folderOf(file).string());
    break;
  case EDQUOT:
    error.cause = fmt::format("{}: your disk quota is used up ({} wanted)", what, formatBytes(wanted));
    error.fix = "Remove files of yours or ask for a larger quota, then try again";
    break;
  case EROFS:
  case EACCES:
  case EPERM:
    error.kind = ErrorKind::input; // the project is not as it must be, as for what cannot be read
    error.fix = fmt::format("Make the folder {} writable or choose another one", folderOf(file).string());
    break;
  case EIO:
    error.cause = fmt::format("{}: the disk reported an input/output error", what);
    error.fix = "Check the disk; what was stored before is untouched";
    break;
  case ENOENT:
    error.kind = ErrorKind::input;
    error.fix = fmt::format("Check that the folder {} exists", folderOf(file).string());
    break;
  default:
    break;
  }
  return error;
}

void setFileFault(FileFault fault) {
  FaultSeam& seam = faultSeam();
  const std::lock_guard lock(seam.mutex);
  seam.armed = fault != nullptr;
  seam.fault = fault ? std::make_shared<const FileFault>(std::move(fault)) : nullptr;
}

int fileFault(std::string_view operation, const fs::path& file) {
  FaultSeam& seam = faultSeam();
  if (!seam.armed) return 0;
  std::shared_ptr<const FileFault> fault;
  {
    const std::lock_guard lock(seam.mutex);
    fault = seam.fault;
  }
  return fault ? (*fault)(operation, file) : 0;
}

Status syncFile(int descriptor, const fs::path& name) {
  int code = fileFault("sync", name);
  while (code == 0 && fsync(descriptor) != 0) {
    if (errno != EINTR) code = errno;
  }
  if (code != 0) return writeError(name, "the file could not be brought to the disk", code);
  return {};
}

Status syncFolder(const fs::path& folder) {
  const fs::path name = folder.empty() ? fs::path(".") : folder;
  const int descriptor = open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return writeError(name, "the folder could not be opened", errno);
  int code = fileFault("sync", name);
  while (code == 0 && fsync(descriptor) != 0) {
    // Some network file systems have no such operation for a folder: nothing is left to be done there.
    if (errno == EINVAL || errno == ENOTSUP) break;
    if (errno != EINTR) code = errno;
  }
  close(descriptor);
  if (code != 0) return writeError(name, "the folder could not be brought to the disk", code);
  return {};
}

Status renameDurably(const fs::path& from, const fs::path& to) {
  int code = fileFault("rename", to);
  if (code == 0 && std::rename(from.c_str(), to.c_str()) != 0) code = errno;
  if (code != 0) return writeError(to, "the new file could not be put in place", code);
  return syncFolder(folderOf(to));
}

Status exchangeDurably(const fs::path& from, const fs::path& to) {
  int code = fileFault("rename", to);
  if (code == 0 && renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) != 0)
    code = errno;
  if (code != 0) return writeError(to, "the new folder could not be put in place", code);
  return syncFolder(folderOf(to));
}

Result<AtomicFile> AtomicFile::create(const fs::path& file) {
  AtomicFile created;
  std::error_code unread;
  // A linked file keeps its link: what is replaced is the file that it points to.
  created.file_ = fs::is_symlink(file, unread) ? fs::weakly_canonical(file, unread) : file;
  if (unread || created.file_.empty()) created.file_ = file;
  if (!created.file_.has_filename())
    return Error{ErrorKind::other, file.string(), "a folder cannot be written as a file",
                 "Give the name of a file"};
  // A name of 255 bytes leaves no room for more.
  const std::string name = created.file_.filename().string().substr(0, 200);
  std::string pattern = (folderOf(created.file_) / ("." + name + ".tmp-XXXXXX")).string();
  created.descriptor_ = mkostemp(pattern.data(), O_CLOEXEC);
  if (created.descriptor_ < 0)
    return writeError(created.file_, "no temporary file could be made beside it", errno);
  created.temporary_ = pattern;
  if (fchmod(created.descriptor_, 0644) != 0)
    return writeError(created.file_, "the temporary file's permissions could not be set", errno);
  return created;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), file_(std::move(other.file_)),
      temporary_(std::exchange(other.temporary_, {})) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(file_, other.file_);
  std::swap(temporary_, other.temporary_);
  return *this;
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  int code = fileFault("write", file_);
  while (code == 0 && !bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0)
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      code = errno;
  }
  if (code != 0) return writeError(file_, "the file could not be written", code, bytes.size());
  return {};
}

Status AtomicFile::write(std::string_view text) { return write(std::as_bytes(std::span(text))); }

Status AtomicFile::commit() {
  // A sync that failed is not tried again: the kernel may have dropped the pages and would report success.
  if (Status synced = syncFile(descriptor_, file_); !synced) return synced;
  const int closed = close(std::exchange(descriptor_, -1));
  if (closed != 0 && errno != EINTR) return writeError(file_, "the file could not be closed", errno);
  int code = fileFault("rename", file_);
  if (code == 0 && std::rename(temporary_.c_str(), file_.c_str()) != 0) code = errno;
  if (code != 0) return writeError(file_, "the new file could not be put in place", code);
  temporary_.clear();
  return syncFolder(folderOf(file_));
}

Status writeFileAtomically(const fs::path& file, std::span<const std::byte> bytes) {
  auto writer = AtomicFile::create(file);
  if (!writer) return writer.error();
  if (Status written = writer->write(bytes); !written) return written;
  return writer->commit();
}

Status writeFileAtomically(const fs::path& file, std::string_view bytes) {
  return writeFileAtomically(file, std::as_bytes(std::span(bytes)));
}

template<class Bytes> static Result<Bytes> readWhole(const fs::path& file, std::size_t maxBytes) {
  const auto unreadable = [&](std::string cause, std::string fix) {
    return Error{ErrorKind::input, file.string(), std::move(cause), std::move(fix)};
  };
  const auto failed = [&](int code) {
    if (code == ENOENT) return unreadable("the file does not exist", "Check the name and the folder");
    return unreadable(fmt::format("the file cannot be read: {}", std::strerror(code)),
                      "Check that you may read it and that the disk is well");
  };
  const auto tooLarge = [&](std::uint64_t size) {
    return unreadable(
        fmt::format("the file has {} or more, at most {} are read", formatBytes(size), formatBytes(maxBytes)),
        "Check that this is the right file");
  };
  // Without O_NONBLOCK a pipe in a project folder would wait for a writer that never comes.
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return failed(errno);
  const auto closer =
      std::unique_ptr<const int, void (*)(const int*)>(&descriptor, [](const int* d) { close(*d); });
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return failed(errno);
  if (S_ISDIR(status.st_mode))
    return unreadable("this is a folder, a file is wanted", "Give the name of a file");
  if (!S_ISREG(status.st_mode))
    return unreadable("this is no regular file", "Give the name of a regular file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > maxBytes) return tooLarge(size);
  // Files of /proc say 0, and a file may grow while it is read: the end decides, not the size.
  Bytes bytes;
  bytes.resize(std::min<std::uint64_t>(size, maxBytes) + 1);
  std::size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2 + 4096);
    const ssize_t got = read(descriptor, bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled > maxBytes) return tooLarge(filled);
  }
  bytes.resize(filled);
  return bytes;
}

Result<std::string> readWholeFile(const fs::path& file, std::size_t maxBytes) {
  return readWhole<std::string>(file, maxBytes);
}

Result<RawBytes> readWholeRaw(const fs::path& file, std::size_t maxBytes) {
  return readWhole<RawBytes>(file, maxBytes);
}

} // namespace loom
