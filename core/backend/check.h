// SPDX-License-Identifier: Apache-2.0
// The op checker: proves every gradient rule by finite differences and compares any backend with the
// reference on the ops' own cases. Used by the tests and by `loom doctor`, so that a user's machine is held
// to the same measure.
#pragma once
#include "core/backend/backend.h"
#include <vector>

namespace loom {

// One case of one op, checked.
struct OpCheck {
  std::string op;
  std::string name; // of the case
  double error =
      0; // largest |difference| / (|value| + mean |value| of the tensor); infinite where a NaN or i32 differs
  bool passed = false;
  Message detail; // the tensor and element of the largest error, or why the case could not run
};

// Largest error that passes. Integers must be equal.
double backendTolerance(DType dtype);
double gradientTolerance();

// Central differences in double of L = Σ r·dst (r random; for a loss L = loss) against the gradient rule, for
// every f32 src that can have one: single elements, at most 40 a src, and one random direction over all of
// them.
OpCheck checkGradient(const OpSpec& op, const OpCase& test);
// Runs the case, and the case with its gradient, on the backend and on reference64.
OpCheck compareBackend(const Backend& backend, const OpSpec& op, const OpCase& test);

// All cases of opTable(), in its order.
std::vector<OpCheck> checkBackend(const Backend& backend);

} // namespace loom
