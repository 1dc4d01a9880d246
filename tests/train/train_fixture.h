// SPDX-License-Identifier: Apache-2.0
// What the tests of the trainer share: projects of a second's training, runs inside this process, and a run's
// series put together from its journals by the rule of core/run/events.h.
#pragma once
#include "core/base/atomic_file.h"
#include "core/data/source_file.h"
#include "core/network/templates.h"
#include "core/run/evaluation_files.h"
#include "core/run/event_kinds.h"
#include "core/run/journal.h"
#include "core/run/run_lock.h"
#include "core/train/checkpoint.h"
#include "core/train/evaluate.h"
#include "core/train/trainer.h"
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace loom::test {

namespace fs = std::filesystem;

inline const fs::path fashion = "/usr/share/datasets/fashion-mnist";
inline bool hasFashion() { return fs::exists(fashion / "train-images-idx3-ubyte.gz"); }
inline constexpr const char* noFashion =
    "Fashion-MNIST is not installed (apt-get install dataset-fashion-mnist)";

// The first `count` images or labels of a real IDX file, as an IDX file of its own.
inline void writeSubset(const fs::path& from, const fs::path& to, std::uint32_t count, bool images) {
  const std::size_t head = images ? 16 : 8, each = images ? 784 : 1;
  auto packed = readWholeFile(from, 64u << 20);
  auto start = packed ? gunzipStart(*packed, head + each * count, from) : packed;
  if (!start) qFatal("%s", start.error().message().c_str());
  std::string bytes = *start;
  for (int i = 0; i < 4; ++i)
    bytes[4 + static_cast<std::size_t>(i)] = static_cast<char>(count >> (24 - 8 * i) & 0xFF);
  std::ofstream(to, std::ios::binary) << bytes;
}

// Input -> each layer in turn -> Output.
struct Layer {
  std::string type;
  Params params = {};
  std::string name = {};
};
inline Network chain(const std::string& name, const std::vector<Layer>& layers) {
  Network network;
  network.name = name;
  NodeId last = 0;
  for (const Layer& layer : layers) {
    Node node;
    node.id = network.nextId++;
    node.type = layer.type;
    node.params = layer.params;
    node.name = layer.name.empty() ? "n" + std::to_string(node.id) : layer.name;
    network.nodes[node.id] = node;
    if (last != 0) {
      const EdgeId id = network.nextId++;
      network.edges[id] = Edge{id, last, node.id, 0, 0};
    }
    last = node.id;
  }
  return network;
}

class TestProject {
 public:
  TestProject() { qputenv("LOOM_SAMPLES", LOOM_SOURCE_DIR "/resources/samples"); }
  ~TestProject() {
    std::error_code left; // Qt does not remove names that are no text
    fs::remove_all(folder(), left);
  }

  // A template. Those on Fashion-MNIST get its first `train` + `test` images; false: it is not installed.
  bool make(const std::string& id, std::uint32_t train = 400, std::uint32_t test = 120) {
    if (id == "iris" || id == "digits") {
      auto made = createFromTemplate(path(), id);
      if (!made) qFatal("%s", made.error().message().c_str());
      project = *made;
      return true;
    }
    if (!hasFashion()) return false;
    for (const auto& row : networkTemplates())
      if (row.id == id) makeFashion(row.make(), train, test);
    // The template's own recipe, as createFromTemplate gives it.
    if (QTemporaryDir other; true)
      if (auto made = createFromTemplate(fs::path(other.path().toStdString()) / "p.loom", id))
        project.defaults = made->defaults;
    project.defaults.batch = 64;
    (void)saveProject(project);
    return true;
  }

  void makeFashion(const Network& network, std::uint32_t train, std::uint32_t test) {
    const fs::path data = folder() / "subset";
    fs::create_directories(data);
    writeSubset(fashion / "train-images-idx3-ubyte.gz", data / "train-images", train, true);
    writeSubset(fashion / "train-labels-idx1-ubyte.gz", data / "train-labels", train, false);
    writeSubset(fashion / "t10k-images-idx3-ubyte.gz", data / "test-images", test, true);
    writeSubset(fashion / "t10k-labels-idx1-ubyte.gz", data / "test-labels", test, false);
    Project content;
    content.data.format = "idx";
    content.data.name = "Fashion-MNIST, the first ones";
    content.data.setPath("train_images", data / "train-images");
    content.data.setPath("train_labels", data / "train-labels");
    content.data.setPath("test_images", data / "test-images");
    content.data.setPath("test_labels", data / "test-labels");
    content.data.split = {0.8, 0.2, 0, 1, true};
    create(std::move(content), network);
  }

  // A table; `csv` has a header.
  void makeTable(const std::string& csv, const std::string& target, Task task, const Network& network,
                 SplitSpec split = {0.7, 0.15, 0.15, 1, true},
                 const std::string& normalisation = "standardise") {
    std::ofstream(folder() / "table.csv", std::ios::binary) << csv;
    Project content;
    content.data.format = "csv";
    content.data.name = "table";
    content.data.setPath("file", folder() / "table.csv");
    content.data.options.set("target", target);
    content.data.task = task;
    content.data.split = split;
    content.data.normalisation = normalisation;
    create(std::move(content), network);
  }

  void use(const Network& network) {
    if (auto saved = saveNetwork(project, network); !saved) qFatal("%s", saved.error().message().c_str());
    project.network = network.name;
    if (auto saved = saveProject(project); !saved) qFatal("%s", saved.error().message().c_str());
  }

  fs::path folder() const { return dir_.path().toStdString(); }
  fs::path path() const { return folder() / "p.loom"; }
  fs::path run(const std::string& id) const { return runFolder(path(), id); }
  TrainRequest request(const std::string& id = {}) const {
    TrainRequest request;
    request.project = path();
    request.settings = project.defaults;
    request.settings.threads = 1;
    request.run = id;
    return request;
  }
  TrainRequest resume(const std::string& id) const {
    TrainRequest request;
    request.project = path();
    request.resume = id;
    request.settings.epochs = 0;
    return request;
  }

  Project project;

 private:
  void create(Project content, const Network& network) {
    auto made = createProject(path(), std::move(content), network);
    if (!made) qFatal("%s", made.error().message().c_str());
    project = *made;
  }
  QTemporaryDir dir_;
};

// Trains in this process. `listener` may set the flag.
inline Result<TrainOutcome> trained(const TrainRequest& request, StopFlag& stop,
                                    const EventListener& listener = {}) {
  return train(request, listener, stop);
}
inline TrainOutcome finished(const TrainRequest& request, const EventListener& listener = {}) {
  StopFlag stop;
  auto outcome = train(request, listener, stop);
  if (!outcome) qFatal("%s", outcome.error().message().c_str());
  return *outcome;
}

// What an event of a journal has that core/run/event_kinds.cpp does not say, or lacks; empty when it is as
// documented.
inline std::string undocumented(const RunEvent& event) {
  const std::string name = event.value("event", std::string());
  const auto& kinds = eventKinds();
  const auto kind =
      std::find_if(kinds.begin(), kinds.end(), [&](const EventKind& one) { return one.name == name; });
  if (kind == kinds.end()) return "the event " + name;
  std::set<std::string> known{"event"};
  std::istringstream members{std::string(kind->members)};
  for (std::string member; std::getline(members >> std::ws, member, ',');) {
    const bool optional = member.ends_with('?');
    if (optional) member.pop_back();
    known.insert(member);
    if (!optional && !event.contains(member)) return name + " without " + member;
  }
  for (const auto& [member, value] : event.items())
    if (!known.contains(member)) return name + " with " + member;
  return {};
}

inline std::vector<RunEvent> events(const fs::path& project, const std::string& run) {
  auto journals = journalsIn(project);
  std::vector<RunEvent> all;
  const auto attempts = journals->attempts(run);
  for (int attempt : attempts ? *attempts : std::vector<int>{}) {
    // As far as it is now: an endless run may write faster than JSON is read.
    std::error_code error;
    const auto end =
        fs::file_size(project / "runs" / run / "attempts" / std::to_string(attempt) / "journal", error);
    for (std::uint64_t offset = 0; !error && offset < end;) {
      auto read = journals->read(run, attempt, offset, 1 << 20);
      if (!read || read->records.empty()) break;
      for (auto& record : read->records) {
        if (const auto fault = undocumented(record.event); !fault.empty())
          QTest::qFail(fault.c_str(), __FILE__, __LINE__);
        all.push_back(std::move(record.event));
      }
      offset = read->offset;
    }
  }
  return all;
}
inline std::vector<RunEvent> events(const fs::path& project, const std::string& run,
                                    const std::string& kind) {
  auto all = events(project, run);
  std::erase_if(all, [&](const RunEvent& event) { return event.value("event", std::string()) != kind; });
  return all;
}

// key -> step -> value. What time measured (samples_per_second) is left out.
using SeriesMap = std::map<std::string, std::map<std::int64_t, double>>;
inline SeriesMap series(const fs::path& project, const std::string& run) {
  SeriesMap all;
  for (const auto& event : events(project, run)) {
    const auto kind = event.value("event", std::string());
    if (kind == "resumed")
      for (auto& [key, points] : all)
        points.erase(points.upper_bound(event["step"].get<std::int64_t>()), points.end());
    if (kind != "points" || event["key"] == "train/samples_per_second") continue;
    for (std::size_t i = 0; i < event["steps"].size(); ++i)
      all[event["key"].get<std::string>()].emplace(event["steps"][i].get<std::int64_t>(),
                                                   numberFromJson(event["values"][i]).value_or(-1e300));
  }
  return all;
}

// "" when both hold the same bits; else where they differ first.
inline QByteArray difference(const SeriesMap& a, const SeriesMap& b) {
  for (const auto& [key, points] : a) {
    const auto other = b.find(key);
    if (other == b.end()) return QByteArray::fromStdString(key) + " is missing";
    if (points.size() != other->second.size())
      return QByteArray::fromStdString(key) + ": " + QByteArray::number(qulonglong(points.size())) + " and " +
             QByteArray::number(qulonglong(other->second.size())) + " points";
    for (auto left = points.begin(), right = other->second.begin(); left != points.end(); ++left, ++right)
      if (left->first != right->first || std::memcmp(&left->second, &right->second, sizeof(double)) != 0)
        return QByteArray::fromStdString(key) + " at step " + QByteArray::number(qlonglong(left->first));
  }
  return a.size() == b.size() ? QByteArray() : QByteArray("keys");
}

inline std::string bytesOf(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}
inline std::string tensorBytes(const fs::path& run, std::int64_t step, const char* part) {
  const std::string bytes =
      bytesOf(run / "checkpoints" / std::to_string(step) / (std::string(part) + ".safetensors"));
  if (bytes.empty()) qFatal("no %s at step %lld", part, static_cast<long long>(step));
  return bytes;
}
// The state without what a clock measured.
inline Json stateOf(const fs::path& run, std::int64_t step) {
  auto json = readJsonFile(run / "checkpoints" / std::to_string(step) / "state.json");
  if (!json) qFatal("%s", json.error().message().c_str());
  json->erase("seconds");
  return *json;
}
inline std::int64_t lastCheckpoint(const fs::path& run) {
  const auto all = listCheckpoints(run);
  return all.empty() ? -1 : all.back();
}
// "" when the last checkpoint of two runs holds the same bits.
inline QByteArray checkpointDifference(const fs::path& a, const fs::path& b) {
  const auto step = lastCheckpoint(a);
  if (step != lastCheckpoint(b)) return "the last checkpoints stand at other steps";
  for (const char* part : {"model", "optimizer"})
    if (tensorBytes(a, step, part) != tensorBytes(b, step, part)) return part;
  return stateOf(a, step) == stateOf(b, step) ? QByteArray() : QByteArray("state");
}

} // namespace loom::test
