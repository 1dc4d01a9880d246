// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/run/journal.h"
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace loom {
namespace {

namespace fs = std::filesystem;

constexpr int maxAttempts = 1'000'000'000; // the next one has a number as well

Error cannotRead(const fs::path& path, std::string_view reason) {
  return {ErrorKind::input, path.string(), say("it cannot be read: {}", foreign(reason)),
          say("Check that the project's folder exists and can be read")};
}

class FolderJournals : public JournalSource {
 public:
  explicit FolderJournals(fs::path runs) : runs_(std::move(runs)) {}

  Result<std::vector<std::string>> runs() override {
    std::vector<std::string> names;
    std::error_code failed;
    for (fs::directory_iterator entry(runs_, failed), end; !failed && entry != end; entry.increment(failed)) {
      std::error_code unknown;
      const std::string name = entry->path().filename().string();
      // A folder that cannot be looked at is not a missing one.
      if (isRunName(name) && (entry->is_directory(unknown) || unknown)) names.push_back(name);
    }
    if (failed && failed != std::errc::no_such_file_or_directory) return cannotRead(runs_, failed.message());
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::vector<int>> attempts(const std::string& run) override { return attemptsIn(runs_ / run); }

  Result<std::uint64_t> size(const std::string& run, int attempt) override {
    return sizeOfFile(journal(run, attempt));
  }

  Result<std::string> bytes(const std::string& run, int attempt, std::uint64_t offset,
                            std::size_t maxBytes) override {
    return bytesFrom(journal(run, attempt), offset, maxBytes);
  }

  Result<std::string> config(const std::string& run) override {
    return readWholeFile(runs_ / run / "run.json", 64u << 20);
  }

 private:
  fs::path journal(const std::string& run, int attempt) const {
    return runs_ / run / "attempts" / std::to_string(attempt) / "journal";
  }
  fs::path runs_;
};

} // namespace

bool isRunName(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

Result<std::vector<int>> attemptsIn(const fs::path& runFolder) {
  const fs::path folder = runFolder / "attempts";
  std::vector<int> numbers;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    int number = 0;
    const auto [next, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && *next == 0 && number > 0 && number <= maxAttempts &&
        std::to_string(number) == name)
      numbers.push_back(number);
  }
  if (failed && failed != std::errc::no_such_file_or_directory) return cannotRead(folder, failed.message());
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Result<std::uint64_t> sizeOfFile(const fs::path& file) {
  os::FileStatus status;
  const int code = os::statusOf(file, status);
  if (code == 0) return status.size;
  if (code == ENOENT) return std::uint64_t{0};
  return cannotRead(file, std::strerror(code));
}

Result<std::string> bytesFrom(const fs::path& file, std::uint64_t offset, std::size_t maxBytes) {
  const auto there = sizeOfFile(file);
  if (!there) return there.error();
  if (*there <= offset) return std::string();
  os::File open;
  if (const int code = open.open(file, os::Access::read); code != 0)
    return cannotRead(file, std::strerror(code));
  std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(*there - offset, maxBytes)), '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const auto [part, code] = open.readAt(offset + got, std::span(text).subspan(got));
    if (code != 0) return cannotRead(file, std::strerror(code));
    if (part == 0) break;
    got += part;
  }
  text.resize(got);
  return text;
}

std::unique_ptr<JournalSource> journalsBelow(const fs::path& runsFolder) {
  return std::make_unique<FolderJournals>(runsFolder);
}
std::unique_ptr<JournalSource> journalsIn(const fs::path& project) { return journalsBelow(project / "runs"); }

} // namespace loom
