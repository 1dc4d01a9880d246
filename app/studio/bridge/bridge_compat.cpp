// SPDX-License-Identifier: GPL-3.0-or-later
// The former interface in terms of typed questions, until every page asks those.
#include "app/studio/bridge/bridge.h"
#include "core/base/uuid.h"

namespace loom {

template<class Q, class Good>
void Bridge::askOld(const char* what, Q question, Good good, const QString& slot) {
  ask(
      std::move(question), this,
      [this, what = QString(what), good](Result<typename Q::Answer> answer) {
        if (answer)
          good(*answer);
        else
          Q_EMIT failed(what, answer.error());
      },
      Asking{slot});
}

namespace {
const auto nothing = [](const auto&) {};
NetworkSnapshot snapshot(const Network& network) { return std::make_shared<const Network>(network); }
} // namespace

void Bridge::openProject(const QString& folder) { askOld("open", OpenFolder{folder}, nothing); }
void Bridge::createFromTemplate(const QString& folder, const QString& id) {
  askOld("open", CreateFromTemplate{folder, id}, nothing);
}
void Bridge::createFromSpec(const QString& folder, const DatasetSpec& spec) {
  askOld("create", CreateFromSpec{folder, spec}, nothing);
}
void Bridge::closeProject() { askOld("open", CloseProject{}, nothing); }
void Bridge::saveProject(const Project& project) {
  askOld("save", SaveProject{project}, [this](const Done&) { Q_EMIT projectSaved(); });
}
void Bridge::saveNetwork(const Network& network) {
  askOld("save", SaveNetwork{snapshot(network)},
         [this, name = QString::fromStdString(network.name)](const NetworkSaved& saved) {
           Q_EMIT networkSaved(name);
           if (saved.kept) Q_EMIT failed("save", *saved.kept);
         });
}
void Bridge::saveRecovery(const Network& network) {
  askOld("recovery", SaveRecovery{snapshot(network)}, nothing);
}
void Bridge::discardRecovery(const QString& network) {
  askOld("recovery", DiscardRecovery{network}, nothing);
}
void Bridge::inspectData(const QString& path, const QString& target) {
  askOld("inspect", InspectData{path, target},
         [this](const DataReport& report) { Q_EMIT dataInspected(report); });
}
void Bridge::exportTorch(const Network& network, const QString& folder, const QString& run) {
  askOld("export", ExportTorch{snapshot(network), folder, run},
         [this](const QStringList& files) { Q_EMIT exported(files); });
}
void Bridge::samples(const QString& run, const QVector<int>& numbers, int) {
  askOld("samples", PicturesOf{run, numbers}, [this, run, numbers](const SamplePictures& answer) {
    Q_EMIT samplesReady(run, numbers, answer.pictures, answer.captions);
  });
}
void Bridge::dataOverview() {
  askOld("data", ProjectData{}, [this](const DataView& view) { Q_EMIT dataReady(view); });
}
void Bridge::dataFacts() {
  ask(ProjectDataFacts{}, this, [this](Result<DataFacts> facts) {
    if (facts) Q_EMIT factsReady(*facts);
  });
}
void Bridge::previewData(const DatasetSpec& spec) {
  askOld(
      "preview", PreviewData{spec}, [this](const DataView& view) { Q_EMIT dataPreviewed(view); }, "preview");
}
void Bridge::estimate(const Network& network, const TrainSettings& settings) {
  askOld(
      "estimate", EstimateNetwork{snapshot(network), settings},
      [this](const EstimateView& view) { Q_EMIT estimated(view); }, "estimate");
}
void Bridge::evaluate(const QString& run, const QString& split) {
  askOld("evaluate", EvaluateRun{run, split},
         [this, run](const Evaluation& evaluation) { Q_EMIT evaluated(run, evaluation); });
}
void Bridge::readEvaluation(const QString& run, const QString& split) {
  askOld("evaluate", KeptEvaluation{run, split}, [this, run, split](const std::optional<Evaluation>& kept) {
    if (kept)
      Q_EMIT evaluated(run, *kept);
    else
      Q_EMIT notEvaluated(run, split);
  });
}
void Bridge::predict(const QString& run, const QStringList& files) {
  askOld("predict", PredictFiles{run, files}, [this, run](const QVector<PredictionView>& answers) {
    QStringList names;
    QVector<QVector<QPair<QString, double>>> scores;
    for (const auto& one : answers) {
      names << one.name;
      scores << one.scores;
    }
    Q_EMIT predicted(run, names, scores);
  });
}
void Bridge::devices() {
  askOld("devices", ListDevices{}, [this](const QVector<DeviceView>& devices) {
    QStringList ids, names, notes;
    for (const auto& one : devices) {
      ids << one.id;
      names << one.name;
      notes << one.note;
    }
    Q_EMIT devicesReady(ids, names, notes);
  });
}
void Bridge::start(const TrainRequest& request) {
  TrainRequest named = request;
  if (named.run.empty() && named.resume.empty()) named.run = newUuid();
  askOld("start", StartRun{named},
         [this, run = QString::fromStdString(named.run)](const Done&) { Q_EMIT runStarted(run); });
}
void Bridge::control(const QString& run, RunControl::Verb verb, double value) {
  askOld("control", ControlRun{run, verb, value}, nothing);
}
void Bridge::resume(const QString& run, std::int64_t epochs) {
  askOld("start", ResumeRun{run, epochs}, [this, run](const Done&) { Q_EMIT runStarted(run); });
}
quint64 Bridge::series(const QString& run, const QString& key, std::int64_t first, std::int64_t last,
                       int pixels, const QString& slot) {
  auto number = std::make_shared<quint64>(0);
  const Ticket ticket = ask(
      SeriesOf{run, key, first, last, pixels}, this,
      [=, this](Result<QVector<Bucket>> buckets) {
        if (buckets) Q_EMIT seriesReady({*number, slot, run, key, first, last, *buckets});
      },
      Asking{slot});
  *number = ticket.number;
  return ticket.number;
}
void Bridge::events(const QString& run) {
  askOld("history", EventsOf{run},
         [this, run](const QVector<StoredEvent>& events) { Q_EMIT eventsReady(run, events); });
}
void Bridge::runNetwork(const QString& run) {
  ask(NetworkOfRun{run}, this,
      [this, run](Result<Network> network) { Q_EMIT runNetworkReady(run, network ? *network : Network{}); });
}
void Bridge::setTags(const QString& run, const QStringList& tags) {
  askOld("history", SetTags{run, tags}, nothing);
}
void Bridge::setNote(const QString& run, const QString& text) {
  askOld("history", SetNote{run, text}, nothing);
}
void Bridge::setName(const QString& run, const QString& name) {
  askOld("history", SetName{run, name}, nothing);
}
void Bridge::setArchived(const QString& run, bool archived) {
  askOld("history", SetArchived{run, archived}, nothing);
}
void Bridge::rebuildHistory() {
  askOld("history", RebuildHistory{},
         [this](const HistoryReport& report) { Q_EMIT historyRebuilt(report.good, report.findings); });
}

} // namespace loom
