// SPDX-License-Identifier: Apache-2.0
// Names from files on the terminal: hidden characters as escapes, values kept in --json; and an export writes
// its files into the folder that was named, whatever the network is called.
#include "app/cli/verb.h"
#include "core/run/project.h"
#include "core/run/seal.h"
#include "tests/cli/cli_fixture.h"

using namespace loom;
using namespace loom::test;

class TestNames : public QObject {
  Q_OBJECT

 private slots:
  void linesOfJson_data();
  void linesOfJson();
  void tablesStayNarrow();
  void everyVerbEscapesNames();
  void exportsStayInTheirFolder_data();
  void exportsStayInTheirFolder();
};

void TestNames::linesOfJson_data() {
  QTest::addColumn<QByteArray>("value");
  QTest::addColumn<QByteArray>("line");
  const auto row = [](const char* title, const char* value, const char* line) {
    QTest::newRow(title) << QByteArray(value) << QByteArray(line);
  };
  row("plain", "größe 温度", "\"größe 温度\"");
  row("C0", "a\x1b\n", "\"a\\u001b\\n\"");
  row("DEL and C1", "\x7f\u009b", "\"\\u007f\\u009b\"");
  row("direction", "a\u202e\u2066\u061c", "\"a\\u202e\\u2066\\u061c\"");
  row("separators", "\u2028\u2029", "\"\\u2028\\u2029\"");
  row("beyond 16 bits", "\U000e0041", "\"\\udb40\\udc41\"");
  row("a picture of several", "👩‍🔬", "\"👩‍🔬\"");
  row("a joiner between Latin letters", "ru\u200dn", "\"ru\\u200dn\"");
}

void TestNames::linesOfJson() {
  QFETCH(QByteArray, value);
  QFETCH(QByteArray, line);
  const std::string written = jsonLine(value.toStdString());
  QCOMPARE(QByteArray::fromStdString(written), line);
  const auto read = parseJson(written, "line");
  QVERIFY(read.ok());
  QCOMPARE(QByteArray::fromStdString(read->get<std::string>()), value);
}

void TestNames::tablesStayNarrow() {
  QCOMPARE(shortened("\x1b[31m\x1b[0m", 6), std::string("\\x1b[…"));
  QCOMPARE(shortened("a\u202e", 7), std::string("a\\u202e"));
  QCOMPARE(shortened("größe", 5), std::string("größe"));
  QCOMPARE(shortened("温度温度", 5), std::string("温度…"));
}

void TestNames::everyVerbEscapesNames() {
  const Folder folder;
  const std::string bad = "x\x1b[31m\xc2\x9b\u202e\u200f";
  std::string table = "a," + bad + "b,kind\n";
  for (int row = 0; row < 60; ++row)
    table += std::to_string(row % 20) + "," + std::to_string(row % 7) + "," + bad + (row % 2 ? "p\n" : "q\n");
  const std::string file = folder.write("t.csv", table).string(), project = folder.text("p" + bad + ".loom");
  const std::vector<std::vector<std::string>> lines = {
      {"data", "inspect", file},
      {"new", project, "--data", file, "--target", "kind"},
      {"check", project},
      {"train", project, "--epochs", "1"},
      {"evaluate", project, "last"},
      {"predict", project, "last", file},
      {"runs", "list", project},
      {"runs", "show", project, "last"},
      {"runs", "show", project, bad},
      {"export", project, folder.text("out" + bad)},
      {"check", folder.text("none" + bad)},
      {"check", project, "--network", bad},
  };
  for (const auto& line : lines)
    for (const bool json : {false, true}) {
      if (json && line[0] == "new") continue; // the folder is not empty any more
      auto words = line;
      if (json) words.emplace_back("--json");
      const auto answer = runLoom(words);
      const std::string all = answer.output + answer.errors;
      for (const char* part : {"\x1b", "\xc2\x9b", "\u202e", "\u200f"})
        QVERIFY2(!holds(all, part), (line[0] + ": " + all).c_str());
      QVERIFY2(!holds(all, "Unknown option") && !holds(all, "not expected"), all.c_str());
    }
}

void TestNames::exportsStayInTheirFolder_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("file");
  QTest::newRow("a way out") << "../../up"
                             << "_._.._up";
  QTest::newRow("absolute") << "/tmp/loom-export"
                            << "_tmp_loom-export";
  QTest::newRow("two dots") << ".."
                            << "__";
  QTest::newRow("a folder") << "sub/net"
                            << "sub_net";
  QTest::newRow("hidden") << ".net"
                          << "_net";
  QTest::newRow("plain") << "net-1"
                         << "net-1";
}

// The network of a run has the name that run.json gives it.
void TestNames::exportsStayInTheirFolder() {
  QFETCH(QString, name);
  QFETCH(QString, file);
  const Folder folder;
  const std::string project = folder.text("p.loom");
  QCOMPARE(runLoom({"new", project, "--template", "iris"}).exitCode, 0);
  QCOMPARE(runLoom({"train", project, "--epochs", "1"}).exitCode, 0);
  const auto run = findRun(project, "last");
  QVERIFY(run.ok());
  const auto frozen = runFolder(project, *run) / "run.json";
  auto json = readJsonFile(frozen);
  QVERIFY(json.ok());
  (*json)["network"]["name"] = name.toStdString();
  QVERIFY(writeFileAtomically(frozen, canonicalJson(sealed(*json))).ok());
  const auto answer = runLoom({"export", project, folder.text("a/b/out"), "--run", *run, "--json"});
  QVERIFY2(answer.exitCode == 0, answer.errors.c_str());
  std::set<std::string> written;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path("a")))
    if (entry.is_regular_file()) written.insert(fs::relative(entry.path(), folder.path("a/b/out")).string());
  QCOMPARE(written, (std::set<std::string>{file.toStdString() + ".py", file.toStdString() + ".safetensors"}));
  for (const auto& one : lastJson(answer).at("files")) QVERIFY(fs::exists(one.get<std::string>()));
}

QTEST_GUILESS_MAIN(TestNames)
#include "tst_names.moc"
