// SPDX-License-Identifier: GPL-3.0-or-later
// Small marks: chips (tags, facts, counts), the state of a run in its word, icon and colour, and key caps.
// Each as a painter for delegates and as a widget.
#pragma once
#include "app/studio/theme/look.h"
#include "core/run/events.h"
#include <QPainter>

namespace loom {

enum class ChipKind { plain, accent, ok, warn, error, outline };

int chipWidth(const Look& look, const QString& text, const QString& icon = {});
// At the left of `area`, centred vertically. Returns the width taken.
int paintChip(QPainter& painter, const QRectF& area, const QString& text, ChipKind kind, const Look& look,
              const QString& icon = {});

struct StateMark {
  const char* word;
  const char* icon;
  Token colour;
  ChipKind chip;
};
const StateMark& stateMark(RunState state);
const StateMark& outOfReachMark(); // a run on a host that does not answer; nothing failed
// Icon and word in one line, as tables show it.
void paintState(QPainter& painter, const QRectF& area, const StateMark& mark, const Look& look);

class Chip : public QWidget {
 public:
  explicit Chip(const QString& text = {}, ChipKind kind = ChipKind::plain, QWidget* parent = nullptr);
  void setChip(const QString& text, ChipKind kind, const QString& icon = {});
  void setState(RunState state);
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
