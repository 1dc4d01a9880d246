// SPDX-License-Identifier: GPL-3.0-or-later
// A dataset format, an optimizer and a launcher with an integer and a choice, each one file and one row: they
// load, inspect, check, go through files, have options and forms, and train, by the program's own code.
#include "app/studio/widgets/field_form.h"
#include "app/studio/widgets/form.h"
#include "core/data/dataset.h"
#include "core/run/journal.h"
#include "core/run/project.h"
#include "tests/cli/cli_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QComboBox>
#include <QLineEdit>
#include <sys/resource.h>

using namespace loom;
using namespace loom::test;

namespace {

std::string words() {
  std::string text;
  for (int i = 0; i < 60; ++i) {
    const char letter = static_cast<char>('a' + i % 6);
    text += std::string("early ") + letter + "bcdef\n";
    text += std::string("late ") + static_cast<char>(letter + 18) + "yxwvu\n";
  }
  return text;
}

Finished extended(const fs::path& folder, const std::vector<std::string>& words) {
  Command command;
  command.arguments = {LOOM_EXTENDED};
  command.arguments.insert(command.arguments.end(), words.begin(), words.end());
  command.folder = folder;
  command.environment = quietEnvironment();
  auto finished = runCommand(command, 120s);
  if (!finished) return {-1, {}, finished.error().message()};
  return *finished;
}

std::unique_ptr<Launcher> niceLauncher(const Params& params) {
  auto made = makeLauncher("nice", LOOM_EXTENDED, params);
  return made ? std::move(*made) : nullptr;
}

bool journalHolds(const fs::path& run, const std::string& part) {
  const auto attempts = attemptsIn(run);
  for (const int attempt : attempts ? *attempts : std::vector<int>{}) {
    std::ifstream in(run / "attempts" / std::to_string(attempt) / "journal", std::ios::binary);
    if (holds(std::string(std::istreambuf_iterator<char>(in), {}), part)) return true;
  }
  return false;
}

// Ends the run that a failed test leaves.
class StopAtEnd {
 public:
  StopAtEnd(fs::path project, std::string run) : project_(std::move(project)), run_(std::move(run)) {}
  ~StopAtEnd() {
    const auto ended = [this] { return niceLauncher({})->state(project_, run_) == LaunchState::ended; };
    if (ended()) return;
    (void)sendStop(project_, run_);
    (void)QTest::qWaitFor(ended, patience);
  }

 private:
  fs::path project_;
  std::string run_;
};

} // namespace

class TestExtend : public QObject {
  Q_OBJECT
 private slots:
  static void initMain() { useOwnHome(); }
  void theTablesHaveOneRowMore();
  void theFormatLoadsAndIsInspected();
  void descriptionsGoThroughFiles();
  void settingsAreChecked();
  void theyTrainAtTheTerminal();
  void theLaunchersValuesAreChecked_data();
  void theLaunchersValuesAreChecked();
  void theLauncherStartsListsAndCancels();
  void theLauncherTakesItsFields();
  void theirFieldsAreForms();
};

void TestExtend::theTablesHaveOneRowMore() {
  QVERIFY(findFormat("words") != nullptr);
  QVERIFY(findFormat("csv") != nullptr);
  QVERIFY(findOptimizer("horizon") != nullptr);
  QCOMPARE(optimizers().size(), std::size_t{4});
  QVERIFY(findLauncher("nice") != nullptr);
  QVERIFY(findLauncher(localLauncher) != nullptr);
  QCOMPARE(launchers().size(), std::size_t{2});
}

