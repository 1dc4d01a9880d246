// SPDX-License-Identifier: Apache-2.0
#include "core/network/templates.h"
#include "core/network/layout.h"
#include "core/network/rules.h"
#include <algorithm>
#include <cassert>

namespace loom {

namespace {

using Ints = std::vector<std::int64_t>;

// Writes a network as one reads it: each call adds a node behind the one before. All types and params are
// literals of this file, so that a failure is a mistake here.
class Sketch {
 public:
  explicit Sketch(std::string name) { network_.name = std::move(name); }

  NodeId add(std::string_view type, const Params& params = {}, std::vector<NodeId> from = {}) {
    const LayerSpec* layer = findLayer(type);
    const auto stored = storedParams(*layer, params);
    assert(stored.ok());
    if (from.empty() && last_) from = {last_};
    Node node;
    node.id = network_.nextId++;
    node.type = type;
    node.params = stored.value();
    const bool end = layer->inputs.empty() || !layer->hasOutput;
    node.name = end ? nameStem(*layer) : network_.freeName(nameStem(*layer));
    last_ = node.id;
    network_.nodes.emplace(node.id, node);
    for (std::size_t i = 0; i < from.size(); ++i) {
      const bool many = layer->inputs.at(0).many;
      Edge edge{network_.nextId++, from[i], node.id, many ? 0 : static_cast<int>(i),
                many ? static_cast<int>(i) : 0};
      network_.edges.emplace(edge.id, edge);
    }
    return last_;
  }
  NodeId conv(std::int64_t out, std::int64_t kernel, std::int64_t padding, std::int64_t stride = 1,
              bool bias = true, std::vector<NodeId> from = {}) {
    return add("Conv2d",
               {{"out_channels", out},
                {"kernel_size", Ints{kernel, kernel}},
                {"padding", Ints{padding, padding}},
                {"stride", Ints{stride, stride}},
                {"bias", bias}},
               std::move(from));
  }
  NodeId linear(std::int64_t out) { return add("Linear", {{"out_features", out}}); }
  NodeId last() const { return last_; }

  // The canvas of a window of 1440 by 900, docks open.
  static constexpr double viewWidth = 930, viewHeight = 600;
  Network finish() {
    for (const auto& [id, position] : layout(network_, fittingLayout(network_, viewWidth, viewHeight)))
      network_.nodes[id].position = position;
    return std::move(network_);
  }

