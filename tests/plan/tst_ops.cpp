// SPDX-License-Identifier: Apache-2.0
// The op table: every row complete, every gradient proven by finite differences, every float reference close
// to the double one, every shape rule names the src at fault; and answers worked out by hand, which no
// reference can bend.
#include "core/backend/check.h"
#include "core/backend/reference/reference_backend.h"
#include "core/plan/op_reference.h"
#include "core/plan/ops/support.h"
#include <QtTest>
#include <set>

using namespace loom;
using ops::Dims;

namespace {

QString text(const std::string& value) { return QString::fromStdString(value); }

// Runs one op in double on plain values.
struct Run {
  std::vector<std::vector<double>> floats;
  std::vector<std::vector<std::int32_t>> ints;
};

Run runOp(const char* name, std::vector<TensorDesc> src, Run in, const Params& attrs, Run start = {}) {
  const OpSpec* op = findOp(name);
  std::vector<View<double>> srcViews, dstViews;
  std::size_t nextInts = 0, nextFloats = 0;
  for (const TensorDesc& desc : src) {
    View<double> view;
    view.dims = desc.dims;
    if (!desc.dims.empty()) {
      if (desc.dtype == DType::i32)
        view.ints = in.ints[nextInts++].data();
      else
        view.data = in.floats[nextFloats++].data();
    }
    srcViews.push_back(view);
  }
  const auto shapes = op->shape(src, attrs).value();
  Run out;
  out.floats.resize(shapes.size());
  out.ints.resize(shapes.size());
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    View<double> view;
    view.dims = shapes[i].dims;
    const auto count = static_cast<std::size_t>(ops::product(shapes[i].dims));
    if (shapes[i].dtype == DType::i32) {
      out.ints[i] =
          i < start.ints.size() && !start.ints[i].empty() ? start.ints[i] : std::vector<std::int32_t>(count);
      view.ints = out.ints[i].data();
    } else {
      out.floats[i] =
          i < start.floats.size() && !start.floats[i].empty() ? start.floats[i] : std::vector<double>(count);
      view.data = out.floats[i].data();
    }
    dstViews.push_back(view);
  }
  op->reference64({srcViews, dstViews, attrs});
  return out;
}

void near(const std::vector<double>& got, const std::vector<double>& wanted) {
  QCOMPARE(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    QVERIFY2(std::abs(got[i] - wanted[i]) <= 1e-12 * (1 + std::abs(wanted[i])),
             qPrintable(QString("element %1 is %2, should be %3")
                            .arg(i)
                            .arg(got[i], 0, 'g', 17)
                            .arg(wanted[i], 0, 'g', 17)));
}

void addCases(bool gradientsOnly) {
  QTest::addColumn<int>("op");
  QTest::addColumn<int>("test");
  for (std::size_t op = 0; op < opTable().size(); ++op) {
    if (gradientsOnly && !opTable()[op]->gradient) continue;
    const auto cases = opTable()[op]->cases();
    for (std::size_t test = 0; test < cases.size(); ++test)
      QTest::addRow("%s: %s", opTable()[op]->name.data(), cases[test].name.c_str()) << int(op) << int(test);
  }
}

} // namespace

class TestOps : public QObject {
  Q_OBJECT

 private slots:
  void tableIsComplete();
  void referenceNamesEveryOp();
  void gradients_data() { addCases(true); }
  void gradients();
  void floatReference_data() { addCases(false); }
  void floatReference();
  void shapeErrorsNameTheSrc_data() { addCases(false); }
  void shapeErrorsNameTheSrc();
  void refusals_data();
  void refusals();
  void wrongGradientIsFound();
  void wrongBackendIsFound();

  void convolutionByHand();
  void maxPoolByHand();
  void averagePoolCountsAsPyTorch();
  void outputSizes_data();
  void outputSizes();
  void adaptivePoolByHand();
  void batchNormByHand();
  void geluByHand();
  void crossEntropyByHand();
  void strangeLabelGivesNaN();
  void bceByHand();
  void dropoutKeepsTheMean();
  void sgdByHand();
  void adamByHand();
  void updatesAgreeWithTheirFirstStep();
};

