// SPDX-License-Identifier: GPL-3.0-or-later
// Parameters of the chosen node as a form made from its layer's row, its shapes and its share of the
// network's cost; for the whole network when none is chosen. A value is taken when it is finished (Enter,
// leaving the field, a click).
#pragma once
#include "app/studio/drawing/document.h"
#include <QSet>
#include <QWidget>

class QVBoxLayout;

namespace loom {

class DockTitle;
class FieldForm;
class Form;
class Text;

class Inspector : public QWidget {
  Q_OBJECT

 public:
  explicit Inspector(Document& document, QWidget* parent = nullptr);
  void focusFirst(); // the first field a person would change
  void focusName();
  void setCompact(bool compact); // a low window: fields that hold their default are folded away
  QWidget* fieldOf(const QString& parameter) const; // for tests and for problems that name a field

 private:
  void rebuild();                        // another node
  void refresh();                        // the same node, other values
  QString focusedField(NodeId id) const; // its name; empty when none has the focus, or the node changed
  void addName(const Node& node);
  void addParameters(const Node& node, const LayerSpec& layer);
  void addAutomatic(const Field& field);
  void addFrozen(const Node& node);
  void addField(const Field& field, const ParamValue& value, bool mayFold);
  void chooseFolds(bool another, const QString& focused);
  void fold();
  void fillCosts(QVBoxLayout* column);
  void take(const Field& field, const ParamValue& value, QWidget* widget);

  Document& document_;
  DockTitle* title_;
  QWidget* body_ = nullptr;
  QVBoxLayout* bodyColumn_;
  Form* form_ = nullptr;
  FieldForm* fields_;
  NodeId shown_ = -1;
  struct Foldable {
    QString label;
    QWidget* field;
  };
  QList<Foldable> foldable_; // of the node shown: what holds its default
  QSet<QString> folds_;      // their names as of when the node was chosen, less what was changed since
  int rows_ = 0;
  bool taking_ = false, compact_ = false, unfolded_ = false, foldAnew_ = false;
};

} // namespace loom
