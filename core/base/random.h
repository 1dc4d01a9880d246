// SPDX-License-Identifier: Apache-2.0
// Counter-based randomness (Philox 4x32-10; Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
// 2011): a value is a pure function of (seed, stream, epoch, sample, element), so that a resumed run, another
// thread count and another rank draw the same numbers.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace loom {

struct RandomKey {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0; // the node's id, or one of Stream below
  std::uint32_t epoch = 0;
};

// Streams that are no node's id.
enum Stream : std::uint32_t {
  streamSplit = 0xFFFF0001u,
  streamShuffle = 0xFFFF0002u,
  streamAugment = 0xFFFF0003u
};

// Four 32-bit words for block `block` of sample `sample`.
std::array<std::uint32_t, 4> philox(const RandomKey& key, std::uint32_t sample, std::uint32_t block);
// Word `element % 4` of block `element / 4`.
std::uint32_t randomBits(const RandomKey& key, std::uint32_t sample, std::uint32_t element);
// [0, 1), 24 bits.
float randomUniform(const RandomKey& key, std::uint32_t sample, std::uint32_t element);
double randomNormal(const RandomKey& key, std::uint32_t sample, std::uint32_t element);

// Fisher-Yates over 0..count-1 from the key's words: the same list on every machine.
std::vector<std::uint32_t> randomPermutation(const RandomKey& key, std::uint32_t count);

} // namespace loom
