// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

const LayerSpec& tanh() {
  static const LayerSpec spec = activation<"tanh", "nn.Tanh()">(
      "Tanh", "Squeezes every value between -1 and 1.", "y = tanh(x)", {"activation", "hyperbolic tangent"});
  return spec;
}

} // namespace loom::layers
