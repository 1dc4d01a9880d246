// SPDX-License-Identifier: Apache-2.0
// What a dataset format must be able to do: one row each in format_table.cpp. A new format is one file
// and one row.
#pragma once
#include "core/data/dataset.h"
#include "core/data/source_file.h"

namespace loom {

struct FormatReader {
  DatasetFormat row;
  Result<Dataset> (*load)(const DatasetSpec& spec, const std::filesystem::path& project);
  bool (*recognises)(const std::filesystem::path& fileOrFolder); // by a look at the beginning or the names
  Result<DataReport> (*inspect)(const std::filesystem::path& fileOrFolder, const std::string& target);
  // Without reading the samples; null: load() tells.
  Result<DataFacts> (*facts)(const DatasetSpec& spec, const std::filesystem::path& project) = nullptr;
  // A file that is no picture and no IDX file, for prediction; `result` has the names and shape of `like`.
  // Null: such a file is refused.
  Result<Dataset> (*predictionInput)(const DatasetSpec& spec, const Dataset& like,
                                     const std::filesystem::path& file, const std::string& bytes,
                                     Dataset result) = nullptr;
};
// In the order in which a file or folder is tried.
const std::vector<FormatReader>& formatReaders(); // format_table.cpp

// The rows, each in its own file.
FormatReader idxFormat();    // idx_dataset.cpp
FormatReader csvFormat();    // csv_dataset.cpp
FormatReader imagesFormat(); // image_folder.cpp

// Shared by the inspections.
void proposeSplit(DataReport& report, std::int64_t samples, std::int64_t fixedTest);
void countClasses(DataReport& report, const Dataset& data);

} // namespace loom
