// SPDX-License-Identifier: Apache-2.0
// The network as torch.nn Python, with the node each line belongs to, and its weights as safetensors with the
// same keys.
#pragma once
#include "core/network/validate.h"

namespace loom {

struct CodeLine {
  std::string text;
  NodeId node = 0;
};
// Works up to the first error, whose place is a comment. Class name from the network's name.
std::vector<CodeLine> torchCode(const Network& network, const Analysis& analysis);
std::string torchText(const Network& network);
// Writes <folder>/<network>.py and, when a run is given, <folder>/<network>.safetensors from its best
// checkpoint, after that checkpoint was verified: nothing is written from a damaged one. `notes` says when
// another checkpoint was used, and why. The files' names are fileNameOf() of the network's.
Status exportTorch(const Network& network, const std::filesystem::path& folder,
                   const std::filesystem::path& runFolder, std::vector<Message>& notes);
Status exportTorch(const Network& network, const std::filesystem::path& folder,
                   const std::filesystem::path& runFolder);

} // namespace loom
