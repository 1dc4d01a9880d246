// SPDX-License-Identifier: Apache-2.0
// The plug-in's frame: finds the GPUs and says what they are, or why there are none. The executable behind it
// comes next.
#include "core/backend/abi.h"
#include "core/backend/backend.h"
#include <cuda_runtime_api.h>
#include <fstream>

namespace loom {
namespace {

Message notYet() { return say("this version trains on the CPU only; the GPU backend comes next"); }

Message cudaVersion(int version) { return say("CUDA {}.{}", version / 1000, version % 1000 / 10); }

// The kernel module tells its own version; the runtime knows only the CUDA version that the driver can serve.
Message driverText() {
  std::string module;
  std::getline(std::ifstream("/sys/module/nvidia/version"), module);
  int served = 0;
  cudaDriverGetVersion(&served);
  return module.empty() ? say("driver of unknown version ({})", cudaVersion(served))
                        : say("driver {} ({})", module, cudaVersion(served));
}

Message whyNone(cudaError_t failure) {
  int served = 0;
  const bool driver = cudaDriverGetVersion(&served) == cudaSuccess && served > 0;
  if (!driver) return say("no NVIDIA driver: libcuda.so.1 not found");
  if (failure == cudaErrorNoDevice || failure == cudaSuccess)
    return say("no NVIDIA GPU found; {}", driverText());
  if (failure == cudaErrorInsufficientDriver)
    return say("the NVIDIA {} is older than {}, which this build needs", driverText(),
               cudaVersion(CUDART_VERSION));
  return say("the NVIDIA driver fails: {}", foreign(cudaGetErrorString(failure)));
}

Device none(Message why) {
  Device device;
  device.id = device.backend = "cuda";
  device.name = "NVIDIA GPU";
  device.note = std::move(why);
  device.usable = false;
  return device;
}

class CudaBackend : public Backend {
 public:
  std::string name() const override { return "cuda"; }

  std::vector<Device> devices() const override {
    int count = 0;
    if (const cudaError_t failure = cudaGetDeviceCount(&count); failure != cudaSuccess || count == 0)
      return {none(whyNone(failure))};
    std::vector<Device> found;
    for (int index = 0; index < count; ++index) {
      Device device = none(notYet());
      device.id = "cuda:" + std::to_string(index);
      cudaDeviceProp properties{};
      if (const cudaError_t failure = cudaGetDeviceProperties(&properties, index); failure == cudaSuccess) {
        device.name = properties.name;
        device.memoryBytes = static_cast<std::int64_t>(properties.totalGlobalMem);
        device.note = say("compute capability {}.{}, {}; {}", properties.major, properties.minor,
                          driverText(), notYet());
      } else {
        device.note = foreign(cudaGetErrorString(failure));
      }
      found.push_back(std::move(device));
    }
    return found;
  }

  Status supports(const Plan&, const Step&) const override { return refusal(); }
  Result<std::int64_t> workspace(const Plan&) const override { return refusal(); }
  Result<std::unique_ptr<Executable>> prepare(std::shared_ptr<const Plan>,
                                              const PrepareOptions&) const override {
    return refusal();
  }

 private:
  static Error refusal() {
    return {ErrorKind::device, say("device cuda"), notYet(), say("choose the device cpu")};
  }
};

} // namespace
} // namespace loom

extern "C" const char* loom_abi() {
  static const std::string stamp = loom::abiStamp();
  return stamp.c_str();
}

extern "C" const loom::Backend* loom_backend() {
  static const loom::CudaBackend backend;
  return &backend;
}
