// SPDX-License-Identifier: Apache-2.0
#include "core/layers/support.h"
#include <numeric>

namespace loom::layers {

namespace {

ShapeAnswer shape(const Inputs& inputs, const Params& params) {
  const Shape& in = inputs.at(0);
  const Window window = windowOf(params, false);
  if (in.size() == 2) {
    auto problem = *windowProblem(window, in);
    problem.fix = replaceBy("Linear");
    problem.remedy = say("Linear takes values without a place.");
    return refuses(std::move(problem));
  }
  if (auto problem = windowProblem(window, in); problem && in.size() != 4)
    return refuses(std::move(*problem));
  const std::int64_t channels = in[1].value, out = params.getInt("out_channels");
  const std::int64_t groups = params.getInt("groups", 1);
  if (channels % groups != 0 || out % groups != 0) {
    std::int64_t fits = std::min(groups, std::gcd(channels, out));
    while (std::gcd(channels, out) % fits != 0) --fits;
    return refuses(say("{} groups do not divide {} channels in and {} out.", groups, channels, out),
                   sayCount("{} group divides both.", "{} groups divide both.", fits), setTo("groups", fits));
  }
  if (auto problem = windowProblem(window, in)) return refuses(std::move(*problem));
  return gives(batchOf({out, window.outputs(0, in[2].value), window.outputs(1, in[3].value)}));
}

std::vector<std::int64_t> weightDims(const Inputs& inputs, const Params& params) {
  const Pair kernel = pairOf(params, "kernel_size", {1, 1});
  return {params.getInt("out_channels"), inputs.at(0).at(1).value / params.getInt("groups", 1), kernel[0],
          kernel[1]};
}

std::vector<LayerParameter> parameters(const Inputs& inputs, const Params& params) {
  const auto dims = weightDims(inputs, params);
  const std::int64_t fanIn = product(product(dims[1], dims[2]), dims[3]);
  std::vector<LayerParameter> list{{"weight", dims, LayerParameter::Init::uniformFanIn, fanIn}};
  if (params.getBool("bias", true))
    list.push_back({"bias", {dims[0]}, LayerParameter::Init::uniformFanIn, fanIn});
  return list;
}

void lower(LoweringBuilder& builder, const Params& params) {
  const Window window = windowOf(params, false);
  const auto list = [](const Pair& pair) { return std::vector<std::int64_t>{pair[0], pair[1]}; };
  emitOne(builder, "conv2d", {builder.input(), builder.parameter("weight"), builder.parameter("bias")},
          {{"stride", list(window.stride)},
           {"padding", list(window.padding)},
           {"dilation", list(window.dilation)},
           {"groups", params.getInt("groups", 1)}});
}

std::int64_t multiplyAdds(const Inputs& inputs, const Params& params) {
  const auto dims = weightDims(inputs, params);
  const Shape output = shape(inputs, params).output;
  return product(sampleElements(output), product(product(dims[1], dims[2]), dims[3]));
}

std::string facts(const Inputs& inputs, const Params& params) {
  const Pair stride = pairOf(params, "stride", {1, 1});
  std::string text = fmt::format("{}, {} → {}", times(pairOf(params, "kernel_size", {1, 1})),
                                 orUnknown(inputDim(inputs, 4, 1)), params.getInt("out_channels"));
  if (stride != Pair{1, 1})
    text += stride[0] == stride[1] ? fmt::format(" /{}", stride[0]) : " /" + times(stride);
  return text;
}

std::vector<std::pair<std::string, std::string>> automatic(const Inputs& inputs, const Params&) {
  return {{"in_channels", orUnknown(inputDim(inputs, 4, 1))}};
}

TorchCode torch(const Inputs& inputs, const Params& params) {
  const Window window = windowOf(params, false);
  std::string text = fmt::format("nn.Conv2d({}, {}, {}", inputDim(inputs, 4, 1),
                                 params.getInt("out_channels"), python(window.kernel));
  if (window.stride != Pair{1, 1}) text += ", stride=" + python(window.stride);
  if (window.padding != Pair{0, 0}) text += ", padding=" + python(window.padding);
  if (window.dilation != Pair{1, 1}) text += ", dilation=" + python(window.dilation);
  if (params.getInt("groups", 1) != 1) text += fmt::format(", groups={}", params.getInt("groups"));
  if (!params.getBool("bias", true)) text += ", bias=False";
  return moduleCode(text + ")");
}

std::vector<LayerExample> examples() {
  using List = std::vector<std::int64_t>;
  return {{{batchOf({3, 9, 8})}, {{"out_channels", std::int64_t{6}}}},
          {{batchOf({4, 9, 9})},
           {{"out_channels", std::int64_t{6}},
            {"kernel_size", List{3, 2}},
            {"stride", List{2, 1}},
            {"padding", List{1, 0}},
            {"dilation", List{1, 2}},
            {"groups", std::int64_t{2}},
            {"bias", false}}},
          {{batchOf({2, 5, 5})}, {{"out_channels", std::int64_t{2}}, {"kernel_size", List{1, 1}}}}};
}

} // namespace

const LayerSpec& conv2d() {
  static const LayerSpec spec{
      .type = "Conv2d",
      .group = "Convolution and pooling",
      .family = Family::conv,
      .icon = "f-conv",
      .shortName = "Conv",
      .summary =
          "Slides a window of weights over the image: the same small pattern is looked for everywhere.",
      .formula = "y[n,o,h,w] = b[o] + Σ x[n,c,h·stride + i·dilation - padding, …] · w[o,c,i,j]",
      .keywords = {"convolution", "filter", "image", "kernel"},
      .fields = {automaticField("in_channels", "In channels", "Channels of the input."),
                 integerField("out_channels", "Out channels", 16, 1, 65536,
                              "Number of patterns, one channel each."),
                 sizeField("kernel_size", "Kernel size", {3, 3}, 1, 1024, "Height and width of the window."),
                 sizeField("stride", "Stride", {1, 1}, 1, 1024, "Step of the window; 2 halves the image."),
                 sizeField("padding", "Padding", {0, 0}, 0, 1024,
                           "Zeros around the image; 1 keeps the size of a 3×3 window."),
                 sizeField("dilation", "Dilation", {1, 1}, 1, 1024,
                           "Distance between the points of the window."),
                 integerField("groups", "Groups", 1, 1, 65536,
                              "Channels are cut into this many independent groups."),
                 flagField("bias", "Bias", true,
                           "Adds one number to each channel; needless before a BatchNorm2d.")},
      .inputs = {{"input", false}},
      .hasOutput = true,
      .shape = shape,
      .parameters = parameters,
      .lower = lower,
      .multiplyAdds = multiplyAdds,
      .facts = facts,
      .automatic = automatic,
      .torch = torch,
      .examples = examples,
  };
  return spec;
}

} // namespace loom::layers
