// SPDX-License-Identifier: GPL-3.0-or-later
// How the Design page is put together, and what gives way in a small window.
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/model/session.h"
#include "app/studio/pages/design/code_view.h"
#include "app/studio/pages/design/design_page.h"
#include "app/studio/pages/design/family_column.h"
#include "app/studio/pages/design/inspector.h"
#include "app/studio/pages/design/node_table.h"
#include "app/studio/pages/design/palette.h"
#include "app/studio/pages/design/problems.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include <QComboBox>
#include <QHBoxLayout>
#include <QPushButton>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

namespace loom {
namespace {

constexpr int paletteWidth = 160, widestPalette = 280, familiesWidth = 40, overWidth = 200,
              inspectorWidth = 280, narrowInspector = 240, widestInspector = 440, problemsHeight = 140,
              oneProblem = 31;
// Of the window, after dividing by the text size.
constexpr int narrowWindow = 1152, lowWindow = 700, compactWindow = 800;

} // namespace

void DesignPage::build() {
  auto* column = columnOf(this);
  buildBar();
  column->addWidget(bar_);
  message_ = new MessageBar;
  message_->hide();
  column->addWidget(message_);
  across_ = new Splitter(Qt::Horizontal);
  column->addWidget(across_, 1);
  across_->addWidget(buildLeft());
  across_->addWidget(buildCentre());
  inspector_ = new Inspector(document_);
  across_->addWidget(inspector_);
  for (int part = 0; part < 3; ++part) across_->setStretchFactor(part, part == 1 ? 1 : 0);
  across_->setChildrenCollapsible(false);
  const Look& look = lookOf(this);
  left_->setMinimumWidth(look.px(paletteWidth));
  left_->setMaximumWidth(look.px(widestPalette));
  inspector_->setMinimumWidth(look.px(narrowInspector));
  inspector_->setMaximumWidth(look.px(widestInspector));
  across_->setSizes({look.px(paletteWidth), 1000, look.px(inspectorWidth)});
}

void DesignPage::buildBar() {
  bar_ = new PageToolBar("Network");
  names_ = new QComboBox;
  names_->setObjectName("networkNames");
  names_->setAccessibleName("Network");
  leastWidth(names_, 152);
  bar_->addWidget(names_);
  auto& actions = context().actions;
  bar_->addTool(actions["network.new"]);
  bar_->addLine();
  bar_->addTool(actions["edit.undo"]);
  bar_->addTool(actions["edit.redo"]);
  bar_->addLine();
  bar_->addTool(actions["network.layout"]);
  bar_->addTool(actions["network.fit"], true);
  bar_->addLine();
  views_ = new Segments({"Canvas", "Table", "Code"});
  views_->setAccessibleName("View");
  bar_->addWidget(views_);
  bar_->setPrimary("Run", "run")->setObjectName("designRun");
  setTip(bar_->primary(), "Run", "F5");
}

QWidget* DesignPage::buildLeft() {
  left_ = new QWidget;
  auto* row = rowOf(left_, 0, 0);
  families_ = new FamilyColumn;
  families_->hide();
  palette_ = new Palette;
  row->addWidget(families_);
  row->addWidget(palette_, 1);
  paletteOver_ = new QWidget(this);
  paletteOver_->setObjectName("paletteOver");
  setGround(paletteOver_, Ground::surface);
  rowOf(paletteOver_, 0, 0)->addWidget(new HairLine(Qt::Vertical));
  paletteOver_->hide();
  return left_;
}

QWidget* DesignPage::buildCentre() {
  auto* centre = new QWidget;
  down_ = new Splitter(Qt::Vertical);
  columnOf(centre)->addWidget(down_);
  auto* canvasBox = buildCanvas();
  withCode_ = new Splitter(Qt::Horizontal);
  code_ = new CodeView(document_);
  withCode_->addWidget(canvasBox);
  withCode_->addWidget(code_);
  withCode_->setChildrenCollapsible(false);
  code_->hide();
  stack_ = new QStackedWidget;
  table_ = new NodeTable(document_);
  for (QWidget* one : {static_cast<QWidget*>(withCode_), static_cast<QWidget*>(table_), buildUnreadable()})
    stack_->addWidget(one);
  auto* upper = new QWidget;
  columnOf(upper)->addWidget(stack_, 1);
  down_->addWidget(upper);
  problems_ = new Problems(document_);
  down_->addWidget(problems_);
  down_->setStretchFactor(0, 1);
  down_->setStretchFactor(1, 0);
  down_->setSizes({600, lookOf(this).px(problemsHeight)});
  return centre;
}

// The canvas, and the line of figures and zoom under it.
QWidget* DesignPage::buildCanvas() {
  auto* box = new QWidget;
  auto* column = columnOf(box);
  canvas_ = new CanvasView(document_);
  column->addWidget(canvas_, 1);
  column->addWidget(new HairLine);
  foot_ = new QWidget;
  setGround(foot_, Ground::surface);
  fixHeight(foot_, 28);
  auto* foot = rowOf(foot_, 0, 6);
  foot->setContentsMargins(12, 0, 12, 0);
  parameters_ = new Text({}, Type::smallStrong);
  costs_ = new Text({}, Type::small, Token::text2);
  zoom_ = new Text("100 %", Type::small, Token::text2);
  auto* out = makeIconButton("minus", "Smaller");
  auto* in = makeIconButton("plus", "Larger");
  auto* fit = makeIconButton("fit", "Fit into the window");
  for (auto* button : {out, in, fit}) setSize(button, ControlSize::small);
  connect(out, &QToolButton::clicked, this, [this] { canvas_->zoomBy(1 / 1.25); });
  connect(in, &QToolButton::clicked, this, [this] { canvas_->zoomBy(1.25); });
  connect(fit, &QToolButton::clicked, this, [this] { canvas_->fit(); });
  foot->addWidget(parameters_);
  foot->addWidget(costs_, 1);
  foot->addWidget(out);
  foot->addWidget(zoom_);
  foot->addWidget(in);
  foot->addWidget(fit);
  column->addWidget(foot_);
  return box;
}

// What is shown instead of a network whose file cannot be read.
QWidget* DesignPage::buildUnreadable() {
  unreadable_ = new EmptyState({}, {}, {});
  unreadable_->setObjectName("damagedNetwork");
  connect(unreadable_->setPrimary("New network", "plus"), &QPushButton::clicked, this,
          [this] { newNetwork(); });
  connect(unreadable_->addSecondary("Read it again", "refresh"), &QPushButton::clicked, this, [this] {
    if (session_ != nullptr && session_->project())
      Q_EMIT context().openProjectRequested(
          QString::fromStdString(session_->project()->project.folder.string()));
  });
  auto* box = new QWidget;
  setGround(box, Ground::surface);
  auto* column = columnOf(box, 24);
  column->addWidget(unreadable_);
  column->addStretch(1);
  return box;
}

void DesignPage::setView(View view) {
  views_->setCurrent(view);
  const bool readable = open_.broken.isEmpty();
  stack_->setCurrentIndex(!readable ? 2 : view == table ? 1 : 0);
  code_->setVisible(view == code);
  left_->setVisible(view == canvas && docks_ && readable);
  inspector_->setVisible(docks_ && readable);
  problems_->setVisible(view != code && readable);
  closePalette();
  if (view == code) withCode_->setSizes({withCode_->width() / 2, withCode_->width() / 2});
  canvas_->fit();
}

// The layers stand over the canvas, beside the column that opened them, until one was taken.
void DesignPage::openPalette(std::optional<Family> family) {
  if (narrow_) {
    paletteOver_->setGeometry(left_->mapTo(this, QPoint(left_->width(), 0)).x(), across_->y(),
                              lookOf(this).px(overWidth), across_->height());
    palette_->show();
    paletteOver_->show();
    paletteOver_->raise();
  }
  if (family)
    palette_->showFamily(*family);
  else
    palette_->focusSearch();
}

void DesignPage::closePalette() {
  if (paletteOver_->isVisible()) paletteOver_->hide();
}

void DesignPage::setNarrow(bool narrow) {
  if (narrow == narrow_) return;
  narrow_ = narrow;
  closePalette();
  families_->setVisible(narrow);
  if (narrow)
    static_cast<QHBoxLayout*>(paletteOver_->layout())->insertWidget(0, palette_, 1);
  else
    static_cast<QHBoxLayout*>(left_->layout())->addWidget(palette_, 1);
  palette_->setVisible(true);
  const Look& look = lookOf(this);
  left_->setMinimumWidth(look.px(narrow ? familiesWidth : paletteWidth));
  left_->setMaximumWidth(look.px(narrow ? familiesWidth : widestPalette));
  inspector_->setMaximumWidth(look.px(narrow ? narrowInspector : widestInspector));
  const int left = look.px(narrow ? familiesWidth : paletteWidth),
            right = look.px(narrow ? narrowInspector : inspectorWidth);
  across_->setSizes({left, std::max(1, across_->width() - left - right - 2), right});
}

void DesignPage::resizeEvent(QResizeEvent* event) {
  Page::resizeEvent(event);
  const Look& look = lookOf(this);
  closePalette();
  setNarrow(window()->width() / look.scale < narrowWindow);
  const double high = window()->height() / look.scale;
  inspector_->setCompact(high < compactWindow);
  // A low window keeps one problem in sight and the rest for the canvas.
  const bool low = high < lowWindow;
  if (low == low_) return;
  low_ = low;
  const int wanted = look.px(low ? oneProblem : problemsHeight);
  problems_->setOneLine(low);
  problems_->setMaximumHeight(low ? wanted : QWIDGETSIZE_MAX);
  down_->setSizes({std::max(100, down_->height() - wanted), wanted});
}

} // namespace loom
