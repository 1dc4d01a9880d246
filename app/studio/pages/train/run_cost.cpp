// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/train/run_cost.h"
#include "app/studio/model/run_words.h"
#include "app/studio/widgets/cloth.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "core/base/format.h"
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace loom {
namespace {

void clear(QWidget* box) {
  for (auto* child : box->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) delete child;
}

// The settings of a run that decide its curves; threads, names and checkpoints do not.
bool sameLearning(const RunRow& row, const Network& network, const TrainSettings& settings) {
  const auto number = [&](const char* key) { return settingOf(row, key).toDouble(); };
  return row.network == network.name && row.optimizer == settings.optimizer &&
         row.schedule == settings.schedule && row.epochs == settings.epochs &&
         settingOf(row, "batch") == QString::number(settings.batch) &&
         settingOf(row, "seed") == QString::number(settings.seed) && number("lr") == settings.learningRate;
}

} // namespace

RunCost::RunCost(Session* session, QWidget* parent) : QWidget(parent), session_(session) {
  setObjectName("runCost");
  auto* column = columnOf(this, 0, 16);
  column->setContentsMargins(24, 16, 24, 16);
  column->addWidget(new Text("Before you start", Type::bodyStrong));
  auto* figures = figures_ = new QWidget;
  auto* row = rowOf(figures, 0, 32);
  const auto figure = [&](const QString& label, Text*& value, Text*& note) {
    auto* box = new QWidget;
    auto* inside = columnOf(box);
    inside->addWidget(new Text(label, Type::caption, Token::text2));
    value = new Text(missingText, Type::display);
    value->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred); // a figure is never cut
    note = new Text({}, Type::small, Token::text2);
    inside->addWidget(value);
    inside->addWidget(note);
    row->addWidget(box);
  };
  figure("Time", time_, timeNote_);
  figure("Memory", memory_, memoryNote_);
  time_->setObjectName("estimatedTime");
  memory_->setObjectName("estimatedMemory");
  row->addStretch(1);
  column->addWidget(figures);
  bar_ = new ShareBar;
  column->addWidget(bar_);
  rows_ = new QWidget;
  columnOf(rows_, 0, 8);
  column->addWidget(rows_);
  column->addWidget(new HairLine);
  checks_ = new QWidget;
  columnOf(checks_, 0, 8);
  column->addWidget(checks_);
  column->addStretch(1);
  if (session_ != nullptr) {
    connect(session_, &Session::estimated, this, [this] {
      measuring_ = false;
      failure_.clear();
      showEstimate();
      showChecks();
    });
    connect(session_, &Session::estimateFailed, this, [this](const Error& error) {
      measuring_ = false;
      failure_ = text(error.message());
      showEstimate();
      showChecks();
    });
  }
  showEstimate();
}

void RunCost::setNetwork(const QString& network, const Analysis& analysis, const TrainSettings& settings) {
  network_ = network;
  analysis_ = analysis;
  settings_ = settings;
  showChecks();
}

void RunCost::forget() {
  network_.clear();
  analysis_ = {};
  settings_ = {};
  measuring_ = false;
  failure_.clear();
  showEstimate();
  showChecks();
}

void RunCost::setMeasuring() {
  measuring_ = true;
  showEstimate();
}

void RunCost::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrangeFigures();
}

