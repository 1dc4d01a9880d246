// SPDX-License-Identifier: Apache-2.0
#include "core/backend/interpreter.h"
#include <type_traits>

namespace loom {

template<class T> Interpreter<T>::Interpreter(const Plan& plan) : plan_(plan), memory_(plan.tensors.size()) {
  for (std::size_t i = 0; i < memory_.size(); ++i) {
    const auto count = static_cast<std::size_t>(plan.tensors[i].elements());
    if (plan.tensors[i].dtype == DType::i32)
      memory_[i].ints.resize(count);
    else
      memory_[i].floats.resize(count);
  }
  for (const Program& program : plan.programs) {
    std::vector<Call>& calls = calls_.emplace_back();
    for (const Step& step : program.steps) {
      Call& call = calls.emplace_back();
      for (const TensorId id : step.src) call.src.push_back(view(id));
      for (const TensorId id : step.dst) call.dst.push_back(view(id));
    }
  }
}

template<class T> View<T> Interpreter<T>::view(TensorId tensor) {
  View<T> view;
  if (tensor == noTensor) return view;
  Memory& memory = memory_[static_cast<std::size_t>(tensor)];
  view.dims = plan_.tensor(tensor).dims;
  if (memory.ints.empty())
    view.data = memory.floats.data();
  else
    view.ints = memory.ints.data();
  return view;
}

template<class T> void Interpreter<T>::run(int program) {
  const Program& steps = plan_.programs[static_cast<std::size_t>(program)];
  const std::vector<Call>& calls = calls_[static_cast<std::size_t>(program)];
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Step& step = steps.steps[i];
    if constexpr (std::is_same_v<T, double>)
      step.op->reference64({calls[i].src, calls[i].dst, step.attrs});
    else
      step.op->reference32({calls[i].src, calls[i].dst, step.attrs});
  }
}

template<class T> std::span<T> Interpreter<T>::floats(TensorId tensor) {
  return memory_[static_cast<std::size_t>(tensor)].floats;
}
template<class T> std::span<const T> Interpreter<T>::floats(TensorId tensor) const {
  return memory_[static_cast<std::size_t>(tensor)].floats;
}
template<class T> std::span<std::int32_t> Interpreter<T>::ints(TensorId tensor) {
  return memory_[static_cast<std::size_t>(tensor)].ints;
}
template<class T> std::span<const std::int32_t> Interpreter<T>::ints(TensorId tensor) const {
  return memory_[static_cast<std::size_t>(tensor)].ints;
}

template<class T> std::int64_t Interpreter<T>::memoryBytes() const {
  std::size_t bytes = 0;
  for (const Memory& memory : memory_)
    bytes += memory.floats.size() * sizeof(T) + memory.ints.size() * sizeof(std::int32_t);
  return static_cast<std::int64_t>(bytes);
}

template class Interpreter<float>;
template class Interpreter<double>;

} // namespace loom
