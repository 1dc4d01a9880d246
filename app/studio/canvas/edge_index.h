// SPDX-License-Identifier: GPL-3.0-or-later
// The edges of every node, found once: Network::into and outOf look through all edges at each call, which a
// scene of thousands cannot afford. Holds pointers into the network, so that it lives as long as one build of
// the scene.
#pragma once
#include "core/network/network.h"
#include <algorithm>
#include <unordered_map>

namespace loom {

class EdgeIndex {
 public:
  explicit EdgeIndex(const Network& network) {
    into_.reserve(network.nodes.size());
    for (const auto& [id, edge] : network.edges) {
      into_[edge.to].push_back(&edge);
      ++leaving_[edge.from];
    }
    for (auto& [id, edges] : into_)
      std::stable_sort(edges.begin(), edges.end(), [](const Edge* a, const Edge* b) {
        return std::pair(a->toPort, a->order) < std::pair(b->toPort, b->order);
      });
  }
  const std::vector<const Edge*>& into(NodeId node) const { // in the order of Network::into
    const auto found = into_.find(node);
    return found != into_.end() ? found->second : none_;
  }
  int leaving(NodeId node) const {
    const auto found = leaving_.find(node);
    return found != leaving_.end() ? found->second : 0;
  }

 private:
  std::unordered_map<NodeId, std::vector<const Edge*>> into_;
  std::unordered_map<NodeId, int> leaving_;
  std::vector<const Edge*> none_;
};

} // namespace loom
