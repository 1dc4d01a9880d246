// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/kit.h"
#include "app/studio/frame/main_window.h"
#include "app/studio/model/state_mark.h"
#include "app/studio/shots/kit_states.h"
#include "app/studio/theme/icons.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/choice_card.h"
#include "app/studio/widgets/cloth.h"
#include "app/studio/widgets/form.h"
#include "app/studio/widgets/noted_field.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/spark_line.h"
#include "app/studio/widgets/text.h"
#include <QtWidgets>

namespace loom {
namespace {

QWidget* labelled(const QString& label, QWidget* sample) {
  auto* box = new QWidget;
  auto* column = columnOf(box, 0, 4);
  column->addWidget(new Text(label, Type::captionPlain, Token::text2));
  column->addWidget(sample, 0, Qt::AlignLeft);
  return box;
}

void addRow(QVBoxLayout* column, const QString& title, const QList<QWidget*>& samples) {
  auto* line = new QWidget;
  auto* row = rowOf(line, 0, 16);
  row->setContentsMargins(0, 8, 0, 8);
  auto* head = new Text(title, Type::bodyStrong);
  head->setFixedWidth(lookOf(line).px(80));
  row->addWidget(head, 0, Qt::AlignVCenter);
  for (QWidget* sample : samples) row->addWidget(sample, 0, Qt::AlignBottom);
  row->addStretch(1);
  column->addWidget(line);
  column->addWidget(new HairLine(Qt::Horizontal, Token::hover));
}

QWidget* fixed(QWidget* widget, int width) {
  widget->setFixedWidth(width);
  return widget;
}

QWidget* cloth(int width, ClothProgress progress) {
  auto* bar = new Cloth;
  bar->setProgress(progress);
  return fixed(bar, width);
}

QWidget* field(const QString& text, FieldMark mark = FieldMark::plain) {
  auto* line = new QLineEdit(text);
  setMark(line, mark);
  return fixed(line, 88);
}

void addButtons(QVBoxLayout* column) {
  const QString save = QStringLiteral("Save"), disk = QStringLiteral("save");
  auto* off = makeButton(save, disk);
  off->setEnabled(false);
  auto* on = makeIconButton(QStringLiteral("probe"), QStringLiteral("Live probe"));
  on->setCheckable(true);
  on->setChecked(true);
  addRow(column, QStringLiteral("Button"),
         {labelled("rest", makeButton(save, disk)),
          labelled("hover", new StateSample(makeButton(save, disk), StateSample::hover)),
          labelled("focus", new StateSample(makeButton(save, disk), StateSample::focus)),
          labelled("off", off), labelled("primary", makeButton("Run", "run", ButtonRole::primary)),
          labelled("ghost", makeButton("Columns", "table", ButtonRole::ghost)),
          labelled("danger", makeButton("Delete", "delete", ButtonRole::danger)),
          labelled("icon", makeIconButton("undo", "Undo")), labelled("icon on", on)});
}

void addFields(QVBoxLayout* column) {
  auto* automatic = new NotedField;
  automatic->setAutomatic("32", "from input");
  auto* dead = new QLineEdit("0.9");
  dead->setEnabled(false);
  auto* combo = new QComboBox;
  combo->addItems({"Cosine", "Constant"});
  auto* spin = new QSpinBox;
  spin->setValue(128);
  spin->setMaximum(4096);
  addRow(column, QStringLiteral("Field"),
         {labelled("rest", field("0.05")),
          labelled("focus", new StateSample(field("0.05"), StateSample::focus)),
          labelled("wrong", field("−1", FieldMark::wrong)), labelled("automatic", fixed(automatic, 128)),
          labelled("off", fixed(dead, 72)), labelled("combo", fixed(combo, 104)),
          labelled("spin", fixed(spin, 80))});
}

void addChoices(QVBoxLayout* column) {
  auto* checked = new QCheckBox;
  checked->setChecked(true);
  auto* chosen = new QRadioButton;
  chosen->setChecked(true);
  auto* tabs = new QTabBar;
  tabs->addTab("Comments 2");
  tabs->addTab("Settings");
  auto* slider = new QSlider(Qt::Horizontal);
  slider->setValue(40);
  addRow(column, QStringLiteral("Choice"),
         {labelled("check", new QCheckBox), labelled("checked", checked), labelled("radio", new QRadioButton),
          labelled("chosen", chosen), labelled("segments", new Segments({"Count", "Share"})),
          labelled("tabs", tabs), labelled("slider", fixed(slider, 120))});
}

void addRowsAndMarks(QVBoxLayout* column) {
  addRow(column, QStringLiteral("Row"),
         {labelled("rest", new RowSample(RowSample::rest)),
          labelled("hover", new RowSample(RowSample::hover)),
          labelled("selected", new RowSample(RowSample::selected)),
          labelled("selected, no focus", new RowSample(RowSample::inactive))});
  addRow(column, QStringLiteral("Mark"),
         {new Chip("baseline"), new Chip("Training", ChipKind::accent), new Chip("Finished", ChipKind::ok),
          new Chip("Open", ChipKind::warn), new Chip("1 error", ChipKind::error),
          new Chip("1×28×28", ChipKind::outline), new KeyCap("Ctrl K"),
          new TipSample("Undo: move Conv2d   Ctrl Z")});
}

void addProgress(QVBoxLayout* column) {
  using State = ClothProgress::State;
  addRow(column, QStringLiteral("Progress"),
         {labelled("run, 30 epochs", cloth(160, {.share = .64, .epochs = 30})),
          labelled("paused", cloth(120, {.share = .4, .epochs = 10, .state = State::paused})),
          labelled("failed", cloth(120, {.share = .3, .epochs = 10, .state = State::failed})),
          labelled("share", fixed(new ShareBar(.48), 120)), labelled("spark line", new SparkSample)});
}

void addStates(QVBoxLayout* column) {
  QList<QWidget*> states;
  for (const RunState state : {RunState::waiting, RunState::running, RunState::paused, RunState::finished,
                               RunState::stopped, RunState::diverged, RunState::outOfMemory}) {
    auto* chip = new Chip;
    showState(*chip, state);
    states << chip;
  }
  addRow(column, QStringLiteral("State"), states);
}

void addCards(QVBoxLayout* column) {
  auto* cards = new QWidget;
  auto* row = rowOf(cards, 0, 8);
  row->setContentsMargins(0, 8, 0, 8);
  auto* here = new ChoiceCard("chip", "This computer", "CPU, 8 threads, oneDNN");
  here->setFact("00:05:31", "free now");
  here->setChecked(true);
  auto* there = new ChoiceCard("hosts", "lab-gpu", "RTX 4090, 21.4 of 24.0 GB free");
  there->setFact("00:00:19", "1 run ahead", Token::warn);
  row->addWidget(here);
  row->addWidget(there);
  column->addWidget(cards);
}

void addTable(QVBoxLayout* column) {
  auto* table = new QTableWidget(3, 4);
  table->setHorizontalHeaderLabels({"Run", "State", "Parameters", "Validation, %"});
  table->verticalHeader()->hide();
  static const char* const cells[3][4] = {{"resnet · 42", "Training", "35,002", "91.88"},
                                          {"cnn · 37", "Finished", "61,706", "90.68"},
                                          {"mlp · 33", "Stopped", "535,818", "89.42"}};
  for (int r = 0; r < 3; ++r)
    for (int c = 0; c < 4; ++c) {
      auto* item = new QTableWidgetItem(cells[r][c]);
      if (c > 1) item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
      table->setItem(r, c, item);
      if (c > 1) table->horizontalHeaderItem(c)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    }
  table->setSortingEnabled(true);
  table->horizontalHeader()->setStretchLastSection(true);
  table->setSelectionBehavior(QAbstractItemView::SelectRows);
  table->selectRow(1);
  table->setItemDelegate(new RowDelegate(table));
  table->setFixedHeight(28 * 4 + 4);
  column->addWidget(table);
}

QWidget* buildWidgets() {
  auto* side = new QWidget;
  side->setFixedWidth(864);
  auto* column = columnOf(side);
  for (const auto add :
       {addButtons, addFields, addChoices, addRowsAndMarks, addProgress, addStates, addCards})
    add(column);
  column->addWidget(new SwatchBoard);
  column->addSpacing(8);
  addTable(column);
  column->addStretch(1);
  return side;
}

QWidget* kit(ShotStage& stage) {
  MainWindow& window = stage.window();
  window.context().setProject(QStringLiteral("Kit: every widget in every state"));
  auto* board = new QWidget;
  setGround(board, Ground::surface);
  auto* row = rowOf(board, 0, 32);
  row->setContentsMargins(24, 8, 24, 8);
  row->addWidget(buildWidgets());
  row->addWidget(new ColourBoard, 1);
  auto* stack = window.findChild<QStackedWidget*>();
  stack->addWidget(board);
  stack->setCurrentWidget(board);
  StripState strip;
  strip.cpu = .04;
  strip.memoryUsed = 2.9e9;
  strip.memoryTotal = 15.6e9;
  window.context().setStrip(strip);
  return &window;
}

QWidget* menuShot(ShotStage& stage) {
  MainWindow& window = stage.window();
  window.resize(1440, 900);
  window.QWidget::show();
  auto* menu = window.findChild<QMenu*>(QStringLiteral("View"));
  menu->popup(window.mapToGlobal(QPoint(92, 30)));
  menu->setActiveAction(menu->actions().value(3));
  return &window;
}

} // namespace

std::vector<Shot> kitShots() { return {{QStringLiteral("kit"), kit}, {QStringLiteral("menu"), menuShot}}; }

} // namespace loom
