// SPDX-License-Identifier: Apache-2.0
#include "core/train/workplace.h"
#include "core/run/fit.h"
#include <algorithm>

namespace loom {
const std::vector<std::uint32_t>& Material::part(std::string_view name) const {
  if (name == "train") return split.train;
  return name == "validation" ? split.validation : split.test;
}

Result<std::unique_ptr<Material>> makeMaterial(const DatasetSpec& spec, const std::filesystem::path& project,
                                               const Normalisation* fixed) {
  auto data = load(spec, project);
  if (!data) return data.error();
  auto material = std::make_unique<Material>();
  material->data = std::move(*data);
  material->split = makeSplit(material->data, spec.split);
  if (material->split.train.empty())
    return Error{ErrorKind::input, spec.name.empty() ? std::string("data") : spec.name,
                 say("no sample of {} is left for training", material->data.samples),
                 say("Give the training part a larger share of the split")};
  material->normalisation =
      fixed ? *fixed : fitNormalisation(material->data, material->split, spec.normalisation);
  return material;
}

Status checkNormalisation(const Normalisation& normalisation, const Dataset& data) {
  const std::size_t channels = data.sampleShape.empty() ? 1 : static_cast<std::size_t>(data.sampleShape[0]);
  const std::size_t targets = data.targetNames.size();
  if (normalisation.mean.size() == channels && normalisation.std.size() == channels &&
      normalisation.targetMean.size() == targets && normalisation.targetStd.size() == targets)
    return {};
  return Error{ErrorKind::input, "run.json",
               say("The normalisation has {} channels and {} targets, the data has {} and {}",
                   normalisation.mean.size(), normalisation.targetMean.size(), channels, targets),
               say("Restore run.json from a backup, or train again")};
}

Status checkRunData(const RunConfig& config, const Material& material) {
  const Dataset& data = material.data;
  const std::string place = config.data.name.empty() ? std::string("data") : config.data.name;
  if (data.contentHash != config.dataHash)
    return Error{ErrorKind::input, place, say("The data changed since this run began"),
                 say("Bring the old data back, or start a new run")};
  const auto is = [](const std::vector<std::uint32_t>& part, std::int64_t count) {
    return static_cast<std::int64_t>(part.size()) == count;
  };
  const Split& split = material.split;
  if (data.classes != config.classes || data.targetNames != config.targetNames ||
      !is(split.train, config.trainSamples) || !is(split.validation, config.validationSamples) ||
      !is(split.test, config.testSamples))
    return Error{ErrorKind::input, place,
                 say("The classes, targets or parts of the data are not those that run.json describes"),
                 say("Restore run.json from a backup, or train again")};
  if (auto good = checkNormalisation(config.normalisation, data); !good) return good;
  return checkFit(config.network, factsOf(data));
}

std::vector<std::int64_t> batchSizes(std::int64_t count, std::int64_t batch) {
  std::vector<std::int64_t> sizes;
  if (count >= batch) sizes.push_back(batch);
  if (count % batch != 0) sizes.push_back(count % batch);
  return sizes;
}

Result<CompileOptions> trainingOptions(const TrainSettings& settings, const Split& split) {
  auto attributes = updateAttributes(settings);
  if (!attributes) return attributes.error();
  CompileOptions options;
  options.trainBatches = batchSizes(static_cast<std::int64_t>(split.train.size()), settings.batch);
  for (const auto* part : {&split.validation, &split.test})
    for (std::int64_t size : batchSizes(static_cast<std::int64_t>(part->size()), evaluateBatch))
      options.evaluateBatches.push_back(size);
  std::sort(options.evaluateBatches.rbegin(), options.evaluateBatches.rend());
  const auto end = std::unique(options.evaluateBatches.begin(), options.evaluateBatches.end());
  options.evaluateBatches.erase(end, options.evaluateBatches.end());
  options.optimizer = findOptimizer(settings.optimizer)->op;
  options.optimizerParams = std::move(*attributes);
  return options;
}

Result<Machine> planMachine(const Network& network, const CompileOptions& options,
                            const std::string& device) {
  auto chosen = chooseDevice(device);
  if (!chosen) return chosen.error();
  auto compiled = compile(network, options);
  if (!compiled) return compiled.error();
  Machine machine;
  machine.initial = std::move(compiled->initial);
  machine.plan = std::make_shared<const Plan>(std::move(compiled->plan));
  machine.device = std::move(*chosen);
  return machine;
}

bool fitsInto(const Device& device, const PlanCost& costs) {
  return device.memoryBytes <= 0 || costs.bytes() <= device.memoryBytes;
}

Status prepare(Machine& machine, int threads) {
  const Backend* backend = findBackend(machine.device.backend);
  if (!backend)
    return Error{ErrorKind::device, machine.device.id,
                 say("the backend '{}' is missing", machine.device.backend),
                 say("Install the whole package, or choose another device of `loom devices`")};
  // A machine that lends more than it has would end the program in the middle instead.
  if (const PlanCost costs = cost(*machine.plan); !fitsInto(machine.device, costs))
    return Error{ErrorKind::memory, machine.device.id,
                 say("The network and batch take {} of memory; this device has {}",
                     Bytes{static_cast<std::uint64_t>(costs.bytes())},
                     Bytes{static_cast<std::uint64_t>(machine.device.memoryBytes)}),
                 say("Use smaller layers or a smaller batch; `loom estimate` shows what they take")};
  auto executable = backend->prepare(machine.plan, PrepareOptions{threads});
  if (!executable) return executable.error();
  machine.executable = std::move(*executable);
  return {};
}

Result<Machine> makeMachine(const Network& network, const CompileOptions& options, const std::string& device,
                            int threads) {
  auto machine = planMachine(network, options, device);
  if (!machine) return machine;
  if (auto ready = prepare(*machine, threads); !ready) return ready.error();
  return machine;
}

void writeInitialValues(Machine& machine, std::uint64_t seed) {
  for (const InitialValue& value : machine.initial) {
    const Tensor& tensor = machine.plan->tensor(value.tensor);
    const std::vector<float> start = initialValues(value, tensor.elements(), seed);
    if (tensor.dtype == DType::f32) {
      machine.executable->write(value.tensor, std::as_bytes(std::span(start)));
    } else {
      const std::vector<std::int32_t> whole(start.begin(), start.end());
      machine.executable->write(value.tensor, std::as_bytes(std::span(whole)));
    }
  }
}

} // namespace loom
