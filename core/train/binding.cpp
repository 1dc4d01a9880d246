// SPDX-License-Identifier: Apache-2.0
#include "core/train/binding.h"
#include "core/base/parallel.h"
#include <algorithm>
#include <cstring>

namespace loom {
namespace {

// Gathering fewer bytes than this takes less time than waking another thread.
constexpr std::int64_t worthAWorker = 1 << 20;

} // namespace

Binding::Binding(const Plan& plan, int program, Executable& executable, const Material& material)
    : executable_(executable), material_(material), gatherer_(material.data, material.normalisation) {
  const Program& what = plan.programs[static_cast<std::size_t>(program)];
  batch_ = what.batch;
  const auto widthOf = [&](TensorId id) {
    return plan.tensor(id).elements() / std::max<std::int64_t>(batch_, 1);
  };
  const auto make = [&](TensorId id) {
    Slot slot;
    slot.tensor = id;
    slot.width = widthOf(id);
    slot.labels = plan.tensor(id).dtype == DType::i32;
    slot.memory = executable.inPlace(id);
    if (slot.memory.empty()) {
      slot.staging.resize(static_cast<std::size_t>(plan.tensor(id).elements()) * 4);
      slot.memory = slot.staging;
    }
    return slot;
  };
  for (const Port& port : what.inputs) inputs_.push_back(make(port.tensor));
  for (const Port& port : what.targets) targets_.push_back(make(port.tensor));
  if (what.sample != noTensor) sample_ = make(what.sample);
}

void Binding::handOver(Slot& slot) const {
  if (!slot.staging.empty()) executable_.write(slot.tensor, slot.memory);
}

void Binding::fillTargets(Slot& slot, const std::uint32_t* samples) const {
  const Dataset& data = material_.data;
  const auto count = static_cast<std::size_t>(batch_), width = static_cast<std::size_t>(slot.width);
  if (slot.labels) {
    auto* out = reinterpret_cast<std::int32_t*>(slot.memory.data());
    for (std::size_t i = 0; i < count; ++i) out[i] = data.labels[samples[i]];
    return;
  }
  auto* out = reinterpret_cast<float*>(slot.memory.data());
  if (data.targets.empty()) {
    for (std::size_t i = 0; i < count; ++i)
      for (std::size_t k = 0; k < width; ++k) {
        const auto label = static_cast<std::size_t>(data.labels[samples[i]]);
        *out++ = width == 1 ? static_cast<float>(label) : label == k ? 1.0f : 0.0f;
      }
    return;
  }
  const Normalisation& scale = material_.normalisation;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t k = 0; k < width; ++k) {
      const double value = data.targets[samples[i] * width + k];
      *out++ = static_cast<float>((value - scale.targetMean[k]) / scale.targetStd[k]);
    }
}

void Binding::fill(const std::uint32_t* samples, const float* values) {
  for (Slot& slot : inputs_) {
    if (values)
      std::memcpy(slot.memory.data(), values, slot.memory.size());
    else
      gatherer_.gather(samples, batch_, reinterpret_cast<float*>(slot.memory.data()));
    handOver(slot);
  }
  for (Slot& slot : targets_) {
    fillTargets(slot, samples);
    handOver(slot);
  }
  if (sample_.tensor == noTensor) return;
  std::memcpy(sample_.memory.data(), samples, sample_.memory.size());
  handOver(sample_);
}

Feed::Feed(const Machine& machine, const Material& material, const TrainSettings& settings,
           std::int64_t epoch, std::int64_t batch)
    : material_(material), seed_(settings.seed), batchSize_(settings.batch), epoch_(epoch), index_(batch) {
  const auto count = static_cast<std::int64_t>(material.split.train.size());
  perEpoch_ = (count + batchSize_ - 1) / batchSize_;
  for (std::int64_t size : batchSizes(count, batchSize_)) {
    const int program = machine.plan->find(ProgramKind::train, size);
    entries_.push_back(
        {program, std::make_unique<Binding>(*machine.plan, program, *machine.executable, material)});
  }
  // A worker beside a team that holds every core takes a core away from it: the same order is made here then.
  const auto cores = usableCores();
  const std::int64_t bytes = batchSize_ * material.data.sampleElements() * 4;
  if (settings.workers > 0 && cores > machine.executable->threads() && bytes >= worthAWorker)
    ahead_ = makeBatches(material.data, material.normalisation, material.split.train, batchSize_, seed_,
                         static_cast<std::uint32_t>(epoch), batch, settings.workers);
  else
    order_ = epochOrder(material.split.train, seed_, static_cast<std::uint32_t>(epoch));
}

Feed::~Feed() = default;

Feed::Next Feed::next() {
  if (index_ == perEpoch_) {
    index_ = 0;
    ++epoch_;
    if (!ahead_) order_ = epochOrder(material_.split.train, seed_, static_cast<std::uint32_t>(epoch_));
  }
  const std::int64_t first = index_++ * batchSize_;
  const auto count = static_cast<std::int64_t>(material_.split.train.size());
  const std::int64_t samples = std::min(batchSize_, count - first);
  Entry& entry = entries_[0].binding->batch() == samples ? entries_[0] : entries_.back();
  if (ahead_) {
    const Batch& batch = ahead_->next();
    // Sample numbers are below 2^31, the two types agree in their bits.
    entry.binding->fill(reinterpret_cast<const std::uint32_t*>(batch.samples.data()), batch.values.data());
  } else {
    entry.binding->fill(order_.data() + first, nullptr);
  }
  return {entry.program, samples};
}

} // namespace loom
