// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view srcs = "src*";

// dst = src0 + src1 + …
template<class T> void forward(const OpCall<T>& call) {
  const View<T>& dst = call.dst[0];
  for (std::int64_t i = 0, count = dst.elements(); i < count; ++i) {
    double sum = 0;
    for (const View<T>& src : call.src) sum += src.data[i];
    dst.data[i] = static_cast<T>(sum);
  }
}

// Each src receives diff_dst unchanged: a reshape to the same dims, which a backend may alias.
void gradient(GradientBuilder& b) {
  for (int i = 0; i < b.srcCount(); ++i)
    if (wantsSrc(b, i))
      b.emit("reshape", {b.diffDst(0)}, {b.diffSrc(i)}, withInts({}, "shape", b.dims(b.src(i))));
}

std::vector<OpCase> cases() {
  return {floats("two", {{3, 5}, {3, 5}}), floats("three images", {{2, 3, 5, 7}, {2, 3, 5, 7}, {2, 3, 5, 7}}),
          floats("one", {{1, 7}}), floats("five", {{9}, {9}, {9}, {9}, {9}})};
}

} // namespace

constinit const OpSpec add{
    .name = "add",
    .summary = "dst = src0 + src1 + …",
    .srcs = srcs,
    .dsts = "dst",
    .shape = [](Descs src, const Params&) { return likeFirst("add", srcs, src); },
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = cases,
};

} // namespace loom::ops
