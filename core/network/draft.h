// SPDX-License-Identifier: Apache-2.0
// How builders make an Edit: they change a copy freely, and the difference is the Edit. For core/network
// alone.
#pragma once
#include "core/network/edit.h"

namespace loom {

class Draft {
 public:
  explicit Draft(const Network& network) : before_(network), now(network) {}
  std::int32_t takeId() { return now.nextId++; }
  NodeId add(const LayerSpec& layer, Point position, std::string name = {});
  // Ends of an edge that exist; order is behind all edges of that port.
  EdgeId join(NodeId from, NodeId to, int toPort);
  Edit finish(Message text) const;

 private:
  const Network& before_;

 public:
  Network now;
};

// Nothing in `place`: the network as a whole.
Error cannot(const Network& network, Place place, Message cause, Message fix);

} // namespace loom
