// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/train/run_side.h"
#include "app/studio/charts/value_format.h"
#include "app/studio/model/run_words.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "core/base/format.h"
#include <QCheckBox>
#include <QDateTime>
#include <QHBoxLayout>
#include <QPainter>
#include <QScrollArea>
#include <QVBoxLayout>
#include <cmath>

namespace loom {
namespace {

constexpr int offeredRuns = 6, shownLines = 60;

// The sample of a line as the legends have it.
class Swatch : public QWidget {
 public:
  Swatch(int colour, QVector<qreal> dash) : colour_(colour), dash_(std::move(dash)) {
    setFixedSize(16, lookOf(this).px(16));
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    QPen pen(lookOf(this).theme().seriesAt(colour_), 2);
    pen.setCapStyle(Qt::FlatCap);
    if (!dash_.isEmpty()) {
      QVector<qreal> pattern;
      for (const qreal length : dash_) pattern << length / 2;
      pen.setDashPattern(pattern);
    }
    painter.setPen(pen);
    painter.drawLine(QPointF(0, height() / 2.0), QPointF(16, height() / 2.0));
  }

 private:
  int colour_;
  QVector<qreal> dash_;
};

void clear(QWidget* box) {
  for (auto* child : box->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) delete child;
  while (box->layout()->count() > 0) delete box->layout()->takeAt(0);
}

struct EventWords {
  const char* icon = "";
  Token colour = Token::text2;
  QString words; // empty: not worth a line
};

EventWords wordsOf(const RunEvent& event) {
  const QString kind = text(event.value("event", std::string()));
  const auto count = [&](const char* key) { return text(formatCount(event.value(key, std::int64_t{0}))); };
  const QString by = text(event.value("by", std::string()));
  if (kind == "started") return {"run", Token::text2, "Started"};
  if (kind == "resumed") return {"resume", Token::text2, "Resumed at step " + count("step")};
  if (kind == "checkpoint")
    return event.value("best", false)
               ? EventWords{"st-ok", Token::ok, "Best so far, checkpoint at step " + count("step")}
               : EventWords{"checkpoint", Token::text2, "Checkpoint at step " + count("step")};
  if (kind == "rate")
    return {"settings", Token::text2,
            QString("Learning rate × %1%2")
                .arg(figureText(event.value("factor", 1.0)), by.isEmpty() ? QString() : " by " + by)};
  if (kind == "control" && !event.value("applied", true))
    return {"st-warn", Token::warn,
            QString("%1 was refused: %2")
                .arg(text(event.value("verb", std::string())), text(event.value("reason", std::string())))};
  if (kind == "tested") {
    QString figure;
    const auto metrics = event.find("metrics");
    if (metrics != event.end() && metrics->is_object())
      for (const bool regression : {false, true}) {
        const auto value = metrics->find(regression ? "test_r2" : "test_accuracy");
        if (value == metrics->end() || !value->is_number()) continue;
        figure = (regression ? ": R² " : ": accuracy ") + shareText(value->get<double>(), regression);
        break;
      }
    return {"st-ok", Token::ok, "Tested with the checkpoint of step " + count("checkpoint") + figure};
  }
  if (kind == "note") {
    const auto level = event.value("level", std::string());
    return {level == "info"    ? "st-info"
            : level == "error" ? "st-error"
                               : "st-warn",
            level == "info"    ? Token::text2
            : level == "error" ? Token::error
                               : Token::warn,
            text(event.value("text", std::string()))};
  }
  if (kind == "state" && event.value("state", std::string()) == "paused")
    return {"pause", Token::text2, "Paused"};
  if (kind == "finished") {
    const auto state = stateFromText(event.value("status", std::string())).value_or(RunState::failed);
    const auto& mark = stateMark(state);
    return {mark.icon, mark.colour, mark.word};
  }
  return {};
}

// When it happened, on the clock of the wall. Older journals have the time of the first and the last record
// alone; what else they know is how long the run had trained, which leaves pauses out.
QString clockOf(const RunEvent& event, const RunRow& row) {
  if (const auto time = event.find("time"); time != event.end() && time->is_number_integer())
    return QDateTime::fromMSecsSinceEpoch(time->get<std::int64_t>() / 1000).toString("HH:mm:ss");
  const auto seconds = event.find("seconds");
  return seconds != event.end() && seconds->is_number() ? clockText(row, seconds->get<double>()) : QString();
}

QString stateIn(const RunEvent& event) {
  return event.value("event", std::string()) == "state" ? text(event.value("state", std::string()))
                                                        : QString();
}

} // namespace

RunSide::RunSide(Session* session, Board* board, QWidget* parent)
    : QWidget(parent), session_(session), board_(board) {
  setObjectName("runSide");
  setGround(this, Ground::surface);
  fixWidth(this, 264);
  // In a low window the whole side scrolls; else the events alone.
  auto* all = new QScrollArea;
  all->setFrameShape(QFrame::NoFrame);
  all->setWidgetResizable(true);
  all->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setGround(all, Ground::surface);
  auto* inside = new QWidget;
  setGround(inside, Ground::surface);
  auto* column = columnOf(inside);
  all->setWidget(inside);
  columnOf(this)->addWidget(all);
  crossTitle_ = new DockTitle("Now");
  column->addWidget(crossTitle_);
  values_ = new QWidget;
  auto* valueColumn = columnOf(values_, 0, 0);
  valueColumn->setContentsMargins(12, 8, 12, 8);
  column->addWidget(values_);
  column->addWidget(new HairLine);
  column->addWidget(new DockTitle("Laid over"));
  runs_ = new QWidget;
  auto* runColumn = columnOf(runs_, 0, 0);
  runColumn->setContentsMargins(12, 4, 12, 8);
  column->addWidget(runs_);
  column->addWidget(new HairLine);
  column->addWidget(new DockTitle("Events"));
  auto* scroll = new QScrollArea;
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setGround(scroll, Ground::surface);
  events_ = new QWidget;
  events_->setObjectName("runEvents");
  setGround(events_, Ground::surface);
  auto* eventColumn = columnOf(events_, 0, 8);
  eventColumn->setContentsMargins(12, 8, 12, 8);
  scroll->setWidget(events_);
  leastHeight(scroll, 96);
  column->addWidget(scroll, 1);
  connect(board_, &Board::crosshairMoved, this, [this](double x) {
    x_ = x;
    showValues();
  });
  connect(board_, &Board::crosshairLeft, this, [this] {
    x_.reset();
    showValues();
  });
  connect(board_, &Board::answered, this, &RunSide::showValues);
  if (session_ == nullptr) return;
  connect(session_, &Session::runsChanged, this, [this] {
    offerRuns();
    if (!x_) showValues();
  });
}

void RunSide::setRun(const QString& run) {
  if (run == run_) return;
  run_ = run;
  over_.clear();
  offered_.clear();
  clear(runs_);
  shownEvents_ = -1;
  clear(events_);
  offerRuns();
  showValues();
}

// The curves' own ends depend on the width of the charts and on their smoothing.
void RunSide::takeStored(QVector<Board::Value>& values) const {
  const auto* mine = session_ != nullptr ? session_->run(run_) : nullptr;
  if (mine == nullptr) return;
  qsizetype at = 0;
  for (const auto* row : chartsFor(isRegression(mine->row), false)) {
    const auto* chart = board_->chart(row->spec.id);
    for (const auto& run : chart != nullptr ? board_->runs() + over_ : QStringList())
      for (const auto& line : row->lines) {
        if (chart->curve(run + "|" + line.key) == nullptr) continue;
        if (at >= values.size() || values[at].run != run) return; // the board shows something else still
        const auto* view = session_->run(run);
        const auto* stored = view != nullptr ? summaryOf(view->row, line.key) : nullptr;
        if (stored != nullptr && stored->count > 0)
          values[at].text = formatValue(stored->last, row->spec.format);
        ++at;
      }
  }
}

void RunSide::showValues() {
  auto values = board_->valuesAt(x_);
  if (!x_) takeStored(values);
  if (x_) {
    const QString epoch = *x_ == std::floor(*x_) ? QString::number(*x_) : QString::number(*x_, 'f', 2);
    crossTitle_->setTitle("At epoch " + epoch,
                          "step " +
                              text(formatCount(std::max<qint64>(1, std::llround(board_->stepOf(*x_))))));
  } else {
    crossTitle_->setTitle("Now", "point at a chart to go back");
  }
  // The rows stay while only their numbers change.
  const auto lines = values_->findChildren<QWidget*>("value", Qt::FindDirectChildrenOnly);
  if (lines.size() == values.size()) {
    for (qsizetype index = 0; index < values.size(); ++index) {
      const auto texts = lines[index]->findChildren<Text*>(QString(), Qt::FindDirectChildrenOnly);
      if (texts.size() == 2) {
        texts[0]->setText(values[index].label);
        texts[1]->setText(values[index].text);
      }
    }
    return;
  }
  clear(values_);
  for (const auto& value : values) {
    auto* line = new QWidget;
    line->setObjectName("value");
    line->setFixedHeight(lookOf(this).row());
    auto* row = rowOf(line);
    row->addWidget(new Swatch(value.colour, value.dash));
    row->addWidget(new Text(value.label, Type::small), 1);
    auto* figure = new Text(value.text, Type::small);
    figure->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred); // whole; the name gives way
    row->addWidget(figure);
    values_->layout()->addWidget(line);
  }
}

