// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/history/history_foot.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/history/compare_view.h"
#include "app/studio/theme/icons.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "core/base/format.h"
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>
#include <cmath>

namespace loom {
namespace {

QString stateText(const RunView& view) {
  if (!view.waiting) return view.starting ? QString("Starting") : text(stateWord(view.row.state));
  if (view.impossible) return "Cannot start: " + view.waitsFor;
  const QString place = queueText(view);
  return place.isEmpty() ? QString("Waiting") : "Waiting, " + place;
}

} // namespace

HistoryFoot::HistoryFoot(QWidget* parent) : QWidget(parent) {
  setObjectName("historyFoot");
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  column->addWidget(new HairLine);
  title_ = new DockTitle({});
  tag_ = new QLineEdit;
  tag_->setObjectName("historyTag");
  tag_->setAccessibleName("Add a tag");
  tag_->setPlaceholderText("Add a tag");
  fixWidth(tag_, 112);
  setSize(tag_, ControlSize::small);
  setTip(tag_, "Enter adds it to the chosen runs; -name takes it away", "Ctrl T");
  open_ = makeButton("Open", "train", ButtonRole::ghost);
  open_->setObjectName("historyOpen");
  resume_ = makeButton("Resume", "resume", ButtonRole::ghost);
  resume_->setObjectName("historyResume");
  bin_ = makeButton("Delete", "delete", ButtonRole::ghost);
  bin_->setObjectName("historyBin");
  title_->addRight(tag_);
  for (auto* button : {open_, resume_, bin_}) title_->addRight(button);
  column->addWidget(title_);
  auto* below = new QWidget;
  auto* across = rowOf(below, 0, 40);
  across->setContentsMargins(12, 8, 12, 8);
  differ_ = new QWidget;
  rowOf(differ_, 0, 40);
  across->addWidget(differ_, 1);
  note_ = new QLineEdit;
  note_->setObjectName("historyNote");
  note_->setAccessibleName("Note on the run");
  note_->setPlaceholderText("Note: what did this run teach?");
  leastWidth(note_, 280);
  across->addWidget(note_, 0, Qt::AlignTop);
  column->addWidget(below);
  fixHeight(this, 124);
  connect(open_, &QPushButton::clicked, this, &HistoryFoot::openWanted);
  connect(resume_, &QPushButton::clicked, this, &HistoryFoot::resumeWanted);
  connect(bin_, &QPushButton::clicked, this, &HistoryFoot::binWanted);
  connect(tag_, &QLineEdit::returnPressed, this, [this] {
    const QString word = tag_->text().trimmed().replace(' ', '-');
    tag_->clear();
    if (!word.isEmpty() && word != "-") Q_EMIT tagGiven(word);
  });
  connect(note_, &QLineEdit::editingFinished, this, [this] { Q_EMIT noteGiven(note_->text()); });
}

// The note ends its editing while it is destroyed with the focus in it.
HistoryFoot::~HistoryFoot() { note_->disconnect(this); }

void HistoryFoot::open() { open_->click(); }
void HistoryFoot::editTag() { tag_->setFocus(); }
void HistoryFoot::editNote() { note_->setFocus(); }

void HistoryFoot::setRuns(const QVector<RunView>& views, bool binned) {
  setVisible(!views.isEmpty());
  if (views.isEmpty()) return;
  Shown shown{binned, {}};
  for (const auto& view : views)
    shown.runs.push_back({view.row.id, view.row.name, view.row.note, view.version, stateText(view)});
  if (shown == shown_) return;
  shown_ = shown;
  QStringList names;
  for (const auto& view : views.mid(0, 8)) names << text(view.row.name);
  title_->setTitle(views.size() == 1 ? names.front() : plural(views.size(), "run") + " chosen",
                   views.size() == 1 ? stateText(views[0]) : names.join(", "));
  open_->setVisible(views.size() == 1);
  const bool release = views.size() == 1 && releasable(views[0]);
  resume_->setVisible(release || (views.size() == 1 && resumable(views[0])));
  resume_->setText(!release ? "Resume" : views[0].impossible ? "Start again" : "Start");
  resume_->setIcon(icon(!release ? "resume" : views[0].impossible ? "refresh" : "run"));
  note_->setVisible(views.size() == 1);
  if (views.size() == 1 && !note_->hasFocus()) note_->setText(text(views[0].row.note));
  bin_->setText(binned ? "Put back" : "Delete");
  showFigures(views);
}

void HistoryFoot::showFigures(const QVector<RunView>& views) {
  for (auto* child : differ_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) delete child;
  auto* across = static_cast<QHBoxLayout*>(differ_->layout());
  while (across->count() > 0) delete across->takeAt(0);
  const auto block = [&](const QString& head, const QStringList& lines, Token colour) {
    auto* box = new QWidget;
    auto* column = columnOf(box, 0, 2);
    column->addWidget(new Text(head, Type::caption, Token::text2));
    for (const auto& line : lines) column->addWidget(new Text(line, Type::small, colour));
    column->addStretch(1);
    across->addWidget(box);
  };
  const auto rows = settingRows(views, views.size() > 1);
  QStringList lines;
  for (const auto& row : rows) {
    QStringList values = row.cells;
    values.removeDuplicates();
    if (values.size() > 4) values = values.mid(0, 3) << "…";
    lines << row.label + ": " + values.join(", ");
  }
  const QString head =
      views.size() > 1 ? (lines.isEmpty() ? "Nothing differs" : "Differ in") : QString("Settings");
  for (qsizetype at = 0; at < std::min<qsizetype>(std::max<qsizetype>(lines.size(), 1), 9); at += 3)
    block(at == 0 ? head : QString(" "), lines.mid(at, 3), Token::text);
  if (views.size() > 1) {
    const auto all = settingRows(views, false);
    block("Same", {plural(all.size() - rows.size(), "setting")}, Token::text2);
    QVector<double> figures;
    for (const auto& view : views)
      if (const auto value = bestValidation(view.row)) figures << *value;
    const FigureKind kind = validationKind(views);
    if (figures.size() > 1 && kind != FigureKind::mixed) { // a mean of accuracies and R² means nothing
      const bool regression = kind == FigureKind::r2;
      double mean = 0, square = 0;
      for (const double value : figures) mean += value / double(figures.size());
      for (const double value : figures)
        square += (value - mean) * (value - mean) / double(figures.size() - 1);
      block(figureLabel("Validation", kind),
            {shareText(mean, regression) + " ± " + shareText(std::sqrt(square), regression),
             "best " + shareText(*std::max_element(figures.begin(), figures.end()), regression)},
            Token::text);
    }
  } else if (const auto value = bestValidation(views[0].row)) {
    block(figureLabel("Validation", validationKind(views)),
          {"best " + shareText(*value, isRegression(views[0].row))}, Token::text);
  }
  across->addStretch(1);
}

} // namespace loom
