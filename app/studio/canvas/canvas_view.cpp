// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/canvas/canvas_accessible.h"
#include "app/studio/canvas/canvas_painter.h"
#include "app/studio/canvas/family_look.h"
#include "app/studio/canvas/fix_bubble.h"
#include "app/studio/canvas/layer_search.h"
#include "app/studio/canvas/scene_maker.h"
#include "core/base/format.h"
#include <QFontMetricsF>
#include <QPaintEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

constexpr double smallestZoom = 0.05, largestZoom = 4, margin = 32;
constexpr int mapWidth = 164, mapHeight = 104;

} // namespace

CanvasView::CanvasView(Document& document, QWidget* parent)
    : QWidget(parent), document_(document), painter_(std::make_unique<CanvasPainter>()) {
  installCanvasAccessible();
  setObjectName("canvas");
  setAccessibleName("Network");
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAttribute(Qt::WA_OpaquePaintEvent);
  setMinimumSize(200, 120);
  bubble_ = new FixBubble(this);
  search_ = new LayerSearch(this);
  connect(bubble_, &FixBubble::fixWanted, this,
          [this](const Diagnostic& diagnostic) { document_.applyFix(diagnostic); });
  connect(search_, &LayerSearch::chosen, this, &CanvasView::addFromSearch);
  connect(&document_, &Document::changed, this, &CanvasView::rebuild);
  connect(&document_, &Document::dataChanged, this, &CanvasView::rebuild);
  connect(&document_, &Document::reset, this, [this] {
    cancelGesture();
    rebuild();
    fit();
  });
  connect(&document_, &Document::selectionChanged, this, [this] {
    if (!document_.selection().empty()) edge_ = 0;
    updateBubble();
    update();
  });
  rebuild();
}

CanvasView::~CanvasView() = default;

double CanvasView::scale() const { return zoom_ * lookOf(this).scale; }

void CanvasView::rebuild() {
  const QFontMetricsF metrics(lookOf(this).fonts[Type::smallStrong]);
  const double textScale = lookOf(this).scale;
  scene_ = makeScene(
      document_.network(), document_.analysis(),
      [&](const QString& title) { return metrics.horizontalAdvance(title) / textScale; }, moved_);
  if (hovered_.node != 0 && scene_.node(hovered_.node) == nullptr) hovered_ = {};
  if (!document_.network().edges.contains(edge_)) edge_ = 0;
  stale();
  updateBubble();
}

void CanvasView::stale() {
  layerStale_ = true;
  update();
}

void CanvasView::setZoom(double zoom, QPointF anchor) {
  const QPointF fixed = toScene(anchor);
  zoom_ = std::clamp(zoom, smallestZoom, largestZoom);
  if (std::abs(zoom_ - 1) < 0.02) zoom_ = 1; // 100 % is easily met again
  origin_ = fixed - anchor / scale();
  fitted_ = false;
  stale();
  updateBubble();
  Q_EMIT zoomChanged(zoom_);
}

void CanvasView::fit() {
  const QRectF bounds = scene_.bounds.isNull() ? QRectF(0, 0, 600, 300) : scene_.bounds;
  const double text = lookOf(this).scale;
  const double wide = (width() - 2 * margin) / (bounds.width() * text),
               high = (height() - 2 * margin) / (bounds.height() * text);
  zoom_ = std::clamp(std::min({1.0, wide, high}), smallestZoom, 1.0);
  // Left and top as text is read; centred only when little is there.
  const QSizeF seen(width() / scale(), height() / scale());
  origin_ = QPointF(
      bounds.left() - std::max(margin / scale(), std::min(96.0, (seen.width() - bounds.width()) / 2)),
      bounds.top() - std::max(margin / scale(), std::min(64.0, (seen.height() - bounds.height()) / 2)));
  fitted_ = true;
  stale();
  updateBubble();
  Q_EMIT zoomChanged(zoom_);
}

void CanvasView::fitSelection() {
  QRectF box;
  for (const NodeId id : document_.selection())
    if (const auto* node = scene_.node(id)) box |= node->box;
  if (box.isNull()) return fit();
  const double text = lookOf(this).scale;
  zoom_ = std::clamp(std::min((width() - 2 * margin) / (box.width() * text),
                              (height() - 2 * margin) / (box.height() * text)),
                     smallestZoom, 1.5);
  origin_ = box.center() - QPointF(width(), height()) / 2 / scale();
  fitted_ = false;
  stale();
  updateBubble();
  Q_EMIT zoomChanged(zoom_);
}

