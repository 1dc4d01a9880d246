// SPDX-License-Identifier: Apache-2.0
// Declared values: every kind is completed, checked, parsed and printed in one way.
#include "core/base/fields.h"
#include <QtTest>
#include <cmath>
#include <limits>

using namespace loom;

namespace {

using Ints = std::vector<std::int64_t>;

const std::vector<Field>& fields() {
  static const std::vector<Field> all = [] {
    Field rate = numberField("rate", "Rate", 0.5, 0, 1000, "A number above its minimum.");
    rate.above = true;
    Field size = integersField("size", "Image size", {}, 1, 1024, "Three numbers or none.");
    size.count = 3;
    Field device = textField("device", "Device", "auto", "Not empty.");
    device.required = true;
    return std::vector<Field>{
        integerField("step_size", "Step size", 30, 1, 65536, "A whole number."),
        numberField("share", "Share", 0.25, 0, 1, "A number."),
        rate,
        flagField("bias", "Bias", true, "A flag."),
        choiceField("mode", "Mode", "none", {"none", "tanh"}, "A choice."),
        sizeField("kernel", "Kernel", {3, 3}, 1, 64, "Two numbers."),
        integersField("shape", "Shape", {1, 28, 28}, 1, 1024, "A list."),
        size,
        textField("target", "Target", "", "A text."),
        device,
        textsField("left_out", "Left out", "Texts."),
        assignedField("types", "Types", {"number", "category"}, "A choice per name."),
        seedField("seed", "Seed", 1, "A seed."),
        automaticField("in_channels", "In channels", "Follows."),
    };
  }();
  return all;
}
const Field& field(const char* name) { return *findField(fields(), name); }

} // namespace

class TestFields : public QObject {
  Q_OBJECT
 private slots:
  void valuesAreNormalised();
  void wrongValues_data();
  void wrongValues();
  void typedTextsRoundTrip_data();
  void typedTextsRoundTrip();
  void wrongTexts_data();
  void wrongTexts();
  void filesRoundTrip();
  void setsAreCompleted();
  void setsNameTheirOwner();

 private:
  std::vector<ParamValue> values_; // of the rows of wrongValues
};

// A whole double is an integer where the field is one: a StepLR's step_size of 5.0 counts.
void TestFields::valuesAreNormalised() {
  QVERIFY(*checkField(field("step_size"), 5.0) == ParamValue(std::int64_t{5}));
  QVERIFY(*checkField(field("share"), std::int64_t{1}) == ParamValue(1.0));
  QVERIFY(*checkField(field("mode"), std::string("TANH")) == ParamValue(std::string("tanh")));
  QVERIFY(*checkField(field("kernel"), std::int64_t{5}) == ParamValue(Ints{5, 5}));
  QVERIFY(*checkField(field("size"), Ints{}) == ParamValue(Ints{}));
  QVERIFY(*checkField(field("left_out"), Ints{}) == ParamValue(Texts{}));
  QVERIFY(*checkField(field("seed"), std::int64_t{7}) == ParamValue(std::string("7")));
  QVERIFY(*checkField(field("types"), TextMap{{"a", "Number"}}) == ParamValue(TextMap{{"a", "number"}}));
  QCOMPARE(seedOf(std::string("18446744073709551615")), std::numeric_limits<std::uint64_t>::max());
}

void TestFields::wrongValues_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<int>("value");
  QTest::addColumn<QString>("cause");
  static const std::vector<std::tuple<const char*, ParamValue, const char*>> rows{
      {"step_size", 2.5, "Step size must be a whole number from 1 to 65,536 (got 2.5)"},
      {"step_size", std::int64_t{0}, "Step size must be a whole number from 1 to 65,536 (got 0)"},
      {"step_size", std::string("16"), "Step size must be a whole number from 1 to 65,536 (got \"16\")"},
      {"share", std::nan(""), "Share must be a number from 0 to 1 (got NaN)"},
      {"share", 1.5, "Share must be a number from 0 to 1 (got 1.5)"},
      {"rate", 0.0, "Rate must be a number above 0 and at most 1,000 (got 0)"},
      {"rate", 1e4, "Rate must be a number above 0 and at most 1,000 (got 10000)"},
      {"bias", std::int64_t{1}, "Bias must be true or false (got 1)"},
      {"mode", std::string("relu"), "Mode must be one of none, tanh (got \"relu\")"},
      {"kernel", Ints{3, 3, 3}, "Kernel must be one or two whole numbers from 1 to 64 (got 3, 3, 3)"},
      {"kernel", Ints{}, "Kernel must be one or two whole numbers from 1 to 64 (got nothing)"},
      {"shape", Ints{1, -28}, "from 1 to 1,024, separated by commas (got 1, -28)"},
      {"size", Ints{8, 8}, "Image size must be 3 whole numbers from 1 to 1,024"},
      {"target", true, "Target must be a text (got true)"},
      {"device", std::string(), "Device must be a text that is not empty (got \"\")"},
      {"left_out", std::int64_t{3}, "Left out must be a list of texts (got 3)"},
      {"types", TextMap{{"a", "colour"}}, "each value one of number, category (got a=colour)"},
      {"seed", std::int64_t{-1}, "Seed must be a whole number from 0 to 18,446,744,073,709,551,615 (got -1)"},
  };
  for (std::size_t index = 0; index < rows.size(); ++index) {
    const auto& [name, value, cause] = rows[index];
    QTest::addRow("%s %d", name, int(index)) << QString(name) << int(index) << QString(cause);
  }
  values_ = {};
  for (const auto& [name, value, cause] : rows) values_.push_back(value);
}

