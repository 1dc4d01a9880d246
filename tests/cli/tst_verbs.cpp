// SPDX-License-Identifier: Apache-2.0
// Walks the table of verbs: help with examples that can be typed, options that are refused in words, exit
// codes, pure JSON, and nothing but text where no terminal is.
#include "app/cli/program.h"
#include "app/cli/training_options.h"
#include "app/cli/usage.h"
#include "cli_fixture.h"
#include "core/base/format.h"
#include "core/network/templates.h"
#include "core/plan/op_reference.h"
#include "core/run/event_kinds.h"
#include "core/run/events.h"
#include "core/run/project.h"
#include <sstream>

using namespace loom;
using namespace loom::test;

namespace {

// The verb itself and what stands below it ("runs list"), as words.
std::vector<std::vector<std::string>> allPaths() {
  const auto command = makeCommandLine();
  std::vector<std::vector<std::string>> paths;
  for (const auto* verb : command->verbs) {
    paths.push_back({verb->get_name()});
    // Programs alone start what is in no group; people are shown no help for it.
    for (const auto* below :
         verb->get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
      paths.push_back({verb->get_name(), below->get_name()});
  }
  return paths;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

Network projectNetwork() { return networkTemplates().front().make(); }

} // namespace

class TestVerbs : public QObject {
  Q_OBJECT
 private slots:
  void everyVerbIsThere();
  void helpHasExamplesThatParse_data();
  void helpHasExamplesThatParse();
  void unknownOptionsAreUsage_data() { helpHasExamplesThatParse_data(); }
  void unknownOptionsAreUsage();
  void noWords();
  void helpIsAVerbToo();
  void everyVerbHasJson_data() { helpHasExamplesThatParse_data(); }
  void everyVerbHasJson();
  void failedNewLeavesNothing();
  void namesOfRuns();
  void answersInJson_data();
  void answersInJson();
  void tablesAreAligned();
  void noColourAndNoAnimation();
  void hostileNamesDoNotReachTheTerminal();
  void fullDiskBehindStdout();
  void layersAsManual();
  void referencesAreTheTables();
  void doctorLooksAtThisMachine();
  void nearestWord();
};

void TestVerbs::everyVerbIsThere() {
  const auto help = runLoom({"--help"});
  QCOMPARE(help.exitCode, 0);
  for (const char* verb :
       {"new", "templates", "data", "check", "estimate", "train", "evaluate", "predict", "runs", "control",
        "history", "export", "layers", "ops", "events", "devices", "doctor"}) {
    QVERIFY2(holds(help.output, std::string("\n  ") + verb + " "), verb);
    QVERIFY2(std::any_of(verbs().begin(), verbs().end(),
                         [&](const Verb& one) { return one.name == std::string(verb); }),
             verb);
  }
  QVERIFY(holds(help.output, "130 interrupted"));
  QCOMPARE(runLoom({"--version"}).output, std::string("loom ") + NEUROLOOM_VERSION + "\n");
}

void TestVerbs::helpHasExamplesThatParse_data() {
  QTest::addColumn<QString>("path");
  for (const auto& path : allPaths())
    QTest::newRow(joined(path).c_str()) << QString::fromStdString(joined(path));
}

void TestVerbs::helpHasExamplesThatParse() {
  QFETCH(QString, path);
  auto words = wordsOf(path.toStdString());
  words.emplace_back("--help");
  const auto help = runLoom(words);
  QCOMPARE(help.exitCode, 0);
  QCOMPARE(help.errors, std::string());
  const auto at = help.output.find("Examples:\n");
  QVERIFY2(at != std::string::npos, help.output.c_str());
  // CLI11's own words for types and ranges are none of ours.
  for (const char* word : {"REQUIRED", "TEXT", "INT", "FLOAT", "UINT", "POSITIVE", "000000"})
    QVERIFY2(!holds(help.output, word), help.output.c_str());
  int examples = 0;
  for (auto line : linesOf(help.output.substr(at + 10))) {
    if (line.empty()) continue;
    ++examples;
    QVERIFY2(line.rfind("  loom " + path.toStdString(), 0) == 0, line.c_str());
    auto example = wordsOf(line);
    example.erase(example.begin());
    const auto command = makeCommandLine();
    try {
      command->app.parse(std::vector<std::string>(example.rbegin(), example.rend()));
    } catch (const CLI::ParseError& error) {
      QFAIL((line + ": " + usageError(command->app, error, example).message()).c_str());
    }
  }
  QVERIFY(examples > 0);
  // Every option says what it is for.
  const auto command = makeCommandLine();
  const CLI::App* app = &command->app;
  for (const auto& word : wordsOf(path.toStdString())) app = app->get_subcommand(word);
  for (const auto* option : app->get_options())
    QVERIFY2(!option->get_description().empty(), option->get_name().c_str());
}

void TestVerbs::unknownOptionsAreUsage() {
  QFETCH(QString, path);
  auto words = wordsOf(path.toStdString());
  words.emplace_back("--jsn");
  const auto answer = runLoom(words);
  QCOMPARE(wrongMessage(answer, 2, {"has no option '--jsn'", "--help' shows how it is used"}), std::string());
  QCOMPARE(answer.output, std::string());
}

void TestVerbs::noWords() {
  const auto answer = runLoom({});
  QCOMPARE(answer.exitCode, 2);
  QCOMPARE(answer.output, std::string());
  QVERIFY(holds(answer.errors, "Usage: loom"));
  QVERIFY(holds(answer.errors, "loom new my-first.loom --template iris"));
}

void TestVerbs::helpIsAVerbToo() {
  QCOMPARE(runLoom({"help"}).output, runLoom({"--help"}).output);
  QCOMPARE(runLoom({"help", "train"}).output, runLoom({"train", "--help"}).output);
  QCOMPARE(runLoom({"help", "runs", "list"}).exitCode, 0);
}

void TestVerbs::everyVerbHasJson() {
  QFETCH(QString, path);
  const auto command = makeCommandLine();
  const CLI::App* app = &command->app;
  for (const auto& word : wordsOf(path.toStdString())) app = app->get_subcommand(word);
  if (!app->get_subcommands([](const CLI::App*) { return true; }).empty()) return; // those below it have it
  QVERIFY(app->get_option_no_throw("--json") != nullptr);
}

void TestVerbs::failedNewLeavesNothing() {
  const Folder folder;
  const std::map<std::string, std::string> noSamples{{"LOOM_SAMPLES", "/nowhere"}};
  const std::vector<std::string> words{"new", "deep/half.loom", "--template", "iris"};
  QCOMPARE(loomIn(folder.path(), words, noSamples).exitCode, 3);
  QVERIFY(!fs::exists(folder.path("deep")));
  fs::create_directories(folder.path("deep/half.loom")); // an empty one stays, empty
  QCOMPARE(loomIn(folder.path(), words, noSamples).exitCode, 3);
  QVERIFY(fs::is_empty(folder.path("deep/half.loom")));
  // Where the making itself fails, what was made goes as well.
  Network network = projectNetwork();
  network.name = ".hidden";
  QVERIFY(!createProject(folder.path("a/b/c.loom"), {}, network, {{"data/x.csv", "1"}}).ok());
  QVERIFY(!fs::exists(folder.path("a")));
  QCOMPARE(loomIn(folder.path(), words).exitCode, 0);
  // A path with spaces is told as a shell takes it.
  const auto spaced = loomIn(folder.path(), {"new", "my flowers' p.loom", "--template", "iris"});
  QVERIFY2(holds(spaced.errors, "Next: loom train 'my flowers'\\'' p.loom'\n"), spaced.errors.c_str());
  // A column that was nearly right is found.
  const auto table = folder.write("t.csv", "width,colour\n1,x\n2,y\n3,x\n4,y\n");
  const auto wrong = loomIn(folder.path(), {"data", "inspect", table.string(), "--target", "color"});
  QCOMPARE(wrongMessage(wrong, 3, {"Did you mean 'colour'?", "colour, width"}), std::string());
}

void TestVerbs::namesOfRuns() {
  const Folder folder;
  const std::string p = folder.text("p.loom");
  QCOMPARE(runLoom({"new", p, "--template", "iris"}).exitCode, 0);
  const auto trained = lastJson(runLoom({"train", p, "--epochs", "9", "--name", "one", "--json"}));
  QVERIFY(runLoom({"train", p, "--epochs", "7", "--lr", "1000", "--name", "two"}).exitCode >= 0);
  const auto listed = lastJson(runLoom({"runs", "list", p, "--json"}));
  // One figure of the validation, that of the best checkpoint, wherever it is told.
  const Json* one = nullptr;
  for (const auto& row : listed["runs"])
    if (row["name"] == "one") one = &row;
  QVERIFY(one != nullptr);
  const double accuracy = trained["metrics"]["val_accuracy"].get<double>();
  QVERIFY(std::abs((*one)["val_accuracy"].get<double>() - accuracy) < 1e-6);
  QCOMPARE((*one)["epochs"].get<int>(), 9);
  QCOMPARE((*one)["epochs_done"].get<int>(), 9);
  const std::string words = formatPercent(accuracy);
  for (const auto& verb : {std::vector<std::string>{"runs", "list", p},
                           {"runs", "show", p, "one"},
                           {"runs", "compare", p, "one", "two"}}) {
    const auto answer = runLoom(verb);
    QVERIFY2(holds(answer.output, words), (words + " in " + answer.output).c_str());
  }
  QCOMPARE(wrongMessage(runLoom({"runs", "compare", p, "one", "one"}), 2, {"named twice"}), std::string());
}

void TestVerbs::answersInJson_data() {
  QTest::addColumn<QString>("words");
  QTest::addColumn<QStringList>("members");
  const auto row = [](const char* words, const QStringList& members) {
    QTest::newRow(words) << QString(words) << members;
  };
  row("templates --json", {});
  row("layers --json", {});
  row("devices --json", {"devices"});
  row("data inspect DATA/iris.csv --json", {});
  row("check DIR/p.loom --json", {"network", "runnable", "parameters", "problems"});
  row("estimate DIR/p.loom --json", {"parameters", "memory_bytes", "largest_batch", "seconds", "steps"});
  row("train DIR/p.loom --epochs 2 --name one --json",
      {"run", "status", "epochs", "steps", "seconds", "checkpoint", "metrics"});
  row("train DIR/p.loom --epochs 1 --name two --json", {"run", "status"});
  row("runs list DIR/p.loom --json", {"runs"});
  row("runs show DIR/p.loom last --json", {"run", "state", "settings", "metrics", "events"});
  row("runs series DIR/p.loom last train/loss --json", {"key", "points"});
  row("runs series DIR/p.loom last train/loss --pixels 3 --json", {"key", "buckets"});
  row("runs compare DIR/p.loom last one --json", {"runs", "differing"});
  row("evaluate DIR/p.loom last --json", {"metrics", "confusion", "classes"});
  row("predict DIR/p.loom last DATA/iris.csv --json", {"run", "predictions"});
  row("export DIR/p.loom DIR/out --json", {"network", "files"});
  row("export DIR/p.loom DIR/out --run one --json", {"network", "files"});
  row("history verify DIR/p.loom --json", {"good", "runs", "records", "points", "findings"});
  row("history rebuild DIR/p.loom --json", {"good", "runs", "records", "points", "findings"});
  row("new DIR/q.loom --template digits --json", {"project", "network", "data", "defaults"});
  row("doctor --json", {"ok", "checks"});
}

void TestVerbs::answersInJson() {
  static const Folder folder;
  if (!fs::exists(folder.path("p.loom")))
    QCOMPARE(runLoom({"new", folder.text("p.loom"), "--template", "iris"}).exitCode, 0);
  QFETCH(QString, words);
  QFETCH(QStringList, members);
  words.replace("DIR", QString::fromStdString(folder.text("")).chopped(1));
  words.replace("DATA", LOOM_SOURCE_DIR "/resources/samples");
  const auto answer = runLoom(wordsOf(words.toStdString()));
  QVERIFY2(answer.exitCode == 0, answer.errors.c_str());
  for (const auto& line : linesOf(answer.output)) QVERIFY2(parseJson(line, "stdout").ok(), line.c_str());
  const Json json = lastJson(answer);
  for (const auto& member : members)
    QVERIFY2(json.contains(member.toStdString()), (member.toStdString() + " in " + answer.output).c_str());
  if (members.isEmpty()) QVERIFY(!json.empty());
}

void TestVerbs::tablesAreAligned() {
  // The second column begins at one place, whatever letters stand in the first: 4 of 6 bytes are seen.
  std::ostringstream out;
  auto* before = std::cout.rdbuf(out.rdbuf());
  printTable({{"NAME", "N"}, {"größe", "12"}, {"猫", "3"}, {"x", "456"}}, {false, true});
  std::cout.rdbuf(before);
  QCOMPARE(out.str(), std::string("NAME     N\ngröße   12\n猫       3\nx      456\n"));
  QCOMPARE(shortened("Übergröße", 5), std::string("Über…"));
  QCOMPARE(shortened("kurz", 5), std::string("kurz"));
}

void TestVerbs::noColourAndNoAnimation() {
  const Folder folder;
  QCOMPARE(runLoom({"new", folder.text("p.loom"), "--template", "iris"}).exitCode, 0);
  const auto trained = runLoom({"train", folder.text("p.loom"), "--epochs", "3"});
  const auto refused = runLoom({"train", folder.text("nothing")});
  for (const auto* answer : {&trained, &refused})
    for (const char c : answer->output + answer->errors)
      QVERIFY2(c != '\033' && c != '\r', (answer->output + answer->errors).c_str());
  QVERIFY(holds(trained.errors, "epoch   3"));
  QVERIFY(holds(trained.output, "finished after 3 epochs"));
  QVERIFY(holds(trained.output, "test_accuracy"));
}

void TestVerbs::hostileNamesDoNotReachTheTerminal() {
  QCOMPARE(plain("a\033[2Jb\x07\r\nc"), std::string("a\\x1b[2Jb\\x07\\r\\nc"));
  QCOMPARE(plain("größe \u202Etxt"), std::string("größe \\u202etxt"));
  QCOMPARE(plain("cut \xC3"), std::string("cut \\xc3"));
  const Folder folder;
  const auto table = folder.write("t.csv", "a,\033[31mred\n1,x\n2,y\n3,x\n4,y\n");
  const auto answer = runLoom({"data", "inspect", table.string()});
  QCOMPARE(answer.exitCode, 0);
  QVERIFY(!holds(answer.output + answer.errors, "\033"));
  const auto none = runLoom({"train", "no\033[2Jwhere"});
  QCOMPARE(none.exitCode, 3);
  QVERIFY(!holds(none.errors, "\033"));
}

void TestVerbs::fullDiskBehindStdout() {
  if (!fs::exists("/dev/full")) QSKIP("this system has no /dev/full");
  Command command;
  command.arguments = {"sh", "-c", "exec \"$0\" templates > /dev/full", LOOM_PROGRAM};
  const auto finished = runCommand(command, 60s);
  QVERIFY(finished.ok());
  QCOMPARE(wrongMessage(*finished, 1, {"standard output", "disk"}), std::string());
}

void TestVerbs::layersAsManual() {
  const auto manual = runLoom({"layers", "--markdown"}).output;
  for (const auto* layer : layerTable()) {
    QVERIFY2(holds(manual, std::string(layer->type)), std::string(layer->type).c_str());
    for (const auto& field : layer->fields)
      QVERIFY2(holds(manual, std::string(field.name)), std::string(field.name).c_str());
  }
}

void TestVerbs::referencesAreTheTables() {
  QCOMPARE(runLoom({"ops", "--markdown"}).output, opsMarkdown());
  QCOMPARE(runLoom({"events", "--markdown"}).output, eventsMarkdown());
}

void TestVerbs::doctorLooksAtThisMachine() {
  const auto answer = runLoom({"doctor"});
  QVERIFY2(answer.exitCode == 0, answer.output.c_str());
  for (const char* word :
       {"processor", "memory", "oneDNN", "SQLite", "libloom_cuda.so", "ops on onednn", "All is well"})
    QVERIFY2(holds(answer.output, word), answer.output.c_str());
  // A sample folder that is gone is said, with what to do.
  const auto wrong = loomIn({}, {"doctor"}, {{"LOOM_SAMPLES", "/nowhere"}});
  QCOMPARE(wrong.exitCode, 1);
  QVERIFY(holds(wrong.output, "/nowhere: install the package again"));
}

void TestVerbs::nearestWord() {
  QCOMPARE(nearest("adam", {"SGD", "Adam"}), std::string("Adam"));
  QCOMPARE(nearest("checkpiont", {"pause", "checkpoint"}), std::string("checkpoint"));
  QCOMPARE(nearest("zebra", {"pause", "lr"}), std::string());
  QCOMPARE(nearest(std::string(100'000, 'x'), {"pause"}), std::string());
}

QTEST_GUILESS_MAIN(TestVerbs)
#include "tst_verbs.moc"
