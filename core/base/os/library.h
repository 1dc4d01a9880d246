// SPDX-License-Identifier: Apache-2.0
// Libraries that are opened while the program runs.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace loom::os {

std::string libraryFileName(std::string_view name); // "loom_cuda" -> "libloom_cuda.so"
// Null on failure; `problem` is then the system's own message. Everything it needs is found at once.
void* openLibrary(const std::filesystem::path& file, std::string& problem);
void closeLibrary(void* library);
void* symbolOf(void* library, const char* name);  // null when it has none
void* loadedSymbol(const char* name);             // of the program and all libraries that are loaded with it
std::filesystem::path fileOfSymbol(void* symbol); // empty when unknown

} // namespace loom::os
