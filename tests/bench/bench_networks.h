// SPDX-License-Identifier: Apache-2.0
// The networks that are measured (N1 to N4), drawn as a person would draw them, and random contents for a
// plan. Used by the benchmark and by the backend's tests.
#pragma once
#include "core/backend/backend.h"
#include "core/base/random.h"
#include "core/compile/compile.h"
#include "core/network/edit.h"
#include "core/network/templates.h"
#include <cstdio>
#include <cstdlib>

namespace loom {

// One node behind the other unless `from` says otherwise. A mistake here ends the program.
class DrawnNetwork {
 public:
  NodeId add(std::string_view type, const Params& params = {}, std::vector<NodeId> from = {}) {
    must(apply(network, value(addNode(network, type, {}, params))));
    const NodeId id = network.nodes.rbegin()->first;
    if (from.empty() && last_ != 0 && type != "Input") from = {last_};
    for (const NodeId source : from) must(apply(network, value(connect(network, source, id))));
    return last_ = id;
  }
  NodeId linear(std::int64_t width) { return add("Linear", {{"out_features", width}}); }
  NodeId conv(std::int64_t channels, std::int64_t kernel, std::int64_t padding, std::int64_t stride,
              bool bias, std::vector<NodeId> from = {}) {
    using Ints = std::vector<std::int64_t>;
    return add("Conv2d",
               {{"out_channels", channels},
                {"kernel_size", Ints{kernel, kernel}},
                {"padding", Ints{padding, padding}},
                {"stride", Ints{stride, stride}},
                {"bias", bias}},
               std::move(from));
  }
  NodeId last() const { return last_; }
  Network network;

 private:
  static void must(const Status& status) {
    if (!status) fail(status.error());
  }
  static Edit value(const Result<Edit>& edit) {
    if (!edit) fail(edit.error());
    return *edit;
  }
  [[noreturn]] static void fail(const Error& error) {
    std::fprintf(stderr, "%s\n", error.message().c_str());
    std::abort();
  }
  NodeId last_ = 0;
};

inline Network perceptron(std::int64_t inputs, const std::vector<std::int64_t>& hidden,
                          std::int64_t classes) {
  DrawnNetwork d;
  d.add("Input", {{"shape", std::vector<std::int64_t>{inputs}}});
  for (const auto width : hidden) {
    d.linear(width);
    d.add("ReLU");
  }
  d.linear(classes);
  d.add("Output");
  return d.network;
}

// For samples of this shape.
inline Network withInput(Network network, const std::vector<std::int64_t>& shape) {
  for (auto& [id, node] : network.nodes)
    if (node.type == "Input") node.params.set("shape", shape);
  return network;
}

inline Network lenet5(std::int64_t side = 28) {
  for (const auto& one : networkTemplates())
    if (one.id == "cnn") return withInput(one.make(), {1, side, side});
  std::abort();
}

// He et al., "Deep residual learning": three stages of `blocks` blocks with 16, 32, 64 channels; 1×1
// projections.
inline Network residual(int blocks, std::int64_t side) {
  return withInput(residualNetwork(blocks), {3, side, side});
}

struct BenchNetwork {
  const char* id;
  const char* name;
  Network network;
  const char* optimizer;
  Params optimizerParams;
  float learningRate;
  int classes;
};
inline std::vector<BenchNetwork> benchNetworks() {
  const Params momentum = {{"momentum", 0.9}, {"weight_decay", 5e-4}};
  return {{"N1", "MLP 20-64-64-2", perceptron(20, {64, 64}, 2), "adam", {}, 1e-4f, 2},
          {"N2", "MLP 784-512-256-10", perceptron(784, {512, 256}, 10), "adam", {}, 1e-4f, 10},
          {"N3", "LeNet-5", lenet5(), "adam", {}, 1e-4f, 10},
          {"N4", "ResNet-20", residual(3, 32), "sgd", momentum, 1e-3f, 10}};
}

// Writes a whole tensor of floats.
inline void writeFloats(Executable& executable, TensorId tensor, const std::vector<float>& values) {
  executable.write(tensor, std::as_bytes(std::span(values)));
}
inline std::vector<float> readFloats(const Plan& plan, const Executable& executable, TensorId tensor) {
  std::vector<float> values(static_cast<std::size_t>(plan.tensor(tensor).elements()));
  executable.read(tensor, std::as_writable_bytes(std::span(values)));
  return values;
}

// Start values, learning rate, random key.
inline void begin(const Compiled& compiled, Executable& executable, std::uint64_t seed, float learningRate) {
  const Plan& plan = compiled.plan;
  for (const auto& initial : compiled.initial)
    if (plan.tensor(initial.tensor).dtype == DType::f32)
      writeFloats(executable, initial.tensor,
                  initialValues(initial, plan.tensor(initial.tensor).elements(), seed));
  writeFloats(executable, plan.learningRate, {learningRate});
  if (plan.random != noTensor) {
    const std::vector<std::int32_t> key = {static_cast<std::int32_t>(seed), 0, 1, 0};
    executable.write(plan.random, std::as_bytes(std::span(key)));
  }
}

// A random batch, the same for equal numbers: normal values, labels below `classes`.
inline void feed(const Plan& plan, const Program& program, Executable& executable, std::uint32_t number,
                 int classes) {
  const RandomKey key{99, 1, number};
  const auto count = [&](TensorId id) { return static_cast<std::uint32_t>(plan.tensor(id).elements()); };
  for (const auto& ports : {program.inputs, program.targets})
    for (const auto& port : ports) {
      if (plan.tensor(port.tensor).dtype == DType::f32) {
        std::vector<float> values(count(port.tensor));
        for (std::uint32_t i = 0; i < values.size(); ++i)
          values[i] = static_cast<float>(randomNormal(key, static_cast<std::uint32_t>(port.tensor), i));
        writeFloats(executable, port.tensor, values);
      } else {
        std::vector<std::int32_t> values(count(port.tensor));
        for (std::uint32_t i = 0; i < values.size(); ++i)
          values[i] = static_cast<std::int32_t>(randomBits(key, 7, i) % static_cast<std::uint32_t>(classes));
        executable.write(port.tensor, std::as_bytes(std::span(values)));
      }
    }
  if (program.sample == noTensor) return;
  std::vector<std::int32_t> samples(count(program.sample));
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = static_cast<std::int32_t>(number * 1000 + i);
  executable.write(program.sample, std::as_bytes(std::span(samples)));
}

inline void setStep(const Plan& plan, Executable& executable, std::int32_t step) {
  executable.write(plan.step, std::as_bytes(std::span(&step, 1)));
}

} // namespace loom
