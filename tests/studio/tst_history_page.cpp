// SPDX-License-Identifier: GPL-3.0-or-later
// History at the real window: filter, order, choice, comparison, labels, bin, and a thousand runs.
#include "app/studio/model/run_words.h"
#include "app/studio/pages/history/compare_view.h"
#include "app/studio/pages/history/history_page.h"
#include "app/studio/pages/history/network_pair.h"
#include "app/studio/pages/train/train_page.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QCheckBox>
#include <QComboBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QListWidget>
#include <QSignalSpy>

using namespace loom;
using namespace loom::test;

class TestHistoryPage : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initMain() { useOwnHome(); }
  void filtersAreRead_data();
  void filtersAreRead();
  void wrongFiltersSayWhere_data();
  void wrongFiltersSayWhere();
  void runsAreSortedFilteredAndFound();
  void headsNameTheUnitOfTheValues();
  void chosenRunsAreCompared();
  void networksStandSideBySide();
  void labelsNamesAndTheBin();
  void aThousandRunsStaySmooth();

 private:
  static QString projectWith(const QString& folder, const QVector<HandRun>& runs) {
    const QString path = newProject(folder + "/p.loom");
    auto project = openProject(path.toStdString());
    std::int64_t at = nowMicroseconds() - 3'600'000'000;
    for (const auto& run : runs)
      if (!project || handRun(*project, run, at += 60'000'000).empty()) return {};
    return path;
  }
  static QVector<HandRun> three() {
    HandRun a, b, c;
    a.name = "lenet · 1";
    a.accuracy = 0.91;
    b.name = "lenet-adam · 2";
    b.optimizer = "Adam";
    b.learningRate = 0.01;
    b.accuracy = 0.95;
    c.name = "broken · 3";
    c.optimizer = "SGD";
    c.status = "failed";
    c.error = "The disk is full";
    c.doneSteps = 60;
    c.accuracy = 0.4;
    return {a, b, c};
  }
  static QPoint cell(RunTable* table, int row, int column) {
    return table->visualRect(table->model()->index(row, column)).center();
  }
  static QStringList names(HistoryPage& page) {
    QStringList list;
    for (int row = 0; row < page.model().rowCount(); ++row) list << text(page.model().viewAt(row).row.name);
    return list;
  }
};

void TestHistoryPage::filtersAreRead_data() {
  QTest::addColumn<QString>("filter");
  QTest::addColumn<bool>("fits");
  // The run: resnet · 4, Adam, finished, val accuracy .92, loss .3, lr .001, tags paper and seeds.
  const std::pair<const char*, bool> rows[] = {{"", true},
                                               {"resnet", true},
                                               {"lenet", false},
                                               {"val_accuracy > 0.9", true},
                                               {"val_accuracy > 92 %", false},
                                               {"val_accuracy >= 92%", true},
                                               {"val_accuracy > 0.9 and optimizer = Adam", true},
                                               {"val_accuracy > 0.9 optimizer = SGD", false},
                                               {"optimizer = sgd or optimizer = adam", true},
                                               {"not optimizer = Adam", false},
                                               {"not (optimizer = Adam and lr > 0.1)", true},
                                               {"state = finished", true},
                                               {"state != finished", false},
                                               {"tag = paper", true},
                                               {"tag != paper", false},
                                               {"tag = best", false},
                                               {"name ~ net", true},
                                               {"name = \"resnet · 4\"", true},
                                               {"lr = 1e-3", true},
                                               {"batch = 64", true},
                                               {"val_loss < 0.31", true},
                                               {"val_loss < 0.3", false},
                                               {"note ~ seed", true},
                                               {"test_accuracy > 0", false},
                                               {"parameters > 10,000", true}};
  for (const auto& [filter, fits] : rows)
    QTest::newRow(*filter ? filter : "empty") << QString(filter) << fits;
}

void TestHistoryPage::filtersAreRead() {
  QFETCH(QString, filter);
  QFETCH(bool, fits);
  RunView view;
  view.row.name = "resnet · 4";
  view.row.network = "resnet";
  view.row.optimizer = "Adam";
  view.row.state = RunState::finished;
  view.row.parameters = 35'002;
  view.row.note = "another seed";
  view.row.tags = {"paper", "seeds"};
  view.row.settings = {{"lr", "0.001"}, {"batch", "64"}};
  MetricSummary accuracy{"val/accuracy", 3, 0, .9, .8, .92, 3, 1, 2},
      loss{"val/loss", 3, 0, .4, .3, .9, 3, 2, 1};
  view.row.metrics = {accuracy, loss};
  auto parsed = RunFilter::parse(filter, filterNames({view}));
  QVERIFY2(parsed.ok(), parsed ? "" : parsed.error().message().c_str());
  QCOMPARE(parsed->fits(view), fits);
}

