// SPDX-License-Identifier: Apache-2.0
// Walks the table of layers, so that a new row is tested on arrival: fields, shapes, parameters, lowering,
// and a run on every backend that is there.
#include "core/backend/backend.h"
#include "core/base/random.h"
#include "core/compile/compile.h"
#include "core/network/edit.h"
#include "core/network/validate.h"
#include <QtTest>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

using namespace loom;

namespace {

using Ints = std::vector<std::int64_t>;

Ints sampleDims(const Shape& shape) {
  Ints dims;
  for (std::size_t i = 1; i < shape.size(); ++i) dims.push_back(shape[i].value);
  return dims;
}

// An Input for each of the example's inputs, each behind a learnable layer where one fits, then the layer,
// then an Output over its values. `subject` is the layer's node.
Network around(const LayerSpec& layer, const LayerExample& example, NodeId& subject) {
  Network network;
  network.name = "example";
  const auto perform = [&](const Result<Edit>& edit) {
    if (!edit.ok() || !apply(network, *edit).ok())
      qFatal("%s", edit.ok() ? "edit" : edit.error().message().c_str());
    return network.nodes.empty() ? 0 : network.nodes.rbegin()->first;
  };
  std::vector<NodeId> sources;
  for (const Shape& shape : example.inputs) {
    NodeId last = perform(addNode(network, "Input", {}, {{"shape", sampleDims(shape)}}));
    std::string_view type;
    Params params;
    if (shape.size() == 2) type = "Linear", params = {{"out_features", shape[1].value}};
    if (shape.size() == 4)
      type = "Conv2d", params = {{"out_channels", shape[1].value}, {"kernel_size", Ints{1, 1}}};
    if (!type.empty()) {
      const NodeId before = last;
      last = perform(addNode(network, type, {}, params));
      perform(loom::connect(network, before, last));
    }
    sources.push_back(last);
  }
  subject = perform(addNode(network, layer.type, {}, example.params, "subject"));
  for (const NodeId source : sources) perform(loom::connect(network, source, subject));
  if (!layer.hasOutput) return network;
  const ShapeAnswer answer = layer.shape(example.inputs, completeParams(layer, example.params).value());
  NodeId last = subject;
  if (answer.output.size() != 2) {
    last = perform(addNode(network, "Flatten", {}));
    perform(loom::connect(network, subject, last));
  }
  const NodeId output = perform(addNode(network, "Output", {}, {{"loss", std::string("MSELoss")}}, "end"));
  perform(loom::connect(network, last, output));
  return network;
}

void feed(Executable& executable, const Plan& plan, const Compiled& compiled) {
  for (const InitialValue& value : compiled.initial) {
    const Tensor& tensor = plan.tensor(value.tensor);
    if (tensor.dtype != DType::f32) continue;
    const auto values = initialValues(value, tensor.elements(), 5);
    executable.write(value.tensor, std::as_bytes(std::span(values)));
  }
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    const Tensor& tensor = plan.tensors[i];
    if (tensor.kind != TensorKind::input && tensor.kind != TensorKind::scalar) continue;
    std::vector<float> values;
    std::vector<std::int32_t> numbers;
    for (std::uint32_t e = 0; e < static_cast<std::uint32_t>(tensor.elements()); ++e) {
      values.push_back(
          tensor.kind == TensorKind::scalar
              ? 0.01f
              : static_cast<float>(randomNormal({3, static_cast<std::uint32_t>(tensor.node)}, 0, e)));
      numbers.push_back(1);
    }
    if (tensor.dtype == DType::f32)
      executable.write(static_cast<TensorId>(i), std::as_bytes(std::span(values)));
    else
      executable.write(static_cast<TensorId>(i), std::as_bytes(std::span(numbers)));
  }
}

} // namespace

class TestLayers : public QObject {
  Q_OBJECT
 private slots:
  void rowsAreWhole();
  void examples_data();
  void examples();
  void fieldsAreChecked();
  void factsWithoutInput();
  void manual();
  void initialisation();
};

