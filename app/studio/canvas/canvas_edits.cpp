// SPDX-License-Identifier: GPL-3.0-or-later
// Keys of the canvas, its search and its clipboard.
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/canvas/layer_search.h"
#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QLineF>
#include <QMimeData>
#include <algorithm>
#include <cmath>

namespace loom {

constexpr const char* clipboardType = "application/x-neuroloom-nodes+json";

void CanvasView::openSearch(QPointF at, NodeId from) {
  searchAt_ = at;
  searchFrom_.reset();
  if (from != 0) {
    searchFrom_ = from;
  } else if (document_.current() != 0 && document_.selection().size() == 1) {
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
    place = freePlace(place);
  }
  const NodeId added = document_.network().nextId;
  const std::string wanted = type.toStdString();
  const auto* layer = findLayer(wanted);
  std::vector<EditBuilder> steps{[&](const Network& now) {
    return addNode(now, wanted, {place.x(), place.y()});
  }};
  if (from && layer != nullptr && !layer->inputs.empty())
    steps.emplace_back([&](const Network& now) { return loom::connect(now, *from, added); });
  if (document_.perform(inOneStep(document_.network(), say("Add {}", wanted), steps)))
    document_.select({added}, added);
  setFocus();
}

// The place itself, or the next one below it where no card lies.
QPointF CanvasView::freePlace(QPointF place) const {
  const auto taken = [&](QPointF at) {
    const QRectF box = QRectF(at, QSizeF(nodeWidth, nodeHeight(true))).adjusted(-8, -8, 8, 8);
    return std::any_of(scene_.nodes.begin(), scene_.nodes.end(),
                       [&](const NodeItem& node) { return node.box.intersects(box); });
  };
  constexpr double step = 16;
  for (int tries = 0; tries < 200 && taken(place); ++tries) place.ry() += step;
  return place;
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

void CanvasView::removeChosen() {
  std::set<EdgeId> edges;
  if (document_.selection().empty()) {
    if (edge_ != 0)
      edges.insert(edge_);
    else if (hovered_.kind == Hit::Kind::edge)
      edges.insert(hovered_.edge);
  }
  if (!document_.selection().empty() || !edges.empty())
    document_.perform(removeNodes(document_.network(), document_.selection(), edges, true));
}

void CanvasView::copy() const {
  if (document_.selection().empty()) return;
  const std::string text = canonicalJson(copyToJson(document_.network(), document_.selection()));
  auto* data = new QMimeData;
  data->setData(clipboardType, QByteArray::fromStdString(text));
  data->setText(QString::fromStdString(text));
  QApplication::clipboard()->setMimeData(data);
}

void CanvasView::cut() {
  if (document_.selection().empty()) return;
  copy();
  removeChosen();
}

void CanvasView::paste() {
  pasteAt(toScene(underMouse() && rect().contains(pointer_.toPoint())
                      ? pointer_
                      : QPointF(width() / 3.0, height() / 3.0)));
}

void CanvasView::selectAll() {
  std::set<NodeId> all;
  for (const auto& node : scene_.nodes) all.insert(node.id);
  document_.select(all, document_.current());
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
  if (!document_.perform(loom::paste(document_.network(), *json, {at.x(), at.y()}))) return;
  std::set<NodeId> added;
  for (const auto& [id, node] : document_.network().nodes)
    if (id >= before) added.insert(id);
  document_.select(added, added.empty() ? 0 : *added.begin());
}

void CanvasView::duplicate() {
  if (document_.selection().empty()) return;
  const auto before = document_.network().nextId;
  if (!document_.perform(loom::duplicate(document_.network(), document_.selection(), {32, 96}))) return;
  std::set<NodeId> added;
  for (const auto& [id, node] : document_.network().nodes)
    if (id >= before) added.insert(id);
  document_.select(added, added.empty() ? 0 : *added.begin());
}

void CanvasView::keyPressEvent(QKeyEvent* event) {
  if (!wireKey(*event) && !wayKey(*event) && !editKey(*event) && !viewKey(*event))
    QWidget::keyPressEvent(event);
}

// C begins a wire at the current node, Enter ends it at the one that is current then.
bool CanvasView::wireKey(const QKeyEvent& event) {
  const bool enter = event.key() == Qt::Key_Return || event.key() == Qt::Key_Enter;
  if (keyboardWire_ && enter) {
    const NodeId to = document_.current();
    const auto from = wireFrom_;
    keyboardWire_ = false;
    wireFrom_.reset();
    if (from && to != *from) document_.perform(loom::connect(document_.network(), *from, to));
    update();
    return true;
  }
  if (event.key() != Qt::Key_C || document_.current() == 0 || event.modifiers() != Qt::NoModifier)
    return false;
  wireFrom_ = document_.current();
  keyboardWire_ = true;
  findLegal();
  update();
  return true;
}

bool CanvasView::wayKey(const QKeyEvent& event) {
  struct Way {
    int key;
    QPointF nudge; // with Ctrl, in scene units; none for a key that only walks
  };
  static const Way ways[] = {{Qt::Key_Left, {-8, 0}}, {Qt::Key_Right, {8, 0}}, {Qt::Key_Up, {0, -8}},
                             {Qt::Key_Down, {0, 8}},  {Qt::Key_Home, {}},      {Qt::Key_End, {}}};
  for (const Way& way : ways) {
    if (way.key != event.key()) continue;
    if ((event.modifiers() & Qt::ControlModifier) != 0 && !way.nudge.isNull())
      nudge(way.nudge);
    else
      walk(way.key, (event.modifiers() & Qt::ShiftModifier) != 0);
    return true;
  }
  return false;
}

bool CanvasView::editKey(const QKeyEvent& event) {
  switch (event.key()) {
  case Qt::Key_Tab:
    openSearch(rect().contains(pointer_.toPoint()) && !pointer_.isNull()
                   ? pointer_
                   : QPointF(width() / 2.0, height() / 3.0));
    return true;
  case Qt::Key_Delete:
  case Qt::Key_Backspace:
    removeChosen();
    return true;
  case Qt::Key_Return:
  case Qt::Key_Enter:
    if ((event.modifiers() & Qt::AltModifier) != 0) {
      if (const auto* diagnostic = document_.diagnosticOf(document_.current()))
        document_.applyFix(*diagnostic);
    } else if (document_.current() != 0) {
      Q_EMIT parametersWanted();
    }
    return true;
  case Qt::Key_F2:
    if (document_.current() != 0) Q_EMIT renameWanted();
    return true;
  case Qt::Key_Slash:
    Q_EMIT paletteWanted();
    return true;
  default:
    return false;
  }
}

bool CanvasView::viewKey(const QKeyEvent& event) {
  switch (event.key()) {
  case Qt::Key_Escape:
    if (gesture_ != Gesture::none || keyboardWire_ || !ghostType_.isEmpty())
      cancelGesture();
    else
      document_.select({}, 0);
    return true;
  case Qt::Key_Space:
    if (!event.isAutoRepeat()) {
      spaceHeld_ = true;
      if (gesture_ == Gesture::none) setCursor(Qt::OpenHandCursor);
    }
    return true;
  case Qt::Key_Z:
    if ((event.modifiers() & Qt::ControlModifier) != 0) return false; // undo and redo are the window's
    (event.modifiers() & Qt::ShiftModifier) != 0 ? fitSelection() : fit();
    return true;
  case Qt::Key_1:
    if (event.modifiers() != Qt::NoModifier) return false;
    setZoom(1, QPointF(width() / 2.0, height() / 2.0));
    return true;
  default:
    return false;
  }
}

void CanvasView::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && !event->isAutoRepeat()) {
    spaceHeld_ = false;
    if (gesture_ == Gesture::none) setCursor(Qt::ArrowCursor);
  }
  QWidget::keyReleaseEvent(event);
}

} // namespace loom
