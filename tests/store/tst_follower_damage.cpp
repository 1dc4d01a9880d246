// SPDX-License-Identifier: Apache-2.0
// Journals that are damaged, cut or hostile: what is sound in them is taken in, the rest is told in few
// words.
#include "follower_fixture.h"
#include <sys/stat.h>

using namespace loom;
using namespace loom::test;

class TestFollowerDamage : public QObject {
  Q_OBJECT
 private slots:
  void damagedJournal_data();
  void damagedJournal();
  void wrongRecordsAreTold();
  void textsOfErrorsAreNotTemplates_data();
  void textsOfErrorsAreNotTemplates();
  void wrongRecordsAreFew();
  void shrunkenJournalIsTold();
  void oddFilesStopNothing();
};

void TestFollowerDamage::damagedJournal_data() {
  QTest::addColumn<QByteArray>("how");
  for (const char* how :
       {"bit flip", "garbage", "zeros", "line missing", "line twice", "cut and gone on", "end cut"})
    QTest::newRow(how) << QByteArray(how);
}

void TestFollowerDamage::damagedJournal() {
  QFETCH(QByteArray, how);
  TestProject project;
  const auto points = makePoints(6000, Steps::regular, Values::special, 5);
  const std::string other = runNamed(2);
  {
    auto writer = project.begin(run);
    write(writer, started());
    write(writer, columnsOf("k", points));
    auto second = project.begin(other);
    write(second, columnsOf("k", points));
  }
  const std::string sound = bytesOf(project.journal(run));
  // Somewhere behind the middle; `at` begins a record.
  const std::size_t at = sound.find('\n', sound.size() / 2) + 1, behind = sound.find('\n', at) + 1;
  std::string broken = sound;
  if (how == "bit flip") broken[at + 40] ^= 4;
  if (how == "garbage") broken.replace(at, 3000, std::string(3000, '\x80'));
  if (how == "zeros") broken.replace(at, 5000, std::string(5000, '\0'));
  if (how == "line missing") broken.erase(at, behind - at);
  if (how == "line twice") broken.insert(at, sound.substr(at, behind - at));
  if (how == "cut and gone on") broken.erase(at + 30, 2 * (behind - at));
  if (how == "end cut") broken.resize(at + 30);
  const bool tells = how != "end cut"; // a torn end is what a killed trainer leaves
  put(project.journal(run), broken);
  // What must be there: every record that stands in the file as it was written, before and behind the damage.
  Points whole;
  for (const auto& line : splitJournal(sound, 0, "").lines)
    if (isPoints(line.json) && broken.find(std::string(line.json) + "\n") != std::string::npos) {
      PointColumns columns;
      QVERIFY(readPoints(line.json, "", columns).ok());
      for (std::size_t i = 0; i < columns.steps.size(); ++i)
        whole.push_back({columns.steps[i], columns.values[i], columns.times[i]});
    }
  // too.
  QVERIFY(how == "line twice" ? whole.size() == points.size() : whole.size() < points.size());
  QCOMPARE(whole.back().step == points.back().step, tells);
  auto store = project.open();
  auto sites = sitesOf(project.folder);
  const auto taken = store->takeIn(*sites);
  QVERIFY(taken.ok());
  QCOMPARE(taken->problems.size(), std::size_t{tells ? 1u : 0u});
  if (tells) {
    const Error& error = taken->problems[0];
    QVERIFY(saysAll(error));
    QVERIFY2(error.place.text().find(run) != std::string::npos, error.place.text().c_str());
    QVERIFY(error.fix.text().find("rebuild") != std::string::npos);
    QVERIFY(store->takeIn(*sites)->problems.empty()); // told once
  }
  // What stands before and behind the damage is there, and so is the other run, whole.
  const auto differs = difference(*store->points(run, "k", 0, 0), whole);
  QVERIFY2(differs.empty(), differs.c_str());
  QVERIFY(difference(*store->points(other, "k", 0, 0), points).empty());
  // What is written behind it later is taken in once, by whatever session.
  if (tells) {
    const auto last = splitJournal(sound, 0, "").state.next;
    const std::string body = std::to_string(*last) + " " + compactJson(finished(6000));
    std::ofstream(project.journal(run), std::ios::app | std::ios::binary)
        << hex32(crc32c(body)) + " " + body + "\n";
    store.reset();
    store = project.open();
    const auto more = store->takeIn(*sites);
    QVERIFY(more.ok() && more->problems.empty());
    QCOMPARE(more->records, std::int64_t{1});
    QCOMPARE(store->run(run)->state, RunState::finished);
    QCOMPARE(store->run(run)->testMetric.value_or(0), 0.91);
    QVERIFY(difference(*store->points(run, "k", 0, 0), whole).empty());
  }
  // A later attempt goes on from its checkpoint.
  {
    auto writer = project.begin(run, 2);
    write(writer, resumed(2, 1000));
    write(writer, columnsOf("k", shifted(upTo(points, 500), 1000)));
  }
  QVERIFY(store->takeIn(*sites).ok());
  QCOMPARE(store->points(run, "k", 0, 0)->size(), std::size_t{1500});
  store.reset();
  const auto report = verifyHistory(project.folder);
  QVERIFY(report.ok());
  QCOMPARE(report->good, !tells);
  // Restored from a copy and rebuilt, everything is there again.
  fs::remove_all(project.attempt(run, 2));
  put(project.journal(run), sound);
  const auto rebuilt = rebuildHistory(project.folder);
  QVERIFY(rebuilt.ok() && rebuilt->good);
  QVERIFY(difference(*project.open()->points(run, "k", 0, 0), points).empty());
}

