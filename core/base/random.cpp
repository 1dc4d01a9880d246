// SPDX-License-Identifier: Apache-2.0
#include "core/base/random.h"
#include <cmath>
#include <numbers>
#include <numeric>

namespace loom {

std::array<std::uint32_t, 4> philox(const RandomKey& key, std::uint32_t sample, std::uint32_t block) {
  std::array<std::uint32_t, 4> counter{block, sample, key.epoch, key.stream};
  std::uint32_t key0 = static_cast<std::uint32_t>(key.seed);
  std::uint32_t key1 = static_cast<std::uint32_t>(key.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {
        static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key0, static_cast<std::uint32_t>(product1),
        static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key1, static_cast<std::uint32_t>(product0)};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

std::uint32_t randomBits(const RandomKey& key, std::uint32_t sample, std::uint32_t element) {
  return philox(key, sample, element / 4)[element % 4];
}

float randomUniform(const RandomKey& key, std::uint32_t sample, std::uint32_t element) {
  return static_cast<float>(randomBits(key, sample, element) >> 8) * 0x1p-24f;
}

double randomNormal(const RandomKey& key, std::uint32_t sample, std::uint32_t element) {
  const auto words = philox(key, sample, element / 2);
  const std::size_t first = element % 2 * 2;
  // The half keeps the logarithm's argument away from zero.
  const double radius = std::sqrt(-2 * std::log((words[first] + 0.5) * 0x1p-32));
  return radius * std::cos(2 * std::numbers::pi * (words[first + 1] * 0x1p-32));
}

std::vector<std::uint32_t> randomPermutation(const RandomKey& key, std::uint32_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  std::array<std::uint32_t, 4> words{};
  std::uint64_t drawn = 0;
  const auto draw = [&] {
    if (drawn % 4 == 0) words = philox(key, 0, static_cast<std::uint32_t>(drawn / 4));
    return words[drawn++ % 4];
  };
  for (std::uint32_t last = count; last > 1; --last) {
    // Multiply and shift; the few low halves that would favour some positions are drawn again (Lemire 2019).
    std::uint64_t product = std::uint64_t{draw()} * last;
    const std::uint32_t threshold = (0u - last) % last;
    while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{draw()} * last;
    std::swap(order[last - 1], order[product >> 32]);
  }
  return order;
}

} // namespace loom
