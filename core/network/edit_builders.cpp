// SPDX-License-Identifier: Apache-2.0
// Builders that change single nodes and edges; those that restructure are in edit_structure.cpp.
#include "core/network/draft.h"
#include "core/network/rules.h"
#include <algorithm>
#include <cmath>

namespace loom {

namespace {

Error noNode(const Network& network, NodeId id) {
  return cannot(network, {}, say("There is no node {}", id), say("Choose one that is on the canvas"));
}

bool sane(Point point) {
  return std::isfinite(point.x) && std::isfinite(point.y) && std::fabs(point.x) <= 1e7 &&
         std::fabs(point.y) <= 1e7;
}

Error farAway(const Network& network) {
  return cannot(network, {}, say("The position is not a number within ten million"),
                say("Choose a place on the canvas"));
}

} // namespace

Result<Edit> addNode(const Network& network, std::string_view type, Point position, const Params& params,
                     std::string_view name) {
  const LayerSpec* layer = findLayer(type);
  if (!layer)
    return cannot(network, {}, say("The layer type '{}' is unknown", type), say("See `loom layers`"));
  if (!sane(position)) return farAway(network);
  auto stored = storedParams(*layer, params);
  if (!stored) return stored.error();
  if (!name.empty() && (!validNodeName(name) || network.nodeNamed(name)))
    return cannot(network, {}, say("The name '{}' is taken or not a word of letters, digits and _", name),
                  say("Choose another name"));
  Draft draft(network);
  const NodeId id = draft.add(*layer, position, std::string(name));
  draft.now.nodes[id].params = std::move(*stored);
  return draft.finish(say("Add {}", type));
}

Result<Edit> connect(const Network& network, NodeId from, NodeId to, int toPort) {
  const Node* source = network.node(from);
  const Node* sink = network.node(to);
  if (!source || !sink) return noNode(network, source ? to : from);
  const LayerSpec* out = findLayer(source->type);
  const LayerSpec* in = findLayer(sink->type);
  if (!out || !out->hasOutput)
    return cannot(network, source->name, say("It has no output"), say("Begin at another layer"));
  if (!in || in->inputs.empty())
    return cannot(network, sink->name, say("It has no input"), say("End at another layer"));
  const int ports = static_cast<int>(in->inputs.size());
  if (toPort >= ports || toPort < -1)
    return cannot(network, sink->name, say("It has no port {}", toPort), {});
  const auto entering = network.into(to);
  const auto taken = [&](int port) {
    return std::any_of(entering.begin(), entering.end(),
                       [&](const Edge* edge) { return edge->toPort == port; });
  };
  if (toPort < 0) {
    toPort = 0;
    for (int port = ports - 1; port >= 0; --port)
      if (in->inputs[static_cast<std::size_t>(port)].many || !taken(port)) toPort = port;
  }
  for (const Edge* edge : entering)
    if (edge->from == from && edge->toPort == toPort)
      return cannot(network, sink->name, say("{} is connected to it already", source->name), {});
  if (reaches(network, to, from))
    return cannot(network, sink->name,
                  say("{} gets its data from here: the way would be a cycle", source->name),
                  say("Data flows one way only"));
  Draft draft(network);
  if (!in->inputs[static_cast<std::size_t>(toPort)].many)
    for (const Edge* edge : entering)
      if (edge->toPort == toPort) draft.now.edges.erase(edge->id);
  draft.join(from, to, toPort);
  return draft.finish(say("Connect {} to {}", source->name, sink->name));
}

Result<Edit> disconnect(const Network& network, EdgeId edge) {
  if (!network.edges.contains(edge)) return cannot(network, {}, say("There is no edge {}", edge), {});
  Draft draft(network);
  draft.now.edges.erase(edge);
  return draft.finish(say("Remove edge"));
}

Result<Edit> moveNodes(const Network& network, const std::map<NodeId, Point>& positions, bool byHand) {
  Draft draft(network);
  for (const auto& [id, position] : positions) {
    if (!network.node(id)) return noNode(network, id);
    if (!sane(position)) return farAway(network);
    Node& node = draft.now.nodes[id];
    if (node.position == position) continue;
    node.position = position;
    node.placed = byHand;
  }
  if (!byHand) return draft.finish(say("Lay out"));
  return draft.finish(positions.size() == 1 ? say("Move {}", network.node(positions.begin()->first)->name)
                                            : say("Move {} nodes", positions.size()));
}

Result<Edit> setParam(const Network& network, NodeId id, std::string_view name, const ParamValue& value) {
  const Node* node = network.node(id);
  if (!node) return noNode(network, id);
  const LayerSpec* layer = findLayer(node->type);
  if (!layer) return cannot(network, node->name, say("The layer type '{}' is unknown", node->type), {});
  Params params = node->params;
  params.set(std::string(name), value);
  auto stored = storedParams(*layer, params);
  if (!stored) {
    Error error = stored.error();
    error.place = say("{}.{}", node->name, name);
    return error;
  }
  Draft draft(network);
  draft.now.nodes[id].params = std::move(*stored);
  const Field* field = findField(layer->fields, name);
  const std::string label(field ? field->label : name);
  return draft.finish(say("Set {} of {}", label, node->name));
}

Result<Edit> rename(const Network& network, NodeId id, std::string_view name) {
  const Node* node = network.node(id);
  if (!node) return noNode(network, id);
  if (!validNodeName(name))
    return cannot(
        network, node->name, say("'{}' cannot be a name", name),
        say("A name has letters, digits and _, does not begin with a digit and is not a word of Python or "
            "torch.nn"));
  if (const Node* other = network.nodeNamed(name); other && other->id != id)
    return cannot(network, node->name, say("The name {} is taken by another {}", name, other->type),
                  say("Choose another name"));
  Draft draft(network);
  draft.now.nodes[id].name = name;
  return draft.finish(say("Rename {} to {}", node->name, name));
}

Result<Edit> setFrozen(const Network& network, NodeId id, bool frozen) {
  const Node* node = network.node(id);
  if (!node) return noNode(network, id);
  Draft draft(network);
  draft.now.nodes[id].frozen = frozen;
  return draft.finish(frozen ? say("Freeze {}", node->name) : say("Unfreeze {}", node->name));
}

Result<Edit> addNote(const Network& network, const Note& note) {
  if (!sane(note.position) || !sane({note.width, note.height})) return farAway(network);
  Draft draft(network);
  Note added = note;
  added.id = draft.takeId();
  draft.now.notes.emplace(added.id, added);
  return draft.finish(note.frame ? say("Add frame") : say("Add note"));
}

Result<Edit> changeNote(const Network& network, const Note& note) {
  if (!network.notes.contains(note.id)) return cannot(network, {}, say("There is no note {}", note.id), {});
  if (!sane(note.position) || !sane({note.width, note.height})) return farAway(network);
  Draft draft(network);
  draft.now.notes[note.id] = note;
  return draft.finish(note.frame ? say("Change frame") : say("Change note"));
}

Result<Edit> replaceAll(const Network& network, const Network& other, Message text) {
  Draft draft(network);
  draft.now.nodes = other.nodes;
  draft.now.edges = other.edges;
  draft.now.notes = other.notes;
  draft.now.nextId = std::max(network.nextId, other.nextId);
  return draft.finish(std::move(text));
}

Result<Edit> inOneStep(const Network& network, Message text, const std::vector<EditBuilder>& builders) {
  Draft draft(network);
  for (const auto& builder : builders) {
    auto edit = builder(draft.now);
    if (!edit) return edit;
    if (edit->empty()) continue;
    if (auto done = apply(draft.now, *edit); !done) return done.error();
  }
  return draft.finish(std::move(text));
}

Result<Edit> removeNote(const Network& network, std::int32_t id) {
  const auto found = network.notes.find(id);
  if (found == network.notes.end()) return cannot(network, {}, say("There is no note {}", id), {});
  Draft draft(network);
  draft.now.notes.erase(id);
  return draft.finish(found->second.frame ? say("Remove frame") : say("Remove note"));
}

} // namespace loom
