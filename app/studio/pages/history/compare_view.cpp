// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/history/compare_view.h"
#include "app/studio/pages/run_words.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/format.h"
#include <QCheckBox>
#include <QHBoxLayout>
#include <QPainter>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>
#include <map>
#include <set>

namespace loom {
namespace {

constexpr int labelWidth = 148;

// A run in the tool bar: the sample of its line, its name, and a way to take it out.
class RunChip : public QAbstractButton {
 public:
  RunChip(const QString& name, int colour) : colour_(colour) {
    setText(name);
    setAccessibleName("Take out " + name);
    setTip(this, "Take " + name + " out");
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  }
  QSize sizeHint() const override {
    const Look& look = lookOf(this);
    return {QFontMetrics(look.fonts[Type::smallMedium]).horizontalAdvance(text()) + look.px(56), look.px(24)};
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const Look& look = lookOf(this);
    QPainter painter(this);
    paintBox(
        painter, rect(),
        {.ground = underMouse() ? look[Token::fill] : QColor(), .border = look[Token::line], .radius = 3});
    paintLine(painter, QPointF(look.px(8), height() / 2.0), look);
    paintText(painter, QRectF(look.px(30), 0, width() - look.px(52), height()), text(),
              look.fonts[Type::smallMedium], look[Token::text]);
    look.icons.paint(painter, QRectF(width() - look.px(20), 0, look.px(12), height()), "close", look.px(12),
                     look[Token::text2]);
  }

