// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/fix_bubble.h"
#include "app/studio/theme/look.h"
#include "app/studio/theme/roles.h"
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace loom {

FixBubble::FixBubble(QWidget* parent) : QFrame(parent) {
  setObjectName("fixBubble");
  cause_ = new QLabel(this);
  remedy_ = new QLabel(this);
  for (QLabel* label : {cause_, remedy_})
    label->setTextFormat(Qt::PlainText); // measured before it is polished
  button_ = new QPushButton(this);
  button_->setObjectName("fixButton");
  setRole(button_, ButtonRole::primary);
  button_->setIcon(icon("wand"));
  auto* texts = new QVBoxLayout;
  texts->setSpacing(0);
  texts->addWidget(cause_);
  texts->addWidget(remedy_);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(12, 8, 8, 8);
  row->setSpacing(24);
  row->addLayout(texts);
  row->addWidget(button_, 0, Qt::AlignVCenter);
  connect(button_, &QPushButton::clicked, this, [this] { Q_EMIT fixWanted(diagnostic_); });
  hide();
}

void FixBubble::show(const Diagnostic& diagnostic, int room) {
  diagnostic_ = diagnostic;
  const Look& look = lookOf(this);
  cause_->setFont(look.fonts[Type::smallStrong]);
  remedy_->setFont(look.fonts[Type::small]);
  cause_->setText(QString::fromStdString(diagnostic.cause.text()));
  remedy_->setText(QString::fromStdString(diagnostic.remedy.text()));
  remedy_->setVisible(!diagnostic.remedy.empty());
  button_->setVisible(diagnostic.fix.kind != Fix::Kind::none);
  button_->setText(QString::fromStdString(diagnostic.fix.label.text()));
  setAccessibleName(cause_->text() + " " + remedy_->text());
  const bool fixable = diagnostic.fix.kind != Fix::Kind::none;
  const int words = std::max(
      look.px(120),
      std::min(look.px(440), room - look.px(24) - (fixable ? button_->sizeHint().width() + look.px(24) : 0)));
  for (QLabel* label : {cause_, remedy_}) {
    const QFontMetrics metrics(label->font());
    const bool wide = metrics.horizontalAdvance(label->text()) > words;
    label->setWordWrap(wide);
    label->setMinimumSize(0, 0);
    label->setMaximumWidth(words);
    if (wide) label->setMinimumSize(words, label->heightForWidth(words));
  }
  layout()->activate();
  adjustSize();
  QFrame::show();
  raise();
}

void FixBubble::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Token border = diagnostic_.level == Diagnostic::Level::error ? Token::error : Token::warn;
  painter.setPen(QPen(look[border], 1));
  painter.setBrush(look[Token::raised]);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
}

} // namespace loom
