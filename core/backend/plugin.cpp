// SPDX-License-Identifier: Apache-2.0
#include "core/backend/plugin.h"
#include "core/backend/abi.h"
#include <cstdlib>
#include <dlfcn.h>

namespace loom {

namespace {

constexpr const char* machineFolder =
#if defined(__aarch64__)
    "aarch64-linux-gnu";
#else
    "x86_64-linux-gnu";
#endif

using StampFunction = const char* (*)();
using BackendFunction = const Backend* (*)();

std::string lastMessage() {
  const char* message = dlerror();
  return message ? message : "it cannot be opened";
}

LoadedPlugin open(const std::filesystem::path& file) {
  LoadedPlugin plugin;
  plugin.file = file;
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    plugin.reason = plainReason(lastMessage());
    return plugin;
  }
  const auto stamp = reinterpret_cast<StampFunction>(dlsym(library, "loom_abi"));
  const auto backend = reinterpret_cast<BackendFunction>(dlsym(library, "loom_backend"));
  if (!stamp || !backend) {
    plugin.reason = file.string() + " is no plug-in of this program";
  } else if (abiStamp() != stamp()) {
    plugin.reason = file.string() + " belongs to another build (" + stamp() + "); this one is " + abiStamp() +
                    ": install both from the same release";
  } else {
    plugin.backend = backend();
    if (plugin.backend) return plugin;
    plugin.reason = file.string() + " gives no backend";
  }
  dlclose(library);
  return plugin;
}

} // namespace

std::string plainReason(std::string_view linkerMessage) {
  std::string message(linkerMessage);
  const auto missing = message.find(": cannot open shared object file");
  if (missing == std::string::npos) return message;
  const std::string library = message.substr(0, missing);
  const std::string words = library + " not found";
  if (library.starts_with("libcuda.so") || library.starts_with("libnvidia-"))
    return "no NVIDIA driver: " + words;
  if (library.starts_with("libcud") || library.starts_with("libcublas") || library.starts_with("libnccl"))
    return "no CUDA libraries: " + words;
  return words;
}

std::vector<std::filesystem::path> pluginFolders() {
  std::vector<std::filesystem::path> folders;
  if (const char* chosen = std::getenv("LOOM_PLUGIN_DIR"); chosen && *chosen) folders.emplace_back(chosen);
  std::error_code failure;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure) return folders;
  const auto beside = program.parent_path(), libraries = beside.parent_path() / "lib";
  folders.insert(folders.end(),
                 {beside, libraries, libraries / "neuroloom", libraries / machineFolder / "neuroloom"});
  return folders;
}

LoadedPlugin loadPlugin(const std::string& fileName, const std::vector<std::filesystem::path>& folders) {
  for (const auto& folder : folders) {
    std::error_code failure;
    if (std::filesystem::exists(folder / fileName, failure)) return open(folder / fileName);
  }
  LoadedPlugin none;
  none.reason = "the plug-in " + fileName + " is not installed";
  return none;
}

const LoadedPlugin& cudaPlugin() {
  static const LoadedPlugin plugin = loadPlugin("libloom_cuda.so", pluginFolders());
  return plugin;
}

} // namespace loom
