// SPDX-License-Identifier: Apache-2.0
#include "core/store/labels.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/store/sqlite.h"

namespace loom {
namespace {

constexpr std::int64_t labelSchema = 1;

} // namespace

std::filesystem::path labelFile(const std::filesystem::path& history) { return history / "labels.json"; }

Labels readLabels(const Database& catalogue) {
  Labels labels;
  Statement all = catalogue.prepare("SELECT run,name,note,archived FROM label");
  Rows rows = all.query();
  while (rows.next()) {
    Label& label = labels[rows.text(0)];
    label.name = rows.text(1);
    label.note = rows.text(2);
    label.archived = rows.integer(3) != 0;
  }
  Statement tags = catalogue.prepare("SELECT run,name FROM tag ORDER BY run,position");
  Rows each = tags.query();
  while (each.next()) labels[each.text(0)].tags.push_back(each.text(1));
  return labels;
}

void writeLabel(const Database& catalogue, const std::string& run, const Label& label) {
  catalogue.prepare("DELETE FROM tag WHERE run=?").run(run);
  catalogue.prepare("DELETE FROM label WHERE run=?").run(run);
  if (label.empty()) return;
  catalogue.prepare("INSERT INTO label(run,name,note,archived) VALUES(?,?,?,?)")
      .run(run, label.name, label.note, label.archived);
  Statement add = catalogue.prepare("INSERT INTO tag(run,position,name) VALUES(?,?,?)");
  int position = 0;
  for (const std::string& tag : label.tags) add.run(run, position++, tag);
}

Result<std::optional<Labels>> readLabelFile(const std::filesystem::path& history) {
  Labels labels;
  std::error_code unknown;
  if (!std::filesystem::exists(labelFile(history), unknown)) return std::optional<Labels>();
  const auto json = readJsonFile(labelFile(history));
  if (!json) return json.error();
  const std::string place = labelFile(history).string();
  const JsonReader reader(*json, place);
  const auto schema = reader.integer("schema");
  if (!schema) return schema.error();
  if (*schema > labelSchema)
    throw SqlFailure(
        {ErrorKind::input, place, say("it was written by a newer program"), say("Use a newer Neuroloom")},
        false);
  const auto runs = reader.object("runs");
  if (!runs) return runs.error();
  for (const auto& [run, content] : (*runs)->items()) {
    const JsonReader each(content, Place(say("{}, run {}", place, run)));
    const auto name = each.text("name"), note = each.text("note");
    const auto archived = each.boolean("archived");
    const auto tags = each.array("tags");
    if (!name) return name.error();
    if (!note) return note.error();
    if (!archived) return archived.error();
    if (!tags) return tags.error();
    Label label{*name, *note, *archived, {}};
    for (const Json& tag : **tags)
      if (tag.is_string()) label.tags.push_back(tag.get<std::string>());
    labels.emplace(run, std::move(label));
  }
  return std::optional<Labels>(std::move(labels));
}

Status writeLabelFile(const std::filesystem::path& history, const Labels& labels) {
  Json runs = Json::object();
  for (const auto& [run, label] : labels)
    if (!label.empty())
      runs[run] = {
          {"name", label.name}, {"note", label.note}, {"archived", label.archived}, {"tags", label.tags}};
  return writeFileAtomically(labelFile(history),
                             canonicalJson({{"schema", labelSchema}, {"runs", std::move(runs)}}));
}

} // namespace loom
