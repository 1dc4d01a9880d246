// SPDX-License-Identifier: Apache-2.0
// What a network must keep whoever changes it: names that can be keys and Python attributes, no cycles,
// params without standards. For core/network, and for whoever writes code with these names.
#pragma once
#include "core/network/network.h"

namespace loom {

// Letters, digits and "_", not beginning with a digit, at most 64, no word of Python or of torch.nn.Module.
bool validNodeName(std::string_view name);
// "conv" for Conv2d: what names of new nodes begin with.
std::string nameStem(const LayerSpec& layer);
// Whether a way along edges leads from `from` to `to` (true when they are one).
bool reaches(const Network& network, NodeId from, NodeId to);
// Completed, then without what equals the standards: the form that a Node keeps.
Result<Params> storedParams(const LayerSpec& layer, const Params& given);
// Sources first, by id among equals; nodes on a cycle are missing.
std::vector<NodeId> executionOrder(const Network& network);

} // namespace loom
