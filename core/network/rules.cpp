// SPDX-License-Identifier: Apache-2.0
#include "core/network/rules.h"
#include <algorithm>
#include <iterator>
#include <queue>
#include <set>

namespace loom {

namespace {

// Python's keywords, what the code of a network itself uses, and the attributes of torch.nn.Module (2.11),
// which a submodule must not hide.
// clang-format off
constexpr std::string_view reserved[] = {
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "self",
    "torch", "nn", "F", "T_destination", "add_module", "apply", "bfloat16", "buffers", "call_super_init",
    "children", "compile", "cpu", "cuda", "double", "dump_patches", "eval", "extra_repr", "float",
    "forward", "get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "ipu",
    "load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules",
    "named_parameters", "parameters", "register_backward_hook", "register_buffer", "register_forward_hook",
    "register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook",
    "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook", "register_module",
    "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_",
    "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training",
    "type", "xpu", "zero_grad",
};
// clang-format on

} // namespace

bool validNodeName(std::string_view name) {
  if (!name.empty() && name[0] == '_') return false; // Module's inner ones
  if (name.empty() || name.size() > 64 || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'))
      return false;
  return std::find(std::begin(reserved), std::end(reserved), name) == std::end(reserved);
}

std::string nameStem(const LayerSpec& layer) {
  std::string stem;
  for (const char c : layer.shortName) stem += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return stem;
}

bool reaches(const Network& network, NodeId from, NodeId to) {
  std::set<NodeId> seen{from};
  std::vector<NodeId> open{from};
  while (!open.empty()) {
    const NodeId id = open.back();
    open.pop_back();
    if (id == to) return true;
    for (const auto& [key, edge] : network.edges)
      if (edge.from == id && seen.insert(edge.to).second) open.push_back(edge.to);
  }
  return false;
}

Result<Params> storedParams(const LayerSpec& layer, const Params& given) {
  auto complete = completeParams(layer, given);
  if (!complete) return complete.error();
  return differing(layer.fields, std::move(*complete));
}

std::vector<NodeId> executionOrder(const Network& network) {
  std::map<NodeId, int> waiting;
  std::multimap<NodeId, NodeId> next;
  for (const auto& [id, node] : network.nodes) waiting[id] = 0;
  for (const auto& [id, edge] : network.edges) {
    if (!network.node(edge.from) || !network.node(edge.to)) continue;
    ++waiting[edge.to];
    next.emplace(edge.from, edge.to);
  }
  std::priority_queue<NodeId, std::vector<NodeId>, std::greater<>> ready;
  for (const auto& [id, count] : waiting)
    if (count == 0) ready.push(id);
  std::vector<NodeId> order;
  while (!ready.empty()) {
    const NodeId id = ready.top();
    ready.pop();
    order.push_back(id);
    const auto [begin, end] = next.equal_range(id);
    for (auto entry = begin; entry != end; ++entry)
      if (--waiting[entry->second] == 0) ready.push(entry->second);
  }
  return order;
}

} // namespace loom