void TestExtend::theFormatLoadsAndIsInspected() {
  const Folder folder;
  const auto report = inspect(folder.write("a.words", words()), "");
  QVERIFY2(report.ok(), report.ok() ? "" : report.error().message().c_str());
  QCOMPARE(QString::fromStdString(report->proposed.format), QString("words"));
  QCOMPARE(report->samples, std::int64_t{120});
  QVERIFY(report->sampleShape == std::vector<std::int64_t>{4});
  DatasetSpec spec = report->proposed;
  spec.options.set("letters", std::int64_t{2});
  spec.options.set("scale", std::string("share"));
  const auto data = load(spec, {});
  QVERIFY(data.ok());
  QVERIFY(data->sampleShape == std::vector<std::int64_t>{2});
  QCOMPARE(data->values[3], 24 / 26.0F);
  QVERIFY(!data->contentHash.empty());
  QCOMPARE(inspect(folder.path("a.words"), "word").error().kind, ErrorKind::usage); // it has no columns
}

void TestExtend::descriptionsGoThroughFiles() {
  DatasetSpec spec;
  spec.format = "words";
  spec.name = "a";
  spec.setPath("words", "data/a.words");
  spec.options = {{"letters", std::int64_t{3}}, {"scale", std::string("share")}};
  const Json json = toJson(spec);
  QCOMPARE(json["words"], Json("data/a.words"));
  QCOMPARE(json["letters"], Json(3));
  const auto read = datasetFromJson(json, "project.json");
  QVERIFY2(read.ok(), read.ok() ? "" : read.error().message().c_str());
  QVERIFY(read->options == spec.options);
  QVERIFY(read->paths == spec.paths);
  QCOMPARE(canonicalJson(toJson(*read)), canonicalJson(json));
  Json wrong = json;
  wrong["letters"] = 2.5;
  QVERIFY(datasetFromJson(wrong, "project.json").error().cause.text().find("from 1 to 32 (got 2.5)") !=
          std::string::npos);
  wrong["letters"] = 3;
  wrong["scale"] = "log";
  QVERIFY(datasetFromJson(wrong, "project.json").error().cause.text().find("one of index, share") !=
          std::string::npos);
}

void TestExtend::settingsAreChecked() {
  const auto settingsOf = [](const Json& params) {
    return settingsFromJson(Json{{"optimizer", "Horizon"}, {"optimizer_params", params}}, "run.json");
  };
  // A whole number that was written with a fraction counts; one that is none is refused.
  const auto whole = settingsOf({{"horizon", 20.0}, {"look", "ahead"}});
  QVERIFY2(whole.ok(), whole.ok() ? "" : whole.error().message().c_str());
  QCOMPARE(whole->optimizerParams.getInt("horizon"), std::int64_t{20});
  QCOMPARE(updateAttributes(*whole)->getDouble("momentum"), 0.95);
  QVERIFY(updateAttributes(*whole)->getBool("nesterov"));
  QCOMPARE(canonicalJson(toJson(*settingsFromJson(toJson(*whole), "x"))), canonicalJson(toJson(*whole)));
  QVERIFY(settingsOf({{"horizon", 2.5}})
              .error()
              .cause.text()
              .find("Horizon must be a whole number from 1 to 1,000") != std::string::npos);
  QVERIFY(settingsOf({{"look", "back"}}).error().cause.text().find("one of here, ahead") !=
          std::string::npos);
  QVERIFY(settingsOf({{"horizon", 1}, {"look", "ahead"}}).error().fix.text().find("horizon to 10") !=
          std::string::npos);
}

