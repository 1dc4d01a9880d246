// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include <QHBoxLayout>
#include <QPushButton>
#include <QVBoxLayout>

namespace loom {

EmptyState::EmptyState(const QString& icon, const QString& heading, const QString& sentence, QWidget* parent)
    : QWidget(parent) {
  icon_ = new IconLabel(icon, 24, Token::text2);
  heading_ = new Text(heading, Type::heading);
  heading_->setWrap(true);
  sentence_ = new Text(sentence, Type::body, Token::text2);
  sentence_->setWrap(true);
  sentence_->setMaximumWidth(480);
  heading_->setMaximumWidth(480);
  auto* column = columnOf(this, 24);
  column->addWidget(icon_);
  column->addSpacing(8);
  column->addWidget(heading_);
  column->addSpacing(8);
  column->addWidget(sentence_);
  column->addSpacing(16);
  actions_ = new QHBoxLayout;
  actions_->setSpacing(8);
  actions_->addStretch(1);
  column->addLayout(actions_);
  column->addStretch(1);
}

void EmptyState::setWords(const QString& icon, Token iconColour, const QString& heading,
                          const QString& sentence) {
  icon_->setIcon(icon, iconColour);
  heading_->setText(heading);
  sentence_->setText(sentence);
}

void EmptyState::setError(const Error& error) {
  const auto said = [](const std::string& text) { return QString::fromStdString(text); };
  QString sentence = said(error.place.text());
  if (!error.fix.empty())
    sentence += (sentence.isEmpty() ? QString() : QStringLiteral(". ")) + said(error.fix.text());
  if (!sentence.isEmpty() && !sentence.endsWith(u'.')) sentence += u'.';
  setWords(QStringLiteral("st-error"), Token::error, said(error.cause.text()), sentence);
}

QPushButton* EmptyState::setPrimary(const QString& text, const QString& icon, const QString& key) {
  auto* button = makeButton(text, icon, ButtonRole::primary);
  actions_->insertWidget(0, button);
  if (!key.isEmpty()) actions_->insertWidget(1, new KeyCap(key));
  return button;
}

QPushButton* EmptyState::addSecondary(const QString& text, const QString& icon, bool ghost) {
  auto* button = makeButton(text, icon, ghost ? ButtonRole::ghost : ButtonRole::plain);
  actions_->insertWidget(actions_->count() - 1, button);
  return button;
}

} // namespace loom
