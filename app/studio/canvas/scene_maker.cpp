// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/scene_maker.h"
#include "app/studio/canvas/router.h"
#include "app/studio/widgets/words.h"
#include "core/base/format.h"
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

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

// The texts of a card, and the mark of what is wrong.
void describe(NodeItem& item, const Node& node, const LayerSpec* layer, const Analysis& analysis) {
  item.title = text(node.type);
  item.icon = layer != nullptr ? text(layer->icon) : "f-block";
  item.shortName = layer != nullptr ? text(layer->shortName) : item.title;
  item.family = layer != nullptr ? layer->family : Family::block;
  for (const auto& diagnostic : analysis.diagnostics) {
    if (diagnostic.node != item.id) continue;
    item.problem = diagnostic.level;
    break;
  }
  const auto info = analysis.nodes.find(item.id);
  if (info != analysis.nodes.end()) {
    item.facts = text(info->second.facts);
    if (info->second.output)
      item.shape = text(toTextWithoutBatch(*info->second.output));
    else if (!info->second.inputs.empty() && layer != nullptr && !layer->hasOutput && !item.problem)
      item.shape = text(toTextWithoutBatch(info->second.inputs.front()));
    if (info->second.parameterCount > 0) item.count = text(formatCountShort(info->second.parameterCount));
  }
  if (item.shape.isEmpty()) item.shape = item.problem == Diagnostic::Level::error ? "No shape" : "?";
}

// Its box, and its ports on it.
void place(NodeItem& item, QPointF corner, const LayerSpec* layer, const TitleWidth& titleWidth,
           const std::vector<const Edge*>& into) {
  // 4 thread, 8 margin, 16 icon, 4 gap, 8 margin; the mark of a problem takes 20.
  const bool wide = titleWidth(item.title) > nodeWidth - 40 - (item.problem ? 20 : 0);
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
}

EdgeItem edgeItem(EdgeId id, const Edge& edge, const Analysis& analysis) {
  EdgeItem item;
  item.id = id;
  item.from = edge.from;
  item.to = edge.to;
  const auto info = analysis.nodes.find(edge.from);
  if (info != analysis.nodes.end() && info->second.output) {
    item.label = text(toTextWithoutBatch(*info->second.output));
    item.width = edgeWidth(info->second.activationElements);
  } else {
    item.unknown = true;
    item.label = "?";
  }
  item.wrong =
      !item.unknown &&
      std::any_of(analysis.diagnostics.begin(), analysis.diagnostics.end(), [&](const Diagnostic& one) {
        return one.level == Diagnostic::Level::error &&
               (one.edge == id || (one.edge == 0 && one.node == edge.to));
      });
  return item;
}

} // namespace

Scene makeScene(const Network& network, const Analysis& analysis, const TitleWidth& titleWidth,
                const std::map<NodeId, QPointF>& moved) {
  Scene scene;
  const EdgeIndex edges(network);
  for (const auto& [id, node] : network.nodes) {
    NodeItem item;
    item.id = id;
    const auto* layer = findLayer(node.type);
    describe(item, node, layer, analysis);
    const auto drag = moved.find(id);
    const QPointF corner = drag != moved.end() ? drag->second : QPointF(node.position.x, node.position.y);
    place(item, corner, layer, titleWidth, edges.into(id));
    scene.bounds |= item.box;
    scene.nodes.push_back(std::move(item));
  }
  for (const auto& [id, edge] : network.edges)
    if (scene.node(edge.from) != nullptr && scene.node(edge.to) != nullptr)
      scene.edges.push_back(edgeItem(id, edge, analysis));
  route(scene, network, edges);
  for (auto& edge : scene.edges) {
    edge.box = edge.line.boundingRect();
    scene.bounds |= edge.box;
    edge.box.adjust(-80, -24, 80, 24); // the label, too
  }
  return scene;
}

} // namespace loom