void RunSide::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  offerRuns();
}

void RunSide::offerRuns() {
  if (session_ == nullptr) return;
  const auto* mine = session_->run(run_);
  const bool regression = mine != nullptr && isRegression(mine->row);
  QVector<const RunView*> offered;
  for (const auto& view : session_->runs()) {
    if (offered.size() >= (window()->height() < lookOf(this).px(800) ? 2 : offeredRuns)) break;
    if (text(view.row.id) == run_ || view.row.archived || underWay(view) || !bestValidation(view.row) ||
        isRegression(view.row) != regression)
      continue;
    offered.push_back(&view);
  }
  QVector<std::pair<std::string, std::string>> now;
  for (const auto* view : offered) now.push_back({view->row.id, view->row.name});
  if (now == offered_ && runs_->layout()->count() > 0) return;
  offered_ = now;
  clear(runs_);
  if (offered.isEmpty()) {
    auto* none = new Text("Earlier runs can be laid over this one.", Type::small, Token::text2);
    none->setWrap(true);
    runs_->layout()->addWidget(none);
  }
  for (const auto* view : offered) {
    const QString id = text(view->row.id);
    auto* line = new QWidget;
    auto* row = rowOf(line);
    auto* box = new QCheckBox;
    box->setObjectName("over_" + id);
    box->setAccessibleName("Lay over " + text(view->row.name));
    box->setChecked(over_.contains(id));
    connect(box, &QCheckBox::toggled, this, [this, id](bool on) {
      if (on)
        over_ << id;
      else
        over_.removeAll(id);
      Q_EMIT laidOverChanged();
      showValues();
    });
    auto* words = new QWidget;
    auto* both = columnOf(words);
    both->addWidget(new Text(text(view->row.name), Type::smallMedium));
    both->addWidget(new Text(shareText(*bestValidation(view->row), regression) + ", " +
                                 plural(view->row.parameters, "parameter"),
                             Type::small, Token::text2));
    row->addWidget(box);
    row->addWidget(words, 1);
    line->setFixedHeight(lookOf(this).px(36));
    runs_->layout()->addWidget(line);
  }
}

