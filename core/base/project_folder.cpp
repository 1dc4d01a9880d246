// SPDX-License-Identifier: Apache-2.0
#include "core/base/project_folder.h"
#include <algorithm>
#include <cerrno>
#include <cstring>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t longestComponent = 255, longestName = 4095;
constexpr int deepestTree = 64;               // of a folder that is removed
constexpr std::size_t mostEntries = 1u << 20; // of one folder

fs::path shownPath(const fs::path& folder, std::string_view name) {
  return name.empty() ? folder : folder / fs::path(name);
}

// Everything that makes a name something else than a name beneath the project.
Message wrongWith(std::string_view name) {
  if (name.size() > longestName) return say("The name has more than {} bytes", longestName);
  if (name.find('\0') != std::string_view::npos) return say("The name contains a zero byte");
  if (name.empty()) return say("The name is empty");
  if (name.front() == '/') return say("The name is an absolute path");
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view component = name.substr(at, end - at);
    if (component.empty()) return say("The name has an empty part");
    if (component == "." || component == "..") return say("The name has the part '{}'", component);
    if (component.size() > longestComponent)
      return say("A part of the name has more than {} bytes", longestComponent);
    at = end + 1;
  }
  return {};
}

} // namespace

Status checkRelativeName(std::string_view name) {
  Message wrong = wrongWith(name);
  if (wrong.empty()) return {};
  return Error{ErrorKind::usage, std::string(name.substr(0, 100)), std::move(wrong),
               say("Use a name of a file in the project")};
}

Result<ProjectFolder> ProjectFolder::open(const fs::path& path) {
  auto held = std::make_shared<Held>();
  held->path = path;
  const int code = held->folder.open(path);
  if (code == 0 && held->folder.identity(held->identity) == 0) return ProjectFolder(std::move(held));
  return Error{ErrorKind::input, path, say("The folder cannot be opened: {}", foreign(std::strerror(code))),
               say("Check the name and that you may read it")};
}

// What the system's answer means for a file of a project.
Error ProjectFolder::refused(std::string_view name, int code) const {
  const fs::path shown = shownPath(held_->path, name);
  const auto error = [&](Message cause, Message fix) {
    return Error{ErrorKind::input, shown, std::move(cause), std::move(fix)};
  };
  switch (code) {
  case ENOENT:
    return error(say("the file does not exist"), say("Check the name and the folder"));
  case ELOOP:
  case EXDEV: // a mount point beneath the project is none; a way out of it is
    return error(say("A link in a project is not followed: it may lead to any file of this computer"),
                 say("Replace the link by what it leads to"));
  case ENXIO:
    return error(say("this is not a regular file"), say("Remove it, or replace it by a regular file"));
  case EISDIR:
    return error(say("this is a folder, a file is expected"), say("Remove or rename it"));
  case ENOTDIR:
    return error(say("this is a file, a folder is expected"), say("Remove or rename it"));
  case E2BIG:
    return error(say("the folder has more than {} entries", mostEntries),
                 say("Check that this is the right folder"));
  case EINVAL:
    if (const auto checked = checkRelativeName(name); !checked) return checked.error();
    break;
  default:
    break;
  }
  return error(say("the file cannot be read: {}", foreign(std::strerror(code))),
               say("Check that you may read it and that the disk works"));
}

Status ProjectFolder::mayWrite(std::string_view name) const {
  if (auto checked = checkRelativeName(name); !checked) return checked;
  if (inPlace()) return {};
  const auto now = whereNow();
  if (now)
    return Error{ErrorKind::input, held_->path, say("The project was moved to {}", now->string()),
                 say("Open it there")};
  return Error{ErrorKind::input, held_->path, say("The project was deleted"),
               say("Restore it, then open it again")};
}