void TestHistoryPage::wrongFiltersSayWhere_data() {
  QTest::addColumn<QString>("filter");
  QTest::addColumn<QString>("says");
  const std::pair<const char*, const char*> rows[] = {{"val_acuracy > 0.9", "val_accuracy"},
                                                      {"val_accuracy >", "The value after"},
                                                      {"> 3", "The comparison before"},
                                                      {"(val_accuracy > 0.9", "not closed"},
                                                      {"val_accuracy > 0.9)", "closes nothing"},
                                                      {"name = \"a", "quotation"},
                                                      {"val_accuracy > many", "not a number"},
                                                      {"val_accuracy ! 3", "does not compare"},
                                                      {"a and", "not complete"},
                                                      {"a ; b", "no meaning"}};
  for (const auto& [filter, says] : rows) QTest::newRow(filter) << QString(filter) << QString(says);
  QTest::newRow("deep") << QString(5000, '(') << QString("nested");
}

void TestHistoryPage::wrongFiltersSayWhere() {
  QFETCH(QString, filter);
  QFETCH(QString, says);
  auto parsed = RunFilter::parse(filter, filterNames({}));
  QVERIFY(!parsed.ok());
  const QString message = QString::fromStdString(parsed.error().message());
  QVERIFY2(message.contains(says) && message.contains("place "), qPrintable(message));
  QVERIFY(!parsed.error().fix.empty());
}

void TestHistoryPage::runsAreSortedFilteredAndFound() {
  QTemporaryDir folder;
  Desk desk(projectWith(folder.path(), three()));
  desk.window().show(to::History{});
  auto& page = desk.page<HistoryPage>(PageId::history);
  QTRY_COMPARE_WITH_TIMEOUT(page.model().rowCount(), 3, patience);
  QCOMPARE(names(page), QStringList({"broken · 3", "lenet-adam · 2", "lenet · 1"})); // newest first
  auto* head = page.table()->horizontalHeader();
  const auto clickHead = [&](int column) {
    QTest::mouseClick(
        head->viewport(), Qt::LeftButton, {},
        QPoint(head->sectionViewportPosition(column) + head->sectionSize(column) / 2, head->height() / 2));
  };
  clickHead(RunTableModel::validation);
  const QString first = names(page).front();
  clickHead(RunTableModel::validation);
  QVERIFY(names(page).front() != first);
  QVERIFY(names(page).front() == "lenet-adam · 2" || first == "lenet-adam · 2");
  auto* filter = page.findChild<QLineEdit*>("historyFilter");
  auto* wrong = page.findChild<QWidget*>("filterProblem");
  QTest::keyClick(&desk.window(), Qt::Key_F, Qt::ControlModifier);
  QVERIFY(filter->hasFocus());
  QTest::keyClicks(filter, "optimizer = Adam");
  QCOMPARE(filter->text(), QString("optimizer = Adam"));
  QCOMPARE(names(page), QStringList({"lenet-adam · 2"}));
  QVERIFY(!wrong->isVisible());
  filter->setText("optimizer = Adam and"); // at once: by keys "an" would be a word on the way
  QVERIFY(wrong->isVisible());
  QVERIFY2(wrong->accessibleName().contains("not complete"), qPrintable(wrong->accessibleName()));
  QCOMPARE(names(page), QStringList({"lenet-adam · 2"})); // the last right one stays
  filter->clear();
  QVERIFY(!wrong->isVisible());
  QCOMPARE(page.model().rowCount(), 3);
  QTest::keyClicks(filter, "nothing-like-it");
  QCOMPARE(page.model().rowCount(), 0);
  filter->clear();
  // Type to find, Enter opens.
  page.table()->setFocus();
  QTest::keyClicks(page.table(), "adam");
  QCOMPARE(text(page.model().viewAt(page.table()->currentIndex().row()).row.name), QString("lenet-adam · 2"));
  const QString id = page.model().idAt(page.table()->currentIndex().row());
  QTest::keyClick(page.table(), Qt::Key_Return);
  QTRY_COMPARE(desk.window().currentPage(), PageId::train);
  QCOMPARE(desk.page<TrainPage>(PageId::train).run(), id);
}

