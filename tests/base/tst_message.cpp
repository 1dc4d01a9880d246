// SPDX-License-Identifier: Apache-2.0
// Messages: templates checked at compile time, arguments shown as people may read them, equality and ids.
#include "core/base/message.h"
#include "core/base/result.h"
#include <QtTest>

using namespace loom;

static_assert(message_detail::placeholders("no argument") == 0);
static_assert(message_detail::placeholders("{} of {}") == 2);
static_assert(message_detail::placeholders("{{}} and {}") == 1);
static_assert(message_detail::placeholders("{0}") == -1);
static_assert(message_detail::placeholders("{:.2f}") == -1);
static_assert(message_detail::placeholders("open {") == -1);
static_assert(message_detail::placeholders("} closed") == -1);
// A text is a Message only by say() and foreign().
static_assert(!std::is_constructible_v<Message, std::string>);
static_assert(!std::is_constructible_v<Message, std::string_view>);
static_assert(!std::is_constructible_v<Message, const char*>);
static_assert(!std::is_constructible_v<Message, Place>);

class TestMessage : public QObject {
  Q_OBJECT

 private slots:
  void texts_data() {
    QTest::addColumn<QString>("shown");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const Message& message, const char* expected) {
      QTest::newRow(name) << QString::fromStdString(message.text()) << QString::fromUtf8(expected);
    };
    row("nothing", Message(), "");
    row("no argument", say("There is no run yet"), "There is no run yet");
    row("numbers", say("{} of {}, {}", 3, std::uint64_t(18446744073709551615u), 0.25),
        "3 of 18446744073709551615, 0.25");
    row("negative", say("{}", std::int64_t(-7)), "-7");
    row("count", say("between {} and {}", Count{1}, Count{1'048'576}), "between 1 and 1,048,576");
    row("negative count", say("{} {}", Count{-1000}, Count{-999}), "-1,000 -999");
    row("bytes", say("{} free", Bytes{3'200'000}), "3.2 MB free");
    row("name", say("there is no column '{}'", std::string("price")), "there is no column 'price'");
    row("path", say("{} is missing", std::filesystem::path("/a/b")), "/a/b is missing");
    row("names", say("one of {}", std::vector<std::string>{"SGD", "Adam"}), "one of SGD, Adam");
    row("braces of the template", say("{{}} {}", 1), "{} 1");
    row("braces of a name stay", say("'{}' and '{}'", std::string("{} {0} {{"), 2), "'{} {0} {{' and '2'");
    row("control characters of a name", say("'{}'", std::string("a\nb\x1b[31m\x7f")),
        "'a\\nb\\x1b[31m\\x7f'");
    row("directions of a name", say("'{}'", std::string("a\u202etxt.exe\u2066\u200f")),
        "'a\\u202etxt.exe\\u2066\\u200f'");
    row("C1 of a name", say("'{}'", std::string("\u0085\u009b")), "'\\x85\\x9b'");
    row("not UTF-8", say("'{}'", std::string("a\xff\xc0\xaf\xed\xa0\x80z\xe2\x82")),
        "'a\\xff\\xc0\\xaf\\xed\\xa0\\x80z\\xe2\\x82'");
    row("letters of any script", say("'{}'", std::string("größe 温度 👩‍🔬")),
        "'größe 温度 👩‍🔬'");
    row("foreign", foreign("No such file\nor {}"), "No such file or {}");
    row("foreign with a command", foreign("a\x1b]0;x\x07"), "a\\x1b]0;x\\x07");
    row("within", say("Failed to read {}: {}", std::string("f"), say("line {} is too long", 3)),
        "Failed to read f: line 3 is too long");
    row("one", sayCount("{} sample in {}", "{} samples in {}", 1, std::string("x")), "1 sample in x");
    row("many", sayCount("{} sample in {}", "{} samples in {}", 2, std::string("x")), "2 samples in x");
    row("none", sayCount("{} sample", "{} samples", Count{0}), "0 samples");
    row("thousands", sayCount("{} sample", "{} samples", Count{12000}), "12,000 samples");
  }

  void texts() {
    QFETCH(QString, shown);
    QFETCH(QString, expected);
    QCOMPARE(shown, expected);
  }

  void valuesAreKept() {
    const auto a = say("step {} of {}", 3, std::string("cnn"));
    QCOMPARE(a.messageTemplate(), std::string_view("step {} of {}"));
    QCOMPARE(a.arguments().size(), std::size_t(2));
    QCOMPARE(std::get<std::int64_t>(a.arguments()[0]), std::int64_t(3));
    QCOMPARE(std::get<std::string>(a.arguments()[1]), std::string("cnn"));
    QVERIFY(a == say("step {} of {}", 3, std::string("cnn")));
    QVERIFY(!(a == say("step {} of {}", 4, std::string("cnn"))));
    QVERIFY(Message() == foreign(""));
    QVERIFY(Message().empty() && Message().id().empty());
  }

  // The id belongs to the template alone and is the same in every build: it stands in journals.
  void idsAreStable() {
    QCOMPARE(say("There is no run yet").id(), std::string("4a67d0b1"));
    QCOMPARE(say("step {}", 1).id(), say("step {}", 2).id());
    QVERIFY(say("step {}", 1).id() != say("Step {}", 1).id());
    QCOMPARE(foreign("a").id(), foreign("b").id());
  }

  void errorsAreOneLine() {
    const Error error{ErrorKind::input, std::string("a\nb.csv"), say("line {} is too long", 3),
                      say("Split it.")};
    QCOMPARE(error.message(), std::string("a\\nb.csv: line 3 is too long. Split it."));
    const Error placed{ErrorKind::input, say("{}, line {}", std::string("a.csv"), 3), say("It is empty"), {}};
    QCOMPARE(placed.message(), std::string("a.csv, line 3: It is empty."));
  }
};

QTEST_GUILESS_MAIN(TestMessage)
#include "tst_message.moc"
