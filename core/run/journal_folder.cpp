// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/run/journal.h"
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

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
    struct stat status {};
    const fs::path file = journal(run, attempt);
    if (::stat(file.c_str(), &status) == 0) return static_cast<std::uint64_t>(status.st_size);
    if (errno == ENOENT) return std::uint64_t{0};
    return cannotRead(file, std::strerror(errno));
  }

  Result<std::string> bytes(const std::string& run, int attempt, std::uint64_t offset,
                            std::size_t maxBytes) override {
    const auto there = size(run, attempt);
    if (!there) return there.error();
    if (*there <= offset) return std::string();
    const fs::path file = journal(run, attempt);
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) return cannotRead(file, std::strerror(errno));
    std::string text(static_cast<std::size_t>(std::min<std::uint64_t>(*there - offset, maxBytes)), '\0');
    std::size_t got = 0;
    while (got < text.size()) {
      const ssize_t part =
          ::pread(descriptor, text.data() + got, text.size() - got, static_cast<off_t>(offset + got));
      if (part < 0 && errno == EINTR) continue;
      if (part < 0) {
        const int error = errno;
        ::close(descriptor);
        return cannotRead(file, std::strerror(error));
      }
      if (part == 0) break;
      got += static_cast<std::size_t>(part);
    }
    ::close(descriptor);
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
