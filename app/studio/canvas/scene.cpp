// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/scene.h"
#include <QLineF>
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

constexpr double lineHeight = 16, bodyPadding = 4;

} // namespace

const NodeItem* Scene::node(NodeId id) const {
  const auto found = std::lower_bound(nodes.begin(), nodes.end(), id,
                                      [](const NodeItem& item, NodeId value) { return item.id < value; });
  return found != nodes.end() && found->id == id ? &*found : nullptr;
}

double nodeHeight(bool facts) { return headHeight + bodyPadding + (facts ? 2 : 1) * lineHeight; }

Hit hitTest(const Scene& scene, QPointF at, double portReach, double edgeReach) {
  Hit hit;
  double best = portReach;
  for (const auto& node : scene.nodes) {
    if (!node.box.adjusted(-portReach, -portReach, portReach, portReach).contains(at)) continue;
    if (node.output && QLineF(*node.output, at).length() <= best) {
      best = QLineF(*node.output, at).length();
      hit = {Hit::Kind::output, node.id, 0, 0};
    }
    for (std::size_t port = 0; port < node.inputs.size(); ++port)
      if (QLineF(node.inputs[port], at).length() < best) {
        best = QLineF(node.inputs[port], at).length();
        hit = {Hit::Kind::input, node.id, static_cast<int>(port), 0};
      }
  }
  if (hit.kind != Hit::Kind::nothing) return hit;
  for (auto node = scene.nodes.rbegin(); node != scene.nodes.rend(); ++node)
    if (node->box.contains(at)) return {Hit::Kind::node, node->id, 0, 0};
  best = edgeReach;
  for (const auto& edge : scene.edges)
    for (qsizetype index = 1; index < edge.line.size(); ++index) {
      const QPointF a = edge.line[index - 1], along = edge.line[index] - a, towards = at - a;
      const double length = QPointF::dotProduct(along, along);
      const double t = length > 0 ? std::clamp(QPointF::dotProduct(towards, along) / length, 0.0, 1.0) : 0;
      const double distance = QLineF(at, a + along * t).length();
      if (distance < best) {
        best = distance;
        hit = {Hit::Kind::edge, 0, 0, edge.id};
      }
    }
  return hit;
}

QPolygonF rounded(const QPolygonF& corners, double radius) {
  if (corners.size() < 3) return corners;
  QPolygonF line;
  line << corners.first();
  for (qsizetype index = 1; index + 1 < corners.size(); ++index) {
    const QPointF corner = corners[index];
    QLineF before(corner, corners[index - 1]), behind(corner, corners[index + 1]);
    const double r = std::min({radius, before.length() / 2, behind.length() / 2});
    if (r < 0.5) {
      line << corner;
      continue;
    }
    before.setLength(r);
    behind.setLength(r);
    const QPointF start = before.p2(), end = behind.p2();
    constexpr int pieces = 4;
    for (int piece = 0; piece <= pieces; ++piece) {
      const double t = static_cast<double>(piece) / pieces, u = 1 - t;
      line << u * u * start + 2 * u * t * corner + t * t * end;
    }
  }
  line << corners.last();
  return line;
}

QPolygonF cubic(QPointF from, QPointF to) {
  const double handle = std::max(24.0, (to.x() - from.x()) / 2);
  const QPointF a(from.x() + handle, from.y()), b(to.x() - handle, to.y());
  QPolygonF line;
  constexpr int pieces = 24;
  for (int piece = 0; piece <= pieces; ++piece) {
    const double t = static_cast<double>(piece) / pieces, u = 1 - t;
    line << u * u * u * from + 3 * u * u * t * a + 3 * u * t * t * b + t * t * t * to;
  }
  return line;
}

} // namespace loom
