// SPDX-License-Identifier: Apache-2.0
// Where this person's own files are, one function each: by the XDG base directory specification on Linux. A
// variable that is not an absolute path is ignored, as the specification demands. Nothing is created here.
#pragma once
#include <filesystem>
#include <vector>

namespace loom::os {

std::filesystem::path configFolder(); // $XDG_CONFIG_HOME/neuroloom: settings
std::filesystem::path stateFolder();  // $XDG_STATE_HOME/neuroloom: unsaved drawings, waiting runs, histories
std::filesystem::path cacheFolder();  // $XDG_CACHE_HOME/neuroloom: what can be made again

// Where libraries of a program in `folder` are installed, the most specific last.
std::vector<std::filesystem::path> libraryFolders(const std::filesystem::path& folder);

} // namespace loom::os
