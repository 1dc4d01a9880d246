// SPDX-License-Identifier: Apache-2.0
#include "core/base/format.h"
#include "core/base/size.h"
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"
#include <algorithm>

namespace loom::ops {
namespace {

constexpr std::string_view srcs = "src";

Shapes shape(Descs src, const Params& attrs) {
  SrcCheck check("reshape", srcs, src);
  Dims dims = attrs.getInts("shape");
  if (check && !dims.empty() && dims[0] == -1) dims[0] = src[0].dims[0];
  check.attribute(!dims.empty() && std::all_of(dims.begin(), dims.end(), [](auto dim) { return dim > 0; }),
                  "shape", say("shape must be numbers from 1, of which the first may be -1 to keep N"));
  if (!check) return check.error();
  const auto wanted = elementCount(dims);
  check.must(wanted && *wanted == product(src[0].dims), 0,
             say("src must have as many elements as {}", formatShape(dims)));
  if (!check) return check.error();
  return std::vector<TensorDesc>{{dims}};
}

template<class T> void forward(const OpCall<T>& call) {
  map1(call, [](T x) { return x; });
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0))
    b.emit("reshape", {b.diffDst(0)}, {b.diffSrc(0)}, withInts({}, "shape", b.dims(b.src(0))));
}

std::vector<OpCase> cases() {
  return {floats("flatten, N kept", {{2, 3, 4, 5}}, {{"shape", Dims{-1, 60}}}),
          floats("unflatten", {{3, 24}}, {{"shape", Dims{3, 2, 3, 4}}}),
          floats("same", {{2, 7}}, {{"shape", Dims{2, 7}}}),
          floats("batch 1", {{1, 6, 5, 5}}, {{"shape", Dims{-1, 150}}})};
}

} // namespace

constinit const OpSpec reshape{
    .name = "reshape",
    .summary = "dst = src in other dims, the same elements in the same order",
    .srcs = srcs,
    .dsts = "dst",
    .shape = shape,
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = cases,
};

} // namespace loom::ops
