// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/train/run_live.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/train/run_side.h"
#include "app/studio/widgets/cloth.h"
#include "app/studio/widgets/fitting.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "core/base/format.h"
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <cmath>

namespace loom {

RunLive::RunLive(Session* session, QWidget* parent) : QWidget(parent), session_(session) {
  setObjectName("runLive");
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  message_ = new MessageBar;
  message_->setObjectName("runMessage");
  message_->hide();
  column->addWidget(message_);
  column->addWidget(buildHead());
  column->addWidget(new HairLine);
  auto* body = new QWidget;
  auto* across = rowOf(body, 0, 0);
  board_ = new Board(Board::Kind::live);
  board_->setSession(session_);
  side_ = new RunSide(session_, board_);
  across->addWidget(board_, 1);
  across->addWidget(new HairLine(Qt::Vertical));
  across->addWidget(side_);
  column->addWidget(body, 1);
  const auto apply = [this] {
    bool ok = false;
    const double value = rate_->text().trimmed().toDouble(&ok);
    ok = ok && std::isfinite(value) && value > 0;
    setMark(rate_, ok ? FieldMark::plain : FieldMark::wrong);
    setTip(rate_,
           ok ? "The rate from here on; the schedule is scaled by it" : "A number above 0, as 0.001 or 1e-3");
    if (!ok) return;
    Q_EMIT rateWanted(value);
    rate_->clearFocus();
  };
  connect(apply_, &QPushButton::clicked, this, apply);
  connect(rate_, &QLineEdit::returnPressed, this, apply);
  connect(side_, &RunSide::laidOverChanged, this, &RunLive::refresh);
  followLook(this, [this](const Look&) { fitFacts(); });
}

void RunLive::askEvents() {
  session_->bridge().ask(EventsOf{run_}, this,
                         [this, run = run_](const Result<QVector<StoredEvent>>& events) {
                           const auto* view = session_->run(run);
                           if (run != run_ || view == nullptr) return;
                           if (!events) return void(Q_EMIT session_->troubled(events.error()));
                           side_->setEvents(*events, view->row);
                           showMarks(*events, view->row);
                           refresh();
                         },
                         {.slot = "events"});
}

QWidget* RunLive::buildHead() {
  auto* head = new QWidget;
  auto* column = columnOf(head, 0, 0);
  column->setContentsMargins(16, 12, 16, 12);
  auto* facts = new QWidget;
  auto* line = rowOf(facts, 0, lookOf(this).px(40));
  facts_ = facts;
  const auto fact = [&](const QString& label) {
    auto* box = new QWidget;
    auto* inside = columnOf(box);
    Fact made{box, new Text(label, Type::caption, Token::text2), new Text(missingText, Type::title),
              new Text({}, Type::small, Token::text2)};
    inside->addWidget(made.label);
    auto* both = new QWidget;
    auto* row = rowOf(both, 0, 6);
    row->addWidget(made.value);
    auto* lower = new QWidget; // the small words stand on the line of the large figure
    auto* lowerColumn = columnOf(lower);
    lowerColumn->setContentsMargins(0, 0, 0, 3);
    lowerColumn->addWidget(made.second);
    row->addWidget(lower, 0, Qt::AlignBottom);
    for (Text* one : {made.label, made.value, made.second}) // figures are never cut: they stay or leave
      one->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
    inside->addWidget(both);
    line->addWidget(box);
    return made;
  };
  epoch_ = fact("Epoch");
  loss_ = fact("Train loss");
  loss_.value->setObjectName("lossFigure");
  validation_ = fact("Validation accuracy");
  test_ = fact("Test accuracy");
  test_.value->setObjectName("testFigure");
  test_.box->hide();
  speed_ = fact("Speed");
  left_ = fact("Time left");
  line->addStretch(1);
  rateBox_ = new QWidget;
  auto* rateColumn = columnOf(rateBox_, 0, 4);
  rateColumn->addWidget(new Text("Learning rate", Type::caption, Token::text2));
  auto* fields = new QWidget;
  auto* row = rowOf(fields);
  rate_ = new QLineEdit;
  rate_->setObjectName("liveRate");
  rate_->setAccessibleName("Learning rate");
  fixWidth(rate_, 88);
  apply_ = makeButton("Apply");
  apply_->setObjectName("applyRate");
  row->addWidget(rate_);
  row->addWidget(apply_);
  rateColumn->addWidget(fields);
  line->addWidget(rateBox_);
  column->addWidget(facts);
  column->addSpacing(11);
  cloth_ = new Cloth;
  column->addWidget(cloth_);
  column->addSpacing(3);
  auto* under = new QWidget;
  auto* underRow = rowOf(under);
  steps_ = new Text({}, Type::captionPlain, Token::text2);
  kept_ = new Text({}, Type::captionPlain, Token::text2);
  underRow->addWidget(steps_, 1);
  underRow->addWidget(kept_);
  column->addWidget(under);
  return head;
}

void RunLive::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  fitFacts();
}

