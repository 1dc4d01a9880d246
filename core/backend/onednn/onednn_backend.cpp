// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/onednn_backend.h"
#include "core/backend/onednn/executable.h"
#include "core/backend/onednn/threads.h"
#include "core/base/os/machine.h"
#include "core/base/parallel.h"
#include <omp.h>

namespace loom {
namespace {

Error preparationFailed(const dnnl::error& failure) {
  return {ErrorKind::device, "cpu", say("oneDNN could not prepare the network ({})", foreign(failure.what())),
          say("Choose the device reference, or run loom doctor")};
}

class OnednnBackend : public Backend {
 public:
  std::string name() const override { return "onednn"; }

  std::vector<Device> devices() const override {
    const int cores = usableCores();
    const std::string processor = os::processorName();
    Device device;
    device.id = "cpu";
    device.name = (processor.empty() ? "Processor" : processor) + ", " + std::to_string(cores) +
                  (cores == 1 ? " core" : " cores");
    device.backend = name();
    device.memoryBytes = static_cast<std::int64_t>(os::memory().total);
    device.note = say("{}", std::string_view(onednn::chooseKernels().name));
    return {device};
  }

  Status supports(const Plan& plan, const Step& step) const override {
    if (step.op == nullptr ||
        (onednn::findLowering(step.op->name) == nullptr && step.op->reference32 == nullptr))
      return Error{ErrorKind::device, "cpu",
                   say("The step {} has no kernel here", step.op == nullptr ? "?" : step.op->name),
                   say("Choose the device reference")};
    (void)plan;
    return {};
  }

  Result<std::int64_t> workspace(const Plan& plan) const override {
    try {
      const onednn::Machine machine;
      onednn::Storage storage(plan);
      const auto kernels = onednn::chooseKernels();
      const int threads = onednn::chooseThreads(plan, 0);
      omp_set_num_threads(threads);
      const auto layout = onednn::layOut(machine, plan, storage, kernels, threads);
      return storage.bytes() + layout.arenaBytes + layout.scratchBytes;
    } catch (const dnnl::error& error) {
      return preparationFailed(error);
    }
  }

  Result<std::unique_ptr<Executable>> prepare(std::shared_ptr<const Plan> plan,
                                              const PrepareOptions& options) const override {
    for (const auto& program : plan->programs)
      for (const auto& step : program.steps)
        if (auto status = supports(*plan, step); !status) return status.error();
    try {
      const int threads = onednn::chooseThreads(*plan, options.threads);
      return onednn::CpuExecutable::create(std::move(plan), threads);
    } catch (const dnnl::error& error) {
      return preparationFailed(error);
    }
  }
};

} // namespace

const Backend& onednnBackend() {
  static const OnednnBackend backend;
  return backend;
}

} // namespace loom
