// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/storage.h"
#include "core/base/os/machine.h"
#include <cstring>
#include <map>
#include <new>

namespace loom::onednn {
namespace {

constexpr std::int64_t line = 64, page = 4096;
// Planes that begin at the same place within a page make a load wait for an older store of another plane.
constexpr std::int64_t planeStagger = 17 * line;

std::int64_t roundedUp(std::int64_t value, std::int64_t unit) { return (value + unit - 1) / unit * unit; }

// The maps of a batch are thousands of small pages, and a virtual machine looks each up in two tables. Only a
// wish: the system may say no.
void wantLargePages(std::byte* memory, std::size_t size) {
  constexpr std::uintptr_t large = 2 << 20;
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const auto begin = (address + large - 1) / large * large, end = (address + size) / large * large;
  if (begin < end) os::preferLargePages(memory + (begin - address), end - begin);
}

} // namespace

void Buffer::Free::operator()(std::byte* memory) const { ::operator delete(memory, std::align_val_t(page)); }

Status Buffer::allocate(std::int64_t bytes) {
  const auto size = static_cast<std::size_t>(std::max(bytes, line));
  data_.reset(static_cast<std::byte*>(::operator new(size, std::align_val_t(page), std::nothrow)));
  if (data_ == nullptr)
    return Error{ErrorKind::memory, "cpu",
                 say("The training needs {} more memory than there is", Bytes{size}),
                 say("Use a smaller batch or a smaller network")};
  wantLargePages(data_.get(), size);
  std::memset(data_.get(), 0, size);
  bytes_ = static_cast<std::int64_t>(size);
  return {};
}

Storage::Storage(const Plan& plan)
    : plan_(plan), layouts_(plan.tensors.size()), offsets_(plan.tensors.size(), -1) {}

std::size_t Storage::root(TensorId tensor) const {
  const auto& t = plan_.tensor(tensor);
  const bool follows =
      (t.kind == TensorKind::gradient || t.kind == TensorKind::moment) && t.owner != noTensor;
  return static_cast<std::size_t>(follows ? t.owner : tensor);
}

const Desc& Storage::desc(TensorId tensor) {
  auto& layout = layouts_[root(tensor)];
  if (!layout) layout = plainDesc(plan_.tensor(tensor).dims, plan_.tensor(tensor).dtype == DType::i32);
  return *layout;
}

std::int64_t Storage::space(TensorId tensor) { return roundedUp(bytesOf(desc(tensor)), line); }

void Storage::place() {
  // Parameters first; every gradient and moment takes its parameter's offset within its own plane.
  std::vector<std::int64_t> offsetInPlane(plan_.tensors.size(), -1);
  std::int64_t planeBytes = 0;
  for (const TensorId parameter : plan_.parameters) {
    offsetInPlane[static_cast<std::size_t>(parameter)] = planeBytes;
    planeBytes += space(parameter);
  }
  const std::int64_t planeSpace = roundedUp(planeBytes, page) + planeStagger;
  bytes_ = planeSpace;
  std::map<std::pair<TensorKind, int>, std::int64_t> planes;
  for (std::size_t i = 0; i < plan_.tensors.size(); ++i) {
    const auto& t = plan_.tensors[i];
    const auto id = static_cast<TensorId>(i);
    if (t.kind == TensorKind::temporary) continue;
    const std::int64_t within = offsetInPlane[root(id)];
    if (t.kind == TensorKind::parameter && within >= 0) {
      offsets_[i] = within;
    } else if ((t.kind == TensorKind::gradient || t.kind == TensorKind::moment) && within >= 0) {
      const auto [plane, isNew] = planes.try_emplace({t.kind, t.plane}, bytes_);
      if (isNew) bytes_ += planeSpace;
      offsets_[i] = plane->second + within;
    }
  }
  for (std::size_t i = 0; i < plan_.tensors.size(); ++i) {
    const auto id = static_cast<TensorId>(i);
    if (offsets_[i] >= 0 || plan_.tensors[i].kind == TensorKind::temporary) continue;
    offsets_[i] = bytes_;
    bytes_ += space(id);
  }
  plain_.resize(plan_.tensors.size());
  for (std::size_t i = 0; i < plan_.tensors.size(); ++i)
    if (offsets_[i] >= 0) plain_[i] = isPlain(desc(static_cast<TensorId>(i)));
}

} // namespace loom::onednn
