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
  void valuesThatNameNothing_data();
  void valuesThatNameNothing();
  void optionsThatAreNotUsed_data();
  void optionsThatAreNotUsed();
  void parametersOfTheTablesAreOptions();
  void runNames_data();
  void runNames();
  void longNamesLeaveTheTableWhole();
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
  row("check .", "does not contain project.json");
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

// "$RUN" of a shell, where RUN is not set.
void TestRefusals::valuesThatNameNothing_data() {
  QTest::addColumn<QStringList>("words");
  QTest::addColumn<QString>("cause");
  QTest::newRow("resume") << QStringList{"train", "p.loom", "--resume", ""} << "--resume: no run is given";
  QTest::newRow("network") << QStringList{"train", "p.loom", "--network", ""}
                           << "--network: no network is given";
  QTest::newRow("name") << QStringList{"train", "p.loom", "--name", ""} << "--name: no value is given";
  QTest::newRow("check") << QStringList{"check", "p.loom", "--network", ""}
                         << "--network: no network is given";
  QTest::newRow("estimate") << QStringList{"estimate", "p.loom", "--network", ""}
                            << "--network: no network is given";
  QTest::newRow("export") << QStringList{"export", "p.loom", "out", "--run", ""} << "--run: no run is given";
  QTest::newRow("data") << QStringList{"new", "q.loom", "--data", ""} << "--data: no file or folder is given";
  QTest::newRow("target") << QStringList{"data", "inspect", "t.csv", "--target", ""}
                          << "--target: no column is given";
}

void TestRefusals::valuesThatNameNothing() {
  QFETCH(QStringList, words);
  QFETCH(QString, cause);
  const Folder folder;
  QCOMPARE(loomIn(folder.path(), {"new", "p.loom", "--template", "iris"}).exitCode, 0);
  std::vector<std::string> list;
  for (const auto& word : words) list.push_back(word.toStdString());
  const auto answer = loomIn(folder.path(), list);
  QCOMPARE(wrongMessage(answer, 2, {cause.toStdString()}), std::string());
  QCOMPARE(answer.output, std::string());
  QVERIFY(!fs::exists(folder.path("p.loom/runs")) || fs::is_empty(folder.path("p.loom/runs")));
}

// An option that a verb does not use is refused, not skipped.
void TestRefusals::optionsThatAreNotUsed_data() {
  QTest::addColumn<QString>("words");
  QTest::addColumn<QString>("cause");
  const auto row = [](const QString& words, const char* cause) {
    QTest::newRow(qPrintable(words)) << words << QString(cause);
  };
  const char* resumed = "continues with its own settings";
  for (const char* option :
       {"--network iris", "--name x", "--run x", "--batch 4", "--lr 0.1", "--optimizer SGD",
        "--schedule cosine", "--seed 4", "--threads 1", "--device cpu", "--checkpoint-every 3",
        "--keep-checkpoints 3", "--workers 0", "--weight-decay 0.1", "--warmup 0.5", "--nesterov",
        "--no-nesterov", "--settings {}"})
    row(QString("train p.loom --resume last ") + option, resumed);
  row("train p.loom --momentum 0.9", "AdamW does not have this parameter; SGD has it. Add --optimizer SGD");
  row("train p.loom --nesterov", "AdamW does not have this parameter; SGD has it");
  row("train p.loom --no-nesterov", "AdamW does not have this parameter; SGD has it");
  row("train p.loom --optimizer SGD --beta1 0.9", "SGD does not have this parameter; Adam, AdamW has it");
  row("train p.loom --schedule constant --warmup 0.1",
      "constant does not have this parameter; cosine has it. Add --schedule cosine");
  row("train p.loom --schedule cosine --pct-start 0.1",
      "cosine does not have this parameter; one-cycle has it");
  row("data inspect pictures --target a", "no columns, so no target can be chosen");
  row("new q.loom --data pictures --target a", "no columns, so no target can be chosen");
}

void TestRefusals::optionsThatAreNotUsed() {
  static const Folder folder;
  if (!fs::exists(folder.path("p.loom"))) {
    QCOMPARE(runLoom({"new", folder.text("p.loom"), "--template", "iris"}).exitCode, 0);
    QCOMPARE(runLoom({"train", folder.text("p.loom"), "--epochs", "1"}).exitCode, 0);
    for (const char* name : {"pictures/a/one.png", "pictures/b/one.png"})
      folder.write(name, "The option is refused before the file is read.");
  }
  QFETCH(QString, words);
  QFETCH(QString, cause);
  std::vector<std::string> list;
  for (const auto& word : words.split(' ')) list.push_back(word.toStdString());
  const auto answer = loomIn(folder.path(), list);
  QCOMPARE(wrongMessage(answer, 2, {cause.toStdString()}), std::string());
  QCOMPARE(answer.output, std::string());
  QCOMPARE(std::distance(fs::directory_iterator(folder.path("p.loom/runs")), fs::directory_iterator()), 1);
}

