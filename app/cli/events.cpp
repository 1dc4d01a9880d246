// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/run/event_kinds.h"
#include <iostream>
#include <memory>

namespace loom {

void defineEvents(CLI::App& app, Action& action) {
  struct Options {
    bool markdown = false, json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_flag("--markdown", options->markdown, "The whole reference");
  app.add_flag("--json", options->json, "One JSON array on stdout");
  action = [options] {
    if (options->markdown) {
      std::cout << eventsMarkdown();
      return 0;
    }
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows{{"EVENT", "MEMBERS", "MEANING"}};
    for (const EventKind& kind : eventKinds()) {
      rows.push_back({std::string(kind.name), std::string(kind.members), std::string(kind.meaning)});
      list.push_back({{"event", kind.name}, {"members", kind.members}, {"meaning", kind.meaning}});
    }
    if (options->json)
      printJson(list);
    else
      printTable(rows, {false, false, false});
    return 0;
  };
}

} // namespace loom
