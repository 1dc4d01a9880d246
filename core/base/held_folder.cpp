// SPDX-License-Identifier: Apache-2.0
#include "core/base/held_folder.h"
#include <cerrno>
#include <utility>

namespace loom {

HeldFolder::HeldFolder(std::filesystem::path folder) : path_(std::move(folder)) {
  os::FileStatus status;
  if (open_.open(path_, os::Access::identity) != 0 || open_.status(status) != 0) return;
  identity_ = status.identity;
}

bool HeldFolder::inPlace() const {
  if (!open_) return true;
  os::FileStatus status;
  if (const int code = os::statusOf(path_, status); code != 0) return code != ENOENT && code != ENOTDIR;
  return status.identity == identity_;
}

std::optional<std::filesystem::path> HeldFolder::whereNow() const {
  const auto path = open_.pathNow();
  // The kernel has a name for a deleted folder, too: it counts only where the same folder still is.
  os::FileStatus status;
  if (!path || os::statusOf(*path, status) != 0 || status.identity != identity_) return std::nullopt;
  return path;
}

} // namespace loom
