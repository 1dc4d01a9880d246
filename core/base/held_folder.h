// SPDX-License-Identifier: Apache-2.0
// A folder that is held open, so that it is noticed when it was moved, renamed or deleted while we use it,
// and known where it lies then. Nothing is kept from being moved by it.
#pragma once
#include "core/base/os/file.h"
#include <filesystem>
#include <optional>

namespace loom {

class HeldFolder {
 public:
  HeldFolder() = default; // holds nothing: always in place
  explicit HeldFolder(std::filesystem::path folder);
  // Its path still leads to it. A disk that does not answer counts as in place.
  bool inPlace() const;
  // Where it lies now; nothing when it was deleted.
  std::optional<std::filesystem::path> whereNow() const;

 private:
  std::filesystem::path path_;
  os::File open_;
  os::Identity identity_;
};

} // namespace loom
