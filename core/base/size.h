// SPDX-License-Identifier: Apache-2.0
// Sizes that come from files are multiplied and added here, so that none wraps around. And the limit of a
// batch, which compiler and settings share.
#pragma once
#include <cstdint>
#include <optional>
#include <span>

namespace loom {

// Samples per step, and per pass of an evaluation.
inline constexpr std::int64_t maxBatch = std::int64_t{1} << 20;

inline std::optional<std::int64_t> checkedMultiply(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}
inline std::optional<std::int64_t> checkedAdd(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}
// Elements of a shape; nullopt when a dimension is negative or the product does not fit 63 bits.
inline std::optional<std::int64_t> elementCount(std::span<const std::int64_t> dims) {
  std::int64_t count = 1;
  for (std::int64_t dim : dims) {
    if (dim < 0) return std::nullopt;
    const auto next = checkedMultiply(count, dim);
    if (!next) return std::nullopt;
    count = *next;
  }
  return count;
}

} // namespace loom
