// SPDX-License-Identifier: Apache-2.0
// What the tests of the terminal share: a folder that goes away, and the real `loom` with an environment in
// which nothing of this machine's configuration shows.
#pragma once
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/base/subprocess.h"
#include <QTemporaryDir>
#include <QTest>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace loom::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

class Folder {
 public:
  fs::path path(const std::string& name = {}) const { return fs::path(dir_.path().toStdString()) / name; }
  std::string text(const std::string& name) const { return path(name).string(); }
  fs::path write(const std::string& name, const std::string& bytes) const {
    const auto file = path(name);
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }

 private:
  QTemporaryDir dir_;
};

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::map<std::string, std::string> quietEnvironment() {
  return {{"LOOM_SAMPLES", LOOM_SOURCE_DIR "/resources/samples"}, {"OMP_NUM_THREADS", "2"}};
}

inline Finished loomIn(const fs::path& folder, const std::vector<std::string>& words,
                       std::map<std::string, std::string> more = {}) {
  Command command;
  command.arguments = {LOOM_PROGRAM};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  command.folder = folder;
  command.environment = quietEnvironment();
  for (auto& [name, value] : more) command.environment[name] = value;
  auto finished = runCommand(command, 120s);
  if (!finished) return {-1, {}, finished.error().message()};
  return *finished;
}
inline std::vector<std::string> wordsOf(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<std::string>(stream), {}};
}

inline std::vector<std::string> linesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

inline Finished runLoom(const std::vector<std::string>& words) { return loomIn({}, words); }

// The last line of stdout as JSON; null when there is none.
inline Json lastJson(const Finished& finished) {
  std::string text = finished.output;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  auto json = parseJson(text.substr(text.rfind('\n') + 1), "stdout");
  return json ? *json : Json();
}

// "" when stderr is one message with place, cause and fix that holds all of `parts`; else what it was.
inline std::string wrongMessage(const Finished& finished, int code, const std::vector<std::string>& parts) {
  const std::string all = "code " + std::to_string(finished.exitCode) + ": " + finished.errors;
  if (finished.exitCode != code) return all;
  const auto at = finished.errors.rfind("loom: ");
  if (at == std::string::npos || finished.errors.back() != '\n') return all;
  const std::string message = finished.errors.substr(at);
  if (std::count(message.begin(), message.end(), '\n') != 1) return all;
  for (const auto& part : parts)
    if (!holds(message, part)) return "without '" + part + "': " + all;
  return {};
}

} // namespace loom::test
