// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src*";
constexpr std::string_view backwardSrcs = "diff_dst";

Shapes forwardShape(Descs src, const Params& attrs) {
  SrcCheck check("concat", forwardSrcs, src);
  if (check)
    check.attribute(axisOf(attrs, src[0].dims.size()) >= 0, "dim",
                    say("dim must be one of the {} dimensions", src[0].dims.size()));
  if (!check) return check.error();
  const auto axis = static_cast<std::size_t>(axisOf(attrs, src[0].dims.size()));
  Dims dims = src[0].dims;
  dims[axis] = 0;
  for (std::size_t i = 0; i < src.size(); ++i) {
    Dims rest = src[i].dims;
    if (axis < rest.size()) rest[axis] = 0;
    check.must(rest == dims || i == 0, i, say("src{} must be like src0 but for dimension {}", i, axis));
  }
  if (!check) return check.error();
  for (const TensorDesc& desc : src) dims[axis] += desc.dims[axis];
  return std::vector<TensorDesc>{{dims}};
}

Shapes backwardShape(Descs src, const Params& attrs) {
  SrcCheck check("concat_backward", backwardSrcs, src);
  if (check)
    check.attribute(axisOf(attrs, src[0].dims.size()) >= 0, "dim",
                    say("dim must be one of the {} dimensions", src[0].dims.size()));
  if (!check) return check.error();
  const auto axis = static_cast<std::size_t>(axisOf(attrs, src[0].dims.size()));
  std::vector<TensorDesc> parts;
  std::int64_t sum = 0;
  for (const std::int64_t size : attrs.getInts("sizes")) {
    check.attribute(size > 0 && size <= src[0].dims[axis], "sizes",
                    say("sizes must be from 1 to the size of dim"));
    if (!check) return check.error();
    parts.push_back(src[0]);
    parts.back().dims[axis] = size;
    sum += size;
  }
  check.attribute(sum == src[0].dims[axis], "sizes", say("sizes must add up to {}", src[0].dims[axis]));
  if (!check) return check.error();
  return parts;
}

// Calls f(index in the part, index in the whole) for every element of a part that begins at `offset` along
// the axis.
template<class F>
void place(const Dims& part, const Dims& whole, std::size_t axis, std::int64_t offset, F f) {
  const std::int64_t inner = product(part, axis + 1), run = part[axis] * inner;
  for (std::int64_t i = 0, count = product(part); i < count; ++i)
    f(i, i / run * whole[axis] * inner + offset * inner + i % run);
}

template<class T> void forward(const OpCall<T>& call) {
  const View<T>& dst = call.dst[0];
  const auto axis = static_cast<std::size_t>(axisOf(call.attrs, dst.dims.size()));
  std::int64_t offset = 0;
  for (const View<T>& src : call.src) {
    place(src.dims, dst.dims, axis, offset, [&](auto from, auto to) { dst.data[to] = src.data[from]; });
    offset += src.dims[axis];
  }
}

template<class T> void backward(const OpCall<T>& call) {
  const View<T>& diff = call.src[0];
  const auto axis = static_cast<std::size_t>(axisOf(call.attrs, diff.dims.size()));
  const Dims sizes = call.attrs.getInts("sizes");
  std::int64_t offset = 0;
  for (std::size_t i = 0; i < sizes.size(); offset += sizes[i++]) {
    const View<T> dst = viewAt(call.dst, i);
    if (!dst.present()) continue;
    place(dst.dims, diff.dims, axis, offset, [&](auto to, auto from) { dst.data[to] = diff.data[from]; });
  }
}

void gradient(GradientBuilder& b) {
  const std::size_t rank = b.dims(b.src(0)).size();
  const auto axis = static_cast<std::size_t>(axisOf(b.attrs(), rank));
  Dims sizes;
  std::vector<TensorId> diffs;
  bool any = false;
  for (int i = 0; i < b.srcCount(); ++i) {
    sizes.push_back(b.dims(b.src(i))[axis]);
    diffs.push_back(diffSrcIfWanted(b, i));
    any = any || diffs.back() != noTensor;
  }
  if (any) b.emit("concat_backward", {b.diffDst(0)}, diffs, withInts(b.attrs(), "sizes", sizes));
}

std::vector<OpCase> forwardCases() {
  return {floats("channels", {{2, 3, 4, 5}, {2, 1, 4, 5}, {2, 2, 4, 5}}, {{"dim", 1}}),
          floats("columns", {{3, 4}, {3, 7}}, {{"dim", -1}}), floats("rows", {{1, 4}, {3, 4}}, {{"dim", 0}}),
          floats("height", {{2, 3, 4, 5}, {2, 3, 1, 5}}, {{"dim", 2}}),
          floats("one", {{2, 3}}, {{"dim", 1}})};
}
std::vector<OpCase> backwardCases() {
  return {floats("channels", {{2, 6, 4, 5}}, {{"dim", 1}, {"sizes", Dims{3, 1, 2}}}),
          floats("columns", {{3, 11}}, {{"dim", -1}, {"sizes", Dims{4, 7}}}),
          floats("height", {{2, 3, 5, 5}}, {{"dim", 2}, {"sizes", Dims{4, 1}}})};
}

} // namespace

constinit const OpSpec concat{
    .name = "concat",
    .summary = "dst = src0, src1, … one behind the other along dim",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = forwardShape,
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec concatBackward{
    .name = "concat_backward",
    .summary = "diff_src0, diff_src1, … = diff_dst cut into `sizes` along dim",
    .srcs = backwardSrcs,
    .dsts = "diff_src*",
    .shape = backwardShape,
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
