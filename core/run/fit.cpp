// SPDX-License-Identifier: Apache-2.0
#include "core/run/fit.h"
#include "core/base/format.h"
#include <algorithm>

namespace loom {
namespace {

bool sameShape(const Shape& shape, const std::vector<std::int64_t>& sample) {
  if (shape.size() != sample.size() + 1) return false;
  for (std::size_t i = 0; i < sample.size(); ++i)
    if (!shape[i + 1].symbol.empty() || shape[i + 1].value != sample[i]) return false;
  return true;
}

Fix setting(Message label, std::string param, ParamValue value) {
  Fix fix;
  fix.kind = Fix::Kind::setParam;
  fix.label = std::move(label);
  fix.param = std::move(param);
  fix.value = std::move(value);
  return fix;
}

// The Linear that decides how many values reach this Output: behind it only what keeps the number. Null when
// another layer decides, or one whose weights belong to another.
const Node* deciding(const Network& network, NodeId id) {
  while (true) {
    const auto edges = network.into(id);
    if (edges.size() != 1) return nullptr;
    const Node* node = network.node(edges[0]->from);
    const LayerSpec* layer = node ? findLayer(node->type) : nullptr;
    if (!layer) return nullptr;
    if (node->type == "Linear") return node->shares ? nullptr : node;
    if (layer->family != Family::activation && layer->family != Family::norm && node->type != "Dropout")
      return nullptr;
    id = node->id;
  }
}

Message wrongNumberOfValues(std::int64_t given, const DataFacts& data) {
  if (data.classes > 0)
    return sayCount("The network gives {} value per sample, but the data has {} classes.",
                    "The network gives {} values per sample, but the data has {} classes.", Count{given},
                    Count{data.classes});
  if (data.targets == 1)
    return say("The network gives {} values per sample, but the data has 1 target.", Count{given});
  return sayCount("The network gives {} value per sample, but the data has {} targets.",
                  "The network gives {} values per sample, but the data has {} targets.", Count{given},
                  Count{data.targets});
}

void checkInput(const Node& node, const NodeInfo& info, const DataFacts& data, std::vector<Diagnostic>& out) {
  if (!info.output || data.sampleShape.empty() || sameShape(*info.output, data.sampleShape)) return;
  const std::string wanted = formatShape(data.sampleShape);
  out.push_back({Diagnostic::Level::error, node.id, 0,
                 say("Takes samples of {}, the data gives {}.", toTextWithoutBatch(*info.output), wanted),
                 say("Set its shape to {}.", wanted),
                 setting(say("Set its shape to {}", wanted), "shape", data.sampleShape)});
}

void checkOutput(const Network& network, const Node& node, const NodeInfo& info, const DataFacts& data,
                 std::vector<Diagnostic>& out) {
  const LayerSpec* layer = findLayer(node.type);
  const auto params = completeParams(*layer, node.params);
  if (params && wantsLabels(*params) && data.classes == 0 && data.targets > 0)
    out.push_back({Diagnostic::Level::error, node.id, 0,
                   say("{} compares classes, the data has numbers to predict.", params->getString("loss")),
                   say("MSELoss compares numbers."),
                   setting(say("Use {}", std::string_view("MSELoss")), "loss", std::string("MSELoss"))});
  if (info.inputs.empty() || info.inputs[0].size() != 2) return;
  const std::int64_t given = info.inputs[0].back().value;
  const std::int64_t wanted = data.classes > 0 ? data.classes : data.targets;
  if (wanted == 0 || given == wanted || (data.classes == 2 && given == 1)) return;
  Message cause = wrongNumberOfValues(given, data);
  if (const Node* source = deciding(network, node.id)) {
    out.push_back({Diagnostic::Level::error, source->id, 0, std::move(cause),
                   say("Set out_features to {}.", wanted),
                   setting(say("Set out_features to {}", wanted), "out_features", wanted)});
    return;
  }
  out.push_back(
      {Diagnostic::Level::error,
       node.id,
       0,
       std::move(cause),
       sayCount("Let the layer before it give {} value.", "Let the layer before it give {} values.", wanted),
       {}});
}

} // namespace

std::vector<Diagnostic> fitProblems(const Network& network, const Analysis& analysis, const DataFacts& data) {
  std::vector<Diagnostic> problems;
  for (const NodeId id : analysis.order) {
    const Node& node = *network.node(id);
    const LayerSpec* layer = findLayer(node.type);
    if (!layer) continue;
    const NodeInfo& info = analysis.nodes.at(id);
    if (layer->family == Family::input) checkInput(node, info, data, problems);
    if (!layer->hasOutput) checkOutput(network, node, info, data, problems);
  }
  return problems;
}

void addFit(Analysis& analysis, const Network& network, const DataFacts& data) {
  auto problems = fitProblems(network, analysis, data);
  if (problems.empty()) return;
  auto& all = analysis.diagnostics;
  all.insert(all.end(), std::make_move_iterator(problems.begin()), std::make_move_iterator(problems.end()));
  std::map<NodeId, std::size_t> rank;
  for (std::size_t i = 0; i < analysis.order.size(); ++i) rank[analysis.order[i]] = i + 1;
  std::stable_sort(all.begin(), all.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.level, rank[a.node]) < std::pair(b.level, rank[b.node]);
  });
}

Status checkFit(const Network& network, const DataFacts& data) {
  Analysis analysis = analyse(network);
  addFit(analysis, network, data);
  return firstError(network, analysis);
}

} // namespace loom