// The unit comes from the values: a run that waits or has no figure yet changes nothing.
void TestHistoryPage::headsNameTheUnitOfTheValues() {
  RunTableModel model;
  const auto head = [&](int column) { return model.headerData(column, Qt::Horizontal, Qt::DisplayRole); };
  const auto cell = [&](const char* run, int column) {
    return model.data(model.index(model.rowOf(run), column), Qt::DisplayRole).toString();
  };
  RunView value, share, waiting;
  value.row.id = "value";
  value.row.validation = 0.911;
  value.row.metrics = {{"val/r2", 1, 0, .911, .911, .911, 1, 1, 1}};
  share.row.id = "share";
  share.row.validation = 0.9204;
  share.row.metrics = {{"val/accuracy", 1, 0, .9204, .9204, .9204, 1, 1, 1}};
  waiting.row.id = "waiting";
  waiting.waiting = true;
  QSignalSpy heads(&model, &QAbstractItemModel::headerDataChanged);
  model.setRuns({waiting});
  QCOMPARE(head(RunTableModel::validation), QVariant("Validation"));
  QCOMPARE(head(RunTableModel::test), QVariant("Test"));
  model.setRuns({waiting, value});
  QVERIFY(!heads.isEmpty());
  QCOMPARE(head(RunTableModel::validation), QVariant("Validation R²"));
  QCOMPARE(head(RunTableModel::test), QVariant("Test")); // not tested yet
  QCOMPARE(cell("value", RunTableModel::validation), QString("0.911"));
  value.row.testMetric = 0.9;
  value.row.testMetricName = "test_r2";
  model.setRuns({waiting, value});
  QCOMPARE(head(RunTableModel::test), QVariant("Test R²"));
  model.setRuns({waiting, share});
  QCOMPARE(head(RunTableModel::validation), QVariant("Validation, %"));
  QCOMPARE(cell("share", RunTableModel::validation), QString("92.04"));
  model.setRuns({value, share, waiting});
  QCOMPARE(head(RunTableModel::validation), QVariant("Validation"));
  QCOMPARE(cell("value", RunTableModel::validation), QString("0.911"));
  QCOMPARE(cell("share", RunTableModel::validation), shareText(0.9204, false));
  QVERIFY(cell("share", RunTableModel::validation).endsWith('%'));
}

void TestHistoryPage::chosenRunsAreCompared() {
  QTemporaryDir folder;
  Desk desk(projectWith(folder.path(), three()));
  desk.window().show(to::History{});
  auto& page = desk.page<HistoryPage>(PageId::history);
  QTRY_COMPARE_WITH_TIMEOUT(page.model().rowCount(), 3, patience);
  auto* table = page.table();
  QVERIFY(!page.findChild<QPushButton*>("compareRuns")->isEnabled());
  QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, cell(table, 1, RunTableModel::tick));
  QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, cell(table, 2, RunTableModel::tick));
  QCOMPARE(page.chosen().size(), 2);
  QVERIFY(page.findChild<QWidget*>("historyFoot")->isVisible());
  QTest::mouseClick(page.findChild<QPushButton*>("compareRuns"), Qt::LeftButton);
  QVERIFY(page.comparing());
  const auto rows = page.compare().table().rows();
  const auto rowNamed = [&](const QString& label) -> const CompareRow* {
    for (const auto& row : page.compare().table().rows())
      if (row.label == label) return &row;
    return nullptr;
  };
  QVERIFY(rowNamed("Optimizer") != nullptr);
  QCOMPARE(rowNamed("Optimizer")->cells, QStringList({"Adam", "AdamW"}));
  QCOMPARE(rowNamed("Learning rate")->cells, QStringList({"0.01", "0.001"}));
  QVERIFY(rowNamed("Batch") == nullptr); // the same in both
  QCOMPARE(rowNamed("Validation accuracy")->best, 0);
  QTest::mouseClick(page.findChild<QCheckBox*>("onlyDifferences"), Qt::LeftButton, {}, QPoint(6, 10));
  QVERIFY(rowNamed("Batch") != nullptr);
  auto* chart = page.compare().board().chart("val_accuracy");
  for (const auto& id : page.compare().runs())
    QTRY_VERIFY_WITH_TIMEOUT(chart->curve(id + "|val/accuracy") != nullptr &&
                                 chart->curve(id + "|val/accuracy")->buckets().size() == 4,
                             patience);
  // By time: the last point of the longer run lies where its last second is.
  const auto* curve = chart->curve(page.compare().runs().front() + "|val/accuracy");
  const auto* units = page.compare().findChild<Segments*>();
  QTest::mouseClick(const_cast<Segments*>(units), Qt::LeftButton, {}, units->rectOf(2).center());
  QVERIFY(curve->scale().byTime());
  QCOMPARE(curve->scale().last(curve->buckets().back()), curve->buckets().back().lastSeconds);
  QVERIFY(curve->buckets().back().lastSeconds > 0);
  // The networks node by node: hand runs of one drawing have the same.
  auto& networks = page.compare().networks();
  QTRY_VERIFY_WITH_TIMEOUT(!networks.rows().isEmpty(), patience);
  QCOMPARE(networks.count(NodePair::Kind::same), networks.rows().size());
  QTest::mouseClick(page.findChild<QWidget*>("compareBack"), Qt::LeftButton);
  QVERIFY(!page.comparing());
  QCOMPARE(page.chosen().size(), 2); // what was chosen is chosen still
}