// Where both do not fit side by side they stand one under the other.
void RunCost::arrangeFigures() {
  auto* row = static_cast<QBoxLayout*>(figures_->layout());
  const auto wide = [](const Text* value, const Text* note) {
    return std::max(value->sizeHint().width(), note->sizeHint().width());
  };
  constexpr int sides = 48, gap = 32;
  const bool fits = wide(time_, timeNote_) + gap + wide(memory_, memoryNote_) <= width() - sides;
  row->setDirection(fits ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
  row->setSpacing(fits ? gap : 8);
}

void RunCost::showEstimate() {
  const auto estimate = session_ != nullptr ? session_->estimate() : std::nullopt;
  const MachineLoad load = session_ != nullptr ? session_->load() : MachineLoad{};
  time_->setColour(measuring_ ? Token::text2 : Token::text);
  memory_->setColour(measuring_ ? Token::text2 : Token::text);
  time_->setText(estimate ? text(formatDuration(estimate->seconds)) : QString(missingText));
  memory_->setText(estimate ? text(formatBytes(std::uint64_t(estimate->memoryBytes))) : QString(missingText));
  timeNote_->setText(measuring_ ? QString("Measuring a few steps")
                     : estimate
                         ? QString(estimate->measured ? "from a few trial steps" : "from the network's size")
                         : QString("not measured yet"));
  const auto free = load.memoryTotal - std::min(load.memoryTotal, load.memoryUsed);
  memoryNote_->setText(load.memoryTotal > 0 ? "of " + text(formatBytes(free)) + " free" : QString());
  bar_->setShare(estimate && free > 0 ? double(estimate->memoryBytes) / double(free) : 0);
  arrangeFigures();
  clear(rows_);
  if (!estimate) return;
  const auto line = [&](const QString& label, const QString& value) {
    auto* box = new QWidget;
    auto* row = rowOf(box);
    row->addWidget(new Text(label, Type::small), 1);
    row->addWidget(new Text(value, Type::small));
    rows_->layout()->addWidget(box);
  };
  line("Time a step", text(formatSeconds(estimate->secondsPerStep)));
  line("Steps", text(formatCount(estimate->steps)));
  line("Multiply-adds a sample", text(formatCountShort(estimate->multiplyAdds)));
  line("Largest batch that fits",
       estimate->largestBatch > 0 ? text(formatCount(estimate->largestBatch)) : "none");
  line("Threads", QString::number(estimate->threads));
}

void RunCost::showChecks() {
  clear(checks_);
  const auto say = [&](const char* icon, Token colour, const QString& words, const QString& link = {},
                       std::function<void()> run = {}) {
    auto* box = new QWidget;
    auto* row = rowOf(box);
    row->addWidget(new IconLabel(icon, 16, colour), 0, Qt::AlignTop);
    auto* sentence = new Text(words, Type::small);
    sentence->setWrap(true);
    row->addWidget(sentence, 1);
    if (!link.isEmpty()) {
      auto* button = makeButton(link, {}, ButtonRole::link);
      setSize(button, ControlSize::small);
      connect(button, &QPushButton::clicked, this, std::move(run));
      row->addWidget(button, 0, Qt::AlignTop);
    }
    checks_->layout()->addWidget(box);
  };
  const auto* network = session_ != nullptr ? session_->network(network_) : nullptr;
  if (network == nullptr) return;
  const auto wrong = std::find_if(analysis_.diagnostics.begin(), analysis_.diagnostics.end(),
                                  [](const auto& one) { return one.level == Diagnostic::Level::error; });
  if (wrong != analysis_.diagnostics.end())
    say("st-error", Token::error, text(wrong->cause.text() + " " + wrong->remedy.text()), "Open Design",
        [this] { Q_EMIT designWanted(); });
  else
    say("st-ok", Token::ok, "The network has no errors: " + plural(analysis_.parameters, "parameter"));
  if (!failure_.isEmpty()) say("st-warn", Token::warn, failure_);
  const auto& estimate = session_->estimate();
  const MachineLoad load = session_->load();
  if (estimate && load.memoryTotal > 0) {
    const auto free = load.memoryTotal - std::min(load.memoryTotal, load.memoryUsed);
    if (std::uint64_t(estimate->memoryBytes) < free)
      say("st-ok", Token::ok, "Memory is enough");
    else
      say("st-warn", Token::warn,
          estimate->largestBatch > 0
              ? "More memory than is free now. A batch of " + text(formatCount(estimate->largestBatch)) +
                    " fits."
              : QString("More memory than this machine has, at any batch. Take smaller layers."));
  }
  if (session_->project() && !session_->project()->writable)
    say("st-error", Token::error, "The project cannot be written here, so that no run can be kept in it.");
  for (const auto& view : session_->runs())
    if (sameLearning(view.row, *network, settings_) && !view.row.archived) {
      const QString run = text(view.row.id);
      say("st-warn", Token::warn,
          QString(view.waiting
                      ? "The same settings wait in the queue as %1 with seed %2. Change the seed to "
                        "learn something new."
                      : "The same settings ran as %1 with seed %2. Change the seed to learn something "
                        "new.")
              .arg(text(view.row.name))
              .arg(settings_.seed),
          "Show", [this, run] { Q_EMIT runLinked(run); });
      break;
    }
}

} // namespace loom
