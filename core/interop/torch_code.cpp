// SPDX-License-Identifier: Apache-2.0
#include "core/interop/torch_code.h"
#include "core/base/atomic_file.h"
#include "core/base/file_name.h"
#include "core/base/format.h"
#include "core/base/safetensors.h"
#include "core/network/rules.h"
#include "core/run/checkpoint_files.h"
#include <algorithm>
#include <cctype>
#include <fmt/format.h>

namespace loom {
namespace {

// "lenet-5" -> "Lenet5": a class name that Python takes.
std::string className(const std::string& name) {
  std::string text;
  bool upper = true;
  for (const char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) {
      upper = true;
      continue;
    }
    text += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  const bool keyword = text == "None" || text == "True" || text == "False";
  if (text.empty() || keyword || std::isdigit(static_cast<unsigned char>(text.front()))) text = "Net" + text;
  return text;
}

// A text between quotes that Python reads as this very text, whatever stands in it.
std::string pythonText(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F || c == '"' || c == '\\')
      quoted += fmt::format("\\x{:02x}", code);
    else
      quoted += c;
  }
  return quoted + "\"";
}

// A network in memory may carry any name; in Python only a name stands where a name belongs.
std::string identifier(const Node& node) {
  return validNodeName(node.name) ? node.name : fmt::format("node_{}", node.id);
}

void replaceAll(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size())
    text.replace(at, what.size(), with);
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

// One function of the class being written: which variable holds each node's result.
class Writer {
 public:
  Writer(const Network& network, const Analysis& analysis) : network_(network), analysis_(analysis) {}

  std::vector<CodeLine> write() {
    collect();
    line("import torch");
    line("from torch import nn");
    line("");
    line("");
    line(fmt::format("class {}(nn.Module):", className(network_.name)));
    line("    def __init__(self):");
    line("        super().__init__()");
    for (auto& module : modules_) lines_.push_back(std::move(module));
    line("");
    line(fmt::format("    def forward(self, {}):", inputs_.empty() ? std::string("x") : joined(inputs_)));
    for (auto& call : calls_) lines_.push_back(std::move(call));
    if (broken_ != 0)
      line(fmt::format("        # {}: the network is not valid from here on",
                       identifier(*network_.node(broken_))),
           broken_);
    line(fmt::format("        return {}", results_.empty() ? last_ : joined(results_)), returned_);
    return std::move(lines_);
  }

 private:
  void line(std::string text, NodeId node = 0) { lines_.push_back({std::move(text), node}); }

  static bool isInput(const Node& node) { return node.type == "Input"; }
  static bool isOutput(const Node& node) { return node.type == "Output"; }

  // A node's own variable: never the x that is written over and over.
  std::string ownVariable(NodeId id) const {
    std::string name = identifier(*network_.node(id));
    if (name != "x") return name;
    while (network_.nodeNamed(name) != nullptr) name += '_';
    return name;
  }

  // A result that one node alone takes, and that follows at once, is called x; all others carry their node's
  // name. Of several Outputs all results are wanted at the end.
  std::string variableFor(NodeId id) const {
    const auto out = network_.outOf(id);
    const auto& order = analysis_.order;
    const auto place = std::find(order.begin(), order.end(), id);
    const bool chained = out.size() == 1 && place != order.end() && place + 1 != order.end() &&
                         *(place + 1) == out.front()->to;
    const bool returned = outputs_ > 1 && chained && isOutput(*network_.node(out.front()->to));
    return chained && !returned ? "x" : ownVariable(id);
  }

  void collect() {
    for (const auto& [id, node] : network_.nodes) outputs_ += isOutput(node);
    std::vector<NodeId> inputNodes;
    for (const NodeId id : analysis_.order)
      if (const auto* node = network_.node(id); node != nullptr && isInput(*node)) inputNodes.push_back(id);
    for (const NodeId id : inputNodes) {
      // One input is called x, as everybody writes it, unless it is used more than once.
      const bool alone = inputNodes.size() == 1 && network_.outOf(id).size() == 1;
      variables_[id] = alone ? "x" : ownVariable(id);
      inputs_.push_back(variables_[id]);
      last_ = variables_[id];
    }
    for (const NodeId id : analysis_.order) {
      if (broken_ != 0) break;
      add(id);
    }
  }

