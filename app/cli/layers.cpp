// SPDX-License-Identifier: Apache-2.0
#include "app/cli/reference.h"
#include "core/layers/layer_spec.h"

namespace loom {
namespace {

// The rest is in --markdown and --json.
std::string firstSentence(std::string_view text) {
  for (std::size_t at = text.find_first_of(".:"); at != std::string_view::npos;
       at = text.find_first_of(".:", at + 1))
    if (at + 1 == text.size() || text[at + 1] == ' ') return std::string(text.substr(0, at)) + ".";
  return std::string(text);
}

Reference layerRows() {
  Reference all{{{"LAYER", "GROUP", "WHAT IT DOES"}}};
  for (const auto* layer : layerTable()) {
    all.rows.push_back({std::string(layer->type), std::string(layer->group), firstSentence(layer->summary)});
    Json fields = Json::array();
    for (const auto& field : layer->fields)
      fields.push_back({{"name", field.name},
                        {"default", toText(field.standard)},
                        {"automatic", field.automatic},
                        {"help", field.help}});
    all.list.push_back(
        {{"type", layer->type}, {"group", layer->group}, {"summary", layer->summary}, {"fields", fields}});
  }
  return all;
}

} // namespace

void defineLayers(CLI::App& app, Action& action) { defineReference(app, action, layerRows, layersMarkdown); }

} // namespace loom
