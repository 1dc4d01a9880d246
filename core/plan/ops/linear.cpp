// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src weights bias?";
constexpr std::string_view dataSrcs = "diff_dst weights";
constexpr std::string_view weightsSrcs = "src diff_dst";

Shapes forwardShape(Descs src, const Params&) {
  SrcCheck check("linear", forwardSrcs, src);
  if (check)
    check.rank(0, 1, 8, say("src must have a last dimension")).rank(1, 2, 2, say("weights must be out×in"));
  if (!check) return check.error();
  const std::int64_t in = src[1].dims[1], out = src[1].dims[0];
  check.must(src[0].dims.back() == in, 0, say("src must end in {}", in)).dims(2, {out});
  if (!check) return check.error();
  Dims dims = src[0].dims;
  dims.back() = out;
  return std::vector<TensorDesc>{{dims}};
}

Shapes dataShape(Descs src, const Params&) {
  SrcCheck check("linear_backward_data", dataSrcs, src);
  if (check)
    check.rank(0, 1, 8, say("diff_dst must have a last dimension"))
        .rank(1, 2, 2, say("weights must be out×in"));
  if (!check) return check.error();
  check.must(src[0].dims.back() == src[1].dims[0], 0, say("diff_dst must end in {}", src[1].dims[0]));
  if (!check) return check.error();
  Dims dims = src[0].dims;
  dims.back() = src[1].dims[1];
  return std::vector<TensorDesc>{{dims}};
}

Shapes weightsShape(Descs src, const Params&) {
  SrcCheck check("linear_backward_weights", weightsSrcs, src);
  if (check) check.rank(0, 1, 8, say("src must have a last dimension"));
  if (!check) return check.error();
  Dims wanted = src[0].dims;
  wanted.back() = src[1].dims.back();
  check.dims(1, wanted);
  if (!check) return check.error();
  return std::vector<TensorDesc>{{{wanted.back(), src[0].dims.back()}}, {{wanted.back()}}};
}

// dst[r,o] = sum_i src[r,i] weights[o,i] + bias[o]
template<class T> void forward(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &weights = call.src[1], bias = viewAt(call.src, 2);
  const std::int64_t out = weights.dims[0], in = weights.dims[1], rows = src.elements() / in;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t o = 0; o < out; ++o) {
      double sum = bias.present() ? bias.data[o] : 0;
      for (std::int64_t i = 0; i < in; ++i)
        sum += double(src.data[r * in + i]) * double(weights.data[o * in + i]);
      call.dst[0].data[r * out + o] = static_cast<T>(sum);
    }
}

// diff_src[r,i] = sum_o diff_dst[r,o] weights[o,i]
template<class T> void backwardData(const OpCall<T>& call) {
  const View<T>&diff = call.src[0], &weights = call.src[1];
  const std::int64_t out = weights.dims[0], in = weights.dims[1], rows = diff.elements() / out;
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t i = 0; i < in; ++i) {
      double sum = 0;
      for (std::int64_t o = 0; o < out; ++o)
        sum += double(diff.data[r * out + o]) * double(weights.data[o * in + i]);
      call.dst[0].data[r * in + i] = static_cast<T>(sum);
    }
}

// diff_weights[o,i] = sum_r diff_dst[r,o] src[r,i];  diff_bias[o] = sum_r diff_dst[r,o]
template<class T> void backwardWeights(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &diff = call.src[1];
  const View<T> diffWeights = viewAt(call.dst, 0), diffBias = viewAt(call.dst, 1);
  const std::int64_t in = src.dims.back(), out = diff.dims.back(), rows = src.elements() / in;
  for (std::int64_t o = 0; o < out; ++o) {
    for (std::int64_t i = 0; i < in && diffWeights.present(); ++i) {
      double sum = 0;
      for (std::int64_t r = 0; r < rows; ++r)
        sum += double(diff.data[r * out + o]) * double(src.data[r * in + i]);
      diffWeights.data[o * in + i] = static_cast<T>(sum);
    }
    if (!diffBias.present()) continue;
    double sum = 0;
    for (std::int64_t r = 0; r < rows; ++r) sum += diff.data[r * out + o];
    diffBias.data[o] = static_cast<T>(sum);
  }
}

void gradient(GradientBuilder& b) {
  if (wantsSrc(b, 0)) b.emit("linear_backward_data", {b.diffDst(0), b.src(1)}, {b.diffSrc(0)}, {});
  if (wantsSrc(b, 1) || wantsSrc(b, 2))
    b.emit("linear_backward_weights", {b.src(0), b.diffDst(0)},
           {diffSrcIfWanted(b, 1), diffSrcIfWanted(b, 2)}, {});
}

std::int64_t multiplyAdds(Descs src, const Params&) { return product(src[0].dims) * src[1].dims[0]; }
std::int64_t dataMultiplyAdds(Descs src, const Params&) { return product(src[0].dims) * src[1].dims[1]; }
std::int64_t weightsMultiplyAdds(Descs src, const Params&) {
  return product(src[0].dims) * src[1].dims.back();
}

std::vector<OpCase> forwardCases() {
  return {floats("7 to 5", {{4, 7}, {5, 7}, {5}}),       floats("no bias, batch 1", {{1, 33}, {17, 33}, {}}),
          floats("one output", {{6, 20}, {1, 20}, {1}}), floats("three dimensions", {{2, 3, 9}, {4, 9}, {4}}),
          floats("one input", {{5, 1}, {3, 1}, {3}}),    floats("wide", {{33, 64}, {48, 64}, {48}})};
}
std::vector<OpCase> dataCases() {
  return {floats("5 to 7", {{4, 5}, {5, 7}}), floats("batch 1", {{1, 17}, {17, 33}}),
          floats("three dimensions", {{2, 3, 4}, {4, 9}}), floats("wide", {{33, 48}, {48, 64}})};
}
std::vector<OpCase> weightsCases() {
  return {floats("7 to 5", {{4, 7}, {4, 5}}), floats("batch 1", {{1, 33}, {1, 17}}),
          floats("three dimensions", {{2, 3, 9}, {2, 3, 4}}), floats("wide", {{33, 64}, {33, 48}})};
}

} // namespace

constinit const OpSpec linear{
    .name = "linear",
    .summary = "dst = src · weightsᵀ + bias",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = forwardShape,
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
    .multiplyAdds = multiplyAdds,
};
constinit const OpSpec linearBackwardData{
    .name = "linear_backward_data",
    .summary = "diff_src = diff_dst · weights",
    .srcs = dataSrcs,
    .dsts = "diff_src",
    .shape = dataShape,
    .reference64 = backwardData<double>,
    .reference32 = backwardData<float>,
    .cases = dataCases,
    .multiplyAdds = dataMultiplyAdds,
};
constinit const OpSpec linearBackwardWeights{
    .name = "linear_backward_weights",
    .summary = "diff_weights = diff_dstᵀ · src, diff_bias = column sums of diff_dst",
    .srcs = weightsSrcs,
    .dsts = "diff_weights? diff_bias?",
    .shape = weightsShape,
    .reference64 = backwardWeights<double>,
    .reference32 = backwardWeights<float>,
    .cases = weightsCases,
    .multiplyAdds = weightsMultiplyAdds,
};

} // namespace loom::ops
