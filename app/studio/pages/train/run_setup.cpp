// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/train/run_setup.h"
#include "app/studio/bridge/queued_runs.h"
#include "app/studio/charts/chart.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/train/run_cost.h"
#include "app/studio/widgets/choice_card.h"
#include "app/studio/widgets/field_form.h"
#include "app/studio/widgets/form.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/noted_field.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "core/base/format.h"
#include "core/network/validate.h"
#include <QComboBox>
#include <QHBoxLayout>
#include <QScrollArea>
#include <QVBoxLayout>

namespace loom {
namespace {

constexpr int estimateDelay = 400; // ms after the last change
constexpr int labelWidth = 88;
constexpr int threeColumns = 1100; // less wide: what and how stand one under the other, the cost beside them

QString scheduleLabel(std::string_view name) {
  QString words = text(name).replace('-', ' ');
  words[0] = words[0].toUpper();
  return words;
}

QScrollArea* columnIn(QWidget* contents, int least, int most) {
  auto* scroll = new QScrollArea;
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  setGround(scroll, Ground::surface);
  setGround(contents, Ground::surface);
  scroll->setWidget(contents);
  followLook(scroll, [scroll, least, most](const Look& look) {
    scroll->setMinimumWidth(look.px(least));
    if (most > 0) scroll->setMaximumWidth(look.px(most));
  });
  return scroll;
}

Text* heading(const QString& words) { return new Text(words, Type::bodyStrong); }

// A row whose words and limits are those of the table of settings.
void addSetting(Form* form, QWidget* editor, std::string_view setting) {
  const Field& field = trainSetting(setting).field;
  form->addRow(text(field.label), editor, text(field.help));
}

QString checkpointNote(const QString& steps) {
  return steps.trimmed() == "0" ? QString("epoch end, at most every %1 s").arg(checkpointsApart.count())
                                : QString("steps; 0: automatic");
}

QLineEdit* fixedField() {
  auto* line = new QLineEdit;
  line->setReadOnly(true);
  line->setFocusPolicy(Qt::NoFocus);
  return line;
}

} // namespace

RunSetup::RunSetup(Session* session, QWidget* parent) : QWidget(parent), session_(session) {
  setObjectName("runSetup");
  setGround(this, Ground::surface);
  optimizerParams_ = new FieldForm("setup_", this);
  scheduleParams_ = new FieldForm("schedule_", this);
  connect(optimizerParams_, &FieldForm::edited, this, &RunSetup::changed);
  connect(scheduleParams_, &FieldForm::edited, this, &RunSetup::changed);
  later_ = new QTimer(this);
  later_->setSingleShot(true);
  later_->setInterval(estimateDelay);
  connect(later_, &QTimer::timeout, this, [this] {
    if (session_ == nullptr || !isVisible() || !problem_.isEmpty()) return;
    if (session_->network(networkName()) == nullptr) return;
    cost_->setMeasuring();
    session_->askEstimate(networkName());
  });
  across_ = rowOf(this, 0, 0);
  auto* first = new QWidget;
  columnOf(first)->addWidget(buildWhat());
  auto* second = new QWidget;
  how_ = buildHow();
  columnOf(second)->addWidget(how_, 1);
  firstColumn_ = columnIn(first, 304, 0);
  secondColumn_ = columnIn(second, 400, 560);
  secondLine_ = new HairLine(Qt::Vertical);
  across_->addWidget(firstColumn_, 408);
  across_->addWidget(new HairLine(Qt::Vertical));
  across_->addWidget(secondColumn_, 560);
  across_->addWidget(secondLine_);
  cost_ = new RunCost(session_);
  across_->addWidget(columnIn(cost_, 248, 0), 408);
  connect(cost_, &RunCost::runLinked, this, &RunSetup::runLinked);
  connect(cost_, &RunCost::designWanted, this, &RunSetup::designWanted);
  followLook(this, [this](const Look&) {
    if (isVisible()) arrange();
  });
  if (session_ != nullptr) bindSession();
}

void RunSetup::bindSession() {
  connect(session_, &Session::estimated, this, &RunSetup::showNotes);
  connect(session_, &Session::runsChanged, this, [this] {
    if (!isVisible()) return;
    showAhead();
    proposeName();
  });
  connect(session_, &Session::loadChanged, this, [this] {
    if (isVisible()) showAhead();
  });
  connect(session_, &Session::factsChanged, this, [this] { takeAll(); });
  connect(session_, &Session::settingsChanged, this, &RunSetup::refresh);
  connect(session_, &Session::networkDrawn, this, [this] {
    followDrawn();
    if (!isVisible() || filling_) return;
    takeAll();
    later_->start();
  });
  connect(session_, &Session::projectOpened, this, &RunSetup::forget);
  connect(session_, &Session::projectClosed, this, &RunSetup::forget);
  connect(session_, &Session::devicesChanged, this, &RunSetup::showDevices);
}

void RunSetup::forget() {
  later_->stop();
  fresh_ = true;
  followed_.clear();
  problem_.clear();
  network_->clear();
  for (QLineEdit* line :
       {data_, tags_, note_, static_cast<QLineEdit*>(split_), static_cast<QLineEdit*>(name_)})
    line->clear();
  name_->setPlaceholderText({});
  cost_->forget();
  preview_->setData("rate", {});
  epochs_->setNote({});
  batch_->setNote({});
}

void RunSetup::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrange();
}