void TestLayers::rowsAreWhole() {
  std::set<std::string_view> types;
  // Each layer that a file of core/layers defines is in the table.
  std::size_t defined = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LOOM_SOURCE_DIR "/core/layers")) {
    std::ifstream in(entry.path());
    if (entry.path().extension() != ".cpp") continue;
    for (std::string line; std::getline(in, line);)
      defined += line.starts_with("const LayerSpec& ") && line.ends_with("() {");
  }
  QCOMPARE(layerTable().size(), defined);
  for (const LayerSpec* layer : layerTable()) {
    const std::string type(layer->type);
    QVERIFY2(types.insert(layer->type).second, type.c_str());
    QCOMPARE(findLayer(layer->type), layer);
    QVERIFY2(layer->shape && layer->lower && layer->torch && layer->examples, type.c_str());
    QVERIFY2(!layer->group.empty() && !layer->shortName.empty() && !layer->summary.empty() &&
                 !layer->keywords.empty(),
             type.c_str());
    QVERIFY2(layer->summary.ends_with('.'), type.c_str());
    const auto icon =
        std::filesystem::path(LOOM_SOURCE_DIR) / "resources" / "icons" / (std::string(layer->icon) + ".svg");
    if (std::filesystem::exists(icon.parent_path())) QVERIFY2(std::filesystem::exists(icon), icon.c_str());
    std::set<std::string_view> names;
    for (const Field& field : layer->fields) {
      QVERIFY2(names.insert(field.name).second && !field.label.empty() && field.help.ends_with('.'),
               type.c_str());
      QCOMPARE(field.kind == FieldKind::choice, !field.choices.empty());
      // A standard is itself a legal value.
      if (!field.automatic)
        QVERIFY2(completeParams(*layer, {{std::string(field.name), field.standard}}).ok(), type.c_str());
    }
  }
  QCOMPARE(findLayer("Conv9d"), nullptr);
}

void TestLayers::examples_data() {
  QTest::addColumn<int>("row");
  QTest::addColumn<int>("example");
  for (std::size_t row = 0; row < layerTable().size(); ++row) {
    const auto examples = layerTable()[row]->examples();
    QVERIFY(!examples.empty());
    for (std::size_t i = 0; i < examples.size(); ++i)
      QTest::addRow("%s %zu", std::string(layerTable()[row]->type).c_str(), i + 1)
          << static_cast<int>(row) << static_cast<int>(i);
  }
}

void TestLayers::examples() {
  QFETCH(int, row);
  QFETCH(int, example);
  const LayerSpec& layer = *layerTable()[static_cast<std::size_t>(row)];
  const LayerExample given = layer.examples()[static_cast<std::size_t>(example)];
  const auto params = completeParams(layer, given.params);
  QVERIFY2(params.ok(), params.ok() ? "" : params.error().message().c_str());
  const ShapeAnswer answer = layer.shape(given.inputs, *params);
  QVERIFY2(!answer.problem, answer.problem ? answer.problem->cause.text().c_str() : "");
  QVERIFY(!layer.torch(given.inputs, *params).module.empty() || !layer.inputs.empty() ||
          layer.type == "Input");

  NodeId subject = 0;
  const Network network = around(layer, given, subject);
  const Analysis analysis = analyse(network);
  QVERIFY2(analysis.runnable(),
           analysis.diagnostics.empty() ? "" : analysis.diagnostics[0].cause.text().c_str());
  constexpr std::int64_t batch = 3;
  const auto made = compile(network, {{batch}, {batch}, "adamw", {}, false});
  QVERIFY2(made.ok(), made.ok() ? "" : made.error().message().c_str());
  // The layer's own shape and parameters are those of the plan.
  std::int64_t parameters = 0;
  for (const TensorId id : made->plan.parameters)
    if (made->plan.tensor(id).node == subject) parameters += made->plan.tensor(id).elements();
  QCOMPARE(parameters, analysis.nodes.at(subject).parameterCount);
  Ints wanted = sampleDims(answer.output);
  std::int64_t values = batch;
  for (const std::int64_t dim : wanted) values *= dim;
  for (const Program& program : made->plan.programs) {
    QCOMPARE(program.outputs.size(), std::size_t{1});
    QCOMPARE(made->plan.tensor(program.outputs[0].tensor).elements(), values);
    wanted.insert(wanted.begin(), batch);
    for (const Step& step : program.steps)
      if (step.node == subject && layer.hasOutput && layer.type != "Input") {
        QCOMPARE(made->plan.tensor(step.dst[0]).dims, wanted);
        break;
      }
    wanted.erase(wanted.begin());
  }

  const auto plan = std::make_shared<const Plan>(made->plan);
  std::vector<std::vector<float>> answers;
  for (const char* name : {"reference64", "reference", "onednn"}) {
    const Backend* backend = findBackend(name);
    if (!backend) continue;
    auto executable = backend->prepare(plan, {1});
    QVERIFY2(executable.ok(), executable.ok() ? "" : executable.error().message().c_str());
    feed(**executable, *plan, *made);
    for (const int program : {1, 0, 1}) QVERIFY((*executable)->run(program).ok());
    std::vector<float> prediction(static_cast<std::size_t>(values));
    (*executable)->read(plan->programs[1].outputs[0].tensor, std::as_writable_bytes(std::span(prediction)));
    for (const float value : prediction) QVERIFY2(std::isfinite(value), name);
    answers.push_back(std::move(prediction));
  }
  QVERIFY(answers.size() >= 2);
  for (const auto& other : answers)
    for (std::size_t i = 0; i < other.size(); ++i) QVERIFY(std::fabs(other[i] - answers[0][i]) < 2e-2f);
}

