// SPDX-License-Identifier: GPL-3.0-or-later
// The fields of an optimizer or a schedule, made from its row: a line or a box each, read back with what is
// wrong marked at its place. They live in the forms they are given.
#pragma once
#include "core/layers/layer_spec.h"
#include <QList>
#include <QObject>
#include <vector>

class QCheckBox;
class QLineEdit;

namespace loom {

class Form;

class ParamFields : public QObject {
  Q_OBJECT
 public:
  explicit ParamFields(const QString& prefix, QObject* parent = nullptr); // of the fields' object names
  // In place of those before. `fields` outlive this; with `right` every second one goes there.
  void build(const std::vector<Field>& fields, const Params& given, Form* left, Form* right = nullptr);
  Params read(bool& good) const; // what differs from the standard; good turns false when one is wrong

 Q_SIGNALS:
  void edited();

 private:
  struct Param {
    const Field* field;
    QLineEdit* line;
    QCheckBox* box;
    Form* form;
  };
  QString prefix_;
  QList<Param> params_;
};

} // namespace loom
