// SPDX-License-Identifier: Apache-2.0
#include "core/network/validate.h"
#include "core/base/size.h"
#include "core/network/rules.h"
#include <algorithm>
#include <limits>

namespace loom {

namespace {

// Beyond these nothing could be trained on any machine, and sums stay far from 63 bits.
constexpr std::int64_t maxElements = std::int64_t{1} << 32;
constexpr std::int64_t maxParameters = std::int64_t{1} << 38;

std::int64_t elementsOf(const Shape& shape) {
  std::int64_t count = 1;
  for (const Dim& dim : shape)
    if (dim.symbol.empty())
      count = checkedMultiply(count, dim.value).value_or(std::numeric_limits<std::int64_t>::max());
  return count;
}

class Analyst {
 public:
  explicit Analyst(const Network& network) : network_(network) {
    for (const auto& [id, edge] : network.edges) into_[edge.to].push_back(&edge);
    for (auto& [id, list] : into_)
      std::stable_sort(list.begin(), list.end(), [](const Edge* a, const Edge* b) {
        return std::pair(a->toPort, a->order) < std::pair(b->toPort, b->order);
      });
  }

  Analysis run() {
    result_.order = executionOrder(network_);
    const std::set<NodeId> ordered(result_.order.begin(), result_.order.end());
    for (const auto& [id, node] : network_.nodes) {
      result_.nodes[id];
      if (ordered.contains(id)) continue;
      result_.order.push_back(id);
      error(id, 0, say("Is on a cycle of edges: data flows one way only."),
            say("Remove one edge of the cycle."));
      onCircle_.insert(id);
    }
    markReaching();
    for (const NodeId id : result_.order)
      if (!onCircle_.contains(id)) visit(network_.nodes.at(id));
    for (const NodeId id : result_.order) checkSharing(network_.nodes.at(id));
    wholeNetwork();
    std::map<NodeId, std::size_t> rank;
    for (std::size_t i = 0; i < result_.order.size(); ++i) rank[result_.order[i]] = i + 1;
    std::stable_sort(result_.diagnostics.begin(), result_.diagnostics.end(),
                     [&](const Diagnostic& a, const Diagnostic& b) {
                       return std::pair(a.level, rank[a.node]) < std::pair(b.level, rank[b.node]);
                     });
    return std::move(result_);
  }

 private:
  void report(Diagnostic::Level level, NodeId node, EdgeId edge, Message cause, Message remedy, Fix fix) {
    result_.diagnostics.push_back({level, node, edge, std::move(cause), std::move(remedy), std::move(fix)});
  }
  void error(NodeId node, EdgeId edge, Message cause, Message remedy, Fix fix = {}) {
    report(Diagnostic::Level::error, node, edge, std::move(cause), std::move(remedy), std::move(fix));
  }
  void warning(NodeId node, Message cause, Message remedy, Fix fix = {}) {
    report(Diagnostic::Level::warning, node, 0, std::move(cause), std::move(remedy), std::move(fix));
  }

  void markReaching() {
    std::vector<NodeId> open;
    for (const auto& [id, node] : network_.nodes) {
      const LayerSpec* layer = findLayer(node.type);
      if (layer && !layer->hasOutput) open.push_back(id);
    }
    while (!open.empty()) {
      const NodeId id = open.back();
      open.pop_back();
      NodeInfo& info = result_.nodes[id];
      if (info.reachesOutput) continue;
      info.reachesOutput = true;
      for (const Edge* edge : into_[id]) open.push_back(edge->from);
    }
  }

  // A node whose output nothing takes yet and which can be joined to `id`: the nearest at its left, else any.
  const Node* looseEnd(NodeId id) const {
    const Node& wanting = network_.nodes.at(id);
    const Node* best = nullptr;
    double bestDistance = 0;
    for (const auto& [key, node] : network_.nodes) {
      const LayerSpec* layer = findLayer(node.type);
      if (key == id || !layer || !layer->hasOutput || result_.nodes.at(key).reachesOutput) continue;
      const bool taken = std::any_of(network_.edges.begin(), network_.edges.end(),
                                     [&](const auto& entry) { return entry.second.from == key; });
      if (taken || reaches(network_, id, key)) continue;
      const double dx = wanting.position.x - node.position.x, dy = wanting.position.y - node.position.y;
      const double distance = dx * dx + dy * dy;
      if (!best || distance < bestDistance) best = &node, bestDistance = distance;
    }
    return best;
  }

