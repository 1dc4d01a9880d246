// SPDX-License-Identifier: Apache-2.0
#include "extended_rows.h"

namespace loom {

const std::vector<FormatReader>& formatReaders() {
  static const std::vector<FormatReader> rows{idxFormat(), imagesFormat(), wordsFormat(), csvFormat()};
  return rows;
}

} // namespace loom
