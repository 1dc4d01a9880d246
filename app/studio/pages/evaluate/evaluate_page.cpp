// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/evaluate/evaluate_page.h"
#include "app/studio/model/reach_bar.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/evaluate/class_view.h"
#include "app/studio/pages/evaluate/confusion_matrix.h"
#include "app/studio/pages/evaluate/try_view.h"
#include "app/studio/pages/evaluate/value_view.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/fitting.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/format.h"
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <cmath>

namespace loom {
namespace {

std::optional<double> figure(const Evaluation& evaluation, const char* ending) {
  for (const auto& [name, value] : evaluation.metrics())
    if (name.ends_with(ending)) return value;
  return std::nullopt;
}

QString partName(const QString& split) {
  return split == "test" ? "Test" : split == "validation" ? "Validation" : "Training";
}

} // namespace

EvaluatePage::EvaluatePage(PageContext& context, Session* session) : Page(context), session_(session) {
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  column->addWidget(buildBar());
  column->addWidget(new ReachBar(session_));
  message_ = new MessageBar;
  message_->setObjectName("evaluateMessage");
  message_->hide();
  column->addWidget(message_);
  empty_ = new EmptyState("evaluate", {}, {});
  empty_->setObjectName("evaluateEmpty");
  evaluate_ = empty_->setPrimary("Evaluate", "evaluate");
  evaluate_->setObjectName("evaluateNow");
  column->addWidget(empty_);
  facts_ = buildFacts();
  column->addWidget(facts_);
  stack_ = new QStackedWidget;
  classes_ = new ClassView(open_.pictures);
  values_ = new ValueView;
  try_ = new TryView;
  for (QWidget* one :
       {static_cast<QWidget*>(classes_), static_cast<QWidget*>(values_), static_cast<QWidget*>(try_)})
    stack_->addWidget(one);
  column->addWidget(stack_, 1);
  bind();
  measure();
  refreshRuns();
  showEmpty();
}

QWidget* EvaluatePage::buildBar() {
  auto* bar = new PageToolBar("Evaluate");
  runs_ = new QComboBox;
  runs_->setObjectName("evaluateRuns");
  runs_->setAccessibleName("Run");
  on_ = new Text("on", Type::body, Token::text2);
  splits_ = new QComboBox;
  splits_->setObjectName("evaluateSplit");
  splits_->setAccessibleName("Part of the data");
  for (const char* split : {"test", "validation", "train"})
    splits_->addItem(partName(split) + " part", split);
  mode_ = new Segments({"Classes", "Try it"});
  mode_->setObjectName("evaluateMode");
  for (QWidget* one :
       {static_cast<QWidget*>(runs_), static_cast<QWidget*>(on_), static_cast<QWidget*>(splits_)})
    bar->addWidget(one);
  bar->addRight(mode_);
  return bar;
}

ConfusionMatrix& EvaluatePage::matrix() { return classes_->matrix(); }

QWidget* EvaluatePage::buildFacts() {
  auto* box = new QWidget;
  setGround(box, Ground::surface);
  auto* column = columnOf(box);
  auto* inside = new QWidget;
  auto* across = factsAndWeak_ = rowOf(inside, 0, 24);
  across->setContentsMargins(24, 12, 24, 12);
  factRow_ = new FittingRow;
  factRow_->setObjectName("evaluateFacts");
  rowOf(factRow_, 0, 48);
  across->addWidget(factRow_, 1);
  weak_ = new MessageBar(MessageKind::warn);
  weak_->hide();
  across->addWidget(weak_, 0, Qt::AlignVCenter);
  column->addWidget(inside);
  column->addWidget(new HairLine);
  return box;
}

void EvaluatePage::bind() {
  connect(runs_, &QComboBox::activated, this, [this] { ask(runs_->currentData().toString()); });
  connect(splits_, &QComboBox::activated, this, [this] {
    open_.split = splits_->currentData().toString();
    ask(open_.run);
  });
  connect(mode_, &Segments::chosen, this, &EvaluatePage::showMode);
  connect(classes_, &ClassView::picturesWanted, this, &EvaluatePage::wantPictures);
  connect(evaluate_, &QPushButton::clicked, this, &EvaluatePage::evaluate);
  connect(try_, &TryView::filesGiven, this, &EvaluatePage::predict);
  if (session_ == nullptr) return;
  connect(session_, &Session::runsChanged, this, &EvaluatePage::refreshRuns);
  connect(session_, &Session::reachChanged, this, [this] {
    if (!session_->unreachable() && !open_.run.isEmpty() && open_.evaluation.metrics().empty() && !open_.busy)
      ask(open_.run);
    else
      showEmpty();
  });
  connect(session_, &Session::projectOpened, this, &EvaluatePage::forget);
  connect(session_, &Session::projectClosed, this, &EvaluatePage::forget);
}

void EvaluatePage::forget() {
  open_ = {};
  message_->hide();
  runs_->clear();
  try_->clear();
  classes_->setEvaluation({});
  values_->setEvaluation({});
  mode_->setCurrent(0);
  splits_->setCurrentIndex(splits_->findData(open_.split));
  weak_->hide();
  refreshRuns();
}

void EvaluatePage::evaluate() {
  if (session_ == nullptr) return;
  if (open_.run.isEmpty()) return Q_EMIT context().pageRequested(to::Train{});
  open_.busy = true;
  message_->hide();
  showEmpty();
  session_->bridge().ask(EvaluateRun{open_.run, open_.split}, this,
                         [this, run = open_.run](const Result<Evaluation>& evaluation) {
                           if (run != open_.run) return;
                           if (evaluation) return take(*evaluation);
                           showError(evaluation.error());
                         },
                         {.slot = "evaluation"});
}

void EvaluatePage::take(const Evaluation& evaluation) {
  if (text(evaluation.split()) == open_.split) show(open_.run, evaluation);
}

void EvaluatePage::showError(const Error& error) {
  open_.busy = false;
  message_->setError(error);
  message_->show();
  showEmpty();
}

void EvaluatePage::predict(const QStringList& files) {
  if (session_ == nullptr || open_.run.isEmpty()) return;
  message_->hide();
  try_->setWaiting(true);
  session_->bridge().ask(PredictFiles{open_.run, files}, this,
                         [this, run = open_.run](const Result<QVector<PredictionView>>& answers) {
                           if (run != open_.run) return;
                           try_->setWaiting(false);
                           if (!answers) return showError(answers.error());
                           const auto* view = session_->run(run);
                           try_->addAnswers(*answers, view != nullptr && isRegression(view->row));
                         });
}

void EvaluatePage::opened(const PageTarget& target) {
  refreshRuns();
  const QString& wanted = std::get<to::Evaluate>(target).run;
  if (!wanted.isEmpty())
    ask(wanted);
  else if (open_.run.isEmpty() && runs_->count() > 0)
    ask(runs_->itemData(0).toString());
  else if (open_.evaluation.metrics().empty() && !open_.busy)
    ask(open_.run); // it may have been evaluated since, by its trainer or at a terminal
  else
    showEmpty();
  showTitle();
}

void EvaluatePage::resizeEvent(QResizeEvent* event) {
  Page::resizeEvent(event);
  measure();
}

void EvaluatePage::changeEvent(QEvent* event) {
  Page::changeEvent(event);
  if (event->type() != QEvent::StyleChange) return;
  measure();
  if (!open_.evaluation.metrics().empty()) showFacts(open_.evaluation);
}

// In a narrow window the figures are closer to each other, so that each is whole.
void EvaluatePage::measure() {
  const Look& look = lookOf(this);
  runs_->setFixedWidth(look.px(264));
  splits_->setFixedWidth(look.px(176));
  const bool narrow = width() < look.px(1160);
  factRow_->layout()->setSpacing(narrow ? 20 : 48);
  // Less wide still: what is weak stands below the figures.
  const bool low = width() < look.px(900);
  factsAndWeak_->setDirection(low ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
  factsAndWeak_->setSpacing(low ? 8 : 24);
  weak_->setMinimumWidth(low ? 0 : look.px(narrow ? 224 : 328));
  weak_->setMaximumWidth(low ? QWIDGETSIZE_MAX : weak_->minimumWidth());
}

void EvaluatePage::showTitle() {
  const auto* view = session_ != nullptr && !open_.run.isEmpty() ? session_->run(open_.run) : nullptr;
  setDocument(view != nullptr ? text(view->row.name) : QString());
}

void EvaluatePage::refreshRuns() {
  QVector<Choice> choices;
  if (session_ != nullptr)
    for (const auto& view : session_->runs())
      if (view.row.checkpoint >= 0 && !view.row.archived)
        choices.push_back({text(view.row.id), text(view.row.name), view.row.checkpoint});
  const bool wasOffered = std::any_of(open_.choices.begin(), open_.choices.end(),
                                      [this](const Choice& one) { return one.run == open_.run; });
  if (choices != open_.choices) {
    open_.choices = choices;
    runs_->clear();
    for (const auto& one : choices) {
      const auto* view = session_->run(one.run);
      const auto perEpoch = std::max<std::int64_t>(1, view->row.stepsPerEpoch);
      runs_->addItem(
          QString("%1, best (epoch %2)").arg(one.name).arg((one.checkpoint + perEpoch - 1) / perEpoch),
          one.run);
    }
  }
  const int at = runs_->findData(open_.run);
  if (at >= 0 && runs_->currentIndex() != at) runs_->setCurrentIndex(at);
  if (at < 0 && !open_.run.isEmpty() && session_ != nullptr &&
      (wasOffered || session_->run(open_.run) == nullptr))
    return forget(); // it was deleted: what it answered is shown no more
  if (open_.run.isEmpty() && runs_->count() > 0 && isVisible()) ask(runs_->itemData(0).toString());
  if (open_.evaluation.metrics().empty()) showEmpty();
  showTitle();
}

void EvaluatePage::ask(const QString& run) {
  if (session_ == nullptr || run.isEmpty()) return;
  if (run != open_.run) {
    open_.pictures.clear();
    open_.askedPictures.clear();
    open_.evaluation = {};
    try_->clear();
  }
  open_.run = run;
  open_.busy = false;
  if (const auto* view = session_->run(run))
    mode_->setText(0, isRegression(view->row) ? "Values" : "Classes");
  const int at = runs_->findData(run);
  if (at >= 0) runs_->setCurrentIndex(at);
  message_->hide();
  showTitle();
  session_->bridge().ask(KeptEvaluation{run, open_.split}, this,
                         [this, run](const Result<std::optional<Evaluation>>& kept) {
                           if (run != open_.run) return;
                           if (kept && *kept) return take(**kept);
                           open_.evaluation = {}; // a damaged one is not shown; it can be computed again
                           if (!kept) return showError(kept.error());
                           showEmpty();
                         },
                         {.slot = "evaluation"});
}

void EvaluatePage::showEmpty() {
  const bool some = !open_.evaluation.metrics().empty();
  const bool any = session_ != nullptr && runs_->count() > 0;
  for (QWidget* one : {static_cast<QWidget*>(runs_), static_cast<QWidget*>(on_),
                       static_cast<QWidget*>(splits_), static_cast<QWidget*>(mode_)})
    one->setVisible(any || some);
  const bool trying = mode_->current() == 1 && (any || some);
  empty_->setVisible(!some && !trying);
  facts_->setVisible(some && !trying);
  stack_->setVisible(some || trying);
  if (some || trying) return;
  evaluate_->setVisible(!open_.busy);
  if (!any) {
    empty_->setWords("evaluate", Token::text2, "No finished run",
                     "A run is evaluated as soon as it has a checkpoint.");
    evaluate_->setText("Set up a run");
  } else if (open_.busy) {
    empty_->setWords("evaluate", Token::text2, "Evaluating",
                     "The network answers every sample of this part.");
  } else if (session_->unreachable()) {
    empty_->setWords("evaluate", Token::text2, "Not known",
                     "What was evaluated is stored with the run, whose folder cannot be reached now.");
    evaluate_->hide();
  } else {
    empty_->setWords("evaluate", Token::text2, "Not evaluated on this part yet",
                     "The network answers every sample of the part once; the answers are kept with the run.");
    evaluate_->setText("Evaluate on the " + partName(open_.split).toLower() + " part");
  }
}

void EvaluatePage::showMode(int mode) {
  if (mode == 1)
    stack_->setCurrentWidget(try_);
  else
    stack_->setCurrentWidget(open_.evaluation.classes().empty() ? static_cast<QWidget*>(values_) : classes_);
  showEmpty();
}

void EvaluatePage::show(const QString& run, const Evaluation& evaluation) {
  open_.run = run;
  open_.busy = false;
  open_.evaluation = evaluation;
  const Message& unverified = evaluation.unverified();
  if (!unverified.empty())
    message_->setMessage(MessageKind::info,
                         text(say("This evaluation is not verified: {}", unverified).text()));
  message_->setVisible(!unverified.empty());
  const bool regression = evaluation.classes().empty();
  mode_->setText(0, regression ? "Values" : "Classes");
  if (regression)
    values_->setEvaluation(evaluation);
  else
    classes_->setEvaluation(evaluation);
  const QString weak = regression ? QString() : classes_->weakest();
  weak_->setMessage(MessageKind::warn, weak);
  weak_->setVisible(!weak.isEmpty());
  showFacts(evaluation);
  showMode(mode_->current());
}

void EvaluatePage::showFacts(const Evaluation& evaluation) {
  factRow_->setLeaving({});
  for (auto* child : factRow_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) delete child;
  auto* across = static_cast<QHBoxLayout*>(factRow_->layout());
  while (across->count() > 0) delete across->takeAt(0);
  bool first = true;
  QList<QWidget*> boxes;
  const auto fact = [&](const QString& label, const QString& value) {
    auto* box = new QWidget;
    boxes << box;
    auto* column = columnOf(box);
    auto* above = new Text(label, Type::caption, Token::text2);
    above->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred); // whole, or not there
    column->addWidget(above);
    auto* figure = new Text(value, first ? Type::display : Type::titlePlain);
    figure->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
    figure->setFixedHeight(lookOf(this).px(32));
    column->addWidget(figure);
    across->addWidget(box);
    first = false;
  };
  const QString part = partName(text(evaluation.split()));
  const auto count = std::int64_t(evaluation.samples().size());
  const auto number = [](double value) { return figureText(value); };
  if (const auto accuracy = figure(evaluation, "accuracy")) {
    fact(part + " accuracy", text(formatPercent(*accuracy)));
    if (count > 0)
      fact("95 % interval", QString("± %1").arg(text(formatPercent(
                                1.96 * std::sqrt(*accuracy * (1 - *accuracy) / double(count))))));
    const auto* view = session_ != nullptr ? session_->run(open_.run) : nullptr;
    const auto* validation = view != nullptr ? summaryOf(view->row, "val/loss") : nullptr;
    if (validation != nullptr && evaluation.split() == "test" && validation->minimumStep == evaluation.step())
      if (const auto best = bestValidation(view->row))
        fact("Validation, same weights", text(formatPercent(*best)));
    if (const auto loss = figure(evaluation, "loss")) fact("Loss", text(formatLoss(*loss)));
    std::int64_t right = 0;
    for (std::size_t row = 0; row < evaluation.confusion().size(); ++row)
      right += evaluation.confusion()[row][row];
    fact("Wrong", text(formatCount(count - right)));
    fact("Samples", text(formatCount(count)));
  } else {
    const auto& figures = values_->figures();
    const auto r2 = figure(evaluation, "r2");
    fact("R²", r2 ? QString::number(*r2, 'f', 3) : QString(missingText));
    fact("MAE", number(figures.mae));
    fact("RMSE", number(figures.rmse));
    fact("Bias", (figures.bias < 0 ? QString(QChar(0x2212)) : QString("+")) + number(std::abs(figures.bias)));
    fact("Median error", number(figures.half));
    fact("Baseline (predict the mean) MAE", number(figures.meanOnly));
  }
  across->addStretch(1);
  std::reverse(boxes.begin(), boxes.end()); // the first figure stays to the end
  if (!boxes.isEmpty()) boxes.removeLast();
  factRow_->setLeaving(boxes);
}

void EvaluatePage::wantPictures(const QVector<int>& numbers) {
  if (session_ == nullptr || open_.run.isEmpty()) return;
  QVector<int> missing;
  for (const int number : numbers)
    if (!open_.askedPictures.contains(number)) {
      open_.askedPictures.insert(number);
      missing << number;
    }
  if (missing.isEmpty()) return;
  session_->bridge().ask(PicturesOf{open_.run, missing}, this,
                         [this, run = open_.run, missing](const Result<SamplePictures>& answer) {
                           if (run != open_.run) return;
                           if (!answer) return showError(answer.error());
                           setPictures(missing, answer->pictures);
                         });
}

void EvaluatePage::setPictures(const QVector<int>& numbers, const QVector<QImage>& pictures) {
  for (qsizetype at = 0; at < numbers.size() && at < pictures.size(); ++at)
    open_.pictures.insert(numbers[at], pictures[at]);
  classes_->picturesCame();
  Q_EMIT picturesCame();
}

} // namespace loom
