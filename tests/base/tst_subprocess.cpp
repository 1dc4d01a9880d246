// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/subprocess.h"
#include <QTemporaryDir>
#include <QTest>
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace loom;
using namespace std::chrono_literals;

namespace {

// A script stands for any program that behaves so.
Command script(std::string text) { return {{"sh", "-c", std::move(text)}, {}, {}, {}}; }

std::string after(std::string_view text, std::string_view word) {
  const auto at = text.find(word);
  return at == std::string_view::npos ? "" : std::string(text.substr(at + word.size()));
}

} // namespace

class TestSubprocess : public QObject {
  Q_OBJECT
 private slots:
  void argumentsArriveUnchanged();
  void inputOutputAndErrors();
  void largeInputAndOutput();
  void childThatDoesNotRead();
  void folderAndEnvironment();
  void exitCodes_data();
  void exitCodes();
  void refusesToStart();
  void timeoutKillsTheGroup();
  void grandchildOnThePipe();
  void tooMuchOutput();
  void longErrorsAreCut();
  void lines();
  void linesCanStop();
  void inheritsNoLockNoMask();
  void manyAtOnce();
  void detachedSurvives();
  void detachedFailures();
  void thisMachine();

 private:
  QTemporaryDir folder_;
};

void TestSubprocess::argumentsArriveUnchanged() {
  const std::vector<std::string> hostile{"$(touch x)", "`id`", "a b", "", "'\"", "*", "ü\n", "-n", ";|&<>"};
  Command command{{"printf", "%s\\001"}, {}, {}, {}};
  std::string expected;
  for (const std::string& argument : hostile) {
    command.arguments.push_back(argument);
    expected += argument + "\x01";
  }
  const auto finished = runCommand(command, 20s);
  QVERIFY(finished);
  QCOMPARE(finished->output, expected);
  QCOMPARE(finished->exitCode, 0);
}

void TestSubprocess::inputOutputAndErrors() {
  Command command = script("cat; echo bad >&2; exit 7");
  command.input = "line 1\nline 2";
  const auto finished = runCommand(command, 20s);
  QVERIFY(finished);
  QCOMPARE(finished->exitCode, 7);
  QCOMPARE(finished->output, std::string("line 1\nline 2"));
  QCOMPARE(finished->errors, std::string("bad\n"));
  QCOMPARE(runCommand({{"cat"}, {}, {}, {}}, 20s)->output, std::string()); // stdin is closed, not ours
}

void TestSubprocess::largeInputAndOutput() {
  Command command{{"cat"}, {}, {}, std::string(8'000'000, 'x')};
  command.input += "end";
  const auto finished = runCommand(command, 60s);
  QVERIFY(finished);
  QVERIFY(finished->output == command.input);
}

void TestSubprocess::childThatDoesNotRead() {
  Command command = script("exec 0<&-; echo done");
  command.input = std::string(1'000'000, 'x');
  const auto finished = runCommand(command, 20s); // and no signal ends us
  QVERIFY(finished);
  QCOMPARE(finished->output, std::string("done\n"));
}

void TestSubprocess::folderAndEnvironment() {
  Command command = script("pwd; echo \"$LOOM_WORD $HOME\"");
  command.folder = folder_.path().toStdString();
  command.environment = {{"LOOM_WORD", "a = b"}, {"HOME", "/nowhere"}};
  const auto finished = runCommand(command, 20s);
  QVERIFY(finished);
  QCOMPARE(finished->output, std::filesystem::canonical(command.folder).string() + "\na = b /nowhere\n");
}

void TestSubprocess::exitCodes_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<int>("code");
  QTest::newRow("0") << QByteArray("true") << 0;
  QTest::newRow("1") << QByteArray("false") << 1;
  QTest::newRow("255") << QByteArray("exit 255") << 255;
  QTest::newRow("terminated") << QByteArray("kill -TERM $$") << 128 + SIGTERM;
  QTest::newRow("killed") << QByteArray("kill -KILL $$") << 128 + SIGKILL;
  QTest::newRow("closes its output first") << QByteArray("exec >&- 2>&-; sleep 0.2; exit 5") << 5;
}

void TestSubprocess::exitCodes() {
  QFETCH(QByteArray, text);
  QFETCH(int, code);
  const auto finished = runCommand(script(text.toStdString()), 20s);
  QVERIFY(finished);
  QCOMPARE(finished->exitCode, code);
}

