// SPDX-License-Identifier: Apache-2.0
// What the op files share: checks of what a shape rule is given, windows,
// loops over elements, and short ways to write test cases. For core/plan/ops only.
#pragma once
#include "core/plan/op.h"
#include "core/plan/window.h"
#include <cmath>
#include <cstddef>

namespace loom::ops {

using Dims = std::vector<std::int64_t>;
using Descs = std::span<const TensorDesc>;
using Shapes = Result<std::vector<TensorDesc>>;

// One name of OpSpec::srcs or dsts, without its mark. Beyond the list: the last repeated name with its
// number.
struct PortName {
  std::string name;
  bool optional = false;
  bool repeated = false;
};
std::vector<PortName> portNames(std::string_view list);
PortName portName(std::string_view list, std::size_t index);

// The descriptions given to a shape rule against OpSpec::srcs: every mandatory one is there, none too many,
// no empty dimension, f32 but for `ints`. Only the first disagreement is kept; the rules ask after each group
// of checks.
class SrcCheck {
 public:
  SrcCheck(std::string_view op, std::string_view names, Descs src,
           std::initializer_list<std::size_t> ints = {});
  // `rule`: a whole sentence, "weights must be out×in"; what the src is follows it. Skipped for a src that is
  // absent.
  SrcCheck& must(bool holds, std::size_t index, const Message& rule);
  SrcCheck& rank(std::size_t index, std::size_t least, std::size_t most, const Message& rule);
  SrcCheck& dims(std::size_t index, const Dims& wanted);
  SrcCheck& attribute(bool holds, std::string_view name, const Message& rule); // "eps must not be negative"

  bool given(std::size_t index) const { return index < src_.size() && !src_[index].dims.empty(); }
  bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  const Error& error() const { return *error_; }

 private:
  std::string op_;
  std::string_view names_;
  Descs src_;
  std::optional<Error> error_;
};

Window poolWindow(const Params& attrs); // stride defaults to kernel_size
Window convWindow(const Params& attrs, std::int64_t kernelHeight, std::int64_t kernelWidth);
void checkWindow(SrcCheck& check, const Window& window);
// The result of a pooling over N×C×H×W `image`, empty when the window does not fit (`check` says why).
Dims pooledDims(SrcCheck& check, const Window& window, const Dims& image);
// "input" of the backward ops: height and width of the forward src.
Pair inputSize(const Params& attrs);
Params withInts(Params attrs, std::string name, Dims values);
std::int64_t product(const Dims& dims, std::size_t from = 0);
// dim counted from the end when negative; -1 when out of range.
std::int64_t axisOf(const Params& attrs, std::size_t rank);

// Views; an index beyond the list reads as absent.
template<class T> View<T> viewAt(std::span<const View<T>> views, std::size_t index) {
  return index < views.size() ? views[index] : View<T>{};
}
template<class T, class F> void map1(const OpCall<T>& call, F f) {
  const View<T>&src = call.src[0], &dst = call.dst[0];
  for (std::int64_t i = 0, count = src.elements(); i < count; ++i)
    dst.data[i] = static_cast<T>(f(src.data[i]));
}
template<class T, class F> void map2(const OpCall<T>& call, F f) {
  const View<T>&a = call.src[0], &b = call.src[1], &dst = call.dst[0];
  for (std::int64_t i = 0, count = a.elements(); i < count; ++i)
    dst.data[i] = static_cast<T>(f(a.data[i], b.data[i]));
}
// All srcs f32 and alike; dst as they are.
Shapes likeFirst(std::string_view op, std::string_view names, Descs src);

// Gradient rules.
bool hasSrc(const GradientBuilder& builder, int index);
bool wantsSrc(const GradientBuilder& builder, int index); // there and wanted
TensorId diffSrcIfWanted(GradientBuilder& builder, int index);

// Test cases: f32 srcs of these dims; empty dims = absent.
OpCase floats(std::string name, std::vector<Dims> src, Params attrs = {});
OpCase withInts(OpCase value, std::size_t src, std::vector<std::int32_t> contents);
OpCase withValues(OpCase value, std::size_t src, std::vector<double> contents);

} // namespace loom::ops