// In a small window second words go first, then what the charts say as well; the rest stays whole.
void RunLive::fitFacts() {
  constexpr int sides = 32;
  facts_->layout()->setSpacing(lookOf(this).px(width() < lookOf(this).px(1100) ? 20 : 40));
  showWhatFits(facts_, width() - sides,
               {speed_.second, loss_.second, left_.second, validation_.second, epoch_.second, speed_.box,
                loss_.box, left_.box});
}

void RunLive::setRun(const QString& run) {
  if (run != run_) {
    run_ = run;
    said_.reset();
    applied_.reset();
    eventsVersion_ = -1;
    message_->hide();
    board_->setMarkers({});
    side_->setRun(run);
  }
  refresh();
}

void RunLive::showNothing() {
  for (const Fact* fact : {&epoch_, &loss_, &validation_, &speed_, &left_}) {
    fact->value->setText(missingText);
    fact->second->setText({});
  }
  cloth_->setProgress({});
  steps_->setText(run_.isEmpty() ? QString()
                                 : QString("The trainer reads the data and prepares the network."));
  kept_->setText({});
  test_.box->hide();
  rateBox_->setVisible(false);
  if (run_.isEmpty()) board_->setRuns({}, false);
}

void RunLive::refresh() {
  const auto* view = session_ != nullptr ? session_->run(run_) : nullptr;
  if (view == nullptr || view->row.totalSteps == 0) return showNothing();
  const RunRow& row = view->row;
  const bool live = living(*view), regression = isRegression(row);
  const std::int64_t perEpoch = std::max<std::int64_t>(1, row.stepsPerEpoch);
  const std::int64_t running = live && row.step < row.totalSteps ? 1 : 0;
  epoch_.value->setText(QString::number(std::min(row.epochs, row.step / perEpoch + running)));
  epoch_.second->setText(QString("of %1").arg(row.epochs));
  const auto* loss = summaryOf(row, "train/loss");
  // As it is stored: what the chart draws last depends on its width and its smoothing.
  loss_.value->setText(loss != nullptr ? text(formatLoss(loss->last)) : QString(missingText));
  loss_.second->setText("last step");
  validation_.label->setText(regression ? "Validation R²" : "Validation accuracy");
  const auto* validation = summaryOf(row, regression ? "val/r2" : "val/accuracy");
  validation_.value->setText(validation != nullptr ? shareText(validation->last, regression)
                                                   : QString(missingText));
  validation_.second->setText(
      validation != nullptr
          ? "best " + shareText(bestValidation(row).value_or(validation->maximum), regression)
          : QString());
  test_.box->setVisible(!live && row.testMetric.has_value());
  if (row.testMetric) {
    test_.label->setText(regression ? "Test R²" : "Test accuracy");
    test_.value->setText(shareText(*row.testMetric, regression));
    test_.second->setText({});
  }
  speed_.value->setText(speedText(view->stepsPerSecond));
  speed_.second->setText(view->samplesPerSecond > 0
                             ? "steps/s · " + text(formatCount(std::llround(view->samplesPerSecond))) +
                                   " samples/s"
                             : QString());
  left_.label->setText(live ? "Time left" : "Time");
  const bool known = live && view->secondsLeft >= 0;
  left_.value->setText(!live   ? text(formatDuration(row.seconds))
                       : known ? text(formatDuration(view->secondsLeft))
                               : QString(missingText));
  left_.second->setText(known ? "of " + text(formatDuration(row.seconds + view->secondsLeft)) : QString());
  ClothProgress progress;
  progress.share = double(row.step) / double(row.totalSteps);
  progress.epochs = static_cast<int>(row.epochs);
  progress.now = live;
  progress.state = row.state == RunState::paused ? ClothProgress::State::paused
                   : row.state == RunState::failed || row.state == RunState::diverged ||
                           row.state == RunState::killed || row.state == RunState::outOfMemory
                       ? ClothProgress::State::failed
                       : ClothProgress::State::running;
  cloth_->setProgress(progress);
  steps_->setText(
      QString("Step %1 of %2").arg(text(formatCount(row.step)), text(formatCount(row.totalSteps))));
  kept_->setText(bestCheckpointText(*view));
  rateBox_->setVisible(live);
  if (const auto* rate = summaryOf(row, "train/lr"); rate != nullptr && !rate_->hasFocus()) {
    rate_->setText(QString::number(rateNow(*rate), 'g', 3));
    setMark(rate_, FieldMark::plain);
  }
  fitFacts();
  board_->setRuns({run_}, regression, side_->laidOver());
  showSchedule(row);
  showMessage(*view);
  if (view->version != eventsVersion_) {
    eventsVersion_ = view->version;
    askEvents();
  }
}

