// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/run_shots.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/evaluate/class_view.h"
#include "app/studio/pages/evaluate/confusion_matrix.h"
#include "app/studio/pages/evaluate/evaluate_page.h"
#include "app/studio/pages/history/compare_view.h"
#include "app/studio/pages/history/history_page.h"
#include "app/studio/pages/train/run_live.h"
#include "app/studio/pages/train/train_page.h"
#include "app/studio/shell/studio.h"
#include "app/studio/shots/sample_runs.h"
#include "core/data/dataset.h"
#include "core/run/run_lock.h"
#include <QDateTime>
#include <QLineEdit>
#include <QTemporaryDir>
#include <cmath>

namespace loom {
namespace {

std::int64_t shotTime(int day, int hour, int minute) {
  return QDateTime(QDate(2025, 11, day), QTime(hour, minute)).toMSecsSinceEpoch() * 1000;
}

// The same noise in every picture.
double noise(std::int64_t step, int salt) {
  std::uint64_t x = std::uint64_t(step) * 0x9E3779B97F4A7C15ull + std::uint64_t(salt) * 0xBF58476D1CE4E5B9ull;
  x ^= x >> 31;
  x *= 0x94D049BB133111EBull;
  x ^= x >> 29;
  return double(x >> 11) / double(1ull << 53) - 0.5;
}

// A studio on a project of runs written by hand: the real window over the real store, without a trainer.
class SampleStudio {
 public:
  SampleStudio(ShotStage& stage, bool runs) {
    const auto path = std::filesystem::path(folder_.path().toStdString()) / "fashion-mnist.loom";
    auto made = createFromTemplate(path, "cnn");
    if (!made) made = createFromTemplate(path, "digits"); // no Fashion-MNIST here
    if (!made) return;
    project_ = *made;
    project_->name = "fashion-mnist";
    project_->defaults.epochs = 30;
    project_->defaults.batch = 128;
    project_->defaults.optimizer = "SGD";
    project_->defaults.optimizerParams = {{"momentum", 0.9}, {"weight_decay", 5e-4}};
    project_->defaults.learningRate = 0.05;
    project_->defaults.schedule = "cosine";
    project_->defaults.scheduleParams = {{"warmup", 0.03}};
    (void)saveProject(*project_);
    if (runs) writeRuns();
    studio_ = std::make_unique<Studio>(stage.settings(), "/usr/bin/false", stage.dark());
    studio_->window().resize(1440, 900);
    studio_->window().QWidget::show();
    auto* session = &studio_->session();
    const auto nudge = [&stage] { stage.nudge(); };
    for (const auto signal : {&Session::projectOpened, &Session::runsChanged})
      QObject::connect(session, signal, session, nudge, Qt::QueuedConnection);
    studio_->open(QString::fromStdString(path.string()));
    stage.until([=] { return session->project().has_value() && (!runs || session->runs().size() >= 20); },
                nullptr);
    // The estimate that cannot be asked has failed by then.
    stage.after(600, [this] {
      estimate();
      calm();
    });
  }
  void estimate() {
    EstimateView estimate;
    estimate.parameters = 61'706;
    estimate.multiplyAdds = 416'520;
    estimate.memoryBytes = 246'000'000;
    estimate.largestBatch = 6'144;
    estimate.steps = 12'660;
    estimate.secondsPerStep = 0.0261;
    estimate.seconds = 331;
    estimate.device = "cpu";
    estimate.threads = 8;
    studio_->session().setEstimate(estimate);
  }
  bool good() const { return studio_ != nullptr; }
  MainWindow& window() { return studio_->window(); }
  Studio& studio() { return *studio_; }
  const Project& project() const { return *project_; }
  QString id(const QString& name) const {
    for (const auto& view : studio_->session().runs())
      if (text(view.row.name) == name) return text(view.row.id);
    return {};
  }
  // What this computer does now is no part of the picture.
  void calm() {
    MachineLoad load;
    load.cpu = studio_->session().liveRun() != nullptr ? .93 : .04;
    load.memoryUsed = 2'900'000'000;
    load.memoryTotal = 15'600'000'000;
    load.cores = 8;
    Q_EMIT studio_->bridge().loadChanged(load);
  }

