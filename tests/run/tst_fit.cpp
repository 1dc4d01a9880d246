// SPDX-License-Identifier: Apache-2.0
// Whether a network belongs to its data: the one that is proposed always does, and of one that does not every
// problem is said with a fix that mends it.
#include "core/base/atomic_file.h"
#include "core/network/edit.h"
#include "core/network/templates.h"
#include "core/run/fit.h"
#include "core/run/project.h"
#include <QtTest>

using namespace loom;
namespace fs = std::filesystem;
using Sizes = std::vector<std::int64_t>;

class TestFit : public QObject {
  Q_OBJECT
 private slots:
  void theProposedNetworkFits_data();
  void theProposedNetworkFits();
  void problemsAndTheirFixes_data();
  void problemsAndTheirFixes();
  void factsOfFiles_data();
  void factsOfFiles();

 private:
  static const NetworkTemplate* named(std::string_view id) {
    for (const auto& one : networkTemplates())
      if (one.id == id) return &one;
    return nullptr;
  }
};

void TestFit::theProposedNetworkFits_data() {
  QTest::addColumn<QString>("sample"); // "1x28x28"
  QTest::addColumn<int>("classes");
  QTest::addColumn<int>("targets");
  struct Row {
    const char* sample;
    int classes, targets;
  };
  for (const Row& row : {Row{"4", 3, 0}, Row{"1", 2, 0}, Row{"1", 0, 1}, Row{"13", 0, 1}, Row{"7", 0, 3},
                         Row{"500", 2, 0}, Row{"1x8x8", 10, 0}, Row{"1x28x28", 10, 0}, Row{"3x32x32", 2, 0},
                         Row{"3x64x48", 100, 0}, Row{"1x5x5", 3, 0}, Row{"1x1x1", 2, 0},
                         Row{"3x20x200", 4, 0}, Row{"1x16x16", 0, 1}, Row{"3x224x224", 5, 0}})
    QTest::addRow("%s, %d classes, %d targets", row.sample, row.classes, row.targets)
        << row.sample << row.classes << row.targets;
}

void TestFit::theProposedNetworkFits() {
  QFETCH(QString, sample);
  QFETCH(int, classes);
  QFETCH(int, targets);
  DataFacts data;
  for (const auto& size : sample.split('x')) data.sampleShape.push_back(size.toLongLong());
  data.classes = classes;
  data.targets = targets;
  const Network network = proposeNetwork(data.sampleShape, classes, targets);
  const Analysis analysis = analyse(network);
  const auto problems = fitProblems(network, analysis, data);
  QVERIFY2(problems.empty(), problems.empty() ? "" : problems.front().cause.text().c_str());
  const Status fits = checkFit(network, data);
  QVERIFY2(fits.ok(), fits ? "" : fits.error().message().c_str());
  // The same network is refused where the data has one more answer.
  DataFacts other = data;
  ++(classes > 0 ? other.classes : other.targets);
  QVERIFY(!checkFit(network, other).ok());
}

void TestFit::problemsAndTheirFixes_data() {
  QTest::addColumn<QString>("network"); // a template
  QTest::addColumn<QString>("sample");
  QTest::addColumn<int>("classes");
  QTest::addColumn<int>("targets");
  QTest::addColumn<QStringList>("said"); // one problem each
  QTest::newRow("fits") << "iris"
                        << "4" << 3 << 0 << QStringList{};
  QTest::newRow("another sample") << "iris"
                                  << "5" << 3 << 0 << QStringList{"Takes samples of 4, the data gives 5."};
  QTest::newRow("more classes") << "iris"
                                << "4" << 5 << 0
                                << QStringList{
                                       "The network gives 3 values per sample, but the data has 5 classes."};
  QTest::newRow("numbers to predict") << "iris"
                                      << "4" << 0 << 3
                                      << QStringList{"CrossEntropyLoss compares classes, the data has "
                                                     "numbers to predict."};
  QTest::newRow("numbers, and too many values")
      << "iris"
      << "4" << 0 << 1
      << QStringList{"CrossEntropyLoss compares classes, the data has numbers to predict.",
                     "The network gives 3 values per sample, but the data has 1 target."};
  QTest::newRow("all of it") << "mlp"
                             << "1x8x8" << 3 << 0
                             << QStringList{
                                    "Takes samples of 1×28×28, the data gives 1×8×8.",
                                    "The network gives 10 values per sample, but the data has 3 classes."};
  QTest::newRow("nothing is known of the answers") << "iris"
                                                   << "4" << 0 << 0 << QStringList{};
}