void RunSetup::arrange() {
  const Look& look = lookOf(this);
  const bool stacked = width() < look.px(threeColumns);
  firstColumn_->setMaximumWidth(stacked ? QWIDGETSIZE_MAX : look.px(408));
  if (stacked == (secondColumn_->isHidden())) return;
  QWidget* into = (stacked ? firstColumn_ : secondColumn_)->widget();
  static_cast<QVBoxLayout*>(into->layout())->addWidget(how_, 1);
  secondColumn_->setVisible(!stacked);
  secondLine_->setVisible(!stacked);
  across_->setStretchFactor(firstColumn_, stacked ? 968 : 408);
}

QWidget* RunSetup::buildWhat() {
  auto* page = new QWidget;
  auto* column = columnOf(page, 0, 8);
  column->setContentsMargins(24, 16, 24, 16);
  network_ = new QComboBox;
  network_->setObjectName("setup_network");
  network_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  data_ = fixedField();
  split_ = new NotedField;
  split_->setReadOnly(true);
  split_->setFocusPolicy(Qt::NoFocus);
  split_->setNote("train, val, test");
  name_ = new NotedField;
  name_->setObjectName("setup_name");
  column->addWidget(heading("What"));
  whatForm_ = new Form(nullptr, labelWidth);
  whatForm_->addRow("Network", network_);
  whatForm_->addRow("Data", data_);
  whatForm_->addRow("Split", split_, "How the data is parted; changed on Data");
  whatForm_->addRow("Run name", name_, "Left empty: the network's name and the next number");
  column->addWidget(whatForm_);
  column->addSpacing(8);
  column->addWidget(heading("Where"));
  auto* cards = new QWidget;
  cards_ = columnOf(cards, 0, 8);
  column->addWidget(cards);
  whereForm_ = new Form(nullptr, labelWidth);
  threads_ = new NotedField;
  threads_->setObjectName("setup_threads");
  threads_->setNote("0: by the network's size");
  addSetting(whereForm_, threads_, "threads");
  column->addWidget(whereForm_);
  column->addSpacing(8);
  column->addWidget(heading("Keep"));
  keepForm_ = new Form(nullptr, labelWidth);
  every_ = new NotedField;
  every_->setObjectName("setup_checkpointEvery");
  every_->setNote(checkpointNote({}));
  connect(every_, &QLineEdit::textChanged, every_,
          [this](const QString& value) { every_->setNote(checkpointNote(value)); });
  keep_ = new QLineEdit;
  keep_->setObjectName("setup_keepCheckpoints");
  tags_ = new QLineEdit;
  tags_->setObjectName("setup_tags");
  tags_->setPlaceholderText("Tags, separated by spaces");
  note_ = new QLineEdit;
  note_->setObjectName("setup_note");
  note_->setPlaceholderText("What does this run test?");
  addSetting(keepForm_, every_, "checkpoint_every");
  addSetting(keepForm_, keep_, "keep_checkpoints");
  keepForm_->addRow("Tags", tags_);
  keepForm_->addRow("Note", note_);
  column->addWidget(keepForm_);
  column->addStretch(1);
  for (QLineEdit* line : {static_cast<QLineEdit*>(threads_), static_cast<QLineEdit*>(every_), keep_,
                          static_cast<QLineEdit*>(name_)})
    connect(line, &QLineEdit::textEdited, this, &RunSetup::changed);
  connect(network_, &QComboBox::activated, this, &RunSetup::changed);
  return page;
}