// Each field of each optimizer and schedule is an option, and its value reaches run.json.
void TestRefusals::parametersOfTheTablesAreOptions() {
  const Folder folder;
  QCOMPARE(loomIn(folder.path(), {"new", "p.loom", "--template", "iris"}).exitCode, 0);
  const auto settingsOf = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"train", "p.loom", "--epochs", "1", "--json"});
    const auto trained = loomIn(folder.path(), words);
    if (trained.exitCode != 0) qWarning("%s", trained.errors.c_str());
    const auto run = lastJson(trained).value("run", std::string("none"));
    auto config = readJsonFile(folder.path("p.loom/runs") / run / "run.json");
    return config ? (*config)["settings"] : Json();
  };
  Json one = settingsOf({"--optimizer", "sgd", "--momentum", "0.5", "--nesterov", "--weight-decay", "1e-3",
                         "--schedule", "cosine", "--warmup", "0.25", "--final-factor", "0.125",
                         "--keep-checkpoints", "5", "--checkpoint-every", "0"});
  QVERIFY2((one["optimizer_params"] == Json{{"momentum", 0.5}, {"nesterov", true}, {"weight_decay", 1e-3}}),
           one.dump().c_str());
  QVERIFY2((one["schedule_params"] == Json{{"warmup", 0.25}, {"final_factor", 0.125}}), one.dump().c_str());
  QCOMPARE(one["optimizer"], Json("SGD"));
  QCOMPARE(one["learning_rate"], Json(0.05)); // SGD's own
  QCOMPARE(one["keep_checkpoints"], Json(5));
  Json two = settingsOf({"--beta1", "0.75", "--eps", "1e-6", "--div-factor", "10", "--pct-start", "0.5"});
  QVERIFY2((two["optimizer_params"] == Json{{"beta1", 0.75}, {"eps", 1e-6}}), two.dump().c_str());
  QVERIFY2((two["schedule_params"] == Json{{"div_factor", 10.0}, {"pct_start", 0.5}}), two.dump().c_str());
}

void TestRefusals::runNames_data() {
  QTest::addColumn<QByteArray>("name");
  QTest::addColumn<QString>("cause"); // empty: it is taken
  QTest::newRow("line end") << QByteArray("one\ntwo") << "control character";
  QTest::newRow("terminal's command") << QByteArray("\x1b[31mred") << "control character";
  QTest::newRow("no UTF-8") << QByteArray("caf\xe9") << "UTF-8";
  QTest::newRow("201 bytes") << QByteArray(201, 'n') << "at most 200";
  QTest::newRow("200 bytes") << QByteArray(200, 'n') << "";
  QTest::newRow("other letters") << QByteArray("Größe · 二") << "";
}

void TestRefusals::runNames() {
  QFETCH(QByteArray, name);
  QFETCH(QString, cause);
  const Folder folder;
  QCOMPARE(loomIn(folder.path(), {"new", "p.loom", "--template", "iris"}).exitCode, 0);
  const auto answer =
      loomIn(folder.path(), {"train", "p.loom", "--epochs", "1", "--name", name.toStdString()});
  if (cause.isEmpty())
    QCOMPARE(answer.exitCode, 0);
  else
    QCOMPARE(wrongMessage(answer, 2, {"--name: ", cause.toStdString()}), std::string());
}

// A run.json of another program may hold any name.
void TestRefusals::longNamesLeaveTheTableWhole() {
  const Folder folder;
  QCOMPARE(loomIn(folder.path(), {"new", "p.loom", "--template", "iris"}).exitCode, 0);
  for (const char* name : {"first", "second"})
    QCOMPARE(loomIn(folder.path(), {"train", "p.loom", "--epochs", "1", "--name", name}).exitCode, 0);
  for (const auto& run : fs::directory_iterator(folder.path("p.loom/runs"))) {
    auto config = readJsonFile(run.path() / "run.json");
    QVERIFY(config.ok());
    if ((*config)["name"] == "first") (*config)["name"] = std::string(5'000, 'n');
    QVERIFY(writeFileAtomically(run.path() / "run.json", canonicalJson(*config)).ok());
  }
  const auto listed = loomIn(folder.path(), {"runs", "list", "p.loom"});
  QVERIFY2(listed.exitCode == 0, listed.errors.c_str());
  QVERIFY2(holds(listed.output, std::string(39, 'n') + "… "), listed.output.c_str());
  for (const auto& line : QString::fromStdString(listed.output).split('\n')) QVERIFY(line.size() < 140);
  const auto compared = loomIn(folder.path(), {"runs", "compare", "p.loom", "last", std::string(5'000, 'n')});
  QVERIFY2(compared.exitCode == 0, compared.errors.c_str());
  for (const auto& line : QString::fromStdString(compared.output).split('\n')) QVERIFY(line.size() < 140);
}

QTEST_GUILESS_MAIN(TestRefusals)
#include "tst_refusals.moc"
