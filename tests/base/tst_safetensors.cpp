// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/base/safetensors.h"
#include "tests/soak.h"
#include <QTemporaryDir>
#include <QTest>
#include <cstring>

using namespace loom;

namespace {

std::string fileWith(std::uint64_t length, const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}
std::string fileWith(const std::string& header, std::size_t dataBytes) {
  return fileWith(header.size(), header, std::string(dataBytes, 'd'));
}

std::string tensorText(const std::string& name, const std::string& shape, const std::string& offsets,
                       const std::string& dtype = "F32") {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}";
}

Safetensors sample() {
  const float weights[] = {1, -2, 3.5f, 0, 1e-40f, 6};
  const double wide[] = {1e300};
  const std::int32_t labels[] = {1, -1};
  const std::int64_t steps[] = {INT64_MAX};
  Safetensors content;
  content.tensors["conv1.weight"] = tensorOf({1, 2, 3}, weights);
  content.tensors["a.wide"] = tensorOf({}, wide);
  content.tensors["labels"] = tensorOf({2}, labels);
  content.tensors["step"] = tensorOf({1}, steps);
  content.tensors["empty"] = tensorOf({0, 3}, weights);
  content.tensors["none"] = tensorOf({0}, weights);
  content.tensors["bytes"] = {FileDType::u8, {3}, {std::byte{1}, std::byte{2}, std::byte{255}}};
  content.metadata = {{"format", "pt"}, {"note", "ü \" \\"}};
  return content;
}

bool equal(const Safetensors& a, const Safetensors& b) {
  if (a.metadata != b.metadata || a.tensors.size() != b.tensors.size()) return false;
  for (const auto& [name, tensor] : a.tensors) {
    const auto other = b.tensors.find(name);
    if (other == b.tensors.end() || tensor.dtype != other->second.dtype ||
        tensor.shape != other->second.shape || tensor.data != other->second.data)
      return false;
  }
  return true;
}

} // namespace

class TestSafetensors : public QObject {
  Q_OBJECT
 private slots:
  void roundTrip();
  void layoutIsThePublishedOne();
  void readsWhatOthersWrite();
  void refuses_data();
  void refuses();
  void refusesEveryCut();
  void damagedHeadersNeverCrash();
  void manyTensors();
  void failedWriteLeavesTheOldFile();
};

void TestSafetensors::roundTrip() {
  const Safetensors content = sample();
  const auto parsed = parseSafetensors(serialise(content), "memory");
  QVERIFY(parsed);
  QVERIFY(equal(*parsed, content));

  const QTemporaryDir folder;
  const std::filesystem::path file = folder.filePath("model.safetensors").toStdString();
  QVERIFY(writeSafetensors(file, content));
  QCOMPARE(*readWholeFile(file, 1 << 20), serialise(content));
  const auto read = readSafetensors(file);
  QVERIFY(read);
  QVERIFY(equal(*read, content));
  QVERIFY(equal(*parseSafetensors(serialise({}), "nothing"), {}));
}

void TestSafetensors::layoutIsThePublishedOne() {
  const float values[] = {1, 2};
  const std::string bytes = serialise({{{"b", tensorOf({2}, values)}, {"a", tensorOf({1, 1}, values)}}, {}});
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), 8);
  QCOMPARE(length % 8, std::uint64_t{0});
  const auto header = parseJson(std::string_view(bytes).substr(8, length), "header");
  QVERIFY(header);
  QCOMPARE(compactJson(*header), std::string(R"({"a":{"data_offsets":[0,4],"dtype":"F32","shape":[1,1]},)"
                                             R"("b":{"data_offsets":[4,12],"dtype":"F32","shape":[2]}})"));
  QCOMPARE(bytes.size(), 8 + length + 12);
  float last = 0;
  std::memcpy(&last, bytes.data() + bytes.size() - 4, 4);
  QCOMPARE(last, 2.0f);
}

void TestSafetensors::readsWhatOthersWrite() {
  // Tensors in another order than their names, blanks at the end, members that we do not know.
  const std::string header = "{" + tensorText("z", "[2]", "[0,8]") + "," +
                             tensorText("a", "[]", "[8,12]", "I32") +
                             R"(,"__metadata__":{"format":"pt"}}   )";
  const auto content = parseSafetensors(fileWith(header, 12), "theirs");
  QVERIFY(content);
  QCOMPARE(content->tensors.size(), std::size_t{2});
  QCOMPARE(content->tensors.at("a").shape.size(), std::size_t{0});
  QCOMPARE(content->metadata.at("format"), std::string("pt"));
}

