// SPDX-License-Identifier: Apache-2.0
// How many threads a plan gets. A rule over the plan's own sizes, never a timing: another count gives other
// bits.
#pragma once
#include "core/plan/plan.h"

namespace loom::onednn {

// `asked` when it is positive; else one thread below about 15 million floating-point operations a training
// step, where a second one costs more than it brings (measured: kernels of 80 to 100 µs on one thread), else
// all of this process's processors.
int chooseThreads(const Plan& plan, int asked);

// Products of all steps of a program: two for each multiplication and addition.
double operations(const Plan& plan, const Program& program);

} // namespace loom::onednn
