// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"

namespace loom::layers {

const LayerSpec& relu() {
  static const LayerSpec spec = activation<"relu", "nn.ReLU()">(
      "ReLU", "Keeps what is positive, sets the rest to zero.", "y = max(x, 0)", {"activation", "rectifier"});
  return spec;
}

} // namespace loom::layers
