// SPDX-License-Identifier: GPL-3.0-or-later
// Paints a scene. Styles, fonts and elided texts are prepared once per theme and zoom; painting reads only.
// All coordinates are device pixels with an identity painter, because a pen wider than one device pixel is
// slow through drawPolyline (25 times and more): wide lines are drawn as single segments.
#pragma once
#include "app/studio/canvas/scene.h"
#include "app/studio/theme/look.h"
#include <QPainter>
#include <QStaticText>
#include <array>
#include <set>
#include <unordered_map>

namespace loom {

struct CanvasFrame {
  double scale = 1; // device pixels per scene unit
  double zoom = 1;  // for the level of detail
  double pixelRatio = 1;
  QPointF origin; // scene point at the top left
  QSize size;     // device pixels
  QPointF map(QPointF scene) const { return (scene - origin) * scale; }
  QRectF map(const QRectF& scene) const { return {map(scene.topLeft()), scene.size() * scale}; }
};

class CanvasPainter {
 public:
  void prepare(const Look& look, const CanvasFrame& frame); // drops what no longer fits
  void ground(QPainter& painter, const CanvasFrame& frame) const;
  void edge(QPainter& painter, const CanvasFrame& frame, const EdgeItem& edge, bool accent) const;
  void label(QPainter& painter, const CanvasFrame& frame, const EdgeItem& edge, const QString& text,
             bool always = false) const; // always: even where the gap is too short
  void knots(QPainter& painter, const CanvasFrame& frame, const Scene& scene) const;
  struct State {
    bool selected = false, hovered = false, faded = false;
    const std::set<NodeId>* legal = nullptr; // while a wire is drawn: whose ports may take it
    bool backwards = false;                  // … their outputs, since the wire began at an input
  };
  void node(QPainter& painter, const CanvasFrame& frame, const NodeItem& node, const State& state) const;
  void wire(QPainter& painter, const CanvasFrame& frame, const QPolygonF& line) const;
  void rubberBand(QPainter& painter, const CanvasFrame& frame, const QRectF& scene) const;
  void ghost(QPainter& painter, const CanvasFrame& frame, QPointF at, const QString& type,
             const QString& icon, Family family) const;

 private:
  struct Texts {
    std::array<QString, 4> said; // title, facts, shape, count: what the texts below were made from
    double width = -1;           // of the card
    bool problem = false;
    QStaticText title, facts, shape, count;
    double countWidth = 0;
  };
  struct Card; // a node while it is painted
  const Texts& texts(const NodeItem& node, double scale) const;
  void namedCard(QPainter& painter, const CanvasFrame& frame, const Card& card) const;
  void wholeCard(QPainter& painter, const CanvasFrame& frame, const Card& card) const;
  void ports(QPainter& painter, const CanvasFrame& frame, const Card& card) const;
  void problem(QPainter& painter, const CanvasFrame& frame, const Card& card) const;
  void segments(QPainter& painter, const QPolygonF& line, const QPen& pen) const;

  const Look* look_ = nullptr;
  double scale_ = 0, pixelRatio_ = 1;
  bool dark_ = false;
  QFont titleFont_, bodyFont_;
  mutable std::unordered_map<NodeId, Texts> texts_;
};

} // namespace loom