 private:
  void paintLine(QPainter& painter, QPointF from, const Look& look) const {
    QPen pen(look.theme().seriesAt(colour_), 2.5);
    pen.setCapStyle(Qt::FlatCap);
    QVector<qreal> dash;
    for (const qreal length : seriesDash(colour_)) dash << length / 2.5;
    if (!dash.isEmpty()) pen.setDashPattern(dash);
    painter.setPen(pen);
    painter.drawLine(from, from + QPointF(look.px(16), 0));
  }
  int colour_;
};

QString settingLabel(const std::string& name) {
  static const std::map<std::string, QString> labels = {{"lr", "Learning rate"},
                                                        {"network", "Network"},
                                                        {"data", "Data"},
                                                        {"optimizer", "Optimizer"},
                                                        {"schedule", "Schedule"},
                                                        {"keep_checkpoints", "Checkpoints kept"},
                                                        {"checkpoint_every", "Checkpoint every"}};
  if (const auto found = labels.find(name); found != labels.end()) return found->second;
  QString words = text(name).replace('_', ' ');
  if (!words.isEmpty()) words[0] = words[0].toUpper();
  return words;
}

} // namespace

QVector<CompareRow> settingRows(const QVector<RunView>& runs, bool onlyDiffering) {
  std::map<std::string, QStringList> values;
  const auto put = [&](const std::string& key, qsizetype run, const QString& value) {
    auto& list = values[key];
    while (list.size() < runs.size()) list << QString(missingText);
    list[run] = value;
  };
  for (qsizetype run = 0; run < runs.size(); ++run) {
    for (const auto& [key, value] : runs[run].row.settings) put(key, run, text(value));
    put("parameters", run, text(formatCount(runs[run].row.parameters)));
  }
  QVector<CompareRow> rows;
  const auto take = [&](const std::string& key) {
    const auto found = values.find(key);
    if (found == values.end()) return;
    const QStringList& list = found->second;
    if (!onlyDiffering || std::set<QString>(list.begin(), list.end()).size() > 1)
      rows.push_back({settingLabel(key), list, -1, false, {}});
    values.erase(found);
  };
  for (const char* first : {"network", "parameters", "data", "optimizer", "lr", "schedule", "weight_decay",
                            "momentum", "epochs", "batch", "seed"})
    take(first);
  while (!values.empty()) take(values.begin()->first);
  return rows;
}

QVector<CompareRow> resultRows(const QVector<RunView>& runs) {
  QVector<CompareRow> rows;
  const auto add = [&](const QString& label, const std::function<std::optional<double>(const RunRow&)>& value,
                       const std::function<QString(const RunRow&, double)>& words, bool smallest,
                       bool judged = true) {
    CompareRow row{label, {}, -1, false, {}};
    std::optional<double> best;
    for (qsizetype index = 0; index < runs.size(); ++index) {
      const auto each = value(runs[index].row);
      row.cells << (each ? words(runs[index].row, *each) : QString(missingText));
      if (judged && each && (!best || (smallest ? *each < *best : *each > *best))) {
        best = each;
        row.best = static_cast<int>(index);
      }
    }
    const bool any = std::any_of(row.cells.begin(), row.cells.end(),
                                 [](const QString& cell) { return cell != missingText; });
    if (std::set<QString>(row.cells.begin(), row.cells.end()).size() < 2) row.best = -1;
    if (any) rows.push_back(row);
  };
  const auto share = [](const RunRow& row, double value) { return shareText(value, isRegression(row)); };
  const bool regression = !runs.isEmpty() && isRegression(runs.front().row);
  const auto lowest = [](const char* key) {
    return [key](const RunRow& row) -> std::optional<double> {
      const auto* one = summaryOf(row, key);
      return one != nullptr ? std::optional(one->minimum) : std::nullopt;
    };
  };
  const auto loss = [](const RunRow&, double value) { return text(formatLoss(value)); };
  add(
      regression ? "Validation R²" : "Validation accuracy",
      [](const RunRow& row) { return bestValidation(row); }, share, false);
  add(
      regression ? "Test R²" : "Test accuracy", [](const RunRow& row) { return row.testMetric; }, share,
      false);
  add("Validation loss, lowest", lowest("val/loss"), loss, true);
  add(
      "Train loss, last",
      [](const RunRow& row) -> std::optional<double> {
        const auto* one = summaryOf(row, "train/loss");
        return one != nullptr ? std::optional(one->last) : std::nullopt;
      },
      loss, true);
  add(
      "Epoch of the best",
      [](const RunRow& row) -> std::optional<double> {
        if (row.checkpoint < 0 || row.stepsPerEpoch <= 0) return std::nullopt;
        return double((row.checkpoint + row.stepsPerEpoch - 1) / row.stepsPerEpoch);
      },
      [](const RunRow&, double value) { return QString::number(value); }, true, false);
  add(
      "Time", [](const RunRow& row) { return row.seconds > 0 ? std::optional(row.seconds) : std::nullopt; },
      [](const RunRow&, double value) { return text(formatDuration(value)); }, true);
  return rows;
}

CompareTable::CompareTable(QWidget* parent) : QWidget(parent) {
  setObjectName("compareTable");
  setGround(this, Ground::surface);
}

void CompareTable::setRows(const QVector<CompareRow>& rows, int columns) {
  rows_ = rows;
  columns_ = columns;
  updateGeometry();
  update();
}

double CompareTable::rowHeight(const CompareRow& row) const { return lookOf(this).px(row.heading ? 32 : 26); }

QSize CompareTable::sizeHint() const {
  double height = 0;
  for (const auto& row : rows_) height += rowHeight(row);
  return {lookOf(this).px(640), static_cast<int>(height)};
}

QSize CompareTable::minimumSizeHint() const {
  return {lookOf(this).px(labelWidth + 96 * std::max(1, columns_)), sizeHint().height()};
}

void CompareTable::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const double left = look.px(16), first = look.px(16 + labelWidth);
  const double wide = columns_ > 0 ? (width() - first) / columns_ : 0;
  double y = 0;
  for (const auto& row : rows_) {
    const double high = rowHeight(row);
    if (row.heading) {
      if (y > 0) paintHorizontalLine(painter, 0, width(), y, look[Token::line]);
      const int taken = paintText(painter, QRectF(left, y, width() - left, high), row.label,
                                  look.fonts[Type::smallStrong], look[Token::text]);
      paintText(painter, QRectF(left + taken + look.px(8), y, width() - left - taken, high), row.second,
                look.fonts[Type::small], look[Token::text2]);
    } else {
      paintText(painter, QRectF(left, y, first - left - 8, high), row.label, look.fonts[Type::small],
                look[Token::text2]);
      const double shift = row.named ? look.px(22) : 0;
      for (int column = 0; column < row.cells.size() && column < columns_; ++column) {
        if (row.named)
          painter.fillRect(QRectF(first + column * wide, std::floor(y + high / 2) - 1, 16, 2),
                           look.theme().seriesAt(column));
        paintText(painter, QRectF(first + column * wide + shift, y, wide - 8 - shift, high),
                  row.cells[column], look.fonts[column == row.best ? Type::smallStrong : Type::small],
                  look[row.cells[column] == missingText ? Token::textOff : Token::text]);
      }
    }
    y += high;
    paintHorizontalLine(painter, 0, width(), y - 1, look[row.heading ? Token::line : Token::hover]);
  }
}

