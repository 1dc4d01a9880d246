// SPDX-License-Identifier: Apache-2.0
// Opens backends that are not linked: libloom_cuda.so must be absent, broken or foreign without the program
// failing. A plug-in exports, as C functions, `const char* loom_abi()` (abiStamp() as it was compiled there)
// and `const loom::Backend* loom_backend()` (living as long as the process).
#pragma once
#include "core/backend/backend.h"
#include <filesystem>

namespace loom {

struct LoadedPlugin {
  const Backend* backend = nullptr; // null when it could not be opened
  Message reason;                   // then: why
  std::filesystem::path file;       // the one opened or refused; empty when none was found
};

// The first file of this name in `folders`. A plug-in once opened stays open.
LoadedPlugin loadPlugin(const std::string& fileName, const std::vector<std::filesystem::path>& folders);

// Where plug-ins lie: LOOM_PLUGIN_DIR, beside the program, ../lib, ../lib/neuroloom,
// ../lib/<machine>/neuroloom.
std::vector<std::filesystem::path> pluginFolders();

// "libcuda.so.1: cannot open shared object file: …" -> "no NVIDIA driver: libcuda.so.1 not found".
Message plainReason(std::string_view linkerMessage);

// libloom_cuda.so, looked for once in a process.
const LoadedPlugin& cudaPlugin();

} // namespace loom
