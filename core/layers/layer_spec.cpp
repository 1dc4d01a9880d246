// SPDX-License-Identifier: Apache-2.0
#include "core/layers/layer_spec.h"
#include "core/base/format.h"
#include <cmath>
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

Error wrongField(const LayerSpec& layer, const Field& field, std::string cause, std::string fix) {
  return {ErrorKind::input, fmt::format("{}.{}", layer.type, field.name), std::move(cause), std::move(fix)};
}

std::string bound(double value) {
  return value == std::floor(value) && std::fabs(value) < 1e15 ? formatCount(static_cast<std::int64_t>(value))
                                                               : formatNumber(value);
}

std::string wanted(const Field& field) {
  const bool limits = field.minimum != field.maximum;
  const std::string range =
      limits ? fmt::format(" from {} to {}", bound(field.minimum), bound(field.maximum)) : std::string();
  switch (field.kind) {
  case FieldKind::integer:
    return "a whole number" + range;
  case FieldKind::number:
    return "a number" + range;
  case FieldKind::flag:
    return "true or false";
  case FieldKind::choice:
    return fmt::format("one of {}", fmt::join(field.choices, ", "));
  case FieldKind::size2:
    return "one or two whole numbers" + range;
  case FieldKind::text:
    return "a text";
  case FieldKind::integers:
    return "a list of whole numbers" + range;
  }
  return "a value";
}

bool inRange(const Field& field, double value) {
  return std::isfinite(value) &&
         (field.minimum == field.maximum || (value >= field.minimum && value <= field.maximum));
}

std::optional<std::int64_t> wholeNumber(const ParamValue& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return *whole;
  if (const auto* real = std::get_if<double>(&value))
    if (*real == std::floor(*real) && std::fabs(*real) < 1e15) return static_cast<std::int64_t>(*real);
  return std::nullopt;
}

// The value in the form that the field stores, nullopt when it does not fit.
std::optional<ParamValue> fitted(const Field& field, const ParamValue& value) {
  switch (field.kind) {
  case FieldKind::integer:
    if (const auto whole = wholeNumber(value); whole && inRange(field, static_cast<double>(*whole)))
      return ParamValue(*whole);
    return std::nullopt;
  case FieldKind::number: {
    const auto* whole = std::get_if<std::int64_t>(&value);
    const auto* real = std::get_if<double>(&value);
    if (!whole && !real) return std::nullopt;
    const double number = real ? *real : static_cast<double>(*whole);
    return inRange(field, number) ? std::optional<ParamValue>(number) : std::nullopt;
  }
  case FieldKind::flag:
    return std::holds_alternative<bool>(value) ? std::optional<ParamValue>(value) : std::nullopt;
  case FieldKind::text:
    return std::holds_alternative<std::string>(value) ? std::optional<ParamValue>(value) : std::nullopt;
  case FieldKind::choice:
    if (const auto* text = std::get_if<std::string>(&value))
      for (const auto choice : field.choices)
        if (choice == *text) return value;
    return std::nullopt;
  case FieldKind::size2:
  case FieldKind::integers: {
    std::vector<std::int64_t> list;
    if (const auto* given = std::get_if<std::vector<std::int64_t>>(&value))
      list = *given;
    else if (const auto whole = wholeNumber(value))
      list = {*whole};
    else
      return std::nullopt;
    const auto* standard = std::get_if<std::vector<std::int64_t>>(&field.standard);
    if (list.empty() && !(standard && standard->empty())) return std::nullopt;
    for (const std::int64_t entry : list)
      if (!inRange(field, static_cast<double>(entry))) return std::nullopt;
    if (field.kind == FieldKind::size2) {
      if (list.size() == 1) list.push_back(list.front());
      if (list.size() > 2) return std::nullopt;
    } else if (list.size() > 8) {
      return std::nullopt;
    }
    return ParamValue(std::move(list));
  }
  }
  return std::nullopt;
}

std::string kindText(FieldKind kind) {
  switch (kind) {
  case FieldKind::integer:
    return "integer";
  case FieldKind::number:
    return "number";
  case FieldKind::flag:
    return "true or false";
  case FieldKind::choice:
    return "choice";
  case FieldKind::size2:
    return "height, width";
  case FieldKind::text:
    return "text";
  case FieldKind::integers:
    return "integers";
  }
  return {};
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
  Params complete;
  for (const Field& field : layer.fields)
    if (!field.automatic) complete.set(std::string(field.name), field.standard);
  for (const auto& [name, value] : given) {
    const Field* field = nullptr;
    for (const Field& candidate : layer.fields)
      if (candidate.name == name) field = &candidate;
    if (!field) {
      std::vector<std::string_view> names;
      for (const Field& candidate : layer.fields)
        if (!candidate.automatic) names.push_back(candidate.name);
      return Error{ErrorKind::input, fmt::format("{}.{}", layer.type, name),
                   fmt::format("{} has no parameter of this name", layer.type),
                   names.empty() ? "It has none at all" : fmt::format("It has {}", fmt::join(names, ", "))};
    }
    if (field->automatic)
      return wrongField(layer, *field, "This parameter follows from the input", "Leave it out");
    auto fit = fitted(*field, value);
    if (!fit) {
      // A number in quotes looks right, so it is said what it is.
      const auto* text = std::get_if<std::string>(&value);
      const bool words = field->kind == FieldKind::text || field->kind == FieldKind::choice;
      return wrongField(layer, *field,
                        text && !words ? fmt::format("The value is a text, \"{}\"", text->substr(0, 80))
                                       : fmt::format("The value {} does not fit", toText(value)),
                        fmt::format("Give {}{}", wanted(*field), text && !words ? ", without quotes" : ""));
    }
    complete.set(name, std::move(*fit));
  }
  return complete;
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
                                     : kindText(field.kind);
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