void TestOps::tableIsComplete() {
  std::set<std::string_view> names;
  for (const OpSpec* op : opTable()) {
    QVERIFY2(names.insert(op->name).second, qPrintable(text(std::string(op->name) + " stands twice")));
    QVERIFY2(op->shape && op->reference64 && op->reference32 && op->cases, op->name.data());
    QVERIFY2(!op->summary.empty() && !op->srcs.empty() && !op->dsts.empty(), op->name.data());
    QVERIFY2(op->cases().size() >= 2, op->name.data());
    QCOMPARE(findOp(op->name), op);
    // Whoever has a backward op has a gradient rule.
    if (findOp(std::string(op->name) + "_backward")) QVERIFY2(op->gradient, op->name.data());
    std::set<std::string> cases;
    for (const OpCase& test : op->cases()) {
      const auto shapes = op->shape(test.src, test.attrs);
      QVERIFY2(shapes.ok(), shapes.ok() ? "" : qPrintable(text(test.name + ": " + shapes.error().message())));
      QVERIFY2(cases.insert(test.name).second, qPrintable(text(test.name + " stands twice")));
    }
  }
  QCOMPARE(findOp("no such op"), nullptr);
}

void TestOps::referenceNamesEveryOp() {
  const std::string reference = opsMarkdown();
  for (const OpSpec* op : opTable()) {
    const auto begin = reference.find("\n## " + std::string(op->name) + "\n");
    QVERIFY2(begin != std::string::npos, op->name.data());
    const std::string section = reference.substr(begin, reference.find("\n## ", begin + 4) - begin);
    for (const std::string_view part : {op->summary, op->srcs, op->dsts, opNotes(op->name)})
      QVERIFY2(section.find(part) != std::string::npos, op->name.data());
    for (const OpCase& test : op->cases())
      for (const auto& [attribute, value] : test.attrs)
        QVERIFY2(section.find(attribute) != std::string::npos, op->name.data());
    QCOMPARE(section.find("Without a gradient") == std::string::npos, op->gradient != nullptr);
  }
}

void TestOps::gradients() {
  QFETCH(int, op);
  QFETCH(int, test);
  const OpSpec& spec = *opTable()[size_t(op)];
  const OpCheck check = checkGradient(spec, spec.cases()[size_t(test)]);
  QVERIFY2(check.passed, qPrintable(QString("error %1: ").arg(check.error) + text(check.detail.text())));
}

void TestOps::floatReference() {
  QFETCH(int, op);
  QFETCH(int, test);
  const OpSpec& spec = *opTable()[size_t(op)];
  const OpCheck check = compareBackend(referenceBackend(), spec, spec.cases()[size_t(test)]);
  QVERIFY2(check.passed, qPrintable(QString("error %1: ").arg(check.error) + text(check.detail.text())));
  QVERIFY(check.error < 1e-5);
}

// A src of the wrong dtype, an empty dimension, or one that is missing: the message names it and says what it
// must be.
void TestOps::shapeErrorsNameTheSrc() {
  QFETCH(int, op);
  QFETCH(int, test);
  const OpSpec& spec = *opTable()[size_t(op)];
  const OpCase original = spec.cases()[size_t(test)];
  for (std::size_t i = 0; i < original.src.size(); ++i) {
    if (original.src[i].dims.empty()) continue;
    const ops::PortName port = ops::portName(spec.srcs, i);
    const auto refused = [&](const std::vector<TensorDesc>& src) {
      const auto shapes = spec.shape(src, original.attrs);
      if (shapes.ok()) return false;
      return shapes.error().cause.text().find(port.name) != std::string::npos &&
             !shapes.error().fix.empty() && !shapes.error().place.empty();
    };
    auto src = original.src;
    src[i].dtype = src[i].dtype == DType::f32 ? DType::i32 : DType::f32;
    QVERIFY2(refused(src), qPrintable(text(port.name + " of another dtype")));
    src = original.src;
    src[i].dims[0] = 0;
    QVERIFY2(refused(src), qPrintable(text(port.name + " with an empty dimension")));
    if (port.optional) continue;
    src = original.src;
    src[i] = {};
    QVERIFY2(refused(src), qPrintable(text(port.name + " missing")));
  }
}

