// SPDX-License-Identifier: Apache-2.0
#include "core/train/estimate.h"
#include "core/base/os/machine.h"
#include "core/base/parallel.h"
#include "core/plan/memory.h"
#include "core/run/fit.h"
#include "core/train/binding.h"
#include <algorithm>
#include <chrono>

namespace loom {

Json toJson(const Estimate& estimate) {
  return {{"parameters", estimate.parameters},
          {"multiply_adds", estimate.multiplyAdds},
          {"memory_bytes", estimate.memoryBytes},
          {"machine_bytes", estimate.machineBytes},
          {"fits", estimate.fits},
          {"largest_batch", estimate.largestBatch},
          {"steps", estimate.steps},
          {"seconds_per_step", estimate.secondsPerStep},
          {"seconds", estimate.seconds},
          {"measured", estimate.measured},
          {"device", estimate.device},
          {"threads", estimate.threads}};
}

namespace {

// The median of a few real steps, the first two not counted; about half a second in all.
Result<double> stepSeconds(Machine& machine, const Material& material, const TrainSettings& settings) {
  using Clock = std::chrono::steady_clock;
  writeInitialValues(machine, settings.seed);
  Feed feed(machine, material, settings, 0, 0);
  const float rate = 0;
  const std::int32_t one = 1;
  machine.executable->write(machine.plan->learningRate, std::as_bytes(std::span(&rate, 1)));
  machine.executable->write(machine.plan->step, std::as_bytes(std::span(&one, 1)));
  std::vector<double> times;
  const auto began = Clock::now();
  std::vector<MetricRow> rows;
  for (int index = 0; index < 30 && (index < 4 || Clock::now() - began < std::chrono::milliseconds(500));
       ++index) {
    const auto start = Clock::now();
    const auto next = feed.next();
    if (auto ran = machine.executable->run(next.program); !ran) return ran.error();
    rows.clear();
    machine.executable->drain(rows);
    if (index >= 2) times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

// Six operations a multiply-add: forward, and the gradients of input and weights. The update passes once
// through all that belongs to the parameters, there and back.
double secondsBySize(const PlanCost& costs, std::int64_t batch, int threads) {
  constexpr double operations = 2e10, bytes = 8e9; // modest: a second and thread; a second
  return 6.0 * static_cast<double>(costs.multiplyAdds) * static_cast<double>(batch) / (operations * threads) +
         2.0 * static_cast<double>(costs.parameterBytes) / bytes;
}

// With the layouts and padding of the kernels where they are laid out, which takes no memory of that size.
std::int64_t bytesOf(const Machine& machine, const PlanCost& costs) {
  if (machine.executable) return machine.executable->memoryBytes();
  const std::int64_t plain = costs.bytes();
  if (!fitsInto(machine.device, costs)) return plain;
  const Backend* backend = findBackend(machine.device.backend);
  const auto laidOut = backend ? backend->workspace(*machine.plan) : Result<std::int64_t>(plain);
  return laidOut ? *laidOut : plain;
}

} // namespace

Result<Estimate> estimateRun(const Project& project, const std::string& name, const TrainSettings& settings) {
  if (auto good = check(settings); !good) return good.error();
  auto network = loadNetwork(project, name);
  if (!network) return network.error();
  auto material = makeMaterial(project.data, project.folder, nullptr);
  if (!material) return material.error();
  if (auto fits = checkFit(*network, factsOf((*material)->data)); !fits) return fits.error();
  auto options = trainingOptions(settings, (*material)->split);
  if (!options) return options.error();
  auto machine = planMachine(*network, *options, settings.device);
  if (!machine) return machine.error();
  const PlanCost costs = cost(*machine->plan);
  Estimate estimate;
  estimate.parameters = costs.parameters;
  estimate.multiplyAdds = costs.multiplyAdds;
  estimate.device = machine->device.id;
  estimate.machineBytes = machine->device.memoryBytes;
  estimate.threads = settings.threads > 0 ? settings.threads : usableCores();
  // What takes longer than anybody waits for an estimate, to run or to fill, is not tried.
  constexpr double longestTrial = 3; // seconds
  constexpr std::int64_t mostTried = std::int64_t{1} << 31;
  estimate.secondsPerStep = secondsBySize(costs, settings.batch, estimate.threads);
  estimate.measured = estimate.secondsPerStep < longestTrial && costs.bytes() <= mostTried &&
                      fitsInto(machine->device, costs);
  if (estimate.measured) {
    if (auto ready = prepare(*machine, settings.threads); !ready) return ready.error();
    estimate.threads = machine->executable->threads();
    auto measured = stepSeconds(*machine, **material, settings);
    if (!measured) return measured.error();
    estimate.secondsPerStep = *measured;
  }
  const Dataset& data = (*material)->data;
  estimate.memoryBytes =
      bytesOf(*machine, costs) + static_cast<std::int64_t>(data.bytes.size() + data.values.size() * 4);
  estimate.fits = estimate.machineBytes <= 0 || estimate.memoryBytes <= estimate.machineBytes;
  const auto samples = static_cast<std::int64_t>((*material)->split.train.size());
  estimate.steps = (samples + settings.batch - 1) / settings.batch * settings.epochs;
  // Validation costs about a third of a training step a sample.
  const double validation = static_cast<double>((*material)->split.validation.size()) /
                            static_cast<double>(settings.batch) * estimate.secondsPerStep / 3;
  estimate.seconds = static_cast<double>(estimate.steps) * estimate.secondsPerStep +
                     static_cast<double>(settings.epochs) * validation;
  const auto free = static_cast<std::int64_t>(os::memory().unused);
  const std::int64_t perSample =
      std::max<std::int64_t>(1, costs.activationBytes / std::max<std::int64_t>(1, settings.batch));
  const std::int64_t room = free / 10 * 8 - costs.parameterBytes;
  // Other programs may end; what the machine has not stays out of reach.
  const bool one = estimate.machineBytes <= 0 || costs.parameterBytes + perSample <= estimate.machineBytes;
  estimate.largestBatch = std::clamp<std::int64_t>(room / perSample, one ? 1 : 0, one ? samples : 0);
  return estimate;
}

} // namespace loom
