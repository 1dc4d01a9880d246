// SPDX-License-Identifier: Apache-2.0
// Whether the files of a run are what the trainer wrote, and whether its stored evaluations can be computed
// again from its checkpoints. Changes nothing.
#pragma once
#include "core/base/result.h"
#include <filesystem>
#include <string>
#include <vector>

namespace loom {

enum class Verdict {
  verified,
  unverified, // nothing is known to be wrong, and something could not be checked
  damaged
};
std::string_view toText(Verdict verdict); // "verified", "not verified", "damaged"

struct VerifiedItem {
  std::string item; // "run.json", "checkpoints/120", a path in the run's folder
  Verdict verdict = Verdict::verified;
  Message detail; // why it is not verified, or what was left out
};
struct Verification {
  std::vector<VerifiedItem> items;
  std::size_t count(Verdict verdict) const;
};

enum class VerifyDepth {
  files,    // hashes, ranges, and that everything belongs to this run
  recompute // and every stored evaluation whose checkpoint is there is computed again from the data
};
// Kind other while the run is being trained.
Result<Verification> verifyRun(const std::filesystem::path& project, const std::string& run,
                               VerifyDepth depth);

} // namespace loom