void TestFollowerDamage::wrongRecordsAreTold() {
  TestProject project;
  project.configure(run, "odd");
  const std::string good = compactJson(columnsOf("k", {{1, 0.5, 0.1}, {2, 0.25, 0.2}})[0]);
  const std::vector<std::string> odd{
      R"({"event":"points","key":"k","steps":[2,1],"times":[0,0],"values":[1,1]})",
      R"({"event":"points","key":"k","steps":"all"})", R"({"event":7})", R"([1,2,3])",
      R"({"event":"points","key":"k","steps":[1],"times":[0],"values":[9]})"};
  std::string journal = lineOf(0, compactJson(started()));
  for (std::size_t i = 0; i < odd.size(); ++i) {
    if (i == 4) journal += lineOf(i + 1, good);
    journal += lineOf(i + (i == 4 ? 2 : 1), odd[i]);
  }
  // Members of a type that nobody expects do no harm.
  journal +=
      lineOf(7, R"({"event":"finished","status":[],"step":"x","seconds":{},"error":"none","metrics":3})");
  put(project.journal(run), journal);
  auto store = project.open();
  const auto taken = store->takeIn(*sitesOf(project.folder));
  QVERIFY(taken.ok());
  QCOMPARE(taken->problems.size(), odd.size());
  for (const auto& problem : taken->problems) QVERIFY2(saysAll(problem), problem.message().c_str());
  QVERIFY(difference(*store->points(run, "k", 0, 0), {{1, 0.5, 0.1}, {2, 0.25, 0.2}}).empty());
  QCOMPARE(store->run(run)->state, RunState::failed);
  store.reset();
  const auto wrong = verified(project);
  QVERIFY2(wrong.empty(), wrong.c_str());
}