void TestFields::wrongValues() {
  QFETCH(QString, name);
  QFETCH(int, value);
  QFETCH(QString, cause);
  const auto checked = checkField(field(name.toStdString().c_str()), values_[std::size_t(value)]);
  QVERIFY(!checked.ok());
  QCOMPARE(checked.error().kind, ErrorKind::usage);
  QCOMPARE(QString::fromStdString(checked.error().place.text()), name);
  QVERIFY2(QString::fromStdString(checked.error().cause.text()).contains(cause),
           checked.error().cause.text().c_str());
  QVERIFY(!checked.error().fix.empty());
}

void TestFields::typedTextsRoundTrip_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("typed");
  QTest::addColumn<QString>("shown");
  const auto row = [](const char* name, const char* typed, const char* shown) {
    QTest::addRow("%s %s", name, typed) << QString(name) << QString(typed) << QString(shown);
  };
  row("step_size", " 12 ", "12");
  row("step_size", "3.0", "3");
  row("step_size", "+3", "3");
  row("share", "1e-3", "0.001");
  row("share", "1", "1");
  row("bias", "false", "false");
  row("mode", "Tanh", "tanh");
  row("kernel", "3", "3");
  row("kernel", "3x5", "3 × 5");
  row("kernel", "(3, 5)", "3 × 5");
  row("kernel", "3 × 5", "3 × 5");
  row("shape", "1;28; 28", "1, 28, 28");
  row("size", "", "");
  row("target", "house price", "house price");
  row("left_out", "id, name", "id, name");
  row("types", "a = number, b=category", "a=number, b=category");
  row("seed", "18446744073709551615", "18446744073709551615");
}

void TestFields::typedTextsRoundTrip() {
  QFETCH(QString, name);
  QFETCH(QString, typed);
  QFETCH(QString, shown);
  const Field& one = field(name.toStdString().c_str());
  const auto value = parseField(one, typed.toStdString());
  QVERIFY2(value.ok(), value.ok() ? "" : value.error().message().c_str());
  QCOMPARE(QString::fromStdString(toText(one, *value)), shown);
  QVERIFY(*parseField(one, toText(one, *value)) == *value);
}

void TestFields::wrongTexts_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("typed");
  QTest::addColumn<QString>("got");
  const auto row = [](const char* name, const char* typed, const char* got) {
    QTest::addRow("%s %s", name, typed) << QString(name) << QString(typed) << QString(got);
  };
  row("step_size", "", "(got \"\")");
  row("step_size", "2.5", "(got 2.5)");
  row("step_size", "99999999999999999999", "(got 99999999999999999999)");
  row("share", "inf", "(got inf)");
  row("share", "0,5", "(got \"0,5\")");
  row("bias", "yes", "(got \"yes\")");
  row("kernel", "3 × a", "(got \"3 × a\")");
  row("types", "a", "(got \"a\")");
  row("seed", "18446744073709551616", "(got 18446744073709551616)");
}

void TestFields::wrongTexts() {
  QFETCH(QString, name);
  QFETCH(QString, typed);
  QFETCH(QString, got);
  const auto value = parseField(field(name.toStdString().c_str()), typed.toStdString());
  QVERIFY(!value.ok());
  QVERIFY2(QString::fromStdString(value.error().cause.text()).contains(got),
           value.error().cause.text().c_str());
}

void TestFields::filesRoundTrip() {
  for (const Field& one : fields()) {
    if (one.automatic) continue;
    const Json json = toJson(one, one.standard);
    const auto read = fieldFromJson(one, *parseJson(compactJson(json), "x"));
    QVERIFY2(read.ok(), std::string(one.name).c_str());
    QVERIFY2(*read == one.standard, std::string(one.name).c_str());
    for (const Json& wrong : {Json(nullptr), Json{{"a", Json::array()}}, Json{1, "x"}})
      QVERIFY2(!fieldFromJson(one, wrong).ok(), std::string(one.name).c_str());
  }
  const Json most = std::numeric_limits<std::uint64_t>::max();
  QVERIFY(toJson(field("seed"), *fieldFromJson(field("seed"), most)) == most);
  QVERIFY(!fieldFromJson(field("share"), "NaN").ok());
}

void TestFields::setsAreCompleted() {
  const auto all = completeFields("Row", fields(), {{"step_size", 5.0}, {"bias", false}});
  QVERIFY2(all.ok(), all.ok() ? "" : all.error().message().c_str());
  QCOMPARE(all->size(), fields().size() - 1); // all but the automatic one
  QCOMPARE(all->getInt("step_size", 30), std::int64_t{5});
  const Params stored = differing(fields(), *all);
  QVERIFY(stored == (Params{{"step_size", std::int64_t{5}}, {"bias", false}}));
  QCOMPARE(standardsFor(fields(), {{"step_size", 2.5}}).getInt("step_size"), std::int64_t{30});
}

void TestFields::setsNameTheirOwner() {
  const auto wrong = completeFields("StepLR", fields(), {{"step_size", 2.5}});
  QCOMPARE(wrong.error().place.text(), std::string("StepLR.step_size"));
  const auto unknown = checkFields("StepLR", fields(), {{"gamma", 0.1}});
  QCOMPARE(unknown.error().cause.text(), std::string("StepLR has no parameter 'gamma'"));
  QVERIFY(unknown.error().fix.text().find("step_size, share") != std::string::npos);
  const auto follows = checkFields("Conv2d", fields(), {{"in_channels", std::int64_t{3}}});
  QCOMPARE(follows.error().cause.text(), std::string("In channels follows from the input"));
}

QTEST_GUILESS_MAIN(TestFields)
#include "tst_fields.moc"
