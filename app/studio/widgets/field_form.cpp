// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/field_form.h"
#include "app/studio/widgets/form.h"
#include "app/studio/widgets/noted_field.h"
#include "app/studio/widgets/words.h"
#include <QCheckBox>
#include <QComboBox>
#include <QPointer>
#include <algorithm>

namespace loom {
QString problemText(const Error& error) {
  QString words = text(error.cause.text());
  if (!words.endsWith('.')) words += '.';
  if (!error.fix.empty()) words += " " + text(error.fix.text()) + ".";
  return words;
}

FieldForm::FieldForm(const QString& prefix, QObject* parent) : QObject(parent), prefix_(prefix) {}

void FieldForm::build(std::span<const Field> fields, const Params& given, Form* left, Form* right) {
  clear();
  std::size_t index = 0;
  for (const Field& field : fields) {
    if (field.automatic) continue;
    const ParamValue* value = given.find(field.name);
    add(field, value != nullptr ? *value : field.standard, right != nullptr && index % 2 == 1 ? right : left);
    ++index;
  }
}

QWidget* FieldForm::add(const Field& field, const ParamValue& value, Form* form) {
  QWidget* made = nullptr;
  if (field.kind == FieldKind::flag) {
    auto* box = new QCheckBox;
    box->setChecked(std::holds_alternative<bool>(value) && std::get<bool>(value));
    connect(box, &QCheckBox::clicked, this, [this, box] { finish(box); });
    made = box;
  } else if (field.kind == FieldKind::choice) {
    auto* list = new QComboBox;
    for (const auto choice : field.choices) list->addItem(text(choice));
    list->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    list->setCurrentText(QString::fromStdString(toText(value)));
    connect(list, &QComboBox::activated, this, [this, list] { finish(list); });
    made = list;
  } else {
    auto* line = new NotedField(QString::fromStdString(toText(field, value)));
    connect(line, &QLineEdit::textEdited, this, &FieldForm::edited);
    connect(line, &QLineEdit::editingFinished, this, [this, line] { finish(line); });
    made = line;
  }
  made->setObjectName(prefix_ + text(field.name));
  made->setAccessibleName(text(field.label));
  form->addRow(text(field.label), made, text(field.help));
  rows_.push_back({field, made, form, QString::fromStdString(toText(field, value))});
  return made;
}

void FieldForm::show(std::span<const Field> fields, const Params& given, Form* form) {
  std::vector<const Field*> wanted;
  for (const Field& field : fields)
    if (!field.automatic) wanted.push_back(&field);
  const bool same = std::equal(rows_.begin(), rows_.end(), wanted.begin(), wanted.end(),
                               [form](const Row& row, const Field* field) {
                                 return row.form == form && row.field.name == field->name &&
                                        row.field.kind == field->kind && row.field.choices == field->choices;
                               });
  if (!same) return build(fields, given, form);
  for (qsizetype at = 0; at < rows_.size(); ++at) {
    Row& row = rows_[at];
    row.field = *wanted[std::size_t(at)];
    const ParamValue* value = given.find(row.field.name);
    setValue(row, value != nullptr ? *value : row.field.standard);
  }
}

void FieldForm::setValue(Row& row, const ParamValue& value) {
  row.before = QString::fromStdString(toText(row.field, value));
  if (auto* box = qobject_cast<QCheckBox*>(row.widget)) {
    box->setChecked(std::holds_alternative<bool>(value) && std::get<bool>(value));
  } else if (auto* list = qobject_cast<QComboBox*>(row.widget)) {
    list->setCurrentText(QString::fromStdString(toText(value)));
  } else if (auto* line = static_cast<QLineEdit*>(row.widget); !line->isModified()) {
    if (line->text() != row.before) line->setText(row.before); // else its selection would go
    row.form->setProblem(line, {});
  }
}

void FieldForm::clear() {
  for (const Row& row : std::as_const(rows_)) row.form->removeRow(row.widget);
  rows_.clear();
}

void FieldForm::forget() { rows_.clear(); }

Result<ParamValue> FieldForm::valueOf(const Row& row) const {
  if (const auto* box = qobject_cast<QCheckBox*>(row.widget)) return ParamValue(box->isChecked());
  if (const auto* list = qobject_cast<QComboBox*>(row.widget))
    return checkField(row.field, list->currentText().toStdString());
  return parseField(row.field, static_cast<QLineEdit*>(row.widget)->text().toStdString());
}

bool FieldForm::finish(QWidget* widget) {
  const auto row =
      std::find_if(rows_.begin(), rows_.end(), [widget](const Row& one) { return one.widget == widget; });
  if (row == rows_.end()) return true;
  auto* line = qobject_cast<QLineEdit*>(widget);
  if (line == nullptr) Q_EMIT edited();
  if (!finished) return true;
  if (line != nullptr && line->text() == row->before) {
    line->setModified(false);
    row->form->setProblem(widget, {});
    return true;
  }
  const auto value = valueOf(*row);
  row->form->setProblem(widget, value ? QString() : problemText(value.error()));
  if (!value) return false;
  if (line != nullptr) line->setModified(false);
  const Row taken = *row; // the rows may be replaced by whoever takes the value
  finished(taken.field, *value, taken.widget);
  return true;
}

QWidget* FieldForm::finishTyped() {
  QList<QPointer<QLineEdit>> typed;
  for (const Row& row : std::as_const(rows_))
    if (auto* line = qobject_cast<QLineEdit*>(row.widget); line != nullptr && line->isModified())
      typed << line;
  QWidget* wrong = nullptr;
  for (const auto& line : std::as_const(typed))
    if (line && !finish(line) && wrong == nullptr) wrong = line;
  return wrong;
}

Params FieldForm::read(bool& good) const {
  Params values;
  for (const Row& row : rows_) {
    const auto value = valueOf(row);
    row.form->setProblem(row.widget, value ? QString() : problemText(value.error()));
    if (!value)
      good = false;
    else if (*value != row.field.standard)
      values.set(std::string(row.field.name), *value);
  }
  return values;
}

QWidget* FieldForm::widgetOf(std::string_view field) const {
  for (const Row& row : rows_)
    if (row.field.name == field) return row.widget;
  return nullptr;
}

} // namespace loom
