// SPDX-License-Identifier: Apache-2.0
#include "core/base/size.h"
#include "core/layers/support.h"

namespace loom::layers {

namespace {

ShapeAnswer shape(const Inputs& inputs, const Params& params) {
  if (inputs.size() < 2)
    return refuses(say("Expects two or more inputs, has one."),
                   say("Connect a second input, or leave the layer out."), removeIt("Concat"));
  const Shape& first = inputs[0];
  const std::int64_t dim = params.getInt("dim", 1);
  if (dim >= static_cast<std::int64_t>(first.size()))
    return refuses(say("Joins along dimension {}, gets {}.", dim, toText(first)),
                   say("Dimension 1 is there."), setTo("dim", std::int64_t{1}));
  Shape output = first;
  auto& joined = output[static_cast<std::size_t>(dim)].value;
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    const Shape& other = inputs[i];
    bool fits = other.size() == first.size();
    for (std::size_t d = 0; d < first.size() && fits; ++d)
      fits = static_cast<std::int64_t>(d) == dim || other[d] == first[d];
    if (!fits)
      return refuses(
          say("Inputs may differ in dimension {} alone, gets {} and {}.", dim, toText(first), toText(other)),
          say("Pooling, or a Conv2d with a stride, on the larger one makes height and width equal."));
    joined = checkedAdd(joined, other[static_cast<std::size_t>(dim)].value)
                 .value_or(std::numeric_limits<std::int64_t>::max());
  }
  return gives(output);
}

void lower(LoweringBuilder& builder, const Params& params) {
  std::vector<TensorId> src;
  for (int i = 0; i < builder.inputs(); ++i) src.push_back(builder.input(i));
  emitOne(builder, "concat", std::move(src), {{"dim", params.getInt("dim", 1)}});
}

std::string facts(const Inputs& inputs, const Params&) {
  return fmt::format("{} {}", inputs.size(), inputs.size() == 1 ? "input" : "inputs");
}

TorchCode torch(const Inputs&, const Params& params) {
  return {"", fmt::format("torch.cat([{{all}}], {})", params.getInt("dim", 1))};
}

std::vector<LayerExample> examples() {
  return {{{batchOf({2, 3, 4}), batchOf({5, 3, 4})}, {}},
          {{batchOf({2, 3}), batchOf({2, 1}), batchOf({2, 2})}, {{"dim", std::int64_t{2}}}}};
}

} // namespace

const LayerSpec& concat() {
  static const LayerSpec spec{
      .type = "Concat",
      .group = "Merge",
      .family = Family::merge,
      .icon = "f-merge",
      .shortName = "Concat",
      .summary = "Puts its inputs side by side along one dimension.",
      .formula = "y = [x₀, x₁, …]",
      .keywords = {"cat", "join", "stack", "skip", "merge"},
      .fields = {integerField("dim", "Dimension", 1, 1, 7,
                              "Dimension along which the inputs follow each other; 0 would be N.")},
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
