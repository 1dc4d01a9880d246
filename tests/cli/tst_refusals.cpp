// SPDX-License-Identifier: Apache-2.0
// What `loom` says when a project or an input is not there, or cannot be written: one message with place,
// cause and fix, exit code 3, and nothing on stdout.
#include "cli_fixture.h"

using namespace loom;
using namespace loom::test;

class TestRefusals : public QObject {
  Q_OBJECT
 private slots:
  void whatCannotBeWrittenIsExit3_data();
  void whatCannotBeWrittenIsExit3();
  void missingProjectsAndInputs_data();
  void missingProjectsAndInputs();
};

void TestRefusals::whatCannotBeWrittenIsExit3_data() {
  QTest::addColumn<QString>("words");
  QTest::addColumn<QString>("file"); // that cannot be written
  QTest::newRow("export") << "export p.loom out --run last"
                          << "iris.safetensors";
  QTest::newRow("train") << "train p.loom --epochs 1"
                         << "run.json";
  QTest::newRow("checkpoint") << "train p.loom --epochs 1"
                              << "model.safetensors";
  QTest::newRow("resume") << "train p.loom --resume last --epochs 9"
                          << "run.json";
  QTest::newRow("new") << "new q.loom --template iris"
                       << "project.json";
}

void TestRefusals::whatCannotBeWrittenIsExit3() {
  static const Folder folder;
  if (!fs::exists(folder.path("p.loom"))) {
    QCOMPARE(runLoom({"new", folder.text("p.loom"), "--template", "iris"}).exitCode, 0);
    QCOMPARE(runLoom({"train", folder.text("p.loom"), "--epochs", "1"}).exitCode, 0);
  }
  QFETCH(QString, words);
  QFETCH(QString, file);
  std::vector<std::string> list;
  for (const auto& word : words.split(' ')) list.push_back(word.toStdString());
  for (const char* code : {"EROFS", "EACCES"}) {
    const auto answer = loomIn(folder.path(), list,
                               {{"LOOM_FAULT", "write:" + std::string(code) + ":" + file.toStdString()}});
    QCOMPARE(wrongMessage(answer, 3, {file.toStdString(), "writable"}), std::string());
  }
}

void TestRefusals::missingProjectsAndInputs_data() {
  QTest::addColumn<QString>("words");
  QTest::addColumn<QString>("cause");
  const auto row = [](const char* words, const char* cause) {
    QTest::newRow(words) << QString(words) << QString(cause);
  };
  row("train nowhere.loom", "no such folder");
  row("check file.txt", "not the folder of a project");
  row("check .", "no project.json");
  row("estimate nowhere.loom", "no such folder");
  row("runs list nowhere.loom", "no such folder");
  row("runs show new.loom last", "no run yet");
  row("runs series new.loom last train/loss", "no run yet");
  row("evaluate new.loom last", "no run yet");
  row("predict new.loom last file.txt", "no run yet");
  row("control new.loom last stop", "no run yet");
  row("check new.loom --network deep", "There is no network 'deep'");
  row("train new.loom --network deep", "Choose one of: iris");
  row("train new.loom --resume 1234", "no run yet");
  row("history verify nowhere.loom", "no such folder");
  row("data inspect nowhere.csv", "no such file or folder");
  row("new x.loom --data nowhere.csv", "no such file or folder");
  row("export nowhere.loom out", "no such folder");
}

void TestRefusals::missingProjectsAndInputs() {
  static const Folder folder;
  if (!fs::exists(folder.path("new.loom"))) {
    folder.write("file.txt", "a text\n");
    QCOMPARE(runLoom({"new", folder.text("new.loom"), "--template", "iris"}).exitCode, 0);
  }
  QFETCH(QString, words);
  QFETCH(QString, cause);
  std::vector<std::string> list;
  for (const auto& word : words.split(' ')) list.push_back(word.toStdString());
  const auto answer = loomIn(folder.path(), list);
  QCOMPARE(wrongMessage(answer, 3, {cause.toStdString()}), std::string());
  QCOMPARE(answer.output, std::string());
}

QTEST_GUILESS_MAIN(TestRefusals)
#include "tst_refusals.moc"
