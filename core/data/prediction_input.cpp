// SPDX-License-Identifier: Apache-2.0
// What a trained network is shown later: a picture, an IDX file, or rows of a table, brought into the form of
// its data.
#include "core/base/format.h"
#include "core/data/csv_columns.h"
#include "core/data/csv_inspect.h"
#include "core/data/formats.h"
#include "core/data/idx.h"
#include "core/data/image_file.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace loom {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t mostPictureBytes = std::size_t{1} << 30;

// Samples in bytes take the form of a data set of bytes or of numbers: for a table that is taken as an image,
// white is the largest number that the table has.
void takeBytes(Dataset& result, const Dataset& like, std::span<const std::uint8_t> bytes) {
  if (like.values.empty()) {
    result.bytes = Pixels(bytes);
    return;
  }
  float largest = 0;
  for (const float value : like.values)
    if (value > largest) largest = value;
  for (const std::uint8_t byte : bytes) result.values.push_back(static_cast<float>(byte) / 255 * largest);
}

Result<Dataset> fromPicture(const Dataset& like, const fs::path& file, std::string_view bytes,
                            Dataset result) {
  if (like.sampleShape.size() != 3 || (like.sampleShape[0] != 1 && like.sampleShape[0] != 3))
    return inputError(file,
                      say("This is a picture; the network was trained on rows of {} numbers",
                          formatShape(like.sampleShape)),
                      say("Give a CSV file with the columns of the training data"));
  auto picture = decodePicture(bytes, file, like.sampleShape[0]);
  if (!picture) return picture.error();
  takeBytes(result, like, scaled(*picture, like.sampleShape[1], like.sampleShape[2]).pixels);
  result.samples = 1;
  result.sampleNames = {file.filename().string()};
  return result;
}

Result<Dataset> fromIdx(const Dataset& like, const fs::path& file, std::string stored, Dataset result) {
  auto idx = parseIdx(std::move(stored), file);
  if (!idx) return idx.error();
  std::vector<std::int64_t> shape(idx->header.dims.begin() + 1, idx->header.dims.end());
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  if (shape != like.sampleShape)
    return inputError(file,
                      say("Its samples are {}, the network was trained on {}", formatShape(shape),
                          formatShape(like.sampleShape)),
                      say("Give samples of the same shape"));
  const std::string_view numbers = idx->numbers();
  takeBytes(result, like, {reinterpret_cast<const std::uint8_t*>(numbers.data()), numbers.size()});
  result.samples = idx->header.dims[0];
  for (std::int64_t i = 0; i < result.samples; ++i)
    result.sampleNames.push_back("image " + std::to_string(i));
  return result;
}

// One column of the training table: a number, or the values of a category.
struct Source {
  std::string name;
  std::int64_t first = 0;
  std::vector<std::string> values; // empty: a number
};

bool isNumberColumn(const TableOptions& options, const std::string& feature) {
  const auto chosen = options.columnTypes.find(feature);
  return chosen != options.columnTypes.end() && chosen->second == ColumnType::number;
}

// "colour=blue", "colour=red" came from one column.
std::vector<Source> sourcesOf(const DatasetSpec& spec, const Dataset& like) {
  const TableOptions options = tableOptions(spec);
  std::vector<Source> sources;
  for (std::size_t f = 0; f < like.featureNames.size(); ++f) {
    const std::string& feature = like.featureNames[f];
    const auto equals = feature.find('=');
    const bool category = equals != std::string::npos && !isNumberColumn(options, feature);
    const std::string name = category ? feature.substr(0, equals) : feature;
    if (category && !sources.empty() && sources.back().name == name && !sources.back().values.empty()) {
      sources.back().values.push_back(feature.substr(equals + 1));
      continue;
    }
    sources.push_back({name, static_cast<std::int64_t>(f), {}});
    if (category) sources.back().values.push_back(feature.substr(equals + 1));
  }
  return sources;
}

// Where each source column stands in the given table.
Result<std::vector<std::size_t>> matchColumns(const CsvTable& table, const std::vector<Source>& sources) {
  std::vector<std::size_t> columns;
  if (!table.header) {
    // Without names the order decides; a target may follow.
    if (table.columns != sources.size() && table.columns != sources.size() + 1)
      return inputError(
          table.file,
          say("It has {} columns without names; the network takes {}", table.columns, sources.size()),
          say("Give a header with the names of the training data"));
    for (std::size_t c = 0; c < sources.size(); ++c) columns.push_back(c);
    return columns;
  }
  for (const Source& source : sources) {
    auto found =
        findColumn(table, source.name, say("There is no column '{}' for the network's input", source.name));
    if (!found) return found.error();
    columns.push_back(*found);
  }
  return columns;
}

