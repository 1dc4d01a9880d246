// SPDX-License-Identifier: GPL-3.0-or-later
// Welcome: the first start, templates, the recent list, a drop, and what it says when something is not there.
#include "app/studio/pages/data/data_page.h"
#include "app/studio/pages/welcome/template_card.h"
#include "app/studio/pages/welcome/welcome_page.h"
#include "app/studio/pages/welcome/welcome_parts.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/text.h"
#include "core/data/table_options.h"
#include "core/network/templates.h"
#include "core/network/validate.h"
#include "core/run/project.h"
#include "tests/studio/studio_fixture.h"
#include <QFileDialog>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>

using namespace loom;
using namespace loom::test;

namespace {

QString words(QWidget* page) {
  QStringList all;
  for (auto* text : page->findChildren<Text*>())
    if (text->isVisible()) all << text->text();
  for (auto* bar : page->findChildren<MessageBar*>())
    if (bar->isVisible()) all << bar->accessibleName();
  return all.join("\n");
}

TemplateCard* card(WelcomePage& page, const QString& id) {
  for (auto* one : page.findChildren<TemplateCard*>())
    if (one->row().id == id) return one;
  return nullptr;
}

} // namespace

class TestWelcome : public QObject {
  Q_OBJECT

 public:
  static void initMain() { useOwnHome(); }

 private slots:
  void init() { QFile::remove(Settings::userFile()); }
  void firstStart();
  void cardsTellTheTruth();
  void templatesOpen_data();
  void templatesOpen();
  void recentProjectsOpenAgain();
  void goneProjectsAreSaid();
  void dropsAreTaken();
  void aFolderOfDataCanBeChosen();
  void newProjectSaysWhatItMayBeginWith();
  void factsHaveRoomInSmallWindows();
};

void TestWelcome::newProjectSaysWhatItMayBeginWith() {
  Desk desk;
  auto& page = desk.page<WelcomePage>(PageId::welcome);
  QVERIFY(!words(&page).contains("Choose what the new project begins with"));
  QTest::mouseClick(buttonWith(&page, "New project"), Qt::LeftButton);
  QVERIFY(words(&page).contains("Choose what the new project begins with"));
  QVERIFY(qobject_cast<TemplateCard*>(QApplication::focusWidget()) != nullptr);
  QTest::mouseClick(page.findChild<QPushButton*>("emptyNetwork"), Qt::LeftButton);
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().project().has_value(), patience);
  auto& session = desk.studio->session();
  QCOMPARE(session.project()->networks.size(), 1);
  const auto* network = session.network(session.project()->networks.first().name);
  QVERIFY(network != nullptr);
  QCOMPARE(network->nodes.size(), std::size_t(2));
  QVERIFY(network->edges.empty());
}

// The text size changes while the page is shown.
void TestWelcome::factsHaveRoomInSmallWindows() {
  Desk desk({}, {1024, 768});
  auto& page = desk.page<WelcomePage>(PageId::welcome);
  const auto whole = [&] {
    for (auto* card : page.findChildren<TemplateCard*>())
      if (card->factWords(lookOf(card), card->factsWidth()).second.isEmpty()) return false;
    return true;
  };
  for (const char* size : {"13", "14", "16"}) {
    desk.settings.set("look/text", size);
    QTRY_VERIFY2(whole(), size);
  }
  desk.settings.set("look/text", "13");
}

void TestWelcome::firstStart() {
  Desk desk;
  auto& page = desk.page<WelcomePage>(PageId::welcome);
  QCOMPARE(desk.window().currentPage(), PageId::welcome);
  QCOMPARE(page.findChildren<TemplateCard*>().size(), 6);
  auto* first = buttonWith(&page, "Open LeNet-5");
  QVERIFY(first != nullptr && first->isVisible());
  QCOMPARE(roleOf(first), ButtonRole::primary);
  int primaries = 0;
  for (auto* button : page.findChildren<QPushButton*>())
    if (button->isVisible() && roleOf(button) == ButtonRole::primary) ++primaries;
  QCOMPARE(primaries, 1);
  QVERIFY(words(&page).contains("Nothing yet."));
  QTRY_VERIFY_WITH_TIMEOUT(words(&page).contains("GB memory free"), patience);
}

// What a card says of a network is what the network is.
void TestWelcome::cardsTellTheTruth() {
  for (const auto& row : templateRows()) {
    const auto& all = networkTemplates();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.id == row.id; });
    QVERIFY2(found != all.end(), row.id);
    QCOMPARE(analyse(found->make()).parameters, std::int64_t(row.parameters));
    // A figure comes with its time, or nothing is said.
    const TemplateFact fact = measuredTemplates().value(row.id);
    QCOMPARE(fact.accuracy.isEmpty(), fact.time.isEmpty());
    // `loom templates` and the card say the same.
    for (const auto& one : projectTemplates())
      if (one.id == row.id) QVERIFY(QString::fromStdString(expectedText(one)).startsWith(fact.accuracy));
  }
}

