// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/design/inspector.h"
#include "app/studio/widgets/cloth.h"
#include "app/studio/widgets/field_form.h"
#include "app/studio/widgets/form.h"
#include "app/studio/widgets/noted_field.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/words.h"
#include "core/base/format.h"
#include <QCheckBox>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>
#include <utility>

namespace loom {
namespace {

constexpr int alwaysShown = 2; // fields of a layer that are never folded away

QWidget* pair(const QString& label, const QString& value, const QString& share = {}) {
  auto* row = new QWidget;
  auto* line = rowOf(row, 0, 6);
  line->addWidget(new Text(label, Type::small, Token::text2), 1);
  line->addWidget(new Text(value, Type::small));
  if (!share.isEmpty()) line->addWidget(new Text(share, Type::small, Token::text2));
  return row;
}

} // namespace

Inspector::Inspector(Document& document, QWidget* parent) : QWidget(parent), document_(document) {
  setObjectName("inspector");
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  title_ = new DockTitle("Network");
  column->addWidget(title_);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setGround(scroll, Ground::surface);
  auto* inside = new QWidget;
  setGround(inside, Ground::surface);
  bodyColumn_ = columnOf(inside);
  scroll->setWidget(inside);
  column->addWidget(scroll, 1);
  fields_ = new FieldForm("field_", this);
  fields_->finished = [this](const Field& field, const ParamValue& value, QWidget* widget) {
    take(field, value, widget);
  };
  connect(&document_, &Document::selectionChanged, this, &Inspector::refresh);
  connect(&document_, &Document::changed, this, &Inspector::refresh);
  connect(&document_, &Document::reset, this, [this] {
    shown_ = -1;
    refresh();
  });
  refresh();
}

void Inspector::refresh() {
  if (taking_) {
    // A field is telling its value right now: deleting it under its own signal would crash.
    QTimer::singleShot(0, this, [this] {
      taking_ = false;
      rebuild();
    });
    return;
  }
  rebuild();
}

// The person may be typing in a field while another part of the network changes.
QString Inspector::focusedField(NodeId id) const {
  if (body_ == nullptr || shown_ != id) return {};
  const auto* widget = body_->focusWidget();
  return widget != nullptr && widget->hasFocus() ? widget->objectName() : QString();
}

void Inspector::rebuild() {
  const NodeId id = document_.current();
  const Node* node = document_.network().node(id);
  const QString focused = focusedField(id);
  const bool another = std::exchange(foldAnew_, false) || shown_ != id;
  fields_->forget();
  delete body_;
  body_ = new QWidget;
  setGround(body_, Ground::surface);
  auto* column = columnOf(body_);
  shown_ = id;
  form_ = nullptr;
  foldable_.clear();
  rows_ = 0;
  if (node == nullptr) {
    title_->setTitle("Network", QString::fromStdString(document_.network().name));
  } else {
    title_->setTitle(QString::fromStdString(node->type), QString::fromStdString(node->name));
    form_ = new Form;
    addName(*node);
    if (const auto* layer = findLayer(node->type); layer != nullptr) {
      addParameters(*node, *layer);
      if (layer->parameters != nullptr) addFrozen(*node);
    }
    chooseFolds(another, focused);
    fold();
    auto* box = new QWidget;
    setGround(box, Ground::surface);
    columnOf(box, 12)->addWidget(form_);
    column->addWidget(box);
    column->addWidget(new HairLine);
  }
  fillCosts(column);
  column->addStretch(1);
  bodyColumn_->addWidget(body_);
  if (!focused.isEmpty())
    if (auto* widget = body_->findChild<QWidget*>(focused)) widget->setFocus();
}

void Inspector::addName(const Node& node) {
  auto* name = new QLineEdit(QString::fromStdString(node.name));
  name->setObjectName("field_name");
  name->setAccessibleName("Name");
  connect(name, &QLineEdit::editingFinished, this, [this, name, id = node.id] {
    const Node* now = document_.network().node(id);
    if (now == nullptr || name->text().toStdString() == now->name) return;
    auto edit = rename(document_.network(), id, name->text().trimmed().toStdString());
    if (!edit) return form_->setProblem(name, QString::fromStdString(edit.error().cause.text()));
    taking_ = true;
    if (!document_.perform(edit)) taking_ = false;
  });
  form_->addRow("Name", name, "The prefix of its weights in files and code");
  foldable_.push_back({"Name", name});
  ++rows_;
}

void Inspector::addParameters(const Node& node, const LayerSpec& layer) {
  const auto params = completeParams(layer, node.params);
  int own = 0; // what a layer is made of comes first in its row
  for (const auto& field : layer.fields) {
    ++rows_;
    if (field.automatic) {
      addAutomatic(field);
      continue;
    }
    const ParamValue* value = params ? params->find(field.name) : nullptr;
    if (value == nullptr) value = node.params.find(field.name);
    addField(field, value != nullptr ? *value : field.standard, ++own > alwaysShown);
  }
}

// What follows from the input is shown and cannot be changed.
void Inspector::addAutomatic(const Field& field) {
  QString value = "?";
  const auto& nodes = document_.analysis().nodes;
  if (const auto info = nodes.find(shown_); info != nodes.end())
    for (const auto& [key, text] : info->second.automatic)
      if (key == field.name) value = QString::fromStdString(text);
  auto* automatic = new NotedField;
  automatic->setReadOnly(true);
  automatic->setAutomatic(value, "from input");
  automatic->setAccessibleName(text(field.label));
  automatic->setMinimumWidth(lookOf(this).px(64));
  form_->addRow(text(field.label), automatic, text(field.help));
}

void Inspector::addFrozen(const Node& node) {
  auto* frozen = new QCheckBox("fixed weights");
  frozen->setObjectName("field_frozen");
  frozen->setChecked(node.frozen);
  connect(frozen, &QCheckBox::clicked, this, [this, id = node.id](bool on) {
    taking_ = true;
    if (!document_.perform(setFrozen(document_.network(), id, on))) taking_ = false;
  });
  form_->addRow("Frozen", frozen, "Training leaves the weights of this node as they are");
  if (!node.frozen) foldable_.push_back({"Frozen", frozen});
  ++rows_;
}

void Inspector::addField(const Field& field, const ParamValue& value, bool mayFold) {
  auto* widget = fields_->add(field, value, form_);
  // The dock decides how wide a field is, not its longest word.
  if (field.kind != FieldKind::flag) widget->setMinimumWidth(lookOf(this).px(64));
  if (mayFold && value == field.standard) foldable_.push_back({text(field.label), widget});
}

void Inspector::setCompact(bool compact) {
  if (compact == compact_) return;
  compact_ = compact;
  refresh();
}

// Which rows fold is decided when a node is chosen. While it is shown a row may come out of the fold, because
// its value or the focus is there, but none goes in: no row leaves under the hands of a person.
void Inspector::chooseFolds(bool another, const QString& focused) {
  QSet<QString> standard;
  for (const auto& one : std::as_const(foldable_)) standard << one.field->objectName();
  if (another)
    folds_ = standard;
  else
    folds_.intersect(standard);
  folds_.remove(focused);
  foldable_.removeIf([this](const Foldable& one) { return !folds_.contains(one.field->objectName()); });
}

// In a low window what folds is behind one line that names it.
void Inspector::fold() {
  constexpr int few = 4, named = 2;
  if (!compact_ || rows_ <= few || foldable_.size() < 2) return;
  QStringList names;
  for (const auto& one : std::as_const(foldable_)) {
    if (names.size() < named)
      names << (names.isEmpty() ? one.label : one.label.left(1).toLower() + one.label.mid(1));
    form_->setRowVisible(one.field, unfolded_);
  }
  QString words = names.join(foldable_.size() > named ? ", " : " and ");
  if (foldable_.size() > named) words += QString(" and %1 more").arg(foldable_.size() - named);
  auto* link = makeButton(words, unfolded_ ? "chevron-down" : "chevron-right", ButtonRole::link);
  link->setObjectName("foldedFields");
  setTip(link, unfolded_ ? "Fold away what holds its default" : "Show what holds its default");
  connect(link, &QPushButton::clicked, this, [this] {
    unfolded_ = !unfolded_;
    foldAnew_ = !unfolded_;                           // what has its default now
    QTimer::singleShot(0, this, &Inspector::rebuild); // not under the button's own signal
  });
  form_->addWide(link);
}

void Inspector::take(const Field& field, const ParamValue& value, QWidget* widget) {
  auto edit = setParam(document_.network(), shown_, field.name, value);
  if (!edit) {
    const Error& error = edit.error();
    return form_->setProblem(widget, problemText(error));
  }
  form_->setProblem(widget, {});
  taking_ = true;
  if (edit->empty() || !document_.perform(edit)) taking_ = false;
}

void Inspector::fillCosts(QVBoxLayout* column) {
  const Analysis& analysis = document_.analysis();
  auto* box = new QWidget;
  setGround(box, Ground::surface);
  auto* rows = columnOf(box, 12, 8);
  rows->addWidget(new Text("Shape and cost", Type::caption, Token::text2));
  const auto info = analysis.nodes.find(shown_);
  const auto shareOf = [](std::int64_t part, std::int64_t whole) {
    return whole > 0 ? double(part) / double(whole) : 0.0;
  };
  const auto bar = [&](const QString& label, std::int64_t part, std::int64_t whole, const QString& value) {
    const double share = shareOf(part, whole);
    rows->addWidget(pair(label, value, QString("%1 %").arg(qRound(share * 100))));
    rows->addWidget(new ShareBar(share));
  };
  constexpr int bytesPerElement = 4;
  if (info != analysis.nodes.end()) {
    const auto& node = info->second;
    for (const auto& shape : node.inputs)
      rows->addWidget(pair("Input", QString::fromStdString(toText(shape))));
    if (node.output) rows->addWidget(pair("Output", QString::fromStdString(toText(*node.output))));
    if (node.parameterCount > 0)
      bar("Parameters", node.parameterCount, analysis.parameters,
          QString::fromStdString(formatCount(node.parameterCount)));
    if (node.multiplyAdds > 0)
      bar("Multiply-adds", node.multiplyAdds, analysis.multiplyAdds,
          QString::fromStdString(formatCountShort(node.multiplyAdds)));
    if (node.activationElements > 0)
      bar("Activations, one sample", node.activationElements, analysis.activationElements,
          QString::fromStdString(formatBytes(std::uint64_t(node.activationElements) * bytesPerElement)));
  } else {
    rows->addWidget(pair("Nodes", QString::number(document_.network().nodes.size())));
    rows->addWidget(pair("Parameters", QString::fromStdString(formatCount(analysis.parameters))));
    rows->addWidget(pair("Multiply-adds", QString::fromStdString(formatCountShort(analysis.multiplyAdds))));
    rows->addWidget(pair(
        "Activations, one sample",
        QString::fromStdString(formatBytes(std::uint64_t(analysis.activationElements) * bytesPerElement))));
    auto* hint = new Text("Choose a node to see and change its parameters.", Type::small, Token::text2);
    hint->setWrap(true);
    rows->addWidget(hint);
  }
  column->addWidget(box);
}

QWidget* Inspector::fieldOf(const QString& parameter) const {
  return body_ == nullptr ? nullptr : body_->findChild<QWidget*>("field_" + parameter);
}

void Inspector::focusName() {
  auto* name = body_ == nullptr ? nullptr : body_->findChild<QLineEdit*>("field_name");
  if (name != nullptr && name->isHidden()) {
    unfolded_ = true;
    rebuild();
    name = body_->findChild<QLineEdit*>("field_name");
  }
  if (name == nullptr) return;
  name->setFocus(Qt::TabFocusReason);
  name->selectAll();
}

void Inspector::focusFirst() {
  if (body_ == nullptr) return;
  for (auto* field : body_->findChildren<QLineEdit*>())
    if (!field->isReadOnly() && !field->isHidden() && field->objectName() != "field_name") {
      field->setFocus(Qt::TabFocusReason);
      field->selectAll();
      return;
    }
}

} // namespace loom
