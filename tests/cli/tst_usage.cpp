// SPDX-License-Identifier: Apache-2.0
// Command lines that cannot be used: the message is in words of our own, at the option as it was typed, and is
// JSON where that was asked for; help shows defaults and limits.
#include "app/cli/program.h"
#include "app/cli/training_options.h"
#include "app/cli/usage.h"
#include "app/cli/verb.h"
#include "cli_fixture.h"
#include "core/base/format.h"

using namespace loom;
using namespace loom::test;

class TestUsage : public QObject {
  Q_OBJECT
 private slots:
  void wrongWords_data();
  void wrongWords();
  void failuresAreJsonToo_data();
  void failuresAreJsonToo();
  void placesOfErrorsAreOptions();
  void everyFlagIsGivenOnce();
  void emptyWordsAreRefused();
  void helpShowsDefaultsAndLimits();
  void nextCommandCanBePasted();
};

void TestUsage::wrongWords_data() {
  QTest::addColumn<QString>("words");
  QTest::addColumn<QString>("first");
  QTest::addColumn<QString>("second");
  const auto row = [](const char* words, const char* first, const char* second) {
    QTest::newRow(words) << words << first << second;
  };
  row("trian x", "no verb 'trian'", "Did you mean 'train'?");
  row("x.loom train", "no verb 'x.loom'", "loom train x.loom");
  row("--json", "'--json'", "loom --help");
  row("train", "PROJECT is missing", "loom train --help");
  row("train a b", "'b' is one argument too many", "loom train --help");
  row("train a --optimizr SGD", "'--optimizr'", "Did you mean '--optimizer'?");
  row("train a --optimizer adm", "--optimizer: Unknown value 'adm'",
      "Did you mean 'Adam'? Use SGD, Adam or AdamW");
  row("train a --optimizer foo", "--optimizer: Unknown value 'foo'", "SGD, Adam or AdamW");
  row("train a --schedule foo", "--schedule: Unknown value 'foo'", "constant, cosine or one-cycle");
  row("train a --device foo", "--device: Unknown device 'foo'. Use auto", "All devices: loom devices");
  row("train a --device refrence", "--device: Unknown device 'refrence'. Did you mean 'reference'?",
      "Use auto");
  row("train a --epochs 0", "--epochs: The value must be a whole number", "from 1 to 1,000,000 (got 0)");
  row("train a --epochs -3", "--epochs: The value must be a whole number", "(got -3)");
  row("train a --epochs many", "--epochs: The value must be a whole number", "(got \"many\")");
  row("train a --epochs 1.5", "--epochs: The value must be a whole number", "(got 1.5)");
  row("train a --epochs", "--epochs needs a value", "loom train --help");
  row("train a --batch 99999999999999999999", "--batch", "from 1 to 1,048,576 (got 99999999999999999999)");
  row("train a --lr -1", "--lr: The value must be a number above 0 and at most 1,000", "(got -1)");
  row("train a --lr nan", "--lr: The value must be a number above 0", "(got nan)");
  row("train a --lr inf", "--lr: The value must be a number above 0", "(got inf)");
  row("train a --seed -1", "--seed: The value must be a whole number from 0 to 18,446,744,073,709,551,615",
      "(got -1)");
  row("train a --threads 5000", "--threads: The value must be a whole number from 0 to 4,096", "(got 5000)");
  row("train a --checkpoint-every -1", "--checkpoint-every: The value must be a whole number from 0",
      "(got -1)");
  row("train a --keep-checkpoints 0", "--keep-checkpoints: The value must be a whole number from 1",
      "(got 0)");
  row("train a --momentum 1", "--momentum: The value must be a number from 0 to 0.999999999", "(got 1)");
  row("train a --warmup x", "--warmup: The value must be a number from 0 to 1", "(got \"x\")");
  row("train a --momentun 0.5", "'--momentun'", "Did you mean '--momentum'?");
  row("train a --nesterov --no-nesterov", "--nesterov cannot be used with --no-nesterov",
      "loom train --help");
  row("layers --json --markdown", "--markdown cannot be used with --json", "loom layers --help");
  row("ops --json --markdown", "--markdown cannot be used with --json", "loom ops --help");
  row("export a b --run last --network c", "--network cannot be used with --run", "loom export --help");
  row("estimate a --batch x", "--batch: The value must be a whole number", "loom estimate --help");
  row("evaluate a last --split tset", "--split: Unknown value 'tset'", "Did you mean 'test'?");
  row("runs", "Choose a subcommand", "loom runs list, show, series or compare");
  row("runs lst", "'lst'", "Did you mean 'list'?");
  row("runs series a last train/loss --pixels 0", "--pixels: '0' is out of range", "from 1");
  row("runs compare a last", "RUN takes two or more values", "loom runs compare --help");
  row("control a last pauze", "COMMAND: Unknown value 'pauze'", "Did you mean 'pause'?");
  row("control a last lr", "lr needs a value", "loom control a last lr 0.001");
  row("control a last lr x", "VALUE: Learning rate must be a number above 0", "(got \"x\")");
  row("control a last pause 3", "3 is one argument too many. Only lr takes a value",
      "loom control a last pause");
  row("control a last pause extra", "extra is one argument too many. Only lr", "loom control a last pause");
  row("control a last lr 0.1 0.2", "0.2 is one argument too many. lr takes one", "lr 0.001");
  row("control a last lr 0", "VALUE: Learning rate must be a number above 0", "(got 0)");
  row("history", "Choose a subcommand", "verify or rebuild");
  row("data inspekt", "'inspekt'", "Did you mean 'inspect'?");
  row("new", "DIR is missing", "loom new --help");
  row("new a", "Neither a template nor data", "--template ID");
  row("new a --template irsi", "--template: Unknown value 'irsi'", "Did you mean 'iris'?");
  row("new a --template iris --data b", "--template cannot be used with --data", "loom new --help");
  row("train a --epochs 1 --epochs 2", "--epochs is given more than once", "loom train --help");
  row("train a --name x --name x", "--name is given more than once", "loom train --help");
  row("evaluate a last --checkpoint 1 --checkpoint 2", "--checkpoint is given more than once",
      "loom evaluate --help");
  row("runs series a last k --pixels 1 --pixels 2", "--pixels is given more than once", "loom runs series");
  row("train a --nesterov --nesterov", "--nesterov is given more than once", "loom train --help");
  row("train a --no-nesterov --no-nesterov", "--no-nesterov is given more than once", "loom train --help");
  row("runs list a --json --json", "--json is given more than once", "loom runs list --help");
  row("verify a --files-only --files-only", "--files-only is given more than once", "loom verify --help");
  row("check a -- --json", "'--json' is one argument too many", "loom check --help");
  row("check a --jsn -- --jsn", "has no option '--jsn'", "Did you mean '--json'?");
  row("queue --json list", "'--json' must follow 'loom queue list'", "loom queue list --help");
  row("evaluate a last --checkpoint", "--checkpoint needs a value", "loom evaluate --help");
  row("train a --nesterov=false", "--nesterov takes no value", "loom train --help");
  row("runs list a --json=x", "--json takes no value", "loom runs list --help");
  row("runs list a b", "'b' is one argument too many", "loom runs list --help");
  row("runs show a", "RUN is missing", "loom runs show --help");
  row("predict a last", "FILE is missing", "loom predict --help");
  row("train -- a b", "'b' is one argument too many", "loom train --help");
  row("train a --queuedd x", "'--queuedd'", "has no option '--queuedd'. 'loom train --help'");
  row("queue rin", "'rin'", "Use list, move, cancel or release.");
  row("queue", "Choose a subcommand", "list, move, cancel or release");
  row("new a --target x", "--target needs --data", "loom new --help");
}

