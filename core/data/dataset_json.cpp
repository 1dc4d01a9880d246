// SPDX-License-Identifier: Apache-2.0
#include "core/base/message_json.h"
#include "core/data/formats.h"
#include "core/data/table_options.h"
#include <cmath>

namespace loom {

namespace {

Error wrongMember(const Place& place, Message cause) {
  return {ErrorKind::input, place, std::move(cause), say("Correct the file, or choose the data again")};
}

Status readSplit(const Json& json, const std::string& place, SplitSpec& split) {
  const JsonReader reader(json, place);
  for (const auto& [key, member] : {std::pair{"train", &SplitSpec::train},
                                    {"validation", &SplitSpec::validation},
                                    {"test", &SplitSpec::test}}) {
    auto share = reader.number(key);
    if (!share) return share.error();
    if (!(*share >= 0 && *share <= 1))
      return wrongMember(place, say("Member '{}' must be a share from 0 to 1", std::string_view(key)));
    split.*member = *share;
  }
  if (split.train <= 0) return wrongMember(place, say("Member 'train' must be above 0"));
  if (std::fabs(split.train + split.validation + split.test - 1) > 1e-6)
    return wrongMember(place, say("Member 'split' has shares that do not sum to 1"));
  auto seed = reader.unsignedInteger("seed");
  if (!seed) return seed.error();
  split.seed = *seed;
  auto stratified = reader.boolean("stratified");
  if (!stratified) return stratified.error();
  split.stratified = *stratified;
  return {};
}

Status readChoices(const JsonReader& reader, DatasetSpec& spec) {
  auto format = reader.text("format");
  if (!format) return format.error();
  if (!findFormat(*format))
    return wrongMember(reader.place(), say("Member 'format' is the unknown format {}", inQuotes(*format)));
  spec.format = *format;
  auto name = reader.text("name");
  if (!name) return name.error();
  spec.name = *name;
  auto task = reader.text("task");
  if (!task) return task.error();
  if (*task != "classification" && *task != "regression")
    return wrongMember(reader.place(), say("Member 'task' must be classification or regression"));
  spec.task = *task == "regression" ? Task::regression : Task::classification;
  auto normalisation = reader.text("normalisation");
  if (!normalisation) return normalisation.error();
  if (*normalisation != "standardise" && *normalisation != "none")
    return wrongMember(reader.place(), say("Member 'normalisation' must be standardise or none"));
  spec.normalisation = *normalisation;
  return {};
}

Status readPaths(const JsonReader& reader, const DatasetFormat& format, DatasetSpec& spec) {
  for (const PathField& field : format.paths) {
    const std::string key(field.name);
    if (!reader.has(key.c_str())) continue;
    auto path = reader.text(key.c_str());
    if (!path) return path.error();
    if (path->find('\0') != std::string::npos)
      return wrongMember(reader.place(), say("Member '{}' contains a zero byte", key));
    spec.setPath(key, *path);
  }
  return {};
}

Status readOptions(const Json& json, const std::string& place, const DatasetFormat& format,
                   DatasetSpec& spec) {
  for (const Field& field : format.options) {
    const auto member = json.find(std::string(field.name));
    if (member == json.end()) continue;
    auto value = fieldFromJson(field, *member);
    if (!value) return wrongMember(place, say("Member '{}': {}", field.name, value.error().cause));
    spec.options.set(std::string(field.name), std::move(*value));
  }
  spec.options = differing(format.options, std::move(spec.options));
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
  for (const auto& [key, path] : spec.paths) json[key] = path.generic_string();
  json.update(toJson(spec.options));
  return json;
}

Result<DatasetSpec> datasetFromJson(const Json& json, const std::string& place) {
  if (!json.is_object())
    return Error{ErrorKind::input, place, say("This is not the description of a data set"),
                 say("Correct the file, or choose the data again")};
  const JsonReader reader(json, place);
  DatasetSpec spec;
  if (Status status = readChoices(reader, spec); !status) return status.error();
  const DatasetFormat& format = *findFormat(spec.format);
  if (Status status = readPaths(reader, format, spec); !status) return status.error();
  if (Status status = readOptions(json, place, format, spec); !status) return status.error();
  auto split = reader.object("split");
  if (!split) return split.error();
  if (Status status = readSplit(**split, place + ", split", spec.split); !status) return status.error();
  return spec;
}

Json toJson(const DataReport& report) {
  Json json{{"proposed", toJson(report.proposed)},
            {"samples", report.samples},
            {"sample_shape", report.sampleShape},
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
  setMessages(json, "reasons", report.reasons);
  setMessages(json, "warnings", report.warnings);
  return json;
}

} // namespace loom
