// SPDX-License-Identifier: Apache-2.0
// A test case of an op as a plan of its own: what the checker runs. Apart from check.cpp so that each stays
// readable.
#pragma once
#include "core/plan/plan.h"
#include <memory>

namespace loom {

// What a tensor of the case holds before the run; one of the two is empty.
struct CaseValues {
  TensorId tensor = noTensor;
  std::vector<float> floats;
  std::vector<std::int32_t> ints;
};

struct CasePlan {
  Plan plan; // program 0: the op, then its gradient's steps where asked for; program 1 (with a gradient): the
             // op alone
  std::vector<TensorId> src, dst; // of the op; noTensor where absent
  std::vector<std::string> srcNames, dstNames;
  TensorId diffDst = noTensor;   // of dst[0]; noTensor for a loss, whose own gradient is 1
  std::vector<TensorId> diffSrc; // by src; noTensor where there is none
  std::vector<CaseValues> values;

  const CaseValues* valuesOf(TensorId tensor) const;
};

// The case's Error when the shape rule or verify() refuses it.
Result<CasePlan> casePlan(const OpSpec& op, const OpCase& test, bool withGradient);

// Whether the derivative with respect to a src of this name exists (targets, statistics and random keys have
// none).
bool differentiable(std::string_view srcName);

} // namespace loom
