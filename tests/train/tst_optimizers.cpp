// SPDX-License-Identifier: Apache-2.0
// The trainer's weights, step by step, beside what a few lines of double arithmetic give: every optimizer
// with every schedule, shares of the learning rate, frozen layers and shared weights. The gradients here are
// finite differences, so that nothing is taken from the engine.
#include "tests/train/train_fixture.h"
#include <cmath>
#include <numbers>

using namespace loom;
using namespace loom::test;

namespace {

using Ints = std::vector<std::int64_t>;
using Vector = std::vector<double>;
using Model = std::map<std::string, Vector>; // by state_dict key

constexpr int rows = 8, steps = 12;
const double table[rows][4] = {{0.5, -1.25, 0.75, 1.5},  {-0.5, 0.25, 1.5, -0.5}, {1.25, 0.5, -0.75, 2.25},
                               {-1.5, 1.0, 0.25, -1.75}, {0.25, 1.5, 1.0, 0.75},  {0.75, -0.25, -1.5, 0.25},
                               {-0.25, -1.5, 0.5, -1.0}, {1.0, 0.75, -0.25, 1.25}};

std::string csv() {
  std::string text = "a,b,c,t\n";
  for (const auto& row : table) {
    for (int i = 0; i < 4; ++i) text += (i ? "," : "") + std::to_string(row[i]);
    text += '\n';
  }
  return text;
}

Network linear(const std::string& kind) {
  std::vector<Layer> layers{{"Input", {{"shape", Ints{3}}}, "input"}};
  if (kind != "plain") {
    layers.push_back({"Linear", {{"out_features", std::int64_t{3}}}, "first"});
    layers.push_back({"Tanh", {}, "tanh"});
  }
  if (kind == "shared") {
    layers.push_back({"Linear", {{"out_features", std::int64_t{3}}}, "again"});
    layers.push_back({"Tanh", {}, "tanh2"});
  }
  layers.push_back({"Linear", {{"out_features", std::int64_t{1}}}, "last"});
  layers.push_back({"Output", {{"loss", std::string("MSELoss")}}, "output"});
  Network network = chain("net", layers);
  for (auto& [id, node] : network.nodes) {
    if (kind == "frozen" && node.name == "first") node.frozen = true;
    if (kind == "scaled" && node.name == "first") node.lrScale = 0.1;
    if (node.name == "again") node.shares = network.nodeNamed("first")->id;
  }
  return network;
}

double loss(const Model& model, const Vector& mean, const Vector& deviation) {
  double sum = 0;
  for (const auto& row : table) {
    Vector x(row, row + 3);
    const auto apply = [&](const std::string& name, bool tanh) {
      const Vector &weight = model.at(name + ".weight"), &bias = model.at(name + ".bias");
      Vector y = bias;
      for (std::size_t o = 0; o < y.size(); ++o)
        for (std::size_t i = 0; i < x.size(); ++i) y[o] += weight[o * x.size() + i] * x[i];
      if (tanh)
        for (double& value : y) value = std::tanh(value);
      x = y;
    };
    if (model.contains("first.weight")) apply("first", true);
    if (model.contains("again?")) apply("first", true);
    apply("last", false);
    const double off = x[0] - (row[3] - mean[0]) / deviation[0];
    sum += off * off;
  }
  return sum / rows;
}

double slope(Model model, const std::string& key, std::size_t i, const Vector& mean,
             const Vector& deviation) {
  const double at = model[key][i], h = 1e-5;
  model[key][i] = at + h;
  const double above = loss(model, mean, deviation);
  model[key][i] = at - h;
  return (above - loss(model, mean, deviation)) / (2 * h);
}

// torch.optim.lr_scheduler in its closed form; t counts from 0.
double factor(const std::string& schedule, int t) {
  if (schedule == "cosine") return (1 + std::cos(std::numbers::pi * t / steps)) / 2;
  if (schedule != "one-cycle") return 1;
  const double top = 0.3 * steps - 1, end = steps - 1, low = 1.0 / 25, lowest = low / 1e4;
  const auto between = [](double from, double to, double share) {
    return from + (to - from) * (1 - std::cos(std::numbers::pi * share)) / 2;
  };
  return t <= top ? between(low, 1, t / top) : between(1, lowest, (t - top) / (end - top));
}

Model modelAt(const fs::path& run, std::int64_t step) {
  auto checkpoint = readCheckpoint(run, step);
  if (!checkpoint) qFatal("%s", checkpoint.error().message().c_str());
  Model model;
  for (const auto& [name, tensor] : checkpoint->model.tensors) {
    const auto* values = reinterpret_cast<const float*>(tensor.data.data());
    model[name].assign(values, values + tensor.data.size() / 4);
  }
  return model;
}

} // namespace