void TestOps::refusals_data() {
  using Src = std::vector<TensorDesc>;
  QTest::addColumn<QString>("op");
  QTest::addColumn<Src>("src");
  QTest::addColumn<Params>("attrs");
  QTest::addColumn<QString>("words");
  const auto row = [](const char* name, const char* op, Src src, Params attrs, const char* words) {
    QTest::newRow(name) << op << src << attrs << words;
  };
  row("linear", "linear", {{{2, 3}}, {{4, 5}}}, {}, "src must end in 5, but is 2×3 f32");
  row("linear bias", "linear", {{{2, 5}}, {{4, 5}}, {{5}}}, {}, "bias must be 4");
  row("one src too many", "relu", {{{2}}, {{2}}}, {}, "one too many");
  row("convolution channels", "conv2d", {{{1, 3, 8, 8}}, {{4, 2, 3, 3}}}, {},
      "weights must take 3 channels a group");
  row("convolution groups", "conv2d", {{{1, 3, 8, 8}}, {{4, 3, 3, 3}}}, {{"groups", 2}},
      "groups must divide");
  row("convolution kernel", "conv2d", {{{1, 1, 4, 8}}, {{1, 1, 5, 5}}}, {}, "kernel_size must fit");
  row("convolution stride", "conv2d", {{{1, 1, 8, 8}}, {{1, 1, 3, 3}}}, {{"stride", 0}}, "stride must be");
  row("huge dilation", "conv2d", {{{1, 1, 8, 8}}, {{1, 1, 3, 3}}}, {{"dilation", std::int64_t(1) << 62}},
      "dilation must be");
  row("pool padding", "max_pool2d", {{{1, 1, 8, 8}}}, {{"kernel_size", Dims{2, 2}}, {"padding", Dims{2, 2}}},
      "padding must be at most half");
  row("pool without kernel", "avg_pool2d", {{{1, 1, 8, 8}}}, {}, "kernel_size must be");
  row("batch norm over one value", "batch_norm", {{{1, 4}}}, {},
      "src must have more than one value per channel");
  row("batch norm over one value, images", "batch_norm", {{{1, 4, 1, 1}}}, {},
      "more than one value per channel");
  row("batch norm weight", "batch_norm", {{{3, 4}}, {{3}}}, {}, "weight must be 4");
  row("dropout", "dropout", {{{2, 3}}, {{4}, DType::i32}, {{2}, DType::i32}}, {{"p", 1.5}},
      "p must be between 0 and 1");
  row("dropout samples", "dropout", {{{2, 3}}, {{4}, DType::i32}, {{3}, DType::i32}}, {{"p", 0.5}},
      "sample must be 2");
  row("softmax", "softmax", {{{2, 3}}}, {{"dim", 2}}, "dim must be one of the 2 dimensions");
  row("add", "add", {{{2, 3}}, {{2, 4}}}, {}, "src1 must be 2×3, but is 2×4 f32");
  row("add of nothing", "add", {}, {}, "src0 is missing");
  row("concat", "concat", {{{2, 3}}, {{3, 3}}}, {{"dim", 1}}, "src1 must be like src0");
  row("reshape", "reshape", {{{2, 3}}}, {{"shape", Dims{-1, 4}}}, "src must have as many elements as 2×4");
  row("gelu", "gelu", {{{2}}}, {{"approximate", "fast"}}, "approximate must be none or tanh");
  row("labels", "cross_entropy", {{{2, 3}}, {{3}, DType::i32}}, {}, "label must be 2, but is 3 i32");
  row("nesterov", "sgd", {{{1}}, {{1}, DType::i32}, {{2}}}, {{"nesterov", true}},
      "nesterov must go with a momentum");
  row("beta", "adam", {{{1}}, {{1}, DType::i32}, {{2}}}, {{"beta2", 1.0}},
      "beta2 must be at least 0 and below 1");
}

void TestOps::refusals() {
  QFETCH(QString, op);
  QFETCH(std::vector<TensorDesc>, src);
  QFETCH(Params, attrs);
  QFETCH(QString, words);
  const auto shapes = findOp(op.toStdString())->shape(src, attrs);
  QVERIFY(!shapes.ok());
  QVERIFY2(text(shapes.error().message()).contains(words), qPrintable(text(shapes.error().message())));
  QCOMPARE(int(shapes.error().kind), int(ErrorKind::input));
}

// The checker itself must be able to fail: a gradient rule with the wrong sign of one term, a forgotten one.
void TestOps::wrongGradientIsFound() {
  OpSpec wrong = *findOp("sigmoid");
  wrong.gradient = [](GradientBuilder& b) {
    b.emit("tanh_backward", {b.dst(0), b.diffDst(0)}, {b.diffSrc(0)}, {});
  };
  QVERIFY(!checkGradient(wrong, wrong.cases()[0]).passed);
  wrong.gradient = [](GradientBuilder&) {};
  const OpCheck forgotten = checkGradient(wrong, wrong.cases()[0]);
  QVERIFY(!forgotten.passed);
  QVERIFY2(text(forgotten.detail.text()).contains("no gradient for src"), forgotten.detail.text().c_str());
}

