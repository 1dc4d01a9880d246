// SPDX-License-Identifier: GPL-3.0-or-later
// The mouse on the canvas. One gesture, one Edit; canvas_edits.cpp has the keys.
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/canvas/fix_bubble.h"
#include <QApplication>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

constexpr double portReach = 10, edgeReach = 6, dragThreshold = 4, snapStep = 8;

} // namespace

QPointF CanvasView::snapped(QPointF scene) const {
  return {std::round(scene.x() / snapStep) * snapStep, std::round(scene.y() / snapStep) * snapStep};
}

void CanvasView::updateHover(QPointF at) {
  const Hit hit = hitTest(scene_, toScene(at), portReach / scale(), edgeReach / scale());
  if (hit.kind == hovered_.kind && hit.node == hovered_.node && hit.edge == hovered_.edge &&
      hit.port == hovered_.port)
    return;
  hovered_ = hit;
  setCursor(hit.kind == Hit::Kind::input || hit.kind == Hit::Kind::output ? Qt::CrossCursor
                                                                          : Qt::ArrowCursor);
  update();
}

void CanvasView::mousePressEvent(QMouseEvent* event) {
  setFocus(Qt::MouseFocusReason);
  pointer_ = pressedAt_ = event->position();
  if (event->button() == Qt::MiddleButton || (event->button() == Qt::LeftButton && spaceHeld_)) {
    gesture_ = Gesture::pan;
    setCursor(Qt::ClosedHandCursor);
    return;
  }
  if (event->button() != Qt::LeftButton) return;
  pressed_ = hitTest(scene_, toScene(pressedAt_), portReach / scale(), edgeReach / scale());
  gesture_ = Gesture::press;
  switch (pressed_.kind) {
  case Hit::Kind::output:
    wireFrom_ = pressed_.node;
    gesture_ = Gesture::wire;
    findLegal();
    break;
  case Hit::Kind::input: {
    // An occupied port gives its edge into the hand; a free one starts a wire backwards.
    wireTo_ = std::pair{pressed_.node, pressed_.port};
    gesture_ = Gesture::wire;
    findLegal();
    break;
  }
  case Hit::Kind::node: {
    auto chosen = document_.selection();
    if ((event->modifiers() & Qt::ShiftModifier) != 0) {
      if (!chosen.insert(pressed_.node).second) chosen.erase(pressed_.node);
      document_.select(chosen, pressed_.node);
    } else if (!chosen.contains(pressed_.node)) {
      document_.select({pressed_.node}, pressed_.node);
    } else {
      document_.select(chosen, pressed_.node);
    }
    duplicating_ = (event->modifiers() & Qt::AltModifier) != 0;
    break;
  }
  case Hit::Kind::edge:
    document_.select({}, 0);
    edge_ = pressed_.edge;
    Q_EMIT edgeChosen();
    break;
  case Hit::Kind::nothing:
    if ((event->modifiers() & Qt::ShiftModifier) == 0) document_.select({}, 0);
    edge_ = 0;
    Q_EMIT edgeChosen();
    break;
  }
  update();
}

void CanvasView::mouseMoveEvent(QMouseEvent* event) {
  const QPointF at = event->position();
  switch (gesture_) {
  case Gesture::none:
    updateHover(at);
    break;
  case Gesture::pan:
    origin_ -= (at - pointer_) / scale();
    fitted_ = false;
    stale();
    updateBubble();
    break;
  case Gesture::press:
    if ((at - pressedAt_).manhattanLength() < dragThreshold) break;
    if (pressed_.kind == Hit::Kind::node)
      beginMove();
    else if (pressed_.kind == Hit::Kind::nothing)
      gesture_ = Gesture::rubberBand;
    break;
  case Gesture::wire: {
    pointer_ = at;
    updateHover(at);
    const Hit hit = hitTest(scene_, toScene(at), 2 * portReach / scale(), 0);
    if (hit.node != 0 && wireFrom_) {
      if (const QString why = wireObstacle(hit.node); !why.isEmpty())
        QToolTip::showText(event->globalPosition().toPoint(), why, this);
    }
    break;
  }
  case Gesture::moveNodes: {
    const QPointF by = toScene(at) - toScene(pressedAt_);
    for (auto& [id, position] : moved_) {
      const auto& start = document_.network().node(id)->position;
      position = snapped(QPointF(start.x, start.y) + by);
    }
    placeLifted();
    break;
  }
  case Gesture::rubberBand:
    break;
  }
  pointer_ = at;
  if (gesture_ != Gesture::none) update();
}

void CanvasView::beginMove() {
  gesture_ = Gesture::moveNodes;
  moved_.clear();
  for (const NodeId id : document_.selection()) {
    const auto& position = document_.network().node(id)->position;
    moved_[id] = {position.x, position.y};
  }
  liftMoved();
  bubble_->hide();
}

