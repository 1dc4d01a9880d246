// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/history/compare_view.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/history/network_pair.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/visible_text.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/format.h"
#include "core/run/fit.h"
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QPainter>
#include <QResizeEvent>
#include <QScrollArea>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>

namespace loom {
namespace {

constexpr int besideFrom = 1180; // from this width on the networks stand beside the curves

// A run in the tool bar: the sample of its line, its name, and a way to take it out.
class RunChip : public QAbstractButton {
 public:
  RunChip(const QString& name, int colour) : colour_(colour) {
    setText(toLabel(name));
    setAccessibleName("Take out " + name);
    setTip(this, "Take " + name + " out");
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  }
  QSize sizeHint() const override {
    const Look& look = lookOf(this);
    return {QFontMetrics(look.fonts[Type::smallMedium]).horizontalAdvance(fromLabel(text())) + look.px(56),
            look.px(24)};
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const Look& look = lookOf(this);
    QPainter painter(this);
    paintBox(
        painter, rect(),
        {.ground = underMouse() ? look[Token::fill] : QColor(), .border = look[Token::line], .radius = 3});
    paintLine(painter, QPointF(look.px(8), height() / 2.0), look);
    paintText(painter, QRectF(look.px(30), 0, width() - look.px(52), height()), fromLabel(text()),
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

} // namespace

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
  unit_ = new Segments({"By step", "By epoch", "By time"}, 1);
  bar_->addRight(unit_);
  static_cast<QHBoxLayout*>(bar_->layout())->insertWidget(0, back);
  column->addWidget(bar_);
  split_ = new Splitter(Qt::Horizontal);
  split_->setChildrenCollapsible(false);
  split_->addWidget(buildCurves());
  split_->addWidget(buildNetworks());
  split_->setStretchFactor(0, 3);
  split_->setStretchFactor(1, 2);
  column->addWidget(split_, 1);
  bind();
}

// The curves, and the table under them.
QWidget* CompareView::buildCurves() {
  auto* page = new QWidget;
  setGround(page, Ground::surface);
  inside_ = columnOf(page);
  board_ = new Board(Board::Kind::compared);
  board_->setObjectName("compareBoard");
  board_->setSession(session_);
  fixHeight(board_, 320);
  inside_->addWidget(board_);
  only_ = new QCheckBox("Only differences");
  only_->setObjectName("onlyDifferences");
  only_->setChecked(true);
  auto* tools = new QWidget;
  auto* toolRow = rowOf(tools);
  toolRow->setContentsMargins(16, 0, 16, 4);
  toolRow->addStretch(1);
  toolRow->addWidget(only_);
  inside_->addWidget(tools);
  inside_->addWidget(new HairLine);
  table_ = new CompareTable;
  inside_->addWidget(table_);
  inside_->addStretch(1);
  auto* scroll = new QScrollArea;
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setGround(scroll, Ground::surface);
  scroll->setWidget(page);
  return scroll;
}

void CompareView::bind() {
  connect(unit_, &Segments::chosen, this, [this](int index) {
    board_->setUnit(static_cast<Board::Unit>(index));
    x_.reset();
    showTable();
  });
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
  if (session_ == nullptr) return;
  connect(session_, &Session::runsChanged, this, [this] {
    if (isVisible()) showTable();
  });
  connect(session_, &Session::factsChanged, this, [this] {
    shownPair_.reset();
    showNetworks();
  });
}

void CompareView::forget() {
  known_.clear();
  shownPair_.reset();
  x_.reset();
  for (auto* box : chosen_) box->clear();
  setRuns({});
  pair_->clear({});
}

QWidget* CompareView::buildNetworks() {
  networks_ = new QWidget;
  networks_->setObjectName("compareNetworks");
  setGround(networks_, Ground::surface);
  auto* column = columnOf(networks_);
  auto* title = new DockTitle("Networks side by side");
  constexpr ChipKind kinds[] = {ChipKind::warn, ChipKind::error, ChipKind::ok};
  for (std::size_t index = 0; index < counts_.size(); ++index) {
    counts_[index] = new Chip({}, kinds[index]);
    title->addRight(counts_[index]);
  }
  column->addWidget(title);
  column->addWidget(new HairLine);
  choosers_ = new QWidget;
  auto* row = rowOf(choosers_, 0, 32);
  row->setContentsMargins(16, 8, 16, 0);
  for (std::size_t side = 0; side < 2; ++side) {
    chosen_[side] = new QComboBox;
    chosen_[side]->setObjectName(side == 0 ? "leftNetwork" : "rightNetwork");
    chosen_[side]->setAccessibleName(side == 0 ? "Network at the left" : "Network at the right");
    setSize(chosen_[side], ControlSize::small);
    row->addWidget(chosen_[side], 1);
    connect(chosen_[side], &QComboBox::activated, this, &CompareView::showNetworks);
  }
  column->addWidget(choosers_);
  pair_ = new NetworkPair;
  column->addWidget(pair_, 1);
  return networks_;
}

// Beside the curves where there is room, else under the table, as high as it is.
void CompareView::placeNetworks() {
  const bool beneath = width() < lookOf(this).px(besideFrom);
  if (beneath != beneath_) {
    beneath_ = beneath;
    if (beneath)
      inside_->insertWidget(inside_->count() - 1, networks_);
    else {
      split_->addWidget(networks_);
      split_->setSizes({width() * 3 / 5, width() * 2 / 5});
    }
    networks_->show();
  }
  pair_->setVerticalScrollBarPolicy(beneath ? Qt::ScrollBarAlwaysOff : Qt::ScrollBarAsNeeded);
  pair_->setMinimumHeight(beneath ? pair_->contentHeight() : 0);
}

void CompareView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  placeNetworks();
}

void CompareView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  askNetworks();
}

// A run's network never changes: each is asked for once.
void CompareView::askNetworks() {
  if (session_ == nullptr) return;
  for (const auto& run : runs_) {
    if (known_.contains(run)) continue;
    session_->bridge().ask(NetworkOfRun{run}, this,
                           [this, run](const Result<Network>& network) {
                             if (!runs_.contains(run)) return;
                             known_[run] =
                                 network ? *network : Network{}; // one that cannot be read is shown as such
                             chooseNetworks();
                           },
                           {.slot = run});
  }
  chooseNetworks();
}

// The first run against the last whose network is another one.
void CompareView::chooseNetworks() {
  for (const auto& run : runs_)
    if (!known_.contains(run)) return showNetworks(); // not all are there
  QStringList listed;
  for (int index = 0; index < chosen_[0]->count(); ++index) listed << chosen_[0]->itemData(index).toString();
  if (listed != runs_) {
    for (auto* box : chosen_) {
      box->clear();
      for (const auto& run : runs_) {
        const auto* view = session_->run(run);
        box->addItem(view != nullptr ? text(view->row.name) : run.left(8), run);
      }
    }
    int other = int(runs_.size()) - 1;
    while (other > 1 && known_[runs_[other]] == known_[runs_.front()]) --other;
    chosen_[0]->setCurrentIndex(0);
    chosen_[1]->setCurrentIndex(other);
  }
  showNetworks();
}

bool CompareView::takeSide(std::size_t side, NamedNetwork& into) {
  const auto none = [this](const QString& words) {
    shownPair_.reset();
    for (auto* chip : counts_) chip->hide();
    pair_->clear(words);
    placeNetworks();
    return false;
  };
  const QString run = chosen_[side]->currentData().toString();
  if (!runs_.contains(run) || !known_.contains(run)) return none("The networks are read …");
  const auto* view = session_->run(run);
  into.title = view != nullptr ? text(view->row.name) : run.left(8);
  into.network = known_[run];
  if (into.network.nodes.empty())
    return none("The network of " + into.title +
                " cannot be read: its run folder is gone or damaged. Its curves are kept in the history.");
  return true;
}

void CompareView::showNetworks() {
  choosers_->setVisible(runs_.size() > 2);
  NamedNetwork sides[2];
  if (!takeSide(0, sides[0]) || !takeSide(1, sides[1])) return;
  const Pair now{chosen_[0]->currentData().toString(), chosen_[1]->currentData().toString(),
                 runs_.size() > 2};
  if (shownPair_ == now) return;
  shownPair_ = now;
  for (auto& one : sides) {
    one.analysis = analyse(one.network);
    if (const auto& facts = session_->facts()) addFit(one.analysis, one.network, *facts);
    if (now.named) one.title.clear(); // the box above says it
    one.second = text(formatCount(one.analysis.parameters)) + " parameters";
  }
  pair_->setPair(sides[0], sides[1]);
  showCounts();
  placeNetworks();
}

void CompareView::showCounts() {
  constexpr NodePair::Kind kinds[] = {NodePair::Kind::changed, NodePair::Kind::removed,
                                      NodePair::Kind::added};
  constexpr ChipKind chips[] = {ChipKind::warn, ChipKind::error, ChipKind::ok};
  const char* words[] = {"changed", "removed", "added"};
  int differing = 0;
  for (std::size_t index = 0; index < counts_.size(); ++index) {
    const int count = pair_->count(kinds[index]);
    differing += count;
    counts_[index]->setChip(QString("%1 %2").arg(count).arg(words[index]), chips[index]);
    counts_[index]->setVisible(count > 0);
  }
  if (differing == 0) {
    counts_[0]->setChip("the same", ChipKind::plain);
    counts_[0]->show();
  }
}

void CompareView::setRuns(const QStringList& runs) {
  runs_ = runs.mid(0, 8);
  refresh();
  if (isVisible()) askNetworks();
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
  names.label = x_ ? "At " + board_->placeText(*x_) : QString("At the end");
  names.named = true;
  rows << names;
  static const char* const labels[] = {"Accuracy, loss", "Accuracy, loss", "R², loss", "Metric, loss"};
  CompareRow figures{labels[int(validationKind(views))], {}, -1, false, {}};
  const auto values = board_->valuesAt(x_);
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