void TestUsage::wrongWords() {
  QFETCH(QString, words);
  QFETCH(QString, first);
  QFETCH(QString, second);
  const Folder folder;
  const auto answer = loomIn(folder.path(), wordsOf(words.toStdString()));
  QCOMPARE(wrongMessage(answer, 2, {first.toStdString(), second.toStdString()}), std::string());
  const QStringList typed = words.split(' ');
  if (typed.mid(0, typed.indexOf("--")).contains("--json")) // -1: all
    QCOMPARE(lastJson(answer)["error"]["kind"], Json("usage"));
  else
    QCOMPARE(answer.output, std::string());
  // CLI11's own words are none of ours.
  for (const char* word : {"xcludes", "equires", "At Most", "At least", "Could not convert", "disallowed",
                           "loom: loom", "reference,", "reference64", " run."})
    QVERIFY2(!holds(answer.errors, word), answer.errors.c_str());
  QVERIFY2(answer.errors.size() < 400, answer.errors.c_str());
}

void TestUsage::failuresAreJsonToo_data() {
  QTest::addColumn<QString>("words");
  QTest::addColumn<int>("code");
  QTest::addColumn<QString>("kind");
  const auto row = [](const char* words, int code, const char* kind) {
    QTest::newRow(words) << QString(words) << code << QString(kind);
  };
  for (const char* verb : {"check", "estimate", "train", "runs list", "history verify", "history rebuild"})
    row((std::string(verb) + " nowhere.loom --json").c_str(), 3, "input");
  for (const char* verb : {"evaluate", "runs show", "export"})
    row((std::string(verb) + " nowhere.loom last --json").c_str(), 3, "input");
  row("predict nowhere.loom last x.csv --json", 3, "input");
  row("control nowhere.loom last stop --json", 3, "input");
  row("control nowhere.loom last lr --json", 2, "usage");
  row("data inspect nowhere.csv --json", 3, "input");
  row("new a --json", 2, "usage");
  row("new a --template irsi --json", 2, "usage");
  row("train nowhere.loom --epochs 0 --json", 2, "usage");
  row("trian a --json", 2, "usage");
  row("runs lst --json", 2, "usage");
}