void TestHistoryPage::networksStandSideBySide() {
  QTemporaryDir folder;
  auto runs = three();
  runs[1].network = "resnet";
  Desk desk(projectWith(folder.path(), runs));
  desk.window().resize(1440, 900);
  desk.window().show(to::History{});
  auto& page = desk.page<HistoryPage>(PageId::history);
  QTRY_COMPARE_WITH_TIMEOUT(page.model().rowCount(), 3, patience);
  QStringList ids;
  for (int row = 0; row < 3; ++row) ids << page.model().idAt(row);
  page.compareRuns(ids);
  auto& networks = page.compare().networks();
  QTRY_VERIFY_WITH_TIMEOUT(!networks.rows().isEmpty(), patience);
  // The first against the last that is another one; both are to be chosen.
  auto* right = page.findChild<QComboBox*>("rightNetwork");
  QVERIFY(right->isVisible());
  QVERIFY(right->currentIndex() != 0);
  QVERIFY(networks.count(NodePair::Kind::added) + networks.count(NodePair::Kind::removed) > 0);
  for (const auto& row : networks.rows())
    for (const auto& side : row.sides) QVERIFY(side.id == 0 || !side.title.isEmpty());
  right->setFocus();
  QTest::keyClick(right, Qt::Key_Home);
  QTRY_COMPARE(networks.count(NodePair::Kind::same), networks.rows().size());
  // A narrow window has them under the table.
  desk.window().resize(1024, 700);
  QTRY_VERIFY(networks.mapTo(&page.compare(), QPoint()).y() >
              page.compare().table().mapTo(&page.compare(), QPoint()).y());
}

