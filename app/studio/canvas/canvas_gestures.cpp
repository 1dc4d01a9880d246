// SPDX-License-Identifier: GPL-3.0-or-later
// Mouse and keys of the canvas. One gesture, one Edit.
#include "app/studio/canvas/canvas_painter.h"
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/canvas/fix_bubble.h"
#include "app/studio/canvas/layer_search.h"
#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QMimeData>
#include <QMouseEvent>
#include <QToolTip>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

constexpr double portReach = 10, edgeReach = 6, dragThreshold = 4, snapStep = 8;
constexpr const char* clipboardType = "application/x-neuroloom-nodes+json";

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
    break;
  case Hit::Kind::input: {
    // An occupied port gives its edge into the hand; a free one starts a wire backwards.
    wireTo_ = std::pair{pressed_.node, pressed_.port};
    gesture_ = Gesture::wire;
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
    break;
  case Hit::Kind::nothing:
    if ((event->modifiers() & Qt::ShiftModifier) == 0) document_.select({}, 0);
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
    rebuild();
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
  bubble_->hide();
}

void CanvasView::finishMove() {
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
    document_.perform(duplicate(document_.network(), document_.selection(), {by.x(), by.y()}));
  else if (!positions.empty())
    document_.perform(moveNodes(document_.network(), positions, true));
  duplicating_ = false;
  rebuild();
}

