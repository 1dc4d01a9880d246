// SPDX-License-Identifier: GPL-3.0-or-later
// What a page says when it has nothing to show: icon, heading, one sentence, one primary action.
// Left-aligned, never a drawing.
#pragma once
#include "app/studio/theme/look.h"
#include "core/base/result.h"
#include <QWidget>

class QHBoxLayout;
class QPushButton;

namespace loom {

class IconLabel;
class Text;

class EmptyState : public QWidget {
  Q_OBJECT
 public:
  EmptyState(const QString& icon, const QString& heading, const QString& sentence, QWidget* parent = nullptr);
  void setWords(const QString& icon, Token iconColour, const QString& heading, const QString& sentence);
  void setError(const Error& error);
  QPushButton* setPrimary(const QString& text, const QString& icon = {}, const QString& key = {});
  QPushButton* addSecondary(const QString& text, const QString& icon = {}, bool ghost = false);

 private:
  IconLabel* icon_;
  Text *heading_, *sentence_;
  QHBoxLayout* actions_;
};

} // namespace loom