void TestSafetensors::refuses_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::addColumn<QByteArray>("said");
  const auto row = [](const char* name, const std::string& bytes, const char* said) {
    QTest::newRow(name) << QByteArray::fromStdString(bytes) << QByteArray(said);
  };
  const auto tensors = [](const std::string& entries, std::size_t dataBytes) {
    return fileWith("{" + entries + "}", dataBytes);
  };
  row("nothing", "", "shorter than 8");
  row("seven bytes", "1234567", "shorter than 8");
  row("length beyond the file", fileWith(1000, "{}", ""), "cut off");
  row("length over the limit", fileWith(100'000'001, "{}", ""), "at most");
  row("length of 2^64-1", fileWith(UINT64_MAX, "{}", ""), "at most");
  row("no header", fileWith("", 0), "'{'");
  row("blank first", fileWith(" {}", 0), "'{'");
  row("a list", fileWith("[]", 0), "'{'");
  row("bad JSON", fileWith("{\"a\"", 0), "ends in the middle of a value");
  row("zero bytes behind", fileWith(std::string("{}\0\0", 4), 0), "zero byte");
  row("deep", fileWith("{\"a\":" + std::string(10'000'000, '['), 0), "deeper");
  row("bad UTF-8", tensors(tensorText("\xff", "[1]", "[0,4]"), 4), "UTF-8");
  row("name twice", tensors(tensorText("a", "[1]", "[0,4]") + "," + tensorText("a", "[1]", "[4,8]"), 8),
      "twice");
  row("member twice", fileWith(R"({"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,4]}})", 4),
      "twice");
  row("entry is a number", fileWith(R"({"a":3})", 4), "must be a JSON object (got 3)");
  row("no dtype", fileWith(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4), "dtype");
  row("no shape", fileWith(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4), "shape");
  row("no offsets", fileWith(R"({"a":{"dtype":"F32","shape":[1]}})", 4), "data_offsets");
  row("unknown dtype", tensors(tensorText("a", "[2]", "[0,4]", "F16"), 4), "'F16' is not supported");
  row("negative dimension", tensors(tensorText("a", "[-1]", "[0,4]"), 4), "dimension");
  row("half a dimension", tensors(tensorText("a", "[2.5]", "[0,8]"), 8), "dimension");
  row("1e300", tensors(tensorText("a", "[1e300]", "[0,8]"), 8), "dimension");
  row("dimension as text", tensors(tensorText("a", "[\"1\"]", "[0,4]"), 4), "dimension");
  row("dimension of 2^63", tensors(tensorText("a", "[9223372036854775808]", "[0,4]"), 4), "dimension");
  row("product overflows", tensors(tensorText("a", "[4294967296,4294967296]", "[0,0]"), 0), "too large");
  row("bytes overflow", tensors(tensorText("a", "[4611686018427387904]", "[0,0]"), 0), "too large");
  row("wraps to four", tensors(tensorText("a", "[4611686018427387905]", "[0,4]"), 4), "too large");
  row("shape and offsets differ", tensors(tensorText("a", "[2]", "[0,4]"), 4), "needs 8 bytes");
  row("end before begin", tensors(tensorText("a", "[1]", "[4,0]"), 4), "needs 4 bytes");
  row("one offset", tensors(tensorText("a", "[1]", "[0]"), 4), "two whole numbers");
  row("three offsets", tensors(tensorText("a", "[1]", "[0,4,8]"), 4), "two whole numbers");
  row("negative offset", tensors(tensorText("a", "[1]", "[-4,0]"), 4), "two whole numbers");
  row("offsets at the end of 64 bits",
      tensors(tensorText("a", "[1]", "[18446744073709551612,18446744073709551615]"), 4), "needs 4 bytes");
  row("offsets far beyond", tensors(tensorText("a", "[1]", "[9000000000000000000,9000000000000000004]"), 4),
      "no tensor");
  row("overlap", tensors(tensorText("a", "[2]", "[0,8]") + "," + tensorText("b", "[2]", "[4,12]"), 12),
      "overlap");
  row("same bytes", tensors(tensorText("a", "[1]", "[0,4]") + "," + tensorText("b", "[1]", "[0,4]"), 4),
      "overlap");
  row("empty one inside another",
      tensors(tensorText("a", "[2]", "[0,8]") + "," + tensorText("b", "[0]", "[4,4]"), 8), "overlap");
  row("hole", tensors(tensorText("a", "[1]", "[0,4]") + "," + tensorText("b", "[1]", "[8,12]"), 12),
      "no tensor");
  row("hole in front", tensors(tensorText("a", "[1]", "[4,8]"), 8), "no tensor");
  row("data cut off", tensors(tensorText("a", "[2]", "[0,8]"), 7), "cut off");
  row("bytes behind", tensors(tensorText("a", "[1]", "[0,4]"), 5), "no tensor");
  row("bytes without tensors", fileWith("{}", 1), "no tensor");
  row("metadata is a list", fileWith(R"({"__metadata__":[]})", 0), "__metadata__");
  row("metadata holds a number", fileWith(R"({"__metadata__":{"a":1}})", 0), "__metadata__");
}

