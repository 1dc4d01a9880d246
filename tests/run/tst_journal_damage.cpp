// SPDX-License-Identifier: Apache-2.0
// Journals with random damage: bytes flipped, cut out or put in, lines twice or in another order, a torn end.
// A record is read as it was written or not at all, in the order of its numbers, and it does not matter in
// which pieces one reads.
#include "core/base/hash.h"
#include "core/run/journal.h"
#include "tests/soak.h"
#include <QtTest>
#include <fmt/format.h>
#include <functional>
#include <random>

using namespace loom;

namespace {

using Record = std::pair<std::uint64_t, std::string>; // number and JSON

std::string lineOf(const Record& record) {
  const std::string body = fmt::format("{} {}", record.first, record.second);
  return hex32(crc32c(body)) + " " + body + "\n";
}

std::vector<Record> written(std::mt19937& random) {
  std::vector<Record> records;
  const auto count = 1 + random() % 60;
  for (std::uint64_t number = 0; number < count; ++number)
    records.emplace_back(number,
                         fmt::format(R"({{"event":"note","text":"{}"}})", std::string(random() % 200, 'a')));
  return records;
}

void damage(std::string& bytes, std::mt19937& random) {
  if (bytes.empty()) return;
  const std::size_t at = random() % bytes.size(),
                    length = random() % std::min<std::size_t>(300, bytes.size() - at);
  switch (random() % 6) {
  case 0:
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    break;
  case 1:
    bytes.erase(at, length);
    break;
  case 2:
    bytes.insert(at, std::string(length, static_cast<char>(random())));
    break;
  case 3:
    bytes.insert(random() % bytes.size(), bytes.substr(at, length));
    break;
  case 4: { // a whole line once more, behind another one
    const std::size_t begin = bytes.rfind('\n', at), end = bytes.find('\n', at);
    if (begin == std::string::npos || end == std::string::npos) return;
    const std::string line = bytes.substr(begin + 1, end - begin);
    const std::size_t behind = bytes.find('\n', random() % bytes.size());
    bytes.insert(behind == std::string::npos ? bytes.size() : behind + 1, line);
    break;
  }
  default:
    bytes.resize(at);
  }
}

std::vector<Record> readIn(std::string_view bytes, const std::function<std::size_t()>& piece) {
  std::vector<Record> records;
  JournalState state;
  std::uint64_t offset = 0;
  for (std::size_t size = piece();;) {
    const auto lines = splitJournal(bytes.substr(offset, size), offset, "journal", state);
    for (const auto& line : lines.lines) records.emplace_back(line.sequence, std::string(line.json));
    if (lines.offset == offset && offset + size >= bytes.size()) return records;
    size = lines.offset == offset ? size * 2 : piece(); // a longer line than the piece
    offset = lines.offset;
    state = lines.state;
  }
}

} // namespace

class TestJournalDamage : public QObject {
  Q_OBJECT
 private slots:
  void recordsAreReadAsWrittenOrNotAtAll();
};

void TestJournalDamage::recordsAreReadAsWrittenOrNotAtAll() {
  const auto cases = test::casesOf("damaged journals", 2000, 21, 200'000);
  std::mt19937 random(cases.seed);
  std::int64_t all = 0, kept = 0;
  for (int round = 0; round < cases.count; ++round) {
    const auto records = written(random);
    std::string bytes;
    for (const Record& record : records) bytes += lineOf(record);
    const unsigned damages = random() % 4;
    for (unsigned i = 0; i < damages; ++i) damage(bytes, random);
    const auto whole = readIn(bytes, [&] { return bytes.size() + 1; });
    if (damages == 0) QVERIFY(whole == records);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      QVERIFY(whole[i].first < records.size() && whole[i] == records[whole[i].first]);
      QVERIFY(i == 0 || whole[i - 1].first < whole[i].first);
    }
    QVERIFY(readIn(bytes, [&] { return 1 + random() % 400; }) == whole);
    all += static_cast<std::int64_t>(records.size());
    kept += static_cast<std::int64_t>(whole.size());
  }
  QVERIFY2(kept * 2 > all,
           qPrintable(QString("%1 of %2 records").arg(kept).arg(all))); // damage costs only itself
  QVERIFY(kept < all);
}

QTEST_GUILESS_MAIN(TestJournalDamage)
#include "tst_journal_damage.moc"
