// SPDX-License-Identifier: Apache-2.0
// The narrow waist: who executes a Plan. Preparing is slow and does everything that can fail; running
// allocates nothing, dispatches nothing, looks nothing up.
#pragma once
#include "core/plan/plan.h"
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace loom {

struct Device {
  std::string id;      // "cpu", "reference", "cuda:0": what --device takes
  std::string name;    // as a person knows it: "AMD EPYC, 2 cores"
  std::string backend; // "onednn", "reference", "cuda"
  std::int64_t memoryBytes = 0;
  Message note; // instruction set or driver; or why it cannot be used
  bool usable = true;
};

struct PrepareOptions {
  int threads = 0; // 0: the backend's rule decides; the count used is Executable::threads()
};

// Metrics of one run of one program, in the order of Program::metrics. The values lie in the executable's
// ring: they hold until 1,024 runs later, so that taking a row allocates nothing.
struct MetricRow {
  int program = 0;
  std::uint64_t run = 0; // counts runs of this executable from 0
  std::span<const float> values;
};

// Not thread safe: all calls come from one thread for the executable's life (the OpenMP team belongs to it).
// Starts with all parameters, moments and states zero.
class Executable {
 public:
  virtual ~Executable() = default;
  virtual Status run(int program) = 0; // index into Plan::programs
  // Row-major f32 or i32 in PyTorch's dims, whatever the inner layout; byte counts must match exactly
  // (asserted).
  virtual void write(TensorId tensor, std::span<const std::byte> values) = 0;
  virtual void read(TensorId tensor, std::span<std::byte> values) const = 0;
  // An input's own memory when it is row-major there, so that a batch can be gathered straight into it; empty
  // if not.
  virtual std::span<std::byte> inPlace(TensorId input) = 0;
  // Appends; the ring holds 1,024 rows, older ones are lost.
  virtual void drain(std::vector<MetricRow>& rows) = 0;
  virtual std::int64_t memoryBytes() const = 0; // all that prepare took
  virtual int threads() const = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string name() const = 0;
  virtual std::vector<Device> devices() const = 0;
  // Ok, or why this step cannot run here.
  virtual Status supports(const Plan& plan, const Step& step) const = 0;
  virtual Result<std::int64_t> workspace(const Plan& plan) const = 0; // bytes prepare would take, estimated
  virtual Result<std::unique_ptr<Executable>> prepare(std::shared_ptr<const Plan> plan,
                                                      const PrepareOptions& options) const = 0;
};

// "onednn", "reference" (float) and "reference64" (double; read and write still speak f32) are built in;
// "cuda" comes from a plug-in beside the program. The list is explicit in core/backend/registry.cpp; pointers
// live as long as the process.
std::vector<const Backend*> backends();
const Backend* findBackend(std::string_view name);
// All devices of all backends, "cpu" first; a plug-in that could not be opened appears with usable = false
// and the reason.
std::vector<Device> allDevices();
// The device for "auto", "cpu", "cuda:0", "reference"; kind device when it is missing, with the list of what
// there is.
Result<Device> chooseDevice(std::string_view id);

} // namespace loom
