// SPDX-License-Identifier: Apache-2.0
#include "core/base/os/paths.h"
#include <cstdlib>

namespace loom::os {
namespace {

namespace fs = std::filesystem;

constexpr const char* machineFolder =
#if defined(__aarch64__)
    "aarch64-linux-gnu";
#else
    "x86_64-linux-gnu";
#endif

fs::path ownFolder(const char* variable, const char* belowHome) {
  const char* chosen = std::getenv(variable);
  const char* home = std::getenv("HOME");
  const fs::path base =
      chosen && *chosen == '/' ? fs::path(chosen) : fs::path(home && *home ? home : "/tmp") / belowHome;
  return base / "neuroloom";
}

} // namespace

fs::path configFolder() { return ownFolder("XDG_CONFIG_HOME", ".config"); }
fs::path stateFolder() { return ownFolder("XDG_STATE_HOME", ".local/state"); }
fs::path cacheFolder() { return ownFolder("XDG_CACHE_HOME", ".cache"); }

std::vector<fs::path> libraryFolders(const fs::path& folder) {
  const auto libraries = folder.parent_path() / "lib";
  return {folder, libraries, libraries / "neuroloom", libraries / machineFolder / "neuroloom"};
}

} // namespace loom::os