  void add(NodeId id) {
    const Node& node = *network_.node(id);
    if (isInput(node)) return;
    const auto info = analysis_.nodes.find(id);
    const auto* layer = findLayer(node.type);
    std::vector<std::string> arguments;
    for (const auto* edge : network_.into(id))
      if (const auto known = variables_.find(edge->from); known != variables_.end())
        arguments.push_back(known->second);
    if (isOutput(node)) {
      if (arguments.empty()) return;
      results_.push_back(arguments.front());
      returned_ = id;
      return;
    }
    if (info == analysis_.nodes.end() || !info->second.output || layer == nullptr ||
        layer->torch == nullptr || arguments.empty()) {
      if (!arguments.empty()) broken_ = id;
      return;
    }
    auto params = completeParams(*layer, node.params);
    if (!params) {
      broken_ = id;
      return;
    }
    const TorchCode code = layer->torch(info->second.inputs, *params);
    const Node* owner = node.shares != 0 ? network_.node(node.shares) : &node;
    const std::string self = "self." + identifier(owner != nullptr ? *owner : node);
    if (!code.module.empty() && owner == &node)
      modules_.push_back({fmt::format("        {} = {}", self, code.module), id});
    std::string call = code.call;
    replaceAll(call, "{self}", self);
    replaceAll(call, "{all}", joined(arguments));
    for (std::size_t index = 0; index < arguments.size(); ++index)
      replaceAll(call, fmt::format("{{{}}}", index), arguments[index]);
    const std::string variable = variableFor(id);
    variables_[id] = variable;
    last_ = variable;
    if (call != variable) calls_.push_back({fmt::format("        {} = {}", variable, call), id});
  }

  const Network& network_;
  const Analysis& analysis_;
  std::map<NodeId, std::string> variables_;
  std::vector<std::string> inputs_, results_;
  std::vector<CodeLine> modules_, calls_, lines_;
  std::string last_ = "x";
  NodeId broken_ = 0, returned_ = 0;
  int outputs_ = 0;
};

// The weights are those of this network: PyTorch's load_state_dict would refuse any others.
Status checkWeights(const Network& network, const Analysis& analysis, const Checkpoint& checkpoint,
                    const std::filesystem::path& runFolder) {
  const auto wrong = [&](Message cause) {
    return Error{ErrorKind::input, checkpointFolder(runFolder, checkpoint.step), std::move(cause),
                 say("Export the network of the run itself")};
  };
  std::size_t known = 0;
  for (const auto& [name, tensor] : checkpoint.model.tensors) {
    const std::size_t dot = name.rfind('.');
    const auto node = std::find_if(network.nodes.begin(), network.nodes.end(),
                                   [&](const auto& one) { return one.second.name == name.substr(0, dot); });
    const auto info = node == network.nodes.end() ? analysis.nodes.end() : analysis.nodes.find(node->first);
    const LayerParameter* parameter = nullptr;
    if (info != analysis.nodes.end() && dot != std::string::npos)
      for (const LayerParameter& one : info->second.parameters)
        if (one.suffix == name.substr(dot + 1)) parameter = &one;
    if (!parameter) return wrong(say("the network has no parameter '{}'", name));
    const bool counter = parameter->dtype == DType::i32; // PyTorch's has no dimensions
    if (counter ? tensor.dtype != FileDType::i64
                : tensor.dtype != FileDType::f32 || tensor.shape != parameter->dims)
      return wrong(say("the tensor '{}' is {}, the network expects {}", name, formatShape(tensor.shape),
                       formatShape(parameter->dims)));
    ++known;
  }
  std::size_t expected = 0;
  for (const auto& [id, info] : analysis.nodes)
    if (const Node* node = network.node(id); node && node->shares == 0 && info.reachesOutput)
      expected += info.parameters.size();
  if (known < expected)
    return wrong(say("the checkpoint has {} tensors, the network expects {}", known, expected));
  return {};
}

} // namespace

std::vector<CodeLine> torchCode(const Network& network, const Analysis& analysis) {
  return Writer(network, analysis).write();
}

std::string torchText(const Network& network) {
  std::string text;
  for (const auto& line : torchCode(network, analyse(network))) text += line.text + "\n";
  return text;
}

Status exportTorch(const Network& network, const std::filesystem::path& folder,
                   const std::filesystem::path& runFolder, std::vector<Message>& notes) {
  const auto analysis = analyse(network);
  if (auto valid = firstError(network, analysis); !valid) return valid;
  // What is wrong with the checkpoint is found before anything is written.
  std::optional<Checkpoint> checkpoint;
  if (!runFolder.empty()) {
    auto best = bestCheckpoint(runFolder, -1, notes);
    if (!best) return best.error();
    if (auto fits = checkWeights(network, analysis, *best, runFolder); !fits) return fits;
    checkpoint = std::move(*best);
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return writeError(folder, say("The folder cannot be made"), error.value());
  std::string text = torchText(network);
  if (checkpoint) {
    const auto file = folder / fileNameOf(network.name, ".safetensors");
    if (auto written = writeSafetensors(file, checkpoint->model); !written) return written;
    text += fmt::format(
        "\n\nif __name__ == \"__main__\":\n    from safetensors.torch import load_file\n\n    model = {}()\n"
        "    model.load_state_dict(load_file({}))\n    model.eval()\n    print(model)\n",
        className(network.name), pythonText(file.filename().string()));
  }
  return writeFileAtomically(folder / fileNameOf(network.name, ".py"), text);
}

Status exportTorch(const Network& network, const std::filesystem::path& folder,
                   const std::filesystem::path& runFolder) {
  std::vector<Message> notes;
  return exportTorch(network, folder, runFolder, notes);
}

} // namespace loom
