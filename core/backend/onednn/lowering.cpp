// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/lowering.h"
#include <algorithm>
#include <cassert>
#include <cstring>

namespace loom::onednn {
namespace {

// A primitive with its bound memory: nothing is looked up when it runs.
struct PrimitiveCall {
  dnnl::primitive primitive;
  std::vector<dnnl::memory> memories;
  std::vector<dnnl_exec_arg_t> arguments;
};

std::size_t index(TensorId id) { return static_cast<std::size_t>(id); }

} // namespace

Lowering::Lowering(const Machine& machine, const Plan& plan, const Program& program, Storage& storage,
                   const KernelSet& kernels, int threads)
    : machine_(machine), plan_(plan), program_(program), storage_(storage), kernels_(kernels),
      threads_(threads), fusions_(findFusions(plan, program, kernels)), lastReader_(plan.tensors.size(), -1),
      readers_(readersOf(plan, program)), outside_(readOutside(plan, program)), values_(plan.tensors.size()),
      keptSlots_(plan.tensors.size(), -1) {
  countReaders();
}

void Lowering::countReaders() {
  for (std::size_t t = 0; t < readers_.size(); ++t)
    for (const int reader : readers_[t]) lastReader_[t] = std::max(lastReader_[t], reader);
  // A fused step reads what the steps it swallowed would have read.
  const auto reads = [&](TensorId id, std::size_t step) {
    lastReader_[index(id)] = std::max(lastReader_[index(id)], static_cast<int>(step));
  };
  for (std::size_t i = 0; i < fusions_.size(); ++i) {
    if (fusions_[i].diffDst != noTensor) reads(fusions_[i].diffDst, i);
    const auto& fused = fusions_[i].convPool;
    if (fused && static_cast<int>(i) == fused->poolBackward)
      reads(program_.steps[static_cast<std::size_t>(fused->pool)].dst[0], i);
  }
}

Lowered Lowering::lower() {
  for (std::size_t i = 0; i < program_.steps.size(); ++i) {
    step_ = static_cast<int>(i);
    const Step& step = program_.steps[i];
    if (fusions_[i].skipped) continue;
    if (fusions_[i].convPool) {
      lowerConvPool(*this, program_);
      continue;
    }
    const LowerStep lowerStep = findLowering(step.op->name);
    if (lowerStep != nullptr && lowerStep(*this, step)) continue;
    unfuse(i);
    lowerByReference(*this, step);
  }
  for (const auto& port : program_.outputs) {
    const Value result = value(port.tensor);
    lowered_.slots[static_cast<std::size_t>(result.slot)].toEnd = true;
    if (!storage_.keeps(port.tensor)) lowered_.outputs[port.tensor] = result;
  }
  for (const auto& port : program_.metrics) {
    const Value result = value(port.tensor);
    lowered_.slots[static_cast<std::size_t>(result.slot)].toEnd = true;
    lowered_.metrics.push_back(result);
  }
  return std::move(lowered_);
}

bool Lowering::readOnlyBy(TensorId id, std::string_view op) const {
  return std::ranges::all_of(readers_[index(id)], [&](int reader) {
    return program_.steps[static_cast<std::size_t>(reader)].op->name == op;
  });
}

// The reference knows no fused ReLU: give the steps that were swallowed back.
void Lowering::unfuse(std::size_t step) {
  const TensorId relu = fusions_[step].relu;
  if (relu == noTensor) return;
  fusions_[step].relu = noTensor;
  for (std::size_t i = step + 1; i < program_.steps.size(); ++i) {
    const Step& other = program_.steps[i];
    if (other.op->name == "relu" && other.dst[0] == relu) fusions_[i].skipped = false;
    if (other.op->name != "relu_backward" || other.src[0] != relu) continue;
    for (auto& fusion : fusions_) // a batch norm's; a convolution's gradient that swallowed it keeps it
      if (fusion.diffDst == other.src[1]) {
        fusion.diffDst = noTensor;
        fusions_[i].skipped = false;
      }
  }
}

Slot Lowering::addSlot(SlotInfo info) {
  lowered_.slots.push_back(info);
  return static_cast<Slot>(lowered_.slots.size()) - 1;
}

Value Lowering::kept(TensorId id) {
  auto& slot = keptSlots_[index(id)];
  const Desc& desc = storage_.desc(id);
  if (slot < 0) slot = addSlot({.bytes = bytesOf(desc), .kept = id});
  return {slot, desc, nextId_++};
}

Value Lowering::value(TensorId id) {
  auto& value = values_[index(id)];
  if (value.slot < 0) {
    // A temporary that no step has written yet reads as zeros would; only a plan made by hand can ask for
    // one.
    value = storage_.keeps(id) ? kept(id) : fresh(plainDesc(tensor(id).dims, tensor(id).dtype == DType::i32));
    auto& last = lowered_.slots[static_cast<std::size_t>(value.slot)].lastReader;
    last = std::max(last, lastReader_[index(id)]);
  }
  return value;
}

Value Lowering::plain(TensorId id) {
  return to(value(id), plainDesc(tensor(id).dims, tensor(id).dtype == DType::i32));
}

Value Lowering::view(const Value& plainValue, const Desc& desc) const {
  assert(elementsOf(plainValue.desc) == elementsOf(desc));
  return {plainValue.slot, desc, plainValue.id};
}

Value Lowering::to(const Value& value, const Desc& desc) {
  if (sameOrder(value.desc, desc)) return {value.slot, desc, value.id};
  for (const auto& [from, made] : converted_)
    if (from.id == value.id && from.desc == value.desc && made.desc == desc) return made;
  Value made;
  if (dimsOf(value.desc) == dimsOf(desc)) {
    made = fresh(desc);
    copy(value, made);
  } else {
    const Value rows = to(value, plainDesc(dimsOf(value.desc), isInts(value.desc)));
    made = to(view(rows, plainDesc(dimsOf(desc), isInts(desc))), desc);
  }
  // Readers of the original may come back for this copy.
  lowered_.slots[static_cast<std::size_t>(made.slot)].lastReader =
      lowered_.slots[static_cast<std::size_t>(value.slot)].lastReader;
  converted_.emplace_back(value, made);
  return made;
}

void Lowering::copy(const Value& from, const Value& to) {
  if (sameOrder(from.desc, to.desc)) {
    call({from, to}, [from, to](const Binder& binder) -> Action {
      const auto* source = binder.at<std::byte>(from);
      auto* target = binder.at<std::byte>(to);
      const auto bytes = static_cast<std::size_t>(bytesOf(to.desc));
      return [=] { std::memcpy(target, source, bytes); };
    });
    return;
  }
  if (const auto prepared = reorder(machine_, from.desc, to.desc))
    primitive(*prepared, {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
  else
    throw dnnl::error(dnnl_unimplemented, "no reorder between two layouts");
}

bool Lowering::layoutOpen(TensorId id) const {
  return tensor(id).kind == TensorKind::parameter && !storage_.decided(id);
}

const Desc* Lowering::keptLayout(TensorId id) const {
  if (!storage_.keeps(id) || !storage_.decided(id)) return nullptr;
  return &storage_.desc(id);
}

Value Lowering::weights(TensorId id, const Desc& desc) {
  if (layoutOpen(id)) storage_.decide(id, desc);
  return to(value(id), desc);
}

Value Lowering::fresh(const Desc& desc) { return {addSlot({.bytes = bytesOf(desc)}), desc, nextId_++}; }

Value Lowering::freshBytes(std::int64_t bytes) { return {addSlot({.bytes = bytes}), Desc(), nextId_++}; }

Value Lowering::result(TensorId id, const Desc& desc) {
  if (id == noTensor || !storage_.keeps(id)) return fresh(desc);
  const Value place = kept(id);
  return sameOrder(place.desc, desc) ? Value{place.slot, desc, place.id} : fresh(desc);
}

Value Lowering::resultOver(TensorId id, TensorId src) {
  const Value from = value(src);
  const auto& slot = lowered_.slots[static_cast<std::size_t>(from.slot)];
  const bool dies = slot.kept == noTensor && !slot.toEnd && slot.lastReader <= step_;
  if (id != noTensor && !storage_.keeps(id) && dies && !outside_[index(src)])
    return {from.slot, from.desc, nextId_++};
  return result(id, from.desc);
}

void Lowering::finish(TensorId id, const Value& value) {
  if (id == noTensor) return;
  Value place = value;
  if (storage_.keeps(id)) {
    place = kept(id);
    if (place.slot != value.slot) {
      const bool sameDims = dimsOf(place.desc) == dimsOf(value.desc);
      const Desc rows = plainDesc(dimsOf(place.desc), isInts(place.desc));
      copy(sameDims ? value : view(to(value, plainDesc(dimsOf(value.desc), isInts(value.desc))), rows),
           place);
    }
  }
  values_[index(id)] = place;
  auto& last = lowered_.slots[static_cast<std::size_t>(place.slot)].lastReader;
  last = std::max(last, lastReader_[index(id)]);
}

void Lowering::call(const std::vector<Value>& touches, Bind bind) {
  RecordedAction action{.touches = {}, .bind = std::move(bind), .step = step_};
  for (const auto& value : touches)
    if (value.slot >= 0) action.touches.push_back(value.slot);
  lowered_.actions.push_back(std::move(action));
}

void Lowering::primitive(const Prepared& prepared, std::vector<std::pair<int, Value>> arguments) {
  lowered_.scratchBytes = std::max(lowered_.scratchBytes, prepared.scratch);
  std::vector<Value> touches;
  for (const auto& argument : arguments) touches.push_back(argument.second);
  call(touches,
       [primitive = prepared.primitive, scratch = prepared.scratch,
        arguments = std::move(arguments)](const Binder& binder) -> Action {
         auto call = std::make_shared<PrimitiveCall>();
         call->primitive = primitive;
         for (const auto& [argument, value] : arguments)
           call->memories.emplace_back(value.desc, binder.machine->engine, binder.at<void>(value));
         if (scratch > 0)
           call->memories.emplace_back(
               Desc({scratch}, dnnl::memory::data_type::u8, dnnl::memory::format_tag::a),
               binder.machine->engine, binder.scratch);
         for (std::size_t i = 0; i < arguments.size(); ++i)
           call->arguments.push_back({arguments[i].first, call->memories[i].get()});
         if (scratch > 0) call->arguments.push_back({DNNL_ARG_SCRATCHPAD, call->memories.back().get()});
         dnnl_stream_t stream = binder.machine->stream.get();
         return [call, stream, failed = binder.failed] {
           if (dnnl_primitive_execute(call->primitive.get(), stream, static_cast<int>(call->arguments.size()),
                                      call->arguments.data()) != dnnl_success)
             *failed = true;
         };
       });
}

} // namespace loom::onednn
