// SPDX-License-Identifier: Apache-2.0
#include "core/data/formats.h"

namespace loom {

const std::vector<FormatReader>& formatReaders() {
  // csv last: any text may be a table.
  static const std::vector<FormatReader> rows{idxFormat(), imagesFormat(), csvFormat()};
  return rows;
}

} // namespace loom
