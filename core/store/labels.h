// SPDX-License-Identifier: Apache-2.0
// What people write on a run: tags, a note, another name, archived or not. No journal contains it, so it is
// stored twice: in catalogue.db, and in history/labels.json, from which a catalogue that had to be rebuilt
// takes it.
#pragma once
#include "core/base/result.h"
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace loom {

class Database;

struct Label {
  std::string name, note;
  bool archived = false;
  std::vector<std::string> tags;
  bool empty() const { return name.empty() && note.empty() && !archived && tags.empty(); }
  bool operator==(const Label&) const = default;
};
using Labels = std::map<std::string, Label>; // by run

Labels readLabels(const Database& catalogue); // throws SqlFailure
void writeLabel(const Database& catalogue, const std::string& run, const Label& label);

std::filesystem::path labelFile(const std::filesystem::path& history);
// Empty when there is no file. Throws SqlFailure when a newer program wrote it; an Error:
// it is damaged.
Result<std::optional<Labels>> readLabelFile(const std::filesystem::path& history);
Status writeLabelFile(const std::filesystem::path& history, const Labels& labels);

} // namespace loom
