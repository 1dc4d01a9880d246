// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/os/process.h"
#include "core/base/uuid.h"
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>

namespace loom {
namespace {

namespace fs = std::filesystem;

fs::path folderOf(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

Message diskFull(const fs::path& file, const Message& what, std::size_t wanted) {
  std::error_code unknown;
  const auto space = fs::space(folderOf(file), unknown);
  if (wanted == 0)
    return unknown ? say("{}: the disk is full", what)
                   : say("{}: the disk is full ({} free)", what, Bytes{space.available});
  return unknown
             ? say("{}: the disk is full ({} needed)", what, Bytes{wanted})
             : say("{}: the disk is full ({} needed, {} free)", what, Bytes{wanted}, Bytes{space.available});
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
    if (here && kill) os::killOwnProcess();
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

Error writeError(const fs::path& file, const Message& what, int code, std::size_t wanted) {
  Error error{ErrorKind::other, file, say("{}: {}", what, foreign(std::strerror(code))),
              say("Check the disk and the folder's permissions, then try again")};
  switch (code) {
  case ENOSPC:
    error.cause = diskFull(file, what, wanted);
    error.fix = say("Free space on the disk of {}, then try again", folderOf(file));
    break;
  case EDQUOT:
    error.cause = say("{}: your disk quota is used up ({} needed)", what, Bytes{wanted});
    error.fix = say("Remove files of yours or ask for a larger quota, then try again");
    break;
  case EROFS:
  case EACCES:
  case EPERM:
    error.kind = ErrorKind::input; // the project is not as it must be, as for what cannot be read
    error.fix = say("Make the folder {} writable or choose another one", folderOf(file));
    break;
  case EIO:
    error.cause = say("{}: the disk reported an input/output error", what);
    error.fix = say("Check the disk; what was stored before is untouched");
    break;
  case ENOENT:
    error.kind = ErrorKind::input;
    error.fix = say("Check that the folder {} exists", folderOf(file));
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

Status syncFile(const os::File& open, const fs::path& name) {
  int code = fileFault("sync", name);
  if (code == 0) code = open.sync();
  if (code != 0) return writeError(name, say("the file could not be brought to the disk"), code);
  return {};
}

Status syncedFolder(int code, const fs::path& folder) {
  if (code == 0 || code == EINVAL || code == ENOTSUP) return {};
  return writeError(folder, say("the folder could not be brought to the disk"), code);
}

Status syncFolder(const fs::path& folder) {
  const fs::path name = folder.empty() ? fs::path(".") : folder;
  os::File open;
  if (const int code = open.open(name, os::Access::folder); code != 0)
    return writeError(name, say("the folder could not be opened"), code);
  int code = fileFault("sync", name);
  if (code == 0) code = open.sync();
  return syncedFolder(code, name);
}

Status renameDurably(const fs::path& from, const fs::path& to) {
  int code = fileFault("rename", to);
  if (code == 0) code = os::replaceFile(from, to);
  if (code != 0) return writeError(to, say("the new file could not be put in place"), code);
  return syncFolder(folderOf(to));
}

Status exchangeDurably(const fs::path& from, const fs::path& to) {
  int code = fileFault("rename", to);
  if (code == 0) code = os::exchangeFiles(from, to);
  if (code != 0) return writeError(to, say("the new folder could not be put in place"), code);
  return syncFolder(folderOf(to));
}

Result<AtomicFile> AtomicFile::create(const fs::path& file) {
  std::error_code unread;
  // A linked file keeps its link: what is replaced is the file that it points to.
  fs::path target = fs::is_symlink(file, unread) ? fs::weakly_canonical(file, unread) : file;
  if (unread || target.empty()) target = file;
  os::Folder folder;
  if (const int code = folder.open(folderOf(target)); code != 0)
    return writeError(target, say("no temporary file could be made beside it"), code);
  return createIn(std::move(folder), target.filename().string(), target);
}

Result<AtomicFile> AtomicFile::create(const os::Folder& folder, std::string_view name,
                                      const fs::path& shown) {
  os::Folder parent;
  const std::size_t slash = name.rfind('/');
  const int code = slash == std::string_view::npos ? parent.openSame(folder)
                                                   : folder.openFolder(name.substr(0, slash), parent);
  if (code != 0) return writeError(shown, say("no temporary file could be made beside it"), code);
  return createIn(std::move(parent), std::string(name.substr(slash + 1)), shown);
}

Result<AtomicFile> AtomicFile::createIn(os::Folder folder, std::string name, const fs::path& shown) {
  if (name.empty() || name == "." || name == "..")
    return Error{ErrorKind::other, shown, say("a folder cannot be written as a file"),
                 say("Give the name of a file")};
  AtomicFile created;
  created.file_ = shown;
  created.name_ = std::move(name);
  created.folder_ = std::move(folder);
  // A name of 255 bytes leaves no room for more.
  created.temporary_ = "." + created.name_.substr(0, 200) + ".tmp-" + newUuid().substr(0, 13);
  if (const int code = created.folder_.openFile(created.temporary_, os::Access::appendNew, created.open_);
      code != 0) {
    created.temporary_.clear(); // not ours
    return writeError(shown, say("no temporary file could be made beside it"), code);
  }
  return created;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : open_(std::move(other.open_)), folder_(std::move(other.folder_)), name_(std::move(other.name_)),
      temporary_(std::exchange(other.temporary_, {})), file_(std::move(other.file_)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  std::swap(open_, other.open_);
  std::swap(folder_, other.folder_);
  std::swap(name_, other.name_);
  std::swap(temporary_, other.temporary_);
  std::swap(file_, other.file_);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() {
  (void)open_.close();
  if (!temporary_.empty()) (void)folder_.removeFile(std::exchange(temporary_, {}));
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  int code = fileFault("write", file_);
  while (code == 0 && !bytes.empty()) {
    const os::Transfer written = open_.write({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    bytes = bytes.subspan(written.bytes);
    code = written.code;
  }
  if (code != 0) return writeError(file_, say("the file could not be written"), code, bytes.size());
  return {};
}

Status AtomicFile::write(std::string_view text) { return write(std::as_bytes(std::span(text))); }

Status AtomicFile::commit() {
  // A sync that failed is not tried again: the kernel may have dropped the pages and would report success.
  if (Status synced = syncFile(open_, file_); !synced) return synced;
  if (const int code = open_.close(); code != 0)
    return writeError(file_, say("the file could not be closed"), code);
  int code = fileFault("rename", file_);
  if (code == 0) code = folder_.rename(temporary_, name_);
  if (code != 0) return writeError(file_, say("the new file could not be put in place"), code);
  temporary_.clear();
  code = fileFault("sync", folderOf(file_));
  if (code == 0) code = folder_.sync("");
  return syncedFolder(code, folderOf(file_));
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

namespace {

Error unreadable(const fs::path& file, Message cause, Message fix) {
  return {ErrorKind::input, file, std::move(cause), std::move(fix)};
}

Error readFailed(const fs::path& file, int code) {
  if (code == ENOENT)
    return unreadable(file, say("the file does not exist"), say("Check the name and the folder"));
  return unreadable(file, say("the file cannot be read: {}", foreign(std::strerror(code))),
                    say("Check that you may read it and that the disk works"));
}

template<class Content>
Result<Content> readWhole(const os::File& open, const fs::path& file, std::size_t maxBytes) {
  const auto tooLarge = [&](std::uint64_t size) {
    return unreadable(file, say("the file has {} or more, at most {} are read", Bytes{size}, Bytes{maxBytes}),
                      say("Check that this is the right file"));
  };
  os::FileStatus status;
  if (const int code = open.status(status); code != 0) return readFailed(file, code);
  if (status.kind == os::FileKind::folder)
    return unreadable(file, say("this is a folder, a file is expected"), say("Give the name of a file"));
  if (status.kind != os::FileKind::regular)
    return unreadable(file, say("this is not a regular file"), say("Give the name of a regular file"));
  const std::uint64_t size = status.size;
  if (size > maxBytes) return tooLarge(size);
  // Files of /proc say 0, and a file may grow while it is read: the end decides, not the size.
  Content bytes;
  bytes.resize(std::min<std::uint64_t>(size, maxBytes) + 1);
  std::size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) bytes.resize(bytes.size() * 2 + 4096);
    const auto [got, code] =
        open.read({reinterpret_cast<char*>(bytes.data()) + filled, bytes.size() - filled});
    if (code != 0) return readFailed(file, code);
    if (got == 0) break;
    filled += got;
    if (filled > maxBytes) return tooLarge(filled);
  }
  bytes.resize(filled);
  return bytes;
}

template<class Content> Result<Content> readWhole(const fs::path& file, std::size_t maxBytes) {
  os::File open;
  if (const int code = open.open(file, os::Access::read); code != 0) return readFailed(file, code);
  return readWhole<Content>(open, file, maxBytes);
}

} // namespace

Result<std::string> readWholeFile(const fs::path& file, std::size_t maxBytes) {
  return readWhole<std::string>(file, maxBytes);
}

Result<RawBytes> readWholeRaw(const fs::path& file, std::size_t maxBytes) {
  return readWhole<RawBytes>(file, maxBytes);
}

Result<std::string> readWholeFile(const os::File& open, const fs::path& name, std::size_t maxBytes) {
  return readWhole<std::string>(open, name, maxBytes);
}

Result<RawBytes> readWholeRaw(const os::File& open, const fs::path& name, std::size_t maxBytes) {
  return readWhole<RawBytes>(open, name, maxBytes);
}

} // namespace loom
