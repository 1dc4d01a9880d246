// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

const LayerSpec& sigmoid() {
  static const LayerSpec spec =
      activation<"sigmoid", "nn.Sigmoid()">("Sigmoid", "Squeezes every value between 0 and 1.",
                                            "y = 1 / (1 + exp(-x))", {"activation", "logistic"});
  return spec;
}

} // namespace loom::layers
