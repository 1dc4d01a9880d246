// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/backend/check.h"
#include "core/base/format.h"
#include "core/base/subprocess.h"
#include "core/run/project.h"
#include <fmt/format.h>
#include <iostream>
#include <map>
#include <memory>

namespace loom {

void defineDoctor(CLI::App& app, Action& action) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "One JSON object on stdout");
  action = [json] {
    bool good = true;
    Json findings = Json::array();
    std::vector<std::vector<std::string>> rows;
    const auto say = [&](const std::string& what, bool ok, const std::string& detail) {
      good = good && ok;
      findings.push_back({{"check", what}, {"ok", ok}, {"detail", detail}});
      rows.push_back({ok ? "ok" : "WRONG", what, detail});
    };
    std::error_code error;
    say("version", true, std::string("loom ") + NEUROLOOM_VERSION);
    say("program", true, ownProgram().string());
    say("samples", std::filesystem::exists(samplesFolder() / "iris.csv", error), samplesFolder().string());
    const bool fashion =
        std::filesystem::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz", error);
    rows.push_back({fashion ? "ok" : "–", "Fashion-MNIST",
                    fashion ? "/usr/share/datasets/fashion-mnist"
                            : "not installed: apt-get install dataset-fashion-mnist"});
    findings.push_back({{"check", "Fashion-MNIST"}, {"ok", fashion}, {"detail", rows.back()[2]}});
    for (const auto& device : allDevices()) {
      rows.push_back({device.usable ? "ok" : "–", "device " + device.id,
                      device.name + (device.note.empty() ? "" : ": " + device.note)});
      findings.push_back(
          {{"check", "device " + device.id}, {"ok", device.usable}, {"detail", rows.back()[2]}});
    }
    // The same comparison as in the tests, on this very machine.
    const Backend* backend = findBackend("onednn");
    if (backend == nullptr) {
      say("ops on onednn", false, "the backend is missing");
    } else {
      int cases = 0, failed = 0;
      std::string worst;
      double largest = 0;
      for (const auto& check : checkBackend(*backend)) {
        ++cases;
        if (!check.passed) {
          ++failed;
          worst += (worst.empty() ? "" : "; ") + check.op + " (" + check.name + "): " + check.detail;
        }
        largest = std::max(largest, check.error);
      }
      say("ops on onednn", failed == 0,
          failed == 0 ? fmt::format("{} cases agree with the reference, largest difference {}", cases,
                                    formatNumber(largest))
                      : worst);
    }
    if (*json)
      printJson({{"ok", good}, {"checks", findings}});
    else
      printTable(rows, {false, false, false});
    return good ? 0 : 1;
  };
}

} // namespace loom
