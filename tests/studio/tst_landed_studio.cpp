// SPDX-License-Identifier: GPL-3.0-or-later
// A home and projects that an earlier version of the window left behind (tests/data/landed: commit b85fe8b):
// the settings and the recent projects are read, what was written on runs is shown as typed, and drawings
// that were not saved are offered, whether the project was moved since or not.
#include "app/studio/pages/design/design_page.h"
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "tests/studio/studio_fixture.h"
#include <QDir>
#include <QProcess>

using namespace loom;
using namespace loom::test;
namespace fs = std::filesystem;

namespace {

void run(const QString& program, const QStringList& arguments) {
  QProcess process;
  process.start(program, arguments);
  if (!process.waitForFinished(patience) || process.exitCode() != 0)
    qFatal("%s: %s", qPrintable(program), process.readAllStandardError().constData());
}

} // namespace

class TestLandedStudio : public QObject {
  Q_OBJECT
 public:
  static void initMain() { useOwnHome(); }

 private slots:
  void init();
  void settingsAndRecentProjects();
  void labelsAreShownAsTyped();
  void unsavedDrawings_data();
  void unsavedDrawings();

 private:
  QString project(const QString& name) const { return root_->filePath("projects/" + name); }
  static fs::path recovery() { return home().path().toStdString() + "/state/neuroloom/recovery"; }
  std::unique_ptr<QTemporaryDir> root_;
  Json runs_;
};

// Each test has the home and the projects as they were left.
void TestLandedStudio::init() {
  root_ = std::make_unique<QTemporaryDir>();
  run("tar", {"xzf", LOOM_TEST_DATA "/landed/landed.tar.gz", "-C", root_->path()});
  for (const char* part : {"config", "state"}) {
    QDir(home().filePath(part)).removeRecursively();
    run("cp", {"-a", root_->filePath(QString("home/") + part), home().path()});
  }
  runs_ = *readJsonFile(root_->filePath("runs.json").toStdString());
}

void TestLandedStudio::settingsAndRecentProjects() {
  Desk desk;
  QCOMPARE(desk.settings.value("look/theme"), QString("dark"));
  QCOMPARE(desk.settings.value("look/text"), QString("14"));
  QCOMPARE(desk.settings.value("look/rows"), QString("32"));
  QCOMPARE(desk.settings.value("look/still"), QString("false"));
  const QStringList expected{"Blumen größer", "pictures", "houses", "digits", "rebuilt", "shoes"};
  QStringList found;
  for (const auto& one : desk.settings.recent()) {
    found << one.name;
    QCOMPARE(one.folder, "/tmp/neuroloom-fixture/projects/" + one.name + ".loom");
    QVERIFY(one.opened > 1'700'000'000);
  }
  QCOMPARE(found, expected);
  QStringList shown;
  for (auto* widget : desk.window().findChildren<QAbstractButton*>())
    if (QLatin1String(widget->metaObject()->className()) == QLatin1String("loom::RecentRow"))
      shown << widget->text();
  QCOMPARE(shown, expected);
  // The next project comes first, and none is forgotten.
  QVERIFY(desk.open(project("houses.loom")));
  QTRY_COMPARE_WITH_TIMEOUT(desk.settings.recent().size(), std::size_t(7), patience);
  QCOMPARE(desk.settings.recent().front().folder, project("houses.loom"));
}

void TestLandedStudio::labelsAreShownAsTyped() {
  Desk desk(project("Blumen größer.loom"));
  const auto row = [&](const char* role) {
    const auto* view =
        desk.studio->session().run(QString::fromStdString(runs_["flowers"][role].get<std::string>()));
    return view != nullptr ? view->row : RunRow{};
  };
  QTRY_VERIFY_WITH_TIMEOUT(desk.studio->session().runs().size() == int(runs_["flowers"].size()), patience);
  QCOMPARE(QString::fromStdString(row("whole").name),
           QString::fromUtf8("%1 {} “best” <i>run</i> 🧵 \u202Eabc"));
  QVERIFY((row("whole").tags == std::vector<std::string>{"größer", "a b", "'; DROP TABLE tag;--"}));
  QCOMPARE(QString::fromStdString(row("whole").note), QString("line one\nline \"two\""));
  QVERIFY(row("old").archived && !row("whole").archived);
  QVERIFY(row("window").state == RunState::finished && row("killed").state == RunState::killed &&
          row("stopped").state == RunState::stopped);
  for (const auto page : {PageId::train, PageId::evaluate, PageId::history, PageId::data, PageId::design})
    desk.window().show(targetOf(page));
}

void TestLandedStudio::unsavedDrawings_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("network");
  QTest::addColumn<int>("width");
  QTest::addColumn<bool>("moved");
  QTest::newRow("moved since, shown last") << "Blumen größer.loom"
                                           << "iris" << 23 << true;
  QTest::newRow("moved since, left for another") << "pictures.loom"
                                                 << "klein" << 29 << true;
  QTest::newRow("where it was") << "Blumen größer.loom"
                                << "iris" << 23 << false;
}

void TestLandedStudio::unsavedDrawings() {
  QFETCH(QString, name);
  QFETCH(QString, network);
  QFETCH(int, width);
  QFETCH(bool, moved);
  const fs::path folder = project(name).toStdString();
  const fs::path file = folder / "networks" / (network.toStdString() + ".json");
  const std::string saved = *readWholeFile(file, 1 << 20);
  if (!moved) { // as if it had been drawn in the project where it is now
    const std::string id = (*readJsonFile(folder / "project.json"))["id"].get<std::string>();
    for (const auto& entry : fs::directory_iterator(recovery()))
      if (entry.path().filename().string().starts_with(id)) {
        const fs::path here = recovery() / (id + "-" + contentHash(folder.string()).substr(0, 8));
        fs::rename(entry.path(), here);
        QVERIFY(bool(writeFileAtomically(here / "place", folder.string())));
        break;
      }
  }
  const auto firstWidth = [](const Network& drawn) {
    for (const auto& [id, node] : drawn.nodes)
      if (node.type == "Linear") return int(node.params.getInt("out_features"));
    return -1;
  };
  {
    Desk desk(project(name));
    auto& page = desk.page<DesignPage>(PageId::design);
    QTRY_VERIFY_WITH_TIMEOUT(buttonWith(&page, "Restore") != nullptr, patience);
    QVERIFY(firstWidth(page.document().network()) != width);
    QTest::mouseClick(buttonWith(&page, "Restore"), Qt::LeftButton);
    QCOMPARE(firstWidth(page.document().network()), width);
    QCOMPARE(*readWholeFile(file, 1 << 20), saved);
    QTest::keyClick(&desk.window(), Qt::Key_S, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(*readWholeFile(file, 1 << 20) != saved, patience);
    desk.window().close();
  }
  Desk again(project(name)); // saved: nothing is offered any more
  QTRY_COMPARE_WITH_TIMEOUT(firstWidth(again.page<DesignPage>(PageId::design).document().network()), width,
                            patience);
  QVERIFY(buttonWith(&again.page<DesignPage>(PageId::design), "Restore") == nullptr);
}

QTEST_MAIN(TestLandedStudio)
#include "tst_landed_studio.moc"
