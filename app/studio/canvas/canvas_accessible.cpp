// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/canvas_accessible.h"
#include "app/studio/canvas/canvas_view.h"
#include <QAccessibleWidget>
#include <QPointer>
#include <map>

namespace loom {

class CanvasAccessible : public QAccessibleWidget {
 public:
  explicit CanvasAccessible(CanvasView* view) : QAccessibleWidget(view, QAccessible::List), view_(view) {}
  ~CanvasAccessible() override {
    for (const auto& [node, id] : children_) QAccessible::deleteAccessibleInterface(id);
  }

  int childCount() const override { return view_ ? static_cast<int>(view_->scene().nodes.size()) : 0; }
  QAccessibleInterface* child(int index) const override;
  int indexOfChild(const QAccessibleInterface* child) const override;
  QAccessibleInterface* childAt(int x, int y) const override {
    if (!view_) return nullptr;
    const Hit hit = hitTest(view_->scene(), view_->toScene(view_->mapFromGlobal(QPointF(x, y))), 0, 0);
    return hit.node != 0 ? of(hit.node) : nullptr;
  }
  QAccessibleInterface* focusChild() const override {
    const NodeId current = view_ ? view_->document_.current() : 0;
    return current != 0 && view_->hasFocus() ? of(current) : nullptr;
  }
  QAccessibleInterface* of(NodeId node) const;
  CanvasView* view() const { return view_; }
  Document& document() const { return view_->document_; }

 private:
  QPointer<CanvasView> view_;
  mutable std::map<NodeId, QAccessible::Id> children_;
};

namespace {

class NodeAccessible : public QAccessibleInterface, public QAccessibleActionInterface {
 public:
  NodeAccessible(CanvasView* view, CanvasAccessible* canvas, NodeId node)
      : view_(view), canvas_(canvas), node_(node) {}
  NodeId node() const { return node_; }
  const NodeItem* item() const { return view_ ? view_->scene().node(node_) : nullptr; }

  bool isValid() const override { return item() != nullptr; }
  QObject* object() const override { return nullptr; }
  QAccessibleInterface* parent() const override {
    return view_ ? QAccessible::queryAccessibleInterface(view_.data()) : nullptr;
  }
  QAccessibleInterface* child(int) const override { return nullptr; }
  int childCount() const override { return 0; }
  QAccessibleInterface* childAt(int, int) const override { return nullptr; }
  int indexOfChild(const QAccessibleInterface*) const override { return -1; }
  QAccessible::Role role() const override { return QAccessible::ListItem; }
  void setText(QAccessible::Text, const QString&) override {}
  QRect rect() const override {
    const auto* shown = item();
    if (shown == nullptr) return {};
    const QRectF box(view_->toWidget(shown->box.topLeft()), view_->toWidget(shown->box.bottomRight()));
    return QRectF(view_->mapToGlobal(box.topLeft()), box.size()).toRect();
  }
  QString text(QAccessible::Text kind) const override {
    const auto* shown = item();
    if (shown == nullptr) return {};
    Document& document = canvas_->document();
    const Node* node = document.network().node(node_);
    if (kind == QAccessible::Name) return shown->title + " " + QString::fromStdString(node->name);
    if (kind != QAccessible::Description) return {};
    QStringList words;
    if (!shown->facts.isEmpty()) words << shown->facts;
    words << "gives " + shown->shape;
    if (!shown->count.isEmpty()) words << shown->count + " parameters";
    const auto names = [&](const std::vector<const Edge*>& edges, bool from) {
      QStringList list;
      for (const auto* edge : edges)
        list << QString::fromStdString(document.network().node(from ? edge->from : edge->to)->name);
      return list.join(", ");
    };
    if (const auto into = document.network().into(node_); !into.empty()) words << "from " + names(into, true);
    if (const auto out = document.network().outOf(node_); !out.empty()) words << "to " + names(out, false);
    if (const auto* problem = document.diagnosticOf(node_))
      words << QString::fromStdString(problem->cause.text() + " " + problem->remedy.text());
    return words.join("; ");
  }
  QAccessible::State state() const override {
    QAccessible::State state;
    const auto* shown = item();
    if (shown == nullptr) {
      state.invalid = true;
      return state;
    }
    state.focusable = state.selectable = true;
    state.focused = view_->hasFocus() && canvas_->document().current() == node_;
    state.selected = canvas_->document().selection().contains(node_);
    state.offscreen = !view_->rect().intersects(QRect(view_->mapFromGlobal(rect().topLeft()), rect().size()));
    return state;
  }
  void* interface_cast(QAccessible::InterfaceType type) override {
    return type == QAccessible::ActionInterface ? static_cast<QAccessibleActionInterface*>(this) : nullptr;
  }
  QStringList actionNames() const override { return {setFocusAction(), pressAction()}; }
  void doAction(const QString& action) override {
    if (!view_ || item() == nullptr) return;
    view_->goTo(node_);
    view_->setFocus();
    if (action == pressAction()) Q_EMIT view_->parametersWanted();
  }
  QStringList keyBindingsForAction(const QString&) const override { return {}; }

 private:
  QPointer<CanvasView> view_;
  CanvasAccessible* canvas_;
  NodeId node_;
};

QAccessibleInterface* make(const QString& name, QObject* object) {
  if (name != QLatin1String("loom::CanvasView")) return nullptr;
  return new CanvasAccessible(static_cast<CanvasView*>(object));
}

} // namespace

QAccessibleInterface* CanvasAccessible::of(NodeId node) const {
  if (const auto known = children_.find(node); known != children_.end())
    if (auto* interface = QAccessible::accessibleInterface(known->second)) return interface;
  auto* made = new NodeAccessible(view_, const_cast<CanvasAccessible*>(this), node);
  children_[node] = QAccessible::registerAccessibleInterface(made);
  return made;
}

QAccessibleInterface* CanvasAccessible::child(int index) const {
  if (!view_ || index < 0 || index >= childCount()) return nullptr;
  return of(view_->scene().nodes[static_cast<std::size_t>(index)].id);
}

int CanvasAccessible::indexOfChild(const QAccessibleInterface* child) const {
  const auto* node = dynamic_cast<const NodeAccessible*>(child);
  if (node == nullptr || !view_) return -1;
  const auto& nodes = view_->scene().nodes;
  for (std::size_t index = 0; index < nodes.size(); ++index)
    if (nodes[index].id == node->node()) return static_cast<int>(index);
  return -1;
}

void installCanvasAccessible() {
  static const bool once = [] {
    QAccessible::installFactory(make);
    return true;
  }();
  (void)once;
}

} // namespace loom
