// SPDX-License-Identifier: GPL-3.0-or-later
// What the canvas shows, as plain arrays in scene units: a box and its texts per node, a line per edge. Knows
// no widget, so that routing and hit tests are tested without a window.
#pragma once
#include "core/network/validate.h"
#include <QPointF>
#include <QPolygonF>
#include <QRectF>
#include <QString>
#include <optional>
#include <vector>

namespace loom {

struct NodeItem {
  NodeId id = 0;
  QRectF box;
  QString title, facts, shape, count, shortName;
  QString icon;
  Family family = Family::linear;
  std::optional<Diagnostic::Level> problem;
  std::vector<QPointF> inputs; // port centres
  std::vector<bool> filled;    // which of them hold an edge
  std::optional<QPointF> output;
};

struct EdgeItem {
  EdgeId id = 0;
  NodeId from = 0, to = 0;
  QPolygonF line; // corners already rounded
  QRectF box;     // around line and label
  QString label;
  QPointF labelAt;      // middle of the text
  double labelRoom = 0; // free length there
  double width = 1;
  bool wrong = false, unknown = false;
};

struct Scene {
  std::vector<NodeItem> nodes; // by id
  std::vector<EdgeItem> edges; // by id
  std::vector<QPointF> knots;  // where an edge leaves another
  QRectF bounds;

  const NodeItem* node(NodeId id) const;
};

inline constexpr double nodeWidth = 128, wideNode = 160, headHeight = 24, portLine = 36;
// Height of a node with these texts.
double nodeHeight(bool facts);

struct Hit {
  enum class Kind { nothing, input, output, node, edge } kind = Kind::nothing;
  NodeId node = 0;
  int port = 0;
  EdgeId edge = 0;
};
// `reach` is the distance in scene units within which a port or an edge is taken.
Hit hitTest(const Scene& scene, QPointF at, double portReach, double edgeReach);

// Rounds the corners of an orthogonal line with this radius.
QPolygonF rounded(const QPolygonF& corners, double radius);
QPolygonF cubic(QPointF from, QPointF to);

} // namespace loom
