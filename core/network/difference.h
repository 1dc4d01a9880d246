// SPDX-License-Identifier: Apache-2.0
// Two drawings side by side: which node of one stands for which node of the other. Pure; for the comparison
// of runs, in the window and at the terminal. Time and memory grow with the product of the two sizes up to
// mostPairs; larger drawings are paired by name, in one pass.
#pragma once
#include "core/network/network.h"

namespace loom {

struct NodePair {
  enum class Kind {
    same,    // type and params are equal (names and places may differ)
    changed, // stand for each other, with other params or another type of the same family
    removed, // only in the left one: right is 0
    added    // only in the right one: left is 0
  } kind = Kind::same;
  NodeId left = 0, right = 0;
  bool operator==(const NodePair&) const = default;
};

inline constexpr std::size_t mostPairs = 4'000'000;

// Every node of both once. Both orders (Analysis::order) are kept; what is removed stands before what is
// added at the same place.
std::vector<NodePair> difference(const Network& left, const std::vector<NodeId>& leftOrder,
                                 const Network& right, const std::vector<NodeId>& rightOrder);

} // namespace loom
