// SPDX-License-Identifier: Apache-2.0
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <limits>

using namespace loom;

namespace {

std::string repeated(const std::string& text, std::size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

Json parsed(std::string_view text) {
  auto value = parseJson(text, "test");
  return value ? *value : Json("refused: " + value.error().message());
}

} // namespace

class TestJson : public QObject {
  Q_OBJECT
 private slots:
  void refuses_data();
  void refuses();
  void acceptsDepthUpToTheLimit();
  void keepsNumbersExact_data();
  void keepsNumbersExact();
  void canonicalFormIsStable();
  void writesNoInvalidText();
  void nonFiniteNumbersTravelAsText();
  void paramsTravel();
  void paramsRefuse_data();
  void paramsRefuse();
  void readerChecksEveryKind();
  void readsFiles();
};

void TestJson::refuses_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QByteArray>("said"); // a part of the message
  const auto row = [](const char* name, const std::string& text, const char* said) {
    QTest::newRow(name) << QByteArray::fromStdString(text) << QByteArray(said);
  };
  row("empty", "", "The file is empty");
  row("word", "hello", "test:1:1: There is a word or sign that is not JSON");
  row("position", "{\n  \"a\": 1,\n  \"b\" 2\n}", "test:3:7");
  row("cut off", "{\"a\": [1, 2", "The file ends in the middle of a value (line 1, column 12)");
  row("cut off on a later line", "{\n  \"a", "The file ends in the middle of a value (line 2, column 5)");
  row("cut off in a word", "[tru", "The file ends in the middle of a value");
  row("no colon", "{\"a\" 1}", "The colon after");
  row("no comma", "{\"a\": 1 \"b\": 2}", "A comma or } is missing");
  row("no name", "{1}", "The name of a member is missing");
  row("no value", "{\"a\": }", "A value is missing");
  row("wrong escape", "[\"\\q\"]", "backslash");
  row("no digit", "[1.]", "A number lacks a digit");
  row("followed", "{} {}", "Something follows");
  row("trailing comma", "[1,]", "A value is missing");
  row("comment", "[1] // note", "Something follows");
  row("NaN", "[NaN]", "not JSON");
  row("same key twice", "{\"a\": 1, \"b\": 2, \"a\": 3}", "'a' is used twice");
  row("same key twice inside", "{\"layers\": [{}, {\"id\": 1, \"id\": 2}]}", "(in /layers/1)");
  row("same key by escape", "{\"a\": 1, \"\\u0061\": 3}", "'a' is used twice");
  row("65 arrays", repeated("[", 65) + repeated("]", 65), "deeper than 64");
  row("65 objects", repeated("{\"a\":", 65) + "1" + repeated("}", 65), "deeper than 64");
  row("million arrays", repeated("[", 1'000'000), "deeper than 64");
  row("million objects", repeated("{\"a\":", 1'000'000), "deeper than 64");
  row("bad UTF-8", "{\"a\": \"\xff\xfe\"}", "UTF-8");
  row("bad UTF-8 in a key", "{\"\xc3\x28\": 1}", "UTF-8");
  row("overlong UTF-8", "[\"\xc0\xaf\"]", "UTF-8");
  row("UTF-8 of a surrogate", "[\"\xed\xa0\x80\"]", "UTF-8");
  row("cut UTF-8", "[\"\xe2\x82", "UTF-8");
  row("lone surrogate", "[\"\\ud800\"]", "half a character");
  row("control character", "[\"a\x01\"]", "control character");
  row("zero byte after the value", std::string("{}\0{\"a\":1}", 10), "zero byte");
  row("zero byte in a text", std::string("[\"a\0b\"]", 7), "zero byte");
  row("2^64", "[18446744073709551616]", "does not fit 64 bits");
  row("-2^63-1", "[-9223372036854775809]", "does not fit 64 bits");
  row("1e400", "[1e400]", "does not fit a double");
  row("long number", "[" + repeated("9", 100'000) + "]", "does not fit");
  row("leading zero", "[01]", "A comma or ] is missing");
  row("plus", "[+1]", "not JSON");
}

void TestJson::refuses() {
  QFETCH(QByteArray, text);
  QFETCH(QByteArray, said);
  const auto value = parseJson(text.toStdString(), "test");
  QVERIFY(!value);
  const std::string message = value.error().message();
  QVERIFY2(message.find(said.toStdString()) != std::string::npos, message.c_str());
  QCOMPARE(value.error().kind, ErrorKind::input);
  QVERIFY(message.starts_with("test"));
  QVERIFY(!value.error().fix.empty());
  for (const char* word : {"literal", "syntax error", "parsing", "end of input", "; expected"})
    QVERIFY2(message.find(word) == std::string::npos, message.c_str());
  QVERIFY2(message.size() < 500, "a hostile text must not come back in the message");
  QVERIFY(QString::fromStdString(message).toStdString() == message); // is UTF-8
}

void TestJson::acceptsDepthUpToTheLimit() {
  QCOMPARE(compactJson(parsed(repeated("[", 64) + repeated("]", 64))), repeated("[", 64) + repeated("]", 64));
  // Wide is not deep.
  QCOMPARE(parsed("[" + repeated("[],", 10'000) + "[]]").size(), std::size_t{10'001});
}

void TestJson::keepsNumbersExact_data() {
  QTest::addColumn<QByteArray>("text");
  for (const char* text : {"0", "-1", "1", "9007199254740993", "9223372036854775807", "18446744073709551615",
                           "-9223372036854775808", "0.1", "2.5", "1e+300", "5e-324", "-0.0", "3.0"})
    QTest::newRow(text) << QByteArray(text);
}

void TestJson::keepsNumbersExact() {
  QFETCH(QByteArray, text);
  QCOMPARE(compactJson(parsed(text.toStdString())), text.toStdString());
}

void TestJson::canonicalFormIsStable() {
  const Json value = parsed(R"({"b": [1, {"z": true, "a": null}], "a": "ü", "c": {}, "d": []})");
  const std::string expected =
      "{\n  \"a\": \"ü\",\n  \"b\": [\n    1,\n    {\n      \"a\": null,\n      \"z\": true\n"
      "    }\n  ],\n  \"c\": {},\n  \"d\": []\n}\n";
  QCOMPARE(canonicalJson(value), expected);
  QCOMPARE(canonicalJson(parsed(expected)), expected);
  QCOMPARE(compactJson(value), std::string(R"({"a":"ü","b":[1,{"a":null,"z":true}],"c":{},"d":[]})"));
}

void TestJson::writesNoInvalidText() {
  // A file name on disk may hold any byte.
  const std::string text = compactJson(Json{{"file", "caf\xe9.csv"}});
  QCOMPARE(text, std::string("{\"file\":\"caf\xef\xbf\xbd.csv\"}"));
}

void TestJson::nonFiniteNumbersTravelAsText() {
  const double infinity = std::numeric_limits<double>::infinity();
  for (double value : {0.0, -0.0, 1.5, 1e300, 5e-324, infinity, -infinity}) {
    const auto back = numberFromJson(parsed(compactJson(Json::array({numberOrText(value)})))[0]);
    QVERIFY(back);
    QCOMPARE(*back, value);
    QCOMPARE(std::signbit(*back), std::signbit(value));
  }
  QCOMPARE(compactJson(numberOrText(std::nan(""))), std::string("\"NaN\""));
  QVERIFY(std::isnan(*numberFromJson("NaN")));
  QVERIFY(!numberFromJson("nan"));
  QVERIFY(!numberFromJson(nullptr));
  QVERIFY(!numberFromJson(true));
}

void TestJson::paramsTravel() {
  const Params params{{"bias", true},
                      {"out", std::int64_t{64}},
                      {"eps", 1e-5},
                      {"momentum", 1.0},
                      {"mode", std::string{}},
                      {"kernel", std::vector<std::int64_t>{3, 5}},
                      {"low", std::int64_t{-1}},
                      {"none", std::vector<std::int64_t>{}}};
  const auto back = paramsFromJson(parsed(compactJson(toJson(params))), "test");
  QVERIFY(back);
  QVERIFY(*back == params); // 1.0 stays a double, 64 an integer
}

void TestJson::paramsRefuse_data() {
  QTest::addColumn<QByteArray>("text");
  for (const char* text :
       {"[]", "3", R"({"a": null})", R"({"a": {}})", R"({"a": [2.5]})", R"({"a": ["x", 1]})",
        R"({"a": [[1]]})", R"({"a": 9223372036854775808})", R"({"a": [9223372036854775808]})"})
    QTest::newRow(text) << QByteArray(text);
}

void TestJson::paramsRefuse() {
  QFETCH(QByteArray, text);
  const auto params = paramsFromJson(parsed(text.toStdString()), "net.json: node 3");
  QVERIFY(!params);
  QVERIFY(params.error().message().starts_with("net.json: node 3: "));
}

void TestJson::readerChecksEveryKind() {
  const Json value =
      parsed(R"({"minus": -1, "half": 2.5, "huge": 1e300, "whole": 7, "top": 9223372036854775808,
                                "max": 18446744073709551615, "text": "x", "inf": "Infinity", "yes": true, "null": null,
                                "list": [1], "map": {"a": 1}, "float": 3.0})");
  const JsonReader reader(value, "file.json");
  QCOMPARE(*reader.integer("minus"), std::int64_t{-1});
  QCOMPARE(*reader.integer("whole"), std::int64_t{7});
  for (const char* key :
       {"half", "huge", "top", "max", "text", "yes", "null", "list", "map", "float", "absent"})
    QVERIFY2(!reader.integer(key), key);
  QCOMPARE(*reader.unsignedInteger("whole"), std::uint64_t{7});
  QCOMPARE(*reader.unsignedInteger("max"), std::numeric_limits<std::uint64_t>::max());
  for (const char* key : {"minus", "half", "huge", "text", "yes", "null", "list", "map", "float", "absent"})
    QVERIFY2(!reader.unsignedInteger(key), key);
  QCOMPARE(*reader.number("half"), 2.5);
  QCOMPARE(*reader.number("minus"), -1.0);
  QVERIFY(std::isinf(*reader.number("inf")));
  for (const char* key : {"text", "yes", "null", "list", "map", "absent"}) QVERIFY2(!reader.number(key), key);
  QCOMPARE(*reader.text("text"), std::string("x"));
  for (const char* key : {"whole", "yes", "null", "list", "map", "absent"}) QVERIFY2(!reader.text(key), key);
  QCOMPARE(*reader.boolean("yes"), true);
  for (const char* key : {"whole", "text", "null", "list", "absent"}) QVERIFY2(!reader.boolean(key), key);
  QVERIFY(**reader.array("list") == Json::array({1}));
  QVERIFY(**reader.object("map") == Json({{"a", 1}}));
  QVERIFY(!reader.array("map"));
  QVERIFY(!reader.object("list"));

  QCOMPARE(reader.integer("half").error().message(),
           std::string("file.json: member 'half' must be a whole number of at most 63 bits (got 2.5). Write "
                       "a whole number of at most 63 bits there."));
  QVERIFY(reader.text("absent").error().message().find("member 'absent' is missing") != std::string::npos);

  const Json none;
  QCOMPARE(
      JsonReader(none, "file.json").integer("schema").error().message(),
      std::string("file.json: It must be a JSON object (got null). Correct the text or restore it from a "
                  "copy."));
  const Json list = Json::array();
  QVERIFY(!JsonReader(list, "list").has("a"));
  QVERIFY(!JsonReader(list, "list").integer("a"));
  // What a program builds holds small numbers as signed ones.
  const Json built{{"n", 3}};
  QCOMPARE(*JsonReader(built, "built").unsignedInteger("n"), std::uint64_t{3});
}

void TestJson::readsFiles() {
  const QTemporaryDir folder;
  const std::filesystem::path file = folder.filePath("a.json").toStdString();
  QCOMPARE(readJsonFile(file).error().kind, ErrorKind::input);
  QVERIFY(writeFileAtomically(file, "{\"a\": 1}"));
  QVERIFY(*readJsonFile(file) == Json({{"a", 1}}));
  QVERIFY(!readJsonFile(file, 7));
  QVERIFY(writeFileAtomically(file, "{\"a\": }"));
  QVERIFY(readJsonFile(file).error().message().find("a.json:1:7") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestJson)
#include "tst_json.moc"
