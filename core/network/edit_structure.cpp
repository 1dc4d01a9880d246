// SPDX-License-Identifier: Apache-2.0
// Builders that take nodes out, put them in between, exchange or copy them.
#include "core/network/draft.h"
#include "core/network/network_file.h"
#include "core/network/rules.h"
#include <algorithm>
#include <cmath>

namespace loom {

namespace {

Error noNode(const Network& network, NodeId id) {
  return cannot(network, {}, say("There is no node {}", id), say("Choose one that is on the canvas"));
}

// Where data came from before a removed node; 0 when that is not one place.
NodeId sourceBefore(const Network& network, const std::set<NodeId>& removed, NodeId id) {
  while (removed.contains(id)) {
    const auto entering = network.into(id);
    if (entering.size() != 1) return 0;
    id = entering[0]->from;
  }
  return id;
}

bool fedAlready(const Network& network, NodeId from, const Edge& edge) {
  for (const auto& [id, other] : network.edges)
    if (other.from == from && other.to == edge.to && other.toPort == edge.toPort && id != edge.id)
      return true;
  return false;
}

// "conv_12" -> "conv": copies count on from there.
std::string stemOf(const std::string& name) {
  const auto last = name.find_last_not_of("0123456789");
  if (last == std::string::npos || last == 0 || last + 1 == name.size() || name[last] != '_') return name;
  return name.substr(0, last);
}

// Adds copies of a drawing; ids and names that are free, positions moved by `offset`.
void copyInto(Draft& draft, const std::map<NodeId, Node>& nodes, const std::map<EdgeId, Edge>& edges,
              Point offset) {
  std::map<NodeId, NodeId> ids;
  for (const auto& [old, node] : nodes) {
    Node copy = node;
    copy.id = draft.takeId();
    copy.name = draft.now.nodeNamed(node.name) ? draft.now.freeName(stemOf(node.name)) : node.name;
    copy.position = {node.position.x + offset.x, node.position.y + offset.y};
    copy.placed = true;
    ids[old] = copy.id;
    draft.now.nodes.emplace(copy.id, std::move(copy));
  }
  for (const auto& [old, id] : ids) {
    Node& copy = draft.now.nodes[id];
    if (!copy.shares) continue;
    if (ids.contains(copy.shares))
      copy.shares = ids[copy.shares];
    else if (const Node* other = draft.now.node(copy.shares); !other || other->type != copy.type)
      copy.shares = 0;
  }
  for (const auto& [old, edge] : edges) {
    if (!ids.contains(edge.from) || !ids.contains(edge.to)) continue;
    Edge copy = edge;
    copy.id = draft.takeId();
    copy.from = ids[edge.from];
    copy.to = ids[edge.to];
    draft.now.edges.emplace(copy.id, copy);
  }
}

// Cards are at most this wide and high, with what stays free around them.
constexpr double column = 192, cardWidth = 176, cardHeight = 88;

bool lies(const Network& network, Point at, NodeId besides = 0) {
  return std::any_of(network.nodes.begin(), network.nodes.end(), [&](const auto& entry) {
    const Point& other = entry.second.position;
    return entry.first != besides && std::fabs(other.x - at.x) < cardWidth &&
           std::fabs(other.y - at.y) < cardHeight;
  });
}

// A place between two nodes: the middle when it is free, else one column behind the first; what lies in that
// row from there on moves right by what is missing.
Point makeRoom(Network& network, const Node& before, Point behind) {
  const Point a = before.position;
  const Point middle{std::round((a.x + behind.x) / 2), std::round((a.y + behind.y) / 2)};
  if (!lies(network, middle)) return middle;
  const Point place{a.x + column, a.y};
  if (!lies(network, place, before.id)) return place;
  double missing = 0;
  const auto follows = [&](const Node& node) {
    return node.id != before.id && node.position.x > a.x && std::fabs(node.position.y - a.y) < cardHeight;
  };
  for (const auto& [id, node] : network.nodes)
    if (follows(node)) missing = std::max(missing, place.x + column - node.position.x);
  for (auto& [id, node] : network.nodes)
    if (follows(node)) node.position.x += missing;
  return place;
}

Result<Edit> putOnEdge(const Network& network, const Edge& edge, std::string_view type) {
  const LayerSpec* layer = findLayer(type);
  if (!layer)
    return cannot(network, {}, say("The layer type '{}' is unknown", type), say("See `loom layers`"));
  if (layer->inputs.empty() || !layer->hasOutput)
    return cannot(network, {}, say("{} cannot be between two layers", type),
                  say("Choose a layer with input and output"));
  Draft draft(network);
  const Point place = makeRoom(draft.now, *network.node(edge.from), network.node(edge.to)->position);
  const NodeId id = draft.add(*layer, place);
  Edge before = edge;
  before.to = id;
  before.toPort = before.order = 0;
  draft.now.edges[edge.id] = before;
  Edge behind = edge;
  behind.id = draft.takeId();
  behind.from = id;
  draft.now.edges.emplace(behind.id, behind);
  return draft.finish(say("Insert {}", type));
}

} // namespace

Result<Edit> removeNodes(const Network& network, const std::set<NodeId>& nodes, const std::set<EdgeId>& edges,
                         bool heal) {
  Draft draft(network);
  Network& now = draft.now;
  for (const EdgeId id : edges) {
    if (!network.edges.contains(id)) return cannot(network, {}, say("There is no edge {}", id), {});
    now.edges.erase(id);
  }
  for (const NodeId id : nodes)
    if (!network.node(id)) return noNode(network, id);
  for (const auto& [id, edge] : network.edges) {
    if (!now.edges.contains(id)) continue;
    const bool toStays = !nodes.contains(edge.to);
    if (toStays && !nodes.contains(edge.from)) continue;
    const NodeId source = heal && toStays ? sourceBefore(now, nodes, edge.from) : 0;
    if (source && !fedAlready(now, source, edge)) now.edges[id].from = source;
  }
  std::erase_if(now.edges, [&](const auto& entry) {
    return nodes.contains(entry.second.from) || nodes.contains(entry.second.to);
  });
  for (const NodeId id : nodes) now.nodes.erase(id);
  for (auto& [id, node] : now.nodes)
    if (nodes.contains(node.shares)) node.shares = 0;
  if (nodes.empty())
    return draft.finish(edges.size() == 1 ? say("Remove edge") : say("Remove {} edges", edges.size()));
  return draft.finish(nodes.size() == 1 ? say("Remove {}", network.node(*nodes.begin())->name)
                                        : say("Remove {} nodes", nodes.size()));
}

Result<Edit> insertOnEdge(const Network& network, EdgeId edge, std::string_view type) {
  const auto found = network.edges.find(edge);
  if (found == network.edges.end()) return cannot(network, {}, say("There is no edge {}", edge), {});
  return putOnEdge(network, found->second, type);
}

Result<Edit> insertBefore(const Network& network, NodeId id, int port, std::string_view type) {
  const Node* node = network.node(id);
  if (!node) return noNode(network, id);
  for (const Edge* edge : network.into(id))
    if (edge->toPort == port) return putOnEdge(network, *edge, type);
  return cannot(network, node->name, say("Nothing is connected here yet"), say("Connect a layer first"));
}

Result<Edit> replaceLayer(const Network& network, NodeId id, std::string_view type) {
  const Node* node = network.node(id);
  if (!node) return noNode(network, id);
  const LayerSpec* layer = findLayer(type);
  const LayerSpec* old = findLayer(node->type);
  if (!layer)
    return cannot(network, {}, say("The layer type '{}' is unknown", type), say("See `loom layers`"));
  Draft draft(network);
  Node& changed = draft.now.nodes[id];
  changed.type = type;
  changed.shares = 0;
  // Params of one name are kept where the new layer takes them.
  changed.params = {};
  for (const auto& [name, value] : node->params) {
    Params one{{name, value}};
    if (const auto kept = storedParams(*layer, one); kept && !kept->empty())
      changed.params.set(name, *kept->find(name));
  }
  const std::string stem = stemOf(node->name);
  if (old && (stem == nameStem(*old)) && nameStem(*old) != nameStem(*layer))
    changed.name = draft.now.freeName(nameStem(*layer));
  const int ports = static_cast<int>(layer->inputs.size());
  std::map<int, int> taken;
  for (const Edge* edge : network.into(id)) {
    const bool many = edge->toPort < ports && layer->inputs[static_cast<std::size_t>(edge->toPort)].many;
    if (edge->toPort >= ports || (!many && taken[edge->toPort] > 0))
      draft.now.edges.erase(edge->id);
    else if (!many)
      draft.now.edges[edge->id].order = 0;
    ++taken[edge->toPort];
  }
  if (!layer->hasOutput)
    for (const Edge* edge : network.outOf(id)) draft.now.edges.erase(edge->id);
  for (auto& [key, other] : draft.now.nodes)
    if (other.shares == id && other.type != changed.type) other.shares = 0;
  return draft.finish(say("Use {}", type));
}

Result<Edit> duplicate(const Network& network, const std::set<NodeId>& nodes, Point offset) {
  std::map<NodeId, Node> copied;
  for (const NodeId id : nodes) {
    if (!network.node(id)) return noNode(network, id);
    copied.emplace(id, *network.node(id));
  }
  Draft draft(network);
  copyInto(draft, copied, network.edges, offset);
  return draft.finish(sayCount("Duplicate {} node", "Duplicate {} nodes", nodes.size()));
}

Json copyToJson(const Network& network, const std::set<NodeId>& nodes) {
  Json list = Json::array(), edges = Json::array();
  for (const NodeId id : nodes) {
    const Node* node = network.node(id);
    if (!node) continue;
    list.push_back(nodeToJson(*node));
    if (!nodes.contains(node->shares)) list.back().erase("shares");
  }
  for (const auto& [id, edge] : network.edges)
    if (nodes.contains(edge.from) && nodes.contains(edge.to)) edges.push_back(edgeToJson(network, edge));
  return Json{{"schema", networkSchema}, {"nodes", std::move(list)}, {"edges", std::move(edges)}};
}

Result<Edit> paste(const Network& network, const Json& clipboard, Point at) {
  const auto schema = schemaOf(clipboard, "Clipboard");
  if (!schema) return schema.error();
  const auto drawing = drawingFromJson(clipboard, "Clipboard");
  if (!drawing) return drawing.error();
  if (drawing->nodes.empty())
    return cannot(network, "Clipboard", say("It contains no nodes"), say("Copy some first"));
  if (!std::isfinite(at.x) || !std::isfinite(at.y))
    return cannot(network, {}, say("The position is not a number"), {});
  Point corner = drawing->nodes.begin()->second.position;
  for (const auto& [id, node] : drawing->nodes)
    corner = {std::min(corner.x, node.position.x), std::min(corner.y, node.position.y)};
  Draft draft(network);
  copyInto(draft, drawing->nodes, drawing->edges, {at.x - corner.x, at.y - corner.y});
  return draft.finish(sayCount("Paste {} node", "Paste {} nodes", drawing->nodes.size()));
}

} // namespace loom
