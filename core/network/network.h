// SPDX-License-Identifier: Apache-2.0
// The drawing: nodes, edges, positions. A value type with stable ids; it is changed by Edits only (edit.h),
// so that undo is exact and needs no window. One node's inputs are ordered; a port takes one edge, a `many`
// port any number.
#pragma once
#include "core/base/json.h"
#include "core/layers/layer_spec.h"
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace loom {

using EdgeId = std::int32_t;

struct Point {
  double x = 0, y = 0; // scene units; the top left corner of a node
  bool operator==(const Point&) const = default;
};

struct Node {
  NodeId id = 0;
  std::string name; // unique in its network: letters, digits, "_"; the prefix of its state_dict keys
  std::string type; // LayerSpec::type
  Params params;    // only what differs from the standards
  Point position;
  bool placed = false; // by hand: auto-layout leaves it
  bool frozen = false;
  double lrScale = 1;
  NodeId shares = 0; // shares the weights of that node; 0: its own
  bool operator==(const Node&) const = default;
};

struct Edge {
  EdgeId id = 0;
  NodeId from = 0, to = 0;
  int toPort = 0; // index into LayerSpec::inputs
  int order = 0;  // among the edges of a `many` port
  bool operator==(const Edge&) const = default;
};

// A free text or a frame on the canvas; no meaning for training.
struct Note {
  std::int32_t id = 0;
  std::string text;
  Point position;
  double width = 160, height = 40;
  bool frame = false;
  bool operator==(const Note&) const = default;
};

struct Network {
  std::string name;
  std::map<NodeId, Node> nodes;
  std::map<EdgeId, Edge> edges;
  std::map<std::int32_t, Note> notes;
  // For nodes, edges and notes; never goes back, not even by undo of an addition's file form.
  std::int32_t nextId = 1;
  Json definitions = Json::object(); // blocks, kept as read (this version draws none)
  bool operator==(const Network&) const = default;

  const Node* node(NodeId id) const;
  const Node* nodeNamed(std::string_view name) const;
  // Edges into a node by (toPort, order); edges out of it by id.
  std::vector<const Edge*> into(NodeId id) const;
  std::vector<const Edge*> outOf(NodeId id) const;
  std::string freeName(std::string_view stem) const; // "conv_1", "conv_2", …
};

inline constexpr int networkSchema = 1;
// Canonical JSON with "schema". A newer schema is refused (kind input: place, its number, "Use a newer
// Neuroloom"), an older one migrated by the caller that owns the file (core/network/network_file.h).
Json toJson(const Network& network);
Result<Network> networkFromJson(const Json& json, const std::string& place);
// Migrates; keeps the original as <file>.schema-<n>.bak.
Result<Network> readNetwork(const std::filesystem::path& file);
Status writeNetwork(const std::filesystem::path& file, const Network& network);

} // namespace loom
