// SPDX-License-Identifier: Apache-2.0
#include "core/backend/reference/reference_backend.h"
#include "core/backend/interpreter.h"
#include "core/backend/metric_ring.h"
#include <cassert>
#include <cstring>
#include <new>
#include <type_traits>

namespace loom {
namespace {

template<class T> std::int64_t bytesOf(const Plan& plan) {
  std::int64_t bytes = 0;
  for (const Tensor& tensor : plan.tensors)
    bytes += tensor.elements() *
             static_cast<std::int64_t>(tensor.dtype == DType::i32 ? sizeof(std::int32_t) : sizeof(T));
  return bytes;
}

template<class T> class ReferenceExecutable : public Executable {
 public:
  explicit ReferenceExecutable(std::shared_ptr<const Plan> plan)
      : plan_(std::move(plan)), interpreter_(*plan_), ring_(*plan_) {}

  Status run(int program) override {
    assert(program >= 0 && static_cast<std::size_t>(program) < plan_->programs.size());
    interpreter_.run(program);
    const auto& metrics = plan_->programs[static_cast<std::size_t>(program)].metrics;
    const std::span<float> row = ring_.next(program, metrics.size());
    for (std::size_t i = 0; i < metrics.size(); ++i)
      row[i] = static_cast<float>(interpreter_.floats(metrics[i].tensor)[0]);
    return {};
  }

  void write(TensorId tensor, std::span<const std::byte> values) override {
    if (plan_->tensor(tensor).dtype == DType::i32)
      copyIn<std::int32_t>(interpreter_.ints(tensor), values);
    else
      copyIn<float>(interpreter_.floats(tensor), values);
  }

  void read(TensorId tensor, std::span<std::byte> values) const override {
    if (plan_->tensor(tensor).dtype == DType::i32)
      copyOut<std::int32_t>(interpreter_.ints(tensor), values);
    else
      copyOut<float>(interpreter_.floats(tensor), values);
  }

  std::span<std::byte> inPlace(TensorId input) override {
    if (plan_->tensor(input).dtype == DType::i32) return std::as_writable_bytes(interpreter_.ints(input));
    if constexpr (std::is_same_v<T, float>) return std::as_writable_bytes(interpreter_.floats(input));
    return {};
  }

  void drain(std::vector<MetricRow>& rows) override { ring_.drain(rows); }
  std::int64_t memoryBytes() const override { return interpreter_.memoryBytes(); }
  int threads() const override { return 1; }

 private:
  // Element by element through memcpy: the caller's bytes need not be aligned.
  template<class File, class Own> static void copyIn(std::span<Own> own, std::span<const std::byte> values) {
    assert(values.size() == own.size() * sizeof(File));
    for (std::size_t i = 0; i < own.size(); ++i) {
      File value;
      std::memcpy(&value, values.data() + i * sizeof(File), sizeof(File));
      own[i] = value;
    }
  }
  template<class File, class Own> static void copyOut(std::span<const Own> own, std::span<std::byte> values) {
    assert(values.size() == own.size() * sizeof(File));
    for (std::size_t i = 0; i < own.size(); ++i) {
      const File value = static_cast<File>(own[i]);
      std::memcpy(values.data() + i * sizeof(File), &value, sizeof(File));
    }
  }

  std::shared_ptr<const Plan> plan_;
  Interpreter<T> interpreter_;
  MetricRing ring_;
};

template<class T> class ReferenceBackend : public Backend {
 public:
  std::string name() const override { return isDouble ? "reference64" : "reference"; }

  std::vector<Device> devices() const override {
    Device device;
    device.id = device.backend = name();
    device.name = isDouble ? "Reference in double precision" : "Reference";
    device.note = say("plain loops on one thread, for checking");
    return {device};
  }

  Status supports(const Plan&, const Step& step) const override {
    if (step.op) return {};
    return Error{ErrorKind::other, name(), say("a step has no op"), say("compile the network again")};
  }

  Result<std::int64_t> workspace(const Plan& plan) const override {
    if (const Status status = verify(plan); !status) return status.error();
    return bytesOf<T>(plan);
  }

  Result<std::unique_ptr<Executable>> prepare(std::shared_ptr<const Plan> plan,
                                              const PrepareOptions&) const override {
    if (const Status status = verify(*plan); !status) return status.error();
    const std::int64_t bytes = bytesOf<T>(*plan);
    try {
      return std::unique_ptr<Executable>(std::make_unique<ReferenceExecutable<T>>(std::move(plan)));
    } catch (const std::bad_alloc&) {
      return Error{ErrorKind::memory, name(),
                   say("the plan needs {}", Bytes{static_cast<std::uint64_t>(bytes)}),
                   say("choose a smaller batch")};
    }
  }

 private:
  static constexpr bool isDouble = std::is_same_v<T, double>;
};

} // namespace

const Backend& referenceBackend() {
  static const ReferenceBackend<float> backend;
  return backend;
}
const Backend& reference64Backend() {
  static const ReferenceBackend<double> backend;
  return backend;
}

} // namespace loom
