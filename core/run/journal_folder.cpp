// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/run/journal.h"
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>

namespace loom {
namespace {

namespace fs = std::filesystem;

Error cannotRead(const fs::path& path, const std::string& why) {
  return {ErrorKind::input, path.string(), fmt::format("it cannot be read: {}", why),
          "Check that the project's folder is there and may be read"};
}

bool isRunName(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
}

class FolderJournals : public JournalSource {
 public:
  explicit FolderJournals(const fs::path& project) : runs_(project / "runs") {}

  Result<std::vector<std::string>> runs() override {
    std::vector<std::string> names;
    std::error_code failed;
    for (fs::directory_iterator entry(runs_, failed), end; !failed && entry != end; entry.increment(failed)) {
      std::error_code unknown;
      const std::string name = entry->path().filename().string();
      if (isRunName(name) && entry->is_directory(unknown)) names.push_back(name);
    }
    if (failed && failed != std::errc::no_such_file_or_directory) return cannotRead(runs_, failed.message());
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::vector<int>> attempts(const std::string& run) override {
    std::vector<int> numbers;
    std::error_code failed;
    for (fs::directory_iterator entry(runs_ / run / "attempts", failed), end; !failed && entry != end;
         entry.increment(failed)) {
      const std::string name = entry->path().filename().string();
      int number = 0;
      const auto [next, error] = std::from_chars(name.data(), name.data() + name.size(), number);
      if (error == std::errc{} && *next == 0 && number > 0 && std::to_string(number) == name)
        numbers.push_back(number);
    }
    if (failed && failed != std::errc::no_such_file_or_directory)
      return cannotRead(runs_ / run / "attempts", failed.message());
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  }

  Result<std::uint64_t> size(const std::string& run, int attempt) override {
    os::FileStatus status;
    const fs::path file = journal(run, attempt);
    const int code = os::statusOf(file, status);
    if (code == 0) return status.size;
    if (code == ENOENT) return std::uint64_t{0};
    return cannotRead(file, std::strerror(code));
  }

  Result<std::string> bytes(const std::string& run, int attempt, std::uint64_t offset,
                            std::size_t maxBytes) override {
    const auto there = size(run, attempt);
    if (!there) return there.error();
    if (*there <= offset) return std::string();
    const fs::path file = journal(run, attempt);
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

  Result<std::string> config(const std::string& run) override {
    return readWholeFile(runs_ / run / "run.json", 64u << 20);
  }
  bool alive(const std::string& run) override { return RunLock::held(runs_ / run); }
  bool whole() override {
    std::error_code unknown;
    return fs::is_directory(runs_, unknown);
  }

 private:
  fs::path journal(const std::string& run, int attempt) const {
    return runs_ / run / "attempts" / std::to_string(attempt) / "journal";
  }
  fs::path runs_;
};

} // namespace

std::unique_ptr<JournalSource> journalsIn(const std::filesystem::path& project) {
  return std::make_unique<FolderJournals>(project);
}

} // namespace loom
