// SPDX-License-Identifier: Apache-2.0
// The catalogue a person picks from: one row a layer gives the palette entry, the inspector's form, the
// validator, the compiler, the reference manual and the tests. One file per layer in core/layers, one row in
// core/layers/layer_table.cpp. Names, parameters, defaults and initialisation are PyTorch's.
#pragma once
#include "core/base/fields.h"
#include "core/base/result.h"
#include "core/plan/plan.h"
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loom {

// One dimension: a number, or a symbol whose value is bound when a plan is made ("N" is the batch).
struct Dim {
  std::int64_t value = 0; // when symbol is empty
  std::string symbol;
  bool operator==(const Dim&) const = default;
};
using Shape = std::vector<Dim>;         // outermost first; the first is N for everything that carries samples
std::string toText(const Shape& shape); // "N×16×28×28"
std::string toTextWithoutBatch(const Shape& shape); // "16×28×28"

enum class Family { input, linear, conv, pool, norm, activation, merge, reshape, loss, block };

struct PortSpec {
  std::string_view name; // "input", "output"
  bool many = false;     // takes any number of edges, in order (Add, Concat)
};

// A fix a person can press; core/network turns it into Edits.
struct Fix {
  enum class Kind { none, insertBefore, setParam, replaceLayer, connect, remove } kind = Kind::none;
  Message label;      // "Insert Flatten"
  std::string layer;  // layer type to insert or to replace by
  std::string param;  // parameter to set …
  ParamValue value{}; // … and its value
};

struct LayerProblem {
  Message cause;  // "Expects 2 dimensions, gets N×32×7×7."
  Message remedy; // "A Flatten before it gives N×1568."
  Fix fix;
};

struct ShapeAnswer {
  std::optional<LayerProblem> problem;
  std::vector<LayerProblem> warnings;
  Shape output; // when there is no problem
};

struct LayerParameter {
  std::string suffix; // "weight", "bias", "running_mean"
  std::vector<std::int64_t> dims;
  // uniformFanIn: U(±1/sqrt(fanIn)), which is PyTorch's kaiming_uniform(a=sqrt(5)) for weights and its rule
  // for biases.
  enum class Init { uniformFanIn, ones, zeros } init = Init::zeros;
  std::int64_t fanIn = 0;
  bool state = false;       // a buffer: kept and saved, no gradient
  DType dtype = DType::f32; // i32 for num_batches_tracked (saved as i64, as PyTorch does)
};

// What lowering may do: the compiler implements it. Training and evaluation differ (`training()`).
class LoweringBuilder {
 public:
  virtual ~LoweringBuilder() = default;
  virtual bool training() const = 0;
  virtual TensorId input(int index = 0) const = 0; // the node's srcs, in port order (a `many` port: one each)
  virtual int inputs() const = 0;
  virtual const std::vector<std::int64_t>& dims(TensorId tensor) const = 0;
  // noTensor when the layer has none of that name now.
  virtual TensorId parameter(std::string_view suffix) const = 0;
  virtual TensorId randomKey() = 0;     // i32 [4]
  virtual TensorId sampleNumbers() = 0; // i32 [N]
  virtual NodeId node() const = 0;
  // Emits one step; returns the tensors it writes (shapes from the op's own rule). `inPlace` names dsts that
  // exist already.
  virtual std::vector<TensorId> emit(std::string_view op, std::vector<TensorId> src, Params attrs,
                                     std::vector<std::pair<int, TensorId>> inPlace = {}) = 0;
  virtual void output(TensorId tensor) = 0; // declares the node's result
  // Output nodes only: the loss, what a person calls the prediction, and counts that become metrics.
  virtual TensorId target() = 0; // labels i32 [N] or values f32 [N,K] of this Output
  virtual void loss(TensorId scalar) = 0;
  virtual void prediction(TensorId tensor) = 0;
  virtual void metric(std::string_view name, TensorId scalar) = 0;
};

// The torch.nn twin of a node. `module` empty: a plain expression. In `call`, "{0}", "{1}" are the inputs,
// "{all}" the comma-joined inputs, "{self}" the module: "{self}({0})", "torch.cat([{all}], 1)", "{0}".
struct TorchCode {
  std::string module;
  std::string call;
};

struct LayerExample {
  std::vector<Shape> inputs;
  Params params;
};

struct LayerSpec {
  std::string_view type;  // "Conv2d": the class of torch.nn
  std::string_view group; // palette heading: "Convolution and pooling"
  Family family = Family::linear;
  std::string_view icon;                  // "f-conv"
  std::string_view shortName;             // "Conv": level of detail
  std::string_view summary;               // one or two sentences for the tool tip and the manual
  std::string_view formula;               // for the manual, plain text
  std::vector<std::string_view> keywords; // for the search
  std::vector<Field> fields;
  std::vector<PortSpec> inputs; // empty for Input
  bool hasOutput = true;        // false for Output
  // All functions are pure. Params hold every field (standards filled in).
  ShapeAnswer (*shape)(const std::vector<Shape>& inputs, const Params& params) = nullptr;
  // Null: none.
  std::vector<LayerParameter> (*parameters)(const std::vector<Shape>& inputs, const Params& params) = nullptr;
  void (*lower)(LoweringBuilder& builder, const Params& params) = nullptr;
  // Forward, one sample; null: none worth counting.
  std::int64_t (*multiplyAdds)(const std::vector<Shape>& inputs, const Params& params) = nullptr;
  // Node's second line: "3×3, 16 → 32 /2"; null: none.
  std::string (*facts)(const std::vector<Shape>& inputs, const Params& params) = nullptr;
  // Values of automatic fields.
  std::vector<std::pair<std::string, std::string>> (*automatic)(const std::vector<Shape>& inputs,
                                                                const Params& params) = nullptr;
  TorchCode (*torch)(const std::vector<Shape>& inputs, const Params& params) = nullptr;
  std::vector<LayerExample> (*examples)() = nullptr; // must all work; the tests and `loom doctor` walk them
};

const std::vector<const LayerSpec*>& layerTable(); // in palette order
const LayerSpec* findLayer(std::string_view type);
// completeFields() of the layer's fields; errors are of kind input and name layer and field.
Result<Params> completeParams(const LayerSpec& layer, const Params& given);
// Whether an Output with these params compares with labels (i32 [N]) instead of values (f32 [N,K]).
bool wantsLabels(const Params& outputParams);
// The reference manual of all layers as Markdown (`loom layers --markdown`).
std::string layersMarkdown();

} // namespace loom
