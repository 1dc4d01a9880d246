// SPDX-License-Identifier: Apache-2.0
#include "core/layers/layer_spec.h"
#include "core/base/format.h"
#include <fmt/format.h>

namespace loom {

namespace {

std::string dimText(const Dim& dim) { return dim.symbol.empty() ? fmt::format("{}", dim.value) : dim.symbol; }

std::string joined(const Shape& shape, std::size_t from) {
  std::string text;
  for (std::size_t i = from; i < shape.size(); ++i) {
    if (i > from) text += "×";
    text += dimText(shape[i]);
  }
  return text;
}

std::string standardText(const Field& field) {
  if (field.automatic) return "from the input";
  const std::string text = toText(field.standard);
  return text.empty() ? "–" : text;
}

} // namespace

std::string toText(const Shape& shape) { return joined(shape, 0); }

std::string toTextWithoutBatch(const Shape& shape) {
  const bool batch = !shape.empty() && shape[0].symbol == "N";
  return joined(shape, batch ? 1 : 0);
}

const LayerSpec* findLayer(std::string_view type) {
  for (const LayerSpec* layer : layerTable())
    if (layer->type == type) return layer;
  return nullptr;
}

Result<Params> completeParams(const LayerSpec& layer, const Params& given) {
  auto complete = completeFields(layer.type, layer.fields, given);
  if (complete) return complete;
  Error error = complete.error();
  error.kind = ErrorKind::input;
  return error;
}

std::string layersMarkdown() {
  std::string text =
      "# Layers\n\nNames, parameters, defaults and initialisation are those of PyTorch. N is the "
      "number of samples in a batch.\n";
  std::string_view group;
  for (const LayerSpec* layer : layerTable()) {
    if (layer->group != group) {
      group = layer->group;
      text += fmt::format("\n## {}\n", group);
    }
    text += fmt::format("\n### {}\n\n{}\n", layer->type, layer->summary);
    if (!layer->formula.empty()) text += fmt::format("\n    {}\n", layer->formula);
    if (!layer->fields.empty()) {
      text += "\n| parameter | kind | default | meaning |\n|---|---|---|---|\n";
      for (const Field& field : layer->fields) {
        const std::string kind = field.kind == FieldKind::choice
                                     ? fmt::format("{}", fmt::join(field.choices, ", "))
                                     : std::string(kindText(field.kind));
        text += fmt::format("| `{}` | {} | {} | {} |\n", field.name, kind, standardText(field), field.help);
      }
    }
    const LayerExample example = layer->examples().front();
    const Params params = completeParams(*layer, example.params).value();
    const ShapeAnswer answer = layer->shape(example.inputs, params);
    std::string shapes;
    for (const Shape& input : example.inputs) shapes += (shapes.empty() ? "" : ", ") + toText(input);
    if (layer->hasOutput)
      text += fmt::format("\nExample: {}{}{}.\n", shapes, shapes.empty() ? "gives " : " → ",
                          toText(answer.output));
    if (layer->parameters) {
      std::vector<std::string> names;
      for (const LayerParameter& parameter : layer->parameters(example.inputs, params))
        names.push_back(fmt::format("`{}` {}", parameter.suffix, formatShape(parameter.dims)));
      text += fmt::format("\nIn a checkpoint: {}.\n", fmt::join(names, ", "));
    }
  }
  return text;
}

} // namespace loom
