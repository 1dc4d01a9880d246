// SPDX-License-Identifier: GPL-3.0-or-later
// What the bridge asks of `loom`, and what it reads of data sets: everything that may take seconds.
#include "app/studio/bridge/bridge_worker.h"
#include "core/base/json.h"
#include "core/base/subprocess.h"
#include <QMutexLocker>
#include <QSettings>
#include <QTemporaryDir>
#include <algorithm>
#include <map>

namespace loom {
namespace {

using namespace std::chrono_literals;

// `loom` prints its error on stderr as one line; the exit code is the kind.
Error errorOf(const Finished& finished) {
  std::string text = finished.errors;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (const auto line = text.rfind('\n'); line != std::string::npos) text.erase(0, line + 1);
  if (text.rfind("loom: ", 0) == 0) text.erase(0, 6);
  const auto kind = finished.exitCode >= 1 && finished.exitCode <= 9
                        ? static_cast<ErrorKind>(finished.exitCode)
                        : ErrorKind::other;
  return {kind, "loom", text.empty() ? "It ended with code " + std::to_string(finished.exitCode) : text, ""};
}

QImage pictureOf(const Dataset& data, std::int64_t sample, int size) {
  if (data.sampleShape.size() != 3) return {};
  const auto channels = data.sampleShape[0], height = data.sampleShape[1], width = data.sampleShape[2];
  if (channels != 1 && channels != 3) return {};
  QImage image(static_cast<int>(width), static_cast<int>(height), QImage::Format_RGB32);
  const std::int64_t plane = height * width, base = sample * channels * plane;
  float low = 0, high = 1;
  if (data.bytes.empty()) {
    const auto begin = data.values.begin() + base;
    low = *std::min_element(begin, begin + channels * plane);
    high = std::max(low + 1e-6f, *std::max_element(begin, begin + channels * plane));
  }
  const auto value = [&](std::int64_t channel, std::int64_t at) {
    const auto index = static_cast<std::size_t>(base + channel * plane + at);
    return data.bytes.empty() ? static_cast<int>(255 * (data.values[index] - low) / (high - low))
                              : data.bytes[index];
  };
  for (std::int64_t y = 0; y < height; ++y) {
    auto* line = reinterpret_cast<QRgb*>(image.scanLine(static_cast<int>(y)));
    for (std::int64_t x = 0; x < width; ++x) {
      const auto at = y * width + x;
      line[x] = channels == 1 ? qRgb(value(0, at), value(0, at), value(0, at))
                              : qRgb(value(0, at), value(1, at), value(2, at));
    }
  }
  return size > 0 ? image.scaled(size, size, Qt::KeepAspectRatio,
                                 size > width ? Qt::FastTransformation : Qt::SmoothTransformation)
                  : image;
}

QString captionOf(const Dataset& data, std::int64_t sample) {
  const auto index = static_cast<std::size_t>(sample);
  if (index < data.labels.size() && static_cast<std::size_t>(data.labels[index]) < data.classes.size())
    return QString::fromStdString(data.classes[static_cast<std::size_t>(data.labels[index])]);
  return index < data.sampleNames.size() ? QString::fromStdString(data.sampleNames[index]) : QString();
}

} // namespace

void BridgeWorker::ask(const QString& what, std::vector<std::string> arguments,
                       std::function<void(const Json&)> answer) {
  onPool([this, what, arguments = std::move(arguments), answer = std::move(answer)] {
    Command command;
    command.arguments = {loomProgram_.string()};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    auto finished = runCommand(command, 10min);
    if (!finished) return fail(what, finished.error());
    if (finished->exitCode != 0) return fail(what, errorOf(*finished));
    auto json = parseJson(finished->output, "loom " + arguments.front());
    if (!json) return fail(what, json.error());
    answer(*json);
  });
}

void BridgeWorker::inspectData(const QString& fileOrFolder, const QString& target) {
  onPool([this, fileOrFolder, target] {
    auto report = inspect(fileOrFolder.toStdString(), target.toStdString());
    if (!report) return fail("inspect", report.error());
    tell([this, report = *report] { Q_EMIT bridge_.dataInspected(report); });
  });
}

// The drawing on the canvas may not be saved yet: it is estimated from a scratch project that points to the
// same data.
void BridgeWorker::estimate(const Network& network, const TrainSettings& settings) {
  if (!ready("estimate")) return;
  const quint64 ticket = ++estimateTicket_;
  Project scratch = *project_;
  const auto absolute = [&](std::filesystem::path& path) {
    if (!path.empty() && path.is_relative()) path = project_->folder / path;
  };
  for (auto* path :
       {&scratch.data.trainImages, &scratch.data.trainLabels, &scratch.data.testImages,
        &scratch.data.testLabels, &scratch.data.file, &scratch.data.testFile, &scratch.data.folder})
    absolute(*path);
  scratch.defaults = settings;
  scratch.network = network.name;
  onPool([this, ticket, scratch, network]() mutable {
    if (ticket != estimateTicket_) return; // a later question is waiting
    QTemporaryDir folder;
    if (!folder.isValid())
      return fail("estimate", {ErrorKind::other, "temporary folder", "It cannot be made", "Free some space"});
    const auto path = std::filesystem::path(folder.path().toStdString()) / "estimate.loom";
    if (auto created = createProject(path, scratch, network); !created)
      return fail("estimate", created.error());
    Command command;
    command.arguments = {loomProgram_.string(), "estimate", path.string(), "--json"};
    auto finished = runCommand(command, 2min);
    if (ticket != estimateTicket_) return;
    if (!finished) return fail("estimate", finished.error());
    if (finished->exitCode != 0) return fail("estimate", errorOf(*finished));
    auto json = parseJson(finished->output, "loom estimate");
    if (!json) return fail("estimate", json.error());
    const JsonReader reader(*json, "loom estimate");
    const auto whole = [&](const char* key) {
      auto value = reader.integer(key);
      return value ? *value : 0;
    };
    const auto number = [&](const char* key) {
      auto value = reader.number(key);
      return value ? *value : 0.0;
    };
    EstimateView view;
    view.parameters = whole("parameters");
    view.multiplyAdds = whole("multiply_adds");
    view.memoryBytes = whole("memory_bytes");
    view.largestBatch = whole("largest_batch");
    view.steps = whole("steps");
    view.secondsPerStep = number("seconds_per_step");
    view.seconds = number("seconds");
    if (auto device = reader.text("device")) view.device = QString::fromStdString(*device);
    view.threads = static_cast<int>(whole("threads"));
    tell([this, view] { Q_EMIT bridge_.estimated(view); });
  });
}

void BridgeWorker::evaluate(const QString& run, const QString& split) {
  if (!ready("evaluate")) return;
  const auto folder = project_->folder;
  ask("evaluate", {"evaluate", folder.string(), run.toStdString(), "--split", split.toStdString(), "--json"},
      [this, run, split, folder](const Json& json) {
        auto step = JsonReader(json, "loom evaluate").integer("step");
        if (!step) return fail("evaluate", step.error());
        auto evaluation = readEvaluation(runFolder(folder, run.toStdString()), *step, split.toStdString());
        if (!evaluation) return fail("evaluate", evaluation.error());
        tell([this, run, evaluation = *evaluation] { Q_EMIT bridge_.evaluated(run, evaluation); });
      });
}

void BridgeWorker::predict(const QString& run, const QStringList& files) {
  if (!ready("predict")) return;
  std::vector<std::string> arguments{"predict", project_->folder.string(), run.toStdString()};
  for (const auto& file : files) arguments.push_back(file.toStdString());
  arguments.push_back("--json");
  ask("predict", std::move(arguments), [this, run](const Json& json) {
    QStringList names;
    QVector<QVector<QPair<QString, double>>> scores;
    const auto predictions = json.find("predictions");
    if (predictions == json.end() || !predictions->is_array())
      return fail("predict", {ErrorKind::other, "loom predict", "The answer lists no predictions",
                              "Use the loom that belongs to this studio"});
    for (const auto& one : *predictions) {
      names << QString::fromStdString(one.value("name", std::string()));
      QVector<QPair<QString, double>> list;
      for (const auto& score : one.value("scores", Json::array()))
        list.push_back(
            {QString::fromStdString(score.value("class", std::string())), score.value("score", 0.0)});
      scores.push_back(list);
    }
    tell([this, run, names, scores] { Q_EMIT bridge_.predicted(run, names, scores); });
  });
}

void BridgeWorker::devices() {
  ask("devices", {"devices", "--json"}, [this](const Json& json) {
    QStringList ids, names, notes;
    for (const auto& device : json.value("devices", Json::array())) {
      if (!device.value("usable", true)) continue;
      ids << QString::fromStdString(device.value("id", std::string()));
      names << QString::fromStdString(device.value("name", std::string()));
      notes << QString::fromStdString(device.value("note", std::string()));
    }
    tell([this, ids, names, notes] { Q_EMIT bridge_.devicesReady(ids, names, notes); });
  });
}

Result<std::shared_ptr<const Dataset>> BridgeWorker::dataset(const DatasetSpec& spec,
                                                             const std::filesystem::path& project) {
  const QMutexLocker lock(&datasetMutex_);
  const std::string key = compactJson(toJson(spec)) + project.string();
  if (key != datasetKey_ || dataset_ == nullptr) {
    auto loaded = load(spec, project);
    if (!loaded) return loaded.error();
    dataset_ = std::make_shared<const Dataset>(std::move(*loaded));
    datasetKey_ = key;
  }
  return dataset_;
}

void BridgeWorker::samples(const QString& run, const QVector<int>& numbers, int size) {
  if (!ready("samples")) return;
  onPool([this, run, numbers, size, folder = project_->folder, spec = project_->data] {
    DatasetSpec wanted = spec;
    // A run shows the data that it was trained on, whatever the project says now.
    if (!run.isEmpty()) {
      auto config = readRunConfig(runFolder(folder, run.toStdString()));
      if (!config) return fail("samples", config.error());
      wanted = config->data;
    }
    auto data = dataset(wanted, folder);
    if (!data) return fail("samples", data.error());
    QVector<QImage> pictures;
    QStringList captions;
    for (const int number : numbers) {
      const bool known = number >= 0 && number < (*data)->samples;
      pictures << (known ? pictureOf(**data, number, size) : QImage());
      captions << (known ? captionOf(**data, number) : QString());
    }
    tell([this, run, numbers, pictures, captions] {
      Q_EMIT bridge_.samplesReady(run, numbers, pictures, captions);
    });
  });
}

void BridgeWorker::dataOverview() {
  if (!ready("data")) return;
  onPool([this, folder = project_->folder, spec = project_->data] {
    auto data = dataset(spec, folder);
    if (!data) return fail("data", data.error());
    DataReport report;
    report.proposed = spec;
    report.samples = (*data)->samples;
    report.sampleShape = (*data)->sampleShape;
    std::vector<std::int64_t> counts((*data)->classes.size());
    for (const auto label : (*data)->labels) ++counts[static_cast<std::size_t>(label)];
    for (std::size_t index = 0; index < counts.size(); ++index)
      report.classCounts.emplace_back((*data)->classes[index], counts[index]);
    report.reasons = (*data)->notes;
    constexpr int shown = 60;
    QVector<QImage> pictures;
    QStringList captions;
    for (int sample = 0; sample < shown && sample < (*data)->samples; ++sample) {
      const QImage picture = pictureOf(**data, sample, 0);
      if (picture.isNull()) break;
      pictures << picture;
      captions << captionOf(**data, sample);
    }
    tell([this, report, pictures, captions] { Q_EMIT bridge_.dataReady(report, pictures, captions); });
  });
}

void BridgeWorker::remember(const Project& project) {
  QSettings settings(QSettings::IniFormat, QSettings::UserScope, "neuroloom", "recent");
  QStringList folders = settings.value("folders").toStringList();
  std::error_code error;
  const QString folder = QString::fromStdString(std::filesystem::absolute(project.folder, error).string());
  folders.removeAll(folder);
  folders.prepend(folder);
  settings.setValue("folders", QStringList(folders.mid(0, 12)));
}

void BridgeWorker::recentProjects() {
  const QSettings settings(QSettings::IniFormat, QSettings::UserScope, "neuroloom", "recent");
  QVector<QPair<QString, QString>> list;
  for (const auto& folder : settings.value("folders").toStringList())
    if (auto project = loom::openProject(folder.toStdString()))
      list.push_back({QString::fromStdString(project->name), folder});
  tell([this, list] { Q_EMIT bridge_.recentProjectsReady(list); });
}

} // namespace loom