void TestOps::wrongBackendIsFound() {
  OpSpec wrong = *findOp("linear");
  wrong.gradient = nullptr;
  wrong.reference32 = findOp("linear_backward_data")->reference32; // the same shapes where in = out
  OpCase square = ops::floats("square", {{3, 4}, {4, 4}, {4}});
  const OpCheck check = compareBackend(referenceBackend(), wrong, square);
  QVERIFY(!check.passed);
  QVERIFY(check.error > 1e-2);
  QVERIFY2(text(check.detail.text()).contains("dst["), check.detail.text().c_str());
}

void TestOps::convolutionByHand() {
  // 3×3 image 1…9, kernel [[1,2],[3,4]]: cross-correlation, not flipped.
  const Run out = runOp("conv2d", {{{1, 1, 3, 3}}, {{1, 1, 2, 2}}, {{1}}},
                        {{{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4}, {0.5}}, {}}, {});
  near(out.floats[0], {37.5, 47.5, 67.5, 77.5});
  const Run padded =
      runOp("conv2d", {{{1, 1, 2, 2}}, {{1, 1, 3, 3}}}, {{{1, 2, 3, 4}, {1, 2, 3, 4, 5, 6, 7, 8, 9}}, {}},
            {{"padding", Dims{1, 1}}, {"stride", Dims{2, 2}}});
  near(padded.floats[0], {5 * 1 + 6 * 2 + 8 * 3 + 9 * 4.});
}

void TestOps::maxPoolByHand() {
  // Negative values and padding: the padding is never the largest; of equals the first counts.
  const Run out = runOp("max_pool2d", {{{1, 1, 3, 3}}}, {{{-1, -2, -3, -4, -4, -6, -7, -4, -4}}, {}},
                        {{"kernel_size", Dims{2, 2}}, {"stride", Dims{2, 2}}, {"padding", Dims{1, 1}}});
  near(out.floats[0], {-1, -2, -4, -4});
  QCOMPARE(out.ints[1], (std::vector<std::int32_t>{0, 1, 3, 4}));
}

void TestOps::averagePoolCountsAsPyTorch() {
  // 1×1×3×3 of ones, kernel 2, stride 2, padding 1, ceil_mode: PyTorch's divisors.
  Params attrs{
      {"kernel_size", Dims{2, 2}}, {"stride", Dims{2, 2}}, {"padding", Dims{1, 1}}, {"ceil_mode", true}};
  const Run in{{std::vector<double>(9, 1.0)}, {}};
  near(runOp("avg_pool2d", {{{1, 1, 3, 3}}}, in, attrs).floats[0], {0.25, 0.5, 0.5, 1});
  attrs.set("count_include_pad", false);
  near(runOp("avg_pool2d", {{{1, 1, 3, 3}}}, in, attrs).floats[0], {1, 1, 1, 1});
  // Hanging over by ceil_mode alone: what lies beyond the image is not counted.
  near(runOp("avg_pool2d", {{{1, 1, 1, 3}}}, {{{3, 5, 7}}, {}},
             {{"kernel_size", Dims{1, 2}}, {"stride", Dims{1, 2}}, {"ceil_mode", true}})
           .floats[0],
       {4, 7});
}

void TestOps::outputSizes_data() {
  QTest::addColumn<int>("input");
  QTest::addColumn<int>("kernel");
  QTest::addColumn<int>("stride");
  QTest::addColumn<int>("padding");
  QTest::addColumn<bool>("ceil");
  QTest::addColumn<int>("wanted");
  QTest::newRow("floor") << 7 << 2 << 2 << 0 << false << 3;
  QTest::newRow("ceil") << 7 << 2 << 2 << 0 << true << 4;
  QTest::newRow("ceil, exact") << 8 << 2 << 2 << 0 << true << 4;
  QTest::newRow("ceil, last window would begin in the padding") << 4 << 2 << 3 << 1 << true << 2;
  QTest::newRow("resnet") << 112 << 3 << 2 << 1 << false << 56;
  QTest::newRow("too small") << 2 << 3 << 1 << 0 << false << 0;
}

void TestOps::outputSizes() {
  QFETCH(int, input);
  QFETCH(int, kernel);
  QFETCH(int, stride);
  QFETCH(int, padding);
  QFETCH(bool, ceil);
  QFETCH(int, wanted);
  Window window;
  window.ceilMode = ceil;
  window.kernel = {kernel, kernel};
  window.stride = {stride, stride};
  window.padding = {padding, padding};
  QCOMPARE(window.outputs(0, input), wanted);
}