CompareView::CompareView(Session* session, QWidget* parent) : QWidget(parent), session_(session) {
  setObjectName("compareView");
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  bar_ = new PageToolBar("Compare");
  chips_ = new QWidget;
  rowOf(chips_);
  auto* back = makeIconButton("chevron-left", "Back to all runs");
  back->setObjectName("compareBack");
  setTip(back, "Back to all runs", "Esc");
  connect(back, &QToolButton::clicked, this, &CompareView::backWanted);
  bar_->addWidget(chips_);
  unit_ = new Segments({"By step", "By epoch"}, 1);
  bar_->addRight(unit_);
  static_cast<QHBoxLayout*>(bar_->layout())->insertWidget(0, back);
  column->addWidget(bar_);
  auto* page = new QWidget;
  setGround(page, Ground::surface);
  auto* inside = columnOf(page);
  board_ = new Board(Board::Kind::compared);
  board_->setObjectName("compareBoard");
  board_->setSession(session_);
  board_->setFixedHeight(lookOf(this).px(320));
  inside->addWidget(board_);
  only_ = new QCheckBox("Only differences");
  only_->setObjectName("onlyDifferences");
  only_->setChecked(true);
  auto* tools = new QWidget;
  auto* toolRow = rowOf(tools);
  toolRow->setContentsMargins(16, 0, 16, 4);
  toolRow->addStretch(1);
  toolRow->addWidget(only_);
  inside->addWidget(tools);
  inside->addWidget(new HairLine);
  table_ = new CompareTable;
  inside->addWidget(table_);
  inside->addStretch(1);
  auto* scroll = new QScrollArea;
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setGround(scroll, Ground::surface);
  scroll->setWidget(page);
  column->addWidget(scroll, 1);
  connect(unit_, &Segments::chosen, this, [this](int index) { board_->setUnit(index == 1); });
  connect(only_, &QCheckBox::toggled, this, &CompareView::showTable);
  connect(board_, &Board::crosshairMoved, this, [this](double x) {
    x_ = x;
    showTable();
  });
  connect(board_, &Board::crosshairLeft, this, [this] {
    x_.reset();
    showTable();
  });
  connect(board_, &Board::answered, this, &CompareView::showTable);
  if (session_ != nullptr)
    connect(session_, &Session::runsChanged, this, [this] {
      if (isVisible()) showTable();
    });
}

void CompareView::setRuns(const QStringList& runs) {
  runs_ = runs.mid(0, 8);
  refresh();
}

void CompareView::refresh() {
  for (auto* child : chips_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) delete child;
  bool regression = false;
  for (int index = 0; index < runs_.size(); ++index) {
    const auto* view = session_ != nullptr ? session_->run(runs_[index]) : nullptr;
    regression = regression || (view != nullptr && isRegression(view->row));
    auto* chip = new RunChip(view != nullptr ? text(view->row.name) : runs_[index].left(8), index);
    connect(
        chip, &QAbstractButton::clicked, this,
        [this, id = runs_[index]] {
          QStringList left = runs_;
          left.removeAll(id);
          Q_EMIT runsChanged(left);
        },
        Qt::QueuedConnection);
    chips_->layout()->addWidget(chip);
  }
  board_->setRuns(runs_, regression);
  showTable();
}

void CompareView::showTable() {
  QVector<RunView> views;
  for (const auto& id : runs_)
    if (const auto* view = session_ != nullptr ? session_->run(id) : nullptr) views.push_back(*view);
  QVector<CompareRow> rows;
  CompareRow names{"", {}, -1, false, {}};
  for (const auto& view : views) names.cells << text(view.row.name);
  names.label = x_ ? QString("At epoch %1")
                         .arg(*x_ == std::floor(*x_) ? QString::number(*x_) : QString::number(*x_, 'f', 2))
                   : QString("At the end");
  names.named = true;
  rows << names;
  CompareRow figures{"Accuracy, loss", {}, -1, false, {}};
  const auto values = board_->valuesAt(x_);
  if (!views.isEmpty() && isRegression(views.front().row)) figures.label = "R², loss";
  for (const auto& view : views) {
    QStringList both;
    for (const auto& value : values)
      if (value.run == text(view.row.id)) both << value.text;
    figures.cells << both.join("   ");
  }
  rows << figures;
  const auto all = settingRows(views, false), differing = settingRows(views, true);
  rows << CompareRow{
      "Parameters that differ", {}, -1, true, QString("%1 of %2").arg(differing.size()).arg(all.size())};
  rows << (only_->isChecked() ? differing : all);
  rows << CompareRow{"Results", {}, -1, true, "the best of each row is bold"};
  rows << resultRows(views);
  table_->setRows(rows, int(views.size()));
}

} // namespace loom