  // Inputs in port order; false when one is missing or unknown.
  bool gather(const Node& node, const LayerSpec& layer, NodeInfo& info) {
    bool complete = true;
    for (std::size_t port = 0; port < layer.inputs.size(); ++port) {
      bool any = false;
      for (const Edge* edge : into_[node.id]) {
        if (edge->toPort != static_cast<int>(port)) continue;
        any = true;
        const auto source = result_.nodes.find(edge->from);
        if (source != result_.nodes.end() && source->second.output)
          info.inputs.push_back(*source->second.output);
        else
          complete = false;
      }
      if (any) continue;
      complete = false;
      missingInput(node, layer, info);
    }
    return complete;
  }

  void missingInput(const Node& node, const LayerSpec& layer, const NodeInfo& info) {
    if (!info.reachesOutput) {
      warning(node.id, say("Is connected to nothing before it."),
              say("It takes no part in the network until it is."));
      return;
    }
    Fix fix;
    Message remedy = say("Connect a layer to it.");
    if (const Node* loose = looseEnd(node.id)) {
      fix.kind = Fix::Kind::connect;
      fix.label = say("Connect {}", loose->name);
      fix.param = "from";
      fix.value = std::int64_t{loose->id};
      remedy = say("The end of {} is free.", loose->name);
    }
    error(node.id, 0,
          layer.hasOutput ? say("Has no input.") : say("Has no input: no path leads from an Input to it."),
          remedy, fix);
  }

  void visit(const Node& node) {
    NodeInfo& info = result_.nodes[node.id];
    const LayerSpec* layer = findLayer(node.type);
    if (!layer) {
      error(node.id, 0, say("The layer type '{}' is unknown.", node.type), say("Use one of the palette."));
      return;
    }
    const auto params = completeParams(*layer, node.params);
    if (!params) {
      error(node.id, 0, say("{}.", params.error().cause), say("{}.", params.error().fix));
      return;
    }
    const bool complete = gather(node, *layer, info);
    if (layer->facts) info.facts = layer->facts(info.inputs, *params);
    if (layer->automatic) info.automatic = layer->automatic(info.inputs, *params);
    if (!complete) return;
    ShapeAnswer answer = layer->shape(info.inputs, *params);
    for (LayerProblem& problem : answer.warnings)
      warning(node.id, problem.cause, problem.remedy, problem.fix);
    if (answer.problem) {
      const auto& edges = into_[node.id];
      error(node.id, edges.size() == 1 ? edges[0]->id : 0, answer.problem->cause, answer.problem->remedy,
            answer.problem->fix);
      return;
    }
    if (elementsOf(answer.output) > maxElements) {
      error(node.id, 0, say("Its output of {} is too large for any machine.", toText(answer.output)),
            say("Make the layer smaller, or pool before it."));
      return;
    }
    if (layer->parameters) info.parameters = layer->parameters(info.inputs, *params);
    std::int64_t trainable = 0;
    for (const LayerParameter& parameter : info.parameters)
      if (!parameter.state)
        trainable = checkedAdd(trainable, elementCount(parameter.dims).value_or(maxParameters))
                        .value_or(maxParameters);
    if (trainable >= maxParameters) {
      error(node.id, 0, say("It would have too many parameters for any machine."),
            say("Make the layer smaller, or pool before it."));
      info.parameters.clear();
      return;
    }
    if (node.shares == 0) info.parameterCount = trainable;
    if (layer->multiplyAdds) info.multiplyAdds = layer->multiplyAdds(info.inputs, *params);
    info.activationElements = elementsOf(answer.output);
    const auto add = [](std::int64_t& sum, std::int64_t value) {
      sum = checkedAdd(sum, value).value_or(std::numeric_limits<std::int64_t>::max());
    };
    add(result_.parameters, info.parameterCount);
    add(result_.multiplyAdds, info.multiplyAdds);
    add(result_.activationElements, info.activationElements);
    if (layer->hasOutput)
      info.output = std::move(answer.output);
    else
      checkLossInput(node, *params);
  }

