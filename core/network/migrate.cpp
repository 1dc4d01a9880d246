// SPDX-License-Identifier: Apache-2.0
#include "core/network/network_file.h"
#include <algorithm>

namespace loom {

namespace {

Error damaged(Place place, Message cause) {
  return {ErrorKind::input, std::move(place), std::move(cause),
          say("Restore the file from a copy, or remove what is wrong in it")};
}

Result<Json> fromSchema0(Json json, const std::string& place) {
  const JsonReader reader(json, place);
  const auto nodes = reader.array("nodes"), links = reader.array("links");
  if (!nodes) return nodes.error();
  if (!links) return links.error();
  std::int64_t next = 1;
  Json newNodes = Json::array(), newEdges = Json::array();
  std::map<std::int64_t, std::string> types;
  for (const Json& entry : **nodes) {
    const JsonReader old(entry, place);
    const auto id = old.integer("id");
    const auto name = old.text("name"), kind = old.text("kind");
    const auto x = old.number("x"), y = old.number("y");
    if (!id) return id.error();
    if (!name) return name.error();
    if (!kind) return kind.error();
    if (!x) return x.error();
    if (!y) return y.error();
    Json node{{"id", *id}, {"name", *name}, {"type", *kind}, {"position", {*x, *y}}};
    if (old.has("params")) node["params"] = entry["params"];
    types[*id] = *kind;
    next = std::max(next, *id < 1000000000 ? *id + 1 : *id);
    newNodes.push_back(std::move(node));
  }
  std::map<std::int64_t, std::int64_t> entered;
  for (const Json& link : **links) {
    if (!link.is_array() || link.size() != 2 || !link[0].is_number_integer() || !link[1].is_number_integer())
      return damaged(place, say("a link is not a pair of node ids"));
    const auto to = link[1].get<std::int64_t>();
    const LayerSpec* layer = types.contains(to) ? findLayer(types[to]) : nullptr;
    if (!layer || layer->inputs.empty())
      return damaged(place, say("a link enters node {}, which takes none", to));
    Json edge{{"id", next++}, {"from", link[0]}, {"to", to}, {"port", std::string(layer->inputs[0].name)}};
    if (const std::int64_t order = entered[to]++; order > 0) edge["order"] = order;
    newEdges.push_back(std::move(edge));
  }
  Json result{{"schema", 1},
              {"name", json.contains("name") ? json["name"] : Json("network")},
              {"next_id", next},
              {"nodes", std::move(newNodes)},
              {"edges", std::move(newEdges)},
              {"notes", Json::array()},
              {"definitions", Json::object()}};
  return result;
}

} // namespace

Result<Json> migrateNetwork(Json json, const std::string& place) {
  const auto schema = schemaOf(json, place);
  if (!schema) return schema.error();
  if (*schema == 0) return fromSchema0(std::move(json), place);
  return json;
}

} // namespace loom
