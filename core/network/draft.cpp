// SPDX-License-Identifier: Apache-2.0
#include "core/network/draft.h"
#include "core/network/rules.h"
#include <algorithm>

namespace loom {

namespace {

// What went first, then what came, so that edges never lose their ends on the way.
template<class T>
void compare(const std::map<std::int32_t, T>& before, const std::map<std::int32_t, T>& after,
             std::vector<Primitive>& went, std::vector<Primitive>& came) {
  for (const auto& [id, thing] : before)
    if (!after.contains(id)) went.push_back(Change<T>{thing, std::nullopt});
  for (const auto& [id, thing] : after) {
    const auto old = before.find(id);
    if (old == before.end())
      came.push_back(Change<T>{std::nullopt, thing});
    else if (!(old->second == thing))
      came.push_back(Change<T>{old->second, thing});
  }
}

} // namespace

NodeId Draft::add(const LayerSpec& layer, Point position, std::string name) {
  Node node;
  node.id = takeId();
  node.type = layer.type;
  const std::string stem = nameStem(layer);
  const bool single = layer.inputs.empty() || !layer.hasOutput; // the only input is "input", not "input_1"
  node.name = !name.empty() ? std::move(name) : single && !now.nodeNamed(stem) ? stem : now.freeName(stem);
  node.position = position;
  const NodeId id = node.id;
  now.nodes.emplace(id, std::move(node));
  return id;
}

EdgeId Draft::join(NodeId from, NodeId to, int toPort) {
  Edge edge{takeId(), from, to, toPort};
  for (const Edge* other : now.into(to))
    if (other->toPort == toPort) edge.order = std::max(edge.order, other->order + 1);
  now.edges.emplace(edge.id, edge);
  return edge.id;
}

Edit Draft::finish(Message text) const {
  Edit edit;
  edit.text = std::move(text);
  edit.nextIdBefore = before_.nextId;
  edit.nextIdAfter = now.nextId;
  std::vector<Primitive> went, came;
  if (before_.name != now.name) came.push_back(NameChange{before_.name, now.name});
  compare(before_.nodes, now.nodes, went, came);
  compare(before_.edges, now.edges, went, came);
  compare(before_.notes, now.notes, went, came);
  edit.changes = std::move(went);
  edit.changes.insert(edit.changes.end(), came.begin(), came.end());
  return edit;
}

Error cannot(const Network& network, Place place, Message cause, Message fix) {
  return {ErrorKind::usage, place.empty() ? Place(network.name) : std::move(place), std::move(cause),
          std::move(fix)};
}

} // namespace loom