void TestUsage::failuresAreJsonToo() {
  QFETCH(QString, words);
  QFETCH(int, code);
  QFETCH(QString, kind);
  const Folder folder;
  const auto answer = loomIn(folder.path(), wordsOf(words.toStdString()));
  QCOMPARE(wrongMessage(answer, code, {}), std::string());
  const auto lines = linesOf(answer.output);
  QCOMPARE(lines.size(), std::size_t{1});
  const auto json = parseJson(lines.front(), "stdout");
  QVERIFY2(json.ok(), lines.front().c_str());
  const Json error = (*json)["error"];
  QCOMPARE(error["kind"], Json(kind.toStdString()));
  QCOMPARE(error["exit_code"], Json(code));
  for (const char* member : {"place", "cause", "fix"})
    QVERIFY2(error.contains(member) && error[member].is_string(), member);
  QVERIFY(!error["cause"].get<std::string>().empty());
  QVERIFY2(error.contains("cause_id"), lines.front().c_str()); // a text of ours
}

void TestUsage::placesOfErrorsAreOptions() {
  const Folder folder;
  QCOMPARE(loomIn(folder.path(), {"new", "p.loom", "--template", "iris"}).exitCode, 0);
  const auto wrong = [&](std::vector<std::string> more, const std::string& place) {
    more.insert(more.begin(), {"train", "p.loom", "--json"});
    const auto answer = loomIn(folder.path(), more);
    return answer.exitCode == 2 && lastJson(answer)["error"]["place"] == place
               ? std::string()
               : answer.output + answer.errors;
  };
  QCOMPARE(wrong({"--optimizer", "SGD", "--nesterov", "--momentum", "0"}, "--nesterov"), std::string());
  QCOMPARE(wrong({"--nesterov"}, "--nesterov"), std::string());
  for (const TrainSetting& row : trainSettings()) {
    if (row.field.kind != FieldKind::integer && row.field.kind != FieldKind::number) continue;
    const std::string option = "--" + std::string(row.option);
    QCOMPARE(wrong({option, "-1"}, option), std::string());
  }
  QCOMPARE(asTyped({ErrorKind::usage, "SGD.weight_decay", say("x"), {}}).place.text(),
           std::string("--weight-decay"));
  QCOMPARE(asTyped({ErrorKind::usage, "lr", say("x"), {}}).place.text(), std::string("--lr"));
  QCOMPARE(asTyped({ErrorKind::usage, "iris.csv", say("x"), {}}).place.text(), std::string("iris.csv"));
}

