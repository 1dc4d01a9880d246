// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src weights bias?";
constexpr std::string_view dataSrcs = "diff_dst weights";
constexpr std::string_view weightsSrcs = "src diff_dst";

// Output height and width, or the reason why the kernel does not fit; `height`, `width` are those of the
// forward src.
Pair outputSize(SrcCheck& check, const Window& w, std::int64_t height, std::int64_t width) {
  checkWindow(check, w);
  if (!check) return {};
  const Pair size{w.outputs(0, height), w.outputs(1, width)};
  check.attribute(size[0] > 0 && size[1] > 0, "kernel_size",
                  say("kernel_size must fit into the padded image of {}×{}", height + 2 * w.padding[0],
                      width + 2 * w.padding[1]));
  return size;
}

void checkGroups(SrcCheck& check, std::int64_t groups, std::int64_t in, std::int64_t out) {
  check.attribute(groups >= 1 && in % groups == 0 && out % groups == 0, "groups",
                  say("groups must divide the {} input and {} output channels", in, out));
}

Shapes forwardShape(Descs src, const Params& attrs) {
  SrcCheck check("conv2d", forwardSrcs, src);
  if (check)
    check.rank(0, 4, 4, say("src must be N×C×H×W"))
        .rank(1, 4, 4, say("weights must be out×in/groups×height×width"));
  if (!check) return check.error();
  const Dims &s = src[0].dims, &k = src[1].dims;
  const std::int64_t groups = attrs.getInt("groups", 1);
  checkGroups(check, groups, s[1], k[0]);
  if (check)
    check.must(k[1] == s[1] / groups, 1, say("weights must take {} channels a group", s[1] / groups))
        .dims(2, {k[0]});
  if (!check) return check.error();
  const auto size = outputSize(check, convWindow(attrs, k[2], k[3]), s[2], s[3]);
  if (!check) return check.error();
  return std::vector<TensorDesc>{{{s[0], k[0], size[0], size[1]}}};
}

Shapes dataShape(Descs src, const Params& attrs) {
  SrcCheck check("conv2d_backward_data", dataSrcs, src);
  if (check)
    check.rank(0, 4, 4, say("diff_dst must be N×C×H×W"))
        .rank(1, 4, 4, say("weights must be out×in/groups×height×width"));
  if (!check) return check.error();
  const Dims &d = src[0].dims, &k = src[1].dims;
  const std::int64_t groups = attrs.getInt("groups", 1);
  const auto input = inputSize(attrs);
  check.attribute(input[0] > 0 && input[1] > 0, "input", say("input must be height and width"))
      .attribute(groups >= 1 && k[0] % groups == 0, "groups", say("groups must divide the output channels"));
  if (!check) return check.error();
  const auto size = outputSize(check, convWindow(attrs, k[2], k[3]), input[0], input[1]);
  if (check) check.dims(0, {d[0], k[0], size[0], size[1]});
  if (!check) return check.error();
  return std::vector<TensorDesc>{{{d[0], k[1] * groups, input[0], input[1]}}};
}

Shapes weightsShape(Descs src, const Params& attrs) {
  SrcCheck check("conv2d_backward_weights", weightsSrcs, src);
  if (check) check.rank(0, 4, 4, say("src must be N×C×H×W")).rank(1, 4, 4, say("diff_dst must be N×C×H×W"));
  if (!check) return check.error();
  const Dims &s = src[0].dims, &d = src[1].dims;
  const std::int64_t groups = attrs.getInt("groups", 1);
  const auto kernel = pairOf(attrs, "kernel", {0, 0});
  checkGroups(check, groups, s[1], d[1]);
  if (!check) return check.error();
  const auto size = outputSize(check, convWindow(attrs, kernel[0], kernel[1]), s[2], s[3]);
  if (check) check.dims(1, {s[0], d[1], size[0], size[1]});
  if (!check) return check.error();
  return std::vector<TensorDesc>{{{d[1], s[1] / groups, kernel[0], kernel[1]}}, {{d[1]}}};
}

// Calls f(src index, weights index, dst index) for every product of the convolution.
template<class F>
void products(const Dims& src, const Dims& weights, const Dims& dst, const Params& attrs, F f) {
  const Window w = convWindow(attrs, weights[2], weights[3]);
  const std::int64_t groups = attrs.getInt("groups", 1), perGroup = dst[1] / groups;
  std::int64_t to = 0;
  for (std::int64_t n = 0; n < dst[0]; ++n)
    for (std::int64_t o = 0; o < dst[1]; ++o)
      for (std::int64_t y = 0; y < dst[2]; ++y)
        for (std::int64_t x = 0; x < dst[3]; ++x, ++to)
          for (std::int64_t c = 0; c < weights[1]; ++c)
            for (std::int64_t i = 0; i < weights[2]; ++i) {
              const std::int64_t row = y * w.stride[0] - w.padding[0] + i * w.dilation[0];
              if (row < 0 || row >= src[2]) continue;
              const std::int64_t channel = o / perGroup * weights[1] + c;
              const std::int64_t from = ((n * src[1] + channel) * src[2] + row) * src[3];
              const std::int64_t kernelRow = ((o * weights[1] + c) * weights[2] + i) * weights[3];
              for (std::int64_t j = 0; j < weights[3]; ++j) {
                const std::int64_t column = x * w.stride[1] - w.padding[1] + j * w.dilation[1];
                if (column >= 0 && column < src[3]) f(from + column, kernelRow + j, to);
              }
            }
}

