// SPDX-License-Identifier: Apache-2.0
#include "core/plan/op_table.h"
#include "core/plan/ops/support.h"
#include <limits>

namespace loom::ops {
namespace {

constexpr std::string_view forwardSrcs = "src";
constexpr std::string_view backwardSrcs = "diff_dst workspace";

Dims pooled(SrcCheck& check, const Params& attrs, std::int64_t n, std::int64_t c, std::int64_t height,
            std::int64_t width) {
  const Window w = poolWindow(attrs);
  checkWindow(check, w);
  if (check)
    check.attribute(2 * w.padding[0] <= w.extent(0) && 2 * w.padding[1] <= w.extent(1), "padding",
                    say("padding must be at most half of what the kernel spans"));
  return pooledDims(check, w, {n, c, height, width});
}

Shapes forwardShape(Descs src, const Params& attrs) {
  SrcCheck check("max_pool2d", forwardSrcs, src);
  if (check) check.rank(0, 4, 4, say("src must be N×C×H×W"));
  if (!check) return check.error();
  const Dims& s = src[0].dims;
  check.must(s[2] <= std::numeric_limits<std::int32_t>::max() / s[3], 0, say("src must be a smaller image"));
  const Dims dims = pooled(check, attrs, s[0], s[1], s[2], s[3]);
  if (!check) return check.error();
  return std::vector<TensorDesc>{{dims}, {dims, DType::i32}};
}

Shapes backwardShape(Descs src, const Params& attrs) {
  SrcCheck check("max_pool2d_backward", backwardSrcs, src, {1});
  if (check) check.rank(0, 4, 4, say("diff_dst must be N×C×H×W"));
  if (!check) return check.error();
  const Dims& d = src[0].dims;
  const auto input = inputSize(attrs);
  check.attribute(input[0] > 0 && input[1] > 0, "input", say("input must be height and width"));
  if (!check) return check.error();
  const Dims dims = pooled(check, attrs, d[0], d[1], input[0], input[1]);
  if (check) check.dims(0, dims).dims(1, dims);
  if (!check) return check.error();
  return std::vector<TensorDesc>{{{d[0], d[1], input[0], input[1]}}};
}

// dst = the largest value under the window; the padding is -inf and is never chosen. A NaN wins, so that it
// shows.
template<class T> void forward(const OpCall<T>& call) {
  const View<T>&src = call.src[0], &dst = call.dst[0], workspace = viewAt(call.dst, 1);
  const Window w = poolWindow(call.attrs);
  const std::int64_t height = src.dims[2], width = src.dims[3], planes = src.dims[0] * src.dims[1];
  std::int64_t to = 0;
  for (std::int64_t p = 0; p < planes; ++p)
    for (std::int64_t y = 0; y < dst.dims[2]; ++y)
      for (std::int64_t x = 0; x < dst.dims[3]; ++x, ++to) {
        const T* image = src.data + p * height * width;
        T best = -std::numeric_limits<T>::infinity();
        std::int64_t where = -1;
        for (std::int64_t i = 0; i < w.kernel[0]; ++i) {
          const std::int64_t row = y * w.stride[0] - w.padding[0] + i * w.dilation[0];
          if (row < 0 || row >= height) continue;
          for (std::int64_t j = 0; j < w.kernel[1]; ++j) {
            const std::int64_t column = x * w.stride[1] - w.padding[1] + j * w.dilation[1];
            if (column < 0 || column >= width) continue;
            const T value = image[row * width + column];
            if (where < 0 || value > best || std::isnan(value)) best = value, where = row * width + column;
          }
        }
        dst.data[to] = best;
        if (workspace.present()) workspace.ints[to] = static_cast<std::int32_t>(where);
      }
}

// diff_src at the chosen place gathers diff_dst; -1 (a window over padding alone) gives it to nobody.
template<class T> void backward(const OpCall<T>& call) {
  const View<T>&diff = call.src[0], &workspace = call.src[1], &dst = call.dst[0];
  const std::int64_t image = dst.dims[2] * dst.dims[3], window = diff.dims[2] * diff.dims[3];
  for (std::int64_t i = 0, count = dst.elements(); i < count; ++i) dst.data[i] = 0;
  for (std::int64_t i = 0, count = diff.elements(); i < count; ++i)
    if (workspace.ints[i] >= 0 && workspace.ints[i] < image)
      dst.data[i / window * image + workspace.ints[i]] += diff.data[i];
}

void gradient(GradientBuilder& b) {
  if (!wantsSrc(b, 0)) return;
  const Dims src = b.dims(b.src(0));
  b.emit("max_pool2d_backward", {b.diffDst(0), b.dst(1)}, {b.diffSrc(0)},
         withInts(b.attrs(), "input", {src[2], src[3]}));
}

std::vector<OpCase> forwardCases() {
  return {
      floats("2×2", {{2, 3, 6, 8}}, {{"kernel_size", Dims{2, 2}}, {"stride", Dims{2, 2}}}),
      floats("overlapping 3×3", {{1, 2, 7, 7}},
             {{"kernel_size", Dims{3, 3}}, {"stride", Dims{2, 2}}, {"padding", Dims{1, 1}}}),
      floats("odd size leaves a rest", {{2, 1, 5, 7}}, {{"kernel_size", Dims{2, 2}}, {"stride", Dims{2, 2}}}),
      floats("ceil_mode", {{2, 2, 5, 7}},
             {{"kernel_size", Dims{2, 2}}, {"stride", Dims{2, 2}}, {"ceil_mode", true}}),
      floats("ceil_mode drops a window in the padding", {{1, 1, 4, 5}},
             {{"kernel_size", Dims{2, 2}},
              {"stride", Dims{3, 3}},
              {"padding", Dims{1, 1}},
              {"ceil_mode", true}}),
      floats("dilation", {{1, 2, 9, 8}},
             {{"kernel_size", Dims{3, 2}}, {"stride", Dims{1, 2}}, {"dilation", Dims{2, 3}}}),
      floats("not square", {{2, 2, 6, 10}},
             {{"kernel_size", Dims{3, 4}}, {"stride", Dims{3, 2}}, {"padding", Dims{1, 2}}})};
}
std::vector<OpCase> backwardCases() {
  return {withInts(floats("2×2", {{1, 2, 2, 2}, {1, 2, 2, 2}},
                          {{"kernel_size", Dims{2, 2}}, {"stride", Dims{2, 2}}, {"input", Dims{4, 5}}}),
                   1, {0, 8, 11, 17, 6, 7, 15, 18}),
          withInts(floats("windows that share their largest value", {{1, 1, 2, 2}, {1, 1, 2, 2}},
                          {{"kernel_size", Dims{2, 2}}, {"stride", Dims{1, 1}}, {"input", Dims{3, 3}}}),
                   1, {4, 4, 4, 4})};
}

} // namespace

constinit const OpSpec maxPool2d{
    .name = "max_pool2d",
    .summary =
        "dst = largest value under each window; workspace = where in H·W it stood, the first of equals",
    .srcs = forwardSrcs,
    .dsts = "dst workspace?",
    .shape = forwardShape,
    .reference64 = forward<double>,
    .reference32 = forward<float>,
    .gradient = gradient,
    .cases = forwardCases,
};
constinit const OpSpec maxPool2dBackward{
    .name = "max_pool2d_backward",
    .summary = "diff_src[workspace] += diff_dst",
    .srcs = backwardSrcs,
    .dsts = "diff_src",
    .shape = backwardShape,
    .reference64 = backward<double>,
    .reference32 = backward<float>,
    .cases = backwardCases,
};

} // namespace loom::ops