void TestSubprocess::refusesToStart() {
  QVERIFY(!runCommand({}, 1s));
  const auto missing = runCommand({{"no-such-program"}, {}, {}, {}}, 1s);
  QVERIFY(!missing);
  QCOMPARE(missing.error().kind, ErrorKind::device);
  QCOMPARE(missing.error().place.text(), std::string("no-such-program"));
  QVERIFY(!runCommand({{"/etc/passwd"}, {}, {}, {}}, 1s)); // may not be executed
  QVERIFY(!runCommand({{"/"}, {}, {}, {}}, 1s));
  QVERIFY(!runCommand({{"true"}, "/no/such/folder", {}, {}}, 1s));
  QVERIFY(!runCommand({{"echo", std::string("a\0b", 3)}, {}, {}, {}}, 1s));
  const std::filesystem::path file = folder_.filePath("no-format").toStdString();
  QVERIFY(writeFileAtomically(file, "\x7f"
                                    "ELF nonsense"));
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  QVERIFY(!runCommand({{file.string()}, {}, {}, {}}, 1s));
}

void TestSubprocess::timeoutKillsTheGroup() {
  const std::filesystem::path file = folder_.filePath("pid").toStdString();
  Command command = script("sleep 1000 & echo $! > \"$FILE\"; wait");
  command.environment = {{"FILE", file.string()}};
  const auto finished = runCommand(command, 500ms);
  QVERIFY(!finished);
  QVERIFY(finished.error().message().find("did not end within 0.5 s") != std::string::npos);
  const int grandchild = std::stoi(readWholeFile(file, 100).value());
  // It belongs to init now; a zombie there is as good as gone.
  const auto gone = [&] {
    const auto status = readWholeFile("/proc/" + std::to_string(grandchild) + "/stat", 10'000);
    return !status || after(*status, ") ").starts_with('Z');
  };
  QTRY_VERIFY_WITH_TIMEOUT(gone(), 10'000);
}

void TestSubprocess::grandchildOnThePipe() {
  // As ssh's master connection does: it stays and holds our end open.
  const auto finished = runCommand(script("sleep 1000 & echo $!"), 60s);
  QVERIFY(finished);
  QCOMPARE(finished->exitCode, 0);
  const int grandchild = std::stoi(finished->output);
  QCOMPARE(kill(grandchild, SIGKILL), 0); // it was left alone
}

void TestSubprocess::tooMuchOutput() {
  const auto finished = runCommand({{"yes", std::string(1000, 'y')}, {}, {}, {}}, 120s);
  QVERIFY(!finished);
  QVERIFY(finished.error().message().find("64 MiB") != std::string::npos);
}

void TestSubprocess::longErrorsAreCut() {
  const auto finished = runCommand(script("head -c 3000000 /dev/zero >&2; echo ok"), 60s);
  QVERIFY(finished);
  QCOMPARE(finished->errors.size(), std::size_t{1u << 20});
  QCOMPARE(finished->output, std::string("ok\n"));
}

void TestSubprocess::lines() {
  std::vector<std::string> lines;
  const auto finished =
      runCommand(script("echo one; echo; printf tw; sleep 0.1; echo o; echo bad >&2; printf last"), 20s,
                 [&](std::string_view line) {
                   lines.emplace_back(line);
                   return true;
                 });
  QVERIFY(finished);
  QCOMPARE(lines, (std::vector<std::string>{"one", "", "two", "last"}));
  QCOMPARE(finished->errors, std::string("bad\n"));
  QVERIFY(finished->output.empty());

  std::size_t count = 0;
  const auto many = runCommand({{"seq", "1000000"}, {}, {}, {}}, 60s, [&](std::string_view line) {
    return std::stoul(std::string(line)) == ++count;
  });
  QVERIFY(many);
  QCOMPARE(many->exitCode, 0);
  QCOMPARE(count, std::size_t{1'000'000});
}

void TestSubprocess::linesCanStop() {
  int count = 0;
  const auto finished = runCommand({{"yes"}, {}, {}, {}}, 60s, [&](std::string_view) { return ++count < 3; });
  QVERIFY(finished);
  QCOMPARE(count, 3);
  QCOMPARE(finished->exitCode, 128 + SIGKILL);
}

void TestSubprocess::inheritsNoLockNoMask() {
  // Opened without close-on-exec, as a library might do: the child must not keep the lock alive.
  const int lock = open(folder_.filePath("lock").toLocal8Bit(), O_CREAT | O_RDWR, 0644);
  sigset_t block, before;
  sigemptyset(&block);
  sigaddset(&block, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &block, &before);
  // grep looks at itself: a shell that waits for it blocks signals for a moment.
  const auto finished =
      runCommand(script("ls /proc/self/fd | tr '\\n' ' '; grep SigBlk /proc/self/status"), 20s);
  const auto log = folder_.filePath("inherit.log").toStdString();
  const auto detached =
      startDetached(script("ls /proc/$$/fd | tr '\\n' ' '; grep SigBlk /proc/self/status; echo done"), log);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  QVERIFY(finished);
  QCOMPARE(after(finished->output, "SigBlk:\t"), std::string("0000000000000000\n"));
  QVERIFY(("/" + finished->output).starts_with("/0 1 2 3 ")); // 3 is the folder that ls reads
  QVERIFY(finished->output.find(" 4 ") == std::string::npos);
  QVERIFY(detached);
  QTRY_VERIFY_WITH_TIMEOUT(readWholeFile(log, 10'000).value().find("done") != std::string::npos, 10'000);
  QVERIFY(readWholeFile(log, 10'000).value().find("SigBlk:\t0000000000000000\n") != std::string::npos);
  close(lock);
}

void TestSubprocess::manyAtOnce() {
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&right, t] {
      for (int i = 0; i < 10; ++i) {
        Command command{{"cat"}, {}, {}, std::to_string(t * 100 + i) + std::string(100'000, '.')};
        const auto finished = runCommand(command, 60s);
        if (finished && finished->output == command.input) ++right;
      }
    });
  for (std::thread& thread : threads) thread.join();
  QCOMPARE(right.load(), 80);
}

void TestSubprocess::detachedSurvives() {
  // This program starts itself; that copy starts the detached one, says its id and ends. See main below.
  const auto log = folder_.filePath("detached.log").toStdString();
  QVERIFY(writeFileAtomically(log, "kept\n"));
  const auto started = runCommand({{ownProgram().string(), "--detach", log}, {}, {}, {}}, 20s);
  QVERIFY(started);
  QCOMPARE(started->exitCode, 0);
  const int process = std::stoi(started->output);
  QVERIFY(processStartTime(process) > 0); // lives on without the one that started it
  QCOMPARE(getsid(process), process);
  QTRY_VERIFY_WITH_TIMEOUT(readWholeFile(log, 10'000).value().find("err") != std::string::npos, 10'000);
  QCOMPARE(readWholeFile(log, 10'000).value(), std::string("kept\nword argument\nerr\n"));
  QCOMPARE(kill(process, SIGKILL), 0);
}

void TestSubprocess::detachedFailures() {
  const auto log = folder_.filePath("failures.log").toStdString();
  QVERIFY(!startDetached({{"no-such-program"}, {}, {}, {}}, log));
  QVERIFY(!startDetached({{"true"}, {}, {}, {}}, "/no/such/folder/log"));
  const std::filesystem::path file = folder_.filePath("no-format-2").toStdString();
  QVERIFY(writeFileAtomically(file, "\x7f"
                                    "ELF nonsense"));
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  const auto refused = startDetached({{file.string()}, {}, {}, {}}, log);
  QVERIFY(!refused);
  QVERIFY(refused.error().message().find("cannot be started") != std::string::npos);
  // Nothing is left for us to reap.
  QVERIFY(startDetached({{"true"}, {}, {}, {}}, log));
  QCOMPARE(waitpid(-1, nullptr, WNOHANG), -1);
}

void TestSubprocess::thisMachine() {
  QCOMPARE(bootId().size(), std::size_t{36});
  QVERIFY(!hostName().empty());
  QVERIFY(processStartTime(getpid()) > 0);
  QCOMPARE(processStartTime(getpid()), processStartTime(getpid()));
  QCOMPARE(processStartTime(-1), std::uint64_t{0});
  QCOMPARE(ownProgram().filename().string(), std::string("tst_subprocess"));
  // A name with brackets and blanks does not shift the fields.
  const std::filesystem::path odd = folder_.filePath("a) R 1 (b").toStdString();
  std::filesystem::copy_file("/bin/sleep", odd);
  const auto process = startDetached({{odd.string(), "1000"}, {}, {}, {}}, "/dev/null");
  QVERIFY(process);
  QVERIFY(processStartTime(*process) >= processStartTime(getpid()));
  kill(*process, SIGKILL);
}

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--detach") {
    const auto started = startDetached(
        {{"sh", "-c", "echo $WORD $0; echo err >&2; sleep 1000", "argument"}, "/", {{"WORD", "word"}}, {}},
        argv[2]);
    if (started) printf("%d\n", *started);
    return started ? 0 : 1;
  }
  TestSubprocess test;
  return QTest::qExec(&test, argc, argv);
}
#include "tst_subprocess.moc"
