// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/run/project.h"
#include <memory>

namespace loom {

void defineTemplates(CLI::App& app, Action& action) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "One JSON array on stdout");
  action = [json] {
    if (*json) {
      Json list = Json::array();
      for (const auto& one : projectTemplates())
        list.push_back({{"id", one.id},
                        {"name", one.name},
                        {"summary", one.summary},
                        {"accuracy", one.accuracy / 100.0},
                        {"expected", expectedText(one)}});
      printJson(list);
      return 0;
    }
    std::vector<std::vector<std::string>> rows{{"ID", "NAME", "REACHES", "WHAT IT IS"}};
    for (const auto& one : projectTemplates())
      rows.push_back(
          {std::string(one.id), std::string(one.name), expectedText(one), std::string(one.summary)});
    printTable(rows, {false, false, false, false});
    return 0;
  };
}

} // namespace loom