void TestExtend::theyTrainAtTheTerminal() {
  const Folder folder;
  folder.write("a.words", words());
  const auto help = extended(folder.path(), {"train", "--help"});
  for (const char* part : {"--horizon", "--look", "(Horizon:", "AdamW, Horizon"})
    QVERIFY2(holds(help.output, part), help.output.c_str());
  QCOMPARE(wrongMessage(extended(folder.path(), {"train", "p.loom", "--horizon", "0"}), 2,
                        {"--horizon: The value must be a whole number from 1 to 1,000 (got 0)"}),
           std::string());
  const auto made = extended(folder.path(), {"new", "p.loom", "--data", "a.words"});
  QVERIFY2(made.exitCode == 0, made.errors.c_str());
  QCOMPARE(wrongMessage(extended(folder.path(), {"train", "p.loom", "--horizon", "5"}), 2,
                        {"AdamW does not have this parameter; Horizon has it"}),
           std::string());
  const auto trained = extended(folder.path(), {"train", "p.loom", "--epochs", "20", "--optimizer", "horizon",
                                                "--horizon", "5", "--look", "ahead", "--json"});
  QVERIFY2(trained.exitCode == 0, trained.errors.c_str());
  const Json outcome = lastJson(trained);
  QVERIFY2(outcome["metrics"].value("test_accuracy", 0.0) > 0.9, trained.output.c_str());
  const auto config = readJsonFile(folder.path("p.loom/runs") / outcome.value("run", "") / "run.json");
  QVERIFY(config.ok());
  QVERIFY(((*config)["settings"]["optimizer_params"] == Json{{"horizon", 5}, {"look", "ahead"}}));
  QCOMPARE((*config)["data"]["format"], Json("words"));
  // A resumed run, an evaluation and the history know both rows.
  const auto resumed = extended(folder.path(), {"train", "p.loom", "--resume", "last", "--epochs", "21"});
  QVERIFY2(resumed.exitCode == 0, resumed.errors.c_str());
  QCOMPARE(extended(folder.path(), {"evaluate", "p.loom", "last"}).exitCode, 0);
  const Json shown = lastJson(extended(folder.path(), {"runs", "show", "p.loom", "last", "--json"}));
  QCOMPARE(shown["settings"].value("horizon", std::string()), std::string("5"));
}

void TestExtend::theLaunchersValuesAreChecked_data() {
  QTest::addColumn<QString>("field");
  QTest::addColumn<QString>("typed");
  QTest::addColumn<QString>("cause");
  const auto row = [](const char* name, const char* field, const char* typed, const char* cause) {
    QTest::newRow(name) << QString(field) << QString(typed) << QString(cause);
  };
  row("too much", "niceness", "20", "Niceness must be a whole number from 0 to 19 (got 20)");
  row("a fraction", "niceness", "2.5", "Niceness must be a whole number from 0 to 19 (got 2.5)");
  row("not a choice", "output", "loud", "Output must be one of console, none (got \"loud\")");
  row("no such field", "cores", "3", "nice has no parameter 'cores'");
}

void TestExtend::theLaunchersValuesAreChecked() {
  QFETCH(QString, field);
  QFETCH(QString, typed);
  QFETCH(QString, cause);
  bool number = false;
  const double value = typed.toDouble(&number);
  const Params given{{field.toStdString(), number ? ParamValue(value) : ParamValue(typed.toStdString())}};
  const auto made = makeLauncher("nice", LOOM_EXTENDED, given);
  QVERIFY(!made.ok());
  QCOMPARE(made.error().kind, ErrorKind::usage);
  QCOMPARE(QString::fromStdString(made.error().cause.text()), cause);
  QVERIFY(holds(made.error().message(), "nice." + field.toStdString()));
  QVERIFY(!made.error().fix.empty());
}

