// SPDX-License-Identifier: GPL-3.0-or-later
// A field with a note at its right in text-2: a unit ("epoch"), or where an automatic value comes from ("from
// input"). Automatic means a dashed border.
#pragma once
#include "app/studio/theme/look.h"
#include <QLineEdit>

namespace loom {

class NotedField : public QLineEdit {
  Q_OBJECT
 public:
  explicit NotedField(const QString& text = {}, QWidget* parent = nullptr);
  void setNote(const QString& note);
  const QString& note() const { return note_; }
  void setAutomatic(const QString& value, const QString& from); // shows value, dashed, with its origin
  void setPlain(const QString& value, const QString& note);     // a value of its own again

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void makeRoom();
  QString note_;
  bool noted_ = false;
};

} // namespace loom
