// SPDX-License-Identifier: Apache-2.0
// Runs a program step by step through the ops' references, in float or double: the measure that every other
// backend is compared with. Plain on purpose: each tensor has memory of its own, nothing is fused, nothing is
// planned.
#pragma once
#include "core/plan/plan.h"
#include <span>

namespace loom {

// T is float or double. The plan must have passed verify() and outlive the interpreter. One thread.
template<class T> class Interpreter {
 public:
  explicit Interpreter(const Plan& plan); // all tensors zero; throws std::bad_alloc
  void run(int program);                  // index into Plan::programs
  // The tensor's own memory; the one that does not fit its dtype is empty.
  std::span<T> floats(TensorId tensor);
  std::span<const T> floats(TensorId tensor) const;
  std::span<std::int32_t> ints(TensorId tensor);
  std::span<const std::int32_t> ints(TensorId tensor) const;
  std::int64_t memoryBytes() const;

 private:
  struct Memory {
    std::vector<T> floats;
    std::vector<std::int32_t> ints;
  };
  struct Call { // a step with its views, made once
    std::vector<View<T>> src, dst;
  };
  View<T> view(TensorId tensor);

  const Plan& plan_;
  std::vector<Memory> memory_;
  std::vector<std::vector<Call>> calls_; // by program
};

extern template class Interpreter<float>;
extern template class Interpreter<double>;

} // namespace loom
