// SPDX-License-Identifier: Apache-2.0
// An Evaluation exists only when its parts fit together: a table of parts that do not. And SHA-256 by the
// examples of its standard, and the seal of a JSON object.
#include "core/run/evaluation.h"
#include "core/run/seal.h"
#include "core/run/sha256.h"
#include <QCryptographicHash>
#include <QtTest>
#include <cmath>
#include <functional>
#include <limits>

using namespace loom;

namespace {

using Change = std::function<void(EvaluationParts&)>;

// Four samples of three classes.
EvaluationParts classes() {
  EvaluationParts parts;
  parts.step = 20;
  parts.split = "test";
  parts.classes = {"a", "b", "c"};
  parts.samples = {3, 5, 8, 9};
  parts.labels = {0, 1, 2, 1};
  parts.predictions = {0, 1, 1, 1};
  parts.outputs = {0.8f, 0.1f, 0.1f, 0.2f, 0.7f, 0.1f, 0.1f, 0.5f, 0.4f, 0.3f, 0.6f, 0.1f};
  countClasses(parts);
  parts.metrics = {{"test_accuracy", 0.75}, {"test_loss", 0.5}};
  return parts;
}

EvaluationParts values() {
  EvaluationParts parts;
  parts.split = "validation";
  parts.samples = {0, 4};
  parts.outputs = {1, 2, 3, 4};
  parts.targets = {1, 2, 3, 5};
  parts.metrics = {{"val_mae", 0.25}, {"val_r2", 0.5}};
  return parts;
}

constexpr EvaluationLimits ofClasses{10, 4, 0}, ofValues{10, 2, 2};

} // namespace

Q_DECLARE_METATYPE(Change)

class TestEvaluation : public QObject {
  Q_OBJECT
 private slots:
  void whatFitsIsTaken();
  void classesThatDoNotFit_data();
  void classesThatDoNotFit();
  void valuesThatDoNotFit_data();
  void valuesThatDoNotFit();
  void tiesAreLeftOpen();
  void sha256OfTheStandard();
  void aSealIsBrokenByAnyChange();
};

void TestEvaluation::whatFitsIsTaken() {
  const auto one = Evaluation::from(classes(), "test", ofClasses);
  QVERIFY2(one.ok(), one.ok() ? "" : one.error().message().c_str());
  QCOMPARE(one->confusion()[2][1], std::int64_t{1});
  QVERIFY(one->unverified().empty());
  const auto other = Evaluation::from(values(), "test", ofValues);
  QVERIFY2(other.ok(), other.ok() ? "" : other.error().message().c_str());
  EvaluationParts nothing;
  nothing.split = "train";
  QVERIFY(Evaluation::from(nothing, "test").ok());
}

