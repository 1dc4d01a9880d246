// SPDX-License-Identifier: Apache-2.0
// Messages in journals and --json: the text for people and scripts, id and arguments for programs, and no
// text of a file is ever taken for a template.
#include "core/base/message_json.h"
#include <QtTest>
#include <limits>

using namespace loom;

class TestMessageJson : public QObject {
  Q_OBJECT

 private slots:
  void arguments_data();
  void arguments();
  void errorsKeepTheirTexts();
  void foreignTextsStayTexts();
  void textsReadBackAreNotFormatted_data();
  void textsReadBackAreNotFormatted();
  void longTextsAreCut();
};

void TestMessageJson::arguments_data() {
  QTest::addColumn<QString>("written");
  QTest::addColumn<QString>("expected");
  const auto row = [](const char* name, const Message& message, const char* expected) {
    QTest::newRow(name) << QString::fromStdString(compactJson(toJson(message)["arguments"]))
                        << QString::fromUtf8(expected);
  };
  row("none", say("There is no run yet"), "[]");
  row("whole numbers", say("{} {}", -3, std::uint64_t(18446744073709551615u)), "[-3,18446744073709551615]");
  row("numbers", say("{} {}", 0.25, -std::numeric_limits<double>::infinity()),
      R"([0.25,{"number":"-Infinity"}])");
  row("not a number", say("x {}", std::numeric_limits<double>::quiet_NaN()), R"([{"number":"NaN"}])");
  row("a name that reads NaN", say("x {}", std::string("NaN")), R"(["NaN"])");
  row("count", say("x {}", Count{1'048'576}), R"([{"count":1048576}])");
  row("bytes", say("x {}", Bytes{3'200'000}), R"([{"bytes":3200000}])");
  row("seconds", say("x {}", Seconds{0.5}), R"([{"seconds":0.5}])");
  row("name", say("x {}", std::string("a\n{} \"b\"")), R"(["a\n{} \"b\""])");
  row("not UTF-8", say("x {}", std::string("a\xff")), "[\"a\xef\xbf\xbd\"]");
  row("names", say("x {}", std::vector<std::string>{"SGD", "Adam"}), R"([["SGD","Adam"]])");
  row("foreign", say("x {}: {}", std::string("f"), foreign("No such file")),
      R"(["f",{"text":"No such file"}])");
  row("within", say("x {}", say("line {} is too long", 3)),
      R"([{"arguments":[3],"id":")" + QByteArray::fromStdString(say("line {} is too long", 3).id()) +
          R"(","text":"line 3 is too long"}])");
}

void TestMessageJson::arguments() {
  QFETCH(QString, written);
  QFETCH(QString, expected);
  QCOMPARE(written, expected);
}

void TestMessageJson::errorsKeepTheirTexts() {
  const Error error{ErrorKind::diverged, say("step {}", 12), say("The loss is {}", 0.5),
                    say("Lower the learning rate")};
  const Json json = toJson(error);
  QCOMPARE(json["place"].get<std::string>(), std::string("step 12"));
  QCOMPARE(json["cause"].get<std::string>(), std::string("The loss is 0.5"));
  QCOMPARE(json["fix"].get<std::string>(), std::string("Lower the learning rate"));
  QCOMPARE(json["cause_id"].get<std::string>(), error.cause.id());
  QVERIFY(json["cause_arguments"] == Json::array({0.5}));
  QVERIFY(json["place_arguments"] == Json::array({12}));
  QVERIFY(json["fix_arguments"] == Json::array());
}

// A text without a template of ours has neither id nor arguments.
void TestMessageJson::foreignTextsStayTexts() {
  const Error error{ErrorKind::input, std::string("a.csv"), foreign("No space left"), {}};
  QCOMPARE(compactJson(toJson(error)), std::string(R"({"cause":"No space left","fix":"","place":"a.csv"})"));
  QCOMPARE(compactJson(toJson(Message())), std::string(R"({"text":""})"));
  Json object = Json::object();
  setMessage(object, "reason", foreign("busy"));
  setMessage(object, "note", say("step {}", 3));
  QCOMPARE(compactJson(object), R"({"note":"step 3","note_arguments":[3],"note_id":")" +
                                    say("step {}", 3).id() + R"(","reason":"busy"})");
  setMessages(object, "reason", {foreign("busy"), say("step {}", 3)});
  QVERIFY(object["reason"] == Json::array({"busy", "step 3"}));
  QVERIFY(object["reason_messages"][1]["arguments"] == Json::array({3}));
}

void TestMessageJson::textsReadBackAreNotFormatted_data() {
  QTest::addColumn<QByteArray>("journal");
  QTest::addColumn<QString>("line");
  QTest::newRow("earlier version") << QByteArray(R"({"place":"step 7","cause":"The loss is NaN","fix":""})")
                                   << "step 7: The loss is NaN.";
  QTest::newRow("braces") << QByteArray(R"({"place":"{}","cause":"{} {} {","fix":"{{0}} }{ %s %n"})")
                          << "{}: {} {} {. {{0}} }{ %s %n.";
  QTest::newRow("another template") << QByteArray(
                                           R"({"place":"p","cause":"step 1","fix":"f","cause_id":"00000000",
                                           "cause_arguments":["x",{"bytes":-1},[[[]]]],"fix_id":7})")
                                    << "p: step 1. f.";
  QTest::newRow("a terminal's commands")
      << QByteArray(R"({"place":"a\u001b[2J","cause":"b\u001b]0;title\u0007\nc","fix":"d\u202ee\u0000"})")
      << "a\\x1b[2J: b\\x1b]0;title\\x07 c. d\\u202ee\\x00.";
  QTest::newRow("other types") << QByteArray(R"({"place":[],"cause":{"text":"x"},"fix":3})") << "";
  QTest::newRow("not an object") << QByteArray(R"("{} {}")") << "";
}

void TestMessageJson::textsReadBackAreNotFormatted() {
  QFETCH(QByteArray, journal);
  QFETCH(QString, line);
  const auto json = Json::parse(journal.toStdString());
  const Error error = errorFromJson(json);
  QCOMPARE(QString::fromStdString(error.message()), line);
  // What is written of it is the text again, and no template.
  QVERIFY(!toJson(error).contains("cause_id"));
}

// A record of a journal has at most 64 KiB.
void TestMessageJson::longTextsAreCut() {
  const std::string name(30'000, '\x01');
  const Error error{ErrorKind::input, say("{}, line {}", name, 3), say("there is no '{}'", name),
                    say("Use '{}'", std::string(30'000, '"'))};
  const Json json = toJson(error);
  QVERIFY(compactJson(json).size() < (40u << 10));
  QVERIFY(json["cause"].get<std::string>().ends_with("…"));
  QCOMPARE(json["cause_id"].get<std::string>(), error.cause.id());
  QVERIFY(!json.contains("cause_arguments"));
  // Between characters.
  const std::string wide = say("x{}",
                               [] {
                                 std::string text;
                                 for (int i = 0; i < 5000; ++i) text += "ö";
                                 return text;
                               }())
                               .text();
  const std::string cut = toJson(Error{ErrorKind::other, {}, foreign(wide), {}})["cause"];
  QCOMPARE(QString::fromStdString(cut).count(QChar(0xFFFD)), qsizetype(0));
  QVERIFY(cut.size() <= 4100);
}

QTEST_GUILESS_MAIN(TestMessageJson)
#include "tst_message_json.moc"
