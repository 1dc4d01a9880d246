// SPDX-License-Identifier: Apache-2.0
#include "core/base/os/folder.h"
#include "core/base/os/posix/open_flags.h"
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <memory>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace loom::os {
namespace {

constexpr mode_t newFile = 0666, newFolder = 0777; // narrowed by the umask

std::atomic<bool> byComponents = false;

bool isOneOf(std::string_view name, std::initializer_list<std::string_view> refused) {
  for (const std::string_view one : refused)
    if (name == one) return true;
  return false;
}

// The first component, taken off `name`.
std::string_view takeComponent(std::string_view& name) {
  const std::size_t end = name.find('/');
  const std::string_view first = name.substr(0, end);
  name = end == std::string_view::npos ? std::string_view() : name.substr(end + 1);
  return first;
}

bool isRelativeName(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.back() == '/' || name.find('\0') != std::string_view::npos)
    return false;
  while (!name.empty())
    if (isOneOf(takeComponent(name), {"", ".", ".."})) return false;
  return true;
}

int opened(int handle, File& into) {
  if (handle < 0) return errno;
  into = File(handle);
  return 0;
}

// Component by component: between two of them nobody can put a link in our way, because each is opened from
// the one before.
int openByComponents(int from, std::string_view name, int flags, mode_t mode, File& into) {
  File folder;
  for (;;) {
    const std::string component(takeComponent(name));
    const int at = folder ? folder.handle() : from;
    if (name.empty()) {
      int handle = ::openat(at, component.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
      // With O_PATH a link is opened itself instead of being refused, with O_DIRECTORY it is ENOTDIR.
      struct stat status {};
      if (handle >= 0 && (flags & O_PATH) != 0 && ::fstat(handle, &status) == 0 && S_ISLNK(status.st_mode)) {
        ::close(handle);
        return ELOOP;
      }
      if (handle < 0 && errno == ENOTDIR &&
          ::fstatat(at, component.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0)
        return S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR;
      return opened(handle, into);
    }
    File next;
    if (const int code = openByComponents(at, component, O_PATH | O_DIRECTORY, 0, next); code != 0)
      return code;
    folder = std::move(next);
  }
}

int openBeneath(int from, std::string_view name, int flags, mode_t mode, File& into) {
  if (!isRelativeName(name)) return EINVAL;
  if (!byComponents) {
    open_how how{};
    how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC | O_NOFOLLOW);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    const std::string text(name);
    for (;;) {
      const auto handle = static_cast<int>(::syscall(SYS_openat2, from, text.c_str(), &how, sizeof how));
      if (handle >= 0) return opened(handle, into);
      if (errno == EINTR || errno == EAGAIN) continue; // somebody renames on the way
      if (errno != ENOSYS && errno != EPERM) return errno;
      break; // EPERM also where a filter forbids the call; what is truly forbidden is so for openat, too
    }
  }
  return openByComponents(from, name, flags, mode, into);
}

EntryKind kindOf(mode_t mode) {
  if (S_ISREG(mode)) return EntryKind::file;
  if (S_ISDIR(mode)) return EntryKind::folder;
  return S_ISLNK(mode) ? EntryKind::link : EntryKind::other;
}

std::int64_t nanoseconds(const timespec& time) {
  constexpr std::int64_t second = 1'000'000'000;
  // Times beyond 292 years are only compared with themselves.
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(time.tv_sec) * second) + time.tv_nsec;
}

EntryKind kindOf(const dirent& entry, int folder) {
  switch (entry.d_type) {
  case DT_REG:
    return EntryKind::file;
  case DT_DIR:
    return EntryKind::folder;
  case DT_LNK:
    return EntryKind::link;
  case DT_UNKNOWN:
    break; // this file system does not say
  default:
    return EntryKind::other;
  }
  struct stat status {};
  if (::fstatat(folder, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return EntryKind::other;
  return kindOf(status.st_mode);
}

} // namespace

void resolveByComponents(bool always) { byComponents = always; }

int Folder::open(const std::filesystem::path& path) { return held_.open(path, Access::identity); }

int Folder::openSame(const Folder& other) {
  return opened(::fcntl(other.held_.handle(), F_DUPFD_CLOEXEC, 0), held_);
}

int Folder::openFolder(std::string_view name, Folder& into) const {
  return openBeneath(held_.handle(), name, O_PATH | O_DIRECTORY, 0, into.held_);
}

// The folder that a name lies in, and its last component.
int Folder::parentOf(std::string_view name, File& parent, std::string& last) const {
  if (!isRelativeName(name)) return EINVAL;
  const std::size_t slash = name.rfind('/');
  last = slash == std::string_view::npos ? name : name.substr(slash + 1);
  if (slash != std::string_view::npos)
    return openBeneath(held_.handle(), name.substr(0, slash), O_PATH | O_DIRECTORY, 0, parent);
  return opened(::fcntl(held_.handle(), F_DUPFD_CLOEXEC, 0), parent);
}

int Folder::openFile(std::string_view name, Access access, File& into) const {
  // O_NONBLOCK: a pipe must not wait for its other end, a device not for its line.
  if (const int code =
          openBeneath(held_.handle(), name, flagsOf(access) | O_NONBLOCK | O_NOCTTY, newFile, into);
      code != 0)
    return code;
  FileStatus status;
  if (const int code = into.status(status); code != 0) return code;
  const bool folder = access == Access::folder || access == Access::identity;
  if (status.kind == (folder ? FileKind::folder : FileKind::regular)) return 0;
  (void)into.close();
  return status.kind == FileKind::folder ? EISDIR : ENXIO;
}

int Folder::status(std::string_view name, EntryStatus& into) const {
  File parent;
  std::string last;
  if (const int code = parentOf(name, parent, last); code != 0) return code;
  struct stat status {};
  if (::fstatat(parent.handle(), last.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  into.kind = kindOf(status.st_mode);
  into.size = static_cast<std::uint64_t>(status.st_size);
  into.hardLinks = status.st_nlink;
  into.modified = nanoseconds(status.st_mtim);
  into.changed = nanoseconds(status.st_ctim);
  into.identity = {status.st_dev, status.st_ino};
  return 0;
}

int Folder::makeFolder(std::string_view name) const {
  File parent;
  std::string last;
  if (const int code = parentOf(name, parent, last); code != 0) return code;
  return ::mkdirat(parent.handle(), last.c_str(), newFolder) != 0 ? errno : 0;
}

int Folder::list(std::string_view name, std::size_t most, std::vector<FolderEntry>& into) const {
  File folder;
  const int flags = O_RDONLY | O_DIRECTORY;
  const int code = name.empty() ? opened(::openat(held_.handle(), ".", flags | O_CLOEXEC), folder)
                                : openBeneath(held_.handle(), name, flags, 0, folder);
  if (code != 0) return code;
  const int handle = ::fcntl(folder.handle(), F_DUPFD_CLOEXEC, 0); // closed with the stream
  if (handle < 0) return errno;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(handle), ::closedir);
  if (entries == nullptr) {
    const int failed = errno;
    ::close(handle);
    return failed;
  }
  into.clear();
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(entries.get());
    if (entry == nullptr) return errno;
    if (isOneOf(entry->d_name, {".", ".."})) continue;
    if (into.size() == most) return E2BIG;
    into.push_back({entry->d_name, kindOf(*entry, folder.handle())});
  }
}

int Folder::removeFile(std::string_view name) const {
  File parent;
  std::string last;
  if (const int code = parentOf(name, parent, last); code != 0) return code;
  return ::unlinkat(parent.handle(), last.c_str(), 0) != 0 ? errno : 0;
}

int Folder::removeFolder(std::string_view name) const {
  File parent;
  std::string last;
  if (const int code = parentOf(name, parent, last); code != 0) return code;
  return ::unlinkat(parent.handle(), last.c_str(), AT_REMOVEDIR) != 0 ? errno : 0;
}

int Folder::rename(std::string_view from, std::string_view to) const {
  File left, right;
  std::string fromLast, toLast;
  if (const int code = parentOf(from, left, fromLast); code != 0) return code;
  if (const int code = parentOf(to, right, toLast); code != 0) return code;
  return ::renameat(left.handle(), fromLast.c_str(), right.handle(), toLast.c_str()) != 0 ? errno : 0;
}

int Folder::exchange(std::string_view one, std::string_view other) const {
  File left, right;
  std::string leftLast, rightLast;
  if (const int code = parentOf(one, left, leftLast); code != 0) return code;
  if (const int code = parentOf(other, right, rightLast); code != 0) return code;
  return ::renameat2(left.handle(), leftLast.c_str(), right.handle(), rightLast.c_str(), RENAME_EXCHANGE) != 0
             ? errno
             : 0;
}

int Folder::sync(std::string_view name) const {
  File folder;
  const int flags = O_RDONLY | O_DIRECTORY;
  const int code = name.empty() ? opened(::openat(held_.handle(), ".", flags | O_CLOEXEC), folder)
                                : openBeneath(held_.handle(), name, flags, 0, folder);
  return code != 0 ? code : folder.sync();
}

int Folder::identity(Identity& into) const {
  FileStatus status;
  const int code = held_.status(status);
  if (code == 0) into = status.identity;
  return code;
}

std::optional<std::filesystem::path> Folder::pathNow() const { return held_.pathNow(); }

} // namespace loom::os
