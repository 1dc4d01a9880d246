// SPDX-License-Identifier: Apache-2.0
// The six beginnings: softmax, mlp, cnn, resnet (Fashion-MNIST), iris, digits. Networks only; their data and
// run defaults stand in core/run/project_templates.h.
#pragma once
#include "core/network/network.h"

namespace loom {

struct NetworkTemplate {
  std::string_view id;   // "cnn"
  std::string_view name; // "LeNet-5"
  std::string_view summary;
  Network (*make)(); // laid out
};
const std::vector<NetworkTemplate>& networkTemplates();
// A network that fits: images (channels, height, width) or rows (features); classes > 0: classification, 0:
// regression.
Network proposeNetwork(const std::vector<std::int64_t>& sampleShape, std::int64_t classes,
                       std::int64_t targets);

// The template resnet with `blocks` residual blocks in each of its three stages.
Network residualNetwork(int blocks);

// An Input of such samples (empty: its standard) and an Output, not connected yet; named "network".
Network emptyNetwork(const std::vector<std::int64_t>& sampleShape);

} // namespace loom
