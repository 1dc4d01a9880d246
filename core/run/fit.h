// SPDX-License-Identifier: Apache-2.0
// Whether a drawn network and a data set belong together: what samples look like, how many classes or targets
// there are. Said as diagnostics with fixes, so that the canvas, `loom check` and the trainer use the same
// words.
#pragma once
#include "core/data/dataset.h"
#include "core/network/validate.h"

namespace loom {

// What keeps this network from training on such data; all are errors.
std::vector<Diagnostic> fitProblems(const Network& network, const Analysis& analysis, const DataFacts& data);
// Puts them among the analysis' own, in its order.
void addFit(Analysis& analysis, const Network& network, const DataFacts& data);
// The first error of drawing and fit, as an Error.
Status checkFit(const Network& network, const DataFacts& data);

} // namespace loom