// Also one of a verb that is written tomorrow.
void TestUsage::everyFlagIsGivenOnce() {
  const auto command = makeCommandLine();
  int flags = 0;
  const std::function<void(const CLI::App&)> look = [&](const CLI::App& app) {
    for (const auto* option : app.get_options()) {
      if (option->get_items_expected_max() > 1 || option == app.get_help_ptr()) continue;
      flags += option->get_items_expected_max() == 0;
      QVERIFY2(option->get_multi_option_policy() == CLI::MultiOptionPolicy::Throw,
               (app.get_name() + " " + option->get_name()).c_str());
    }
    for (const auto* below : app.get_subcommands([](const CLI::App*) { return true; })) look(*below);
  };
  for (const auto* verb : command->verbs) look(*verb);
  QVERIFY(flags > 15);
  for (const char* verb : {"train", "queue list"})
    QCOMPARE(runLoom(wordsOf("help " + std::string(verb) + " --help")).exitCode, 0);
  QVERIFY(holds(runLoom({"queue", "list", "--help"}).output, "unreachable"));
  QVERIFY(holds(runLoom({"queue", "list", "--help"}).output, "automatic threads"));
  QVERIFY(holds(runLoom({"queue", "list", "--help"}).output, "Examples:"));
}

void TestUsage::helpShowsDefaultsAndLimits() {
  const auto help = runLoom({"train", "--help"}).output;
  for (const char* part :
       {"(1 to 1,000,000; default 10)", "(above 0, at most 1,000; default 0.001)",
        "(SGD, Adam, AdamW; default AdamW)", "(constant, cosine, one-cycle; default constant)",
        "(0 to 18,446,744,073,709,551,615; default 1)", "(default auto)", "(SGD: default off)",
        "not with: --no-nesterov"})
    QVERIFY2(holds(help, part), (std::string(part) + " in " + help).c_str());
  for (const char* word : {"Excludes:", "Needs:"})
    for (const char* verb : {"train", "new", "export", "layers"})
      QVERIFY2(!holds(runLoom({verb, "--help"}).output, word), verb);
  // Every generated option has its range or its default.
  const auto command = makeCommandLine();
  const CLI::App* train = command->app.get_subcommand("train");
  const auto described = [&](const std::string& option) {
    const std::string text = train->get_option(option)->get_description();
    return holds(text, "default ") && text.ends_with(")") ? std::string() : option + ": " + text;
  };
  for (const TrainSetting& row : trainSettings())
    QCOMPARE(described("--" + std::string(row.option)), std::string());
  for (const OptimizerRow& row : optimizers())
    for (const Field& field : row.fields) QCOMPARE(described(optionName(field.name)), std::string());
  for (const ScheduleRow& row : schedules())
    for (const Field& field : row.fields) QCOMPARE(described(optionName(field.name)), std::string());
}

void TestUsage::nextCommandCanBePasted() {
  QCOMPARE(shellWord("a\x1b[31mb"), std::string("$'a\\033[31mb'"));
  QCOMPARE(shellWord("it's\n\\"), std::string("$'it\\'s\\012\\\\'"));
  QCOMPARE(shellWord("größe"), std::string("größe"));
  QCOMPARE(shellPath("-x"), std::string("./-x"));
  if (std::system("command -v bash >/dev/null") != 0) QSKIP("no bash");
  for (const char* name : {"red\x1b[31m.loom", "two\nlines.loom", "it's \t\\.loom", "plain.loom"}) {
    const Folder folder;
    const auto made = loomIn(folder.path(), {"new", name, "--template", "iris"});
    QCOMPARE(made.exitCode, 0);
    const std::string start = "Next: loom train ";
    QVERIFY2(made.errors.starts_with(start), made.errors.c_str());
    Command command;
    command.folder = folder.path();
    command.arguments = {
        "bash", "-c", "test -d " + made.errors.substr(start.size(), made.errors.find('\n') - start.size())};
    const auto found = runCommand(command, 60s);
    QVERIFY(found.ok());
    QVERIFY2(found->exitCode == 0, made.errors.c_str());
  }
}

// A variable of the shell that is not set: no verb takes it for the current folder, or for any run.
void TestUsage::emptyWordsAreRefused() {
  const Folder folder;
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"new", "", "--template", "iris"},
           {"train", ""},
           {"export", "p.loom", ""},
           {"evaluate", "p.loom", ""},
           {"queue", "cancel", ""},
           {"queue", "move", "", "first"},
           {"train", "p.loom", "--name", ""}}) {
    const auto answer = loomIn(folder.path(), words);
    QCOMPARE(answer.exitCode, 2);
    QVERIFY2(holds(answer.errors, "may be empty"), answer.errors.c_str());
  }
  QVERIFY(fs::is_empty(folder.path()));
}

QTEST_GUILESS_MAIN(TestUsage)
#include "tst_usage.moc"
