// SPDX-License-Identifier: Apache-2.0
// Older network files become this version's, one schema at a time. Pure; the caller that owns the file keeps
// the original.
#pragma once
#include "core/network/network.h"

namespace loom {

// The schema that a network's JSON claims; an Error when there is none or it is newer than this version's.
Result<int> schemaOf(const Json& json, const std::string& place);
// Schema 0 named a layer's type "kind", its place "x" and "y", and kept edges as "links": [from, to] pairs,
// in the order of the ports they enter; it had no notes and no next_id.
Result<Json> migrateNetwork(Json json, const std::string& place);
// Nodes and edges of a "nodes"/"edges" pair of arrays, checked; used for files and for the clipboard.
struct Drawing {
  std::map<NodeId, Node> nodes;
  std::map<EdgeId, Edge> edges;
};
Result<Drawing> drawingFromJson(const Json& json, const std::string& place);
Json nodeToJson(const Node& node);
Json edgeToJson(const Network& network, const Edge& edge);

} // namespace loom
