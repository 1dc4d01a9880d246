// SPDX-License-Identifier: GPL-3.0-or-later
// The search pop-up of the canvas: type a part of a name, see what each layer would give here, press Enter.
// What does not fit stands last, off, with its reason.
#pragma once
#include "core/network/validate.h"
#include <QFrame>

class QLabel;
class QLineEdit;
class QListWidget;

namespace loom {

// The layers that match the words, best first: by name, then by keyword. Empty words: all.
std::vector<const LayerSpec*> matchLayers(const QString& words);

class LayerSearch : public QFrame {
  Q_OBJECT

 public:
  explicit LayerSearch(QWidget* parent);
  // Opens at a place on the screen. `input`: the shape that the new layer would get; empty: unknown.
  void open(QPoint globalPosition, const std::optional<loom::Shape>& input);
  QLineEdit* field() const { return field_; }
  QListWidget* list() const { return list_; }

 signals:
  void chosen(const QString& type);
  void closed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  void fill();
  void shrink(); // as high as its hits need
  void take();
  QLabel* title_;
  QLineEdit* field_;
  QListWidget* list_;
  std::optional<loom::Shape> input_;
};

} // namespace loom
