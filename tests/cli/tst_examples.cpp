// SPDX-License-Identifier: Apache-2.0
// Every example of every --help, typed as it is printed, in a folder with the data that it names; and what a
// reader of the output may do: close the pipe after the first line, leave stderr alone, ask for JSON.
#include "app/cli/program.h"
#include "cli_fixture.h"
#include "tests/launch/queue_fixture.h"
#include <QProcess>
#include <csignal>
#include <png.h>
#include <sstream>

using namespace loom;
using namespace loom::test;

namespace {

std::vector<std::string> examplesOf(const Verb& verb) { return linesOf(verb.examples); }

std::string picture(int bright) {
  std::vector<std::uint8_t> pixels(16 * 16);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::uint8_t>((i % 7) * 8 + static_cast<std::size_t>(bright));
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = image.height = 16;
  image.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = 0;
  png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr);
  std::string bytes(size, '\0');
  png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels.data(), 0, nullptr);
  return bytes;
}

std::string houses(int rows) {
  std::string text = "area,rooms,price\n";
  for (int i = 0; i < rows; ++i)
    text += std::to_string(40 + i * 37 % 160) + "," + std::to_string(1 + i % 5) + "," +
            std::to_string(60'000 + 1500 * (i * 37 % 160) + 4000 * (i % 5)) + "\n";
  return text;
}

} // namespace

class TestExamples : public QObject {
  Q_OBJECT
 private slots:
  void initTestCase() {
    useOwnState();
    for (int i = 0; i < 30; ++i) {
      folder_.write("pictures/boot/" + std::to_string(i) + ".png", picture(i));
      folder_.write("pictures/shoe/" + std::to_string(i) + ".png", picture(150 + i));
    }
    folder_.write("boot.png", picture(12));
    folder_.write("houses.csv", houses(200));
    folder_.write("new.csv", houses(5));
  }

  void asPrinted() {
    for (const Verb& verb : verbs()) {
      QProcess training;
      if (std::string(verb.name) == "predict")
        for (const char* project : {"shoes.loom", "houses.loom"}) {
          const auto trained = loomIn(folder_.path(), {"train", project, "--epochs", "1"});
          QVERIFY2(trained.exitCode == 0, trained.errors.c_str());
        }
      if (std::string(verb.name) == "control") begin(training);
      std::optional<OwnLease> busy; // what waits does not start
      if (std::string(verb.name) == "queue") {
        busy = allCores();
        TrainRequest request;
        request.project = folder_.path() / "my-first.loom";
        request.run = "3f2a0c1d-0000-4000-8000-000000000001"; // as the examples call it
        QVERIFY(queue().add(request).ok());
      }
      for (const auto& line : examplesOf(verb)) {
        auto words = wordsOf(line);
        QCOMPARE(words.front(), std::string("loom"));
        words.erase(words.begin());
        const auto finished = loomIn(folder_.path(), words);
        QVERIFY2(finished.exitCode == 0, (line + ": " + finished.errors).c_str());
        if (holds(line, "queue list")) QVERIFY2(holds(finished.output, "waiting"), finished.output.c_str());
        if (holds(line, "queue cancel")) QVERIFY(waiting().empty());
        QVERIFY2(!finished.output.empty() || std::string(verb.name) == "queue" || // the next list shows it
                     std::string(verb.name) == "control",
                 line.c_str());
        if (holds(line, "--json"))
          for (std::istringstream all(finished.output); std::getline(all, last_);)
            QVERIFY2(parseJson(last_, line).ok(), last_.c_str());
        QVERIFY2(!holds(finished.output + finished.errors, "\033"), line.c_str());
      }
      if (training.state() != QProcess::NotRunning) {
        training.terminate();
        QVERIFY(training.waitForFinished(30'000));
        QCOMPARE(training.exitCode(), 7);
      }
    }
  }

  // The reader has seen enough: that is no error worth a word, and a training goes on.
  void closedPipes_data() {
    QTest::addColumn<QString>("words");
    for (const char* words :
         {"--help", "train --help", "templates", "templates --json", "layers --markdown", "layers --json",
          "devices", "runs list my-first.loom", "runs show my-first.loom last --json",
          "runs series my-first.loom first train/loss", "runs series my-first.loom first train/loss --json",
          "evaluate my-first.loom last", "check my-first.loom", "data inspect houses.csv",
          "train my-first.loom --epochs 1 --json", "train my-first.loom --epochs 1"})
      QTest::newRow(words) << QString(words);
  }
  void closedPipes() {
    QFETCH(QString, words);
    // The reader is gone before a word was written, or leaves after the first byte: then it depends on the
    // moment whether the rest was written before.
    const bool trains = words.startsWith("train my-first.loom");
    for (const bool gone : {true, false}) {
      Command command;
      command.arguments = {"/bin/bash", "-c",
                           gone ? "exec 3> >(true); wait $!; exec \"$0\" " + words.toStdString() + " >&3"
                                : "\"$0\" " + words.toStdString() +
                                      " | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}",
                           LOOM_PROGRAM};
      command.folder = folder_.path();
      command.environment = quietEnvironment();
      const auto finished = runCommand(command, 120s);
      QVERIFY(finished.ok());
      const int refused = trains ? 1 : 128 + SIGPIPE;
      QVERIFY2(finished->exitCode == refused || (!gone && finished->exitCode == 0),
               (std::to_string(finished->exitCode) + ": " + finished->errors).c_str());
      QVERIFY2(!holds(finished->errors, "terminate") && !holds(finished->errors, "should not"),
               finished->errors.c_str());
    }
    const auto runs = lastJson(loomIn(folder_.path(), {"runs", "list", "my-first.loom", "--json"}));
    for (const auto& run : runs["runs"]) {
      const std::string state = run.value("state", std::string());
      QVERIFY2(state == "finished" || state == "stopped", state.c_str());
    }
  }

  // What is printed goes nowhere then, least of all into the files of the run.
  void closedOutputs() {
    for (const char* closed : {">&-", "2>&-", "<&- >&- 2>&-"}) {
      Command command;
      command.arguments = {"/bin/bash", "-c",
                           std::string("\"$0\" train my-first.loom --epochs 2 --json ") + closed,
                           LOOM_PROGRAM};
      command.folder = folder_.path();
      command.environment = quietEnvironment();
      const auto finished = runCommand(command, 120s);
      QVERIFY(finished.ok());
      QCOMPARE(finished->exitCode, holds(closed, " >&-") || closed[0] == '>' ? 1 : 0);
      const auto verified = loomIn(folder_.path(), {"history", "verify", "my-first.loom", "--json"});
      QVERIFY2(verified.exitCode == 0, verified.output.c_str());
    }
  }

 private:
  // A run that is still training when it is spoken to.
  void begin(QProcess& training) {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const auto& [name, value] : quietEnvironment())
      environment.insert(QString::fromStdString(name), QString::fromStdString(value));
    training.setProcessEnvironment(environment);
    training.setWorkingDirectory(QString::fromStdString(folder_.path().string()));
    training.start(LOOM_PROGRAM, {"train", "my-first.loom", "--epochs", "1000000", "--json"});
    QVERIFY(training.waitForStarted());
    QByteArray seen;
    QTRY_VERIFY_WITH_TIMEOUT((seen += training.readAllStandardOutput()).contains("progress"), 30'000);
  }
  Folder folder_;
  std::string last_;
};

QTEST_GUILESS_MAIN(TestExamples)
#include "tst_examples.moc"
