// SPDX-License-Identifier: Apache-2.0
// The bytes of a data set of images, with a beginning that is skipped: a file is unpacked here whole,
// with its header, and needs no copy.
#pragma once
#include "core/base/raw_bytes.h"
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace loom {

class Pixels {
 public:
  Pixels() = default;
  explicit Pixels(std::span<const std::uint8_t> bytes) { append(bytes); }
  // `before` bytes that are skipped and `count` that are the pixels; none has a value yet. The whole room
  // is lent by room().
  void makeRoom(std::size_t before, std::size_t count) {
    before_ = before;
    all_.clear();
    all_.resize(before + count);
  }
  std::span<std::uint8_t> room() { return all_; }

  std::size_t size() const { return all_.size() - before_; }
  bool empty() const { return size() == 0; }
  const std::uint8_t* data() const { return all_.data() + before_; }
  std::uint8_t* data() { return all_.data() + before_; }
  std::uint8_t operator[](std::size_t at) const { return all_[before_ + at]; }
  std::uint8_t& operator[](std::size_t at) { return all_[before_ + at]; }
  void reserve(std::size_t count) { all_.reserve(before_ + count); }
  void append(std::span<const std::uint8_t> bytes) { all_.insert(all_.end(), bytes.begin(), bytes.end()); }
  void push_back(std::uint8_t byte) { all_.push_back(byte); }
  bool operator==(const Pixels& other) const {
    return std::equal(data(), data() + size(), other.data(), other.data() + other.size());
  }

 private:
  RawBytes all_;
  std::size_t before_ = 0;
};

} // namespace loom
