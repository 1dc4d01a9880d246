// SPDX-License-Identifier: GPL-3.0-or-later
// One of a few things to choose, with what speaks for it: icon, title, a second line; at the right a fact and
// its note (Train's "Where"). The chosen one has a 2 px accent border. Exclusive within one parent, as radio
// buttons are.
#pragma once
#include "app/studio/theme/look.h"
#include <QAbstractButton>

namespace loom {

class ChoiceCard : public QAbstractButton {
  Q_OBJECT
 public:
  ChoiceCard(const QString& icon, const QString& title, const QString& second, QWidget* parent = nullptr);
  void setWords(const QString& title, const QString& second);
  void setFact(const QString& fact, const QString& note, Token noteColour = Token::text2);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString icon_, second_, fact_, note_;
  Token noteColour_ = Token::text2;
};

} // namespace loom
