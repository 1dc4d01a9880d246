// SPDX-License-Identifier: Apache-2.0
#include "core/data/batches.h"
#include "core/base/random.h"
#include "core/data/gatherer.h"
#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace loom {

std::vector<std::uint32_t> epochOrder(const std::vector<std::uint32_t>& part, std::uint64_t seed,
                                      std::uint32_t epoch) {
  auto order = randomPermutation({seed, streamShuffle, epoch}, static_cast<std::uint32_t>(part.size()));
  for (std::uint32_t& place : order) place = part[place];
  return order;
}

namespace {

// Walks the batches of one epoch after the other and fills them.
class Walk {
 public:
  Walk(const Dataset& data, const Normalisation& normalisation, std::vector<std::uint32_t> part,
       std::int64_t batch, std::uint64_t seed, std::uint32_t epoch, std::int64_t index)
      : data_(data), gatherer_(data, normalisation), part_(std::move(part)), batch_(batch), seed_(seed),
        epoch_(epoch), index_(index) {
    if (!empty()) {
      epoch_ += static_cast<std::uint32_t>(index_ / perEpoch());
      index_ %= perEpoch();
      order_ = epochOrder(part_, seed_, epoch_);
    }
  }

  bool empty() const { return part_.empty() || batch_ <= 0; }
  std::int64_t bytesPerBatch() const {
    return batch_ * data_.sampleElements() * static_cast<std::int64_t>(sizeof(float));
  }

  // Takes the memory of a full batch, so that fill() takes none.
  void reserve(Batch& batch) const {
    const auto count =
        static_cast<std::size_t>(std::min<std::int64_t>(batch_, static_cast<std::int64_t>(part_.size())));
    batch.values.resize(count * static_cast<std::size_t>(data_.sampleElements()));
    batch.samples.reserve(count);
  }

  void fill(Batch& batch) {
    const std::int64_t first = index_ * batch_;
    const std::int64_t count =
        std::min<std::int64_t>(batch_, static_cast<std::int64_t>(order_.size()) - first);
    const std::uint32_t* samples = order_.data() + first;
    batch.size = count;
    batch.epoch = epoch_;
    batch.index = index_;
    batch.values.resize(static_cast<std::size_t>(count * data_.sampleElements()));
    gatherer_.gather(samples, count, batch.values.data());
    batch.samples.assign(samples, samples + count);
    if (++index_ == perEpoch()) {
      index_ = 0;
      order_ = epochOrder(part_, seed_, ++epoch_);
    }
  }

 private:
  std::int64_t perEpoch() const { return (static_cast<std::int64_t>(part_.size()) + batch_ - 1) / batch_; }

  const Dataset& data_;
  Gatherer gatherer_;
  std::vector<std::uint32_t> part_, order_;
  std::int64_t batch_;
  std::uint64_t seed_;
  std::uint32_t epoch_;
  std::int64_t index_;
};

class DirectBatches final : public Batches {
 public:
  explicit DirectBatches(Walk walk) : walk_(std::move(walk)) {
    if (!walk_.empty()) walk_.reserve(batch_);
  }
  const Batch& next() override {
    if (!walk_.empty()) walk_.fill(batch_);
    return batch_;
  }

 private:
  Walk walk_;
  Batch batch_;
};

// A ring of batches. The worker fills what is free; it is woken when half of the ring is, so that small
// batches do not cost a switch of threads each. The slot lent to the reader is the one at given_ - 1.
class AheadBatches final : public Batches {
 public:
  explicit AheadBatches(Walk walk) : walk_(std::move(walk)) {
    constexpr std::int64_t ringBytes = 8 << 20, fewest = 4, most = 64;
    ring_.resize(static_cast<std::size_t>(
        std::clamp(ringBytes / std::max<std::int64_t>(walk_.bytesPerBatch(), 1), fewest, most)));
    for (Batch& slot : ring_) walk_.reserve(slot);
    worker_ = std::thread([this] { work(); });
  }

  ~AheadBatches() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    room_.notify_one();
    worker_.join();
  }

  const Batch& next() override {
    std::unique_lock lock(mutex_);
    freed_ = given_;
    if (workerWaits_ && (filled_ - freed_) * 2 <= ring_.size()) {
      workerWaits_ = false;
      room_.notify_one();
    }
    ready_.wait(lock, [this] { return filled_ > given_ || failure_; });
    if (filled_ == given_) std::rethrow_exception(failure_);
    return ring_[given_++ % ring_.size()];
  }

 private:
  void work() {
    try {
      for (std::uint64_t made = 0;; ++made) {
        if (!waitForRoom(made)) return;
        walk_.fill(ring_[made % ring_.size()]);
        const std::lock_guard lock(mutex_);
        filled_ = made + 1;
        ready_.notify_one();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      failure_ = std::current_exception();
      ready_.notify_one();
    }
  }

  bool waitForRoom(std::uint64_t made) {
    std::unique_lock lock(mutex_);
    if (made - freed_ >= ring_.size()) {
      workerWaits_ = true;
      room_.wait(lock, [this] { return !workerWaits_ || stop_; });
    }
    return !stop_;
  }

  Walk walk_;
  std::vector<Batch> ring_;
  std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::uint64_t filled_ = 0, given_ = 0, freed_ = 0; // counts since the start
  bool workerWaits_ = false, stop_ = false;
  std::exception_ptr failure_;
  std::thread worker_;
};

} // namespace

std::unique_ptr<Batches> makeBatches(const Dataset& data, const Normalisation& normalisation,
                                     const std::vector<std::uint32_t>& part, std::int64_t batch,
                                     std::uint64_t seed, std::uint32_t firstEpoch, std::int64_t firstBatch,
                                     int workers) {
  Walk walk(data, normalisation, part, batch, seed, firstEpoch, firstBatch);
  if (workers <= 0 || walk.empty()) return std::make_unique<DirectBatches>(std::move(walk));
  return std::make_unique<AheadBatches>(std::move(walk));
}

} // namespace loom
