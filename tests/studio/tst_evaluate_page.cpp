// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluate at the real window, on a run that a real trainer made: figures, a cell's pictures, other parts, a
// file to try.
#include "app/studio/charts/scatter.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/evaluate/class_view.h"
#include "app/studio/pages/evaluate/confusion_matrix.h"
#include "app/studio/pages/evaluate/evaluate_page.h"
#include "app/studio/pages/evaluate/try_view.h"
#include "app/studio/pages/evaluate/value_view.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QComboBox>
#include <QSignalSpy>
#include <QTableWidget>

using namespace loom;
using namespace loom::test;

class TestEvaluatePage : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initMain() { useOwnHome(); }
  void aCellShowsItsPictures();
  void aPartThatWasNotEvaluatedOffersIt();
  void aFileIsTried();
  void aRegressionShowsItsErrors();
};

void TestEvaluatePage::aCellShowsItsPictures() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"));
  QCOMPARE(loomProgram({"train", project.toStdString(), "--epochs", "2"}).exitCode, 0);
  const auto told = loomProgram({"evaluate", project.toStdString(), "last", "--json"});
  const auto json = parseJson(told.output, "evaluate");
  QVERIFY(bool(json));
  Desk desk(project);
  QTRY_VERIFY_WITH_TIMEOUT(!desk.studio->session().runs().isEmpty(), patience);
  desk.window().show(to::Evaluate{});
  auto& page = desk.page<EvaluatePage>(PageId::evaluate);
  QTRY_VERIFY_WITH_TIMEOUT(page.matrix().isVisible(), patience);
  QCOMPARE(page.classes().classes().rowCount(), 11); // ten and their mean
  // The bar at the top names the run that is shown; a page without a document takes the name away.
  QCOMPARE(desk.window().context().documentName(), text(desk.studio->session().runs().front().row.name));
  desk.window().show(to::Data{});
  QCOMPARE(desk.window().context().documentName(), QString());
  desk.window().show(to::Evaluate{});
  QVERIFY(!desk.window().context().documentName().isEmpty());
  // The first cell off the diagonal that has samples; as the terminal counts them.
  int row = -1, column = -1;
  qsizetype count = 0;
  for (int r = 0; r < 10; ++r)
    for (int c = 0; c < 10; ++c)
      if (r != c && row < 0 && json->at("confusion")[std::size_t(r)][std::size_t(c)].get<int>() > 0) {
        row = r;
        column = c;
        count = json->at("confusion")[std::size_t(r)][std::size_t(c)].get<int>();
      }
  QVERIFY(row >= 0);
  QTest::mouseClick(&page.matrix(), Qt::LeftButton, {},
                    page.matrix().cellRect(row, column).center().toPoint());
  const auto items = page.classes().grid().items();
  QCOMPARE(items.size(), count);
  const auto run = findRun(project.toStdString(), "last");
  const auto kept =
      readEvaluation(runFolder(project.toStdString(), *run), json->at("step").get<std::int64_t>(), "test");
  QVERIFY(bool(kept));
  for (const auto& item : items) {
    const auto index = std::size_t(item.index);
    QCOMPARE(kept->labels()[index], row);
    QCOMPARE(kept->predictions()[index], column);
    QCOMPARE(kept->samples()[index], item.number);
  }
  // The picture that comes is the sample's own: the table's row, written as 8×8.
  std::optional<SamplePictures> pictures;
  desk.studio->bridge().ask(PicturesOf{QString::fromStdString(*run), {items.front().number}}, &desk.window(),
                            [&](const Result<SamplePictures>& answer) {
                              if (answer) pictures = *answer;
                            });
  QTRY_VERIFY_WITH_TIMEOUT(pictures.has_value(), patience);
  QCOMPARE(pictures->pictures.size(), 1);
  QCOMPARE(pictures->pictures.front().size(), QSize(8, 8));
  QCOMPARE(pictures->captions.front(), QString::number(row));
  // The same cell by keys: away, back and Enter.
  page.matrix().setFocus();
  QTest::keyClick(&page.matrix(), column > 0 ? Qt::Key_Left : Qt::Key_Right);
  QTest::keyClick(&page.matrix(), Qt::Key_Return);
  QTest::keyClick(&page.matrix(), column > 0 ? Qt::Key_Right : Qt::Key_Left);
  QTest::keyClick(&page.matrix(), Qt::Key_Return);
  QCOMPARE(page.classes().grid().items().size(), count);
  QVERIFY(page.classes().worst().items().size() > 3);
}

void TestEvaluatePage::aPartThatWasNotEvaluatedOffersIt() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"), "iris");
  QCOMPARE(loomProgram({"train", project.toStdString(), "--epochs", "3"}).exitCode, 0);
  Desk desk(project);
  QTRY_VERIFY_WITH_TIMEOUT(!desk.studio->session().runs().isEmpty(), patience);
  desk.window().show(to::Evaluate{});
  auto& page = desk.page<EvaluatePage>(PageId::evaluate);
  QTRY_VERIFY_WITH_TIMEOUT(page.matrix().isVisible(), patience);
  auto* split = page.findChild<QComboBox*>("evaluateSplit");
  split->setFocus();
  QTest::keyClick(split, Qt::Key_Down);
  auto* now = page.findChild<QPushButton*>("evaluateNow");
  QTRY_VERIFY_WITH_TIMEOUT(now->isVisible(), patience);
  QVERIFY(!page.matrix().isVisible());
  QTest::mouseClick(now, Qt::LeftButton);
  QTRY_VERIFY_WITH_TIMEOUT(page.matrix().isVisible(), patience);
  // Deleted, it is shown no more, though it is still in the bin.
  const auto run = findRun(project.toStdString(), "last");
  desk.studio->bridge().ask(LabelRun{.run = QString::fromStdString(*run), .archived = true}, &desk.window(),
                            [](Result<Done> done) { QVERIFY(done.ok()); });
  QTRY_VERIFY_WITH_TIMEOUT(!page.matrix().isVisible(), patience);
}

