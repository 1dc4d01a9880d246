// SPDX-License-Identifier: Apache-2.0
// A Command checked, with its program found and its vectors made before the fork: nothing may be allocated
// after it. Inside core/base only.
#pragma once
#include "core/base/os/process.h"
#include "core/base/result.h"
#include "core/base/subprocess.h"
#include <string>
#include <vector>

namespace loom {

class PreparedCommand {
 public:
  static Result<PreparedCommand> from(const Command& command);
  os::Program program() const; // borrows from this, which must stay in place while it is used

 private:
  std::string path_, folder_;
  std::vector<std::string> argumentTexts_, environmentTexts_;
  mutable std::vector<char*> arguments_, environment_;
};

} // namespace loom
