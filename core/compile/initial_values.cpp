// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"
#include "core/compile/compile.h"
#include <cmath>

namespace loom {

std::vector<float> initialValues(const InitialValue& value, std::int64_t elements, std::uint64_t seed) {
  using Init = LayerParameter::Init;
  const auto count = static_cast<std::size_t>(elements);
  if (value.init != Init::uniformFanIn)
    return std::vector<float>(count, value.init == Init::ones ? 1.0f : 0.0f);
  std::vector<float> values(count);
  const RandomKey key{seed, static_cast<std::uint32_t>(value.node), 0};
  const double bound = value.fanIn > 0 ? 1 / std::sqrt(static_cast<double>(value.fanIn)) : 0;
  // Four elements come from one block: element e is the word that randomUniform(key, index, e) would take.
  for (std::size_t first = 0; first < count; first += 4) {
    const auto words =
        philox(key, static_cast<std::uint32_t>(value.index), static_cast<std::uint32_t>(first / 4));
    for (std::size_t i = first; i < std::min(first + 4, count); ++i)
      values[i] =
          static_cast<float>((2.0 * static_cast<double>(words[i - first] >> 8) * 0x1p-24 - 1.0) * bound);
  }
  return values;
}

} // namespace loom
