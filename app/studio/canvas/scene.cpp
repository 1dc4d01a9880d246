// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/scene.h"
#include "app/studio/canvas/router.h"
#include "core/base/format.h"
#include <QLineF>
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

constexpr double lineHeight = 16, bodyPadding = 4;

double edgeWidth(std::int64_t elements) {
  if (elements < 1) return 1;
  return std::clamp(1 + 0.4 * (std::log10(static_cast<double>(elements)) - 1), 1.0, 3.0);
}

// Ports stand around y 36: one on it, two 20 apart, more spread over the side.
std::vector<QPointF> portsOn(double x, double top, double height, int count) {
  std::vector<QPointF> points;
  if (count == 1) return {{x, top + portLine}};
  const double first = headHeight + 4, last = std::max(first + 12.0 * (count - 1), height - 10);
  for (int index = 0; index < count; ++index)
    points.emplace_back(x, top + first + (last - first) * index / (count - 1));
  return points;
}

// Ports of a node: one a PortSpec; a `many` port has one place an edge and a free one, at least two.
int portCount(const LayerSpec& layer, int edges) {
  if (layer.inputs.empty()) return 0;
  if (layer.inputs.back().many) return std::max(2, edges);
  return static_cast<int>(layer.inputs.size());
}

} // namespace

const NodeItem* Scene::node(NodeId id) const {
  const auto found = std::lower_bound(nodes.begin(), nodes.end(), id,
                                      [](const NodeItem& item, NodeId value) { return item.id < value; });
  return found != nodes.end() && found->id == id ? &*found : nullptr;
}

double nodeHeight(bool facts) { return headHeight + bodyPadding + (facts ? 2 : 1) * lineHeight; }

Scene makeScene(const Network& network, const Analysis& analysis, const TitleWidth& titleWidth,
                const std::map<NodeId, QPointF>& moved) {
  Scene scene;
  const EdgeIndex edges(network);
  for (const auto& [id, node] : network.nodes) {
    NodeItem item;
    item.id = id;
    const auto* layer = findLayer(node.type);
    item.title = QString::fromStdString(node.type);
    item.icon = layer != nullptr ? QString::fromUtf8(layer->icon.data(), static_cast<int>(layer->icon.size()))
                                 : "f-block";
    item.shortName = layer != nullptr ? QString::fromUtf8(layer->shortName.data(),
                                                          static_cast<int>(layer->shortName.size()))
                                      : item.title;
    item.family = layer != nullptr ? layer->family : Family::block;
    for (const auto& diagnostic : analysis.diagnostics) {
      if (diagnostic.node != id) continue;
      item.problem = diagnostic.level;
      break;
    }
    const auto info = analysis.nodes.find(id);
    if (info != analysis.nodes.end()) {
      item.facts = QString::fromStdString(info->second.facts);
      if (info->second.output)
        item.shape = QString::fromStdString(toTextWithoutBatch(*info->second.output));
      else if (!info->second.inputs.empty() && layer != nullptr && !layer->hasOutput && !item.problem)
        item.shape = QString::fromStdString(toTextWithoutBatch(info->second.inputs.front()));
      if (info->second.parameterCount > 0)
        item.count = QString::fromStdString(formatCountShort(info->second.parameterCount));
    }
    if (item.shape.isEmpty()) item.shape = item.problem == Diagnostic::Level::error ? "No shape" : "?";
    const auto drag = moved.find(id);
    const QPointF corner = drag != moved.end() ? drag->second : QPointF(node.position.x, node.position.y);
    // 4 thread, 8 margin, 16 icon, 4 gap, 8 margin; the mark of a problem takes 20.
    const bool wide = titleWidth(item.title) > nodeWidth - 40 - (item.problem ? 20 : 0);
    const auto& into = edges.into(id);
    const int ports = layer != nullptr ? portCount(*layer, static_cast<int>(into.size())) : 0;
    const double height = std::max(nodeHeight(!item.facts.isEmpty()), headHeight + 8 + 12.0 * ports);
    item.box = QRectF(corner, QSizeF(wide ? wideNode : nodeWidth, height));
    item.inputs = portsOn(item.box.left(), item.box.top(), height, ports);
    item.filled.assign(item.inputs.size(), false);
    for (std::size_t index = 0; index < into.size() && !item.inputs.empty(); ++index) {
      const bool many = layer->inputs.back().many;
      const auto port = many ? index : static_cast<std::size_t>(into[index]->toPort);
      if (port < item.filled.size()) item.filled[port] = true;
    }
    if (layer == nullptr || layer->hasOutput)
      item.output = QPointF(item.box.right(), item.box.top() + portLine);
    scene.bounds |= item.box;
    scene.nodes.push_back(std::move(item));
  }

  for (const auto& [id, edge] : network.edges) {
    const NodeItem* from = scene.node(edge.from);
    const NodeItem* to = scene.node(edge.to);
    if (from == nullptr || to == nullptr) continue;
    EdgeItem item;
    item.id = id;
    item.from = edge.from;
    item.to = edge.to;
    const auto info = analysis.nodes.find(edge.from);
    if (info != analysis.nodes.end() && info->second.output) {
      item.label = QString::fromStdString(toTextWithoutBatch(*info->second.output));
      item.width = edgeWidth(info->second.activationElements);
    } else {
      item.unknown = true;
      item.label = "?";
    }
    item.wrong =
        !item.unknown &&
        std::any_of(analysis.diagnostics.begin(), analysis.diagnostics.end(), [&](const Diagnostic& one) {
          return one.level == Diagnostic::Level::error &&
                 (one.edge == id || (one.edge == 0 && one.node == edge.to && !item.unknown));
        });
    scene.edges.push_back(std::move(item));
  }
  route(scene, network, edges);
  for (auto& edge : scene.edges) {
    edge.box = edge.line.boundingRect();
    scene.bounds |= edge.box;
    edge.box.adjust(-80, -24, 80, 24); // the label, too
  }
  return scene;
}

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
