// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/plan/op_reference.h"
#include <iostream>
#include <memory>

namespace loom {

void defineOps(CLI::App& app, Action& action) {
  struct Options {
    bool markdown = false, json = false;
  };
  auto options = std::make_shared<Options>();
  app.add_flag("--markdown", options->markdown, "The whole reference");
  app.add_flag("--json", options->json, "One JSON array on stdout");
  action = [options] {
    if (options->markdown) {
      std::cout << opsMarkdown();
      return 0;
    }
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows{{"OP", "RESULTS", "FORMULA"}};
    for (const OpSpec* op : opTable()) {
      rows.push_back({std::string(op->name), std::string(op->dsts), std::string(op->summary)});
      list.push_back({{"name", op->name},
                      {"src", op->srcs},
                      {"dst", op->dsts},
                      {"formula", op->summary},
                      {"details", opNotes(op->name)},
                      {"gradient", op->gradient != nullptr}});
    }
    if (options->json)
      printJson(list);
    else
      printTable(rows, {false, false, false});
    return 0;
  };
}

} // namespace loom
