// SPDX-License-Identifier: Apache-2.0
// A dataset format: a text file of lines "class word". A sample is the first letters of a word as numbers.
#include "core/base/hash.h"
#include "extended_rows.h"
#include <algorithm>
#include <set>
#include <sstream>

namespace loom {
namespace {

namespace fs = std::filesystem;

Result<std::vector<SourceFile>> wordFiles(const DatasetSpec& spec, const fs::path& project) {
  if (spec.path("words").empty())
    return inputError(project, say("The data set has no file of words"), say("Choose a file of words"));
  return std::vector<SourceFile>{{"words", resolvePath(project, spec.path("words"))}};
}

Result<Dataset> loadWords(const DatasetSpec& spec, const fs::path& project) {
  auto files = wordFiles(spec, project);
  if (!files) return files.error();
  auto text = readSource(files->front().path, 1 << 20, say("Give the path of a file of words"));
  if (!text) return text.error();
  const Params options = standardsFor(findFormat("words")->options, spec.options);
  const auto letters = options.getInt("letters");
  const float scale = options.getString("scale") == "share" ? 26 : 1;
  std::vector<std::pair<std::string, std::string>> lines;
  std::istringstream stream(*text);
  for (std::string name, word; stream >> name >> word;) lines.emplace_back(name, word);
  std::set<std::string> names;
  for (const auto& [name, word] : lines) names.insert(name);
  if (names.size() < 2)
    return inputError(files->front().path, say("The file has fewer than two classes"),
                      say("Add words of another class"));
  Dataset data;
  ContentHash hash;
  addSource(hash, "words", *text);
  data.contentHash = hash.hex();
  data.classes.assign(names.begin(), names.end());
  data.sampleShape = {letters};
  data.samples = std::ssize(lines);
  for (const auto& [name, word] : lines) {
    data.labels.push_back(static_cast<std::int32_t>(std::distance(names.begin(), names.find(name))));
    for (std::size_t index = 0; index < static_cast<std::size_t>(letters); ++index)
      data.values.push_back(index < word.size() ? static_cast<float>(word[index] - 'a') / scale : 0);
  }
  return data;
}

Result<DataReport> inspectWords(const fs::path& file, const std::string&) {
  DataReport report;
  report.proposed.format = "words";
  report.proposed.name = file.stem().string();
  report.proposed.setPath("words", file);
  auto data = loadWords(report.proposed, {});
  if (!data) return data.error();
  report.samples = data->samples;
  report.sampleShape = data->sampleShape;
  countClasses(report, *data);
  proposeSplit(report, data->samples, 0);
  return report;
}

} // namespace

FormatReader wordsFormat() {
  FormatReader reader;
  reader.row = {"words",
                "Words by class",
                {".words"},
                {{"words", "Words"}},
                {integerField("letters", "Letters", 4, 1, 32, "Letters of a word that are looked at."),
                 choiceField("scale", "Scale", "index", {"index", "share"}, "How a letter is a number.")}};
  reader.load = loadWords;
  reader.recognises = [](const fs::path& file) { return file.extension() == ".words"; };
  reader.inspect = inspectWords;
  return reader;
}

} // namespace loom
