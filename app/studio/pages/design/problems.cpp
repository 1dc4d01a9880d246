// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/design/problems.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include <QHBoxLayout>
#include <QMouseEvent>
#include <QPushButton>
#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>
#include <functional>

namespace loom {
namespace {

class ProblemRow : public QWidget {
 public:
  ProblemRow(const QString& node, const QString& called, const Diagnostic& diagnostic, bool chosen,
             const QString& place, std::function<void()> go, std::function<void()> fix)
      : go_(std::move(go)), chosen_(chosen) {
    setObjectName("problemRow");
    auto* row = rowOf(this, 0, 12);
    row->setContentsMargins(12, 0, 12, 0);
    const bool error = diagnostic.level == Diagnostic::Level::error;
    row->addWidget(new IconLabel(error ? "st-error" : "st-warn", 16, error ? Token::error : Token::warn));
    auto* name = new Text(node, Type::smallStrong);
    if (place.isEmpty())
      name->setMinimumWidth(lookOf(this).px(92));
    else
      name->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
    row->addWidget(name);
    if (place.isEmpty() && !called.isEmpty()) { // which of several Linear it is: as the inspector calls it
      auto* own = new Text(called, Type::small, Token::text2);
      own->setMinimumWidth(lookOf(this).px(84));
      row->addWidget(own);
    }
    QString words = QString::fromStdString(diagnostic.cause.text());
    if (!diagnostic.remedy.empty()) words += " " + QString::fromStdString(diagnostic.remedy.text());
    auto* text = new Text(words, Type::small);
    row->addWidget(text, 1);
    setAccessibleName((called.isEmpty() ? node : node + " " + called) + ": " + words);
    setTip(this, words);
    if (!place.isEmpty()) {
      auto* which = new Text(place, Type::small, Token::text2);
      which->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
      row->addWidget(which);
      row->addWidget(new KeyCap("F8"));
    }
    if (diagnostic.fix.kind != Fix::Kind::none) {
      auto* button = makeButton(QString::fromStdString(diagnostic.fix.label.text()), {},
                                error ? ButtonRole::plain : ButtonRole::ghost);
      setSize(button, ControlSize::small);
      connect(button, &QPushButton::clicked, this, [fix = std::move(fix)] { fix(); });
      row->addWidget(button);
    }
    setCursor(Qt::PointingHandCursor);
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    const Look& look = lookOf(this);
    painter.fillRect(rect(), look[chosen_        ? Token::accentSoft
                                  : underMouse() ? Token::hover
                                                 : Token::surface]);
  }
  void enterEvent(QEnterEvent*) override { update(); }
  void leaveEvent(QEvent*) override { update(); }
  void mouseReleaseEvent(QMouseEvent*) override { go_(); }

 private:
  std::function<void()> go_;
  bool chosen_;
};

} // namespace

Problems::Problems(Document& document, QWidget* parent) : QWidget(parent), document_(document) {
  setObjectName("problems");
  setGround(this, Ground::surface);
  column_ = columnOf(this);
  auto* title = title_ = new DockTitle("Problems");
  errors_ = new Chip;
  warnings_ = new Chip;
  title->addLeft(errors_);
  title->addLeft(warnings_);
  title->addRight(new Text("Next problem", Type::small, Token::text2));
  title->addRight(new KeyCap("F8"));
  column_->addWidget(title);
  connect(&document_, &Document::changed, this, &Problems::refresh);
  connect(&document_, &Document::dataChanged, this, &Problems::refresh);
  connect(&document_, &Document::reset, this, &Problems::refresh);
  refresh();
}

void Problems::setOneLine(bool oneLine) {
  if (oneLine == oneLine_) return;
  oneLine_ = oneLine;
  refresh();
}

void Problems::refresh() {
  const auto& all = document_.analysis().diagnostics;
  const auto errors = std::count_if(
      all.begin(), all.end(), [](const Diagnostic& one) { return one.level == Diagnostic::Level::error; });
  const auto warnings = static_cast<long>(all.size()) - errors;
  const auto counted = [](long count, const char* word) {
    return QString("%1 %2%3").arg(count).arg(word, count == 1 ? "" : "s");
  };
  errors_->setVisible(errors > 0);
  errors_->setChip(counted(errors, "error"), ChipKind::error);
  warnings_->setVisible(warnings > 0);
  warnings_->setChip(counted(warnings, "warning"), ChipKind::warn);
  current_ = std::min<int>(current_, static_cast<int>(all.size()) - 1);
  // A row may be asking for its own fix: it goes when its signal has ended.
  if (rows_ != nullptr) {
    rows_->hide();
    rows_->deleteLater();
  }
  rows_ = new QWidget;
  setGround(rows_, Ground::surface);
  auto* rows = columnOf(rows_);
  title_->setVisible(!oneLine_);
  const int height = lookOf(this).px(oneLine_ ? 31 : 28);
  const auto first = oneLine_ ? static_cast<std::size_t>(std::max(0, current_)) : 0;
  const auto last = oneLine_ ? first + 1 : std::size_t{50};
  for (std::size_t index = first; index < all.size() && index < last; ++index) {
    const auto& diagnostic = all[index];
    const Node* node = document_.network().node(diagnostic.node);
    auto* row = new ProblemRow(
        node != nullptr ? QString::fromStdString(node->type) : QString("Network"),
        node != nullptr ? QString::fromStdString(node->name) : QString(), diagnostic,
        static_cast<int>(index) == current_,
        oneLine_ && all.size() > 1 ? QString("%1 of %2").arg(index + 1).arg(all.size()) : QString(),
        [this, index, id = diagnostic.node] {
          current_ = static_cast<int>(index);
          Q_EMIT nodeWanted(id);
          QTimer::singleShot(0, this, &Problems::refresh);
        },
        [this, diagnostic] { document_.applyFix(diagnostic); });
    row->setFixedHeight(height);
    rows->addWidget(row);
  }
  if (all.empty()) {
    auto* nothing = new Text("No problems.", Type::small, Token::text2);
    nothing->setContentsMargins(12, 0, 0, 0);
    auto* line = new QWidget;
    auto* lineRow = rowOf(line);
    lineRow->setContentsMargins(12, 6, 12, 6);
    lineRow->addWidget(nothing, 1);
    rows->addWidget(line);
  }
  rows->addStretch(1);
  column_->addWidget(rows_, 1);
}

void Problems::next(int by) {
  const auto& all = document_.analysis().diagnostics;
  if (all.empty()) return;
  const int count = static_cast<int>(all.size());
  current_ = current_ < 0 ? (by > 0 ? 0 : count - 1) : (current_ + by + count) % count;
  Q_EMIT nodeWanted(all[static_cast<std::size_t>(current_)].node);
  refresh();
}

} // namespace loom
