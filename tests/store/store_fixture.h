// SPDX-License-Identifier: Apache-2.0
// What the tests of this room share: projects with real journals, series of every shape, contents laid out
// for comparison, and child processes that may be killed.
#pragma once
#include "core/base/atomic_file.h"
#include "core/run/journal.h"
#include "core/store/store.h"
#include <QTemporaryDir>
#include <bit>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <limits>
#include <random>
#include <sys/wait.h>
#include <unistd.h>

namespace loom::test {

namespace fs = std::filesystem;

using Points = std::vector<SeriesPoint>;

inline bool sameBits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

inline std::string runNamed(int number) { return fmt::format("aaaaaaaa-0000-4000-8000-{:012}", number); }

class TestProject {
 public:
  TestProject() : folder(dir_.path().toStdString()) {}
  fs::path attempt(const std::string& run, int number) const {
    return folder / "runs" / run / "attempts" / std::to_string(number);
  }
  fs::path journal(const std::string& run, int number = 1) const { return attempt(run, number) / "journal"; }
  void configure(const std::string& run, const std::string& name) const {
    const Json config{{"schema", 1},
                      {"id", run},
                      {"name", name},
                      {"created", 1'700'000'000'000'000 + static_cast<std::int64_t>(name.size())},
                      {"parameters", 61706},
                      {"network", {{"name", "cnn"}}},
                      {"data", {{"name", "digits"}}},
                      {"settings",
                       {{"optimizer", "AdamW"},
                        {"optimizer_params", {{"weight_decay", 0.05}}},
                        {"schedule", "one-cycle"},
                        {"epochs", 3},
                        {"batch", 64},
                        {"learning_rate", 0.004},
                        {"device", "cpu"}}}};
    fs::create_directories(folder / "runs" / run);
    if (const auto written = writeFileAtomically(folder / "runs" / run / "run.json", canonicalJson(config));
        !written)
      qFatal("%s", written.error().message().c_str());
  }
  std::unique_ptr<Store> open(Store::Access access = Store::Access::owner) const {
    auto store = Store::open(folder, access);
    if (!store) qFatal("%s", store.error().message().c_str());
    return std::move(*store);
  }
  JournalWriter begin(const std::string& run, int number = 1) const {
    std::error_code unknown;
    if (!fs::exists(folder / "runs" / run / "run.json", unknown))
      configure(run, "run " + run.substr(run.size() - 3));
    auto writer = JournalWriter::create(attempt(run, number));
    if (!writer) qFatal("%s", writer.error().message().c_str());
    return std::move(*writer);
  }
  // Everything that the journals hold, as an owner has it.
  std::unique_ptr<Store> takenIn() const {
    auto store = open();
    const auto taken = store->takeIn(*sitesOf(folder));
    if (!taken) qFatal("%s", taken.error().message().c_str());
    return store;
  }
  fs::path history() const { return folder / "history"; }

 private:
  QTemporaryDir dir_;

 public:
  const fs::path folder;
};

inline RunEvent started(int attempt = 1) {
  return {{"event", "started"},
          {"attempt", attempt},
          {"step", 0},
          {"total_steps", 1000},
          {"epochs", 3},
          {"threads", 2},
          {"device", "cpu"},
          {"host", "here"},
          {"pid", 12},
          {"time", 1'700'000'000'000'000},
          {"steps_per_epoch", 300}};
}
inline RunEvent resumed(int attempt, std::int64_t step) {
  return {{"event", "resumed"}, {"attempt", attempt}, {"step", step}, {"seq", 0}, {"total_steps", 1000}};
}
inline RunEvent finished(std::int64_t step) {
  return {{"event", "finished"},
          {"status", "finished"},
          {"step", step},
          {"epochs", 3},
          {"seconds", 12.5},
          {"checkpoint", 600},
          {"time", 1'700'000'012'500'000},
          {"metrics", {{"test_accuracy", 0.91}}}};
}

// In columns of at most 256, as the trainer's PointBuffer gives them.
inline std::vector<RunEvent> columnsOf(const std::string& key, const Points& points,
                                       std::size_t length = 256) {
  std::vector<RunEvent> events;
  for (std::size_t from = 0; from < points.size(); from += length) {
    Json steps = Json::array(), times = Json::array(), values = Json::array();
    for (std::size_t i = from; i < std::min(from + length, points.size()); ++i) {
      steps.push_back(points[i].step);
      times.push_back(points[i].seconds);
      values.push_back(numberOrText(points[i].value));
    }
    events.push_back(
        {{"event", "points"}, {"key", key}, {"steps", steps}, {"times", times}, {"values", values}});
  }
  return events;
}
inline void write(JournalWriter& writer, const std::vector<RunEvent>& events) {
  constexpr std::size_t atOnce = 64;
  for (std::size_t from = 0; from < events.size(); from += atOnce) {
    const auto end = events.begin() + static_cast<std::ptrdiff_t>(std::min(from + atOnce, events.size()));
    const auto written = writer.append({events.begin() + static_cast<std::ptrdiff_t>(from), end});
    if (!written) qFatal("%s", written.error().message().c_str());
  }
}
inline void write(JournalWriter& writer, const RunEvent& event) {
  write(writer, std::vector<RunEvent>{event});
}

enum class Steps { regular, strided, irregular, jumps, huge };
enum class Values { floats, doubles, special, flat };
inline constexpr std::array allSteps{Steps::regular, Steps::strided, Steps::irregular, Steps::jumps,
                                     Steps::huge};
inline constexpr std::array stepWords{"regular", "strided", "irregular", "jumps", "huge"};
inline constexpr std::array allValues{Values::floats, Values::doubles, Values::special, Values::flat};
inline constexpr std::array valueWords{"floats", "doubles", "special", "flat"};

inline Points makePoints(std::size_t count, Steps steps, Values values, std::uint32_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t limit) { return static_cast<std::int64_t>(random() % limit); };
  const double specials[] = {std::numeric_limits<double>::quiet_NaN(),
                             std::numeric_limits<double>::infinity(),
                             -std::numeric_limits<double>::infinity(),
                             -0.0,
                             0.0,
                             5e-324,
                             -1.7976931348623157e308,
                             1.7976931348623157e308,
                             0.1,
                             static_cast<double>(0.1f)};
  Points points;
  points.reserve(count);
  std::int64_t step =
      steps == Steps::huge ? (std::int64_t{1} << 53) - 4 * static_cast<std::int64_t>(count) : 1;
  for (std::size_t i = 0; i < count; ++i) {
    double value = 1.0 / (1.0 + static_cast<double>(i)) + static_cast<double>(below(1000)) * 1e-4;
    if (values == Values::floats) value = static_cast<double>(static_cast<float>(value));
    if (values == Values::special && below(3) == 0) value = specials[below(std::size(specials))];
    if (values == Values::flat) value = 0.25;
    points.push_back(
        {step, value, static_cast<double>(i * 1000 + static_cast<std::size_t>(below(900))) / 1e6});
    switch (steps) {
    case Steps::regular:
      ++step;
      break;
    case Steps::strided:
      step += 50;
      break;
    case Steps::irregular:
      step += 1 + below(9);
      break;
    case Steps::jumps:
      step += below(700) == 0 ? 1 + below(5'000'000'000) : 1;
      break;
    case Steps::huge:
      step += 1 + below(4);
      break;
    }
  }
  return points;
}

// Empty, or how they differ.
inline std::string difference(const Points& given, const Points& wanted) {
  if (given.size() != wanted.size())
    return fmt::format("{} points instead of {}", given.size(), wanted.size());
  for (std::size_t i = 0; i < given.size(); ++i)
    if (given[i].step != wanted[i].step || !sameBits(given[i].value, wanted[i].value) ||
        std::llround(given[i].seconds * 1e6) != std::llround(wanted[i].seconds * 1e6))
      return fmt::format("point {}: {} {} {} instead of {} {} {}", i, given[i].step, given[i].value,
                         given[i].seconds, wanted[i].step, wanted[i].value, wanted[i].seconds);
  return {};
}

// All that a store says, with every bit of its numbers: equal texts are equal contents.
inline std::string contents(Store& store) {
  std::string text;
  const auto number = [](double value) {
    return fmt::format("{:016x}", std::bit_cast<std::uint64_t>(value));
  };
  const auto rows = store.runs();
  if (!rows) return rows.error().message();
  for (const RunRow& row : *rows) {
    text += fmt::format("run {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}\n",
                        row.id, row.name, row.network, row.optimizer, row.schedule, row.device, row.host,
                        row.data, toText(row.state), row.created, row.ended, number(row.seconds), row.step,
                        row.totalSteps, row.epochs, row.stepsPerEpoch, row.attempt, row.parameters,
                        row.testMetric ? number(*row.testMetric) : "none", row.testMetricName, row.checkpoint,
                        row.error, row.note, row.archived);
    for (const auto& tag : row.tags) text += " tag " + tag + "\n";
    for (const auto& [name, value] : row.settings) text += " setting " + name + " " + value + "\n";
    for (const MetricSummary& metric : row.metrics)
      text += fmt::format(" metric {} {} {} {} {} {} {} {} {}\n", metric.key, metric.count, metric.nonFinite,
                          number(metric.last), number(metric.minimum), number(metric.maximum),
                          metric.lastStep, metric.minimumStep, metric.maximumStep);
    const auto events = store.events(row.id);
    if (!events) return events.error().message();
    for (const StoredEvent& event : *events)
      text += fmt::format(" event {} {} {} {}\n", event.attempt, event.sequence, event.step,
                          compactJson(event.event));
    const auto keys = store.keys(row.id);
    if (!keys) return keys.error().message();
    for (const std::string& key : *keys) {
      const auto points = store.points(row.id, key, 0, 0);
      if (!points) return points.error().message();
      for (const SeriesPoint& point : *points)
        text += fmt::format(" {} {} {} {}\n", key, point.step, number(point.value), number(point.seconds));
    }
  }
  return text;
}

// Runs `work` in a process of its own and gives what it returned; "killed by …" when it did not come to that.
inline std::string inChild(const std::function<std::string()>& work) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    std::string said;
    try {
      said = work();
    } catch (const std::exception& error) {
      said = error.what();
    }
    const bool wrote = ::write(ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size());
    ::_exit(wrote ? 0 : 1);
  }
  ::close(ends[1]);
  std::string said;
  char bytes[4096];
  for (ssize_t got; (got = ::read(ends[0], bytes, sizeof bytes)) > 0;)
    said.append(bytes, static_cast<std::size_t>(got));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return fmt::format("killed by signal {}", WTERMSIG(status));
  return said;
}

// A process that goes on until it is killed.
class Child {
 public:
  explicit Child(const std::function<void()>& work) : process_(::fork()) {
    if (process_ != 0) return;
    work();
    ::_exit(0);
  }
  ~Child() { kill(); }
  // The signal that ended it; 0 when it had ended by itself.
  int kill() {
    if (process_ <= 0) return 0;
    ::kill(process_, SIGKILL);
    int status = 0;
    ::waitpid(process_, &status, 0);
    process_ = -1;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

 private:
  pid_t process_;
};

} // namespace loom::test
