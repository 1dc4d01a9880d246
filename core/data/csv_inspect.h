// SPDX-License-Identifier: Apache-2.0
// What a table proposes: target, task, columns to leave out, split; each with its reason.
#pragma once
#include "core/data/dataset.h"

namespace loom {

Result<DataReport> inspectCsv(const std::filesystem::path& file, const std::string& target);

// Rows of another table in the form of the training data: FormatReader::predictionInput.
Result<Dataset> rowsForPrediction(const DatasetSpec& spec, const Dataset& like,
                                  const std::filesystem::path& file, const std::string& text, Dataset result);

} // namespace loom