void CanvasView::goTo(NodeId id) {
  const auto* node = scene_.node(id);
  if (node == nullptr) return;
  document_.select({id}, id);
  const QRectF seen(origin_, QSizeF(width(), height()) / scale());
  if (!seen.contains(node->box.adjusted(-24, -24, 24, 72))) {
    origin_ = node->box.center() - QPointF(width(), height()) / 2 / scale();
    fitted_ = false;
    stale();
  }
  updateBubble();
}

void CanvasView::renderLayer() {
  const double ratio = devicePixelRatioF();
  const QSize pixels(qRound(width() * ratio), qRound(height() * ratio));
  if (layer_.size() != pixels) layer_ = QImage(pixels, QImage::Format_RGB32);
  const CanvasFrame frame{scale() * ratio, zoom_, ratio, origin_, pixels};
  painter_->prepare(lookOf(this), frame);
  QPainter painter(&layer_);
  painter_->ground(painter, frame);
  const QRectF seen(frame.origin, QSizeF(pixels) / frame.scale);
  const auto visible = [&](const EdgeItem& edge) {
    return edge.box.intersects(seen) && !liftedEdges_.contains(edge.id);
  };
  for (const auto& edge : scene_.edges)
    if (visible(edge)) painter_->edge(painter, frame, edge, false);
  painter_->knots(painter, frame, scene_);
  for (const auto& edge : scene_.edges)
    if (visible(edge)) painter_->label(painter, frame, edge, edge.label);
  for (const auto& node : scene_.nodes)
    if (!moved_.contains(node.id)) painter_->node(painter, frame, node, {});
  layerStale_ = false;
}

void CanvasView::paintEvent(QPaintEvent*) {
  if (layerStale_) renderLayer();
  QPainter painter(this);
  const double ratio = devicePixelRatioF();
  painter.save();
  painter.scale(1 / ratio, 1 / ratio);
  painter.drawImage(0, 0, layer_);
  const CanvasFrame frame{scale() * ratio, zoom_, ratio, origin_, layer_.size()};

  const EdgeId lit = hovered_.kind == Hit::Kind::edge ? hovered_.edge : 0;
  if (lit != 0 || edge_ != 0 || !liftedEdges_.empty())
    for (const auto& edge : scene_.edges)
      if (edge.id == lit || edge.id == edge_ || liftedEdges_.contains(edge.id)) {
        painter_->edge(painter, frame, edge, edge.id == lit || edge.id == edge_);
        if (moved_.empty())
          painter_->label(painter, frame, edge, edge.id == lit ? hoverLabel(edge) : edge.label,
                          edge.id == lit);
      }
  const bool wiring = gesture_ == Gesture::wire || keyboardWire_;
  for (const auto& node : scene_.nodes) {
    const bool selected = document_.selection().contains(node.id);
    const bool hovered = hovered_.node == node.id;
    if (selected || hovered || wiring || moved_.contains(node.id))
      painter_->node(painter, frame, node,
                     {selected, hovered, false, wiring ? &legal_ : nullptr, wireTo_.has_value()});
  }
  if (gesture_ == Gesture::wire) {
    const QPointF here = toScene(pointer_);
    if (wireFrom_)
      painter_->wire(painter, frame, cubic(scene_.node(*wireFrom_)->output.value_or(QPointF()), here));
    else if (wireTo_)
      painter_->wire(
          painter, frame,
          cubic(here, scene_.node(wireTo_->first)->inputs[static_cast<std::size_t>(wireTo_->second)]));
  }
  if (gesture_ == Gesture::rubberBand)
    painter_->rubberBand(painter, frame, QRectF(toScene(pressedAt_), toScene(pointer_)));
  if (!ghostType_.isEmpty())
    if (const auto* layer = findLayer(ghostType_.toStdString()))
      painter_->ghost(
          painter, frame, snapped(toScene(ghostAt_) - QPointF(nodeWidth / 2, portLine)), ghostType_,
          QString::fromUtf8(layer->icon.data(), static_cast<qsizetype>(layer->icon.size())), layer->family);
  painter.restore();
  paintMiniMap(painter);
  if (document_.network().nodes.empty()) {
    const Look& look = lookOf(this);
    painter.setFont(look.fonts[Type::body]);
    painter.setPen(look[Token::text2]);
    painter.drawText(rect(), Qt::AlignCenter, "Press Tab to add a layer, or drag one from the left.");
  }
}

