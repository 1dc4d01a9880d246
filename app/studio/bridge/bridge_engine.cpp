// SPDX-License-Identifier: GPL-3.0-or-later
// What the bridge asks of `loom`: what may take seconds.
#include "app/studio/bridge/bridge_worker.h"
#include "core/base/json.h"
#include "core/base/subprocess.h"
#include <QSettings>
#include <QTemporaryDir>

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

} // namespace

void BridgeWorker::ask(const QString& what, std::vector<std::string> arguments,
                       std::function<void(const Json&)> answer) {
  onPool([this, what, arguments = std::move(arguments), answer = std::move(answer)] {
    Command command;
    command.arguments = {loomProgram_.string()};
    command.arguments.insert(command.arguments.end(), arguments.begin(), arguments.end());
    command.givenUp = &givenUp_;
    auto finished = runCommand(command, 10min);
    if (givenUp_) return;
    if (!finished) return fail(what, finished.error());
    if (finished->exitCode != 0) return fail(what, errorOf(*finished));
    auto json = parseJson(finished->output, "loom " + arguments.front());
    if (!json) return fail(what, json.error());
    answer(*json);
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
    command.givenUp = &givenUp_;
    auto finished = runCommand(command, 2min);
    if (ticket != estimateTicket_ || givenUp_) return;
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
    view.measured = json->value("measured", true);
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
        auto evaluation =
            loom::readEvaluation(runFolder(folder, run.toStdString()), *step, split.toStdString());
        if (!evaluation) return fail("evaluate", evaluation.error());
        tell([this, run, evaluation = *evaluation] { Q_EMIT bridge_.evaluated(run, evaluation); });
      });
}

void BridgeWorker::runNetwork(const QString& run) {
  if (!ready("history")) return;
  onPool([this, run, folder = runFolder(project_->folder, run.toStdString())] {
    // A run whose description is gone is told by History itself; here it only has no network to show.
    auto config = readRunConfig(folder);
    tell([this, run, network = config ? config->network : Network{}] {
      Q_EMIT bridge_.runNetworkReady(run, network);
    });
  });
}

void BridgeWorker::readEvaluation(const QString& run, const QString& split) {
  if (!ready("evaluate")) return;
  auto row = store_->run(run.toStdString());
  if (!row) return fail("evaluate", row.error());
  onPool([this, run, split, step = row->checkpoint, folder = project_->folder] {
    const auto runs = runFolder(folder, run.toStdString());
    const auto kept = runs / "evaluations" / (std::to_string(step) + "-" + split.toStdString());
    std::error_code error;
    if (step < 0 || !std::filesystem::exists(kept / "summary.json", error))
      return tell([this, run, split] { Q_EMIT bridge_.notEvaluated(run, split); });
    auto evaluation = loom::readEvaluation(runs, step, split.toStdString());
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

void BridgeWorker::remember(const Project& project) {
  QSettings settings(QSettings::IniFormat, QSettings::UserScope, "neuroloom", "recent");
  QStringList folders = settings.value("folders").toStringList();
  std::error_code error;
  const QString folder = QString::fromStdString(std::filesystem::absolute(project.folder, error).string());
  folders.removeAll(folder);
  folders.prepend(folder);
  settings.setValue("folders", QStringList(folders.mid(0, 12)));
}

// Looks at locks alone: no history is opened for it.
void BridgeWorker::findLiving() {
  const QSettings settings(QSettings::IniFormat, QSettings::UserScope, "neuroloom", "recent");
  onPool([this, folders = settings.value("folders").toStringList()] {
    QVector<LivingProject> list;
    for (const auto& folder : folders) {
      if (givenUp_) return;
      const auto project = loom::openProject(folder.toStdString());
      if (project && anyAlive(*journalsIn(project->folder)))
        list.push_back({QString::fromStdString(project->name), folder});
    }
    tell([this, list] { Q_EMIT bridge_.livingProjectsFound(list); });
  });
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
