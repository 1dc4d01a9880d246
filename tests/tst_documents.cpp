// SPDX-License-Identifier: Apache-2.0
// What README, ARCHITECTURE and CONTRIBUTING name is there: files, folders, tests, words of ./dev, verbs and exit
// codes. A document that names what was moved or never came misleads whoever reads it first.
#include "core/base/result.h"
#include <QtTest>
#include <filesystem>
#include <fstream>
#include <set>

using namespace loom;
namespace fs = std::filesystem;

namespace {

const fs::path root = LOOM_SOURCE_DIR;

QString read(const fs::path& file) {
  std::ifstream in(file);
  return QString::fromStdString({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
}

QStringList matches(const QString& text, const QString& pattern) {
  QStringList found;
  for (auto each = QRegularExpression(pattern).globalMatch(text); each.hasNext();)
    found << each.next().captured(1);
  return found;
}

// What a document names that is not there.
QStringList missing(const QString& text) {
  QStringList faults;
  for (const QString& path :
       matches(text, "`((?:core|app|gpu|tests|cmake|installer|resources)/[^`\\s<>*…]*)`")) {
    // `tests/tst_layering` names the program that its source becomes.
    const bool there =
        fs::exists(root / path.toStdString()) || fs::exists(root / (path.toStdString() + ".cpp"));
    if (!there) faults << path;
  }
  std::set<QString> tests;
  for (const auto& entry : fs::recursive_directory_iterator(root / "tests"))
    tests.insert(QString::fromStdString(entry.path().stem().string()));
  for (const QString& test : matches(text, "`(tst_\\w+)`"))
    if (!tests.contains(test)) faults << test;
  const QString dev = read(root / "dev");
  for (const QString& word : matches(text, "`\\./dev (\\w+)"))
    if (!dev.contains("do_" + word + "()") && word != "help") faults << "./dev " + word;
  const QString verbs = read(root / "app/cli/verbs.cpp");
  for (const QString& verb : matches(text, "(?:^|`)loom (\\w+)") + matches(text, "\\nloom (\\w+)"))
    if (!verbs.contains("{\"" + verb + "\",")) faults << "loom " + verb;
  return faults;
}

} // namespace

class TestDocuments : public QObject {
  Q_OBJECT
 private slots:
  void whatTheyNameIsThere_data() {
    QTest::addColumn<QString>("file");
    for (const char* file : {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"})
      QTest::newRow(file) << QString(file);
  }
  void whatTheyNameIsThere() {
    QFETCH(QString, file);
    const QString text = read(root / file.toStdString());
    QVERIFY(text.size() > 1000);
    const QStringList faults = missing(text);
    QVERIFY2(faults.isEmpty(), qPrintable(faults.join(", ")));
  }

  void whatIsNotThereIsFound_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("there");
    QTest::newRow("file") << "see `core/base/result.h`" << true;
    QTest::newRow("moved file") << "see `core/base/nothing.h`" << false;
    QTest::newRow("pattern") << "write `core/layers/<name>.cpp`" << true;
    QTest::newRow("test") << "`tst_layering` reads it" << true;
    QTest::newRow("no test") << "`tst_nothing` reads it" << false;
    QTest::newRow("word of dev") << "`./dev test`" << true;
    QTest::newRow("no word of dev") << "`./dev deploy`" << false;
    QTest::newRow("verb") << "```\nloom train x\n```" << true;
    QTest::newRow("no verb") << "`loom fly`" << false;
  }
  void whatIsNotThereIsFound() {
    QFETCH(QString, text);
    QFETCH(bool, there);
    QCOMPARE(missing(text).isEmpty(), there);
  }

  // README's table of exit codes and the kinds of errors are the same set.
  void exitCodesAreTheKinds() {
    std::set<int> documented, kinds{0};
    for (const QString& line : matches(read(root / "README.md"), "\\n(\\| \\d+ \\|[^\\n]*)"))
      for (const QString& code : matches(line, "\\| (\\d+) \\|")) documented.insert(code.toInt());
    const QString header = read(root / "core/base/result.h");
    const auto begin = header.indexOf("enum class ErrorKind {");
    for (const QString& code :
         matches(header.mid(begin, header.indexOf("};", begin) - begin), "\\w+ = (\\d+)"))
      kinds.insert(code.toInt());
    QVERIFY(kinds.contains(static_cast<int>(ErrorKind::interrupted)));
    QCOMPARE(documented, kinds);
  }
};

QTEST_GUILESS_MAIN(TestDocuments)
#include "tst_documents.moc"
