// SPDX-License-Identifier: Apache-2.0
// Files and folders as the operating system has them. Everything that Neuroloom asks of the operating system
// beyond the C++ library is declared in core/base/os, in headers that include no system header, and
// implemented in core/base/os/posix: another platform is one more folder beside it.
//
// Functions return a code: 0 when they succeeded, otherwise a value of <cerrno>. A call that a signal
// interrupted is repeated. Nothing here knows of LOOM_FAULT: core/base/atomic_file.h does.
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace loom::os {

// Names a file or a folder for as long as it exists, also after it was moved or renamed.
struct Identity {
  std::uint64_t device = 0, file = 0;
  bool operator==(const Identity&) const = default;
};

enum class FileKind { regular, folder, other };
struct FileStatus {
  FileKind kind = FileKind::other;
  std::uint64_t size = 0; // bytes; files of /proc report 0
  std::uint64_t hardLinks = 0;
  Identity identity;
};

struct Transfer {
  std::size_t bytes = 0; // what was transferred; may be less than what was asked for
  int code = 0;
};

// What an entry of a folder is, links not followed.
enum class EntryKind { file, folder, link, other };
struct EntryStatus {
  EntryKind kind = EntryKind::other;
  std::uint64_t size = 0; // bytes, by length: a file that a cloud keeps elsewhere has no blocks
  std::uint64_t hardLinks = 0;
  std::int64_t modified = 0, changed = 0; // nanoseconds since 1970: of the content, and of anything
  Identity identity;
};

enum class Access {
  read,      // never waits: a pipe without a writer reads as empty
  readWrite, // created when it is missing
  append,    // created when it is missing
  appendNew, // created; EEXIST when it exists
  folder,    // to bring its entries to the disk
  identity,  // a folder, to find it again; needs no permission to read it
};

// Owns one open file, folder or end of a pipe. A moved-from File is closed.
class File {
 public:
  File() = default;
  explicit File(int handle) : handle_(handle) {}
  File(File&& other) noexcept : handle_(std::exchange(other.handle_, -1)) {}
  File& operator=(File&& other) noexcept;
  ~File() { (void)close(); }

  int open(const std::filesystem::path& path, Access access); // new files get mode 0644
  explicit operator bool() const { return handle_ >= 0; }
  int handle() const { return handle_; }
  int close();

  Transfer read(std::span<char> into) const; // at the file's position, in one call; 0 bytes: the end
  Transfer readAt(std::uint64_t offset, std::span<char> into) const; // in one call
  Transfer write(std::string_view bytes) const;                      // in one call
  Transfer writeAt(std::uint64_t offset, std::string_view bytes) const;
  int resize(std::uint64_t bytes) const;
  int sync() const; // to the disk
  int status(FileStatus& into) const;
  std::optional<std::filesystem::path> pathNow() const; // also a name for one that was deleted

 private:
  int handle_ = -1;
};

int statusOf(const std::filesystem::path& path, FileStatus& into); // follows links
int replaceFile(const std::filesystem::path& from, const std::filesystem::path& to);
// Both exist, and change names in one instant.
int exchangeFiles(const std::filesystem::path& one, const std::filesystem::path& other);
bool mayWriteInto(const std::filesystem::path& folder); // entries may be made there
bool mayExecute(const std::filesystem::path& file);
// Nothing when it cannot be found out. FUSE counts as a network: sshfs and its like.
std::optional<bool> isOnNetwork(const std::filesystem::path& path);

} // namespace loom::os
