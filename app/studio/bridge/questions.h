// SPDX-License-Identifier: GPL-3.0-or-later
// Everything that can be asked of the bridge: a type for each question, with the type of its answer. A new
// question is a struct here, a name in AllQuestions and an answer() of the desk that knows it.
#pragma once
#include "app/studio/bridge/question.h"
#include "app/studio/bridge/views.h"
#include "core/launch/launcher.h"
#include "core/run/evaluation.h"
#include "core/run/events.h"
#include "core/run/fit.h"
#include <optional>
#include <variant>

namespace loom {

// A drawing as it was at one moment. Shared between threads, never changed.
using NetworkSnapshot = std::shared_ptr<const Network>;

namespace limits {
using namespace std::chrono_literals;
// Generous: they end what hangs. What runs on the pool may wait behind two others.
inline constexpr std::chrono::seconds file = 5min, data = 60min, process = 35min;
} // namespace limits

// Projects. The window learns of the opened project by Bridge::projectOpened, before the answer comes.
struct OpenFolder {
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::machine, limits::file, "Opening the project"};
  QString folder;
};
struct CreateFromTemplate {
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::machine, limits::file, "Creating the project"};
  QString folder, templateId;
};
struct CreateFromSpec {
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::machine, limits::data, "Creating the project"};
  QString folder;
  DatasetSpec spec;
};
struct CloseProject {
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::project, limits::file, "Closing the project"};
};
struct SaveProject {
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::file, "Saving the project"};
  Project project;
};

// Drawn networks.
struct NetworkSaved {
  std::optional<Error> kept; // another program had changed the file: where that version is now
};
struct SaveNetwork {
  using Answer = NetworkSaved;
  static constexpr QuestionTraits traits{Scope::project, limits::file, "Saving the network"};
  NetworkSnapshot network;
};
struct SaveRecovery { // unsaved edits, for after a crash
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::project, limits::file, "Keeping unsaved edits"};
  NetworkSnapshot network;
};
struct DiscardRecovery {
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::project, limits::file, "Discarding unsaved edits"};
  QString network;
};
struct ExportTorch {
  using Answer = QStringList; // the files written
  static constexpr QuestionTraits traits{Scope::inPlace, limits::file, "Exporting"};
  NetworkSnapshot network;
  QString folder, run; // run: whose weights are exported as well; empty: none
};

// Data.
struct InspectData {
  using Answer = DataReport;
  static constexpr QuestionTraits traits{Scope::machine, limits::data, "Inspecting the data"};
  QString fileOrFolder, target;
};
struct PreviewData { // of a project that does not exist yet
  using Answer = DataView;
  static constexpr QuestionTraits traits{Scope::machine, limits::data, "Reading the data"};
  DatasetSpec spec;
};
struct ProjectData {
  using Answer = DataView;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::data, "Reading the data"};
};
struct ProjectDataFacts { // what networks must know of the project's data
  using Answer = DataFacts;
  static constexpr QuestionTraits traits{Scope::project, limits::data, "Reading the data"};
};
struct PicturesOf { // samples of the project's data, or of the data that a run was trained on
  using Answer = SamplePictures;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::data, "Reading the samples"};
  QString run;
  QVector<int> numbers;
};

// Asked of `loom`.
struct ListDevices {
  using Answer = QVector<DeviceView>; // the usable ones
  static constexpr QuestionTraits traits{Scope::machine, limits::process, "Listing the devices"};
};
struct EstimateNetwork {
  using Answer = EstimateView;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::process, "Estimating"};
  NetworkSnapshot network; // need not be saved
  TrainSettings settings;
};
struct EvaluateRun {
  using Answer = Evaluation;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::process, "Evaluating"};
  QString run, split;
};
struct KeptEvaluation { // of the best checkpoint; nothing when there is none. Starts no process.
  using Answer = std::optional<Evaluation>;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::data, "Reading the evaluation"};
  QString run, split;
};
struct PredictFiles {
  using Answer = QVector<PredictionView>;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::process, "Predicting"};
  QString run;
  QStringList files;
};

// Runs. What becomes of a started run comes by Bridge::runsChanged and Bridge::startFailed.
struct RunAsked {
  QString waiting; // id of a waiting run of the same training: nothing was started. Empty: it was started
};
struct StartRun { // `request.run` is the new run's id, made by whoever asks
  using Answer = RunAsked;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::file, "Starting the run"};
  TrainRequest request;
  bool another = true; // also when the same training waits already
};
struct ResumeRun {
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::file, "Resuming the run"};
  QString run;
  std::int64_t epochs = 0; // 0: as it was
};
struct ControlRun {
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::file, "Controlling the run"};
  QString run;
  RunControl::Verb verb;
  double value = 0;
};
struct StartAgain { // a waiting run that could not start: it is tried again
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::file, "Starting the run again"};
  QString run;
};
struct DecideHeldRuns { // of this project: start them, or remove them from the queue
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::file, "Changing the queue"};
  bool start = false;
};
struct SeriesOf {
  using Answer = QVector<Bucket>;
  static constexpr QuestionTraits traits{Scope::project, limits::file, "Reading the series"};
  QString run, key;
  std::int64_t first = 0, last = 0; // 0, 0: all
  int pixels = 0;
};
struct EventsOf {
  using Answer = QVector<StoredEvent>;
  static constexpr QuestionTraits traits{Scope::project, limits::file, "Reading the events"};
  QString run;
};
struct NetworkOfRun { // what it trained, as it was drawn then
  using Answer = Network;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::data, "Reading the network of a run"};
  QString run;
};
struct LabelRun { // changes those of these words that are given
  using Answer = Done;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::file, "Changing the labels of a run"};
  QString run;
  std::optional<QStringList> tags = {};
  std::optional<QString> note = {}, name = {};
  std::optional<bool> archived = {}; // in the bin
};
struct RebuildHistory {
  using Answer = HistoryReport;
  static constexpr QuestionTraits traits{Scope::inPlace, limits::data, "Rebuilding the history"};
};

// A question on its way to the worker.
template<class Q> struct Asked {
  Q question;
  quint64 project; // number of the open project when it was asked; 0: none
  Reply<typename Q::Answer> reply;
};

template<class... Q> struct QuestionList { using Any = std::variant<Asked<Q>...>; };
using AllQuestions =
    QuestionList<OpenFolder, CreateFromTemplate, CreateFromSpec, CloseProject, SaveProject, SaveNetwork,
                 SaveRecovery, DiscardRecovery, ExportTorch, InspectData, PreviewData, ProjectData,
                 ProjectDataFacts, PicturesOf, ListDevices, EstimateNetwork, EvaluateRun, KeptEvaluation,
                 PredictFiles, StartRun, ResumeRun, ControlRun, StartAgain, DecideHeldRuns, SeriesOf,
                 EventsOf, NetworkOfRun, LabelRun, RebuildHistory>;
using AnyQuestion = AllQuestions::Any;

} // namespace loom
