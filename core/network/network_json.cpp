// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/network/network.h"
#include "core/network/network_file.h"
#include "core/network/rules.h"
#include <cmath>
#include <set>

namespace loom {

namespace {

constexpr std::size_t maxThings = 10000;
constexpr std::int64_t maxId = 1000000000;
constexpr double maxCoordinate = 1e7;
constexpr std::size_t maxText = 20000;

Error damaged(Place place, Message cause) {
  return {ErrorKind::input, std::move(place), std::move(cause),
          say("Restore the file from a copy, or remove what is wrong in it")};
}

Result<std::int32_t> idFrom(const JsonReader& reader, const char* key) {
  const auto id = reader.integer(key);
  if (!id) return id.error();
  if (*id < 1 || *id > maxId)
    return damaged(reader.place(), say("member '{}' is {}, not an id", std::string_view(key), *id));
  return static_cast<std::int32_t>(*id);
}

Result<double> coordinate(const Json& value, const JsonReader& reader) {
  const double number = value.is_number() ? value.get<double>() : std::nan("");
  if (!std::isfinite(number) || std::fabs(number) > maxCoordinate)
    return damaged(reader.place(), say("a position is not a number within ten million"));
  return number;
}

Result<Point> pointFrom(const JsonReader& reader) {
  const auto list = reader.array("position");
  if (!list) return list.error();
  if ((*list)->size() != 2) return damaged(reader.place(), say("member 'position' is not a pair of numbers"));
  const auto x = coordinate((**list)[0], reader), y = coordinate((**list)[1], reader);
  if (!x) return x.error();
  if (!y) return y.error();
  return Point{*x, *y};
}

Result<Node> nodeFrom(const Json& json, const std::string& place) {
  const JsonReader reader(json, place);
  Node node;
  const auto id = idFrom(reader, "id");
  if (!id) return id.error();
  node.id = *id;
  const auto name = reader.text("name"), type = reader.text("type");
  if (!name) return name.error();
  if (!type) return type.error();
  node.name = *name;
  node.type = *type;
  if (!validNodeName(node.name))
    return damaged(place,
                   say("the name '{}' is not a word of letters, digits and _", node.name.substr(0, 80)));
  const LayerSpec* layer = findLayer(node.type);
  if (!layer)
    return Error{ErrorKind::input, place,
                 say("the layer type '{}' of node {} is unknown", node.type.substr(0, 80), node.name),
                 say("See `loom layers` for those that this version has")};
  if (reader.has("params")) {
    const auto params =
        paramsFromJson(json["params"], Place(say("{}, node {}", std::string_view(place), node.name)));
    if (!params) return params.error();
    auto stored = storedParams(*layer, *params);
    if (!stored) {
      Error error = stored.error();
      error.place = say("{}, node {}, {}", std::string_view(place), node.name, error.place.message());
      return error;
    }
    node.params = std::move(*stored);
  }
  const auto position = pointFrom(reader);
  if (!position) return position.error();
  node.position = *position;
  const std::pair<const char*, bool*> flags[] = {{"placed", &node.placed}, {"frozen", &node.frozen}};
  for (const auto& [key, target] : flags) {
    if (!reader.has(key)) continue;
    const auto flag = reader.boolean(key);
    if (!flag) return flag.error();
    *target = *flag;
  }
  if (reader.has("lr_scale")) {
    const auto scale = reader.number("lr_scale");
    if (!scale) return scale.error();
    if (!std::isfinite(*scale) || *scale < 0 || *scale > 1e6)
      return damaged(place, say("lr_scale of node {} is not between 0 and a million", node.name));
    node.lrScale = *scale;
  }
  if (reader.has("shares")) {
    const auto shares = idFrom(reader, "shares");
    if (!shares) return shares.error();
    node.shares = *shares;
  }
  return node;
}

Result<Edge> edgeFrom(const Json& json, const std::map<NodeId, Node>& nodes, const std::string& place) {
  const JsonReader reader(json, place);
  const auto id = idFrom(reader, "id"), from = idFrom(reader, "from"), to = idFrom(reader, "to");
  for (const auto* each : {&id, &from, &to})
    if (!*each) return each->error();
  Edge edge{*id, *from, *to};
  if (!nodes.contains(edge.from) || !nodes.contains(edge.to))
    return damaged(place, say("edge {} joins node {} with node {}, of which one is missing", edge.id,
                              edge.from, edge.to));
  if (!findLayer(nodes.at(edge.from).type)->hasOutput)
    return damaged(place, say("edge {} leaves {}, which has no output", edge.id, nodes.at(edge.from).name));
  const auto port = reader.text("port");
  if (!port) return port.error();
  const auto& ports = findLayer(nodes.at(edge.to).type)->inputs;
  edge.toPort = -1;
  for (std::size_t i = 0; i < ports.size(); ++i)
    if (ports[i].name == *port) edge.toPort = static_cast<int>(i);
  if (edge.toPort < 0)
    return damaged(place, say("edge {} enters {} at a port '{}' that it has not", edge.id,
                              nodes.at(edge.to).name, port->substr(0, 80)));
  if (reader.has("order")) {
    const auto order = reader.integer("order");
    if (!order) return order.error();
    if (*order < 0 || *order > maxId)
      return damaged(place, say("the order of edge {} is out of range", edge.id));
    edge.order = static_cast<int>(*order);
  }
  return edge;
}

Result<Note> noteFrom(const Json& json, const std::string& place) {
  const JsonReader reader(json, place);
  const auto id = idFrom(reader, "id");
  if (!id) return id.error();
  Note note;
  note.id = *id;
  const auto text = reader.text("text");
  if (!text) return text.error();
  if (text->size() > maxText) return damaged(place, say("note {} is longer than {} bytes", note.id, maxText));
  note.text = *text;
  const auto position = pointFrom(reader);
  if (!position) return position.error();
  note.position = *position;
  for (const auto& [key, target] : {std::pair{"width", &note.width}, std::pair{"height", &note.height}}) {
    const auto size = reader.number(key);
    if (!size) return size.error();
    if (!std::isfinite(*size) || *size <= 0 || *size > maxCoordinate)
      return damaged(place, say("the {} of note {} is out of range", std::string_view(key), note.id));
    *target = *size;
  }
  if (reader.has("frame")) {
    const auto frame = reader.boolean("frame");
    if (!frame) return frame.error();
    note.frame = *frame;
  }
  return note;
}

Json noteToJson(const Note& note) {
  Json json{{"id", note.id},
            {"text", note.text},
            {"position", {note.position.x, note.position.y}},
            {"width", note.width},
            {"height", note.height}};
  if (note.frame) json["frame"] = true;
  return json;
}

Result<const Json*> listOf(const JsonReader& reader, const char* key) {
  auto list = reader.array(key);
  if (list && (*list)->size() > maxThings)
    return damaged(reader.place(),
                   say("member '{}' contains more than {} entries", std::string_view(key), maxThings));
  return list;
}

} // namespace

Json nodeToJson(const Node& node) {
  Json json{{"id", node.id},
            {"name", node.name},
            {"type", node.type},
            {"position", {node.position.x, node.position.y}}};
  if (!node.params.empty()) json["params"] = toJson(node.params);
  if (node.placed) json["placed"] = true;
  if (node.frozen) json["frozen"] = true;
  if (node.lrScale != 1) json["lr_scale"] = node.lrScale;
  if (node.shares) json["shares"] = node.shares;
  return json;
}

Json edgeToJson(const Network& network, const Edge& edge) {
  const Node* to = network.node(edge.to);
  const LayerSpec* layer = to ? findLayer(to->type) : nullptr;
  const auto port = static_cast<std::size_t>(edge.toPort);
  Json json{{"id", edge.id},
            {"from", edge.from},
            {"to", edge.to},
            {"port", layer && port < layer->inputs.size() ? std::string(layer->inputs[port].name) : "?"}};
  if (edge.order) json["order"] = edge.order;
  return json;
}

Json toJson(const Network& network) {
  Json nodes = Json::array(), edges = Json::array(), notes = Json::array();
  for (const auto& [id, node] : network.nodes) nodes.push_back(nodeToJson(node));
  for (const auto& [id, edge] : network.edges) edges.push_back(edgeToJson(network, edge));
  for (const auto& [id, note] : network.notes) notes.push_back(noteToJson(note));
  return Json{{"schema", networkSchema},           {"name", network.name},      {"next_id", network.nextId},
              {"nodes", std::move(nodes)},         {"edges", std::move(edges)}, {"notes", std::move(notes)},
              {"definitions", network.definitions}};
}

Result<Drawing> drawingFromJson(const Json& json, const std::string& place) {
  const JsonReader reader(json, place);
  Drawing drawing;
  const auto nodes = listOf(reader, "nodes"), edges = listOf(reader, "edges");
  if (!nodes) return nodes.error();
  if (!edges) return edges.error();
  std::set<std::string> names;
  for (const Json& entry : **nodes) {
    auto node = nodeFrom(entry, place);
    if (!node) return node.error();
    if (!names.insert(node->name).second) return damaged(place, say("the name {} is used twice", node->name));
    const NodeId id = node->id;
    if (!drawing.nodes.emplace(id, std::move(*node)).second)
      return damaged(place, say("the id {} is used twice", id));
  }
  std::map<std::pair<NodeId, int>, std::set<int>> taken;
  for (const Json& entry : **edges) {
    auto edge = edgeFrom(entry, drawing.nodes, place);
    if (!edge) return edge.error();
    const auto port =
        findLayer(drawing.nodes.at(edge->to).type)->inputs.at(static_cast<std::size_t>(edge->toPort));
    auto& orders = taken[{edge->to, edge->toPort}];
    if ((!port.many && !orders.empty()) || !orders.insert(edge->order).second)
      return damaged(place, say("two edges enter {} at one place", drawing.nodes.at(edge->to).name));
    if (drawing.nodes.contains(edge->id) || !drawing.edges.emplace(edge->id, *edge).second)
      return damaged(place, say("the id {} is used twice", edge->id));
  }
  Network check;
  check.nodes = drawing.nodes;
  check.edges = drawing.edges;
  if (executionOrder(check).size() != drawing.nodes.size())
    return damaged(place, say("the edges form a cycle; data flows one way only"));
  return drawing;
}

Result<int> schemaOf(const Json& json, const std::string& place) {
  const auto schema = JsonReader(json, place).integer("schema");
  if (!schema) return schema.error();
  if (*schema > networkSchema)
    return Error{
        ErrorKind::input, place,
        say("the network has schema {}, this version reads schemas up to {}", *schema, networkSchema),
        say("Use a newer Neuroloom")};
  if (*schema < 0) return damaged(place, say("the schema {} is not one", *schema));
  return static_cast<int>(*schema);
}

Result<Network> networkFromJson(const Json& json, const std::string& place) {
  const auto schema = schemaOf(json, place);
  if (!schema) return schema.error();
  if (*schema < networkSchema) {
    auto migrated = migrateNetwork(json, place);
    return migrated ? networkFromJson(*migrated, place) : Result<Network>(migrated.error());
  }
  const JsonReader reader(json, place);
  Network network;
  const auto name = reader.text("name");
  if (!name) return name.error();
  if (name->size() > 200) return damaged(place, say("the network's name is longer than 200 bytes"));
  network.name = *name;
  const auto next = idFrom(reader, "next_id");
  if (!next) return next.error();
  network.nextId = *next;
  auto drawing = drawingFromJson(json, place);
  if (!drawing) return drawing.error();
  network.nodes = std::move(drawing->nodes);
  network.edges = std::move(drawing->edges);
  if (reader.has("notes")) {
    const auto notes = listOf(reader, "notes");
    if (!notes) return notes.error();
    for (const Json& entry : **notes) {
      auto note = noteFrom(entry, place);
      if (!note) return note.error();
      const auto id = note->id;
      if (network.nodes.contains(id) || network.edges.contains(id) ||
          !network.notes.emplace(id, std::move(*note)).second)
        return damaged(place, say("the id {} is used twice", id));
    }
  }
  if (reader.has("definitions")) {
    const auto definitions = reader.object("definitions");
    if (!definitions) return definitions.error();
    network.definitions = **definitions;
  }
  const auto belowNext = [&](const auto& things) {
    return things.empty() || things.rbegin()->first < network.nextId;
  };
  if (!belowNext(network.nodes) || !belowNext(network.edges) || !belowNext(network.notes))
    return damaged(place, say("next_id is {}, but a larger id is in use", network.nextId));
  for (const auto& [id, node] : network.nodes)
    if (node.shares && !network.node(node.shares))
      return damaged(place,
                     say("node {} shares the weights of node {}, which is missing", node.name, node.shares));
  return network;
}

Result<Network> readNetwork(const std::filesystem::path& file) {
  const auto json = readJsonFile(file);
  if (!json) return json.error();
  const auto schema = schemaOf(*json, file.string());
  if (!schema) return schema.error();
  auto network = networkFromJson(*json, file.string());
  if (!network || *schema == networkSchema) return network;
  // The original is kept first; in a folder that cannot be written the network is migrated in memory alone.
  std::filesystem::path original = file;
  original += ".schema-" + std::to_string(*schema) + ".bak";
  std::error_code ignored;
  if (!std::filesystem::exists(original, ignored)) {
    const auto bytes = readWholeFile(file, 64u << 20);
    if (!bytes || !writeFileAtomically(original, std::string_view(*bytes))) return network;
  }
  (void)writeNetwork(file, *network).ok();
  return network;
}

Status writeNetwork(const std::filesystem::path& file, const Network& network) {
  return writeFileAtomically(file, std::string_view(canonicalJson(toJson(network))));
}

} // namespace loom