  // Losses that contain a softmax or sigmoid, behind one: legal, but the gradient is squeezed twice.
  void checkLossInput(const Node& node, const Params& params) {
    const std::string loss = params.getString("loss");
    const Node* before = into_[node.id].empty() ? nullptr : network_.node(into_[node.id][0]->from);
    const bool twice = before && ((loss == "CrossEntropyLoss" && before->type == "Softmax") ||
                                  (loss == "BCEWithLogitsLoss" && before->type == "Sigmoid"));
    if (!twice) return;
    Fix fix;
    fix.kind = Fix::Kind::remove;
    fix.label = say("Remove {}", before->type);
    warning(before->id,
            say("{} contains a {} already; two of them make the gradient small.", loss, before->type),
            say("Without it {} gets the plain values that it expects.", node.name), fix);
  }

  void checkSharing(const Node& node) {
    if (!node.shares) return;
    const Node* owner = network_.node(node.shares);
    if (!owner || owner->id == node.id || owner->shares) {
      error(node.id, 0, say("Shares the weights of a layer that has none of its own."),
            say("Choose another layer to share with."));
      return;
    }
    const auto &mine = result_.nodes[node.id].parameters, &theirs = result_.nodes[owner->id].parameters;
    if (mine.empty() && theirs.empty()) return;
    bool same = owner->type == node.type && mine.size() == theirs.size();
    for (std::size_t i = 0; i < mine.size() && same; ++i)
      same = mine[i].suffix == theirs[i].suffix && mine[i].dims == theirs[i].dims;
    if (!same && !mine.empty() && !theirs.empty())
      error(node.id, 0, say("Shares the weights of {}, whose weights have another shape.", owner->name),
            say("Make both layers alike, or give this one its own weights."));
  }

  void wholeNetwork() {
    bool input = false, output = false;
    std::map<std::string, int> names;
    std::set<NodeId> used;
    for (const auto& [id, edge] : network_.edges) used.insert(edge.from);
    for (const auto& [id, node] : network_.nodes) {
      input = input || node.type == "Input";
      output = output || node.type == "Output";
      if (++names[node.name] == 2)
        error(id, 0, say("The name {} is used twice.", node.name), say("Rename one of the two."));
      const LayerSpec* layer = findLayer(node.type);
      if (layer && layer->hasOutput && !used.contains(id) && result_.nodes[id].output)
        warning(id, say("Its output is used by nothing."), say("Connect it to a layer, or remove it."));
    }
    if (!input) error(0, 0, say("The network has no Input."), say("Add one from the palette."));
    if (!output) error(0, 0, say("The network has no Output."), say("Add one from the palette."));
  }

  const Network& network_;
  std::map<NodeId, std::vector<const Edge*>> into_;
  std::set<NodeId> onCircle_;
  Analysis result_;
};

} // namespace

bool Analysis::runnable() const {
  return std::none_of(diagnostics.begin(), diagnostics.end(),
                      [](const Diagnostic& each) { return each.level == Diagnostic::Level::error; });
}

Analysis analyse(const Network& network) { return Analyst(network).run(); }

Result<Edit> fixEdit(const Network& network, const Diagnostic& diagnostic) {
  const Fix& fix = diagnostic.fix;
  switch (fix.kind) {
  case Fix::Kind::none:
    break;
  case Fix::Kind::insertBefore: {
    const auto edges = network.into(diagnostic.node);
    const auto about = network.edges.find(diagnostic.edge);
    if (about != network.edges.end()) return insertOnEdge(network, about->first, fix.layer);
    return insertBefore(network, diagnostic.node, edges.empty() ? 0 : edges[0]->toPort, fix.layer);
  }
  case Fix::Kind::setParam:
    return setParam(network, diagnostic.node, fix.param, fix.value);
  case Fix::Kind::replaceLayer:
    return replaceLayer(network, diagnostic.node, fix.layer);
  case Fix::Kind::connect:
    if (const auto* from = std::get_if<std::int64_t>(&fix.value))
      return connect(network, static_cast<NodeId>(*from), diagnostic.node);
    break;
  case Fix::Kind::remove:
    return removeNodes(network, {diagnostic.node}, {}, true);
  }
  return Error{ErrorKind::usage, network.name, say("There is no edit that fixes this"), diagnostic.remedy};
}

Status firstError(const Network& network, const Analysis& analysis) {
  for (const Diagnostic& diagnostic : analysis.diagnostics) {
    if (diagnostic.level != Diagnostic::Level::error) continue;
    const Node* node = network.node(diagnostic.node);
    return Error{ErrorKind::input,
                 node ? say("Network {}, {} ({})", network.name, node->name, node->type)
                      : say("Network {}", network.name),
                 diagnostic.cause, diagnostic.remedy};
  }
  return {};
}

} // namespace loom