void RunSide::setEvents(const QVector<StoredEvent>& events, const RunRow& row) {
  if (events.size() == shownEvents_) return;
  shownEvents_ = events.size();
  clear(events_);
  auto* column = static_cast<QVBoxLayout*>(events_->layout());
  int lines = 0;
  for (auto one = events.rbegin(); one != events.rend() && lines < shownLines; ++one) {
    EventWords said = wordsOf(one->event);
    if (stateIn(one->event) == "running") { // the first one follows "started" and says nothing new
      const auto before = std::find_if(std::next(one), events.rend(), [](const StoredEvent& earlier) {
        return !stateIn(earlier.event).isEmpty();
      });
      if (before != events.rend() && before->attempt == one->attempt && stateIn(before->event) == "paused")
        said = {"resume", Token::text2, "Resumed"};
    }
    if (said.words.isEmpty()) continue;
    ++lines;
    auto* box = new QWidget;
    auto* line = rowOf(box);
    line->addWidget(new IconLabel(said.icon, 16, said.colour), 0, Qt::AlignTop);
    auto* sentence = new Text(said.words, Type::small);
    sentence->setWrap(true);
    line->addWidget(sentence, 1);
    if (const QString clock = clockOf(one->event, row); !clock.isEmpty())
      line->addWidget(new Text(clock, Type::small, Token::text2), 0, Qt::AlignTop);
    column->addWidget(box);
  }
  column->addStretch(1);
}

} // namespace loom
