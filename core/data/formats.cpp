// SPDX-License-Identifier: Apache-2.0
#include "core/data/formats.h"
#include "core/data/image_file.h"
#include <algorithm>
#include <new>

namespace loom {

namespace fs = std::filesystem;

const std::vector<DatasetFormat>& datasetFormats() {
  static const std::vector<DatasetFormat> rows = [] {
    std::vector<DatasetFormat> result;
    for (const FormatReader& reader : formatReaders()) result.push_back(reader.row);
    return result;
  }();
  return rows;
}

const DatasetFormat* findFormat(std::string_view name) {
  for (const DatasetFormat& format : datasetFormats())
    if (format.name == name) return &format;
  return nullptr;
}

namespace {

Result<const FormatReader*> readerOf(const DatasetSpec& spec, const fs::path& project) {
  std::string known;
  for (const FormatReader& reader : formatReaders()) {
    if (reader.row.name == spec.format) return &reader;
    known += (known.empty() ? "" : ", ") + std::string(reader.row.name);
  }
  return inputError(project, say("The data format {} is unknown", inQuotes(spec.format)),
                    say("Take one of {}", known));
}

bool holdsPictures(const fs::path& folder) {
  std::error_code code;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code))
    if (hasPictureSuffix(entry->path())) return true;
  return false;
}

// Memory that a data set wants and does not get is a message, not an end of the program.
template<class Function> auto guarded(const fs::path& place, Function function) -> decltype(function()) {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return Error{ErrorKind::memory, place.string(), say("There is no memory left for the data"),
                 say("Close other programs or take a part of the data")};
  } catch (const fs::filesystem_error& error) {
    return inputError(place, say("It cannot be read ({})", foreign(error.code().message())),
                      say("Check the path and the permissions"));
  }
}

} // namespace

Result<Dataset> load(const DatasetSpec& spec, const fs::path& project) {
  auto reader = readerOf(spec, project);
  if (!reader) return reader.error();
  return guarded(project, [&] { return (*reader)->load(spec, project); });
}

Result<DataReport> inspect(const fs::path& fileOrFolder, const std::string& target) {
  std::error_code code;
  if (!fs::exists(fileOrFolder, code))
    return inputError(fileOrFolder, say("There is no such file or folder"),
                      say("Give a CSV file, an IDX file or a folder of images"));
  const fs::path path = fs::absolute(fileOrFolder, code).lexically_normal();
  const auto kind = fs::status(path, code).type();
  if (kind != fs::file_type::regular && kind != fs::file_type::directory)
    return inputError(path, say("This is neither a file nor a folder, but a device, a pipe or a socket"),
                      say("Give a CSV file, an IDX file or a folder of images"));
  return guarded(path, [&]() -> Result<DataReport> {
    for (const FormatReader& reader : formatReaders())
      if (reader.recognises(path)) {
        if (!target.empty() && !reader.row.table)
          return Error{ErrorKind::usage, path.string(),
                       say("This data has no columns, so no target can be chosen"), say("Remove the target")};
        return reader.inspect(path, target);
      }
    if (holdsPictures(path))
      return inputError(path, say("The images are in the folder itself, so their classes are unknown"),
                        say("Make one sub-folder for each class and put its images there"));
    return inputError(
        path, say("There is no data here that can be read: no IDX files, and no sub-folders with images"),
        say("Give a CSV file, an IDX file, or a folder with one sub-folder of PNG or JPEG images for each "
            "class"));
  });
}

DataFacts factsOf(const Dataset& data) {
  return {data.sampleShape, data.labels.empty() ? 0 : static_cast<std::int64_t>(data.classes.size()),
          static_cast<std::int64_t>(data.targetNames.size())};
}

Result<DataFacts> readFacts(const DatasetSpec& spec, const fs::path& project) {
  auto reader = readerOf(spec, project);
  if (!reader) return reader.error();
  if ((*reader)->facts) return guarded(project, [&] { return (*reader)->facts(spec, project); });
  auto data = load(spec, project);
  if (!data) return data.error();
  return factsOf(*data);
}

void proposeSplit(DataReport& report, std::int64_t samples, std::int64_t fixedTest) {
  SplitSpec& split = report.proposed.split;
  if (fixedTest > 0) {
    split.train = 0.9;
    split.validation = 0.1;
    split.test = 0;
    report.reasons.push_back(
        sayCount("Split: the data has a test part of {} sample; of the others 90 % train, 10 % validate.",
                 "Split: the data has a test part of {} samples; of the others 90 % train, 10 % validate.",
                 Count{fixedTest}));
  } else {
    split.train = 0.7;
    split.validation = 0.15;
    split.test = 0.15;
    report.reasons.push_back(
        report.proposed.task == Task::classification
            ? say("Split: 70 % train, 15 % validate, 15 % test, drawn with seed 1, stratified by class.")
            : say("Split: 70 % train, 15 % validate, 15 % test, drawn with seed 1."));
  }
  if (samples < 50)
    report.warnings.push_back(sayCount("Only {} sample: results depend much on the split.",
                                       "Only {} samples: results depend much on the split.", Count{samples}));
}

void countClasses(DataReport& report, const Dataset& data) {
  std::vector<std::int64_t> counts(data.classes.size());
  for (const std::int32_t label : data.labels) ++counts[static_cast<std::size_t>(label)];
  for (std::size_t c = 0; c < counts.size(); ++c) report.classCounts.emplace_back(data.classes[c], counts[c]);
  if (counts.empty()) return;
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  if (*least < 5)
    report.warnings.push_back(sayCount("Only {} sample has class '{}'.", "Only {} samples have class '{}'.",
                                       Count{*least},
                                       data.classes[static_cast<std::size_t>(least - counts.begin())]));
  if (*most > 10 * std::max<std::int64_t>(*least, 1))
    report.warnings.push_back(
        say("The classes differ much in size ({} to {} samples): accuracy alone favours the large ones.",
            Count{*least}, Count{*most}));
}

} // namespace loom
