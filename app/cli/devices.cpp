// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/backend/backend.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include <memory>

namespace loom {

void defineDevices(CLI::App& app, Action& action) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "One JSON object on stdout");
  action = [json] {
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows{{"ID", "NAME", "MEMORY", "NOTE"}};
    for (const auto& device : allDevices()) {
      Json row{{"id", device.id},
               {"name", device.name},
               {"backend", device.backend},
               {"memory_bytes", device.memoryBytes},
               {"usable", device.usable}};
      setMessage(row, "note", device.note);
      list.push_back(std::move(row));
      rows.push_back(
          {device.usable ? device.id : device.id + " (off)", device.name,
           device.memoryBytes > 0 ? formatBytes(static_cast<std::uint64_t>(device.memoryBytes)) : missingText,
           device.note.text()});
    }
    if (*json)
      printJson({{"devices", list}});
    else
      printTable(rows, {false, false, true, false});
    return 0;
  };
}

} // namespace loom
