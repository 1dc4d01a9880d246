// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/train/param_fields.h"
#include "app/studio/model/run_words.h"
#include "app/studio/widgets/form.h"
#include "core/base/format.h"
#include <QCheckBox>
#include <QLineEdit>
#include <cmath>

namespace loom {
namespace {

QString numberText(const ParamValue& value) {
  if (const auto* number = std::get_if<double>(&value)) return text(formatExact(*number));
  return text(toText(value));
}

} // namespace

ParamFields::ParamFields(const QString& prefix, QObject* parent) : QObject(parent), prefix_(prefix) {}

void ParamFields::build(const std::vector<Field>& fields, const Params& given, Form* left, Form* right) {
  for (const auto& old : params_)
    old.form->removeRow(old.line != nullptr ? static_cast<QWidget*>(old.line) : old.box);
  params_.clear();
  for (std::size_t index = 0; index < fields.size(); ++index) {
    const Field& field = fields[index];
    Param param{&field, nullptr, nullptr, right != nullptr && index % 2 == 1 ? right : left};
    const ParamValue value = given.find(field.name) != nullptr ? *given.find(field.name) : field.standard;
    if (field.kind == FieldKind::flag) {
      param.box = new QCheckBox;
      param.box->setObjectName(prefix_ + text(field.name));
      param.box->setChecked(std::holds_alternative<bool>(value) && std::get<bool>(value));
      param.form->addRow(text(field.label), param.box, text(field.help));
      connect(param.box, &QCheckBox::toggled, this, &ParamFields::edited);
    } else {
      param.line = new QLineEdit(numberText(value));
      param.line->setObjectName(prefix_ + text(field.name));
      param.form->addRow(text(field.label), param.line, text(field.help));
      connect(param.line, &QLineEdit::textEdited, this, &ParamFields::edited);
    }
    params_.push_back(param);
  }
}

Params ParamFields::read(bool& good) const {
  Params values;
  for (const auto& one : params_) {
    if (one.box != nullptr) {
      const auto* usual = std::get_if<bool>(&one.field->standard);
      if (usual == nullptr || *usual != one.box->isChecked())
        values.set(std::string(one.field->name), one.box->isChecked());
      continue;
    }
    bool fine = false;
    const double value = one.line->text().trimmed().toDouble(&fine);
    const bool limited = one.field->maximum > one.field->minimum;
    fine = fine && std::isfinite(value) &&
           (!limited || (value >= one.field->minimum && value <= one.field->maximum));
    one.form->setProblem(one.line, fine ? QString()
                                        : QString("A number from %1 to %2")
                                              .arg(text(formatNumber(one.field->minimum)),
                                                   text(formatNumber(one.field->maximum))));
    if (!fine) good = false;
    const auto* usual = std::get_if<double>(&one.field->standard);
    if (fine && (usual == nullptr || *usual != value)) values.set(std::string(one.field->name), value);
  }
  return values;
}

} // namespace loom
