// SPDX-License-Identifier: Apache-2.0
// What a straight-line program computes on: numbered tensors of known size. A Plan is prepared for bound
// values, so every dimension here is a number.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace loom {

using TensorId = std::int32_t; // index into Plan::tensors
using NodeId = std::int32_t;   // id of a node of the drawing (never reused); 0 = no node
inline constexpr TensorId noTensor = -1;

// i32 holds labels, sample numbers and random keys. The reference backend computes f32 tensors in float or
// double.
enum class DType : std::uint8_t { f32, i32 };

enum class TensorKind : std::uint8_t {
  input,     // written by the trainer before a program runs: samples, labels, sample numbers
  temporary, // lives within one run of one program; its memory is shared with others
  parameter, // plane "weights"
  gradient,  // plane "gradients": one per trainable parameter, same dims, `owner` names the parameter
  moment,    // planes "moment0", "moment1": optimizer memory, `owner` names the parameter, `plane` which
  state,     // running statistics: kept between runs, saved in checkpoints, no gradient
  scalar,    // written between runs: learning rate, step, random key
  metric     // f32 [1]: taken into the ring after each run of its program
};

struct Tensor {
  std::string name; // parameters and states: the state_dict key ("conv_1.weight")
  // Outermost first, PyTorch's order: N,C,H,W · N,features · out,in · out,in/groups,kh,kw.
  std::vector<std::int64_t> dims;
  DType dtype = DType::f32;
  TensorKind kind = TensorKind::temporary;
  TensorId owner = noTensor;
  int plane = 0;
  int group = 0; // parameter group; -1 = frozen (no gradient, no moments)
  NodeId node = 0;

  std::int64_t elements() const {
    std::int64_t count = 1;
    for (auto dim : dims) count *= dim;
    return count;
  }
};

} // namespace loom