QWidget* RunSetup::buildHow() {
  auto* page = new QWidget;
  auto* column = columnOf(page, 0, 8);
  column->setContentsMargins(24, 16, 24, 16);
  column->addWidget(heading("How"));
  optimizer_ = new QComboBox;
  optimizer_->setObjectName("setup_optimizer");
  optimizer_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  for (const auto& row : optimizers()) optimizer_->addItem(text(row.name));
  rate_ = new QLineEdit;
  rate_->setObjectName("setup_learningRate");
  epochs_ = new NotedField;
  epochs_->setObjectName("setup_epochs");
  batch_ = new NotedField;
  batch_->setObjectName("setup_batch");
  seed_ = new QLineEdit;
  seed_->setObjectName("setup_seed");
  howLeft_ = new Form(nullptr, labelWidth);
  howRight_ = new Form(nullptr, labelWidth);
  const auto pairOf = [&](Form* left, Form* right) {
    auto* box = new QWidget;
    auto* row = rowOf(box, 0, 24);
    row->addWidget(left, 1, Qt::AlignTop);
    row->addWidget(right, 1, Qt::AlignTop);
    column->addWidget(box);
  };
  pairOf(howLeft_, howRight_);
  addSetting(howRight_, epochs_, "epochs");
  addSetting(howRight_, batch_, "batch");
  addSetting(howRight_, seed_, "seed");
  column->addSpacing(8);
  auto* headBox = new QWidget;
  auto* head = rowOf(headBox);
  head->addWidget(heading("Schedule"), 1);
  QStringList names;
  for (const auto& row : schedules()) names << scheduleLabel(row.name);
  schedule_ = new Segments(names);
  schedule_->setObjectName("setup_schedule");
  schedule_->setAccessibleName("Schedule");
  setSize(schedule_, ControlSize::small);
  head->addWidget(schedule_);
  column->addWidget(headBox);
  scheduleLeft_ = new Form(nullptr, labelWidth);
  scheduleRight_ = new Form(nullptr, labelWidth);
  pairOf(scheduleLeft_, scheduleRight_);
  preview_ = new Chart({"schedule", {}, {}, ValueFormat::rate, false, false});
  preview_->setObjectName("schedulePreview");
  preview_->setFocusPolicy(Qt::NoFocus);
  fixHeight(preview_, 140);
  Curve curve{"rate", {}, {}};
  curve.style.colour = 5;
  preview_->setCurves({curve});
  column->addWidget(preview_);
  column->addStretch(1);
  for (QLineEdit* line : {rate_, static_cast<QLineEdit*>(epochs_), static_cast<QLineEdit*>(batch_), seed_})
    connect(line, &QLineEdit::textEdited, this, &RunSetup::changed);
  connect(optimizer_, &QComboBox::activated, this, [this] {
    // Another optimizer begins where it usually works, not at the rate of the one before.
    if (const auto* row = findOptimizer(optimizer_->currentText().toStdString()))
      rate_->setText(text(formatExact(row->learningRate)));
    buildParams();
    changed();
  });
  connect(schedule_, &Segments::chosen, this, [this] {
    buildParams();
    changed();
  });
  return page;
}

