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
  // One more row; the widget.
  QWidget* add(const Field& field, const ParamValue& value, Form* form);
  void clear();  // removes the rows from their forms
  void forget(); // the forms were deleted with their rows
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
    QString before; // the text of a line when it was made: finishing it unchanged is no choice
  };
  Result<ParamValue> valueOf(const Row& row) const;
  void finish(QWidget* widget);
  QString prefix_;
  QList<Row> rows_;
};

// An error's cause and fix as the sentences below a field.
QString problemText(const Error& error);

} // namespace loom
