// SPDX-License-Identifier: Apache-2.0
// What a training, an evaluation and an estimate have in common: the data, its parts and normalisation, the
// compiled network and the executable on its device. Nothing here writes a file.
#pragma once
#include "core/backend/backend.h"
#include "core/compile/compile.h"
#include "core/data/gatherer.h"
#include "core/plan/memory.h"
#include "core/run/run_config.h"

namespace loom {

// The data of a run in its parts. Borrowed by everything that gathers from it, so it never moves (see
// Workplace).
struct Material {
  Dataset data;
  Split split;
  Normalisation normalisation;
  const std::vector<std::uint32_t>& part(std::string_view name) const; // "train", "validation", "test"
};

// Loads, splits and fits. `fixed`: a run's normalisation is taken as it stands there.
Result<std::unique_ptr<Material>> makeMaterial(const DatasetSpec& spec, const std::filesystem::path& project,
                                               const Normalisation* fixed);

// Whether the data is that of the run: its content, classes, targets, parts and normalisation, and the run's
// network fits it. Kind input. A run.json that was changed cannot lead the trainer outside of its tensors.
Status checkRunData(const RunConfig& config, const Material& material);
// A mean and a deviation for each channel and target.
Status checkNormalisation(const Normalisation& normalisation, const Dataset& data);

// {full, rest} without zeros and doubles, for a part of `count` samples in batches of `batch`.
std::vector<std::int64_t> batchSizes(std::int64_t count, std::int64_t batch);
// As batches of evaluation are taken: 256 samples.
inline constexpr std::int64_t evaluateBatch = 256;

struct Machine {
  std::vector<InitialValue> initial;
  std::shared_ptr<const Plan> plan;
  Device device;
  std::unique_ptr<Executable> executable; // null until it is prepared
};
// Compiles alone, which takes no memory of the network's size.
Result<Machine> planMachine(const Network& network, const CompileOptions& options, const std::string& device);
bool fitsInto(const Device& device, const PlanCost& costs); // by plain sizes
// `threads` 0: the backend's rule. Kind memory, with both figures, when the device has less than the plan
// takes.
Status prepare(Machine& machine, int threads);
// Both.
Result<Machine> makeMachine(const Network& network, const CompileOptions& options, const std::string& device,
                            int threads);

// Everything a training needs: compile options from settings and parts.
Result<CompileOptions> trainingOptions(const TrainSettings& settings, const Split& split);

// Start values from the seed into every parameter and state.
void writeInitialValues(Machine& machine, std::uint64_t seed);

} // namespace loom
