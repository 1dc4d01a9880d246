// SPDX-License-Identifier: Apache-2.0
#include "core/network/network.h"
#include <algorithm>
#include <fmt/format.h>

namespace loom {

const Node* Network::node(NodeId id) const {
  const auto found = nodes.find(id);
  return found == nodes.end() ? nullptr : &found->second;
}

const Node* Network::nodeNamed(std::string_view wanted) const {
  for (const auto& [id, node] : nodes)
    if (node.name == wanted) return &node;
  return nullptr;
}

std::vector<const Edge*> Network::into(NodeId id) const {
  std::vector<const Edge*> found;
  for (const auto& [key, edge] : edges)
    if (edge.to == id) found.push_back(&edge);
  std::stable_sort(found.begin(), found.end(), [](const Edge* a, const Edge* b) {
    return std::pair(a->toPort, a->order) < std::pair(b->toPort, b->order);
  });
  return found;
}

std::vector<const Edge*> Network::outOf(NodeId id) const {
  std::vector<const Edge*> found;
  for (const auto& [key, edge] : edges)
    if (edge.from == id) found.push_back(&edge);
  return found;
}

std::string Network::freeName(std::string_view stem) const {
  for (int number = 1;; ++number) {
    std::string name = fmt::format("{}_{}", stem, number);
    if (!nodeNamed(name)) return name;
  }
}

} // namespace loom