void TestFit::problemsAndTheirFixes() {
  QFETCH(QString, network);
  QFETCH(QString, sample);
  QFETCH(int, classes);
  QFETCH(int, targets);
  QFETCH(QStringList, said);
  const auto* row = named(network.toStdString());
  QVERIFY(row != nullptr);
  Network drawn = row->make();
  DataFacts data;
  for (const auto& size : sample.split('x')) data.sampleShape.push_back(size.toLongLong());
  data.classes = classes;
  data.targets = targets;
  const auto problems = fitProblems(drawn, analyse(drawn), data);
  QStringList texts;
  for (const auto& one : problems) texts << QString::fromStdString(one.cause.text());
  texts.sort();
  said.sort();
  QCOMPARE(texts, said);
  QCOMPARE(checkFit(drawn, data).ok(), said.isEmpty());
  for (const auto& one : problems) {
    QVERIFY(one.level == Diagnostic::Level::error);
    QVERIFY(one.fix.kind == Fix::Kind::setParam);
    const auto edit = setParam(drawn, one.node, one.fix.param, one.fix.value);
    QVERIFY(edit.ok());
    QVERIFY(apply(drawn, *edit).ok());
  }
  const auto left = fitProblems(drawn, analyse(drawn), data);
  QVERIFY2(left.empty(), left.empty() ? "" : left.front().cause.text().c_str());
}

void TestFit::factsOfFiles_data() {
  QTest::addColumn<QString>("csv");
  QTest::addColumn<QString>("target");
  QTest::addColumn<QList<int>>("facts"); // features, classes, targets
  QTest::newRow("classes") << "a,b,kind\n1,2,x\n3,4,y\n5,6,z\n7,8,x\n"
                           << "kind" << QList<int>{2, 3, 0};
  QTest::newRow("a number") << "a,b,price\n1,2,1.5\n3,4,2.25\n5,6,3.75\n7,9,8.5\n"
                            << "price" << QList<int>{2, 0, 1};
}

void TestFit::factsOfFiles() {
  QFETCH(QString, csv);
  QFETCH(QString, target);
  QFETCH(QList<int>, facts);
  const QTemporaryDir folder;
  const fs::path file = fs::path(folder.path().toStdString()) / "table.csv";
  QVERIFY(writeFileAtomically(file, csv.toStdString()).ok());
  const auto report = inspect(file, target.toStdString());
  QVERIFY2(report.ok(), report ? "" : report.error().message().c_str());
  const auto read = readFacts(report->proposed, folder.path().toStdString());
  QVERIFY2(read.ok(), read ? "" : read.error().message().c_str());
  QCOMPARE(read->sampleShape, Sizes{facts[0]});
  QCOMPARE(read->classes, std::int64_t{facts[1]});
  QCOMPARE(read->targets, std::int64_t{facts[2]});
  DatasetSpec missing = report->proposed;
  for (auto& [name, path] : missing.paths) path = "nowhere";
  const auto none = readFacts(missing, folder.path().toStdString());
  QVERIFY(!none.ok());
  QCOMPARE(none.error().kind, ErrorKind::input);
}

QTEST_GUILESS_MAIN(TestFit)
#include "tst_fit.moc"
