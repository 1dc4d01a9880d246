// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

namespace {

ShapeAnswer shape(const Inputs& inputs, const Params&) {
  if (inputs.size() < 2)
    return refuses(say("Expects two or more inputs, has one."),
                   say("Connect a second input, or leave the layer out."), removeIt("Add"));
  const Shape& first = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    const Shape& other = inputs[i];
    if (other == first) continue;
    // Concat helps where only the channels differ; a projection where the way around must change shape as
    // well.
    bool onlyChannels = other.size() == first.size();
    for (const Shape& each : inputs)
      for (std::size_t d = 0; d < first.size() && onlyChannels; ++d)
        onlyChannels = each.size() == first.size() && (d == 1 || each[d] == first[d]);
    return refuses(
        say("Adds inputs of one shape, gets {} and {}.", toText(first), toText(other)),
        onlyChannels
            ? say("Concat puts different channels side by side; a Conv2d of 1×1 on one way makes them equal.")
            : say("A Conv2d of 1×1 with a stride on the shorter way makes them equal."),
        onlyChannels ? replaceBy("Concat") : Fix{});
  }
  return gives(first);
}

void lower(LoweringBuilder& builder, const Params&) {
  std::vector<TensorId> src;
  for (int i = 0; i < builder.inputs(); ++i) src.push_back(builder.input(i));
  emitOne(builder, "add", std::move(src));
}

std::string facts(const Inputs& inputs, const Params&) {
  return fmt::format("{} {}", inputs.size(), inputs.size() == 1 ? "input" : "inputs");
}

TorchCode torch(const Inputs& inputs, const Params&) {
  std::string call;
  for (std::size_t i = 0; i < inputs.size(); ++i) call += fmt::format("{}{{{}}}", i ? " + " : "", i);
  return {"", call};
}

std::vector<LayerExample> examples() {
  return {{{batchOf({2, 3, 4}), batchOf({2, 3, 4})}, {}}, {{batchOf({5}), batchOf({5}), batchOf({5})}, {}}};
}

} // namespace

const LayerSpec& add() {
  static const LayerSpec spec{
      .type = "Add",
      .group = "Merge",
      .family = Family::merge,
      .icon = "f-merge",
      .shortName = "Add",
      .summary = "Adds inputs of one shape, value by value: the end of a residual block.",
      .formula = "y = x₀ + x₁ + …",
      .keywords = {"sum", "residual", "skip", "plus", "merge"},
      .fields = {},
      .inputs = {{"inputs", true}},
      .hasOutput = true,
      .shape = shape,
      .lower = lower,
      .facts = facts,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers
