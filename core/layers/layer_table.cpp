// SPDX-License-Identifier: Apache-2.0
// The one list of layers: a new layer is one file and one row here.
#include "core/layers/support.h"

namespace loom {

const std::vector<const LayerSpec*>& layerTable() {
  static const std::vector<const LayerSpec*> table{
      &layers::input(),       &layers::output(),    &layers::conv2d(),
      &layers::maxPool2d(),   &layers::avgPool2d(), &layers::adaptiveAvgPool2d(),
      &layers::linear(),      &layers::flatten(),   &layers::dropout(),
      &layers::add(),         &layers::concat(),    &layers::batchNorm1d(),
      &layers::batchNorm2d(), &layers::relu(),      &layers::leakyRelu(),
      &layers::gelu(),        &layers::sigmoid(),   &layers::tanh(),
      &layers::softmax(),
  };
  return table;
}

} // namespace loom
