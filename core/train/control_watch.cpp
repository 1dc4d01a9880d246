// SPDX-License-Identifier: Apache-2.0
#include "core/train/control_watch.h"
#include "core/base/atomic_file.h"
#include "core/base/format.h"
#include <algorithm>
#include <cerrno>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr auto lookEvery = std::chrono::milliseconds(100);
constexpr auto beatEvery = std::chrono::seconds(5);
constexpr std::size_t largestCommand = 64u << 10;

std::vector<fs::path> commandsIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code missing;
  for (fs::directory_iterator entry(folder, missing), end; !missing && entry != end; entry.increment(missing))
    if (entry->path().extension() == ".json" && entry->path().filename().string().front() != '.')
      files.push_back(entry->path());
  return files;
}

Result<RunControl> readCommand(const fs::path& file) {
  const auto bytes = readWholeFile(file, largestCommand);
  if (!bytes) return bytes.error();
  const auto json = parseJson(*bytes, file.string());
  if (!json) return json.error();
  auto control = controlFromJson(*json, file.string());
  // The file's name is the id that its sender waits for.
  if (control) control->id = file.stem().string();
  return control;
}

} // namespace

std::set<std::string> commandsThere(const fs::path& runFolder) {
  std::set<std::string> names;
  for (const fs::path& file : commandsIn(runFolder / "control")) names.insert(file.filename().string());
  return names;
}

ControlWatch::ControlWatch(fs::path runFolder, fs::path attemptFolder, std::set<std::string> old)
    : control_(runFolder / "control"), heartbeat_(attemptFolder / "heartbeat"),
      journal_(attemptFolder / "journal"), folder_(attemptFolder), seen_(std::move(old)) {
  os::FileStatus status;
  if (os::statusOf(journal_, status) == 0) identity_ = status.identity;
  thread_ = std::thread([this] { work(); });
}

ControlWatch::~ControlWatch() { end(); }

bool ControlWatch::lost() const {
  if (identity_ == os::Identity()) return false;
  os::FileStatus status;
  if (const int code = os::statusOf(journal_, status); code != 0) return code == ENOENT || code == ENOTDIR;
  return status.identity != identity_;
}

void ControlWatch::end() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void ControlWatch::lookAgain() {
  end();
  look();
}

std::optional<Result<RunControl>> ControlWatch::take() {
  const std::lock_guard lock(mutex_);
  if (queue_.empty()) return std::nullopt;
  Result<RunControl> first = std::move(queue_.front());
  queue_.pop_front();
  waiting_ = !queue_.empty();
  return first;
}

void ControlWatch::sleep(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [&] { return !queue_.empty() || gone(); });
}

void ControlWatch::look() {
  std::vector<std::pair<std::int64_t, Result<RunControl>>> fresh;
  for (const fs::path& file : commandsIn(control_)) {
    if (!seen_.insert(file.filename().string()).second) continue;
    Result<RunControl> command = readCommand(file);
    if (!command) {
      Error error = command.error();
      error.place = file.stem().string();
      command = error;
    }
    fresh.emplace_back(command ? command->time : 0, std::move(command));
  }
  if (fresh.empty()) return;
  std::stable_sort(fresh.begin(), fresh.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  {
    const std::lock_guard lock(mutex_);
    for (auto& [time, command] : fresh) queue_.push_back(std::move(command));
    waiting_ = true;
  }
  changed_.notify_all();
}

void ControlWatch::beat() const {
  // A sign of life that cannot be written stops nothing: a full disk is found by the journal.
  (void)writeFileAtomically(heartbeat_, formatTime(nowMicroseconds()) + "\n");
}

void ControlWatch::work() {
  auto nextBeat = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    if (lost()) {
      gone_ = true;
      changed_.notify_all();
      return; // nothing is read or written there any more
    }
    if (std::chrono::steady_clock::now() >= nextBeat) {
      beat();
      nextBeat = std::chrono::steady_clock::now() + beatEvery;
    }
    look();
    lock.lock();
    changed_.wait_for(lock, lookEvery, [&] { return stop_; });
  }
}

} // namespace loom
