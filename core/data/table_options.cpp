// SPDX-License-Identifier: Apache-2.0
#include "core/data/table_options.h"

namespace loom {
namespace {

constexpr ColumnType allTypes[] = {ColumnType::number, ColumnType::category, ColumnType::text};

} // namespace

std::string_view toText(ColumnType type) {
  return type == ColumnType::number ? "number" : type == ColumnType::category ? "category" : "text";
}

std::vector<Field> tableFields() {
  Field reshape = integersField("reshape", "Image shape", {}, 1, 1 << 20,
                                "Channels, height and width, where the features are an image.");
  reshape.count = 3;
  std::vector<std::string_view> types;
  for (const ColumnType type : allTypes) types.push_back(toText(type));
  return {
      textField("target", "Target", "", "The column to predict."),
      textsField("left_out", "Left out", "Columns that are not used."),
      assignedField("column_types", "Column types", types, "The type of a column, where it is not inferred."),
      reshape};
}

TableOptions tableOptions(const DatasetSpec& spec) {
  TableOptions options;
  options.target = spec.options.getString("target");
  options.leftOut = spec.options.getTexts("left_out");
  options.reshape = spec.options.getInts("reshape");
  for (const auto& [name, word] : spec.options.getTextMap("column_types"))
    for (const ColumnType type : allTypes)
      if (word == toText(type)) options.columnTypes[name] = type;
  return options;
}

void setTableOptions(DatasetSpec& spec, const TableOptions& options) {
  TextMap types;
  for (const auto& [name, type] : options.columnTypes) types[name] = std::string(toText(type));
  spec.options.set("target", options.target);
  spec.options.set("left_out", options.leftOut);
  spec.options.set("column_types", std::move(types));
  spec.options.set("reshape", options.reshape);
  static const std::vector<Field> fields = tableFields();
  spec.options = differing(fields, std::move(spec.options));
}

} // namespace loom