 private:
  Network network_;
  NodeId last_ = 0;
};

Network softmaxRegression() {
  Sketch sketch("softmax");
  sketch.add("Input");
  sketch.add("Flatten");
  sketch.linear(10);
  sketch.add("Output");
  return sketch.finish();
}

Network mlp() {
  Sketch sketch("mlp");
  sketch.add("Input");
  sketch.add("Flatten");
  for (const std::int64_t width : {512, 256}) {
    sketch.linear(width);
    sketch.add("ReLU");
  }
  sketch.linear(10);
  sketch.add("Output");
  return sketch.finish();
}

Network lenet() {
  Sketch sketch("cnn");
  sketch.add("Input");
  sketch.conv(6, 5, 2);
  sketch.add("ReLU");
  sketch.add("MaxPool2d");
  sketch.conv(16, 5, 0);
  sketch.add("ReLU");
  sketch.add("MaxPool2d");
  sketch.add("Flatten");
  for (const std::int64_t width : {120, 84}) {
    sketch.linear(width);
    sketch.add("ReLU");
  }
  sketch.linear(10);
  sketch.add("Output");
  return sketch.finish();
}

// Two convolutions and a way around them; the way gets a projection where the shape changes.
void residualBlock(Sketch& sketch, std::int64_t width, std::int64_t stride) {
  const NodeId start = sketch.last();
  sketch.conv(width, 3, 1, stride, false);
  sketch.add("BatchNorm2d");
  sketch.add("ReLU");
  sketch.conv(width, 3, 1, 1, false);
  const NodeId way = sketch.add("BatchNorm2d");
  NodeId around = start;
  if (stride != 1) {
    sketch.conv(width, 1, 0, stride, false, {start});
    around = sketch.add("BatchNorm2d");
  }
  sketch.add("Add", {}, {way, around});
  sketch.add("ReLU");
}

Network resnet() { return residualNetwork(1); }

Network iris() {
  Sketch sketch("iris");
  sketch.add("Input", {{"shape", Ints{4}}});
  for (int i = 0; i < 2; ++i) {
    sketch.linear(16);
    sketch.add("ReLU");
  }
  sketch.linear(3);
  sketch.add("Output");
  return sketch.finish();
}

Network digits() {
  Sketch sketch("digits");
  sketch.add("Input", {{"shape", Ints{1, 8, 8}}});
  sketch.conv(8, 3, 1);
  sketch.add("ReLU");
  sketch.conv(16, 3, 1);
  sketch.add("ReLU");
  sketch.add("MaxPool2d");
  sketch.add("Flatten");
  sketch.linear(32);
  sketch.add("ReLU");
  sketch.add("Dropout", {{"p", 0.2}});
  sketch.linear(10);
  sketch.add("Output");
  return sketch.finish();
}

} // namespace

const std::vector<NetworkTemplate>& networkTemplates() {
  static const std::vector<NetworkTemplate> table{
      {"softmax", "Softmax regression", "One Linear layer over all pixels: the simplest network that learns.",
       softmaxRegression},
      {"mlp", "Multi-layer perceptron", "Three Linear layers, 784-512-256-10, with ReLU between them.", mlp},
      {"cnn", "LeNet-5", "Two convolutions with pooling and three Linear layers; 61,706 parameters.", lenet},
      {"resnet", "Small ResNet", "Three residual blocks of 16, 32 and 64 channels with batch norm.", resnet},
      {"iris", "Iris table", "A small network for four measures and three species.", iris},
      {"digits", "Digits 8×8", "A small convolutional network with Dropout for 8×8 digits.", digits},
  };
  return table;
}

Network residualNetwork(int blocks) {
  Sketch sketch("resnet");
  sketch.add("Input");
  sketch.conv(16, 3, 1, 1, false);
  sketch.add("BatchNorm2d");
  sketch.add("ReLU");
  for (const std::int64_t width : {16, 32, 64})
    for (int block = 0; block < blocks; ++block)
      residualBlock(sketch, width, width > 16 && block == 0 ? 2 : 1);
  sketch.add("AdaptiveAvgPool2d");
  sketch.add("Flatten");
  sketch.linear(10);
  sketch.add("Output");
  return sketch.finish();
}

Network proposeNetwork(const Ints& sampleShape, std::int64_t classes, std::int64_t targets) {
  Sketch sketch("proposed");
  sketch.add("Input", {{"shape", sampleShape}});
  if (sampleShape.size() == 3) {
    std::int64_t side = std::min(sampleShape[1], sampleShape[2]), width = 16;
    // Halves the image until about four pixels are left, with twice the channels at each step.
    do {
      sketch.conv(width, 3, 1, 1, false);
      sketch.add("BatchNorm2d");
      sketch.add("ReLU");
      if (side < 8) break;
      sketch.add("MaxPool2d");
      side /= 2;
      width = std::min<std::int64_t>(width * 2, 128);
    } while (side >= 6);
    sketch.add("AdaptiveAvgPool2d",
               {{"output_size", Ints{std::min<std::int64_t>(side, 4), std::min<std::int64_t>(side, 4)}}});
    sketch.add("Flatten");
    sketch.linear(64);
    sketch.add("ReLU");
  } else {
    if (sampleShape.size() > 1) sketch.add("Flatten");
    std::int64_t features = 1;
    for (const std::int64_t dim : sampleShape) features = std::min<std::int64_t>(features * dim, 4096);
    const std::int64_t width = std::clamp<std::int64_t>((2 * features + 15) / 16 * 16, 16, 256);
    for (int i = 0; i < 2; ++i) {
      sketch.linear(width);
      sketch.add("ReLU");
    }
  }
  sketch.linear(classes > 0 ? std::max<std::int64_t>(classes, 2) : std::max<std::int64_t>(targets, 1));
  sketch.add("Output", classes > 0 ? Params{} : Params{{"loss", std::string("MSELoss")}});
  return sketch.finish();
}

Network emptyNetwork(const std::vector<std::int64_t>& sampleShape) {
  Network network;
  network.name = "network";
  constexpr double left = 32, top = 20, apart = 576; // room for two layers between them
  const auto add = [&](const char* type, const char* name, double x) {
    Node node;
    node.id = network.nextId++;
    node.type = type;
    node.name = name;
    node.position = {x, top};
    if (node.type == "Input" && !sampleShape.empty()) node.params.set("shape", sampleShape);
    network.nodes.emplace(node.id, std::move(node));
  };
  add("Input", "input", left);
  add("Output", "output", left + apart);
  return network;
}

} // namespace loom
