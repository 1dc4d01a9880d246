// SPDX-License-Identifier: Apache-2.0
// A folder that is held open, and what lies beneath it. Names are relative to it ("runs/<id>/run.json"); the
// way to them never leaves the folder and follows no link, whoever put one there and whenever. Names are
// checked by the caller (core/base/project_folder.h): here an empty component, "." or ".." is EINVAL.
//
// A link on the way, or at its end, is ELOOP. Codes as in file.h.
#pragma once
#include "core/base/os/file.h"
#include <vector>

namespace loom::os {

// Without it, a system that can resolve a name beneath a folder in one call (Linux 5.6) does so; where that
// answers ENOSYS or EPERM (older kernels, some containers) names are resolved component by component.
void resolveByComponents(bool always); // for tests

struct FolderEntry {
  std::string name;
  EntryKind kind = EntryKind::other; // as the folder says; unknown counts as other
};

class Folder {
 public:
  Folder() = default;                          // holds nothing
  int open(const std::filesystem::path& path); // follows links: this is the folder that the person named
  int openSame(const Folder& other);           // the folder of another one
  int openFolder(std::string_view name, Folder& into) const; // one beneath
  explicit operator bool() const { return bool(held_); }

  // Only regular files and folders: a pipe, a socket or a device is ENXIO at once. `isNew` files are created
  // with O_EXCL and mode 0666, which the user's umask and the folder's access lists narrow.
  int openFile(std::string_view name, Access access, File& into) const;
  int status(std::string_view name, EntryStatus& into) const; // of a link: the link itself
  int makeFolder(std::string_view name) const;                // mode 0777, narrowed as above; EEXIST
  int list(std::string_view name, std::size_t most,
           std::vector<FolderEntry>& into) const; // "": itself. E2BIG
  int removeFile(std::string_view name) const;
  int removeFolder(std::string_view name) const; // an empty one
  int rename(std::string_view from, std::string_view to) const;
  int exchange(std::string_view one, std::string_view other) const;
  int sync(std::string_view name) const; // a folder's entries to the disk

  int identity(Identity& into) const;
  std::optional<std::filesystem::path> pathNow() const; // also a name for one that was deleted

 private:
  int parentOf(std::string_view name, File& parent, std::string& last) const;
  File held_;
};

} // namespace loom::os
