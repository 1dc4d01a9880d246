// SPDX-License-Identifier: Apache-2.0
#include "core/network/edit.h"
#include "core/network/rules.h"
#include <algorithm>

namespace loom {

namespace {

Error stale(const Network& network, Message cause) {
  return {ErrorKind::other, network.name, std::move(cause),
          say("Make the change again on the network as it is now")};
}

template<class T> bool replace(std::map<std::int32_t, T>& things, const Change<T>& change) {
  if (!change.before && !change.after) return true;
  const std::int32_t id = change.before ? change.before->id : change.after->id;
  if (change.before && change.after && change.after->id != id) return false;
  const auto found = things.find(id);
  if (change.before) {
    if (found == things.end() || !(found->second == *change.before)) return false;
    if (change.after)
      found->second = *change.after;
    else
      things.erase(found);
    return true;
  }
  if (found != things.end()) return false;
  things.emplace(id, *change.after);
  return true;
}

bool applyOne(Network& network, const Primitive& primitive) {
  if (const auto* node = std::get_if<Change<Node>>(&primitive)) return replace(network.nodes, *node);
  if (const auto* edge = std::get_if<Change<Edge>>(&primitive)) return replace(network.edges, *edge);
  if (const auto* note = std::get_if<Change<Note>>(&primitive)) return replace(network.notes, *note);
  const auto& name = std::get<NameChange>(primitive);
  if (network.name != name.before) return false;
  network.name = name.after;
  return true;
}

Primitive reversed(const Primitive& primitive) {
  return std::visit(
      [](const auto& change) -> Primitive {
        auto back = change;
        std::swap(back.before, back.after);
        return back;
      },
      primitive);
}

// Both ends of every edge, and names: what a single primitive cannot see.
bool whole(const Network& network, const Edit& edit) {
  bool nodesWent = false;
  for (const Primitive& primitive : edit.changes) {
    if (const auto* node = std::get_if<Change<Node>>(&primitive)) {
      nodesWent = nodesWent || !node->after;
      if (!node->after || (node->before && node->before->name == node->after->name)) continue;
      int same = 0;
      for (const auto& [id, other] : network.nodes) same += other.name == node->after->name;
      if (same != 1 || !validNodeName(node->after->name)) return false;
    }
    if (const auto* edge = std::get_if<Change<Edge>>(&primitive); edge && edge->after)
      if (!network.node(edge->after->from) || !network.node(edge->after->to)) return false;
  }
  if (nodesWent)
    for (const auto& [id, edge] : network.edges)
      if (!network.node(edge.from) || !network.node(edge.to)) return false;
  return true;
}

void note(const Edit& edit, Touched& touched) {
  for (const Primitive& primitive : edit.changes) {
    const auto idOf = [](const auto& change) { return change.before ? change.before->id : change.after->id; };
    if (const auto* node = std::get_if<Change<Node>>(&primitive)) touched.nodes.insert(idOf(*node));
    if (const auto* edge = std::get_if<Change<Edge>>(&primitive)) touched.edges.insert(idOf(*edge));
    if (const auto* each = std::get_if<Change<Note>>(&primitive)) touched.notes.insert(idOf(*each));
  }
}

} // namespace

Status apply(Network& network, const Edit& edit, Touched* touched) {
  if (network.nextId != edit.nextIdBefore)
    return stale(network, say("The counter of ids is not as the edit expects it"));
  std::size_t done = 0;
  while (done < edit.changes.size() && applyOne(network, edit.changes[done])) ++done;
  if (done < edit.changes.size() || !whole(network, edit)) {
    while (done-- > 0) applyOne(network, reversed(edit.changes[done]));
    return stale(network, say("What '{}' changes is not as the edit expects it", edit.text));
  }
  network.nextId = edit.nextIdAfter;
  if (touched) note(edit, *touched);
  return {};
}

Edit inverse(const Edit& edit) {
  Edit back;
  back.text = edit.text;
  back.nextIdBefore = edit.nextIdAfter;
  back.nextIdAfter = edit.nextIdBefore;
  for (auto primitive = edit.changes.rbegin(); primitive != edit.changes.rend(); ++primitive)
    back.changes.push_back(reversed(*primitive));
  return back;
}

Status History::perform(Edit edit, Touched* touched) {
  if (auto status = apply(network_, edit, touched); !status) return status;
  if (clean_ > done_) clean_ = static_cast<std::size_t>(-1); // the saved state can be reached no more
  edits_.resize(done_);
  edits_.push_back(std::move(edit));
  ++done_;
  return {};
}

Message History::undoText() const { return canUndo() ? edits_[done_ - 1].text : Message(); }
Message History::redoText() const { return canRedo() ? edits_[done_].text : Message(); }

Status History::undo(Touched* touched) {
  if (!canUndo()) return Error{ErrorKind::other, network_.name, say("There is nothing to undo"), {}};
  auto status = apply(network_, inverse(edits_[done_ - 1]), touched);
  if (status) --done_;
  return status;
}

Status History::redo(Touched* touched) {
  if (!canRedo()) return Error{ErrorKind::other, network_.name, say("There is nothing to redo"), {}};
  auto status = apply(network_, edits_[done_], touched);
  if (status) ++done_;
  return status;
}

} // namespace loom
