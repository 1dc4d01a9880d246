// SPDX-License-Identifier: Apache-2.0
// What the tests of the queue share: a state folder of their own, cores that are taken until a test gives
// them back, and the real `loom`.
#pragma once
#include "core/base/parallel.h"
#include "core/base/subprocess.h"
#include "core/base/uuid.h"
#include "core/launch/launcher.h"
#include "tests/train/train_fixture.h"
#include <QProcess>
#include <csignal>
#include <functional>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>

namespace loom::test {

constexpr int patience = 90'000;

// Before anything else of a test program: the queue is the user's, not the tests'.
inline void useOwnState() {
  static const QTemporaryDir state;
  qputenv("XDG_STATE_HOME", state.path().toUtf8());
  qputenv("LOOM_SAMPLES", LOOM_SOURCE_DIR "/resources/samples");
}

inline OwnLease allCores() {
  Lease lease;
  lease.run = "the-tests-own";
  lease.project = "/tests";
  lease.cores = usableCores();
  auto own = OwnLease::take(queueFolder(), lease);
  if (!own) qFatal("%s", own.error().message().c_str());
  return std::move(*own);
}
inline Queue queue() { return Queue::ofThisComputer(); }
inline std::vector<QueuedRun> waiting() {
  auto view = queue().look();
  if (!view) qFatal("%s", view.error().message().c_str());
  return std::move(view->runs);
}
inline fs::path entryFile(const std::string& id) { return queueFolder() / (id + ".json"); }
inline std::unique_ptr<Launcher> launcher() {
  auto made = makeLauncher(localLauncher, LOOM_PROGRAM);
  if (!made) qFatal("%s", made.error().message().c_str());
  return std::move(*made);
}

inline Finished loomWith(std::vector<std::string> words) {
  words.insert(words.begin(), LOOM_PROGRAM);
  Command command;
  command.arguments = std::move(words);
  auto finished = runCommand(command, std::chrono::seconds(120));
  if (!finished) return {-1, {}, finished.error().message()};
  return *finished;
}
inline Json queueList() {
  const auto finished = loomWith({"queue", "list", "--json"});
  auto json = parseJson(finished.output, "stdout");
  return json ? *json : Json{{"queue", Json::array()}, {"broken", finished.errors}};
}

inline TrainRequest shortRun(const TestProject& project, const std::string& id, int threads = 1) {
  TrainRequest request = project.request(id);
  request.settings.epochs = 2;
  request.settings.threads = threads;
  return request;
}
inline bool hasFinished(const TestProject& project, const std::string& run) {
  const auto all = events(project.path(), run, "finished");
  return !all.empty() && all.back()["status"] == "finished";
}
inline std::size_t attemptsOf(const TestProject& project, const std::string& run) {
  const auto attempts = attemptsIn(project.run(run));
  return attempts ? attempts->size() : 0;
}
// Something in a process of its own, as another window would do it; its exit code.
inline int inWindow(const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(work() ? 0 : 1);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

inline bool startsWaiting(const TrainRequest& request) {
  const auto started = launcher()->start(request);
  return started && started->waiting && !started->waitsFor.empty();
}

inline std::unique_ptr<QProcess> runner() {
  auto process = std::make_unique<QProcess>();
  process->start(LOOM_PROGRAM, {"queue", "run"});
  return process;
}

inline void edit(const std::string& entry, const char* key, const Json& value) {
  auto json = readJsonFile(entryFile(entry));
  if (!json) qFatal("%s", json.error().message().c_str());
  (*json)[key] = value;
  if (auto written = writeFileAtomically(entryFile(entry), canonicalJson(*json)); !written)
    qFatal("%s", written.error().message().c_str());
}
// Nothing is left that could start something in another test.
inline bool quiet() {
  for (const QueuedRun& one : waiting()) (void)queue().remove(one.entry.id);
  return QTest::qWaitFor([] { return !queue().hasRunner() && leasesNow(queueFolder()).empty(); }, patience);
}

} // namespace loom::test