// The fields of the chosen optimizer and schedule come from their rows.
void RunSetup::buildParams() {
  const TrainSettings settings = session_ != nullptr ? session_->settings() : TrainSettings{};
  const QString optimizer = optimizer_->currentText();
  if (fresh_ || builtOptimizer_ != optimizer) {
    const bool first = builtOptimizer_.isEmpty();
    if (first) {
      howLeft_->addRow("Optimizer", optimizer_);
      addSetting(howLeft_, rate_, "learning_rate");
    }
    builtOptimizer_ = optimizer;
    const auto* row = findOptimizer(optimizer.toStdString());
    const bool same = settings.optimizer == optimizer.toStdString();
    if (row != nullptr)
      optimizerParams_->build(row->fields, same ? settings.optimizerParams : Params{}, howLeft_);
  }
  const auto& schedule = schedules()[std::size_t(schedule_->current())];
  if (fresh_ || builtSchedule_ != text(schedule.name)) {
    builtSchedule_ = text(schedule.name);
    const bool same = settings.schedule == schedule.name;
    scheduleLeft_->clear();
    scheduleRight_->clear();
    scheduleParams_->build(schedule.fields, same ? settings.scheduleParams : Params{}, scheduleLeft_,
                           scheduleRight_);
    scheduleLeft_->setVisible(!schedule.fields.empty());
    scheduleRight_->setVisible(schedule.fields.size() > 1);
  }
}

void RunSetup::checkAll(TrainSettings& settings, bool& good) {
  const auto take = [&](Form* form, QLineEdit* line, std::string_view setting) {
    const TrainSetting& row = trainSetting(setting);
    const auto value = parseField(row.field, line->text().toStdString());
    form->setProblem(line, value ? QString() : problemText(value.error()));
    if (value)
      row.set(settings, *value);
    else
      good = false;
  };
  take(howRight_, epochs_, "epochs");
  take(howRight_, batch_, "batch");
  take(howRight_, seed_, "seed");
  take(whereForm_, threads_, "threads");
  take(keepForm_, every_, "checkpoint_every");
  take(keepForm_, keep_, "keep_checkpoints");
  take(howLeft_, rate_, "learning_rate");
  settings.optimizer = optimizer_->currentText().toStdString();
  settings.schedule = std::string(schedules()[std::size_t(schedule_->current())].name);
  settings.optimizerParams = optimizerParams_->read(good);
  settings.scheduleParams = scheduleParams_->read(good);
  for (int index = 0; index < deviceCards_.size(); ++index)
    if (deviceCards_[index]->isChecked() && devices_.size() > 1)
      settings.device = devices_[index].id.toStdString();
}

bool RunSetup::takeAll() {
  if (session_ == nullptr) return false;
  TrainSettings settings = session_->settings();
  bool good = true;
  checkAll(settings, good);
  QString problem;
  if (!good) problem = "A field is not right";
  if (good)
    if (auto checked = check(settings); !checked) {
      problem = text(checked.error().cause.text());
      good = false;
    }
  const auto* network = session_->network(networkName());
  if (network == nullptr) {
    problem = "The project has no network";
    good = false;
  } else {
    auto analysis = analyse(*network);
    if (const auto& facts = session_->facts()) addFit(analysis, *network, *facts);
    const auto errors = std::count_if(analysis.diagnostics.begin(), analysis.diagnostics.end(),
                                      [](const auto& one) { return one.level == Diagnostic::Level::error; });
    if (errors > 0) {
      problem = plural(errors, "error") + (errors == 1 ? " blocks the run" : " block the run");
      good = false;
    }
    cost_->setNetwork(networkName(), analysis, settings);
  }
  if (problem != problem_) {
    problem_ = problem;
    Q_EMIT problemChanged();
  }
  if (good) {
    filling_ = true;
    session_->setSettings(settings);
    filling_ = false;
  }
  showPreview();
  return good;
}

void RunSetup::changed() {
  if (filling_) return;
  if (takeAll()) later_->start();
}

void RunSetup::followDrawn() {
  const QString& drawn = session_->drawn();
  if (drawn == followed_ || drawn.isEmpty()) return;
  followed_ = drawn;
  if (network_->findText(drawn) < 0) network_->addItem(drawn);
  network_->setCurrentText(drawn);
}

