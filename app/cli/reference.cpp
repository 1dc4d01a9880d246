// SPDX-License-Identifier: Apache-2.0
#include "app/cli/reference.h"
#include <iostream>
#include <memory>

namespace loom {

void defineReference(CLI::App& app, Action& action, Reference (*read)(), std::string (*markdown)()) {
  struct Options {
    bool markdown = false, json = false;
  };
  auto options = std::make_shared<Options>();
  auto* whole = app.add_flag("--markdown", options->markdown, "The reference manual");
  app.add_flag("--json", options->json, "One JSON array on stdout")->excludes(whole);
  action = [options, read, markdown] {
    if (options->markdown) {
      std::cout << markdown();
      return 0;
    }
    const Reference reference = read();
    if (options->json)
      printJson(reference.list);
    else
      printTable(reference.rows, std::vector<bool>(reference.rows.front().size()));
    return 0;
  };
}

} // namespace loom
