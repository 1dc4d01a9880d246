// SPDX-License-Identifier: Apache-2.0
// The straight-line program: tensors and a few programs over them, each a flat list of steps that name the
// node they came from. Made by core/compile, executed by a Backend. A value: nothing in it is owned
// elsewhere.
#pragma once
#include "core/plan/op.h"
#include "core/plan/tensor.h"
#include <string>
#include <vector>

namespace loom {

struct Step {
  const OpSpec* op = nullptr; // never null in a finished plan
  std::vector<TensorId> src;  // noTensor where an optional one is absent
  std::vector<TensorId> dst;  // noTensor where an optional one is not wanted
  Params attrs;
  NodeId node = 0;
};

enum class ProgramKind : std::uint8_t {
  train,     // forward, loss, backward, update
  gradients, // forward, loss, backward
  update,    // optimizer alone
  evaluate   // forward with running statistics, loss, no dropout
};

// A named tensor that the trainer writes before, or reads after, a run.
struct Port {
  std::string name; // the Input or Output node's name; "sample": i32 [N] sample numbers
  TensorId tensor = noTensor;
};

struct Program {
  ProgramKind kind = ProgramKind::train;
  std::int64_t batch = 0; // samples a run takes
  std::vector<Step> steps;
  std::vector<Port> inputs;   // samples by Input node's name
  std::vector<Port> targets;  // labels i32 [N] or values f32 [N,K] by Output node's name
  TensorId sample = noTensor; // i32 [N], when a step draws random numbers
  std::vector<Port> outputs;  // by Output node's name: probabilities (softmax, sigmoid) or values
  std::vector<Port> metrics;  // f32 [1] each: "loss", "correct": one row per run into the ring, in this order
};

// Programs of one plan share parameters, gradients, moments, states and scalars; each has its own inputs and
// temporaries. Parameters are ordered by group, so that planes are contiguous per group.
struct Plan {
  std::vector<Tensor> tensors;
  std::vector<Program> programs;    // the sibling for the smaller last batch stands beside its program
  TensorId learningRate = noTensor; // f32 [1]
  TensorId step = noTensor;         // i32 [1], counts from 1; written before each update
  TensorId random = noTensor;       // i32 [4]: seed low, seed high, epoch, 0
  std::vector<TensorId> parameters; // in plane order
  std::vector<TensorId> states;

  const Tensor& tensor(TensorId id) const { return tensors[static_cast<std::size_t>(id)]; }
  // Index of the program of this kind and batch, -1 when there is none.
  int find(ProgramKind kind, std::int64_t batch) const;
};

// Every step's op accepts its tensors and dims agree; the first disagreement as an Error naming step and
// node.
Status verify(const Plan& plan);
// One line a step, for people and for tests.
std::string describe(const Plan& plan);

} // namespace loom
