// SPDX-License-Identifier: Apache-2.0
// Where samples come from. A DatasetSpec says which files and how to read them (it stands in project.json and
// in run.json); load() reads them whole into a Dataset: images as bytes, tables as numbers.
#pragma once
#include "core/base/fields.h"
#include "core/base/result.h"
#include "core/data/pixels.h"
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace loom {

enum class Task { classification, regression };
enum class ColumnType { number, category, text };

struct SplitSpec {
  double train = 0.9, validation = 0.1, test = 0; // shares of what has no part of its own; sum 1
  std::uint64_t seed = 1;
  bool stratified = true; // classification: each class by the same shares
};

// What to read and how: format, options, paths by name. Options and paths are those of the format's row;
// options hold what differs from their standards.
struct DatasetSpec {
  std::string format; // "idx", "csv", "images": a row of datasetFormats()
  std::string name;   // "Fashion-MNIST"
  // Relative to the project folder, or absolute; one that is not given is absent.
  std::map<std::string, std::filesystem::path, std::less<>> paths;
  Params options;
  Task task = Task::classification;
  // "standardise" (mean 0, deviation 1 over the training part), "none"
  std::string normalisation = "standardise";
  SplitSpec split;

  std::filesystem::path path(std::string_view name) const;                // empty: not given
  void setPath(std::string_view name, const std::filesystem::path& path); // empty: removes it
};
// Every relative path of the spec below `folder`.
void resolvePaths(DatasetSpec& spec, const std::filesystem::path& folder);
Json toJson(const DatasetSpec& spec);
Result<DatasetSpec> datasetFromJson(const Json& json, const std::string& place);

// One sample is `sampleShape` numbers. Either bytes (images, value = byte/255) or values is filled,
// sample-major.
struct Dataset {
  std::vector<std::int64_t> sampleShape; // {1,28,28} or {features}
  std::int64_t samples = 0;
  Pixels bytes;
  std::vector<float> values;        // NaN where a table has no value
  std::vector<std::int32_t> labels; // classification; one a sample
  std::vector<std::string> classes;
  std::vector<float> targets; // regression: samples × targetNames.size()
  std::vector<std::string> targetNames;
  std::vector<std::string> featureNames; // tables, after categories became columns ("colour=red")
  std::vector<std::string> sampleNames;  // files of an image folder; else empty
  std::int64_t fixedTest = 0; // the last so many samples are the test part given by the data itself
  std::string contentHash;    // of the files read
  // What was chosen or skipped, for the person: "3 missing values in 'age'"
  std::vector<Message> notes;
  std::int64_t sampleElements() const;
};

// Errors name file, place (line, byte offset, image) and fix. `project` resolves relative paths.
Result<Dataset> load(const DatasetSpec& spec, const std::filesystem::path& project);

struct Split {
  std::vector<std::uint32_t> train, validation, test; // sample numbers, ascending
};
Split makeSplit(const Dataset& data, const SplitSpec& spec);

// Per channel (images, of byte/255) or per feature; a deviation of 0 counts as 1. Fitted on the training part
// only.
struct Normalisation {
  std::vector<double> mean, std;
  std::vector<double> targetMean, targetStd; // regression: predictions are scaled back for people
};
Normalisation fitNormalisation(const Dataset& data, const Split& split, const std::string& kind);
Json toJson(const Normalisation& normalisation);
Result<Normalisation> normalisationFromJson(const Json& json, const std::string& place);

// Writes the normalised f32 values of these samples, one after the other, into out (count × sampleElements).
// Missing values become 0 (the mean). Thread safe.
void gather(const Dataset& data, const Normalisation& normalisation, const std::uint32_t* samples,
            std::int64_t count, float* out);

// What a person is told about a file before a project is made of it (`loom data inspect`, the Data page).
struct ColumnReport {
  std::string name;
  ColumnType type = ColumnType::number;
  std::int64_t missing = 0, distinct = 0;
  double minimum = 0, maximum = 0, mean = 0;
  std::vector<std::pair<std::string, std::int64_t>> mostCommon; // up to 5
};
struct DataReport {
  DatasetSpec proposed; // format, target, types, split, task: what Next would take
  std::int64_t samples = 0;
  std::vector<std::int64_t> sampleShape;
  std::vector<ColumnReport> columns; // tables
  std::vector<std::pair<std::string, std::int64_t>> classCounts;
  std::vector<Message> reasons; // why each thing was chosen, one sentence each
  std::vector<Message> warnings;
};
// A CSV file, an IDX file or a folder (images by class, or IDX files). `target` empty: proposed (the last
// column).
Result<DataReport> inspect(const std::filesystem::path& fileOrFolder, const std::string& target);
Json toJson(const DataReport& report);

// A file or folder that a format reads.
struct PathField {
  std::string_view name;  // in files: "train_images"
  std::string_view label; // "Training images"
};
enum class PathKind { file, folder, either };
struct DatasetFormat {
  std::string_view name;  // "csv"
  std::string_view label; // "Table (CSV)"
  std::vector<std::string_view> suffixes;
  std::vector<PathField> paths;
  std::vector<Field> options;
  bool table = false;               // rows and columns: it has TableOptions, and previewTable() reads it
  PathKind source = PathKind::file; // what inspect() takes, and a person chooses
};
const std::vector<DatasetFormat>& datasetFormats();
const DatasetFormat* findFormat(std::string_view name); // null when there is none

// What a network must know of its data. No classes and no targets: nothing is known of the answers.
struct DataFacts {
  std::vector<std::int64_t> sampleShape; // {1,28,28} or {features}
  std::int64_t classes = 0, targets = 0;
  bool operator==(const DataFacts&) const = default;
};
DataFacts factsOf(const Dataset& data);
// Without the samples where the format can; errors as load's.
Result<DataFacts> readFacts(const DatasetSpec& spec, const std::filesystem::path& project);

// A single picture or row for `loom predict` and "try it": PNG, JPEG, IDX image, or a CSV of rows; scaled to
// sampleShape.
Result<Dataset> loadForPrediction(const DatasetSpec& spec, const Dataset& like,
                                  const std::filesystem::path& file);

} // namespace loom
