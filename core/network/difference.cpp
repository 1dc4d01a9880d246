// SPDX-License-Identifier: Apache-2.0
// The alignment of greatest worth (Needleman and Wunsch 1970, gaps cost nothing): equal nodes are worth most,
// then nodes of one type, then of one family; an equal name speaks for a pair.
#include "core/network/difference.h"
#include <algorithm>

namespace loom {
namespace {

bool equal(const Node& a, const Node& b) {
  return a.type == b.type && a.params == b.params && a.frozen == b.frozen && a.lrScale == b.lrScale;
}

int worth(const Node& a, const Node& b) {
  const int named = a.name == b.name ? 1 : 0;
  if (equal(a, b)) return 8 + named;
  if (a.type == b.type) return 5 + named;
  const auto *one = findLayer(a.type), *other = findLayer(b.type);
  if (one == nullptr || other == nullptr || one->family != other->family) return 0;
  // Add and Concat, or two pools, stand for each other; a layer with weights hardly for one without.
  return (one->parameters != nullptr) == (other->parameters != nullptr) ? 2 + named : 0;
}

NodePair paired(const Node& a, const Node& b) {
  return {equal(a, b) ? NodePair::Kind::same : NodePair::Kind::changed, a.id, b.id};
}

using Nodes = std::vector<const Node*>;

Nodes nodesOf(const Network& network, const std::vector<NodeId>& order) {
  Nodes nodes;
  nodes.reserve(order.size());
  for (const NodeId id : order)
    if (const auto* node = network.node(id)) nodes.push_back(node);
  return nodes;
}

// Too large to align: pairs of one name, as far as they keep both orders.
void pairByName(const Network& right, const Nodes& a, const Nodes& b, std::vector<NodePair>& pairs) {
  std::map<NodeId, std::size_t> placeOf;
  for (std::size_t at = 0; at < b.size(); ++at) placeOf[b[at]->id] = at;
  std::map<std::string_view, const Node*> named;
  for (const auto& [id, node] : right.nodes) named.emplace(node.name, &node);
  std::size_t next = 0;
  for (const auto* node : a) {
    const auto twin = named.find(node->name);
    const auto place = twin == named.end() ? placeOf.end() : placeOf.find(twin->second->id);
    if (place == placeOf.end() || place->second < next || worth(*node, *twin->second) == 0) {
      pairs.push_back({NodePair::Kind::removed, node->id, 0});
      continue;
    }
    for (; next < place->second; ++next) pairs.push_back({NodePair::Kind::added, 0, b[next]->id});
    pairs.push_back(paired(*node, *b[next++]));
  }
  for (; next < b.size(); ++next) pairs.push_back({NodePair::Kind::added, 0, b[next]->id});
}

void align(const Nodes& a, const Nodes& b, std::vector<NodePair>& pairs) {
  const std::size_t wide = b.size() + 1;
  // best[i * wide + j]: the greatest worth of what is left from i and j on.
  std::vector<std::int32_t> best((a.size() + 1) * wide, 0);
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;) {
      const int pair = worth(*a[i], *b[j]);
      const auto with = pair > 0 ? best[(i + 1) * wide + j + 1] + pair : 0;
      best[i * wide + j] = std::max({best[(i + 1) * wide + j], best[i * wide + j + 1], with});
    }
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    const auto here = best[i * wide + j];
    const int pair = worth(*a[i], *b[j]);
    if (pair > 0 && here == best[(i + 1) * wide + j + 1] + pair)
      pairs.push_back(paired(*a[i++], *b[j++]));
    else if (here == best[(i + 1) * wide + j])
      pairs.push_back({NodePair::Kind::removed, a[i++]->id, 0});
    else
      pairs.push_back({NodePair::Kind::added, 0, b[j++]->id});
  }
  for (; i < a.size(); ++i) pairs.push_back({NodePair::Kind::removed, a[i]->id, 0});
  for (; j < b.size(); ++j) pairs.push_back({NodePair::Kind::added, 0, b[j]->id});
}

} // namespace

std::vector<NodePair> difference(const Network& left, const std::vector<NodeId>& leftOrder,
                                 const Network& right, const std::vector<NodeId>& rightOrder) {
  Nodes a = nodesOf(left, leftOrder), b = nodesOf(right, rightOrder);
  std::vector<NodePair> pairs;
  // What is equal at both ends needs no table: two versions of one large drawing differ in few places.
  std::size_t front = 0;
  while (front < std::min(a.size(), b.size()) && equal(*a[front], *b[front])) {
    pairs.push_back(paired(*a[front], *b[front]));
    ++front;
  }
  std::size_t back = 0;
  while (back < std::min(a.size(), b.size()) - front &&
         equal(*a[a.size() - 1 - back], *b[b.size() - 1 - back]))
    ++back;
  const auto middle = [&](const Nodes& all) {
    return Nodes(all.begin() + std::ptrdiff_t(front), all.end() - std::ptrdiff_t(back));
  };
  const Nodes middleA = middle(a), middleB = middle(b);
  if (middleA.size() * middleB.size() <= mostPairs)
    align(middleA, middleB, pairs);
  else
    pairByName(right, middleA, middleB, pairs);
  for (std::size_t at = back; at-- > 0;)
    pairs.push_back(paired(*a[a.size() - 1 - at], *b[b.size() - 1 - at]));
  return pairs;
}

} // namespace loom
