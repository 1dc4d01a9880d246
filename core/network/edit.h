// SPDX-License-Identifier: Apache-2.0
// Edits as values with inverses. apply() returns the inverse that, applied, gives back the identical network
// (equal by operator== and by canonical JSON). An edit that cannot be applied changes nothing and says why.
#pragma once
#include "core/network/network.h"
#include <functional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace loom {

// One primitive: what was before and what is after; an absent side means that the thing does not exist there.
template<class T> struct Change { std::optional<T> before, after; };
struct NameChange {
  std::string before, after;
};
using Primitive = std::variant<Change<Node>, Change<Edge>, Change<Note>, NameChange>;

struct Edit {
  Message text; // for the menu: "Add Conv2d", "Move 3 nodes"
  std::vector<Primitive> changes;
  std::int32_t nextIdBefore = 0, nextIdAfter = 0;
  bool empty() const { return changes.empty(); }
};

// Which things an edit touched, for views that keep prepared data.
struct Touched {
  std::set<NodeId> nodes;
  std::set<EdgeId> edges;
  std::set<std::int32_t> notes;
};

Status apply(Network& network, const Edit& edit, Touched* touched = nullptr); // checks every `before`
Edit inverse(const Edit& edit);

// Builders: each answers the Edit that does it to this network, or why it cannot be done. They never change
// anything.
Result<Edit> addNode(const Network& network, std::string_view type, Point position, const Params& params = {},
                     std::string_view name = {});
// `heal` joins what was before and behind a single-input node.
Result<Edit> removeNodes(const Network& network, const std::set<NodeId>& nodes, const std::set<EdgeId>& edges,
                         bool heal);
// `toPort` -1: the first free or `many` port. Replaces the edge of an occupied single port; refuses cycles.
Result<Edit> connect(const Network& network, NodeId from, NodeId to, int toPort = -1);
Result<Edit> disconnect(const Network& network, EdgeId edge);
Result<Edit> moveNodes(const Network& network, const std::map<NodeId, Point>& positions, bool byHand);
Result<Edit> setParam(const Network& network, NodeId node, std::string_view name, const ParamValue& value);
Result<Edit> rename(const Network& network, NodeId node, std::string_view name);
Result<Edit> insertOnEdge(const Network& network, EdgeId edge, std::string_view type);
Result<Edit> insertBefore(const Network& network, NodeId node, int port, std::string_view type);
Result<Edit> replaceLayer(const Network& network, NodeId node, std::string_view type);
// With the edges among them.
Result<Edit> duplicate(const Network& network, const std::set<NodeId>& nodes, Point offset);
Result<Edit> setFrozen(const Network& network, NodeId node, bool frozen);
Result<Edit> addNote(const Network& network, const Note& note);
Result<Edit> changeNote(const Network& network, const Note& note);
Result<Edit> removeNote(const Network& network, std::int32_t id);
// Becomes `other`; its name stays.
Result<Edit> replaceAll(const Network& network, const Network& other, Message text);
// Several edits as one step: each builder is asked with the network as the ones before it leave it. An empty
// edit of a builder is passed over; an Error of one is the answer.
using EditBuilder = std::function<Result<Edit>(const Network&)>;
Result<Edit> inOneStep(const Network& network, Message text, const std::vector<EditBuilder>& builders);
Result<Edit> paste(const Network& network, const Json& clipboard, Point at); // what copyToJson gave
Json copyToJson(const Network& network, const std::set<NodeId>& nodes);

// Undo and redo over a network: headless, used by the studio and by tests.
class History {
 public:
  explicit History(Network network) : network_(std::move(network)) {}
  const Network& network() const { return network_; }
  // Consecutive edits with the same non-empty `merge` text of setParam/move on the same thing within one
  // gesture are the caller's to join.
  Status perform(Edit edit, Touched* touched = nullptr);
  bool canUndo() const { return done_ > 0; }
  bool canRedo() const { return done_ < edits_.size(); }
  Message undoText() const;
  Message redoText() const;
  Status undo(Touched* touched = nullptr);
  Status redo(Touched* touched = nullptr);
  bool clean() const { return done_ == clean_; }
  void markClean() { clean_ = done_; }

 private:
  Network network_;
  std::vector<Edit> edits_;
  std::size_t done_ = 0, clean_ = 0;
};

} // namespace loom