class TestOptimizers : public QObject {
  Q_OBJECT
 private slots:
  void stepByStep_data() {
    QTest::addColumn<QByteArray>("kind");
    QTest::addColumn<QByteArray>("rule");
    QTest::addColumn<QByteArray>("schedule");
    for (const char* rule :
         {"SGD", "SGD+decay", "SGD+momentum", "SGD+nesterov", "Adam", "Adam+decay", "AdamW"})
      for (const char* schedule : {"constant", "cosine", "one-cycle"})
        QTest::addRow("%s, %s", rule, schedule)
            << QByteArray("plain") << QByteArray(rule) << QByteArray(schedule);
    for (const char* kind : {"frozen", "scaled", "shared"})
      for (const char* rule : {"SGD+nesterov", "AdamW"})
        QTest::addRow("%s, %s", kind, rule)
            << QByteArray(kind) << QByteArray(rule) << QByteArray("one-cycle");
  }
  void stepByStep() {
    QFETCH(QByteArray, kind);
    QFETCH(QByteArray, rule);
    QFETCH(QByteArray, schedule);
    TestProject project;
    project.makeTable(csv(), "t", Task::regression, linear(kind.toStdString()), {1, 0, 0, 1, false}, "none");
    TrainRequest request = project.request("a");
    TrainSettings& settings = request.settings;
    settings.batch = rows;
    settings.epochs = steps;
    settings.learningRate = 0.05;
    settings.schedule = schedule.toStdString();
    settings.optimizer = rule.split('+').first().toStdString();
    settings.checkpointEvery = 1;
    settings.keepCheckpoints = 1000;
    const double decay = rule.contains("decay") ? 0.1 : rule == "AdamW" ? 0.2 : 0;
    const double momentum = rule.contains("momentum") || rule.contains("nesterov") ? 0.9 : 0;
    const bool nesterov = rule.contains("nesterov");
    if (decay > 0) settings.optimizerParams.set("weight_decay", decay);
    if (momentum > 0) settings.optimizerParams.set("momentum", momentum);
    if (nesterov) settings.optimizerParams.set("nesterov", true);
    // The start values: a run that is stopped before its first step.
    StopFlag at_once;
    at_once.wanted = 1;
    QVERIFY(train(request, {}, at_once).ok());
    QCOMPARE(finished(project.resume("a")).steps, std::int64_t{steps});

    auto config = readRunConfig(project.run("a"));
    QVERIFY(config.ok());
    const auto& [featureMean, featureStd, mean, deviation] = config->normalisation;
    Model model = modelAt(project.run("a"), 0), first, second; // moments
    if (kind == "shared") {
      QVERIFY(!model.contains("again.weight"));
      model["again?"] = {};
    }
    const Model start = model;
    const auto rates = series(project.path(), "a").at("train/lr");
    for (int t = 0; t < steps; ++t) {
      const double rate = settings.learningRate * factor(settings.schedule, t);
      QVERIFY2(std::abs(rates.at(t + 1) - rate) < 1e-6 * settings.learningRate,
               qPrintable(QString("rate of step %1: %2, not %3").arg(t + 1).arg(rates.at(t + 1)).arg(rate)));
      const Model before = model;
      for (auto& [key, values] : model)
        for (std::size_t i = 0; i < values.size(); ++i) {
          if (kind == "frozen" && key.starts_with("first")) continue;
          const double lr = kind == "scaled" && key.starts_with("first") ? rate * 0.1 : rate;
          double g = slope(before, key, i, mean, deviation);
          double& w = values[i];
          auto &m = first[key], &v = second[key];
          m.resize(values.size());
          v.resize(values.size());
          if (settings.optimizer == "SGD") {
            g += decay * w;
            if (momentum > 0) {
              m[i] = t == 0 ? g : momentum * m[i] + g;
              g = nesterov ? g + momentum * m[i] : m[i];
            }
            w -= lr * g;
            continue;
          }
          if (settings.optimizer == "Adam") g += decay * w;
          if (settings.optimizer == "AdamW") w *= 1 - lr * decay;
          m[i] = 0.9 * m[i] + 0.1 * g;
          v[i] = 0.999 * v[i] + 0.001 * g * g;
          w -= lr * (m[i] / (1 - std::pow(0.9, t + 1))) /
               (std::sqrt(v[i] / (1 - std::pow(0.999, t + 1))) + 1e-8);
        }
      const Model got = modelAt(project.run("a"), t + 1);
      for (const auto& [key, values] : got)
        for (std::size_t i = 0; i < values.size(); ++i)
          QVERIFY2(std::abs(values[i] - model[key][i]) < 2e-5 * std::max(1.0, std::abs(model[key][i])),
                   qPrintable(QString("step %1, %2[%3]: %4, not %5")
                                  .arg(t + 1)
                                  .arg(key.c_str())
                                  .arg(i)
                                  .arg(values[i], 0, 'g', 9)
                                  .arg(model[key][i], 0, 'g', 9)));
      const double told = series(project.path(), "a").at("train/loss").at(t + 1);
      QVERIFY(std::abs(told - loss(before, mean, deviation)) < 1e-4 * std::max(1.0, told));
    }
    if (kind == "frozen") {
      QCOMPARE(modelAt(project.run("a"), steps).at("first.weight"), start.at("first.weight"));
      auto checkpoint = readCheckpoint(project.run("a"), steps);
      for (const auto& [name, tensor] : checkpoint->optimizer.tensors)
        QVERIFY(!QByteArray(name.c_str()).startsWith("first"));
    }
    QVERIFY(modelAt(project.run("a"), steps).at("last.weight") != start.at("last.weight"));
  }
};

QTEST_GUILESS_MAIN(TestOptimizers)
#include "tst_optimizers.moc"
