// SPDX-License-Identifier: Apache-2.0
// Steps that move elements or only rename them.
#include "core/backend/onednn/lower_steps.h"
#include "core/backend/onednn/parallel.h"
#include <cstring>

namespace loom::onednn {
namespace {

std::size_t dimOf(const Step& step, std::size_t rank, std::int64_t standard) {
  const auto dim = step.attrs.getInt("dim", standard);
  return static_cast<std::size_t>(dim < 0 ? dim + static_cast<std::int64_t>(rank) : dim);
}

} // namespace

// Both tensors have the same elements in the same row-major order, so the blocked memory may keep its old
// dims.
bool lowerReshape(Lowering& l, const Step& step) {
  const Value src = l.value(step.src[0]);
  const Dims& dims = l.tensor(step.dst[0]).dims;
  const bool ints = isInts(src.desc);
  const Value dst = isPlain(src.desc) ? l.view(src, plainDesc(dims, ints)) : src;
  l.finish(step.dst[0], dst);
  return true;
}

bool lowerConcat(Lowering& l, const Step& step) {
  const Dims& dims = l.tensor(step.dst[0]).dims;
  std::vector<Value> parts;
  std::vector<Desc> descs;
  bool own = true;
  for (const TensorId src : step.src) own = own && dimsOf(l.value(src).desc) == l.tensor(src).dims;
  for (const TensorId src : step.src) {
    parts.push_back(own ? l.value(src) : l.plain(src));
    descs.push_back(parts.back().desc);
  }
  const auto prepared = concat(l.machine(), static_cast<int>(dimOf(step, dims.size(), 1)), descs);
  if (!prepared) return false;
  const Value dst = l.result(step.dst[0], prepared->dst);
  std::vector<std::pair<int, Value>> arguments = {{DNNL_ARG_DST, dst}};
  for (std::size_t i = 0; i < parts.size(); ++i)
    arguments.emplace_back(DNNL_ARG_MULTIPLE_SRC + static_cast<int>(i), parts[i]);
  l.primitive(*prepared, std::move(arguments));
  l.finish(step.dst[0], dst);
  return true;
}

bool lowerConcatBackward(Lowering& l, const Step& step) {
  const Dims& dims = l.tensor(step.src[0]).dims;
  const auto sizes = step.attrs.getInts("sizes");
  if (sizes.size() != step.dst.size()) return false;
  const std::size_t dim = dimOf(step, dims.size(), 1);
  std::int64_t outer = 1, inner = 1;
  for (std::size_t i = 0; i < dim; ++i) outer *= dims[i];
  for (std::size_t i = dim + 1; i < dims.size(); ++i) inner *= dims[i];
  const Value diffDst = l.plain(step.src[0]);
  const std::int64_t row = dims[dim] * inner;
  std::int64_t before = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t length = sizes[i] * inner, offset = before * inner;
    before += sizes[i];
    if (step.dst[i] == noTensor) continue;
    const Value diffSrc = l.result(step.dst[i], plainDesc(l.tensor(step.dst[i]).dims));
    l.call({diffDst, diffSrc}, [=, threads = l.threads()](const Binder& binder) {
      const float* from = binder.at<float>(diffDst) + offset;
      float* into = binder.at<float>(diffSrc);
      return Action([=] {
        split(threads, outer, elementGrain / length, 1, [=](std::int64_t begin, std::int64_t end) {
          for (std::int64_t o = begin; o < end; ++o)
            std::memcpy(into + o * length, from + o * row, static_cast<std::size_t>(length) * sizeof(float));
        });
      });
    });
    l.finish(step.dst[i], diffSrc);
  }
  return true;
}

} // namespace loom::onednn