// What is dragged leaves the static layer once; each frame then paints these cards and their lines alone.
void CanvasView::liftMoved() {
  liftedEdges_.clear();
  for (const auto& edge : scene_.edges)
    if (moved_.contains(edge.from) || moved_.contains(edge.to)) liftedEdges_.insert(edge.id);
  stale();
}

void CanvasView::placeLifted() {
  for (auto& node : scene_.nodes) {
    const auto at = moved_.find(node.id);
    if (at == moved_.end()) continue;
    const QPointF by = at->second - node.box.topLeft();
    node.box.translate(by);
    for (auto& port : node.inputs) port += by;
    if (node.output) *node.output += by;
  }
  for (auto& edge : scene_.edges) {
    if (!liftedEdges_.contains(edge.id)) continue;
    const auto* from = scene_.node(edge.from);
    const auto* to = scene_.node(edge.to);
    const auto into = document_.network().into(edge.to);
    const auto* layer = findLayer(document_.network().node(edge.to)->type);
    std::size_t port = 0;
    for (std::size_t index = 0; index < into.size(); ++index)
      if (into[index]->id == edge.id)
        port = layer != nullptr && !layer->inputs.empty() && layer->inputs.back().many
                   ? index
                   : static_cast<std::size_t>(into[index]->toPort);
    if (!from->output || port >= to->inputs.size()) continue;
    const QPointF a = *from->output, b = to->inputs[port];
    edge.line = std::abs(a.y() - b.y()) < 0.5 && b.x() > a.x() ? QPolygonF{a, b} : cubic(a, b);
  }
  update();
}

void CanvasView::finishMove() {
  liftedEdges_.clear();
  const auto moved = std::move(moved_);
  moved_.clear();
  gesture_ = Gesture::none;
  std::map<NodeId, Point> positions;
  QPointF by;
  for (const auto& [id, position] : moved) {
    const auto& before = document_.network().node(id)->position;
    by = position - QPointF(before.x, before.y);
    if (!by.isNull()) positions[id] = {position.x(), position.y()};
  }
  if (duplicating_ && !positions.empty())
    document_.perform(loom::duplicate(document_.network(), document_.selection(), {by.x(), by.y()}));
  else if (!positions.empty())
    document_.perform(moveNodes(document_.network(), positions, true));
  duplicating_ = false;
  rebuild();
}

// By structure alone, so that it costs nothing in a network of thousands: no way back to where the wire
// began, and a port to end at.
void CanvasView::findLegal() {
  legal_.clear();
  const auto& network = document_.network();
  const NodeId start = wireFrom_ ? *wireFrom_ : wireTo_ ? wireTo_->first : 0;
  std::map<NodeId, std::vector<NodeId>> onward; // against the wire's direction
  for (const auto& [id, edge] : network.edges)
    wireFrom_ ? onward[edge.to].push_back(edge.from) : onward[edge.from].push_back(edge.to);
  std::set<NodeId> closed{start};
  std::vector<NodeId> open{start};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    for (const NodeId next : onward[id])
      if (closed.insert(next).second) open.push_back(next);
  }
  for (const auto& [id, node] : network.nodes) {
    const auto* layer = findLayer(node.type);
    if (layer == nullptr || closed.contains(id)) continue;
    if (wireFrom_ ? !layer->inputs.empty() : layer->hasOutput) legal_.insert(id);
  }
}

QString CanvasView::wireObstacle(NodeId to) const {
  if (!wireFrom_) return {};
  auto edit = loom::connect(document_.network(), *wireFrom_, to);
  return edit ? QString() : QString::fromStdString(edit.error().cause.text());
}

void CanvasView::finishWire(QPointF at) {
  const auto from = wireFrom_;
  const auto to = wireTo_;
  wireFrom_.reset();
  wireTo_.reset();
  gesture_ = Gesture::none;
  QToolTip::hideText();
  // Anywhere on a card counts: nobody should have to aim at nine pixels.
  const Hit hit = hitTest(scene_, toScene(at), 2 * portReach / scale(), 0);
  const auto& network = document_.network();
  if (from) {
    if (hit.node != 0 && hit.node != *from) {
      const auto* layer = findLayer(network.node(hit.node)->type);
      const bool many = layer != nullptr && !layer->inputs.empty() && layer->inputs.back().many;
      document_.perform(
          loom::connect(network, *from, hit.node, hit.kind == Hit::Kind::input && !many ? hit.port : -1));
    } else if (hit.node == 0) {
      // Released on the open canvas: ask what should stand there.
      openSearch(at, *from);
    }
  } else if (to) {
    const bool clicked = (at - pressedAt_).manhattanLength() < dragThreshold;
    const auto into = network.into(to->first);
    const auto old = std::find_if(into.begin(), into.end(), [&](const Edge* edge) {
      return edge->toPort == to->second || edge->order == to->second;
    });
    if (hit.node != 0 && hit.node != to->first) {
      const auto* layer = findLayer(network.node(to->first)->type);
      const bool many = layer != nullptr && !layer->inputs.empty() && layer->inputs.back().many;
      document_.perform(loom::connect(network, hit.node, to->first, many ? -1 : to->second));
    } else if (hit.node == 0 && !clicked && old != into.end()) {
      document_.perform(loom::disconnect(network, (*old)->id)); // pulled off
    }
  }
  update();
}

