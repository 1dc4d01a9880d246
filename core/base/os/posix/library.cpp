// SPDX-License-Identifier: Apache-2.0
#include "core/base/os/library.h"
#include <dlfcn.h>

namespace loom::os {

std::string libraryFileName(std::string_view name) { return "lib" + std::string(name) + ".so"; }

void* openLibrary(const std::filesystem::path& file, std::string& problem) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library != nullptr) return library;
  const char* message = ::dlerror();
  problem = message != nullptr ? message : "it cannot be opened";
  return nullptr;
}

void closeLibrary(void* library) { ::dlclose(library); }
void* symbolOf(void* library, const char* name) { return ::dlsym(library, name); }
void* loadedSymbol(const char* name) { return ::dlsym(RTLD_DEFAULT, name); }

std::filesystem::path fileOfSymbol(void* symbol) {
  Dl_info info{};
  if (symbol == nullptr || ::dladdr(symbol, &info) == 0 || info.dli_fname == nullptr) return {};
  return info.dli_fname;
}

} // namespace loom::os