Status fillCell(const CsvTable& table, std::size_t row, std::size_t column, const Source& source, float* out,
                Dataset& result) {
  constexpr float missing = std::numeric_limits<float>::quiet_NaN();
  const std::string_view cell = table.cell(row, column);
  if (source.values.empty()) {
    const auto value = isMissing(cell) ? std::optional<double>(missing) : parseNumber(cell);
    if (!value || std::isinf(static_cast<float>(*value)))
      return Error{ErrorKind::input, table.place(row),
                   say("{} in column '{}' is not a number", inQuotes(cell), source.name),
                   say("Correct the cell")};
    out[source.first] = static_cast<float>(*value);
    return {};
  }
  auto found = std::find(source.values.begin(), source.values.end(), trimmed(cell));
  if (found == source.values.end())
    found = std::find(source.values.begin(), source.values.end(), categoryText(cell, true));
  const bool known = found != source.values.end();
  for (std::size_t v = 0; v < source.values.size(); ++v)
    out[source.first + static_cast<std::int64_t>(v)] = known ? 0.0f : missing;
  if (known)
    out[source.first + (found - source.values.begin())] = 1.0f;
  else if (!isMissing(cell))
    result.notes.push_back(say("{} in column '{}' was not seen in training and counts as missing.",
                               inQuotes(cell), source.name));
  return {};
}

// Whether the first line names columns is known here: it does when one of the names is among those trained
// on.
bool namesColumns(const CsvTable& table, const std::vector<Source>& sources) {
  return std::any_of(table.names.begin(), table.names.end(), [&](const std::string& name) {
    return std::any_of(sources.begin(), sources.end(),
                       [&](const Source& source) { return source.name == name; });
  });
}

} // namespace

Result<Dataset> rowsForPrediction(const DatasetSpec& spec, const Dataset& like, const fs::path& file,
                                  const std::string& text, Dataset result) {
  const auto sources = sourcesOf(spec, like);
  auto table = parseCsv(text, file, true);
  if (!table) return table.error();
  if (!namesColumns(*table, sources)) {
    table = parseCsv(text, file);
    if (!table) return table.error();
  }
  if (table->rows == 0)
    return inputError(file, say("The table has no rows"), say("Give at least one row to predict"));
  auto columns = matchColumns(*table, sources);
  if (!columns) return columns.error();
  const std::size_t features = like.featureNames.size();
  if (Status status = checkMemory(static_cast<std::int64_t>(features * table->rows * sizeof(float)), file);
      !status)
    return status.error();
  result.values.resize(features * table->rows);
  for (std::size_t r = 0; r < table->rows; ++r) {
    for (std::size_t s = 0; s < sources.size(); ++s)
      if (Status status =
              fillCell(*table, r, (*columns)[s], sources[s], result.values.data() + r * features, result);
          !status)
        return status.error();
    result.sampleNames.push_back("line " + std::to_string(table->lines[r]));
  }
  result.samples = static_cast<std::int64_t>(table->rows);
  return result;
}

Result<Dataset> loadForPrediction(const DatasetSpec& spec, const Dataset& like, const fs::path& file) {
  Dataset result;
  result.sampleShape = like.sampleShape;
  result.classes = like.classes;
  result.targetNames = like.targetNames;
  result.featureNames = like.featureNames;
  auto bytes = readSource(file, mostPictureBytes, say("Give the path of an image or a table"));
  if (!bytes) return bytes.error();
  result.contentHash = contentHash(*bytes);
  if (pictureKind(*bytes) != PictureKind::none) return fromPicture(like, file, *bytes, std::move(result));
  if (looksLikeIdx(file)) return fromIdx(like, file, std::move(*bytes), std::move(result));
  for (const FormatReader& reader : formatReaders())
    if (reader.row.name == spec.format && reader.predictionInput)
      return reader.predictionInput(spec, like, file, *bytes, std::move(result));
  return inputError(file, say("This is not a PNG, JPEG or IDX image"),
                    say("Give an image to a network that was trained on images"));
}

} // namespace loom