void CanvasView::finishRubberBand() {
  gesture_ = Gesture::none;
  const QRectF box = QRectF(toScene(pressedAt_), toScene(pointer_)).normalized();
  auto chosen = (QApplication::keyboardModifiers() & Qt::ShiftModifier) != 0 ? document_.selection()
                                                                             : std::set<NodeId>{};
  for (const auto& node : scene_.nodes)
    if (node.box.intersects(box)) chosen.insert(node.id);
  document_.select(chosen, chosen.empty() ? 0 : *chosen.begin());
}

void CanvasView::mouseReleaseEvent(QMouseEvent* event) {
  const Gesture was = gesture_;
  pointer_ = event->position();
  switch (was) {
  case Gesture::pan:
    gesture_ = Gesture::none;
    setCursor(Qt::ArrowCursor);
    break;
  case Gesture::moveNodes:
    finishMove();
    break;
  case Gesture::wire:
    finishWire(event->position());
    break;
  case Gesture::rubberBand:
    finishRubberBand();
    break;
  case Gesture::press:
    gesture_ = Gesture::none;
    if (pressed_.kind == Hit::Kind::node && (event->modifiers() & (Qt::ShiftModifier | Qt::AltModifier)) == 0)
      document_.select({pressed_.node}, pressed_.node);
    break;
  case Gesture::none:
    break;
  }
  updateHover(event->position());
  update();
}

void CanvasView::mouseDoubleClickEvent(QMouseEvent* event) {
  const Hit hit = hitTest(scene_, toScene(event->position()), portReach / scale(), edgeReach / scale());
  if (hit.kind == Hit::Kind::node) {
    Q_EMIT parametersWanted();
  } else {
    openSearch(event->position());
  }
}

void CanvasView::wheelEvent(QWheelEvent* event) {
  const double steps = event->angleDelta().y() / 120.0;
  if (steps != 0) setZoom(zoom_ * std::pow(1.15, steps), event->position());
  event->accept();
}

void CanvasView::cancelGesture() {
  gesture_ = Gesture::none;
  moved_.clear();
  wireFrom_.reset();
  wireTo_.reset();
  liftedEdges_.clear();
  keyboardWire_ = duplicating_ = false;
  ghostType_.clear();
  QToolTip::hideText();
  rebuild();
}

void CanvasView::hoverLayer(const QString& type, QPoint globalPosition) {
  const QPoint at = mapFromGlobal(globalPosition);
  ghostType_ = rect().contains(at) ? type : QString();
  ghostAt_ = at;
  if (!ghostType_.isEmpty()) {
    const auto edge = edgeUnder(at);
    hovered_ = edge ? Hit{Hit::Kind::edge, 0, 0, *edge} : Hit{};
  }
  update();
}

void CanvasView::leaveLayer() {
  ghostType_.clear();
  update();
}

std::optional<EdgeId> CanvasView::edgeUnder(QPointF widgetPosition) const {
  const Hit hit = hitTest(scene_, toScene(widgetPosition), 0, 14 / scale());
  return hit.kind == Hit::Kind::edge ? std::optional(hit.edge) : std::nullopt;
}

bool CanvasView::dropLayer(const QString& type, QPoint globalPosition) {
  const QPointF at = mapFromGlobal(globalPosition);
  leaveLayer();
  if (!rect().contains(at.toPoint())) return false;
  const auto& network = document_.network();
  const auto before = network.nextId;
  bool done = false;
  if (const auto edge = edgeUnder(at))
    done = document_.perform(insertOnEdge(network, *edge, type.toStdString()));
  else {
    const QPointF place = snapped(toScene(at) - QPointF(nodeWidth / 2, portLine));
    done = document_.perform(addNode(network, type.toStdString(), {place.x(), place.y()}));
  }
  if (done && document_.network().node(before) != nullptr) document_.select({before}, before);
  setFocus();
  return done;
}

} // namespace loom
