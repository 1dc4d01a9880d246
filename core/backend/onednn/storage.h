// SPDX-License-Identifier: Apache-2.0
// What an executable keeps between runs: planes of parameters, gradients and moments at equal offsets and in
// equal layouts, and one piece of memory for every other tensor that is no temporary. Layouts are decided
// while the programs are lowered; memory is taken afterwards, once.
#pragma once
#include "core/backend/onednn/adapter.h"
#include "core/base/result.h"
#include "core/plan/plan.h"
#include <cstddef>
#include <memory>
#include <optional>

namespace loom::onednn {

// Zeroed memory on a page's boundary.
class Buffer {
 public:
  Status allocate(std::int64_t bytes);
  std::byte* data() const { return data_.get(); }
  std::int64_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(std::byte* memory) const;
  };
  std::unique_ptr<std::byte, Free> data_;
  std::int64_t bytes_ = 0;
};

class Storage {
 public:
  explicit Storage(const Plan& plan);

  bool keeps(TensorId tensor) const { return plan_.tensor(tensor).kind != TensorKind::temporary; }
  // Gradients and moments follow their parameter.
  bool decided(TensorId tensor) const { return layouts_[root(tensor)].has_value(); }
  void decide(TensorId tensor, const Desc& desc) { layouts_[root(tensor)] = desc; }
  // Decides row-major where nothing asked for another layout before.
  const Desc& desc(TensorId tensor);

  const Desc& layout(TensorId tensor) const { return *layouts_[root(tensor)]; } // after place()
  // Row-major? After place(), which answers once: asking oneDNN's descriptors allocates.
  bool plain(TensorId tensor) const { return plain_[static_cast<std::size_t>(tensor)]; }

  // Lays out every kept tensor; layouts must not change afterwards. Bytes are known then, memory is not taken
  // yet.
  void place();
  std::int64_t bytes() const { return bytes_; }
  Status allocate() { return memory_.allocate(bytes_); }
  std::byte* at(TensorId tensor) const { return memory_.data() + offsets_[static_cast<std::size_t>(tensor)]; }

 private:
  std::size_t root(TensorId tensor) const;
  std::int64_t space(TensorId tensor);

  const Plan& plan_;
  std::vector<std::optional<Desc>> layouts_; // by root tensor
  std::vector<std::int64_t> offsets_;        // by tensor; -1: none
  std::vector<bool> plain_;
  std::int64_t bytes_ = 0;
  Buffer memory_;
};

} // namespace loom::onednn