void TestOps::adaptivePoolByHand() {
  // 5 to 3: [0,2) [1,4) [3,5)
  near(runOp("adaptive_avg_pool2d", {{{1, 1, 1, 5}}}, {{{1, 2, 3, 4, 5}}, {}}, {{"output_size", Dims{1, 3}}})
           .floats[0],
       {1.5, 3, 4.5});
}

void TestOps::batchNormByHand() {
  // One channel 1, 2, 3, 6: mean 3, biased variance 3.5, unbiased 14/3.
  Run start;
  start.floats.resize(5);
  start.floats[3] = {1};
  start.floats[4] = {2};
  start.ints.resize(6);
  start.ints[5] = {4};
  const Run out = runOp("batch_norm", {{{4, 1}}, {{1}}, {{1}}}, {{{1, 2, 3, 6}, {2}, {10}}, {}},
                        {{"eps", 0.5}, {"momentum", 0.1}}, start);
  near(out.floats[0], {8, 9, 10, 13});
  near(out.floats[1], {3});
  near(out.floats[2], {0.5});
  near(out.floats[3], {0.9 * 1 + 0.1 * 3});
  near(out.floats[4], {0.9 * 2 + 0.1 * 14 / 3});
  QCOMPARE(out.ints[5][0], 5);
}

void TestOps::geluByHand() {
  // Φ(1) = 0.84134474606854293; tanh form from its definition, both known to 15 digits.
  near(runOp("gelu", {{{3}}}, {{{1, 0, -1}}, {}}, {}).floats[0],
       {0.841344746068542949, 0, -0.158655253931457051});
  near(runOp("gelu", {{{1}}}, {{{1}}, {}}, {{"approximate", "tanh"}}).floats[0], {0.841191990608276704});
}

void TestOps::crossEntropyByHand() {
  // Two classes with scores ln 3 and 0: p = 3/4, 1/4.
  const double three = std::log(3.0);
  const Run out =
      runOp("cross_entropy", {{{2, 2}}, {{2}, DType::i32}}, {{{three, 0, three, 0}}, {{0, 1}}}, {});
  near(out.floats[0], {(std::log(4.0 / 3) + std::log(4.0)) / 2});
  near(out.floats[1], {0.75, 0.25, 0.75, 0.25});
  near(out.floats[2], {1});
  // Smoothed by 0.2: target 0.9 and 0.1.
  const Run smooth = runOp("cross_entropy", {{{1, 2}}, {{1}, DType::i32}}, {{{three, 0}}, {{0}}},
                           {{"label_smoothing", 0.2}});
  near(smooth.floats[0], {0.9 * std::log(4.0 / 3) + 0.1 * std::log(4.0)});
  near(runOp("cross_entropy_backward", {{{1, 2}}, {{1}, DType::i32}}, {{{0.75, 0.25}}, {{0}}},
             {{"label_smoothing", 0.2}})
           .floats[0],
       {-0.15, 0.15});
}

void TestOps::strangeLabelGivesNaN() {
  for (const std::int32_t label : {-1, 3, 1 << 30}) {
    const Run out = runOp("cross_entropy", {{{1, 3}}, {{1}, DType::i32}}, {{{1, 2, 3}}, {{label}}}, {});
    QVERIFY(std::isnan(out.floats[0][0]));
    QCOMPARE(out.floats[2][0], 0.0);
  }
}

void TestOps::bceByHand() {
  const double three = std::log(3.0); // sigmoid 3/4
  const Run out = runOp("bce_with_logits_loss", {{{2, 2}}, {{2, 2}}},
                        {{{three, -three, three, 0}, {1, 0, 0, 0}}, {}}, {});
  near(out.floats[0], {(2 * std::log(4.0 / 3) + std::log(4.0) + std::log(2.0)) / 4});
  near(out.floats[1], {0.75, 0.25, 0.75, 0.5});
  near(out.floats[2], {1});
}