void TestHistoryPage::labelsNamesAndTheBin() {
  QTemporaryDir folder;
  const QString path = projectWith(folder.path(), three());
  QString id;
  {
    Desk desk(path);
    desk.window().show(to::History{});
    auto& page = desk.page<HistoryPage>(PageId::history);
    QTRY_COMPARE_WITH_TIMEOUT(page.model().rowCount(), 3, patience);
    auto* table = page.table();
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, cell(table, 0, RunTableModel::state));
    id = page.chosen().value(0);
    QTest::keyClick(&desk.window(), Qt::Key_T, Qt::ControlModifier);
    auto* tag = page.findChild<QLineEdit*>("historyTag");
    QTRY_VERIFY(tag->hasFocus());
    QTest::keyClicks(tag, "paper");
    QTest::keyClick(tag, Qt::Key_Return);
    const auto* session = &desk.studio->session();
    QTRY_VERIFY_WITH_TIMEOUT(session->run(id)->row.tags == std::vector<std::string>{"paper"}, patience);
    auto* note = page.findChild<QLineEdit*>("historyNote");
    QTest::mouseClick(note, Qt::LeftButton);
    QTest::keyClicks(note, "the disk was full");
    QTest::keyClick(note, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(text(session->run(id)->row.note), QString("the disk was full"), patience);
    table->setFocus();
    QTest::keyClick(table, Qt::Key_F2);
    auto* editor = table->findChild<QLineEdit*>();
    QTRY_VERIFY((editor = table->findChild<QLineEdit*>()) != nullptr);
    QTest::keyClick(editor, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(editor, "renamed");
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(text(session->run(id)->row.name), QString("renamed"), patience);
    auto* views = page.findChild<QListWidget*>("historyViews");
    QTRY_VERIFY(!views->findItems("paper", Qt::MatchExactly).isEmpty());
    // The bin, undo, and the bin again.
    table->setFocus();
    QTest::keyClick(table, Qt::Key_Delete);
    QTRY_COMPARE_WITH_TIMEOUT(page.model().rowCount(), 2, patience);
    QVERIFY(session->run(id)->row.archived);
    QTest::keyClick(&desk.window(), Qt::Key_Z, Qt::ControlModifier);
    QTRY_COMPARE_WITH_TIMEOUT(page.model().rowCount(), 3, patience);
    QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                      cell(table, page.model().rowOf(id), RunTableModel::state));
    QTest::keyClick(table, Qt::Key_Delete);
    QTRY_COMPARE_WITH_TIMEOUT(page.model().rowCount(), 2, patience);
    views->setCurrentItem(views->findItems("Bin", Qt::MatchExactly).front());
    QCOMPARE(names(page), QStringList({"renamed"}));
    // An empty view says why it is empty, and offers to clear a filter only where there is one.
    views->setCurrentRow(0);
    table->setFocus();
    table->selectAll();
    QTest::keyClick(table, Qt::Key_Delete);
    QTRY_COMPARE_WITH_TIMEOUT(page.model().rowCount(), 0, patience);
    const auto says = [&](const QString& words) {
      const auto all = page.findChildren<Text*>();
      return std::any_of(all.begin(), all.end(),
                         [&](const Text* one) { return one->isVisible() && one->text() == words; });
    };
    auto* clear = page.findChild<QPushButton*>("clearFilter");
    QVERIFY(says("All runs are in the bin") && !clear->isVisible());
    views->setCurrentItem(views->findItems("Active", Qt::MatchExactly).front());
    QVERIFY(says("No run is under way") && !clear->isVisible());
    page.findChild<QLineEdit*>("historyFilter")->setText("nothing-like-it");
    QVERIFY(says("No run fits the filter") && clear->isVisible());
  }
  Desk again(path);
  QTRY_VERIFY_WITH_TIMEOUT(again.studio->session().run(id) != nullptr, patience);
  const auto& row = again.studio->session().run(id)->row;
  QVERIFY(row.archived && row.name == "renamed" && row.note == "the disk was full" && row.tags.size() == 1);
}

void TestHistoryPage::aThousandRunsStaySmooth() {
  QTemporaryDir folder;
  QVector<HandRun> runs;
  for (int number = 0; number < 1000; ++number) {
    HandRun run;
    run.name = "run · " + std::to_string(number);
    run.accuracy = 0.5 + 0.0004 * number;
    run.optimizer = number % 2 ? "Adam" : "SGD";
    run.epochs = 3;
    run.stepsPerEpoch = 5;
    runs << run;
  }
  const QString path = projectWith(folder.path(), runs);
  Desk desk(path);
  desk.window().show(to::History{});
  auto& page = desk.page<HistoryPage>(PageId::history);
  QTRY_COMPARE_WITH_TIMEOUT(page.model().rowCount(), 1000, 2 * patience);
  QElapsedTimer clock;
  clock.start();
  page.findChild<QLineEdit*>("historyFilter")->setText("optimizer = Adam and val_accuracy > 0.7");
  const qint64 filtered = clock.restart();
  const auto& all = page.model().runs();
  QCOMPARE(page.model().rowCount(), std::count_if(all.begin(), all.end(), [](const RunView& view) {
             return view.row.optimizer == "Adam" && *bestValidation(view.row) > 0.7;
           }));
  QVERIFY(page.model().rowCount() > 200);
  page.findChild<QLineEdit*>("historyFilter")->clear();
  clock.restart();
  page.table()->sortByColumn(RunTableModel::validation, Qt::DescendingOrder);
  const qint64 sorted = clock.restart();
  QCOMPARE(text(page.model().viewAt(0).row.name), QString("run · 999"));
  page.table()->grab();
  clock.restart();
  page.table()->grab();
  qInfo("1,000 runs: filter %lld ms, sort %lld ms, paint %lld ms", static_cast<long long>(filtered),
        static_cast<long long>(sorted), static_cast<long long>(clock.elapsed()));
}

QTEST_MAIN(TestHistoryPage)
#include "tst_history_page.moc"
