// SPDX-License-Identifier: GPL-3.0-or-later
// The layers one can pick: by group, found by typing, dragged to the canvas or added behind the chosen node
// with Enter or a double click. Dragging grabs the mouse itself, so that no nested event loop is needed and
// the canvas shows a ghost.
#pragma once
#include "app/studio/theme/look.h"
#include "core/layers/layer_spec.h"
#include <QAbstractItemView>
#include <QWidget>

class QLineEdit;
class QListWidget;

namespace loom {

class Palette : public QWidget {
  Q_OBJECT

 public:
  explicit Palette(QWidget* parent = nullptr);
  void focusSearch();
  void showFamily(Family family); // its layers at the top of the list
  QListWidget* list() const { return list_; }
  QLineEdit* field() const { return field_; }

 Q_SIGNALS:
  void dragged(const QString& type, const QPoint& globalPosition);
  void dropped(const QString& type, const QPoint& globalPosition);
  void dragCancelled();
  void picked(const QString& type); // Enter, double click
  void closeWanted();               // Escape

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void fill();
  QLineEdit* field_;
  QListWidget* list_;
  QString pressed_;
  QPoint pressedAt_;
  bool dragging_ = false;
};

} // namespace loom
