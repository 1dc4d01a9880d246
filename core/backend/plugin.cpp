// SPDX-License-Identifier: Apache-2.0
#include "core/backend/plugin.h"
#include "core/backend/abi.h"
#include "core/base/os/library.h"
#include "core/base/os/paths.h"
#include "core/base/os/process.h"
#include <cstdlib>

namespace loom {

namespace {

using StampFunction = const char* (*)();
using BackendFunction = const Backend* (*)();

LoadedPlugin open(const std::filesystem::path& file) {
  LoadedPlugin plugin;
  plugin.file = file;
  std::string problem;
  void* library = os::openLibrary(file, problem);
  if (!library) {
    plugin.reason = plainReason(problem);
    return plugin;
  }
  const auto stamp = reinterpret_cast<StampFunction>(os::symbolOf(library, "loom_abi"));
  const auto backend = reinterpret_cast<BackendFunction>(os::symbolOf(library, "loom_backend"));
  if (!stamp || !backend) {
    plugin.reason = say("{} is not a plug-in of this program", file);
  } else if (abiStamp() != stamp()) {
    plugin.reason =
        say("{} belongs to another build ({}); this one is {}: install both from the same release", file,
            std::string_view(stamp()), abiStamp());
  } else {
    plugin.backend = backend();
    if (plugin.backend) return plugin;
    plugin.reason = say("{} gives no backend", file);
  }
  os::closeLibrary(library);
  return plugin;
}

} // namespace

Message plainReason(std::string_view linkerMessage) {
  std::string message(linkerMessage);
  const auto missing = message.find(": cannot open shared object file");
  if (missing == std::string::npos) return foreign(message);
  const std::string library = message.substr(0, missing);
  if (library.starts_with("libcuda.so") || library.starts_with("libnvidia-"))
    return say("no NVIDIA driver: {} not found", library);
  if (library.starts_with("libcud") || library.starts_with("libcublas") || library.starts_with("libnccl"))
    return say("no CUDA libraries: {} not found", library);
  return say("{} not found", library);
}

std::vector<std::filesystem::path> pluginFolders() {
  std::vector<std::filesystem::path> folders;
  if (const char* chosen = std::getenv("LOOM_PLUGIN_DIR"); chosen && *chosen) folders.emplace_back(chosen);
  const auto program = os::ownProgram();
  if (program.empty()) return folders;
  for (auto& folder : os::libraryFolders(program.parent_path())) folders.push_back(std::move(folder));
  return folders;
}

LoadedPlugin loadPlugin(const std::string& fileName, const std::vector<std::filesystem::path>& folders) {
  for (const auto& folder : folders) {
    std::error_code failure;
    if (std::filesystem::exists(folder / fileName, failure)) return open(folder / fileName);
  }
  LoadedPlugin none;
  none.reason = say("the plug-in {} is not installed", fileName);
  return none;
}

const LoadedPlugin& cudaPlugin() {
  static const LoadedPlugin plugin = loadPlugin(os::libraryFileName("loom_cuda"), pluginFolders());
  return plugin;
}

} // namespace loom