void RunLive::showMessage(const RunView& view) {
  const RunRow& row = view.row;
  QString words;
  MessageKind kind = MessageKind::error;
  bool resume = false;
  if (!row.error.empty() && !living(view)) {
    words = text(row.error);
    if (row.step > 0 && !words.contains("step"))
      words = QString("At step %1: %2").arg(text(formatCount(row.step)), words);
    resume = resumable(view);
  } else if (row.state == RunState::killed && !view.starting) {
    kind = MessageKind::warn;
    words = "The trainer ended unexpectedly. Everything up to its last checkpoint is kept.";
    resume = true;
  } else if (row.state == RunState::stopped && !view.starting) {
    kind = MessageKind::info;
    words = QString("Stopped at step %1, with a checkpoint.").arg(text(formatCount(row.step)));
    resume = true;
  }
  const Said now{words, resume};
  if (said_ == now) return;
  said_ = now;
  message_->setVisible(!words.isEmpty());
  if (words.isEmpty()) return;
  message_->setMessage(kind, words);
  message_->setAction(resume ? "Resume" : QString(), [this] { Q_EMIT resumeWanted(); });
}

void RunLive::setProblem(const Error& error) {
  said_.reset();
  message_->setError(error);
  message_->setAction({}, {});
  message_->show();
}

void RunLive::showMarks(const QVector<StoredEvent>& events, const RunRow& row) {
  const double perEpoch = row.stepsPerEpoch > 0 ? double(row.stepsPerEpoch) : 1;
  QVector<ChartMarker> markers;
  applied_.reset();
  for (const auto& one : events)
    if (const auto rate = one.event.find("rate");
        one.event.value("event", std::string()) == "rate" && rate != one.event.end() && rate->is_number())
      applied_ = {rate->get<double>(), one.step};
  for (const auto& one : events)
    if (one.event.value("event", std::string()) == "rate")
      markers.push_back(
          {double(one.step) / perEpoch, "Rate × " + figureText(one.event.value("factor", 1.0)), false});
  if (row.checkpoint >= 0) {
    const bool regression = isRegression(row);
    // While a run trains, a better one may wait to be written: the figure is named where it is of this step.
    const auto* loss = summaryOf(row, "val/loss");
    const auto best = bestValidation(row);
    const QString figure = best && loss != nullptr && loss->minimumStep == row.checkpoint
                               ? "Best " + shareText(*best, regression)
                               : QString("Best checkpoint");
    markers.push_back({double(row.checkpoint) / perEpoch, figure, true});
  }
  board_->setMarkers(markers);
}

// A rate that was given since the last step holds already, also while the run is paused.
double RunLive::rateNow(const MetricSummary& measured) const {
  return applied_ && applied_->step >= measured.lastStep ? applied_->rate : measured.last;
}

// What the schedule will do from here on: its shape, scaled to the rate that is in force now.
void RunLive::showSchedule(const RunRow& row) {
  const auto* rate = summaryOf(row, "train/lr");
  const auto* schedule = findSchedule(row.schedule);
  if (rate == nullptr || schedule == nullptr || row.totalSteps <= rate->lastStep)
    return board_->setSchedule({});
  Params given;
  for (const auto& field : schedule->fields)
    if (auto value = parseField(field, settingOf(row, field.name).toStdString()))
      given.set(std::string(field.name), *value);
  const Params params = standardsFor(schedule->fields, given);
  const double now = schedule->factor(std::max<std::int64_t>(1, rate->lastStep), row.totalSteps, params);
  if (!(now > 0)) return board_->setSchedule({});
  constexpr std::int64_t points = 160;
  QVector<Bucket> ahead;
  const std::int64_t from = rate->lastStep, left = row.totalSteps - from;
  for (std::int64_t point = 0; point <= points; ++point) {
    const std::int64_t step = from + left * point / points;
    if (!ahead.isEmpty() && step == ahead.back().lastStep) continue;
    const double value =
        rateNow(*rate) / now * schedule->factor(std::max<std::int64_t>(1, step), row.totalSteps, params);
    ahead.push_back({step, step, value, value, value, 1, 0, 0, 0});
  }
  board_->setSchedule(ahead);
}

} // namespace loom
