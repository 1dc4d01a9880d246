// SPDX-License-Identifier: GPL-3.0-or-later
// System, light, dark as three small windows with a radio each.
#pragma once
#include "app/studio/theme/look.h"
#include <QAbstractButton>

namespace loom {

class ThemeCard : public QAbstractButton {
  Q_OBJECT
 public:
  ThemeCard(const QString& text, const Theme& left, const Theme& right, QWidget* parent = nullptr);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Theme &left_, &right_;
};

class ThemeChoice : public QWidget {
  Q_OBJECT
 public:
  explicit ThemeChoice(int current, QWidget* parent = nullptr);
  void setCurrent(int index); // emits nothing

 Q_SIGNALS:
  void chosen(int index); // 0 system, 1 light, 2 dark

 private:
  QList<ThemeCard*> cards_;
};

} // namespace loom