void TestOps::dropoutKeepsTheMean() {
  const std::int64_t count = 20000;
  const Run in{{std::vector<double>(count, 1.0)}, {{1, 2, 3, 0}, {42}}};
  const std::vector<TensorDesc> src{{{1, count}}, {{4}, DType::i32}, {{1}, DType::i32}};
  const Run out = runOp("dropout", src, in, {{"p", 0.3}, {"stream", 5}});
  double sum = 0;
  for (const double value : out.floats[0]) {
    QVERIFY(value == 0 || std::abs(value - 1 / 0.7) < 1e-12);
    sum += value;
  }
  QVERIFY(std::abs(sum / double(count) - 1) < 0.02);
  const auto differs = [&](const Run& other) { return other.floats[0] != out.floats[0]; };
  QVERIFY(!differs(runOp("dropout", src, in, {{"p", 0.3}, {"stream", 5}})));
  QVERIFY(differs(runOp("dropout", src, in, {{"p", 0.3}, {"stream", 6}})));
  Run other = in;
  other.ints[0][2] = 4; // the next epoch
  QVERIFY(differs(runOp("dropout", src, other, {{"p", 0.3}, {"stream", 5}})));
  other = in;
  other.ints[1][0] = 43; // another sample
  QVERIFY(differs(runOp("dropout", src, other, {{"p", 0.3}, {"stream", 5}})));
}

void TestOps::sgdByHand() {
  const std::vector<TensorDesc> src{{{1}}, {{1}, DType::i32}, {{1}}};
  // p = 2, g = 0.5 + 0.1·2 = 0.7, b = 0.9·1 + 0.7 = 1.6; nesterov: 0.7 + 0.9·1.6 = 2.14
  const Run in{{{0.1}, {0.5}}, {{2}}}, start{{{2}, {1}}, {}};
  Params attrs{{"momentum", 0.9}, {"weight_decay", 0.1}};
  near(runOp("sgd", src, in, attrs, start).floats[0], {2 - 0.16});
  near(runOp("sgd", src, in, attrs, start).floats[1], {1.6});
  attrs.set("nesterov", true);
  near(runOp("sgd", src, in, attrs, start).floats[0], {2 - 0.214});
  // Step 1 takes the gradient whole, whatever the dampening.
  const Run first{{{0.1}, {0.5}}, {{1}}};
  const Run out = runOp("sgd", src, first, {{"momentum", 0.9}, {"dampening", 0.5}}, {{{2}, {0}}, {}});
  near(out.floats[0], {1.95});
  near(out.floats[1], {0.5});
  near(runOp("sgd", src, in, {{"momentum", 0.9}, {"dampening", 0.5}}, start).floats[1], {0.9 + 0.25});
  near(runOp("sgd", src, in, {}, {{{2}}, {}}).floats[0], {1.95});
}

void TestOps::adamByHand() {
  const std::vector<TensorDesc> src{{{1}}, {{1}, DType::i32}, {{1}}};
  // Step 2, m = 0.1, v = 0.01, g = 0.5.
  const Run in{{{0.01}, {0.5}}, {{2}}}, start{{{2}, {0.1}, {0.01}}, {}};
  const Params attrs{{"beta1", 0.9}, {"beta2", 0.99}, {"eps", 0.0}, {"weight_decay", 0.0}};
  const double m = 0.9 * 0.1 + 0.1 * 0.5, v = 0.99 * 0.01 + 0.01 * 0.25;
  const double change = 0.01 * (m / 0.19) / std::sqrt(v / 0.0199);
  for (const char* op : {"adam", "adamw"}) {
    const Run out = runOp(op, src, in, attrs, start);
    near(out.floats[0], {2 - change});
    near(out.floats[1], {m});
    near(out.floats[2], {v});
  }
  // Decay: adamw shrinks the parameter, adam changes the gradient.
  Params decayed = attrs;
  decayed.set("weight_decay", 0.1);
  near(runOp("adamw", src, in, decayed, start).floats[0], {2 * (1 - 0.001) - change});
  near(runOp("adam", src, in, decayed, start).floats[1], {0.9 * 0.1 + 0.1 * 0.7});
}

// The first step of Adam moves every parameter by lr, against the sign of its gradient, whatever its size.
void TestOps::updatesAgreeWithTheirFirstStep() {
  const Run out = runOp("adamw", {{{1}}, {{1}, DType::i32}, {{3}}}, {{{0.01}, {1e-3, -5, 100}}, {{1}}},
                        {{"eps", 0.0}, {"weight_decay", 0.0}}, {{{1, 1, 1}, {0, 0, 0}, {0, 0, 0}}, {}});
  near(out.floats[0], {0.99, 1.01, 0.99});
}

QTEST_GUILESS_MAIN(TestOps)
#include "tst_ops.moc"
