// SPDX-License-Identifier: Apache-2.0
#include "core/launch/trainer_process.h"
#include "core/base/atomic_file.h"
#include "core/base/subprocess.h"
#include "core/run/project.h"
#include "core/run/run_lock.h"
#include <algorithm>
#include <array>

namespace loom {
namespace {

namespace fs = std::filesystem;

// One argument: a value that begins with a dash must not be taken for an option.
std::string option(const char* name, const std::string& value) { return std::string(name) + "=" + value; }

// The run's folder, made one level at a time below a project that is there.
Status makeRunFolder(const fs::path& folder) {
  std::error_code failed;
  for (const auto& one : {folder.parent_path(), folder})
    if (!failed) fs::create_directory(one, failed);
  if (failed)
    return Error{ErrorKind::input, folder.string(),
                 say("The folder of the run cannot be created: {}", foreign(failed.message())),
                 say("Make the project writable")};
  return {};
}

} // namespace

Result<int> startTrainer(std::vector<std::string> program, const TrainRequest& request, fs::path console) {
  const std::string& run = runOf(request);
  const fs::path folder = runFolder(request.project, run), frozen = folder / "request.json";
  const bool ownConsole = console.empty();
  if (ownConsole) console = folder / "console.log";
  Command command;
  command.arguments = std::move(program);
  command.arguments.insert(command.arguments.end(), {"train", request.project.string()});
  const bool resumes = !request.resume.empty();
  if (resumes) {
    command.arguments.push_back(option("--resume", request.resume));
    if (request.settings.epochs > 0)
      command.arguments.push_back(option("--epochs", std::to_string(request.settings.epochs)));
  } else {
    if (auto made = makeRunFolder(folder); !made) return made.error();
    if (auto written = writeFileAtomically(frozen, canonicalJson(toJson(request))); !written) {
      std::error_code failed;
      fs::remove(folder, failed); // unless it contains something
      return written.error();
    }
    command.arguments.push_back(option("--run", run));
    command.arguments.push_back(option("--queued", frozen.string()));
  }
  auto process = startDetached(command, console);
  if (!process && !resumes) {
    // Nothing began: what was made for it is removed.
    std::error_code failed;
    fs::remove(frozen, failed);
    if (ownConsole && fs::is_empty(console, failed)) fs::remove(console, failed);
    fs::remove(folder, failed);
  }
  return process;
}

void removeStart(const fs::path& runFolder) {
  // The trainer creates the lock and the folders before it writes run.json.
  static constexpr std::array<std::string_view, 3> files{"request.json", "console.log", "lock"};
  static constexpr std::array<std::string_view, 4> folders{"attempts", "control", "checkpoints",
                                                           "evaluations"};
  if (RunLock::held(runFolder)) return;
  std::vector<fs::path> made;
  std::error_code failed;
  for (fs::directory_iterator entry(runFolder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const fs::path& path = entry->path();
    const auto isIn = [name = path.filename().string()](const auto& names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    std::error_code unknown;
    const auto type = entry->symlink_status(unknown).type();
    const bool emptyFolder =
        type == fs::file_type::directory && isIn(folders) && fs::is_empty(path, unknown) && !unknown;
    if (!emptyFolder && !(type == fs::file_type::regular && isIn(files))) return;
    made.push_back(path);
  }
  if (failed) return;
  for (const fs::path& path : made) fs::remove(path, failed);
  fs::remove(runFolder, failed);
}

} // namespace loom
