// SPDX-License-Identifier: Apache-2.0
#include "core/data/dataset.h"
#include "core/base/size.h"
#include "core/data/csv_columns.h"
#include "core/data/formats.h"
#include <algorithm>
#include <array>
#include <cmath>

namespace loom {

namespace fs = std::filesystem;

std::int64_t Dataset::sampleElements() const { return elementCount(sampleShape).value_or(0); }

namespace {

// The members that are paths, each under its name in the file.
struct PathMember {
  const char* key;
  fs::path DatasetSpec::*member;
};
constexpr std::array<PathMember, 7> pathMembers{{{"train_images", &DatasetSpec::trainImages},
                                                 {"train_labels", &DatasetSpec::trainLabels},
                                                 {"test_images", &DatasetSpec::testImages},
                                                 {"test_labels", &DatasetSpec::testLabels},
                                                 {"file", &DatasetSpec::file},
                                                 {"test_file", &DatasetSpec::testFile},
                                                 {"folder", &DatasetSpec::folder}}};

Error wrongMember(const Place& place, const std::string& member, const std::string& cause) {
  return {ErrorKind::input, place, "Member '" + member + "' " + cause,
          "Correct the file, or choose the data anew"};
}

template<class T>
Status readList(const JsonReader& reader, const char* key, std::vector<T>& out, bool (*fits)(const Json&)) {
  if (!reader.has(key)) return {};
  auto list = reader.array(key);
  if (!list) return list.error();
  for (const Json& item : **list) {
    if (!fits(item)) return wrongMember(reader.place(), key, "holds something else than it should");
    out.push_back(item.get<T>());
  }
  return {};
}

bool isText(const Json& value) { return value.is_string(); }
bool isDimension(const Json& value) {
  constexpr std::int64_t largest = 1 << 20;
  return value.is_number_integer() &&
         !(value.is_number_unsigned() && value.get<std::uint64_t>() > static_cast<std::uint64_t>(largest)) &&
         value.get<std::int64_t>() >= 1 && value.get<std::int64_t>() <= largest;
}

Status readImageShape(const JsonReader& reader, const char* key, std::vector<std::int64_t>& out) {
  if (Status status = readList(reader, key, out, isDimension); !status) return status;
  if (!out.empty() && out.size() != 3)
    return wrongMember(reader.place(), key, "must be [channels, height, width]");
  return {};
}

Status readSplit(const Json& json, const std::string& place, SplitSpec& split) {
  const JsonReader reader(json, place);
  for (const auto& [key, member] : {std::pair{"train", &SplitSpec::train},
                                    {"validation", &SplitSpec::validation},
                                    {"test", &SplitSpec::test}}) {
    auto share = reader.number(key);
    if (!share) return share.error();
    if (!(*share >= 0 && *share <= 1)) return wrongMember(place, key, "must be a share from 0 to 1");
    split.*member = *share;
  }
  if (split.train <= 0) return wrongMember(place, "train", "must be above 0");
  if (std::fabs(split.train + split.validation + split.test - 1) > 1e-6)
    return wrongMember(place, "split", "has shares that do not sum to 1");
  auto seed = reader.unsignedInteger("seed");
  if (!seed) return seed.error();
  split.seed = *seed;
  auto stratified = reader.boolean("stratified");
  if (!stratified) return stratified.error();
  split.stratified = *stratified;
  return {};
}

Status readColumnTypes(const JsonReader& reader, DatasetSpec& spec) {
  if (!reader.has("column_types")) return {};
  auto object = reader.object("column_types");
  if (!object) return object.error();
  for (const auto& [name, type] : (*object)->items()) {
    bool known = false;
    for (const ColumnType candidate : {ColumnType::number, ColumnType::category, ColumnType::text})
      if (type.is_string() && type.get_ref<const std::string&>() == toText(candidate)) {
        spec.columnTypes.emplace_back(name, candidate);
        known = true;
      }
    if (!known)
      return wrongMember(reader.place(), "column_types",
                         "must hold number, category or text for each column");
  }
  return {};
}

Status readChoices(const JsonReader& reader, DatasetSpec& spec) {
  auto format = reader.text("format");
  if (!format) return format.error();
  const auto& formats = datasetFormats();
  if (std::none_of(formats.begin(), formats.end(),
                   [&](const DatasetFormat& row) { return row.name == *format; }))
    return wrongMember(reader.place(), "format", "is the unknown format " + inQuotes(*format));
  spec.format = *format;
  auto name = reader.text("name");
  if (!name) return name.error();
  spec.name = *name;
  auto task = reader.text("task");
  if (!task) return task.error();
  if (*task != "classification" && *task != "regression")
    return wrongMember(reader.place(), "task", "must be classification or regression");
  spec.task = *task == "regression" ? Task::regression : Task::classification;
  auto normalisation = reader.text("normalisation");
  if (!normalisation) return normalisation.error();
  if (*normalisation != "standardise" && *normalisation != "none")
    return wrongMember(reader.place(), "normalisation", "must be standardise or none");
  spec.normalisation = *normalisation;
  return {};
}

} // namespace

Json toJson(const DatasetSpec& spec) {
  Json json{{"format", spec.format},
            {"name", spec.name},
            {"task", spec.task == Task::classification ? "classification" : "regression"},
            {"normalisation", spec.normalisation},
            {"split",
             {{"train", spec.split.train},
              {"validation", spec.split.validation},
              {"test", spec.split.test},
              {"seed", spec.split.seed},
              {"stratified", spec.split.stratified}}}};
  for (const auto& [key, member] : pathMembers)
    if (!(spec.*member).empty()) json[key] = (spec.*member).generic_string();
  if (!spec.target.empty()) json["target"] = spec.target;
  if (!spec.leftOut.empty()) json["left_out"] = spec.leftOut;
  for (const auto& [name, type] : spec.columnTypes) json["column_types"][name] = std::string(toText(type));
  if (!spec.imageSize.empty()) json["image_size"] = spec.imageSize;
  if (!spec.classNames.empty()) json["class_names"] = spec.classNames;
  if (!spec.reshape.empty()) json["reshape"] = spec.reshape;
  return json;
}

Result<DatasetSpec> datasetFromJson(const Json& json, const std::string& place) {
  if (!json.is_object())
    return Error{ErrorKind::input, place, "This is no data set's description",
                 "Correct the file, or choose the data anew"};
  const JsonReader reader(json, place);
  DatasetSpec spec;
  if (Status status = readChoices(reader, spec); !status) return status.error();
  for (const auto& [key, member] : pathMembers) {
    if (!reader.has(key)) continue;
    auto path = reader.text(key);
    if (!path) return path.error();
    if (path->find('\0') != std::string::npos) return wrongMember(place, key, "holds a zero byte");
    spec.*member = fs::path(*path);
  }
  if (reader.has("target")) {
    auto target = reader.text("target");
    if (!target) return target.error();
    spec.target = *target;
  }
  if (Status status = readList(reader, "left_out", spec.leftOut, isText); !status) return status.error();
  if (Status status = readList(reader, "class_names", spec.classNames, isText); !status)
    return status.error();
  if (Status status = readImageShape(reader, "image_size", spec.imageSize); !status) return status.error();
  if (Status status = readImageShape(reader, "reshape", spec.reshape); !status) return status.error();
  if (Status status = readColumnTypes(reader, spec); !status) return status.error();
  auto split = reader.object("split");
  if (!split) return split.error();
  if (Status status = readSplit(**split, place + ", split", spec.split); !status) return status.error();
  return spec;
}

Json toJson(const DataReport& report) {
  Json json{{"proposed", toJson(report.proposed)},
            {"samples", report.samples},
            {"sample_shape", report.sampleShape},
            {"reasons", report.reasons},
            {"warnings", report.warnings},
            {"columns", Json::array()},
            {"classes", Json::array()}};
  for (const ColumnReport& column : report.columns) {
    Json common = Json::array();
    for (const auto& [value, count] : column.mostCommon)
      common.push_back({{"value", value}, {"count", count}});
    Json entry{{"name", column.name},
               {"type", std::string(toText(column.type))},
               {"missing", column.missing},
               {"distinct", column.distinct},
               {"most_common", std::move(common)}};
    if (column.type == ColumnType::number) {
      entry["minimum"] = numberOrText(column.minimum);
      entry["maximum"] = numberOrText(column.maximum);
      entry["mean"] = numberOrText(column.mean);
    }
    json["columns"].push_back(std::move(entry));
  }
  for (const auto& [name, count] : report.classCounts)
    json["classes"].push_back({{"name", name}, {"count", count}});
  return json;
}

} // namespace loom
