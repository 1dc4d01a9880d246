// SPDX-License-Identifier: GPL-3.0-or-later
// Editors for declared fields: a line, a box or a list each, with the field's help as tool tip and what is
// wrong below it. Inspector, run set-up and data options are drawn with it. The rows are in the forms that it
// is given, which own the widgets.
#pragma once
#include "core/base/fields.h"
#include <QList>
#include <QObject>
#include <functional>

namespace loom {

class Form;

class FieldForm : public QObject {
  Q_OBJECT
 public:
  // The widgets are named `prefix` and the field's name.
  explicit FieldForm(const QString& prefix, QObject* parent = nullptr);
  // Replaces all rows; what `given` lacks has its standard. With `right` every second field is there.
  void build(std::span<const Field> fields, const Params& given, Form* left, Form* right = nullptr);
  // The rows of these fields with these values. Rows that are there already stay, with their focus, and a text
  // that was typed and not finished yet, or is wrong, stays too; other fields replace all rows.
  void show(std::span<const Field> fields, const Params& given, Form* form);
  // One more row; the widget.
  QWidget* add(const Field& field, const ParamValue& value, Form* form);
  void clear();  // removes the rows from their forms
  void forget(); // the forms were deleted with their rows
  // Finishes every text that was typed, as leaving its line does: to be called before an action that uses the
  // values, which a shortcut or a click may start while the focus is in a line. Returns the first line that
  // is wrong; null when none is.
  QWidget* finishTyped();
  // What differs from the standards. Each wrong field says what is wrong with it, and `good` turns false.
  Params read(bool& good) const;
  QWidget* widgetOf(std::string_view field) const; // null when there is none

  // A value that was finished (Enter, leaving the field, a click) and is valid for its field.
  std::function<void(const Field& field, const ParamValue& value, QWidget* widget)> finished;

 Q_SIGNALS:
  void edited(); // any change, also while typing

 private:
  struct Row {
    Field field;
    QWidget* widget;
    Form* form;
    QString before; // the text of a line when it was set: finishing it unchanged is no choice
  };
  Result<ParamValue> valueOf(const Row& row) const;
  void setValue(Row& row, const ParamValue& value);
  bool finish(QWidget* widget); // false: its value is wrong, and the row says why
  QString prefix_;
  QList<Row> rows_;
};

// An error's cause and fix as the sentences below a field.
QString problemText(const Error& error);

} // namespace loom
