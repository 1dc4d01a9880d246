// SPDX-License-Identifier: Apache-2.0
// Journals as they are found after accidents: torn, damaged, oversized, hostile; and numbers that JSON cannot
// write.
#include "core/base/atomic_file.h"
#include "core/base/hash.h"
#include "core/run/journal.h"
#include <QtTest>
#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <limits>
#include <sys/wait.h>
#include <unistd.h>

using namespace loom;
namespace fs = std::filesystem;

namespace {

const std::string run = "aaaaaaaa-0000-4000-8000-000000000001";

fs::path attemptOf(const QTemporaryDir& project, int attempt = 1) {
  return fs::path(project.path().toStdString()) / "runs" / run / "attempts" / std::to_string(attempt);
}
std::string lineOf(std::uint64_t sequence, const std::string& json) {
  const std::string body = fmt::format("{} {}", sequence, json);
  return hex32(crc32c(body)) + " " + body + "\n";
}
void put(const fs::path& folder, const std::string& bytes, std::ios::openmode mode = std::ios::app) {
  fs::create_directories(folder);
  std::ofstream(folder / "journal", std::ios::binary | mode) << bytes;
}
JournalRead readAll(const QTemporaryDir& project, std::uint64_t offset = 0, std::size_t maxBytes = 1 << 20) {
  return *journalsIn(project.path().toStdString())->read(run, 1, offset, maxBytes);
}
bool sameBits(double a, double b) { return std::memcmp(&a, &b, sizeof a) == 0; }

} // namespace

class TestJournal : public QObject {
  Q_OBJECT
 private slots:
  void writtenIsRead();
  void attemptIsNotSharedByTwoWriters();
  void tornTailIsNotThereYet();
  void damageCostsOnlyItself_data();
  void damageCostsOnlyItself();
  void messagesOfDamageAreBounded();
  void recordsOverTheLimitAreRefused();
  void fullDiskLeavesNoHalfRecord();
  void numbersKeepTheirBits();
  void quickAndSlowReadingAgree();
  void hostilePointsAreRefused_data();
  void hostilePointsAreRefused();
  void pointBufferGivesColumns();
  void onlyRunsAndAttemptsAreListed();
};

void TestJournal::writtenIsRead() {
  QTemporaryDir project;
  auto writer = JournalWriter::create(attemptOf(project));
  QVERIFY(writer.ok());
  QVERIFY(writer->append(RunEvent{{"event", "started"}, {"step", 0}}).ok());
  QVERIFY(writer
              ->append(std::vector<RunEvent>{{{"event", "note"}, {"text", "größer\n\"x\""}},
                                             {{"event", "state"}, {"state", "paused"}}})
              .ok());
  QVERIFY(writer->sync().ok());
  QCOMPARE(writer->nextSequence(), std::uint64_t{3});
  const auto whole = readAll(project);
  QVERIFY(whole.damages.empty());
  QCOMPARE(whole.records.size(), std::size_t{3});
  QCOMPARE(whole.offset, std::uint64_t{fs::file_size(attemptOf(project) / "journal")});
  QCOMPARE(whole.records[1].event["text"].get<std::string>(), std::string("größer\n\"x\""));
  QCOMPARE(whole.records[2].sequence, std::uint64_t{2});
  // From any record on, the rest is the same.
  const auto rest = readAll(project, whole.records[0].end);
  QCOMPARE(rest.records.size(), std::size_t{2});
  QCOMPARE(rest.records[0].event, whole.records[1].event);
  QCOMPARE(readAll(project, whole.offset).records.size(), std::size_t{0});
}

void TestJournal::attemptIsNotSharedByTwoWriters() {
  QTemporaryDir project;
  const auto first = JournalWriter::create(attemptOf(project));
  QVERIFY(first.ok());
  const auto second = JournalWriter::create(attemptOf(project));
  QVERIFY(!second.ok());
  QVERIFY(!second.error().fix.empty());
}

void TestJournal::tornTailIsNotThereYet() {
  const std::string first = lineOf(0, R"({"event":"started"})"),
                    second = lineOf(1, R"({"event":"note","text":"b"})");
  for (std::size_t cut = 0; cut < second.size(); ++cut) {
    QTemporaryDir project;
    put(attemptOf(project), first + second.substr(0, cut));
    const auto read = readAll(project);
    QVERIFY(read.damages.empty());
    QCOMPARE(read.records.size(), std::size_t{1});
    QCOMPARE(read.offset, std::uint64_t{first.size()});
    put(attemptOf(project), second.substr(cut));
    const auto later = readAll(project, read.offset);
    QCOMPARE(later.records.size(), std::size_t{1});
    QCOMPARE(later.records[0].sequence, std::uint64_t{1});
  }
}

