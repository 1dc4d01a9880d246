// SPDX-License-Identifier: Apache-2.0
// An open project's folder: the one way to its files. A project may come from somebody else, so that nothing
// in it is believed: names are checked, the way to a file never leaves the folder and follows no link, only
// regular files are read and only folders listed, and nothing is written once the folder is no longer where
// it was opened (in the trash, moved, replaced).
//
// A name is relative, its components separated by '/': "runs/<id>/run.json". No component is empty, "." or "..",
// or longer than 255 bytes. Sizes are lengths, never blocks. Safe to use from several threads at once.
//
// Errors are of kind input and name the file by the path that the person gave; a link is refused with what
// to do about it. What the disk answers while writing is told by writeError() of core/base/atomic_file.h.
#pragma once
#include "core/base/atomic_file.h"
#include "core/base/os/folder.h"
#include "core/base/result.h"
#include <memory>
#include <optional>
#include <vector>

namespace loom {

Status checkRelativeName(std::string_view name); // as above; kind usage

class ProjectFolder {
 public:
  // Through links: this is the folder that the person named.
  static Result<ProjectFolder> open(const std::filesystem::path& path);
  const std::filesystem::path& path() const { return held_->path; }

  Result<std::string> read(std::string_view name, std::size_t maxBytes) const;
  Result<RawBytes> readRaw(std::string_view name, std::size_t maxBytes) const;
  Result<os::File> openToRead(std::string_view name) const;
  // Created when it is missing, or with `isNew` only then. Refused when the file has other names (hard links):
  // what is written in place would change them, too.
  Result<os::File> openToAppend(std::string_view name, bool isNew = false) const;
  Result<os::File> openToWrite(std::string_view name) const; // at any place: locks, signs of life

  Status replace(std::string_view name, std::string_view bytes) const; // old or new, whole, after any fault
  Result<AtomicFile> startReplacing(std::string_view name) const;      // the same in parts

  std::optional<os::EntryStatus> status(std::string_view name) const; // nothing when it cannot be found out
  Result<std::vector<os::FolderEntry>> list(std::string_view name, std::size_t most) const; // "": the project
  Status makeFolders(std::string_view name) const; // those that are missing, durably
  Status removeFile(std::string_view name) const;  // it may be missing
  Status removeTree(std::string_view name) const;  // a folder with all in it, links removed, not followed
  Status rename(std::string_view from, std::string_view to) const;     // durably
  Status exchange(std::string_view one, std::string_view other) const; // two names change places at once

  // Its path still leads to it. A disk that does not answer counts as in place.
  bool inPlace() const;
  std::optional<std::filesystem::path> whereNow() const; // nothing when it was deleted

 private:
  struct Held {
    std::filesystem::path path;
    os::Folder folder;
    os::Identity identity;
  };
  explicit ProjectFolder(std::shared_ptr<const Held> held) : held_(std::move(held)) {}
  Error refused(std::string_view name, int code) const;
  Status mayWrite(std::string_view name) const;
  Result<os::File> opened(std::string_view name, os::Access access, bool writes) const;
  Result<os::File> unshared(std::string_view name, os::File file) const;
  Status removeBelow(const std::string& name, int deepest) const;
  Status syncParent(std::string_view name) const;
  std::shared_ptr<const Held> held_;
};

} // namespace loom