QString CanvasView::hoverLabel(const EdgeItem& edge) const {
  const auto info = document_.analysis().nodes.find(edge.from);
  if (info == document_.analysis().nodes.end() || !info->second.output) return edge.label;
  constexpr std::uint64_t bytesPerElement = 4;
  return QString::fromStdString(toText(*info->second.output)) + " float32, " +
         QString::fromStdString(
             formatBytes(std::uint64_t(info->second.activationElements) * bytesPerElement)) +
         " per sample";
}

QRectF CanvasView::miniMapBox() const {
  return QRectF(width() - mapWidth - 16, height() - mapHeight - 16, mapWidth, mapHeight);
}

void CanvasView::paintMiniMap(QPainter& painter) const {
  // It helps only when there is more than one sees.
  const QRectF seen(origin_, QSizeF(width(), height()) / scale());
  if (scene_.nodes.size() < 2 || seen.contains(scene_.bounds) || width() < 480 || height() < 260) return;
  const Look& look = lookOf(this);
  const QRectF box = miniMapBox();
  painter.fillRect(box, look[Token::raised]);
  painter.setPen(QPen(look[Token::line], 1));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5));
  const QRectF all = scene_.bounds | seen;
  const double factor = std::min((box.width() - 12) / all.width(), (box.height() - 12) / all.height());
  const auto place = [&](const QRectF& scene) {
    return QRectF(box.center() + (scene.topLeft() - all.center()) * factor, scene.size() * factor);
  };
  for (const auto& node : scene_.nodes)
    painter.fillRect(place(node.box), node.problem == Diagnostic::Level::error
                                          ? look[Token::error]
                                          : withAlpha(familyColour(look.theme(), node.family), 0.55));
  painter.setPen(QPen(look[Token::accent], 1.5));
  painter.drawRect(place(seen).intersected(box.adjusted(1, 1, -1, -1)));
}

// One bubble at a time: that of the chosen node, else of the first error.
void CanvasView::updateBubble() {
  const Diagnostic* shown = document_.current() != 0 ? document_.diagnosticOf(document_.current()) : nullptr;
  if (shown == nullptr)
    for (const auto& diagnostic : document_.analysis().diagnostics)
      if (diagnostic.node != 0 && diagnostic.level == Diagnostic::Level::error) {
        shown = &diagnostic;
        break;
      }
  const auto* node = shown != nullptr ? scene_.node(shown->node) : nullptr;
  if (node == nullptr || zoom_ < 0.5 || gesture_ == Gesture::moveNodes) {
    bubble_->hide();
    return;
  }
  const QPointF at = toWidget(node->box.bottomLeft());
  if (!QRectF(rect()).intersects(QRectF(toWidget(node->box.topLeft()), node->box.size() * scale()))) {
    bubble_->hide();
    return;
  }
  bubble_->show(*shown, width() - 16);
  const int x = std::clamp(qRound(at.x()) - 8, 8, std::max(8, width() - bubble_->width() - 8));
  int y = qRound(at.y()) + 8;
  if (y + bubble_->height() > height() - 4)
    y = qRound(toWidget(node->box.topLeft()).y()) - bubble_->height() - 8;
  bubble_->move(x, std::clamp(y, 4, std::max(4, height() - bubble_->height() - 4)));
}

bool CanvasView::event(QEvent* event) {
  // The canvas keeps Tab for its search; Ctrl Tab leaves it.
  if (event->type() == QEvent::KeyPress) {
    auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_Tab && key->modifiers() == Qt::NoModifier) {
      keyPressEvent(key);
      return true;
    }
    if (key->key() == Qt::Key_Tab && key->modifiers() == Qt::ControlModifier) {
      focusNextChild();
      return true;
    }
  }
  return QWidget::event(event);
}

void CanvasView::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (fitted_)
    fit();
  else
    stale();
  updateBubble();
}

void CanvasView::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::StyleChange) {
    *painter_ = CanvasPainter();
    rebuild();
  }
}

void CanvasView::leaveEvent(QEvent*) {
  hovered_ = {};
  update();
}

void CanvasView::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  update();
}

void CanvasView::focusOutEvent(QFocusEvent* event) {
  QWidget::focusOutEvent(event);
  update();
}

} // namespace loom
