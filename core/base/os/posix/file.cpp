// SPDX-License-Identifier: Apache-2.0
#include "core/base/os/file.h"
#include "core/base/os/posix/filesystem_type.h"
#include "core/base/os/posix/open_flags.h"
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace loom::os {
namespace {

template<class Call> ssize_t repeated(Call call) {
  ssize_t result = -1;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

Transfer transferred(ssize_t result) {
  if (result < 0) return {0, errno};
  return {static_cast<std::size_t>(result), 0};
}

void fill(FileStatus& into, const struct stat& status) {
  into.kind = S_ISREG(status.st_mode)   ? FileKind::regular
              : S_ISDIR(status.st_mode) ? FileKind::folder
                                        : FileKind::other;
  into.size = static_cast<std::uint64_t>(status.st_size);
  into.hardLinks = status.st_nlink;
  into.identity = {status.st_dev, status.st_ino};
}

} // namespace

int flagsOf(Access access) {
  switch (access) {
  case Access::read:
    // Without O_NONBLOCK a pipe of that name would wait for a writer that never comes.
    return O_RDONLY | O_NONBLOCK;
  case Access::readWrite:
    return O_RDWR | O_CREAT;
  case Access::append:
    return O_WRONLY | O_CREAT | O_APPEND;
  case Access::appendNew:
    return O_WRONLY | O_CREAT | O_EXCL | O_APPEND;
  case Access::folder:
    return O_RDONLY | O_DIRECTORY;
  case Access::identity:
    return O_PATH | O_DIRECTORY;
  }
  return O_RDONLY;
}

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    (void)close();
    handle_ = std::exchange(other.handle_, -1);
  }
  return *this;
}

int File::open(const std::filesystem::path& path, Access access) {
  (void)close();
  handle_ = ::open(path.c_str(), flagsOf(access) | O_CLOEXEC, 0644);
  return handle_ < 0 ? errno : 0;
}

int File::close() {
  if (handle_ < 0) return 0;
  return ::close(std::exchange(handle_, -1)) != 0 && errno != EINTR ? errno : 0;
}

Transfer File::read(std::span<char> into) const {
  return transferred(repeated([&] { return ::read(handle_, into.data(), into.size()); }));
}

Transfer File::readAt(std::uint64_t offset, std::span<char> into) const {
  return transferred(
      repeated([&] { return ::pread(handle_, into.data(), into.size(), static_cast<off_t>(offset)); }));
}

Transfer File::write(std::string_view bytes) const {
  return transferred(repeated([&] { return ::write(handle_, bytes.data(), bytes.size()); }));
}

Transfer File::writeAt(std::uint64_t offset, std::string_view bytes) const {
  return transferred(
      repeated([&] { return ::pwrite(handle_, bytes.data(), bytes.size(), static_cast<off_t>(offset)); }));
}

int File::resize(std::uint64_t bytes) const {
  return repeated([&] { return ::ftruncate(handle_, static_cast<off_t>(bytes)); }) != 0 ? errno : 0;
}

int File::sync() const {
  return repeated([&] { return ::fsync(handle_); }) != 0 ? errno : 0;
}

int File::status(FileStatus& into) const {
  struct stat status {};
  if (::fstat(handle_, &status) != 0) return errno;
  fill(into, status);
  return 0;
}

std::optional<std::filesystem::path> File::pathNow() const {
  std::error_code unknown;
  auto path = std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", handle_), unknown);
  if (unknown) return std::nullopt;
  return path;
}

int statusOf(const std::filesystem::path& path, FileStatus& into) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return errno;
  fill(into, status);
  return 0;
}

int replaceFile(const std::filesystem::path& from, const std::filesystem::path& to) {
  return std::rename(from.c_str(), to.c_str()) != 0 ? errno : 0;
}

int exchangeFiles(const std::filesystem::path& one, const std::filesystem::path& other) {
  return ::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) != 0 ? errno : 0;
}

bool mayWriteInto(const std::filesystem::path& folder) { return ::access(folder.c_str(), W_OK | X_OK) == 0; }

bool mayExecute(const std::filesystem::path& file) { return ::access(file.c_str(), X_OK) == 0; }

bool isNetworkType(long type) {
  constexpr std::array<unsigned long, 13> network{0x6969,     0x517B,     0xFF534D42, 0xFE534D42, 0x0BD00BD0,
                                                  0x47504653, 0x19830326, 0x00C36400, 0x5346414F, 0x65735546,
                                                  0x01021997, 0x7461636F, 0x01161970};
  return std::find(network.begin(), network.end(), static_cast<unsigned long>(type) & 0xFFFFFFFFul) !=
         network.end();
}

std::optional<bool> isOnNetwork(const std::filesystem::path& path) {
  struct statfs system {};
  if (::statfs(path.c_str(), &system) != 0) return std::nullopt;
  return isNetworkType(static_cast<long>(system.f_type));
}

} // namespace loom::os