void TestWelcome::templatesOpen_data() {
  QTest::addColumn<QString>("id");
  for (const auto& row : templateRows()) QTest::newRow(row.id) << QString(row.id);
}

void TestWelcome::templatesOpen() {
  QFETCH(QString, id);
  Desk desk;
  auto& page = desk.page<WelcomePage>(PageId::welcome);
  const bool needsFashion = id != "iris" && id != "digits";
  QTest::mouseClick(card(page, id), Qt::LeftButton);
  if (needsFashion && !QFile::exists("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")) {
    QTRY_VERIFY_WITH_TIMEOUT(words(&desk.window()).contains("dataset-fashion-mnist"), patience);
    return;
  }
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().project().has_value(), patience);
  QTRY_COMPARE(desk.window().currentPage(), PageId::design);
  QVERIFY(desk.studio->session().project()->project.folder.string().find("/Neuroloom/") != std::string::npos);
  auto& session = desk.studio->session();
  const auto* network = session.network(session.project()->networks.first().name);
  QVERIFY(network != nullptr && analyse(*network).runnable());
}

void TestWelcome::recentProjectsOpenAgain() {
  const QString folder = home().path() + "/recent.loom";
  QVERIFY(createFromTemplate(folder.toStdString(), "iris"));
  { Desk desk(folder); }
  Desk desk;
  auto& page = desk.page<WelcomePage>(PageId::welcome);
  const auto rows = page.findChildren<RecentRow*>();
  QCOMPARE(rows.size(), 1);
  QVERIFY(!buttonWith(&page, "Open LeNet-5"));
  QTest::mouseClick(rows.first(), Qt::LeftButton);
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().project().has_value(), patience);
  QCOMPARE(desk.window().context().projectName(), QString("recent"));
  // Closing it leads back here.
  desk.window().context().actions["file.close"]->trigger();
  QTRY_COMPARE_WITH_TIMEOUT(desk.window().currentPage(), PageId::welcome, patience);
  QVERIFY(!desk.studio->session().project());
}

void TestWelcome::goneProjectsAreSaid() {
  {
    Settings settings(Settings::userFile());
    settings.remember({"gone", home().path() + "/gone.loom", 1'700'000'000});
  }
  Desk desk;
  auto& page = desk.page<WelcomePage>(PageId::welcome);
  QTest::mouseClick(page.findChildren<RecentRow*>().first(), Qt::LeftButton);
  QTRY_VERIFY2_WITH_TIMEOUT(words(&desk.window()).contains("gone.loom"), qPrintable(words(&desk.window())),
                            patience);
  QCOMPARE(desk.window().currentPage(), PageId::welcome);
  auto* close = buttonWith(&desk.window(), "Close");
  QVERIFY(close != nullptr);
  QTest::mouseClick(close, Qt::LeftButton);
  QVERIFY(!words(&desk.window()).contains("There is no such folder"));
}

void TestWelcome::dropsAreTaken() {
  const QString table = home().path() + "/drop.csv";
  QVERIFY(QFile::copy(LOOM_SOURCE_DIR "/resources/samples/iris.csv", table));
  Desk desk;
  auto& page = desk.page<WelcomePage>(PageId::welcome);
  QMimeData data;
  data.setUrls({QUrl::fromLocalFile(table)});
  QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &data, Qt::LeftButton, {});
  QApplication::sendEvent(&page, &enter);
  QVERIFY(enter.isAccepted());
  QDropEvent event(QPointF(50, 50), Qt::CopyAction, &data, Qt::LeftButton, {});
  QApplication::sendEvent(&page, &event);
  QCOMPARE(desk.window().currentPage(), PageId::data);
  auto& sheet = desk.page<DataPage>(PageId::data);
  QVERIFY(sheet.isDraft());
  QTRY_COMPARE_WITH_TIMEOUT(QString::fromStdString(tableOptions(sheet.spec()).target), QString("species"),
                            patience);
}

void TestWelcome::aFolderOfDataCanBeChosen() {
  Desk desk;
  auto* drop = desk.page<WelcomePage>(PageId::welcome).findChild<DropField*>();
  QVERIFY(drop != nullptr);
  for (const auto& [button, mode] : {std::pair(drop->fileButton(), QFileDialog::ExistingFile),
                                     std::pair(drop->folderButton(), QFileDialog::Directory)}) {
    button->click();
    auto* dialog = desk.window().findChild<QFileDialog*>();
    QVERIFY(dialog != nullptr);
    QCOMPARE(dialog->fileMode(), mode);
    delete dialog;
  }
}

QTEST_MAIN(TestWelcome)
#include "tst_welcome.moc"