void TestSafetensors::refuses() {
  QFETCH(QByteArray, bytes);
  QFETCH(QByteArray, said);
  const QTemporaryDir folder;
  const std::filesystem::path file = folder.filePath("hostile").toStdString();
  QVERIFY(writeFileAtomically(file, bytes.toStdString()));
  for (const auto& content : {parseSafetensors(bytes.toStdString(), file.string()), readSafetensors(file)}) {
    QVERIFY(!content);
    QCOMPARE(content.error().kind, ErrorKind::input);
    const std::string message = content.error().message();
    QVERIFY2(message.find(said.toStdString()) != std::string::npos, message.c_str());
    QVERIFY(message.starts_with(file.string()));
    QVERIFY(message.size() < 600);
  }
}

void TestSafetensors::refusesEveryCut() {
  const std::string whole = serialise(sample());
  for (std::size_t length = 0; length < whole.size(); ++length)
    QVERIFY2(!parseSafetensors(std::string_view(whole).substr(0, length), "cut"),
             std::to_string(length).c_str());
}

void TestSafetensors::damagedHeadersNeverCrash() {
  // Whatever is accepted can be written again, and says the same.
  const std::string whole = serialise(sample());
  const auto cases = test::casesOf("damaged headers", 20'000, 7, 2'000'000);
  int accepted = 0;
  for (std::uint32_t round = 0; round < static_cast<std::uint32_t>(cases.count); ++round) {
    std::string bytes = whole;
    const auto words = philox({cases.seed, 0, 0}, round, 0);
    const std::size_t headerEnd = 600 < bytes.size() ? 600 : bytes.size();
    for (std::uint32_t change = 0; change <= words[0] % 3; ++change)
      bytes[words[1 + change] % headerEnd] = static_cast<char>(words[1 + change] >> 24);
    const auto content = parseSafetensors(bytes, "damaged");
    if (!content) continue;
    ++accepted;
    QVERIFY(equal(*parseSafetensors(serialise(*content), "again"), *content));
  }
  QVERIFY(accepted < cases.count);
}

void TestSafetensors::manyTensors() {
  Safetensors content;
  const float value = 1;
  for (int i = 0; i < 100'000; ++i) content.tensors[std::to_string(i)] = tensorOf({1}, &value);
  const auto parsed = parseSafetensors(serialise(content), "many");
  QVERIFY(parsed);
  QCOMPARE(parsed->tensors.size(), content.tensors.size());
}

void TestSafetensors::failedWriteLeavesTheOldFile() {
  const QTemporaryDir folder;
  const std::filesystem::path file = folder.filePath("model.safetensors").toStdString();
  QVERIFY(writeSafetensors(file, sample()));
  for (int failing = 1; failing < 10; ++failing) {
    int calls = 0;
    setFileFault(
        [&](std::string_view, const std::filesystem::path&) { return ++calls == failing ? ENOSPC : 0; });
    QVERIFY(!writeSafetensors(file, sample()));
    setFileFault(nullptr);
    QVERIFY(equal(*readSafetensors(file), sample()));
  }
  QVERIFY(!readSafetensors(folder.filePath("missing").toStdString()));
  QVERIFY(!readSafetensors(folder.path().toStdString()));
}

QTEST_GUILESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