void RunSetup::refresh() {
  if (session_ == nullptr || filling_) return;
  filling_ = true;
  const bool another = fresh_;
  const TrainSettings& settings = session_->settings();
  const QString chosen = network_->currentText();
  network_->clear();
  if (const auto& project = session_->project()) {
    for (const auto& network : project->networks) network_->addItem(network.name);
    network_->setCurrentText(!another && network_->findText(chosen) >= 0 ? chosen
                                                                         : text(project->project.network));
    followDrawn();
    data_->setText(text(project->project.data.name));
    const auto& split = project->project.data.split;
    const auto percent = [](double share) { return QString::number(qRound(share * 100)); };
    const QString shares = percent(split.train) + " / " + percent(split.validation);
    split_->setText(split.test > 0 ? shares + " / " + percent(split.test) + " %" : shares + " %");
    split_->setNote(split.test > 0 ? "train, val, test" : "train, val; test apart");
    proposeName();
  }
  // A value that is refused stays as it was typed, with its reason.
  const auto put = [another](QLineEdit* field, const QString& value) {
    if (another || (!field->hasFocus() && markOf(field) != FieldMark::wrong)) field->setText(value);
  };
  put(epochs_, QString::number(settings.epochs));
  put(batch_, QString::number(settings.batch));
  put(seed_, QString::number(settings.seed));
  put(threads_, QString::number(settings.threads));
  put(every_, QString::number(settings.checkpointEvery));
  put(keep_, QString::number(settings.keepCheckpoints));
  put(rate_, text(formatExact(settings.learningRate)));
  optimizer_->setCurrentText(text(settings.optimizer));
  for (std::size_t index = 0; index < schedules().size(); ++index)
    if (schedules()[index].name == settings.schedule) schedule_->setCurrent(static_cast<int>(index));
  buildParams();
  fresh_ = !session_->project().has_value();
  if (deviceCards_.isEmpty()) showDevices();
  filling_ = false;
  takeAll();
  showNotes();
  if (isVisible()) later_->start();
}

// As the run is called when nothing is typed.
void RunSetup::proposeName() {
  const auto& runs = session_->runs();
  name_->setPlaceholderText(
      text(nextRunName(networkName().toStdString(), {runs.constData(), std::size_t(runs.size())})));
}

void RunSetup::showNotes() {
  if (session_ == nullptr) return;
  const auto& estimate = session_->estimate();
  const auto epochs = std::max<std::int64_t>(1, session_->settings().epochs);
  epochs_->setNote(estimate ? plural(estimate->steps, "step") : QString());
  batch_->setNote(estimate ? text(formatCount(estimate->steps / epochs)) + " per epoch" : QString());
  showAhead();
  showPreview();
}

void RunSetup::showPreview() {
  if (session_ == nullptr) return;
  const TrainSettings& settings = session_->settings();
  const auto schedule = scheduleOf(settings);
  if (!schedule) return;
  const auto& estimate = session_->estimate();
  const std::int64_t epochs = std::max<std::int64_t>(1, settings.epochs);
  const std::int64_t total = estimate && estimate->steps > 0 ? estimate->steps : epochs * 100;
  constexpr int points = 240;
  QVector<Bucket> buckets;
  std::int64_t before = 0;
  for (int point = 0; point < points; ++point) {
    const std::int64_t step = std::max<std::int64_t>(1, 1 + (total - 1) * point / (points - 1));
    if (step == before) continue;
    before = step;
    const double value = settings.learningRate * schedule->factor(step, total);
    buckets.push_back({step, step, value, value, value, 1, 0, 0, 0});
  }
  preview_->setXAxis("epoch", double(total) / double(epochs), double(epochs));
  preview_->setData("rate", buckets);
}

QString RunSetup::networkName() const { return network_->currentText(); }

Session::Wanted RunSetup::wanted() const {
  return {name_->text().trimmed(), tags_->text().split(' ', Qt::SkipEmptyParts), note_->text().trimmed()};
}

QString RunSetup::subtitle() const {
  return data_->text().isEmpty() ? networkName() : networkName() + " on " + data_->text();
}

} // namespace loom
