// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/layers/layer_spec.h"
#include <iostream>
#include <memory>

namespace loom {
namespace {

// The rest stands in --markdown and --json.
std::string firstSentence(std::string_view text) {
  for (std::size_t at = text.find_first_of(".:"); at != std::string_view::npos;
       at = text.find_first_of(".:", at + 1))
    if (at + 1 == text.size() || text[at + 1] == ' ') return std::string(text.substr(0, at)) + ".";
  return std::string(text);
}

} // namespace

void defineLayers(CLI::App& app, Action& action) {
  struct Options {
    bool markdown = false, json = false;
  };
  auto options = std::make_shared<Options>();
  auto* markdown = app.add_flag("--markdown", options->markdown, "The reference manual");
  app.add_flag("--json", options->json, "One JSON array on stdout")->excludes(markdown);
  action = [options] {
    if (options->markdown) {
      std::cout << layersMarkdown();
      return 0;
    }
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows{{"LAYER", "GROUP", "WHAT IT DOES"}};
    for (const auto* layer : layerTable()) {
      rows.push_back({std::string(layer->type), std::string(layer->group), firstSentence(layer->summary)});
      Json fields = Json::array();
      for (const auto& field : layer->fields)
        fields.push_back({{"name", field.name},
                          {"default", toText(field.standard)},
                          {"automatic", field.automatic},
                          {"help", field.help}});
      list.push_back(
          {{"type", layer->type}, {"group", layer->group}, {"summary", layer->summary}, {"fields", fields}});
    }
    if (options->json)
      printJson(list);
    else
      printTable(rows, {false, false, false});
    return 0;
  };
}

} // namespace loom
