// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/train/train_page.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/cloth.h"
#include "app/studio/widgets/form.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/format.h"
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace loom {
namespace {

QString text(const std::string& value) { return QString::fromStdString(value); }

bool living(const RunView& view) {
  return view.row.state == RunState::running || view.row.state == RunState::paused;
}

const MetricSummary* summaryOf(const RunRow& row, const char* key) {
  for (const auto& one : row.metrics)
    if (one.key == key) return &one;
  return nullptr;
}

void emptyOut(QWidget* box) {
  for (auto* child : box->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) delete child;
}

QWidget* row(const QString& left, const QString& right, Token colour = Token::text) {
  auto* line = new QWidget;
  auto* layout = rowOf(line, 0, 8);
  layout->addWidget(new Text(left, Type::small, Token::text2), 1);
  layout->addWidget(new Text(right, Type::small, colour));
  return line;
}

// What an event says to a person; empty: not worth a line.
QPair<QString, QString> words(const RunEvent& event) {
  const QString kind = text(event.value("event", std::string()));
  const auto step = [&] { return text(formatCount(event.value("step", std::int64_t{0}))); };
  if (kind == "started") return {"run", "Started"};
  if (kind == "resumed") return {"resume", "Resumed at step " + step()};
  if (kind == "checkpoint") return {"checkpoint", "Checkpoint at step " + step()};
  if (kind == "rate")
    return {"settings", QString("Learning rate × %1").arg(text(formatNumber(event.value("factor", 1.0))))};
  if (kind == "tested")
    return {"st-ok", "Tested with the checkpoint of step " +
                         text(formatCount(event.value("checkpoint", std::int64_t{0})))};
  if (kind == "note")
    return {event.value("level", std::string()) == "info" ? "st-info" : "st-warn",
            text(event.value("text", std::string()))};
  if (kind == "state" && event.value("state", std::string()) == "paused") return {"pause", "Paused"};
  if (kind == "finished") return {"st-info", "Ended: " + text(event.value("status", std::string()))};
  return {};
}

} // namespace

TrainPage::TrainPage(PageContext& context) : Page(context), session_(sessionOf(context)) {
  auto* column = columnOf(this);
  bar_ = new PageToolBar("Train");
  state_ = new Chip;
  bar_->addWidget(state_);
  pause_ = makeButton("Pause", "pause");
  stop_ = makeButton("Stop", "stop");
  checkpoint_ = makeButton("Checkpoint now", "checkpoint");
  newRun_ = makeButton("New run", "plus", ButtonRole::ghost);
  for (auto* button : {pause_, stop_, checkpoint_, newRun_}) bar_->addRight(button);
  bar_->setPrimary("Run", "run");
  column->addWidget(bar_);
  message_ = new MessageBar;
  message_->hide();
  column->addWidget(message_);
  stack_ = new QStackedWidget;
  stack_->addWidget(buildSetup());
  stack_->addWidget(buildLive());
  column->addWidget(stack_, 1);
  bind();
  showSetup();
}

QWidget* TrainPage::buildLive() {
  auto* page = new QWidget;
  setGround(page, Ground::surface);
  auto* column = columnOf(page);
  auto* head = new QWidget;
  setGround(head, Ground::surface);
  auto* headColumn = columnOf(head, 0, 8);
  headColumn->setContentsMargins(16, 12, 16, 12);
  auto* facts = new QWidget;
  auto* line = rowOf(facts, 0, 40);
  const auto fact = [&](const QString& label) {
    auto* box = new QWidget;
    auto* boxColumn = columnOf(box, 0, 0);
    Fact made{new Text(label, Type::small, Token::text2), new Text(missingText, Type::title),
              new Text({}, Type::small, Token::text2)};
    boxColumn->addWidget(made.label);
    auto* pairBox = new QWidget;
    auto* pairRow = rowOf(pairBox, 0, 6);
    pairRow->addWidget(made.value);
    pairRow->addWidget(made.second, 0, Qt::AlignBottom);
    boxColumn->addWidget(pairBox);
    line->addWidget(box);
    return made;
  };
  epoch_ = fact("Epoch");
  loss_ = fact("Train loss");
  accuracy_ = fact("Validation accuracy");
  speed_ = fact("Speed");
  left_ = fact("Time left");
  line->addStretch(1);
  auto* rateBox = new QWidget;
  auto* rateColumn = columnOf(rateBox, 0, 2);
  rateColumn->addWidget(new Text("Learning rate", Type::small, Token::text2));
  auto* rateRow = new QWidget;
  auto* rateLine = rowOf(rateRow, 0, 8);
  rate_ = new QLineEdit;
  rate_->setObjectName("liveRate");
  rate_->setAccessibleName("Learning rate");
  rate_->setFixedWidth(lookOf(this).px(88));
  apply_ = makeButton("Apply");
  apply_->setObjectName("applyRate");
  rateLine->addWidget(rate_);
  rateLine->addWidget(apply_);
  rateColumn->addWidget(rateRow);
  line->addWidget(rateBox);
  headColumn->addWidget(facts);
  cloth_ = new Cloth;
  headColumn->addWidget(cloth_);
  auto* under = new QWidget;
  auto* underRow = rowOf(under);
  steps_ = new Text({}, Type::small, Token::text2);
  kept_ = new Text({}, Type::small, Token::text2);
  underRow->addWidget(steps_, 1);
  underRow->addWidget(kept_);
  headColumn->addWidget(under);
  column->addWidget(head);
  column->addWidget(new HairLine);
  auto* body = new QWidget;
  auto* bodyRow = rowOf(body, 0, 0);
  board_ = new Board;
  board_->setSession(session_);
  bodyRow->addWidget(board_, 1);
  bodyRow->addWidget(new HairLine(Qt::Vertical));
  auto* side = new QWidget;
  setGround(side, Ground::surface);
  side->setFixedWidth(lookOf(this).px(256));
  auto* sideColumn = columnOf(side);
  auto* crossBox = new DockTitle("At the crosshair");
  sideColumn->addWidget(crossBox);
  crossTitle_ = new Text("Point at a chart to read its values.", Type::small, Token::text2);
  crossTitle_->setWrap(true);
  values_ = new QWidget;
  columnOf(values_, 12, 8)->addWidget(crossTitle_);
  sideColumn->addWidget(values_);
  sideColumn->addWidget(new HairLine);
  sideColumn->addWidget(new DockTitle("Events"));
  auto* scroll = new QScrollArea;
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setGround(scroll, Ground::surface);
  events_ = new QWidget;
  setGround(events_, Ground::surface);
  columnOf(events_, 12, 6);
  scroll->setWidget(events_);
  sideColumn->addWidget(scroll, 1);
  bodyRow->addWidget(side);
  column->addWidget(body, 1);
  return page;
}

QWidget* TrainPage::buildSetup() {
  auto* page = new QWidget;
  setGround(page, Ground::surface);
  auto* across = rowOf(page, 24, 48);
  form_ = new Form(nullptr, 112);
  form_->setMaximumWidth(lookOf(this).px(440));
  network_ = new QComboBox;
  optimizer_ = new QComboBox;
  schedule_ = new QComboBox;
  device_ = new QComboBox;
  for (const auto& one : optimizers())
    optimizer_->addItem(QString::fromUtf8(one.name.data(), qsizetype(one.name.size())));
  for (const auto& one : schedules())
    schedule_->addItem(QString::fromUtf8(one.name.data(), qsizetype(one.name.size())));
  device_->addItem("Choose for me", "auto");
  epochs_ = new QLineEdit;
  batch_ = new QLineEdit;
  learningRate_ = new QLineEdit;
  seed_ = new QLineEdit;
  threads_ = new QLineEdit;
  form_->addHeading("What");
  form_->addRow("Network", network_);
  form_->addHeading("Where");
  form_->addRow("Device", device_, "What the network is trained on");
  form_->addRow("Threads", threads_, "0: chosen by the size of the network");
  form_->addHeading("How");
  form_->addRow("Optimizer", optimizer_);
  form_->addRow("Learning rate", learningRate_, "The highest one, where the schedule changes it");
  form_->addRow("Schedule", schedule_);
  form_->addRow("Epochs", epochs_, "How often the training data is gone through");
  form_->addRow("Batch", batch_, "Samples a step");
  form_->addRow("Seed", seed_, "The same seed gives the same losses, bit for bit");
  const char* names[] = {"epochs", "batch", "learningRate", "seed", "threads"};
  QLineEdit* fields[] = {epochs_, batch_, learningRate_, seed_, threads_};
  for (int index = 0; index < 5; ++index) {
    fields[index]->setObjectName(QString("setup_") + names[index]);
    connect(fields[index], &QLineEdit::editingFinished, this, &TrainPage::takeSettings);
  }
  for (auto* combo : {optimizer_, schedule_, device_, network_})
    connect(combo, &QComboBox::activated, this, &TrainPage::takeSettings);
  auto* left = new QWidget;
  auto* leftColumn = columnOf(left);
  leftColumn->addWidget(form_);
  leftColumn->addStretch(1);
  across->addWidget(left, 1);
  cost_ = new QWidget;
  setGround(cost_, Ground::surface);
  columnOf(cost_, 0, 8);
  auto* right = new QWidget;
  auto* rightColumn = columnOf(right, 0, 8);
  rightColumn->addWidget(new Text("Before it starts", Type::heading));
  rightColumn->addWidget(cost_);
  rightColumn->addStretch(1);
  right->setMaximumWidth(lookOf(this).px(420));
  across->addWidget(right, 1);
  across->addStretch(1);
  return page;
}

void TrainPage::bind() {
  connect(bar_->primary(), &QPushButton::clicked, this, &TrainPage::startRun);
  connect(newRun_, &QPushButton::clicked, this, &TrainPage::showSetup);
  connect(pause_, &QPushButton::clicked, this, [this] {
    const auto* view = shown();
    if (view != nullptr)
      command(view->row.state == RunState::paused ? RunControl::Verb::resume : RunControl::Verb::pause);
  });
  connect(stop_, &QPushButton::clicked, this, [this] { command(RunControl::Verb::stop); });
  connect(checkpoint_, &QPushButton::clicked, this, [this] { command(RunControl::Verb::checkpoint); });
  const auto applyRate = [this] {
    bool ok = false;
    const double value = rate_->text().toDouble(&ok);
    setMark(rate_, ok && value > 0 ? FieldMark::plain : FieldMark::wrong);
    if (ok && value > 0) command(RunControl::Verb::learningRate, value);
    rate_->clearFocus();
  };
  connect(apply_, &QPushButton::clicked, this, applyRate);
  connect(rate_, &QLineEdit::returnPressed, this, applyRate);
  connect(board_, &Board::crosshairMoved, this, [this](double x) {
    emptyOut(values_);
    for (const auto& value : board_->valuesAt(x)) values_->layout()->addWidget(row(value.label, value.text));
  });
  if (session_ == nullptr) return;
  auto& actions = context().actions;
  actions.bind("run.start", this, [this] { startRun(); });
  actions.bind("run.new", this, [this] { showSetup(); });
  actions.bind("run.pause", this, [this] { pause_->click(); });
  actions.bind("run.stop", this, [this] { stop_->click(); });
  actions.bind("run.checkpoint", this, [this] { checkpoint_->click(); });
  actions.bind("run.resume", this, [this] {
    if (!run_.isEmpty()) session_->bridge().resume(run_, 0);
  });
  connect(session_, &Session::runsChanged, this, [this] {
    if (wantNewest_ && session_->liveRun() != nullptr && !session_->liveRun()->waiting)
      showRun(text(session_->liveRun()->row.id));
    refreshLive();
  });
  connect(session_, &Session::runStarted, this, [this](const QString& run) { showRun(run); });
  connect(session_, &Session::projectOpened, this, [this] {
    run_.clear();
    if (const auto* live = session_->liveRun())
      showRun(text(live->row.id));
    else
      showSetup();
    session_->bridge().devices();
  });
  connect(session_, &Session::settingsChanged, this, &TrainPage::refreshSetup);
  connect(session_, &Session::estimated, this, &TrainPage::refreshSetup);
  connect(session_, &Session::failed, this, [this](const QString& what, const Error& error) {
    if (what != "start" && what != "estimate" && what != "control") return;
    message_->setError(error);
    message_->show();
  });
  connect(&session_->bridge(), &Bridge::devicesReady, this,
          [this](const QStringList& ids, const QStringList& names, const QStringList& notes) {
            device_->clear();
            device_->addItem("Choose for me", "auto");
            for (qsizetype index = 0; index < ids.size(); ++index)
              if (!ids[index].startsWith("reference"))
                device_->addItem(names[index] + (notes[index].isEmpty() ? "" : ", " + notes[index]),
                                 ids[index]);
          });
  connect(&session_->bridge(), &Bridge::eventsReady, this,
          [this](const QString& run, const QVector<StoredEvent>& events) {
            if (run == run_) refreshEvents(events);
          });
}

void TrainPage::opened(const QVariant& what) {
  const QString word = what.toString();
  if (word == "live")
    wantNewest_ = true;
  else if (word == "setup")
    showSetup();
  else if (!word.isEmpty())
    showRun(word);
  else if (run_.isEmpty() && session_ != nullptr && session_->liveRun() != nullptr)
    showRun(text(session_->liveRun()->row.id));
  refreshLive();
}

void TrainPage::showSetup() {
  stack_->setCurrentIndex(0);
  bar_->setTitle("New run");
  bar_->setSubtitle({});
  state_->hide();
  for (auto* button : {pause_, stop_, checkpoint_, newRun_}) button->hide();
  bar_->primary()->show();
  wantNewest_ = false;
  refreshSetup();
  if (session_ != nullptr && session_->project() && !session_->project()->networks.empty())
    for (const auto& network : session_->project()->networks)
      if (network.name == network_->currentText().toStdString()) session_->askEstimate(network);
}

void TrainPage::showRun(const QString& run) {
  run_ = run;
  wantNewest_ = false;
  stack_->setCurrentIndex(1);
  bar_->primary()->hide();
  newRun_->show();
  message_->hide();
  board_->charts().front()->setFocus();
  refreshLive();
}

const RunView* TrainPage::shown() const { return session_ != nullptr ? session_->run(run_) : nullptr; }

void TrainPage::command(RunControl::Verb verb, double value) {
  if (session_ != nullptr && !run_.isEmpty()) session_->bridge().control(run_, verb, value);
}

void TrainPage::startRun() {
  if (session_ == nullptr || !session_->project()) return;
  takeSettings();
  for (const auto& network : session_->project()->networks)
    if (network.name == network_->currentText().toStdString()) session_->startRun(network);
}

void TrainPage::takeSettings() {
  if (session_ == nullptr) return;
  TrainSettings settings = session_->settings();
  bool good = true;
  const auto whole = [&](QLineEdit* field, auto& into, qint64 least) {
    bool ok = false;
    const qint64 value = field->text().toLongLong(&ok);
    form_->setProblem(field,
                      ok && value >= least ? QString() : QString("A whole number from %1 on").arg(least));
    if (ok && value >= least)
      into = static_cast<std::decay_t<decltype(into)>>(value);
    else
      good = false;
  };
  whole(epochs_, settings.epochs, 1);
  whole(batch_, settings.batch, 1);
  whole(seed_, settings.seed, 0);
  whole(threads_, settings.threads, 0);
  bool ok = false;
  const double rate = learningRate_->text().toDouble(&ok);
  form_->setProblem(learningRate_, ok && rate > 0 ? QString() : QString("A number above 0"));
  if (ok && rate > 0) settings.learningRate = rate;
  if (settings.optimizer != optimizer_->currentText().toStdString()) {
    settings.optimizer = optimizer_->currentText().toStdString();
    settings.optimizerParams = {};
  }
  settings.schedule = schedule_->currentText().toStdString();
  settings.device = device_->currentData().toString().toStdString();
  if (!good || !ok) return;
  session_->setSettings(settings);
  if (session_->project())
    for (const auto& network : session_->project()->networks)
      if (network.name == network_->currentText().toStdString()) session_->askEstimate(network);
}

void TrainPage::refreshSetup() {
  if (session_ == nullptr || stack_->currentIndex() != 0) return;
  const TrainSettings& settings = session_->settings();
  const QString chosen = network_->currentText();
  network_->clear();
  if (session_->project()) {
    for (const auto& network : session_->project()->networks) network_->addItem(text(network.name));
    network_->setCurrentText(chosen.isEmpty() ? text(session_->project()->project.network) : chosen);
  }
  const auto put = [](QLineEdit* field, const QString& value) {
    if (!field->hasFocus()) field->setText(value);
  };
  put(epochs_, QString::number(settings.epochs));
  put(batch_, QString::number(settings.batch));
  put(seed_, QString::number(settings.seed));
  put(threads_, QString::number(settings.threads));
  put(learningRate_, text(formatNumber(settings.learningRate)));
  optimizer_->setCurrentText(text(settings.optimizer));
  schedule_->setCurrentText(text(settings.schedule));
  emptyOut(cost_);
  auto* column = cost_->layout();
  const auto& estimate = session_->estimate();
  if (!estimate) {
    column->addWidget(new Text("Measuring a few steps of this network …", Type::small, Token::text2));
    return;
  }
  column->addWidget(row("Parameters", text(formatCount(estimate->parameters))));
  column->addWidget(row("Multiply-adds a sample", text(formatCountShort(estimate->multiplyAdds))));
  column->addWidget(row("Memory", text(formatBytes(static_cast<std::uint64_t>(estimate->memoryBytes)))));
  column->addWidget(row("Largest batch that fits", text(formatCount(estimate->largestBatch))));
  column->addWidget(row("Steps", text(formatCount(estimate->steps))));
  column->addWidget(row("Time a step", text(formatSeconds(estimate->secondsPerStep))));
  column->addWidget(row("Time in all", text(formatDuration(estimate->seconds))));
  column->addWidget(row("On", estimate->device + QString(", %1 threads").arg(estimate->threads)));
  auto* note = new Text("Measured on this computer just now, on the first steps.", Type::small, Token::text2);
  note->setWrap(true);
  column->addWidget(note);
}

void TrainPage::refreshLive() {
  if (stack_->currentIndex() != 1) return;
  const auto* view = shown();
  if (view == nullptr) {
    bar_->setTitle("Starting");
    bar_->setSubtitle("The trainer reads the data and prepares the network");
    state_->hide();
    for (auto* button : {pause_, stop_, checkpoint_}) button->hide();
    return;
  }
  const RunRow& row = view->row;
  const bool live = living(*view);
  bar_->setTitle(text(row.name));
  bar_->setSubtitle(view->waiting ? view->waitsFor : QString("This computer, %1").arg(text(row.device)));
  state_->setState(row.state);
  state_->show();
  for (auto* button : {pause_, stop_, checkpoint_}) button->setVisible(live || view->waiting);
  pause_->setText(row.state == RunState::paused ? "Resume" : "Pause");
  pause_->setIcon(icon(row.state == RunState::paused ? "resume" : "pause"));
  rate_->setEnabled(live);
  apply_->setEnabled(live);
  const std::int64_t perEpoch = std::max<std::int64_t>(1, row.stepsPerEpoch);
  epoch_.value->setText(QString::number(std::min(row.epochs, row.step / perEpoch + (live ? 1 : 0))));
  epoch_.second->setText(QString("of %1").arg(row.epochs));
  const auto* loss = summaryOf(row, "train/loss");
  loss_.value->setText(loss != nullptr ? text(formatLoss(loss->last)) : QString(missingText));
  loss_.second->setText("per step");
  const auto* accuracy = summaryOf(row, "val/accuracy");
  const auto* r2 = summaryOf(row, "val/r2");
  accuracy_.label->setText(r2 != nullptr ? "Validation R²" : "Validation accuracy");
  if (r2 != nullptr) {
    accuracy_.value->setText(QString::number(r2->last, 'f', 3));
    accuracy_.second->setText("best " + QString::number(r2->maximum, 'f', 3));
  } else {
    accuracy_.value->setText(accuracy != nullptr ? text(formatPercent(accuracy->last))
                                                 : QString(missingText));
    accuracy_.second->setText(accuracy != nullptr ? "best " + text(formatPercent(accuracy->maximum))
                                                  : QString());
  }
  speed_.value->setText(view->stepsPerSecond > 0 ? text(formatNumber(std::round(view->stepsPerSecond)))
                                                 : QString(missingText));
  speed_.second->setText(view->samplesPerSecond > 0
                             ? "steps/s · " + text(formatCount(std::llround(view->samplesPerSecond))) +
                                   " samples/s"
                             : QString());
  left_.label->setText(live ? "Time left" : "Time");
  left_.value->setText(
      live ? (view->secondsLeft >= 0 ? text(formatDuration(view->secondsLeft)) : QString(missingText))
           : text(formatDuration(row.seconds)));
  left_.second->setText({});
  ClothProgress progress;
  progress.share = row.totalSteps > 0 ? double(row.step) / double(row.totalSteps) : 0;
  progress.epochs = static_cast<int>(row.epochs);
  progress.now = live;
  progress.state =
      row.state == RunState::paused ? ClothProgress::State::paused
      : row.state == RunState::failed || row.state == RunState::diverged || row.state == RunState::killed
          ? ClothProgress::State::failed
          : ClothProgress::State::running;
  cloth_->setProgress(progress);
  steps_->setText(
      QString("Step %1 of %2").arg(text(formatCount(row.step)), text(formatCount(row.totalSteps))));
  kept_->setText(row.checkpoint >= 0 ? "Best checkpoint: step " + text(formatCount(row.checkpoint))
                                     : QString());
  if (const auto* rate = summaryOf(row, "train/lr"); rate != nullptr && !rate_->hasFocus())
    rate_->setText(text(formatNumber(rate->last)));
  board_->setRuns({run_}, r2 != nullptr);
  board_->setAxis(static_cast<double>(perEpoch), static_cast<double>(row.epochs));
  if (!row.error.empty()) {
    message_->setMessage(MessageKind::error, text(row.error));
    message_->show();
  } else if (row.state == RunState::killed) {
    message_->setMessage(MessageKind::warn,
                         "The trainer ended unexpectedly. Everything up to its last checkpoint is kept.");
    message_->setAction("Resume", [this] { session_->bridge().resume(run_, 0); });
    message_->show();
  }
  if (session_ != nullptr) session_->bridge().events(run_);
}

void TrainPage::refreshEvents(const QVector<StoredEvent>& events) {
  emptyOut(events_);
  const auto* view = shown();
  const double perEpoch =
      view != nullptr && view->row.stepsPerEpoch > 0 ? double(view->row.stepsPerEpoch) : 1;
  QVector<ChartMarker> markers;
  auto* column = static_cast<QVBoxLayout*>(events_->layout());
  while (column->count() > 0) delete column->takeAt(0);
  int shownLines = 0;
  for (auto one = events.rbegin(); one != events.rend() && shownLines < 40; ++one) {
    const auto [iconName, said] = words(one->event);
    if (said.isEmpty()) continue;
    auto* line = new QWidget;
    auto* lineRow = rowOf(line, 0, 8);
    lineRow->addWidget(new IconLabel(iconName), 0, Qt::AlignTop);
    auto* sentence = new Text(said, Type::small);
    sentence->setWrap(true);
    lineRow->addWidget(sentence, 1);
    column->addWidget(line);
    ++shownLines;
  }
  for (const auto& one : events)
    if (one.event.value("event", std::string()) == "rate")
      markers.push_back({double(one.step) / perEpoch,
                         QString("Rate × %1").arg(text(formatNumber(one.event.value("factor", 1.0)))),
                         false});
  if (view != nullptr && view->row.checkpoint >= 0)
    markers.push_back({double(view->row.checkpoint) / perEpoch, "Best", true});
  board_->setMarkers(markers);
  column->addStretch(1);
}

} // namespace loom
