// SPDX-License-Identifier: Apache-2.0
// One program on its way from the plan's steps to a flat list of prepared actions: where each tensor lies and
// in which layout, reorders where a reader wants another one, and what may be written over what. Lowering
// takes no memory: actions are bound to addresses when everything has its place.
#pragma once
#include "core/backend/onednn/adapter.h"
#include "core/backend/onednn/fusion.h"
#include "core/backend/onednn/kernels/kernels.h"
#include "core/backend/onednn/storage.h"
#include "core/plan/memory.h"
#include <algorithm>
#include <functional>
#include <map>

namespace loom::onednn {

using Slot = int; // a piece of memory of one program: a kept tensor's, or a place in the arena

// What a tensor is at one point of the program. The layout's dims may differ from the tensor's (a flattened
// map keeps its N,C,H,W blocks) as long as both count the same elements in the same row-major order.
struct Value {
  Slot slot = -1;
  Desc desc;
  int id = -1; // one for each time memory is written
};

using Action = std::function<void()>;

// Addresses, known when an executable has taken its memory.
struct Binder {
  const Machine* machine = nullptr;
  std::vector<std::byte*> slots;
  std::byte* scratch = nullptr;
  bool* failed = nullptr; // set by an action that could not do its work
  template<class T> T* at(const Value& value) const {
    return reinterpret_cast<T*>(slots[static_cast<std::size_t>(value.slot)]);
  }
};
using Bind = std::function<Action(const Binder& binder)>;

struct SlotInfo {
  std::int64_t bytes = 0;
  TensorId kept = noTensor;
  bool toEnd = false;  // read after the program: outputs and metrics
  int lastReader = -1; // last step that reads a tensor lying here
};

struct RecordedAction {
  std::vector<Slot> touches;
  Bind bind;
  int step = 0; // index into Program::steps
};

struct Lowered {
  std::vector<SlotInfo> slots;
  std::vector<RecordedAction> actions;
  std::map<TensorId, Value> outputs; // what can be read after a run beside the kept tensors
  std::vector<Value> metrics;        // in the order of Program::metrics
  std::int64_t scratchBytes = 0;
};

class Lowering {
 public:
  Lowering(const Machine& machine, const Plan& plan, const Program& program, Storage& storage,
           const KernelSet& kernels, int threads);
  // All steps; throws dnnl::error only where oneDNN refuses what it promised.
  Lowered lower();

  // What the functions that lower a step may ask.
  const Machine& machine() const { return machine_; }
  const KernelSet& kernels() const { return kernels_; }
  int threads() const { return threads_; }
  bool training() const { return program_.kind != ProgramKind::evaluate; }
  const Plan& plan() const { return plan_; }
  const Tensor& tensor(TensorId id) const { return plan_.tensor(id); }
  int stepIndex() const { return step_; }
  const StepFusion& fusion() const { return fusions_[static_cast<std::size_t>(step_)]; }
  // Do only steps of this op read the tensor?
  bool readOnlyBy(TensorId id, std::string_view op) const;

  // Memory. A noTensor as result gives memory that nobody reads.
  Value value(TensorId id);
  Value plain(TensorId id);                                    // row-major in the tensor's own dims
  Value to(const Value& value, const Desc& desc);              // reordered, unless it lies so already
  Value view(const Value& plainValue, const Desc& desc) const; // the same bytes under other dims
  Value weights(TensorId id, const Desc& desc);                // decides a parameter's layout when it is open
  bool layoutOpen(TensorId id) const;                          // a parameter whose layout nothing has decided
  const Desc* keptLayout(TensorId id) const;                   // null while it is open or id is a temporary
  // Memory at Binder::scratch, shared by all actions one after the other and therefore warm in the caches.
  void wantScratch(std::int64_t bytes) { lowered_.scratchBytes = std::max(lowered_.scratchBytes, bytes); }
  Value fresh(const Desc& desc);
  Value freshBytes(std::int64_t bytes);
  Value result(TensorId id, const Desc& desc);
  Value resultOver(TensorId id, TensorId src);  // over src's memory when this step is its last reader
  void finish(TensorId id, const Value& value); // the tensor is this value from here on

  // Actions.
  void call(const std::vector<Value>& touches, Bind bind);
  void primitive(const Prepared& prepared, std::vector<std::pair<int, Value>> arguments);
  void copy(const Value& from, const Value& to); // same order of elements

  // Notes that a forward step leaves for its backward step.
  std::map<TensorId, std::vector<Value>> notes;

 private:
  Value kept(TensorId id);
  Slot addSlot(SlotInfo info);
  void countReaders();
  void unfuse(std::size_t step);

  const Machine& machine_;
  const Plan& plan_;
  const Program& program_;
  Storage& storage_;
  const KernelSet& kernels_;
  int threads_;
  std::vector<StepFusion> fusions_;
  std::vector<int> lastReader_;                    // by tensor: index of the last step that reads it
  std::vector<std::vector<int>> readers_;          // by tensor
  std::vector<bool> outside_;                      // by tensor: read after the program
  std::vector<Value> values_;                      // by tensor
  std::vector<Slot> keptSlots_;                    // by tensor
  std::vector<std::pair<Value, Value>> converted_; // from, to
  Lowered lowered_;
  int step_ = 0;
  int nextId_ = 0;
};

// One function an op; false: not this combination, the reference computes it (see lower_reference.cpp).
using LowerStep = bool (*)(Lowering& lowering, const Step& step);
LowerStep findLowering(std::string_view op);
void lowerByReference(Lowering& lowering, const Step& step);
// The current step begins or ends a fused convolution (lower_conv_pool.cpp).
void lowerConvPool(Lowering& lowering, const Program& program);

} // namespace loom::onednn
