// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/evaluate/try_view.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/cloth.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/widgets/text.h"
#include "core/base/format.h"
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QListWidget>
#include <QMimeData>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace loom {
namespace {

// The place to drop files on: dashed, with a sentence.
class DropPlace : public QWidget {
 public:
  DropPlace() {
    setGround(this, Ground::surface);
    fixHeight(this, 92);
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    paintBox(painter, rect(), {.border = lookOf(this)[Token::lineStrong], .dashed = true});
  }
};

} // namespace

TryView::TryView(QWidget* parent) : QWidget(parent) {
  setObjectName("tryView");
  setGround(this, Ground::surface);
  setAcceptDrops(true);
  auto* across = rowOf(this, 0, 0);
  auto* left = new QWidget;
  auto* leftColumn = columnOf(left, 0, 12);
  leftColumn->setContentsMargins(24, 20, 24, 16);
  auto* headBox = new QWidget;
  auto* head = rowOf(headBox);
  head->addWidget(new Text("Drop a file", Type::bodyStrong), 1);
  auto* open = makeButton("Open", "folder", ButtonRole::ghost);
  open->setObjectName("tryOpen");
  head->addWidget(open);
  leftColumn->addWidget(headBox);
  auto* place = new DropPlace;
  auto* inside = rowOf(place, 16, 16);
  inside->addWidget(new IconLabel("import", 24));
  hint_ = new Text("Drop PNG, JPEG, IDX or CSV anywhere here. Several at once are answered as a list.",
                   Type::small, Token::text2);
  hint_->setWrap(true);
  inside->addWidget(hint_, 1);
  leftColumn->addWidget(place);
  leftColumn->addWidget(new Text("Tried so far", Type::smallStrong));
  tried_ = new QListWidget;
  tried_->setObjectName("tried");
  tried_->setAccessibleName("Tried so far");
  tried_->setFrameShape(QFrame::NoFrame);
  tried_->setItemDelegate(new RowDelegate(tried_));
  leftColumn->addWidget(tried_, 1);
  across->addWidget(left, 500);
  across->addWidget(new HairLine(Qt::Vertical));
  auto* right = new QWidget;
  auto* rightColumn = columnOf(right, 0, 4);
  rightColumn->setContentsMargins(24, 16, 24, 16);
  rightColumn->addWidget(new Text("Answer", Type::caption, Token::text2));
  none_ = new Text("Drop a picture, an IDX file or rows of a table on this page, or choose them with Open: "
                   "what the network answers, and how sure it is, stands here.",
                   Type::body, Token::text2);
  none_->setObjectName("tryNone");
  none_->setWrap(true);
  rightColumn->addWidget(none_);
  auto* both = new QWidget;
  auto* row = rowOf(both, 0, 16);
  answer_ = new Text({}, Type::display);
  answer_->setObjectName("tryAnswer");
  share_ = new Text({}, Type::titlePlain);
  row->addWidget(answer_);
  row->addWidget(share_, 1, Qt::AlignBottom);
  rightColumn->addWidget(both);
  rightColumn->addSpacing(12);
  bars_ = new QWidget;
  columnOf(bars_, 0, 0);
  rightColumn->addWidget(bars_);
  rightColumn->addStretch(1);
  across->addWidget(right, 876);
  connect(tried_, &QListWidget::currentRowChanged, this, &TryView::showAnswer);
  connect(open, &QPushButton::clicked, this, [this] {
    auto* dialog = new QFileDialog(this, "Choose files", {},
                                   "Samples (*.png *.jpg *.jpeg *.csv *.gz *-ubyte *.idx);;All files (*)");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFiles);
    connect(dialog, &QFileDialog::filesSelected, this, &TryView::filesGiven);
    dialog->open();
  });
}

void TryView::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) event->acceptProposedAction();
}

void TryView::dropEvent(QDropEvent* event) {
  QStringList files;
  for (const QUrl& url : event->mimeData()->urls())
    if (url.isLocalFile()) files << url.toLocalFile();
  if (files.isEmpty()) return;
  event->acceptProposedAction();
  Q_EMIT filesGiven(files);
}

void TryView::setWaiting(bool waiting) {
  hint_->setText(
      waiting ? QString("Predicting …")
              : QString("Drop PNG, JPEG, IDX or CSV anywhere here. Several at once are answered as a list."));
}

void TryView::addAnswers(const QVector<PredictionView>& answers, bool regression) {
  setWaiting(false);
  regression_ = regression;
  for (const auto& one : answers) {
    scores_.prepend(one.scores);
    const QString best = one.scores.isEmpty() ? QString() : one.scores.front().first;
    tried_->insertItem(0, QFileInfo(one.name).fileName() + "   " + best);
  }
  tried_->setCurrentRow(0);
  showAnswer(0);
}

void TryView::clear() {
  setWaiting(false);
  scores_.clear();
  tried_->clear();
  answer_->setText({});
  share_->setText({});
  none_->show();
  showAnswer(-1);
}

void TryView::showAnswer(int row) {
  for (auto* child : bars_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly)) delete child;
  if (row < 0 || row >= scores_.size() || scores_[row].isEmpty()) return;
  none_->hide();
  const Scores& scores = scores_[row];
  const auto share = [](double value) { return QString::fromStdString(formatPercent(value)); };
  answer_->setText(regression_ ? QString::fromStdString(formatNumber(scores.front().second))
                               : scores.front().first);
  share_->setText(regression_ ? scores.front().first : share(scores.front().second));
  for (const auto& [name, value] : scores) {
    auto* line = new QWidget;
    line->setFixedHeight(lookOf(this).row());
    auto* across = rowOf(line, 0, 16);
    auto* label = new Text(name, &name == &scores.front().first ? Type::smallStrong : Type::small);
    label->setFixedWidth(lookOf(this).px(120));
    across->addWidget(label);
    if (!regression_) across->addWidget(new ShareBar(value), 1);
    auto* figure =
        new Text(regression_ ? QString::fromStdString(formatNumber(value)) : share(value), Type::small);
    figure->setAlignment(Qt::AlignRight);
    figure->setFixedWidth(lookOf(this).px(72));
    across->addWidget(figure);
    if (regression_) across->addStretch(1);
    bars_->layout()->addWidget(line);
  }
}

} // namespace loom
