// SPDX-License-Identifier: Apache-2.0
// Every file that replaces another goes through here: temporary file in the same folder, write, fsync
// (checked), rename, fsync of the folder (checked). After any fault the file is the old one or the new one,
// whole.
#pragma once
#include "core/base/os/file.h"
#include "core/base/os/folder.h"
#include "core/base/raw_bytes.h"
#include "core/base/result.h"
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace loom {

// Mode 0666 less the umask. On failure the temporary file is removed and the old file stands untouched; the error names the
// file, the reason (disk full: bytes wanted and bytes free) and the fix.
Status writeFileAtomically(const std::filesystem::path& file, std::string_view bytes);
Status writeFileAtomically(const std::filesystem::path& file, std::span<const std::byte> bytes);

// Streams into a temporary file; nothing is seen under the final name before commit() returned ok.
class AtomicFile {
 public:
  static Result<AtomicFile> create(const std::filesystem::path& file);
  // Beneath an open folder; `shown` is what errors call it. See os::Folder for what a name is.
  static Result<AtomicFile> create(const os::Folder& folder, std::string_view name,
                                   const std::filesystem::path& shown);
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) noexcept;
  ~AtomicFile(); // removes the temporary file when not committed
  Status write(std::span<const std::byte> bytes);
  Status write(std::string_view text);
  Status commit();

 private:
  AtomicFile() = default;
  static Result<AtomicFile> createIn(os::Folder folder, std::string name, const std::filesystem::path& shown);
  void discard();
  os::File open_;
  os::Folder folder_; // where both names are
  std::string name_, temporary_;
  std::filesystem::path file_; // what errors call it
};

// What an errno that a write, a sync or a rename gave means for a person, with the fix. `what`: "the file
// could not be written"; `wanted`: bytes, 0 when unknown.
Error writeError(const std::filesystem::path& file, const Message& what, int code, std::size_t wanted = 0);

// fsync of an open file or of a folder; every failure is an Error.
Status syncFile(const os::File& open, const std::filesystem::path& name);
Status syncFolder(const std::filesystem::path& folder);
// What the sync of a folder answered: some network file systems have no such operation, which is no Error.
Status syncedFolder(int code, const std::filesystem::path& folder);
// rename + fsync of the parent folder.
Status renameDurably(const std::filesystem::path& from, const std::filesystem::path& to);
// The two folders of one parent change their names in one instant: at no moment is there nothing under `to`.
// Where the file system cannot do that, an Error.
Status exchangeDurably(const std::filesystem::path& from, const std::filesystem::path& to);

// Whole file, refused when larger than maxBytes. Kind input when it is missing or unreadable.
Result<std::string> readWholeFile(const std::filesystem::path& file, std::size_t maxBytes);
Result<RawBytes> readWholeRaw(const std::filesystem::path& file, std::size_t maxBytes); // for large ones
// The rest of an open one; `name` is what errors call it.
Result<std::string> readWholeFile(const os::File& open, const std::filesystem::path& name,
                                  std::size_t maxBytes);
Result<RawBytes> readWholeRaw(const os::File& open, const std::filesystem::path& name, std::size_t maxBytes);

// A seam for tests: called before each write, sync and rename with the operation's name and the file; a
// non-zero return is used as errno. Null by default. Also set from the environment variable LOOM_FAULT
// ("write:ENOSPC:<part of a path>", "sync:EIO:…", "rename:…") when the first file is written, so that whole
// programs can be tested; "KILL" in the errno's place ends the process there, as a power failure would.
using FileFault = std::function<int(std::string_view operation, const std::filesystem::path& file)>;
void setFileFault(FileFault fault);
int fileFault(std::string_view operation, const std::filesystem::path& file);

} // namespace loom