void TestEvaluatePage::aFileIsTried() {
  QTemporaryDir folder;
  const QString project = newProject(folder.filePath("p.loom"), "iris");
  QCOMPARE(loomProgram({"train", project.toStdString(), "--epochs", "20"}).exitCode, 0);
  Desk desk(project);
  QTRY_VERIFY_WITH_TIMEOUT(!desk.studio->session().runs().isEmpty(), patience);
  desk.window().show(to::Evaluate{});
  auto& page = desk.page<EvaluatePage>(PageId::evaluate);
  QTRY_VERIFY_WITH_TIMEOUT(page.matrix().isVisible(), patience);
  // A narrow window keeps the classes' names and F1 whole, and leaves other figures out.
  auto& figures = page.classes().classes();
  desk.window().resize(1600, 900);
  QTRY_VERIFY(!figures.isColumnHidden(1) && !figures.isColumnHidden(2));
  desk.window().resize(1024, 640);
  QTRY_VERIFY(figures.width() < 300);
  const QFontMetrics metrics(lookOf(&figures).fonts[Type::small]);
  for (int row = 0; row < figures.rowCount(); ++row)
    QVERIFY(metrics.horizontalAdvance(figures.item(row, 0)->text()) <= figures.columnWidth(0));
  QVERIFY(!figures.isColumnHidden(3));
  QVERIFY(figures.columnViewportPosition(3) + figures.columnWidth(3) <= figures.viewport()->width() + 1);
  QVERIFY(page.findChild<QWidget*>("tryNone")->isVisibleTo(&page.tryIt()));
  QFile table(project + "/data/iris.csv");
  QVERIFY(table.open(QIODevice::ReadOnly));
  QFile one(folder.filePath("one.csv"));
  QVERIFY(one.open(QIODevice::WriteOnly));
  one.write(table.readLine());
  one.write(table.readLine());
  one.close();
  Q_EMIT page.tryIt().filesGiven({one.fileName()});
  QTRY_VERIFY_WITH_TIMEOUT(!page.tryIt().answers().isEmpty(), patience);
  QCOMPARE(page.tryIt().answers().front().size(), 3);
  QVERIFY(!page.findChild<QWidget*>("tryNone")->isVisibleTo(&page.tryIt()));
  // A file that is none says so.
  Q_EMIT page.tryIt().filesGiven({folder.filePath("missing.csv")});
  auto* message = page.findChild<QWidget*>("evaluateMessage");
  QTRY_VERIFY_WITH_TIMEOUT(message->isVisible(), patience);
  QVERIFY2(message->accessibleName().contains("missing.csv"), qPrintable(message->accessibleName()));
}

void TestEvaluatePage::aRegressionShowsItsErrors() {
  QTemporaryDir folder;
  QFile table(folder.filePath("line.csv"));
  QVERIFY(table.open(QIODevice::WriteOnly));
  table.write("a,b,y\n");
  for (int row = 0; row < 200; ++row) {
    const double a = row % 17, b = row % 5;
    table.write(QString("%1,%2,%3\n").arg(a).arg(b).arg(3 * a - 2 * b + 10 + (row % 7) * 0.01).toUtf8());
  }
  table.close();
  const QString project = folder.filePath("line.loom");
  const auto made =
      loomProgram({"new", project.toStdString(), "--data", table.fileName().toStdString(), "--target", "y"});
  QVERIFY2(made.exitCode == 0, made.errors.c_str());
  const auto trained = loomProgram({"train", project.toStdString(), "--epochs", "5"});
  QVERIFY2(trained.exitCode == 0, trained.errors.c_str());
  Desk desk(project);
  QTRY_VERIFY_WITH_TIMEOUT(!desk.studio->session().runs().isEmpty(), patience);
  desk.window().show(to::Evaluate{});
  auto& page = desk.page<EvaluatePage>(PageId::evaluate);
  QTRY_VERIFY_WITH_TIMEOUT(page.values().isVisible(), patience);
  QVERIFY(page.values().figures().count > 10);
  QVERIFY(page.values().figures().mae > 0);
  QVERIFY(page.values().figures().rmse >= page.values().figures().mae);
  QVERIFY(!page.values().worst().items().isEmpty());
  auto& scatter = page.values().scatter();
  const int worst = page.values().worst().items().front().index;
  QSignalSpy chosen(&scatter, &ScatterPlot::chosen);
  QTest::mouseClick(&scatter, Qt::LeftButton, {}, scatter.targetOf(worst).toPoint());
  QCOMPARE(chosen.size(), 1);
  // Every row is whole in a small window with large text.
  desk.settings.set("look/text", "16");
  desk.window().resize(1024, 768);
  WorstList& rows = page.values().worst();
  const auto whole = [&] {
    const QFontMetricsF metrics(lookOf(&rows).fonts[Type::small]);
    for (int item = 0; item < rows.items().size(); ++item)
      if (metrics.horizontalAdvance(rows.items()[item].second) > rows.secondRect(item).width()) return false;
    return lookOf(&rows).options.textSize == 16 && page.width() < 1024;
  };
  QTRY_VERIFY(whole());
  desk.settings.set("look/text", "13");
}

QTEST_MAIN(TestEvaluatePage)
#include "tst_evaluate_page.moc"