void TestLayers::fieldsAreChecked() {
  const LayerSpec& conv = *findLayer("Conv2d");
  const auto refused = [&](const LayerSpec& layer, const char* name, ParamValue value) {
    const auto params = completeParams(layer, {{name, std::move(value)}});
    return !params.ok() && params.error().kind == ErrorKind::input &&
           params.error().place.text().find(name) != std::string::npos && !params.error().fix.empty();
  };
  QVERIFY(refused(conv, "out_channels", std::int64_t{0}));
  QVERIFY(refused(conv, "out_channels", std::int64_t{1} << 40));
  QVERIFY(refused(conv, "out_channels", 2.5));
  QVERIFY(refused(conv, "out_channels", std::string("many")));
  QVERIFY(refused(conv, "bias", std::int64_t{1}));
  QVERIFY(refused(conv, "kernel_size", Ints{3, 3, 3}));
  QVERIFY(refused(conv, "kernel_size", Ints{}));
  QVERIFY(refused(conv, "kernel_size", Ints{3, 0}));
  QVERIFY(refused(conv, "in_channels", std::int64_t{3}));
  QVERIFY(refused(conv, "colour", true));
  QVERIFY(refused(*findLayer("Dropout"), "p", 1.5));
  QVERIFY(refused(*findLayer("Dropout"), "p", std::nan("")));
  QVERIFY(refused(*findLayer("Output"), "loss", std::string("NLLLoss")));
  QVERIFY(refused(*findLayer("Input"), "shape", Ints{}));
  QVERIFY(refused(*findLayer("Input"), "shape", Ints{1, -28}));
  // One number counts for both sides; a whole number is a number.
  const Params params =
      completeParams(conv, {{"kernel_size", std::int64_t{5}}, {"out_channels", 6.0}}).value();
  QCOMPARE(params.getInts("kernel_size"), (Ints{5, 5}));
  QCOMPARE(params.getInt("out_channels"), std::int64_t{6});
  QCOMPARE(completeParams(*findLayer("Dropout"), {{"p", std::int64_t{0}}})->getDouble("p", 9), 0.0);
  QVERIFY(completeParams(*findLayer("MaxPool2d"), {{"stride", Ints{}}}).ok());
}

// A node that nothing is connected to still says what it knows.
void TestLayers::factsWithoutInput() {
  for (const LayerSpec* layer : layerTable()) {
    const Params params = completeParams(*layer, {}).value();
    const std::vector<std::vector<Shape>> odd{{}, {Shape{}}, {Shape{Dim{0, "N"}}}, {Shape(7, Dim{2, {}})}};
    for (const auto& inputs : odd) {
      if (layer->facts) QVERIFY(!layer->facts(inputs, params).empty());
      if (layer->automatic) QVERIFY(!layer->automatic(inputs, params).empty());
    }
    // Ranks that do not fit are problems in words.
    if (layer->inputs.empty()) continue;
    for (std::size_t rank = 2; rank < 7; ++rank) {
      Shape shape(rank, Dim{3, {}});
      shape[0] = Dim{0, "N"};
      const ShapeAnswer answer = layer->shape({shape, shape}, params);
      if (answer.problem)
        QVERIFY(answer.problem->cause.text().ends_with('.'));
      else
        QVERIFY(!answer.output.empty());
    }
  }
}

void TestLayers::manual() {
  const std::string text = layersMarkdown();
  for (const LayerSpec* layer : layerTable()) {
    QVERIFY(text.find("### " + std::string(layer->type) + "\n") != std::string::npos);
    QCOMPARE(text.find("## " + std::string(layer->group) + "\n"),
             text.rfind("\n## " + std::string(layer->group) + "\n") + 1);
  }
  QVERIFY(text.find("| `kernel_size` | height, width | 3, 3 |") != std::string::npos);
}

// PyTorch: U(±1/sqrt(fan_in)) for weights and biases; ones and zeros for batch norm.
void TestLayers::initialisation() {
  const LayerSpec& conv = *findLayer("Conv2d");
  const Shape image{Dim{0, "N"}, Dim{6, {}}, Dim{9, {}}, Dim{9, {}}};
  const auto weights = conv.parameters(
      {image}, completeParams(conv, {{"kernel_size", Ints{3, 5}}, {"groups", std::int64_t{2}}}).value());
  QCOMPARE(weights.size(), std::size_t{2});
  QCOMPARE(weights[0].dims, (Ints{16, 3, 3, 5}));
  QCOMPARE(weights[0].fanIn, std::int64_t{45});
  QCOMPARE(weights[1].fanIn, std::int64_t{45});
  const LayerSpec& norm = *findLayer("BatchNorm2d");
  std::vector<std::string> names;
  for (const LayerParameter& each : norm.parameters({image}, completeParams(norm, {}).value()))
    names.push_back(each.suffix);
  QCOMPARE(names, (std::vector<std::string>{"weight", "bias", "running_mean", "running_var",
                                            "num_batches_tracked"}));
}

QTEST_GUILESS_MAIN(TestLayers)
#include "tst_layers.moc"