template<class T> void store(const std::vector<double>& sums, const View<T>& view) {
  for (std::size_t i = 0; i < sums.size(); ++i) view.data[i] = static_cast<T>(sums[i]);
}
template<class T> std::vector<double> zeros(const View<T>& view) {
  return std::vector<double>(static_cast<std::size_t>(view.elements()));
}

// dst[n,o,y,x] = bias[o] + sum_{c,i,j} src[n,c,y·stride-padding+i·dilation,…] weights[o,c,i,j]
template<class T> void forward(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &weights = call.src[1], bias = viewAt(call.src, 2), &dst = call.dst[0];
  std::vector<double> sums = zeros(dst);
  const std::size_t plane = static_cast<std::size_t>(dst.dims[2] * dst.dims[3]);
  if (bias.present())
    for (std::size_t i = 0; i < sums.size(); ++i)
      sums[i] = bias.data[i / plane % static_cast<std::size_t>(dst.dims[1])];
  products(src.dims, weights.dims, dst.dims, call.attrs, [&](auto s, auto k, auto d) {
    sums[static_cast<std::size_t>(d)] += double(src.data[s]) * double(weights.data[k]);
  });
  store(sums, dst);
}

// The transpose of the forward sum: each product gives diff_dst · weights to its src.
template<class T> void backwardData(const OpCall<T>& call) {
  const View<T>&diff = call.src[0], &weights = call.src[1], &dst = call.dst[0];
  std::vector<double> sums = zeros(dst);
  products(dst.dims, weights.dims, diff.dims, call.attrs, [&](auto s, auto k, auto d) {
    sums[static_cast<std::size_t>(s)] += double(diff.data[d]) * double(weights.data[k]);
  });
  store(sums, dst);
}

// Each product gives diff_dst · src to its weight;  diff_bias[o] = sum_{n,y,x} diff_dst[n,o,y,x]
template<class T> void backwardWeights(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &diff = call.src[1];
  const View<T> diffWeights = viewAt(call.dst, 0), diffBias = viewAt(call.dst, 1);
  if (diffWeights.present()) {
    std::vector<double> sums = zeros(diffWeights);
    products(src.dims, diffWeights.dims, diff.dims, call.attrs, [&](auto s, auto k, auto d) {
      sums[static_cast<std::size_t>(k)] += double(diff.data[d]) * double(src.data[s]);
    });
    store(sums, diffWeights);
  }
  if (!diffBias.present()) return;
  std::vector<double> sums = zeros(diffBias);
  const std::int64_t plane = diff.dims[2] * diff.dims[3];
  for (std::int64_t i = 0, count = diff.elements(); i < count; ++i)
    sums[static_cast<std::size_t>(i / plane % diff.dims[1])] += diff.data[i];
  store(sums, diffBias);
}

void gradient(GradientBuilder& b) {
  const Dims src = b.dims(b.src(0)), weights = b.dims(b.src(1));
  if (wantsSrc(b, 0))
    b.emit("conv2d_backward_data", {b.diffDst(0), b.src(1)}, {b.diffSrc(0)},
           withInts(b.attrs(), "input", {src[2], src[3]}));
  if (wantsSrc(b, 1) || wantsSrc(b, 2))
    b.emit("conv2d_backward_weights", {b.src(0), b.diffDst(0)},
           {diffSrcIfWanted(b, 1), diffSrcIfWanted(b, 2)},
           withInts(b.attrs(), "kernel", {weights[2], weights[3]}));
}

std::int64_t multiplyAdds(Descs src, const Params& attrs) {
  const Dims &s = src[0].dims, &k = src[1].dims;
  const Window w = convWindow(attrs, k[2], k[3]);
  return s[0] * w.outputs(0, s[2]) * w.outputs(1, s[3]) * product(k);
}
// Of the gradients: each element of diff_dst meets the weights of its output channel.
std::int64_t dataMultiplyAdds(Descs src, const Params&) {
  return product(src[0].dims) * product(src[1].dims, 1);
}
std::int64_t weightsMultiplyAdds(Descs src, const Params& attrs) {
  const auto kernel = pairOf(attrs, "kernel", {0, 0});
  return product(src[1].dims) * (src[0].dims[1] / attrs.getInt("groups", 1)) * kernel[0] * kernel[1];
}