QString CanvasView::wireObstacle(NodeId to) const {
  if (!wireFrom_) return {};
  auto edit = loom::connect(document_.network(), *wireFrom_, to);
  return edit ? QString() : QString::fromStdString(edit.error().cause);
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
      searchFrom_ = from;
      openSearch(at);
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

void CanvasView::openSearch(QPointF at) {
  searchAt_ = at;
  if (!searchFrom_ && document_.current() != 0 && document_.selection().size() == 1) {
    const auto* node = scene_.node(document_.current());
    if (node != nullptr && node->output && document_.network().outOf(node->id).empty())
      searchFrom_ = node->id;
  }
  std::optional<loom::Shape> shape;
  if (searchFrom_) {
    const auto info = document_.analysis().nodes.find(*searchFrom_);
    if (info != document_.analysis().nodes.end()) shape = info->second.output;
  }
  search_->open(mapToGlobal(at.toPoint()), shape);
}

void CanvasView::addFromSearch(const QString& type) {
  const auto from = searchFrom_;
  searchFrom_.reset();
  QPointF place = snapped(toScene(searchAt_) - QPointF(0, portLine));
  if (from && scene_.node(*from) != nullptr) {
    // A follower stands one column further, on the same line, unless the pointer chose another place.
    const auto* node = scene_.node(*from);
    const QPointF column(node->box.left() + 192, node->box.top());
    if (QLineF(place, column).length() < 160 || toScene(searchAt_).x() < node->box.right()) place = column;
  }
  const auto before = document_.network().nextId;
  if (!document_.perform(addNode(document_.network(), type.toStdString(), {place.x(), place.y()}))) return;
  const NodeId added = before;
  if (from && document_.network().node(added) != nullptr)
    document_.perform(loom::connect(document_.network(), *from, added));
  if (document_.network().node(added) != nullptr) document_.select({added}, added);
  setFocus();
}

void CanvasView::walk(int key, bool extend) {
  const auto& network = document_.network();
  const NodeId current = document_.current();
  if (current == 0) {
    if (!document_.analysis().order.empty()) goTo(document_.analysis().order.front());
    return;
  }
  NodeId next = 0;
  if (key == Qt::Key_Left || key == Qt::Key_Right) {
    const auto edges = key == Qt::Key_Right ? network.outOf(current) : network.into(current);
    if (!edges.empty()) next = key == Qt::Key_Right ? edges.front()->to : edges.front()->from;
  } else if (key == Qt::Key_Home || key == Qt::Key_End) {
    const auto& order = document_.analysis().order;
    next = order.empty() ? 0 : key == Qt::Key_Home ? order.front() : order.back();
  } else {
    // The nearest card above or below.
    const QPointF here = scene_.node(current)->box.center();
    double best = 1e18;
    for (const auto& node : scene_.nodes) {
      const QPointF by = node.box.center() - here;
      if (node.id == current || (key == Qt::Key_Up ? by.y() > -8 : by.y() < 8)) continue;
      const double distance = std::abs(by.y()) * 2 + std::abs(by.x());
      if (distance < best) {
        best = distance;
        next = node.id;
      }
    }
  }
  if (next == 0) return;
  auto chosen = document_.selection();
  goTo(next);
  if (extend) {
    chosen.insert(next);
    document_.select(chosen, next);
  }
}

void CanvasView::nudge(QPointF by) {
  std::map<NodeId, Point> positions;
  for (const NodeId id : document_.selection()) {
    const auto& at = document_.network().node(id)->position;
    positions[id] = {at.x + by.x(), at.y + by.y()};
  }
  if (!positions.empty()) document_.perform(moveNodes(document_.network(), positions, true));
}

void CanvasView::deleteSelection() {
  std::set<EdgeId> edges;
  if (document_.selection().empty() && hovered_.kind == Hit::Kind::edge) edges.insert(hovered_.edge);
  if (!document_.selection().empty() || !edges.empty())
    document_.perform(removeNodes(document_.network(), document_.selection(), edges, true));
}

void CanvasView::copySelection() const {
  if (document_.selection().empty()) return;
  const std::string text = canonicalJson(copyToJson(document_.network(), document_.selection()));
  auto* data = new QMimeData;
  data->setData(clipboardType, QByteArray::fromStdString(text));
  data->setText(QString::fromStdString(text));
  QApplication::clipboard()->setMimeData(data);
}

void CanvasView::pasteAt(QPointF scenePosition) {
  const auto* data = QApplication::clipboard()->mimeData();
  if (data == nullptr) return;
  const QByteArray bytes = data->hasFormat(clipboardType) ? data->data(clipboardType) : data->text().toUtf8();
  if (bytes.isEmpty()) return;
  auto json =
      parseJson(std::string_view(bytes.constData(), static_cast<std::size_t>(bytes.size())), "the clipboard");
  if (!json) {
    Q_EMIT refused("The clipboard holds no nodes");
    return;
  }
  const auto before = document_.network().nextId;
  const QPointF at = snapped(scenePosition);
  if (!document_.perform(paste(document_.network(), *json, {at.x(), at.y()}))) return;
  std::set<NodeId> added;
  for (const auto& [id, node] : document_.network().nodes)
    if (id >= before) added.insert(id);
  document_.select(added, added.empty() ? 0 : *added.begin());
}

void CanvasView::duplicateSelection() {
  if (document_.selection().empty()) return;
  const auto before = document_.network().nextId;
  if (!document_.perform(duplicate(document_.network(), document_.selection(), {32, 96}))) return;
  std::set<NodeId> added;
  for (const auto& [id, node] : document_.network().nodes)
    if (id >= before) added.insert(id);
  document_.select(added, added.empty() ? 0 : *added.begin());
}

void CanvasView::keyPressEvent(QKeyEvent* event) {
  const bool control = (event->modifiers() & Qt::ControlModifier) != 0;
  const bool shift = (event->modifiers() & Qt::ShiftModifier) != 0;
  if (keyboardWire_ && (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)) {
    const NodeId to = document_.current();
    const auto from = wireFrom_;
    keyboardWire_ = false;
    wireFrom_.reset();
    if (from && to != *from) document_.perform(loom::connect(document_.network(), *from, to));
    update();
    return;
  }
  switch (event->key()) {
  case Qt::Key_Tab:
    openSearch(rect().contains(pointer_.toPoint()) && !pointer_.isNull()
                   ? pointer_
                   : QPointF(width() / 2.0, height() / 3.0));
    return;
  case Qt::Key_Escape:
    if (gesture_ != Gesture::none || keyboardWire_ || !ghostType_.isEmpty())
      cancelGesture();
    else
      document_.select({}, 0);
    return;
  case Qt::Key_Left:
  case Qt::Key_Right:
  case Qt::Key_Up:
  case Qt::Key_Down:
    if (control) {
      const int key = event->key();
      nudge({key == Qt::Key_Left    ? -8.0
             : key == Qt::Key_Right ? 8.0
                                    : 0.0,
             key == Qt::Key_Up     ? -8.0
             : key == Qt::Key_Down ? 8.0
                                   : 0.0});
    } else {
      walk(event->key(), shift);
    }
    return;
  case Qt::Key_Home:
  case Qt::Key_End:
    walk(event->key(), shift);
    return;
  case Qt::Key_Delete:
  case Qt::Key_Backspace:
    deleteSelection();
    return;
  case Qt::Key_Return:
  case Qt::Key_Enter:
    if ((event->modifiers() & Qt::AltModifier) != 0) {
      if (const auto* diagnostic = document_.diagnosticOf(document_.current()))
        document_.applyFix(*diagnostic);
    } else if (document_.current() != 0) {
      Q_EMIT parametersWanted();
    }
    return;
  case Qt::Key_Space:
    if (!event->isAutoRepeat()) {
      spaceHeld_ = true;
      if (gesture_ == Gesture::none) setCursor(Qt::OpenHandCursor);
    }
    return;
  case Qt::Key_A:
    if (control) {
      std::set<NodeId> all;
      for (const auto& node : scene_.nodes) all.insert(node.id);
      document_.select(all, document_.current());
      return;
    }
    break;
  case Qt::Key_C:
    if (control) {
      copySelection();
      return;
    }
    if (document_.current() != 0 && event->modifiers() == Qt::NoModifier) {
      wireFrom_ = document_.current();
      keyboardWire_ = true;
      update();
      return;
    }
    break;
  case Qt::Key_X:
    if (control) {
      copySelection();
      deleteSelection();
      return;
    }
    break;
  case Qt::Key_V:
    if (control) {
      pasteAt(toScene(underMouse() ? pointer_ : QPointF(width() / 3.0, height() / 3.0)));
      return;
    }
    break;
  case Qt::Key_D:
    if (control) {
      duplicateSelection();
      return;
    }
    break;
  case Qt::Key_L:
    if (control) {
      document_.layOut(shift);
      fit();
      return;
    }
    break;
  case Qt::Key_Z:
    if (control) break; // undo and redo are the window's
    shift ? fitSelection() : fit();
    return;
  case Qt::Key_1:
    if (event->modifiers() == Qt::NoModifier) {
      setZoom(1, QPointF(width() / 2.0, height() / 2.0));
      return;
    }
    break;
  default:
    break;
  }
  QWidget::keyPressEvent(event);
}

void CanvasView::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
    spaceHeld_ = false;
    if (gesture_ == Gesture::none) setCursor(Qt::ArrowCursor);
  }
  QWidget::keyReleaseEvent(event);
}

} // namespace loom
