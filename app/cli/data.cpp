// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"
#include "core/base/format.h"
#include "core/base/message_json.h"
#include "core/run/project.h"
#include <iostream>
#include <memory>

namespace loom {

void defineData(CLI::App& app, Action& action) {
  struct Options {
    std::string path, target;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  app.require_subcommand(1);
  auto* look = app.add_subcommand("inspect", "What is in it, and what would be made of it");
  look->add_option("FILE_OR_FOLDER", options->path, "A CSV table, a folder of images by class, or IDX files")
      ->required();
  look->add_option("--target", options->target, "The column to predict (a table); the last one when left out")
      ->type_name("COLUMN");
  look->add_flag("--json", options->json, "One JSON object on stdout");
  action = [options] {
    auto report_ = inspect(options->path, options->target);
    if (!report_) return report(report_.error());
    if (options->json) {
      printJson(toJson(*report_));
      return 0;
    }
    std::cout << formatCount(report_->samples) << " samples of " << formatShape(report_->sampleShape) << "\n";
    if (!report_->columns.empty()) {
      std::vector<std::vector<std::string>> rows{
          {"COLUMN", "TYPE", "MISSING", "DISTINCT", "MIN", "MEAN", "MAX"}};
      for (const auto& column : report_->columns) {
        const bool number = column.type == ColumnType::number;
        rows.push_back({column.name,
                        number                                ? "number"
                        : column.type == ColumnType::category ? "category"
                                                              : "text",
                        formatCount(column.missing), formatCount(column.distinct),
                        number ? formatNumber(column.minimum) : missingText,
                        number ? formatNumber(column.mean) : missingText,
                        number ? formatNumber(column.maximum) : missingText});
      }
      printTable(rows, {false, false, true, true, true, true, true});
    }
    if (!report_->classCounts.empty()) {
      std::vector<std::vector<std::string>> rows{{"CLASS", "SAMPLES"}};
      for (const auto& [name, count] : report_->classCounts) rows.push_back({name, formatCount(count)});
      printTable(rows, {false, true});
    }
    for (const auto& line : report_->reasons) std::cout << plain(line.text()) << "\n";
    for (const auto& line : report_->warnings) warn(line);
    return 0;
  };
}

} // namespace loom