Result<os::File> ProjectFolder::opened(std::string_view name, os::Access access, bool writes) const {
  if (auto checked = writes ? mayWrite(name) : checkRelativeName(name); !checked) return checked.error();
  os::File file;
  const int code = held_->folder.openFile(name, access, file);
  if (code == 0) return file;
  const bool ofTheDisk = writes && (code == ENOSPC || code == EDQUOT || code == EROFS || code == EACCES ||
                                    code == EPERM || code == EIO || code == ENOENT);
  if (ofTheDisk) return writeError(shownPath(held_->path, name), say("the file could not be opened"), code);
  return refused(name, code);
}

Result<std::string> ProjectFolder::read(std::string_view name, std::size_t maxBytes) const {
  const auto file = openToRead(name);
  if (!file) return file.error();
  return readWholeFile(*file, shownPath(held_->path, name), maxBytes);
}

Result<RawBytes> ProjectFolder::readRaw(std::string_view name, std::size_t maxBytes) const {
  const auto file = openToRead(name);
  if (!file) return file.error();
  return readWholeRaw(*file, shownPath(held_->path, name), maxBytes);
}

Result<os::File> ProjectFolder::openToRead(std::string_view name) const {
  return opened(name, os::Access::read, false);
}

Result<os::File> ProjectFolder::openToAppend(std::string_view name, bool isNew) const {
  auto file = opened(name, isNew ? os::Access::appendNew : os::Access::append, true);
  return file ? unshared(name, std::move(*file)) : std::move(file);
}

Result<os::File> ProjectFolder::openToWrite(std::string_view name) const {
  auto file = opened(name, os::Access::readWrite, true);
  return file ? unshared(name, std::move(*file)) : std::move(file);
}

Result<os::File> ProjectFolder::unshared(std::string_view name, os::File file) const {
  os::FileStatus status;
  if (const int code = file.status(status); code != 0) return refused(name, code);
  if (status.hardLinks <= 1) return file;
  return Error{ErrorKind::input, shownPath(held_->path, name),
               say("The file has {} names, and writing would change it under all of them", status.hardLinks),
               say("Copy it to a new file of this name")};
}

Status ProjectFolder::replace(std::string_view name, std::string_view bytes) const {
  auto file = startReplacing(name);
  if (!file) return file.error();
  if (auto written = file->write(bytes); !written) return written;
  return file->commit();
}

Result<AtomicFile> ProjectFolder::startReplacing(std::string_view name) const {
  if (auto may = mayWrite(name); !may) return may.error();
  os::EntryStatus status;
  const int code = held_->folder.status(name, status);
  if (code == 0 && status.kind != os::EntryKind::file)
    return refused(name, status.kind == os::EntryKind::link     ? ELOOP
                         : status.kind == os::EntryKind::folder ? EISDIR
                                                                : ENXIO);
  if (code == ELOOP || code == ENOTDIR) return refused(name, code);
  return AtomicFile::create(held_->folder, name, shownPath(held_->path, name));
}

std::optional<os::EntryStatus> ProjectFolder::status(std::string_view name) const {
  os::EntryStatus status;
  if (!checkRelativeName(name) || held_->folder.status(name, status) != 0) return std::nullopt;
  return status;
}

Result<std::vector<os::FolderEntry>> ProjectFolder::list(std::string_view name, std::size_t most) const {
  if (!name.empty())
    if (auto checked = checkRelativeName(name); !checked) return checked.error();
  std::vector<os::FolderEntry> entries;
  if (const int code = held_->folder.list(name, std::min(most, mostEntries), entries); code != 0)
    return refused(name, code);
  return entries;
}

Status ProjectFolder::makeFolders(std::string_view name) const {
  if (auto may = mayWrite(name); !may) return may;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view folder = name.substr(0, end), parent = at == 0 ? "" : name.substr(0, at - 1);
    const fs::path shown = shownPath(held_->path, folder);
    int code = fileFault("mkdir", shown);
    if (code == 0) code = held_->folder.makeFolder(folder);
    os::EntryStatus status;
    if (code == EEXIST && held_->folder.status(folder, status) == 0) {
      if (status.kind != os::EntryKind::folder)
        return refused(folder, status.kind == os::EntryKind::link ? ELOOP : ENOTDIR);
    } else if (code == ELOOP || code == ENOTDIR)
      return refused(folder, code);
    else if (code != 0)
      return writeError(shown, say("the folder could not be created"), code);
    else if (auto synced = syncedFolder(held_->folder.sync(parent), shownPath(held_->path, parent)); !synced)
      return synced;
    at = end + 1;
  }
  return {};
}

