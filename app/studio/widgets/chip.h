// SPDX-License-Identifier: GPL-3.0-or-later
// Small marks: chips (tags, facts, counts) and key caps. Each as a painter for delegates and as a widget.
#pragma once
#include "app/studio/theme/look.h"
#include <QPainter>

namespace loom {

enum class ChipKind { plain, accent, ok, warn, error, outline };

int chipWidth(const Look& look, const QString& text, const QString& icon = {});
// At the left of `area`, centred vertically. Returns the width taken.
int paintChip(QPainter& painter, const QRectF& area, const QString& text, ChipKind kind, const Look& look,
              const QString& icon = {});

class Chip : public QWidget {
 public:
  explicit Chip(const QString& text = {}, ChipKind kind = ChipKind::plain, QWidget* parent = nullptr);
  void setChip(const QString& text, ChipKind kind, const QString& icon = {});
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString text_, icon_;
  ChipKind kind_;
};

int keyCapWidth(const Look& look, const QString& key);
int paintKeyCap(QPainter& painter, const QRectF& area, const QString& key, const Look& look); // as paintChip

class KeyCap : public QWidget {
 public:
  explicit KeyCap(const QString& key, QWidget* parent = nullptr);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString key_;
};

} // namespace loom
