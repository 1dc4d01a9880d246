// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of label and field, as the inspector and the set-up page have them: labels in one column of 96, fields
// of 28, 8 between rows, a sentence in error colour below a field that is wrong.
#pragma once
#include "app/studio/theme/look.h"
#include <QWidget>

class QGridLayout;

namespace loom {

class Text;

class Form : public QWidget {
  Q_OBJECT
 public:
  explicit Form(QWidget* parent = nullptr, int labelWidth = 96);
  // Takes the field. `help` becomes the tool tip of label and field.
  void addRow(const QString& label, QWidget* field, const QString& help = {});
  void addWide(QWidget* widget); // over both columns
  void setProblem(QWidget* field,
                  const QString& sentence); // marks the field and says why; empty: it is right again
  void setRowVisible(QWidget* field, bool visible);
  void removeRow(QWidget* field); // deletes it with its label
  void clear();                   // deletes all rows

 protected:
  void changeEvent(QEvent* event) override;

 private:
  struct Row {
    Text* label = nullptr;
    QWidget* field = nullptr;
    Text* problem = nullptr;
  };
  Row* rowOf(QWidget* field);
  void measure();
  QGridLayout* grid_;
  int labelWidth_, next_ = 0;
  QList<Row> rows_;
};

} // namespace loom
