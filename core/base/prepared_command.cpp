// SPDX-License-Identifier: Apache-2.0
#include "core/base/prepared_command.h"
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace loom {
namespace {

bool executable(const std::filesystem::path& file) {
  std::error_code code;
  return std::filesystem::is_regular_file(file, code) && os::mayExecute(file);
}

std::optional<std::string> findProgram(const std::string& name) {
  std::error_code code;
  if (name.find('/') != std::string::npos) {
    // A relative path is meant from here, not from the folder that the program will start in.
    const auto absolute = std::filesystem::absolute(name, code);
    return !code && executable(absolute) ? std::optional(absolute.string()) : std::nullopt;
  }
  const char* paths = std::getenv("PATH");
  std::string_view rest = paths != nullptr ? paths : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    const auto candidate =
        std::filesystem::absolute(std::filesystem::path(folder.empty() ? "." : folder) / name, code);
    if (!code && executable(candidate)) return candidate.string();
  }
  return std::nullopt;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  // exec's signature wants char*, it writes to none of them.
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

} // namespace

Result<PreparedCommand> PreparedCommand::from(const Command& command) {
  if (command.arguments.empty() || command.arguments.front().empty())
    return Error{ErrorKind::other, "command", say("no program is named"), say("Name the program to start")};
  const auto program = findProgram(command.arguments.front());
  if (!program)
    return Error{ErrorKind::device, command.arguments.front(),
                 say("the program is not installed or may not be executed"),
                 say("Install it or give its full path")};
  std::error_code code;
  if (!command.folder.empty() && !std::filesystem::is_directory(command.folder, code))
    return Error{ErrorKind::input, command.folder, say("the folder to start in does not exist"),
                 say("Check the name of the folder")};
  PreparedCommand prepared;
  prepared.path_ = *program;
  prepared.folder_ = command.folder.string();
  prepared.argumentTexts_ = command.arguments;
  for (std::string& text : os::environment())
    if (!command.environment.contains(text.substr(0, text.find('='))))
      prepared.environmentTexts_.push_back(std::move(text));
  for (const auto& [name, value] : command.environment)
    prepared.environmentTexts_.push_back(name + "=" + value);
  // A zero byte would silently cut an argument in two.
  for (const auto* texts : {&prepared.argumentTexts_, &prepared.environmentTexts_})
    for (const std::string& text : *texts)
      if (text.find('\0') != std::string::npos)
        return Error{ErrorKind::other, command.arguments.front(), say("an argument contains a zero byte"),
                     say("Remove it")};
  return prepared;
}

os::Program PreparedCommand::program() const {
  arguments_ = pointers(argumentTexts_);
  environment_ = pointers(environmentTexts_);
  return {path_.c_str(), arguments_.data(), environment_.data(), folder_.empty() ? nullptr : folder_.c_str()};
}

} // namespace loom
