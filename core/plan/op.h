// SPDX-License-Identifier: Apache-2.0
// An op is one file in core/plan/ops: its attributes, shape rule, reference in double and float, gradient
// rule and test cases side by side. The table of all ops is core/plan/op_table.cpp. Names are oneDNN's
// notation: src, dst, weights, diff_src. In-place outputs (optimizers, running statistics) stand in dst and
// are read as well.
#pragma once
#include "core/base/params.h"
#include "core/base/result.h"
#include "core/plan/tensor.h"
#include <span>
#include <string_view>

namespace loom {

struct TensorDesc {
  std::vector<std::int64_t> dims;
  DType dtype = DType::f32;
  bool operator==(const TensorDesc&) const = default;
};

// A tensor as the reference sees it: row-major. Exactly one of data and ints is set; an optional src that is
// absent has neither (present() is false).
template<class T> struct View {
  T* data = nullptr;
  std::int32_t* ints = nullptr;
  std::vector<std::int64_t> dims;
  bool present() const { return data != nullptr || ints != nullptr; }
  std::int64_t elements() const {
    std::int64_t count = 1;
    for (auto dim : dims) count *= dim;
    return count;
  }
};

template<class T> struct OpCall {
  std::span<const View<T>> src; // in the order the op documents
  std::span<const View<T>> dst;
  const Params& attrs;
};

// What an op's gradient rule may ask and do; the compiler implements it. Indices count within the forward
// step.
class GradientBuilder {
 public:
  virtual ~GradientBuilder() = default;
  virtual TensorId src(int index) const = 0; // the forward tensors themselves
  virtual TensorId dst(int index) const = 0;
  virtual int srcCount() const = 0;
  virtual const std::vector<std::int64_t>& dims(TensorId tensor) const = 0;
  virtual const Params& attrs() const = 0;
  virtual TensorId diffDst(int index) const = 0; // gradient that arrives; noTensor when none does
  virtual bool wanted(int srcIndex) const = 0;   // does anything need the gradient with respect to this src
  virtual TensorId diffSrc(int srcIndex) = 0; // a tensor to write that gradient into: one contribution a call
  virtual void emit(std::string_view op, std::vector<TensorId> src, std::vector<TensorId> dst,
                    Params attrs) = 0;
};

// One case the checker and every backend must pass. f32 values are random normal from `seed` unless fixed.
struct OpCase {
  std::string name;
  std::vector<TensorDesc> src; // a src that is absent has dims {} and stands in `absent`
  Params attrs;
  std::vector<int> absent;                        // indices of srcs that are not given
  std::vector<std::vector<std::int32_t>> ints;    // contents of the i32 srcs, in order of appearance
  std::vector<std::vector<double>> values;        // contents of f32 srcs by src index; empty entry = random
  std::vector<std::vector<double>> inPlaceValues; // starting contents of in-place dsts, in order of
                                                  // OpSpec::inPlace; empty = random in [0.1, 1.1)
  std::uint64_t seed = 1;
};

struct OpSpec {
  std::string_view name;
  std::string_view summary; // the formula, one line
  std::string_view srcs;    // names in order: "src weights bias?"; "?" optional, "*" one or more
  std::string_view dsts;
  // Descriptions of dst from those of src (an absent src has dims {}); the Error names the src and what it
  // must be.
  Result<std::vector<TensorDesc>> (*shape)(std::span<const TensorDesc> src, const Params& attrs) = nullptr;
  void (*reference64)(const OpCall<double>& call) = nullptr;
  void (*reference32)(const OpCall<float>& call) = nullptr;
  // Null: the op stands on the backward or update side, or has none.
  void (*gradient)(GradientBuilder& builder) = nullptr;
  std::vector<OpCase> (*cases)() = nullptr;
  // Over the whole batch, when the first dst is given; null: none worth counting.
  std::int64_t (*multiplyAdds)(std::span<const TensorDesc> src, const Params& attrs) = nullptr;
  // Dsts that are read before written; null: none.
  std::vector<int> (*inPlace)(std::span<const TensorDesc> src, const Params& attrs) = nullptr;
};

const std::vector<const OpSpec*>& opTable();
const OpSpec* findOp(std::string_view name); // null when unknown

// Dims, types and attributes of each: `loom ops --markdown` (core/plan/op_reference.h).

} // namespace loom