// What a journal says is text: no template is read from it, and no terminal's command is shown.
void TestFollowerDamage::textsOfErrorsAreNotTemplates_data() {
  QTest::addColumn<QByteArray>("error");
  QTest::addColumn<QString>("shown");
  QTest::newRow("earlier version") << QByteArray(
                                          R"({"place":"step 7","cause":"The loss is NaN","fix":"Stop"})")
                                   << "step 7: The loss is NaN. Stop.";
  QTest::newRow("braces") << QByteArray(R"({"place":"{","cause":"{} {} {","fix":"{0} }{{ %s%n"})")
                          << "{: {} {} {. {0} }{{ %s%n.";
  QTest::newRow("ids and arguments")
      << QByteArray(
             R"({"place":"p","cause":"a {}","fix":"b","cause_id":"4a67d0b1","cause_arguments":[{"x":[]}],
                    "fix_id":[],"fix_arguments":"{} {}"})")
      << "p: a {}. b.";
  QTest::newRow("control characters")
      << QByteArray(R"({"place":"a\u001b[2J","cause":"b\u0000\u001b]0;x\u0007","fix":"c\nd\u202e"})")
      << "a\\x1b[2J: b\\x00\\x1b]0;x\\x07. c d\\u202e.";
  QTest::newRow("other types") << QByteArray(R"({"place":{},"cause":["{}"],"fix":null})") << "";
}
void TestFollowerDamage::textsOfErrorsAreNotTemplates() {
  QFETCH(QByteArray, error);
  QFETCH(QString, shown);
  TestProject project;
  project.configure(run, "hostile");
  const std::string end = compactJson(
      Json::parse(R"({"event":"finished","status":"failed","step":1,"error":)" + error.toStdString() + "}"));
  put(project.journal(run), lineOf(0, compactJson(started())) + lineOf(1, end));
  const auto store = project.takenIn();
  QCOMPARE(QString::fromStdString(store->run(run)->error), shown);
}

void TestFollowerDamage::wrongRecordsAreFew() {
  TestProject project;
  project.configure(run, "hostile");
  std::string journal;
  for (std::uint64_t i = 0; i < 20'000; ++i) journal += lineOf(i, R"({"nothing":"said"})");
  put(project.journal(run), journal);
  auto store = project.open();
  const auto taken = store->takeIn(*sitesOf(project.folder));
  QVERIFY(taken.ok());
  QCOMPARE(taken->problems.size(), std::size_t{6});
  QVERIFY(taken->problems.back().cause.text().find("19995") != std::string::npos);
}

void TestFollowerDamage::shrunkenJournalIsTold() {
  TestProject project;
  {
    auto writer = project.begin(run);
    write(writer, columnsOf("k", makePoints(5000, Steps::regular, Values::floats, 1)));
  }
  { const auto store = project.takenIn(); }
  for (const std::uintmax_t size : {fs::file_size(project.journal(run)) - 10, std::uintmax_t{0}}) {
    fs::resize_file(project.journal(run), size);
    auto store = project.open();
    const auto taken = store->takeIn(*sitesOf(project.folder));
    QVERIFY(taken.ok());
    QCOMPARE(taken->problems.size(), std::size_t{1});
    QVERIFY(saysAll(taken->problems[0]));
    QCOMPARE(store->points(run, "k", 0, 0)->size(), std::size_t{5000}); // nothing that was stored is lost
    store.reset();
    QVERIFY(!verifyHistory(project.folder)->good);
  }
}

void TestFollowerDamage::oddFilesStopNothing() {
  TestProject project;
  {
    auto writer = project.begin(runNamed(5));
    write(writer, columnsOf("k", makePoints(10, Steps::regular, Values::floats, 1)));
  }
  const fs::path runs = project.folder / "runs";
  // A pipe waits for a writer that never comes, a folder cannot be read, a link leads back.
  fs::create_directories(project.attempt(runNamed(1), 1));
  QCOMPARE(::mkfifo(project.journal(runNamed(1)).c_str(), 0600), 0);
  QCOMPARE(::mkfifo((runs / runNamed(1) / "lock").c_str(), 0600), 0);
  QCOMPARE(::mkfifo((runs / runNamed(1) / "run.json").c_str(), 0600), 0);
  fs::create_directories(project.journal(runNamed(2)));
  fs::create_directory_symlink("..", runs / "link");
  put(runs / runNamed(3) / "run.json", "{");
  put(project.journal(runNamed(3)), "");
  put(runs / runNamed(4) / "run.json", R"({"settings":7,"network":[],"name":{}})");
  put(project.journal(runNamed(4)), lineOf(0, compactJson(started())));
  // Whole JSON that is no run.json, each with what is said of it.
  const std::pair<std::string, std::string> wrong[] = {{"null", "must be a JSON object (got null)"},
                                                       {"[]", "must be a JSON object (got [])"},
                                                       {"\"x\"", "must be a JSON object (got \"x\")"},
                                                       {R"({"format":99})", "'schema' is missing"},
                                                       {R"({"schema":99})", "format 99"},
                                                       {R"({"schema":0})", "Format 0 does not exist"},
                                                       {"", "is empty"}};
  for (std::size_t n = 0; n < std::size(wrong); ++n)
    put(runs / runNamed(int(10 + n)) / "run.json", wrong[n].first);
  put(runs / "stray file", "x");
  auto store = project.open();
  const auto taken = store->takeIn(*sitesOf(project.folder));
  QVERIFY(taken.ok());
  for (const auto& problem : taken->problems) QVERIFY2(saysAll(problem), problem.message().c_str());
  for (int time = 0; time < 2; ++time) { // whoever opens the history anew is told again
    if (time > 0) store = nullptr, store = project.open();
    const auto again = time > 0 ? store->takeIn(*sitesOf(project.folder)) : taken;
    for (std::size_t n = 0; n < std::size(wrong); ++n)
      QVERIFY2(std::any_of(again->problems.begin(), again->problems.end(),
                           [&](const Error& one) {
                             return one.place.text().find(runNamed(int(10 + n))) != std::string::npos &&
                                    one.cause.text().find(wrong[n].second) != std::string::npos;
                           }),
               wrong[n].first.c_str());
  }
  QCOMPARE(store->points(runNamed(5), "k", 0, 0)->size(), std::size_t{10});
  QCOMPARE(store->run(runNamed(4))->state, RunState::killed);
}

QTEST_GUILESS_MAIN(TestFollowerDamage)
#include "tst_follower_damage.moc"
