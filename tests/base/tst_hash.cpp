// SPDX-License-Identifier: Apache-2.0
#include "core/base/hash.h"
#include <QTest>

using namespace loom;

class TestHash : public QObject {
  Q_OBJECT
 private slots:
  void crcKnownAnswers_data();
  void crcKnownAnswers();
  void crcWaysAgree();
  void crcFindsEveryFlippedBit();
  void contentKnownAnswers();
  void contentInPieces();
};

void TestHash::crcKnownAnswers_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<QByteArray>("hex");
  QByteArray up, down;
  for (int i = 0; i < 32; ++i) {
    up.append(static_cast<char>(i));
    down.append(static_cast<char>(31 - i));
  }
  // RFC 3720, B.4, and the check value of the catalogue of parametrised CRCs.
  QTest::newRow("empty") << QByteArray() << QByteArray("00000000");
  QTest::newRow("check") << QByteArray("123456789") << QByteArray("e3069283");
  QTest::newRow("zeros") << QByteArray(32, '\0') << QByteArray("8a9136aa");
  QTest::newRow("ones") << QByteArray(32, '\xff') << QByteArray("62a8ab43");
  QTest::newRow("up") << up << QByteArray("46dd794e");
  QTest::newRow("down") << down << QByteArray("113fdb5c");
}

void TestHash::crcKnownAnswers() {
  QFETCH(QByteArray, bytes);
  QFETCH(QByteArray, hex);
  QCOMPARE(hex32(crc32c(bytes.toStdString())), hex.toStdString());
  QCOMPARE(hex32(crc32cPortable(bytes.toStdString())), hex.toStdString());
}

void TestHash::crcWaysAgree() {
  std::string bytes;
  for (int i = 0; i < 300; ++i) bytes += static_cast<char>(i * 167 + i / 7);
  const std::string_view whole = bytes;
  for (std::size_t begin = 0; begin < 9; ++begin)
    for (std::size_t count = 0; begin + count <= whole.size(); ++count) {
      const auto part = whole.substr(begin, count);
      QCOMPARE(crc32c(part), crc32cPortable(part));
      // In two pieces, the first one's sum as the seed of the second.
      QCOMPARE(crc32c(part.substr(count / 3), crc32c(part.substr(0, count / 3))), crc32c(part));
    }
}

void TestHash::crcFindsEveryFlippedBit() {
  const std::string record = "17 {\"type\":\"points\",\"key\":\"train/loss\"}";
  const std::uint32_t right = crc32c(record);
  for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
    std::string damaged = record;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    QVERIFY(crc32c(damaged) != right);
  }
}

void TestHash::contentKnownAnswers() {
  // XXH3-128 with seed 0, as xxhsum -H128 prints it.
  QCOMPARE(contentHash(""), std::string("99aa06d3014798d86001c324468d497f"));
  QCOMPARE(contentHash("abc"), std::string("06b05ab6733a618578af5f94892f3950"));
}

void TestHash::contentInPieces() {
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes += static_cast<char>(i * 31);
  for (std::size_t step : {1, 7, 240, 4096}) {
    ContentHash hash;
    for (std::size_t at = 0; at < bytes.size(); at += step)
      hash.add(std::string_view(bytes).substr(at, step));
    hash.add(std::string_view());
    QCOMPARE(hash.hex(), contentHash(bytes));
    ContentHash moved = std::move(hash);
    moved.add("x");
    QCOMPARE(moved.hex(), contentHash(bytes + "x"));
  }
}

QTEST_GUILESS_MAIN(TestHash)
#include "tst_hash.moc"