 private:
  void writeRuns() {
    struct Row {
      const char *name, *optimizer, *status;
      double rate;
      std::int64_t batch, epochs, done, parameters; // done in epochs
      double accuracy, test;
      int day, hour, minute;
      double seconds;
    };
    const Row rows[] = {
        {"lenet-5 · 23", "SGD", "finished", 0.05, 64, 30, 30, 61'706, .9074, .9029, 21, 9, 10, 192},
        {"lenet-5-adam · 24", "Adam", "finished", 0.001, 128, 30, 30, 61'706, .9081, .9034, 21, 9, 40, 126},
        {"resnet-wide · 25", "SGD", "out_of_memory", 0.05, 2048, 60, 0, 107'882, 0, 0, 22, 10, 0, 2},
        {"lenet-5-gelu · 26", "AdamW", "finished", 0.001, 128, 30, 30, 61'706, .9102, .9055, 22, 10, 5, 141},
        {"resnet-small-lr · 27", "SGD", "finished", 0.01, 128, 30, 30, 77'754, .9125, .9087, 22, 11, 0, 330},
        {"resnet-small-lr · 28", "SGD", "finished", 0.02, 128, 30, 30, 77'754, .9172, .9139, 22, 11, 20, 330},
        {"resnet-small-lr · 29", "SGD", "finished", 0.1, 128, 30, 30, 77'754, .9189, .9150, 22, 11, 40, 331},
        {"resnet-small-lr · 30", "SGD", "finished", 0.2, 128, 30, 30, 77'754, .9166, .9128, 22, 12, 0, 330},
        {"softmax · 31", "SGD", "finished", 0.1, 128, 10, 10, 7'850, .8512, .8437, 24, 9, 25, 4},
        {"mlp-256 · 32", "AdamW", "finished", 0.001, 128, 10, 10, 235'146, .8911, .8868, 24, 9, 28, 11},
        {"mlp-512 · 33", "AdamW", "finished", 0.001, 128, 10, 10, 535'818, .8942, .8897, 24, 9, 31, 19},
        {"resnet-wide · 34", "SGD", "stopped", 0.05, 256, 60, 41, 107'882, .9287, 0, 24, 9, 47, 4360},
        {"lenet-5-dropout · 35", "Adam", "stopped", 0.001, 128, 30, 12, 61'706, .8983, 0, 24, 10, 58, 51},
        {"resnet-small · 36", "SGD", "finished", 0.05, 128, 30, 30, 77'754, .9201, .9170, 24, 11, 2, 333},
        {"lenet-5 · 37", "SGD", "finished", 0.05, 128, 30, 30, 61'706, .9068, .9021, 24, 11, 20, 124},
        {"resnet-small-seed2 · 38", "SGD", "finished", 0.05, 128, 30, 30, 77'754, .9197, .9166, 24, 13, 12,
         330},
        {"resnet-small-lr · 39", "SGD", "diverged", 0.8, 128, 30, 4, 77'754, .1, 0, 24, 13, 31, 3},
        {"resnet-small-adamw · 40", "AdamW", "finished", 0.001, 128, 30, 30, 77'754, .9191, .9153, 24, 13, 40,
         338},
        {"resnet-small · 41", "SGD", "finished", 0.05, 64, 30, 30, 77'754, .9204, .9174, 24, 13, 52, 492},
        {"resnet-small · 42", "SGD", "", 0.05, 128, 30, 19, 77'754, .9212, 0, 24, 14, 28, 0}};
    int salt = 0;
    for (const Row& row : rows) {
      HandRun run;
      run.name = row.name;
      run.network = run.name.substr(0, run.name.find(" "));
      run.optimizer = row.optimizer;
      run.status = row.status;
      run.learningRate = row.rate;
      run.batch = row.batch;
      run.epochs = row.epochs;
      run.stepsPerEpoch = row.done > 0 ? 422 : 422;
      run.doneSteps = row.done * run.stepsPerEpoch;
      run.parameters = row.parameters;
      run.accuracy = row.accuracy;
      run.test = row.test;
      run.seed = run.name.find("seed2") != std::string::npos ? 2 : 1;
      run.checkpoints = row.done > 5;
      ++salt;
      const double floor = 2.2 * (1 - row.accuracy), total = double(row.epochs * run.stepsPerEpoch);
      run.loss = [=](std::int64_t step) {
        if (row.status == std::string("diverged") && step > 1650) return std::nan("");
        const double at = double(step) / total;
        return (floor + 1.35 * std::exp(-9 * at)) * (1 + 0.55 * noise(step, salt));
      };
      if (row.status == std::string()) {
        run.doneSteps = 8'140;
        run.rateAt = 5'064;
        run.secondsPerStep = 1 / 38.2;
        run.speed = [=](std::int64_t step) {
          return (step > 4'800 && step < 5'000 ? 3'900 : 4'890 - 500 * std::exp(-double(step) / 900)) +
                 420 * noise(step, 9);
        };
      } else {
        run.secondsPerStep = row.seconds / std::max(1.0, double(run.doneSteps));
      }
      if (row.status == std::string("diverged")) run.error = "The loss is NaN";
      if (row.status == std::string("out_of_memory"))
        run.error = "A batch of 2,048 wants 19.2 GB, 12.7 GB are free";
      const auto id = writeHandRun(*project_, run, shotTime(row.day, row.hour, row.minute));
      if (row.status == std::string())
        if (auto lock = RunLock::take(runFolder(project_->folder, id))) lock_.emplace(std::move(*lock));
    }
  }
  QTemporaryDir folder_;
  std::optional<Project> project_;
  std::optional<RunLock> lock_;
  std::unique_ptr<Studio> studio_;
};

using Sample = std::shared_ptr<SampleStudio>;

// The steps of a picture hold the studio by reference: the stage keeps it, and outlives them.
Sample sampleOn(ShotStage& stage, bool runs) {
  auto sample = std::make_shared<SampleStudio>(stage, runs);
  if (!sample->good()) return nullptr;
  stage.keep(sample);
  return sample;
}

QWidget* trainSetup(ShotStage& stage) {
  auto sample = sampleOn(stage, false);
  if (!sample) return nullptr;
  stage.after(0, [&studio = *sample] { studio.window().show(to::Train{to::Train::setup}); });
  stage.after(600, [&studio = *sample] {
    studio.estimate();
    studio.calm();
  });
  return &sample->window();
}

QWidget* trainRun(ShotStage& stage, const QString& name, bool cross) {
  auto sample = sampleOn(stage, true);
  if (!sample) return nullptr;
  auto& studio = *sample;
  const auto pageOf = [&studio]() -> TrainPage& {
    return *static_cast<TrainPage*>(studio.window().page(PageId::train));
  };
  stage.after(0, [&studio, name] { studio.window().show(to::Train{.run = studio.id(name)}); });
  stage.after(1200, [&studio, pageOf, cross] {
    auto* over = pageOf().findChild<QAbstractButton*>("over_" + studio.id("lenet-5 · 37"));
    if (cross && over != nullptr) over->setChecked(true);
  });
  stage.after(cross ? 500 : 0, [&studio, pageOf, cross] {
    if (cross) pageOf().board().moveCrosshair(16.0);
    studio.calm();
  });
  return &studio.window();
}

HistoryPage& historyOf(SampleStudio& studio) {
  return *static_cast<HistoryPage*>(studio.window().page(PageId::history));
}

QWidget* history(ShotStage& stage, bool any) {
  auto sample = sampleOn(stage, any);
  if (!sample) return nullptr;
  auto& studio = *sample;
  stage.after(0, [&studio, any] {
    studio.window().show(to::History{});
    historyOf(studio).model().setNow(shotTime(24, 14, 30) / 1'000'000);
    if (!any) return;
    for (const auto& [name, tag] : {std::pair{"resnet-small · 42", "paper"},
                                    {"resnet-small · 41", "paper"},
                                    {"resnet-small-adamw · 40", "paper"},
                                    {"resnet-small-seed2 · 38", "seeds"},
                                    {"lenet-5 · 37", "baseline"},
                                    {"resnet-small-lr · 39", "sweep"}})
      studio.studio().session().carryOut(LabelRun{.run = studio.id(name), .tags = QStringList{tag}});
  });
  stage.after(600, [&studio, any] {
    if (!any) return;
    auto& page = historyOf(studio);
    page.findChild<QLineEdit*>("historyFilter")->setText("val_accuracy > 0.85 or state != finished");
    for (const char* name : {"resnet-small · 41", "resnet-small-adamw · 40", "resnet-small-seed2 · 38"})
      page.table()->selectionModel()->select(page.model().index(page.model().rowOf(studio.id(name)), 0),
                                             QItemSelectionModel::Select | QItemSelectionModel::Rows);
  });
  stage.after(900, [&studio] { studio.calm(); });
  return &studio.window();
}

QWidget* compare(ShotStage& stage) {
  auto sample = sampleOn(stage, true);
  if (!sample) return nullptr;
  auto& studio = *sample;
  stage.after(0, [&studio] {
    studio.window().show(to::History{});
    historyOf(studio).compareRuns(
        {studio.id("resnet-small · 41"), studio.id("resnet-small-adamw · 40"), studio.id("lenet-5 · 37")});
  });
  stage.after(900, [&studio] { historyOf(studio).compare().board().moveCrosshair(20.0); });
  stage.after(300, [&studio] { studio.calm(); });
  return &studio.window();
}

// An evaluation made by hand: the counts of the look's own picture, on the real labels.
std::optional<Evaluation> sampleEvaluation(const Project& project) {
  constexpr int counts[10][10] = {{862, 1, 16, 17, 3, 1, 92, 0, 8, 0},  {1, 984, 0, 10, 2, 0, 2, 0, 1, 0},
                                  {14, 1, 872, 9, 52, 0, 51, 0, 1, 0},  {12, 5, 8, 924, 24, 0, 25, 0, 2, 0},
                                  {0, 1, 44, 22, 878, 0, 54, 0, 1, 0},  {0, 0, 0, 0, 0, 980, 0, 14, 1, 5},
                                  {96, 0, 57, 21, 66, 0, 753, 0, 7, 0}, {0, 0, 0, 0, 0, 6, 0, 976, 0, 18},
                                  {2, 0, 2, 2, 2, 1, 3, 2, 986, 0},     {0, 0, 0, 0, 0, 4, 1, 30, 0, 965}};
  auto data = load(project.data, project.folder);
  if (!data || data->classes.size() != 10) return std::nullopt;
  const std::int64_t first = data->samples > 60'000 ? 60'000 : 0;
  EvaluationParts evaluation;
  evaluation.split = "test";
  evaluation.classes = data->classes;
  std::vector<std::int64_t> seen(10);
  std::int64_t right = 0;
  for (std::int64_t sample = first; sample < data->samples; ++sample) {
    const auto label = std::size_t(data->labels[std::size_t(sample)]);
    // The n-th sample of a class falls where the n-th of its thousand does.
    std::int64_t place = (seen[label]++ * 379) % 1000;
    std::size_t said = 0;
    while (said < 9 && place >= counts[label][said]) place -= counts[label][said++];
    evaluation.samples.push_back(std::int32_t(sample));
    evaluation.labels.push_back(std::int32_t(label));
    evaluation.predictions.push_back(std::int32_t(said));
    right += said == label ? 1 : 0;
    const double sure = said == label ? 0.995 - 0.3 * std::pow(noise(sample, 1) + 0.5, 4)
                                      : 0.98 - 0.45 * (noise(sample, 2) + 0.5);
    for (std::size_t other = 0; other < 10; ++other)
      evaluation.outputs.push_back(float(other == said    ? sure
                                         : other == label ? (1 - sure) * 0.7
                                                          : (1 - sure) * (said == label ? 1.0 : 0.3) / 9));
  }
  countClasses(evaluation);
  evaluation.metrics = {{"test_accuracy", double(right) / double(evaluation.samples.size())},
                        {"test_loss", 0.247}};
  auto made = Evaluation::from(std::move(evaluation), "sample");
  return made ? std::optional(std::move(*made)) : std::nullopt;
}

EvaluatePage& evaluateOf(SampleStudio& studio) {
  return *static_cast<EvaluatePage*>(studio.window().page(PageId::evaluate));
}

QWidget* evaluate(ShotStage& stage, bool cell) {
  auto sample = sampleOn(stage, true);
  if (!sample) return nullptr;
  auto& studio = *sample;
  const auto evaluation = sampleEvaluation(studio.project());
  if (!evaluation) return nullptr;
  stage.after(0, [&studio] { studio.window().show(to::Evaluate{studio.id("resnet-small · 41")}); });
  stage.after(500, [&studio, &stage, evaluation = *evaluation, cell] {
    auto& page = evaluateOf(studio);
    QObject::connect(
        &page, &EvaluatePage::picturesCame, &page, [&stage] { stage.nudge(); }, Qt::QueuedConnection);
    page.show(studio.id("resnet-small · 41"), evaluation);
    if (!cell) return;
    page.matrix().setCurrent(6, 0);
    page.classes().openCell(6, 0);
  });
  stage.until([&studio] { return evaluateOf(studio).hasPictures(); }, nullptr); // they come from a worker
  stage.after(800, [&studio] { studio.calm(); });
  return &studio.window();
}

QWidget* evaluateRegression(ShotStage& stage) {
  auto sample = sampleOn(stage, true);
  if (!sample) return nullptr;
  auto& studio = *sample;
  EvaluationParts parts;
  parts.split = "test";
  double square = 0, spread = 0;
  for (int row = 0; row < 52; ++row) {
    const double truth = row % 3 == 2 ? 5070 + 1500 * noise(row, 4) : 3700 + 1300 * noise(row, 5);
    const double said = truth + 900 * noise(row, 6) - 0.12 * (truth - 4200);
    parts.samples.push_back(row * 6 + 8);
    parts.targets.push_back(float(truth));
    parts.outputs.push_back(float(said));
    square += (said - truth) * (said - truth);
    spread += (truth - 4180) * (truth - 4180);
  }
  parts.metrics = {{"test_r2", 1 - square / spread}};
  const auto evaluation = Evaluation::from(std::move(parts), "sample");
  if (!evaluation) return nullptr;
  stage.after(0, [&studio] { studio.window().show(to::Evaluate{studio.id("resnet-small · 41")}); });
  stage.after(500, [&studio, evaluation = *evaluation] {
    evaluateOf(studio).show(studio.id("resnet-small · 41"), evaluation);
    studio.calm();
  });
  return &studio.window();
}

} // namespace

std::vector<Shot> runShots() {
  return {{QStringLiteral("train-setup"), trainSetup},
          {QStringLiteral("train-live"),
           [](ShotStage& stage) { return trainRun(stage, "resnet-small · 42", true); }},
          {QStringLiteral("train-failed"),
           [](ShotStage& stage) { return trainRun(stage, "resnet-small-lr · 39", false); }},
          {QStringLiteral("train-min"),
           [](ShotStage& stage) { return trainRun(stage, "resnet-small · 42", false); },
           {1024, 640}},
          {QStringLiteral("history"), [](ShotStage& stage) { return history(stage, true); }},
          {QStringLiteral("history-empty"), [](ShotStage& stage) { return history(stage, false); }},
          {QStringLiteral("compare"), compare},
          {QStringLiteral("evaluate"), [](ShotStage& stage) { return evaluate(stage, false); }},
          {QStringLiteral("evaluate-cell"), [](ShotStage& stage) { return evaluate(stage, true); }},
          {QStringLiteral("evaluate-regression"), evaluateRegression}};
}

} // namespace loom