Status ProjectFolder::removeFile(std::string_view name) const {
  if (auto may = mayWrite(name); !may) return may;
  const int code = held_->folder.removeFile(name);
  if (code == 0 || code == ENOENT) return {};
  if (code == ELOOP || code == ENOTDIR || code == EISDIR) return refused(name, code);
  return writeError(shownPath(held_->path, name), say("the file could not be removed"), code);
}

Status ProjectFolder::removeTree(std::string_view name) const {
  if (auto may = mayWrite(name); !may) return may;
  return removeBelow(std::string(name), deepestTree);
}

Status ProjectFolder::removeBelow(const std::string& name, int deepest) const {
  os::EntryStatus status;
  int code = held_->folder.status(name, status);
  if (code == ENOENT) return {};
  if (code != 0) return refused(name, code);
  if (status.kind != os::EntryKind::folder) return removeFile(name); // of a link: the link itself
  if (deepest == 0)
    return Error{ErrorKind::input, shownPath(held_->path, name),
                 say("More than {} folders lie in each other", deepestTree),
                 say("Remove the folder by hand")};
  auto entries = list(name, mostEntries);
  if (!entries) return entries.error();
  for (const os::FolderEntry& entry : *entries)
    if (auto removed = removeBelow(name + "/" + entry.name, deepest - 1); !removed) return removed;
  code = held_->folder.removeFolder(name);
  if (code == 0 || code == ENOENT) return {};
  return writeError(shownPath(held_->path, name), say("the folder could not be removed"), code);
}

Status ProjectFolder::rename(std::string_view from, std::string_view to) const {
  for (const std::string_view name : {from, to})
    if (auto may = mayWrite(name); !may) return may;
  const fs::path shown = shownPath(held_->path, to);
  int code = fileFault("rename", shown);
  if (code == 0) code = held_->folder.rename(from, to);
  if (code == ELOOP) return refused(to, code);
  if (code != 0) return writeError(shown, say("the new file could not be put in place"), code);
  return syncParent(to);
}

Status ProjectFolder::exchange(std::string_view one, std::string_view other) const {
  for (const std::string_view name : {one, other})
    if (auto may = mayWrite(name); !may) return may;
  const fs::path shown = shownPath(held_->path, other);
  int code = fileFault("rename", shown);
  if (code == 0) code = held_->folder.exchange(one, other);
  if (code == ELOOP) return refused(other, code);
  if (code != 0) return writeError(shown, say("the new folder could not be put in place"), code);
  return syncParent(other);
}

Status ProjectFolder::syncParent(std::string_view name) const {
  const std::size_t slash = name.rfind('/');
  const std::string_view parent = slash == std::string_view::npos ? "" : name.substr(0, slash);
  const fs::path shown = shownPath(held_->path, parent);
  int code = fileFault("sync", shown);
  if (code == 0) code = held_->folder.sync(parent);
  return syncedFolder(code, shown);
}

bool ProjectFolder::inPlace() const {
  os::FileStatus status;
  if (const int code = os::statusOf(held_->path, status); code != 0) return code != ENOENT && code != ENOTDIR;
  return status.identity == held_->identity;
}

std::optional<fs::path> ProjectFolder::whereNow() const {
  const auto path = held_->folder.pathNow();
  // The kernel has a name for a deleted folder, too: it counts only where the same folder still is.
  os::FileStatus status;
  if (!path || os::statusOf(*path, status) != 0 || status.identity != held_->identity) return std::nullopt;
  return path;
}

} // namespace loom
