// SPDX-License-Identifier: Apache-2.0
#include "core/data/dataset.h"
#include "core/base/size.h"

namespace loom {

namespace fs = std::filesystem;

std::int64_t Dataset::sampleElements() const { return elementCount(sampleShape).value_or(0); }

fs::path DatasetSpec::path(std::string_view wanted) const {
  const auto found = paths.find(wanted);
  return found == paths.end() ? fs::path() : found->second;
}

void DatasetSpec::setPath(std::string_view named, const fs::path& path) {
  if (path.empty())
    paths.erase(std::string(named));
  else
    paths[std::string(named)] = path;
}

void resolvePaths(DatasetSpec& spec, const fs::path& folder) {
  for (auto& [name, path] : spec.paths)
    if (path.is_relative()) path = folder / path;
}

} // namespace loom