void TestExtend::theLauncherStartsListsAndCancels() {
  const Folder folder;
  folder.write("a.words", words());
  const auto created = extended(folder.path(), {"new", "p.loom", "--data", "a.words"});
  QVERIFY2(created.exitCode == 0, created.errors.c_str());
  const fs::path project = folder.path("p.loom");
  TrainRequest request;
  request.project = project;
  request.settings.optimizer = "Horizon"; // only the extended program knows it
  request.settings.epochs = 1'000'000;
  request.settings.threads = 1;
  auto one = niceLauncher({{"niceness", std::int64_t{7}}});
  QVERIFY(one != nullptr);
  QCOMPARE(one->state(project, "none"), LaunchState::ended);
  const auto started = one->start(request);
  QVERIFY2(started.ok(), started.ok() ? "" : started.error().message().c_str());
  const std::string run = started->run;
  const StopAtEnd stopAtEnd(project, run);
  QVERIFY(!started->waiting && started->process > 0);
  QCOMPARE(one->state(project, run), LaunchState::running);
  QTRY_VERIFY_WITH_TIMEOUT(journalHolds(runFolder(project, run), "\"event\":\"epoch\""), patience);
  QCOMPARE(getpriority(PRIO_PROCESS, id_t(started->process)), std::min(getpriority(PRIO_PROCESS, 0) + 7, 19));
  // The local launcher, as the studio uses it, finds the run too.
  for (const auto name : {std::string_view("nice"), localLauncher}) {
    const auto other = makeLauncher(name, LOOM_EXTENDED);
    QVERIFY(other.ok());
    const auto known = (*other)->known(project);
    QCOMPARE(known.size(), std::size_t{1});
    QCOMPARE(known[0].run, run);
    QCOMPARE(known[0].process, started->process);
    QCOMPARE((*other)->state(project, run), LaunchState::running);
  }
  QVERIFY(one->site(project)->liveness(run).running());
  QVERIFY(one->cancel(project, run).ok());
  QTRY_COMPARE_WITH_TIMEOUT(one->state(project, run), LaunchState::ended, patience);
  QVERIFY(journalHolds(runFolder(project, run), "\"status\":\"stopped\""));
  QVERIFY(one->known(project).empty());
  QCOMPARE(one->cancel(project, "../" + run).error().kind, ErrorKind::usage);
}

void TestExtend::theLauncherTakesItsFields() {
  const Folder folder;
  folder.write("a.words", words());
  QCOMPARE(extended(folder.path(), {"new", "p.loom", "--data", "a.words"}).exitCode, 0);
  TrainRequest request;
  request.project = folder.path("p.loom");
  request.settings.epochs = 1;
  request.settings.threads = 1;
  for (const bool kept : {true, false}) {
    auto one = niceLauncher({{"output", std::string(kept ? "console" : "none")}});
    const auto started = one->start(request);
    QVERIFY2(started.ok(), started.ok() ? "" : started.error().message().c_str());
    const StopAtEnd stopAtEnd(request.project, started->run);
    QTRY_COMPARE_WITH_TIMEOUT(one->state(request.project, started->run), LaunchState::ended, patience);
    const fs::path run = runFolder(request.project, started->run);
    QVERIFY(journalHolds(run, "\"status\":\"finished\""));
    QCOMPARE(fs::exists(run / "console.log"), kept);
    QCOMPARE(*one->site(request.project)->consoleSize(started->run) > 0, kept);
  }
}

void TestExtend::theirFieldsAreForms() {
  for (const auto* fields :
       {&findOptimizer("Horizon")->fields, &findFormat("words")->options, &findLauncher("nice")->fields}) {
    Form form;
    FieldForm rows("row_");
    rows.build(*fields, {}, &form);
    auto* number = qobject_cast<QLineEdit*>(rows.widgetOf((*fields)[0].name));
    auto* choice = qobject_cast<QComboBox*>(rows.widgetOf((*fields)[1].name));
    QVERIFY(number != nullptr && choice != nullptr);
    QCOMPARE(choice->count(), int((*fields)[1].choices.size()));
    QVERIFY(number->toolTip().replace('\n', ' ').contains(
        QString::fromStdString(std::string((*fields)[0].help))));
    bool good = true;
    QVERIFY(rows.read(good).empty() && good); // standards are not stored
    int edits = 0;
    connect(&rows, &FieldForm::edited, this, [&edits] { ++edits; });
    number->selectAll();
    QTest::keyClicks(number, "7");
    QVERIFY(edits > 0);
    choice->setCurrentIndex(1);
    const Params read = rows.read(good);
    QVERIFY(good);
    QCOMPARE(read.getInt((*fields)[0].name), std::int64_t{7}); // a whole number stays one
    QCOMPARE(read.getString((*fields)[1].name), std::string((*fields)[1].choices[1]));
    number->setText("2.5");
    QVERIFY(!rows.read(good).has((*fields)[0].name));
    QVERIFY(!good);
  }
}

QTEST_MAIN(TestExtend)
#include "tst_extend.moc"