void TestEvaluation::classesThatDoNotFit_data() {
  QTest::addColumn<Change>("change");
  const auto row = [](const char* name, Change change) { QTest::newRow(name) << std::move(change); };
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  row("negative step", [](auto& p) { p.step = -1; });
  row("unknown part", [](auto& p) { p.split = "secret"; });
  row("label too large", [](auto& p) { p.labels[1] = 3; });
  row("label negative", [](auto& p) { p.labels[1] = -1; });
  row("prediction too large", [](auto& p) { p.predictions[1] = 1'000'000; });
  row("prediction negative", [](auto& p) { p.predictions[1] = std::numeric_limits<std::int32_t>::min(); });
  row("prediction is not the largest", [](auto& p) {
    p.predictions[0] = 1;
    countClasses(p);
    p.metrics[0].second = 0.5;
  });
  row("fewer classes than rows", [](auto& p) { p.classes.pop_back(); });
  row("more classes than rows", [](auto& p) { p.classes.push_back("d"); });
  row("no classes", [](auto& p) { p.classes.clear(); });
  row("row of the matrix too short", [](auto& p) { p.confusion[1].pop_back(); });
  row("no matrix", [](auto& p) { p.confusion.clear(); });
  row("negative count", [](auto& p) { p.confusion[0][0] = -1; });
  row("count that overflows", [](auto& p) { p.confusion[0][0] = std::numeric_limits<std::int64_t>::max(); });
  row("matrix of other samples",
      [](auto& p) { std::swap(p.confusion[0][0], p.confusion[2][1]), p.confusion[1][0] = 1; });
  row("one prediction for all samples", [](auto& p) { p.predictions.resize(1); });
  row("no labels", [](auto& p) { p.labels.clear(); });
  row("too few outputs", [](auto& p) { p.outputs.pop_back(); });
  row("too many outputs", [](auto& p) { p.outputs.push_back(0); });
  row("NaN output", [](auto& p) { p.outputs[2] = nan; });
  row("infinite output", [](auto& p) { p.outputs[2] = -std::numeric_limits<float>::infinity(); });
  row("sample number negative", [](auto& p) { p.samples[0] = -3; });
  row("sample number out of the data", [](auto& p) { p.samples[3] = 10; });
  row("sample twice", [](auto& p) { p.samples[1] = 3; });
  row("samples of another part", [](auto& p) {
    for (auto* list : {&p.samples, &p.labels, &p.predictions}) list->pop_back();
    p.outputs.resize(9);
    countClasses(p);
    p.metrics[0].second = 2.0 / 3;
  });
  row("numeric targets", [](auto& p) { p.targets = {1, 2, 3, 4}; });
  row("accuracy above 1", [](auto& p) { p.metrics[0].second = 1.5; });
  row("accuracy above the matrix", [](auto& p) { p.metrics[0].second = 1; });
  row("accuracy NaN", [](auto& p) { p.metrics[0].second = std::nan(""); });
  row("metric of another part", [](auto& p) { p.metrics[0].first = "val_accuracy"; });
  row("metric twice", [](auto& p) { p.metrics.push_back(p.metrics[1]); });
  row("name of a metric too long", [](auto& p) { p.metrics[0].first = "test_" + std::string(10'000, 'x'); });
  row("figures of too few classes", [](auto& p) { p.perClass.pop_back(); });
  row("figures of another class", [](auto& p) { p.perClass[0].name = "b"; });
  row("precision does not follow", [](auto& p) { p.perClass[1].precision = 0.9; });
  row("support does not follow", [](auto& p) { p.perClass[1].support = 1'000; });
}

void TestEvaluation::classesThatDoNotFit() {
  QFETCH(Change, change);
  EvaluationParts parts = classes();
  change(parts);
  const auto made = Evaluation::from(std::move(parts), "summary.json", ofClasses);
  QVERIFY(!made.ok());
  QCOMPARE(made.error().kind, ErrorKind::input);
  QVERIFY(!made.error().fix.empty());
}

void TestEvaluation::valuesThatDoNotFit_data() {
  QTest::addColumn<Change>("change");
  const auto row = [](const char* name, Change change) { QTest::newRow(name) << std::move(change); };
  row("fewer targets than outputs", [](auto& p) { p.targets.pop_back(); });
  row("outputs that are no multiple", [](auto& p) { p.outputs.resize(3), p.targets.resize(3); });
  row("no outputs", [](auto& p) { p.outputs.clear(), p.targets.clear(); });
  row("other number of targets", [](auto& p) { p.outputs.resize(2), p.targets.resize(2); });
  row("infinite target", [](auto& p) { p.targets[0] = std::numeric_limits<float>::infinity(); });
  row("labels", [](auto& p) { p.labels = {0, 1}; });
  row("matrix", [](auto& p) { p.confusion = {{1}}; });
  row("negative error", [](auto& p) { p.metrics[0].second = -1; });
}

void TestEvaluation::valuesThatDoNotFit() {
  QFETCH(Change, change);
  EvaluationParts parts = values();
  change(parts);
  QVERIFY(!Evaluation::from(std::move(parts), "summary.json", ofValues).ok());
}

// A network that gives every class the same: losses and the matrix may choose another of the equals.
void TestEvaluation::tiesAreLeftOpen() {
  EvaluationParts parts = classes();
  parts.outputs.assign(12, 1.0f / 3);
  parts.predictions.assign(4, 2);
  countClasses(parts);
  parts.metrics[0].second = 0.5;
  QVERIFY(Evaluation::from(std::move(parts), "test", ofClasses).ok());
}

void TestEvaluation::sha256OfTheStandard() {
  QCOMPARE(sha256(""), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  QCOMPARE(sha256("abc"), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
  for (int length = 0; length < 300; ++length) {
    const QByteArray bytes(length, char(length));
    QCOMPARE(QByteArray::fromStdString(sha256(bytes.toStdString())),
             QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex());
  }
}

void TestEvaluation::aSealIsBrokenByAnyChange() {
  const Json plain{{"schema", 1}, {"rate", 1e-5}, {"names", {"a", "b"}}};
  QVERIFY(sealOf(plain) == Seal::absent);
  const Json good = sealed(plain);
  QVERIFY(sealOf(*parseJson(canonicalJson(good), "x")) == Seal::intact);
  QVERIFY(sealed(good) == good);
  for (const auto& [name, value] : good.items()) {
    Json without = good, other = good, renamed = good;
    without.erase(name);
    QVERIFY2(sealOf(without) == Seal::broken, name.c_str());
    other[name] = 7;
    QVERIFY2(sealOf(other) == Seal::broken, name.c_str());
    renamed.erase(name);
    renamed[name + "x"] = value;
    QVERIFY2(sealOf(renamed) == Seal::broken, name.c_str());
  }
  QVERIFY(sealOf(Json::array()) == Seal::broken);
}

QTEST_GUILESS_MAIN(TestEvaluation)
#include "tst_evaluation.moc"