void TestJournal::damageCostsOnlyItself_data() {
  QTest::addColumn<QByteArray>("line");
  const auto row = [](const char* name, const std::string& line) {
    QTest::newRow(name) << QByteArray::fromStdString(line);
  };
  const std::string good = lineOf(1, R"({"event":"note"})");
  std::string flipped = good;
  flipped[20] ^= 1;
  row("one bit flipped", flipped);
  row("empty line", "\n");
  row("zero bytes", std::string(40, '\0') + "\n");
  row("no checksum", "1 {}\n");
  row("checksum of letters", "zzzzzzzz 1 {}\n");
  row("no sequence", [] {
    const std::string body = "x {}";
    return hex32(crc32c(body)) + " " + body + "\n";
  }());
  row("negative sequence", [] {
    const std::string body = "-1 {}";
    return hex32(crc32c(body)) + " " + body + "\n";
  }());
  row("a record is missing", lineOf(2, R"({"event":"note"})"));
  row("a record stands twice", lineOf(0, R"({"event":"note"})"));
  row("no object", lineOf(1, "[1]"));
  row("no JSON", lineOf(1, "{"));
  row("too deep", lineOf(1, std::string(500, '[') + std::string(500, ']')));
  row("oversized", lineOf(1, "{\"event\":\"note\",\"text\":\"" + std::string(70'000, 'x') + "\"}"));
  row("endless", std::string(200'000, 'x'));
}

void TestJournal::damageCostsOnlyItself() {
  QFETCH(QByteArray, line);
  QTemporaryDir project;
  const std::string first = lineOf(0, R"({"event":"started"})");
  // An endless line swallows the record that stands on its end.
  const std::string bytes = first + line.toStdString() + lineOf(3, R"({"a":3})") + lineOf(4, R"({"a":4})") +
                            lineOf(5, R"({"a":5})");
  put(attemptOf(project), bytes + "0123");
  const auto read = readAll(project);
  // One stretch, one message; what was lost with it, is said with it.
  const bool sound = line.contains("[1]") || line.endsWith("1 {\n") || line.contains("[[[");
  QCOMPARE(read.damages.size(), std::size_t{sound ? 2u : 1u});
  for (const Error& damage : read.damages) {
    QVERIFY(!damage.place.empty() && !damage.cause.empty() && !damage.fix.empty());
    QCOMPARE(damage.kind, ErrorKind::input);
  }
  std::vector<std::uint64_t> numbers;
  for (const auto& record : read.records) numbers.push_back(record.sequence);
  const bool endless = line.size() > 100'000,
             counted = QByteArray(QTest::currentDataTag()) == "a record is missing";
  QCOMPARE(numbers, counted   ? (std::vector<std::uint64_t>{0, 2, 3, 4, 5})
                    : endless ? (std::vector<std::uint64_t>{0, 4, 5})
                              : (std::vector<std::uint64_t>{0, 3, 4, 5}));
  QCOMPARE(read.offset, std::uint64_t{bytes.size()});
  // However it is cut, the same records count, and nothing is said twice.
  for (const std::size_t atOnce : {longestRecord, longestRecord + 7, std::size_t{100'000}}) {
    std::vector<std::uint64_t> again;
    std::size_t told = 0;
    JournalState state;
    for (std::uint64_t offset = 0;;) {
      const std::string part = bytes.substr(offset, atOnce);
      const auto split = splitJournal(part, offset, "journal", state);
      for (const auto& one : split.lines) again.push_back(one.sequence);
      told += split.damages.size();
      if (split.offset == offset) break;
      offset = split.offset;
      state = split.state;
    }
    std::erase_if(again, [&](std::uint64_t one) { return sound && one == 1; });
    QCOMPARE(again, numbers);
    QCOMPARE(told, std::size_t{1});
  }
}

void TestJournal::messagesOfDamageAreBounded() {
  std::string bytes;
  for (std::uint64_t i = 0; i < 1000; ++i) bytes += lineOf(2 * i, "{}") + "x\n";
  const auto split = splitJournal(bytes, 0, "journal");
  QCOMPARE(split.lines.size(), std::size_t{1000});
  QCOMPARE(split.damages.size(), mostDamages);
  QCOMPARE(split.moreDamages, std::int64_t{1000 - static_cast<std::int64_t>(mostDamages)});
}

void TestJournal::recordsOverTheLimitAreRefused() {
  QTemporaryDir project;
  auto writer = JournalWriter::create(attemptOf(project));
  // The longest that fits: 8 + " 0 " + JSON + newline.
  const std::string frame = compactJson({{"text", ""}});
  const std::size_t fits = longestRecord - 8 - 3 - 1 - frame.size();
  QVERIFY(!writer->append(RunEvent{{"text", std::string(fits + 1, 'x')}}).ok());
  QCOMPARE(fs::file_size(attemptOf(project) / "journal"), std::uintmax_t{0});
  QVERIFY(writer->append(RunEvent{{"text", std::string(fits, 'x')}}).ok());
  QCOMPARE(fs::file_size(attemptOf(project) / "journal"), std::uintmax_t{longestRecord});
  QCOMPARE(readAll(project, 0, 10).records.size(), std::size_t{1});
}

void TestJournal::fullDiskLeavesNoHalfRecord() {
  QTemporaryDir project;
  auto writer = JournalWriter::create(attemptOf(project));
  QVERIFY(writer->append(RunEvent{{"event", "started"}}).ok());
  setFileFault([](std::string_view operation, const fs::path&) { return operation == "write" ? ENOSPC : 0; });
  const auto full = writer->append(RunEvent{{"event", "note"}});
  setFileFault(nullptr);
  QVERIFY(!full.ok());
  QVERIFY(full.error().cause.text().find("full") != std::string::npos);
  QVERIFY(writer->append(RunEvent{{"event", "note"}}).ok());
  const auto read = readAll(project);
  QVERIFY(read.damages.empty());
  QCOMPARE(read.records.size(), std::size_t{2});
  QCOMPARE(read.records[1].sequence, std::uint64_t{1});
}

void TestJournal::numbersKeepTheirBits() {
  QTemporaryDir project;
  auto writer = JournalWriter::create(attemptOf(project));
  const std::vector<double> values{0.0,
                                   -0.0,
                                   1.0,
                                   0.1,
                                   1e-310,
                                   -5e-324,
                                   1.7976931348623157e308,
                                   12345678901234.5,
                                   1e21,
                                   3e-9,
                                   std::numeric_limits<double>::quiet_NaN(),
                                   std::numeric_limits<double>::infinity(),
                                   -std::numeric_limits<double>::infinity(),
                                   static_cast<double>(0.1f)};
  PointBuffer buffer;
  for (std::size_t i = 0; i < values.size(); ++i)
    buffer.add("train/loss", static_cast<std::int64_t>(i) + 1, 0.5 * static_cast<double>(i), values[i]);
  QVERIFY(writer->append(buffer.take()).ok());
  const auto source = journalsIn(project.path().toStdString());
  const auto bytes = *source->bytes(run, 1, 0, 1 << 20);
  const auto split = splitJournal(bytes, 0, "journal");
  QCOMPARE(split.lines.size(), std::size_t{1});
  QVERIFY(isPoints(split.lines[0].json));
  PointColumns columns;
  QVERIFY(readPoints(split.lines[0].json, "journal", columns).ok());
  QCOMPARE(columns.values.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    QVERIFY2(sameBits(columns.values[i], values[i]), qPrintable(QString("value %1").arg(values[i])));
}

void TestJournal::quickAndSlowReadingAgree() {
  const std::string quick =
      R"({"event":"points","key":"a/b","steps":[1,2,30],"times":[0.5,1,1e1],"values":["NaN",-1.5e-3,2]})";
  // Other members' order and spaces: the same record, by the JSON reader.
  const std::string slow =
      R"({"values": ["NaN", -1.5e-3, 2], "steps": [1, 2, 30], "key": "a/b", "times": [0.5, 1, 1e1], "event": "points"})";
  PointColumns a, b;
  QVERIFY(readPoints(quick, "a", a).ok());
  QVERIFY(readPoints(slow, "b", b).ok());
  QCOMPARE(a.key, b.key);
  QCOMPARE(a.steps, b.steps);
  QCOMPARE(a.times, b.times);
  QVERIFY(std::isnan(a.values[0]) && std::isnan(b.values[0]));
  QCOMPARE(a.values[1], b.values[1]);
}

void TestJournal::hostilePointsAreRefused_data() {
  QTest::addColumn<QByteArray>("json");
  const auto row = [](const char* name, const std::string& key, const std::string& steps,
                      const std::string& times, const std::string& values) {
    QTest::newRow(name) << QByteArray::fromStdString("{\"event\":\"points\",\"key\":" + key +
                                                     ",\"steps\":" + steps + ",\"times\":" + times +
                                                     ",\"values\":" + values + "}");
  };
  row("no points", "\"k\"", "[]", "[]", "[]");
  row("lengths differ", "\"k\"", "[1,2]", "[0,0]", "[1]");
  row("steps go back", "\"k\"", "[2,1]", "[0,0]", "[1,1]");
  row("a step twice", "\"k\"", "[2,2]", "[0,0]", "[1,1]");
  row("negative step", "\"k\"", "[-1]", "[0]", "[1]");
  row("huge step", "\"k\"", "[18446744073709551615]", "[0]", "[1]");
  row("step of 2^53 + 1", "\"k\"", "[9007199254740993]", "[0]", "[1]");
  row("fraction as step", "\"k\"", "[1.5]", "[0]", "[1]");
  row("null value", "\"k\"", "[1]", "[0]", "[null]");
  row("a word", "\"k\"", "[1]", "[0]", "[\"nan\"]");
  row("bare nan", "\"k\"", "[1]", "[0]", "[nan]");
  row("number too large", "\"k\"", "[1]", "[0]", "[1e999]");
  row("no name", "\"\"", "[1]", "[0]", "[1]");
  row("name is a number", "7", "[1]", "[0]", "[1]");
  row("control character", "\"a\\u0000b\"", "[1]", "[0]", "[1]");
  row("endless name", "\"" + std::string(5000, 'k') + "\"", "[1]", "[0]", "[1]");
  std::string many = "[0";
  for (int i = 1; i < 300; ++i) many += "," + std::to_string(i);
  row("too many", "\"k\"", many + "]", many + "]", many + "]");
  row("more behind it", "\"k\"", "[1]", "[0]", "[1]}{");
}

void TestJournal::hostilePointsAreRefused() {
  QFETCH(QByteArray, json);
  PointColumns columns;
  const auto read = readPoints(json.toStdString(), "record 3", columns);
  QVERIFY(!read.ok());
  QVERIFY(read.error().place.text().find("record 3") != std::string::npos);
}

void TestJournal::pointBufferGivesColumns() {
  PointBuffer buffer;
  for (int step = 1; step <= 255; ++step) buffer.add("train/loss", step, step * 1e-3, 1.0 / step);
  buffer.add("train/lr", 1, 0.001, 1e-3);
  buffer.add("train/loss", 256, 0.256, 0);
  for (int step = 257; step <= 600; ++step) buffer.add("train/loss", step, step * 1e-3, 1.0 / step);
  const auto events = buffer.take();
  QCOMPARE(events.size(), std::size_t{4});
  std::int64_t next = 1;
  for (const auto& event : events) {
    PointColumns columns;
    QVERIFY(readPoints(compactJson(event), "x", columns).ok());
    if (columns.key != "train/loss") continue;
    for (const auto step : columns.steps) QCOMPARE(step, next++);
  }
  QCOMPARE(next, std::int64_t{601});
  QVERIFY(buffer.take().empty());
  buffer.add("train/loss", 601, 0.601, 1);
  QCOMPARE(buffer.take().size(), std::size_t{1});
}

void TestJournal::onlyRunsAndAttemptsAreListed() {
  QTemporaryDir project;
  const auto source = journalsIn(project.path().toStdString());
  QVERIFY(source->runs()->empty());
  for (const int attempt : {10, 2, 1}) put(attemptOf(project, attempt), "");
  for (const char* name : {"0", "-1", "3x", "007", ".."})
    fs::create_directories(attemptOf(project).parent_path() / name);
  fs::create_directories(fs::path(project.path().toStdString()) / "runs" / ".trash");
  QCOMPARE(*source->runs(), std::vector<std::string>{run});
  QCOMPARE(*source->attempts(run), (std::vector<int>{1, 2, 10}));
  QCOMPARE(*source->size(run, 5), std::uint64_t{0});
  QVERIFY(source->bytes(run, 5, 0, 100)->empty());
}

QTEST_GUILESS_MAIN(TestJournal)
#include "tst_journal.moc"