struct Geometry {
  const char* name;
  Dims src, weights; // src N×C×H×W
  Params attrs;
};
std::vector<Geometry> geometries() {
  return {
      {"3×3, padding 1", {2, 3, 7, 7}, {4, 3, 3, 3}, {{"padding", Dims{1, 1}}}},
      {"5×5, one channel, batch 1", {1, 1, 12, 9}, {6, 1, 5, 5}, {}},
      {"stride 2, odd size", {2, 4, 9, 7}, {5, 4, 3, 3}, {{"stride", Dims{2, 2}}, {"padding", Dims{1, 1}}}},
      {"stride leaves a rest", {1, 2, 8, 8}, {3, 2, 3, 3}, {{"stride", Dims{2, 2}}}},
      {"dilation 2", {2, 2, 9, 11}, {3, 2, 3, 3}, {{"dilation", Dims{2, 2}}, {"padding", Dims{2, 2}}}},
      {"two groups", {2, 6, 6, 6}, {4, 3, 3, 3}, {{"groups", 2}, {"padding", Dims{1, 1}}}},
      {"depthwise", {2, 5, 7, 6}, {5, 1, 3, 3}, {{"groups", 5}, {"padding", Dims{1, 1}}}},
      {"not square",
       {2, 3, 6, 10},
       {4, 3, 1, 5},
       {{"stride", Dims{1, 3}}, {"padding", Dims{0, 2}}, {"dilation", Dims{1, 2}}}},
      {"1×1", {3, 16, 4, 4}, {17, 16, 1, 1}, {}},
      {"16 to 32 channels", {2, 16, 8, 8}, {32, 16, 3, 3}, {{"padding", Dims{1, 1}}}},
      {"16 to 48 channels, odd size", {5, 16, 7, 9}, {48, 16, 3, 3}, {{"padding", Dims{1, 1}}}},
      {"32 to 16 channels, batch 1, no padding", {1, 32, 16, 18}, {16, 32, 3, 3}, {}},
      {"16 channels, padding 2", {4, 16, 6, 6}, {16, 16, 3, 3}, {{"padding", Dims{2, 2}}}}};
}

std::vector<OpCase> forwardCases() {
  std::vector<OpCase> cases;
  for (const Geometry& g : geometries())
    cases.push_back(floats(g.name, {g.src, g.weights, {g.weights[0]}}, g.attrs));
  for (const Geometry& g : {geometries().front(), geometries().back()})
    cases.push_back(floats("no bias, " + std::string(g.name), {g.src, g.weights, {}}, g.attrs));
  return cases;
}
Dims outputOf(const Geometry& g) {
  const Window w = convWindow(g.attrs, g.weights[2], g.weights[3]);
  return {g.src[0], g.weights[0], w.outputs(0, g.src[2]), w.outputs(1, g.src[3])};
}
std::vector<OpCase> dataCases() {
  std::vector<OpCase> cases;
  for (const Geometry& g : geometries())
    cases.push_back(
        floats(g.name, {outputOf(g), g.weights}, withInts(g.attrs, "input", {g.src[2], g.src[3]})));
  return cases;
}
std::vector<OpCase> weightsCases() {
  std::vector<OpCase> cases;
  for (const Geometry& g : geometries())
    cases.push_back(
        floats(g.name, {g.src, outputOf(g)}, withInts(g.attrs, "kernel", {g.weights[2], g.weights[3]})));
  return cases;
}

} // namespace

constinit const OpSpec conv2d{
    .name = "conv2d",
    .summary = "dst = src ⋆ weights + bias (cross-correlation with stride, padding, dilation, groups)",
    .srcs = forwardSrcs,
    .dsts = "dst",
    .shape = forwardShape,
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
    .multiplyAdds = multiplyAdds,
};
constinit const OpSpec conv2dBackwardData{
    .name = "conv2d_backward_data",
    .summary = "diff_src = transpose of the convolution with weights, applied to diff_dst",
    .srcs = dataSrcs,
    .dsts = "diff_src",
    .shape = dataShape,
    .reference64 = backwardData<double>,
    .reference32 = backwardData<float>,
    .cases = dataCases,
    .multiplyAdds = dataMultiplyAdds,
};
constinit const OpSpec conv2dBackwardWeights{
    .name = "conv2d_backward_weights",
    .summary = "diff_weights = src ⋆ diff_dst, diff_bias = sums of diff_dst per channel",
    .srcs = weightsSrcs,
    .dsts = "diff_weights? diff_bias?",
    .shape = weightsShape,
    .reference64 = backwardWeights<double>,
    .reference32 = backwardWeights<float>,
    .cases = weightsCases,
    .multiplyAdds = weightsMultiplyAdds,
};

} // namespace loom::ops
