// SPDX-License-Identifier: Apache-2.0
// CSV: a table of cases, and what is made of a table.
#include "core/data/csv_text.h"
#include "core/data/table_options.h"
#include "data_fixture.h"
#include <cmath>

using namespace loom;
using namespace loom::test;

Q_DECLARE_METATYPE(std::string)
using Cells = std::vector<std::vector<std::string>>;
Q_DECLARE_METATYPE(Cells)

class TestCsv : public QObject {
  Q_OBJECT

  static DatasetSpec specOf(const std::filesystem::path& file, const std::string& target,
                            Task task = Task::classification) {
    DatasetSpec spec;
    spec.format = "csv";
    spec.setPath("file", file);
    spec.options.set("target", target);
    spec.task = task;
    return spec;
  }
  static Cells cellsOf(const CsvTable& table) {
    Cells cells{table.names};
    for (std::size_t r = 0; r < table.rows; ++r) {
      cells.emplace_back();
      for (std::size_t c = 0; c < table.columns; ++c) cells.back().emplace_back(table.cell(r, c));
    }
    return cells;
  }

 private slots:
  void parses_data() {
    QTest::addColumn<std::string>("text");
    QTest::addColumn<Cells>("cells"); // names first
    const Cells ab{{"a", "b"}, {"1", "2"}};
    QTest::newRow("plain") << std::string("a,b\n1,2\n") << ab;
    QTest::newRow("no last line end") << std::string("a,b\n1,2") << ab;
    QTest::newRow("crlf") << std::string("a,b\r\n1,2\r\n") << ab;
    QTest::newRow("crlf without the last one") << std::string("a,b\r\n1,2\r") << ab;
    QTest::newRow("cr alone") << std::string("a,b\r1,2\r") << ab;
    QTest::newRow("cr alone, in quotes too")
        << std::string("a,b\r\"x\ry\",2\r") << Cells{{"a", "b"}, {"x\ny", "2"}};
    QTest::newRow("mark of order") << std::string("\xEF\xBB\xBF"
                                                  "a,b\n1,2\n")
                                   << ab;
    QTest::newRow("semicolons") << std::string("a;b\n1;2\n") << ab;
    QTest::newRow("tabs") << std::string("a\tb\n1\t2\n") << ab;
    QTest::newRow("blank lines") << std::string("a,b\n\n1,2\n\n\r\n") << ab;
    QTest::newRow("spaces around names") << std::string(" a , b\n1,2\n") << ab;
    QTest::newRow("quotes") << std::string("\"a\",\"b\"\n\"1\",\"2\"\n") << ab;
    QTest::newRow("doubled quotes") << std::string("a,b\n\"say \"\"yes\"\"\",2\n")
                                    << Cells{{"a", "b"}, {"say \"yes\"", "2"}};
    QTest::newRow("delimiter in quotes")
        << std::string("a,b\n\"x,y\",2\n") << Cells{{"a", "b"}, {"x,y", "2"}};
    QTest::newRow("line end in quotes")
        << std::string("a,b\n\"x\r\ny\",2\n") << Cells{{"a", "b"}, {"x\r\ny", "2"}};
    QTest::newRow("quote in the middle")
        << std::string("a,b\n5\" pipe,2\n") << Cells{{"a", "b"}, {"5\" pipe", "2"}};
    QTest::newRow("empty fields") << std::string("a,b\n,2\n1,\n") << Cells{{"a", "b"}, {"", "2"}, {"1", ""}};
    QTest::newRow("empty quoted last") << std::string("a,b\n1,\"\"") << Cells{{"a", "b"}, {"1", ""}};
    QTest::newRow("quoted before crlf") << std::string("a,b\r\n1,\"2\"\r\n") << ab;
    QTest::newRow("same name twice") << std::string("a,a\n1,2\n") << Cells{{"a", "a_2"}, {"1", "2"}};
    QTest::newRow("name missing") << std::string("a,\n1,2\n") << Cells{{"a", "column_2"}, {"1", "2"}};
    QTest::newRow("names missing, words below")
        << std::string(",,y\n1,2,cat\n3,4,dog\n5,6,cat\n")
        << Cells{{"column_1", "column_2", "y"}, {"1", "2", "cat"}, {"3", "4", "dog"}, {"5", "6", "cat"}};
    QTest::newRow("no header, values missing")
        << std::string(",2,cat\n3,,dog\n5,6,cat\n")
        << Cells{{"column_1", "column_2", "column_3"}, {"", "2", "cat"}, {"3", "", "dog"}, {"5", "6", "cat"}};
    QTest::newRow("no header") << std::string("1,2\n3,4\n")
                               << Cells{{"column_1", "column_2"}, {"1", "2"}, {"3", "4"}};
    QTest::newRow("no header, a word") << std::string("1,x\n3,y\n5,x\n")
                                       << Cells{{"column_1", "column_2"}, {"1", "x"}, {"3", "y"}, {"5", "x"}};
    QTest::newRow("words with a header") << std::string("colour,size\nred,big\nblue,big\n")
                                         << Cells{{"colour", "size"}, {"red", "big"}, {"blue", "big"}};
    QTest::newRow("words without one")
        << std::string("red,big\nblue,small\nred,small\n")
        << Cells{{"column_1", "column_2"}, {"red", "big"}, {"blue", "small"}, {"red", "small"}};
    QTest::newRow("one column") << std::string("a\n1\n2\n") << Cells{{"a"}, {"1"}, {"2"}};
    QTest::newRow("decimal commas") << std::string("a;b\n1,5;2\n-0,25;7\n")
                                    << Cells{{"a", "b"}, {"1.5", "2"}, {"-0.25", "7"}};
    QTest::newRow("commas that are no decimal ones")
        << std::string("a;b\n1,5;2\n1.5;x,y\n") << Cells{{"a", "b"}, {"1,5", "2"}, {"1.5", "x,y"}};
    QTest::newRow("commas that group thousands")
        << std::string("a;b\n1,234,567;2\n1,5;3\n") << Cells{{"a", "b"}, {"1,234,567", "2"}, {"1,5", "3"}};
  }
  void parses() {
    QFETCH(std::string, text);
    QFETCH(Cells, cells);
    const auto table = parseCsv(text, "t.csv");
    QCOMPARE(errorText(table), "");
    QVERIFY(cellsOf(*table) == cells);
  }

  void refuses_data() {
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("place");
    QTest::addColumn<std::string>("word");
    QTest::newRow("empty") << std::string() << std::string("t.csv") << std::string("empty");
    QTest::newRow("too few") << std::string("a,b,c\n1,2,3\n4,5\n") << std::string("line 3")
                             << std::string("2 fields, the first row has 3");
    QTest::newRow("too many") << std::string("a,b\n1,2\n3,4,5\n") << std::string("line 3")
                              << std::string("3 fields, the first row has 2");
    QTest::newRow("line counted over quotes")
        << std::string("a,b\n\"x\ny\",2\n3\n") << std::string("line 4") << std::string("1 field,");
    QTest::newRow("quote left open") << std::string("a,b\n1,\"2\n3,4\n") << std::string("line 2")
                                     << std::string("never closed");
    QTest::newRow("text after a quote")
        << std::string("a,b\n\"1\"x,2\n") << std::string("line 2") << std::string("closing quote");
    QTest::newRow("zero byte") << std::string("a,b\n1,\0\n", 8) << std::string("line 2")
                               << std::string("zero byte");
    QTest::newRow("latin 1") << std::string("a,b\n1,2\nM\xFCnchen,3\n") << std::string("line 3")
                             << std::string("UTF-8");
    QTest::newRow("utf 16") << std::string("\xFF\xFE"
                                           "a\0",
                                           4)
                            << std::string("t.csv") << std::string("UTF-16");
    QTest::newRow("a million columns")
        << std::string(1'000'000, ',') << std::string("line 1") << std::string("fields");
  }
  void refuses() {
    QFETCH(std::string, text);
    QFETCH(std::string, place);
    QFETCH(std::string, word);
    const auto table = parseCsv(text, "t.csv");
    QCOMPARE(wrongError(table, place, word), "");
    QCOMPARE(table.error().kind, ErrorKind::input);
  }

  void numbers() {
    for (const char* text : {"1", "-1.5", "+2", " 3 ", "1e-3", ".5", "1E5"})
      QVERIFY2(parseNumber(text).has_value(), text);
    for (const char* text : {"", "x", "1x", "0x10", "inf", "nan", "1,5", "--1", "+-1", "1 2"})
      QVERIFY2(!parseNumber(text).has_value(), text);
    QVERIFY(std::isinf(*parseNumber("1e999")));
    QCOMPARE(*parseNumber("1e-999"), 0.0);
    for (const char* text : {"", " ", "NA", "na", "NaN", "null", "NULL", "?"})
      QVERIFY2(isMissing(text), text);
    for (const char* text : {"0", "none", "N", "nullx"}) QVERIFY2(!isMissing(text), text);
  }

  void features() {
    Folder folder;
    const auto file = folder.write(
        "t.csv",
        "age,colour,name,label\n1,red,Ann,yes\n2,blue,Bob,no\n?,red,Cid,yes\n4,NA,Dan,no\n5,red,Eve,\n");
    const auto data = load(specOf(file, "label"), {});
    QCOMPARE(errorText(data), "");
    QVERIFY(data->featureNames == (std::vector<std::string>{"age", "colour=blue", "colour=red"}));
    QVERIFY(data->classes == (std::vector<std::string>{"no", "yes"}));
    QVERIFY(data->labels == (std::vector<std::int32_t>{1, 0, 1, 0}));
    QCOMPARE(data->samples, 4);
    QCOMPARE(data->values[3], 2.0f);
    QCOMPARE(data->values[4], 1.0f);
    QVERIFY(std::isnan(data->values[6]));
    QVERIFY(std::isnan(data->values[10]) && std::isnan(data->values[11]));
    std::string notes;
    for (const Message& note : data->notes) notes += note.text() + "\n";
    for (const char* wanted :
         {"1 missing value in 'age'", "'name' is text", "1 row without a value in the target"})
      QVERIFY2(holds(notes, wanted), notes.c_str());
    // What is missing becomes the mean, which is 0.
    std::vector<float> out(12);
    const std::uint32_t all[] = {0, 1, 2, 3};
    const Normalisation fitted = fitNormalisation(*data, Split{{0, 1, 2, 3}, {}, {}}, "standardise");
    gather(*data, fitted, all, 4, out.data());
    QCOMPARE(out[6], 0.0f);
    QCOMPARE(out[10], 0.0f);
    for (const float value : out) QVERIFY(std::isfinite(value));
  }

  void chosenTypes() {
    Folder folder;
    const auto file = folder.write("t.csv", "code,x,y\n1,2,3.5\n2,3,4\n1,4,5\n3,5,6\n");
    DatasetSpec spec = specOf(file, "y", Task::regression);
    spec.options.set("column_types", TextMap{{"code", "category"}});
    const auto data = load(spec, {});
    QCOMPARE(errorText(data), "");
    QVERIFY(data->featureNames == (std::vector<std::string>{"code=1", "code=2", "code=3", "x"}));
    QVERIFY(data->targets == (std::vector<float>{3.5f, 4, 5, 6}));
    spec.options.set("left_out", Texts{"code"});
    QCOMPARE(load(spec, {})->featureNames.size(), std::size_t{1});
    spec.options.set("column_types", TextMap{{"codes", "category"}});
    QCOMPARE(wrongError(load(spec, {}), "t.csv", "code, "), "");
  }

  void wrongTables_data() {
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("target");
    QTest::addColumn<std::string>("word");
    QTest::addColumn<bool>("regression");
    QTest::newRow("wrong column") << std::string("length,width,species\n1,2,a\n3,4,b\n")
                                  << std::string("specie") << std::string("species, length, width") << false;
    QTest::newRow("target is text") << std::string("x,n\n1,aa\n2,bb\n3,cc\n4,dd\n") << std::string("n")
                                    << std::string("not classes") << false;
    QTest::newRow("one class") << std::string("x,n\n1,a\n2,a\n3,a\n") << std::string("n")
                               << std::string("at least two") << false;
    QTest::newRow("target empty") << std::string("x,n\n1,\n2,\n") << std::string("n") << std::string("empty")
                                  << false;
    QTest::newRow("only the target") << std::string("n\na\nb\na\nb\n") << std::string("n")
                                     << std::string("Its only column, 'n', is the target") << false;
    const auto row = [](const char* name, const char* text, const char* target, const char* word) {
      QTest::newRow(name) << std::string(text) << std::string(target) << std::string(word) << false;
    };
    row("infinite", "x,n\n1,a\n2,b\n-Inf,a\n4,b\n", "n", "line 4: '-Inf' in column 'x'");
    row("infinite target", "x,n\n1,1\n2,2\n3,infinity\n4,1\n", "n", "line 4: 'infinity' in column 'n'");
    row("nan alone", "x,y\n1,nan\n2,nan\n3,nan\n", "x", "'y' has no value ('nan' in line 2");
    row("target of nan alone", "x,y\n1,nan\n2,nan\n", "y", "'nan' in line 2 is not a value");
    QTest::newRow("only text beside it") << std::string("t,n\nq,a\nw,b\ne,a\nr,b\n") << std::string("n")
                                         << std::string("Nothing is left") << false;
    QTest::newRow("regression on words")
        << std::string("x,n\n1,4\n2,b\n3,5\n") << std::string("n") << std::string("line 3") << true;
    QTest::newRow("too large") << std::string("x,n\n1e39,1\n2,2\n") << std::string("n")
                               << std::string("too large") << true;
    QTest::newRow("header only") << std::string("x,n\n") << std::string("n") << std::string("no rows")
                                 << true;
  }
  void wrongTables() {
    QFETCH(std::string, text);
    QFETCH(std::string, target);
    QFETCH(std::string, word);
    QFETCH(bool, regression);
    Folder folder;
    const auto file = folder.write("t.csv", text);
    const auto data = load(specOf(file, target, regression ? Task::regression : Task::classification), {});
    QCOMPARE(wrongError(data, file.string(), word), "");
  }

  // What a person meets who gives a table and nothing else.
  void wrongToInspect_data() {
    QTest::addColumn<std::string>("text");
    QTest::addColumn<std::string>("word");
    std::string infinite = "x,y\n";
    for (int r = 0; r < 40; ++r)
      infinite +=
          (r % 7 == 6 ? std::string("inf") : std::to_string(r * 0.37)) + "," + std::to_string(r) + "\n";
    QTest::newRow("inf in every 7th row") << infinite << std::string("line 8: 'inf' in column 'x'");
    QTest::newRow("nan in every row")
        << std::string("x,y\n1,nan\n2,nan\n3,nan\n") << std::string("'y' has no value ('nan' in line 2");
    QTest::newRow("one column") << std::string("n\n1\n2\n5\n") << std::string("Its only column, 'n'");
    QTest::newRow("one column, one value")
        << std::string("n\n1\n1\n1\n") << std::string("'n' has one value only, '1'");
    QTest::newRow("one class") << std::string("x,n\n1,a\n2,a\n3,a\n")
                               << std::string("'n' has one value only, 'a'");
    QTest::newRow("one value of the only input")
        << std::string("x,n\n1,a\n1,b\n1,a\n1,b\n") << std::string("'x' has one value only, '1'");
  }
  void wrongToInspect() {
    QFETCH(std::string, text);
    QFETCH(std::string, word);
    Folder folder;
    const auto file = folder.write("t.csv", text);
    QCOMPARE(wrongError(inspect(file, {}), file.string(), word), "");
  }

  void testTable() {
    Folder folder;
    DatasetSpec spec = specOf(folder.write("t.csv", "x,c\n1,a\n2,b\n3,a\n"), "c");
    spec.setPath("test_file", folder.write("test.csv", "x,c\n9,b\n"));
    const auto data = load(spec, {});
    QCOMPARE(errorText(data), "");
    QCOMPARE(data->fixedTest, 1);
    QCOMPARE(data->labels.back(), 1);
    folder.write("test.csv", "x,c\n8,b\n");
    QVERIFY(load(spec, {})->contentHash != data->contentHash); // it covers the test table
    folder.write("test.csv", "y,c\n9,b\n");
    QCOMPARE(wrongError(load(spec, {}), "test.csv", "columns"), "");
  }

  void samples() {
    for (const auto& [name, rows, target, shape] :
         {std::tuple{"iris.csv", 150, "species", 4}, std::tuple{"digits.csv", 1797, "digit", 64}}) {
      const auto report = inspect(std::filesystem::path(LOOM_SOURCE_DIR) / "resources/samples" / name, "");
      QCOMPARE(errorText(report), "");
      QCOMPARE(report->samples, rows);
      QCOMPARE(tableOptions(report->proposed).target, target);
      QVERIFY(report->proposed.task == Task::classification);
      QVERIFY(report->sampleShape.size() == 1 && report->sampleShape[0] <= shape);
      QVERIFY(toJson(*report).dump().size() > 100);
    }
  }

  void proposals() {
    Folder folder;
    std::string text = "id,area,rooms,town,price\n";
    for (int i = 0; i < 60; ++i)
      text += std::to_string(i) + "," + std::to_string(50 + i * 3.5) + "," + std::to_string(1 + i % 5) + "," +
              (i % 3 ? "Ulm" : "Bonn") + "," + std::to_string(100000 + i * 1234.5) + "\n";
    const auto report = inspect(folder.write("houses.csv", text), "");
    QCOMPARE(errorText(report), "");
    QVERIFY(report->proposed.task == Task::regression);
    QCOMPARE(tableOptions(report->proposed).target, "price");
    QVERIFY(tableOptions(report->proposed).leftOut == std::vector<std::string>{"id"});
    QVERIFY(report->sampleShape == std::vector<std::int64_t>{4});
    QVERIFY(inspect(folder.path("houses.csv"), "town")->proposed.task == Task::classification);
    QCOMPARE(wrongError(inspect(folder.path("houses.csv"), "prize"), "houses.csv", "price, "), "");
  }

  void specRoundTrip() {
    DatasetSpec spec = specOf("data/t.csv", "y", Task::regression);
    spec.name = "A table";
    spec.options.set("left_out", Texts{"id"});
    spec.options.set("column_types", TextMap{{"code", "category"}});
    spec.options.set("reshape", std::vector<std::int64_t>{1, 8, 8});
    spec.split.seed = 0xFFFFFFFFFFFFFFFFu;
    const auto again = datasetFromJson(toJson(spec), "project.json");
    QCOMPARE(errorText(again), "");
    QCOMPARE(canonicalJson(toJson(*again)), canonicalJson(toJson(spec)));
  }

  void hostileSpecs_data() {
    QTest::addColumn<std::string>("patch");
    for (const char* patch :
         {R"({"format": "pickle"})", R"({"format": 3})", R"({"task": "win"})", R"({"reshape": [1, 8]})",
          R"({"reshape": [1, -8, 8]})", R"({"reshape": [1, 1e30, 8]})",
          R"({"reshape": [1, 99999999999999999999, 8]})",
          R"({"split": {"train": 0.5, "validation": 0.1, "test": 0.1, "seed": 1, "stratified": true}})",
          R"({"split": {"train": 0, "validation": 0.5, "test": 0.5, "seed": 1, "stratified": true}})",
          R"({"split": {"train": 2, "validation": -1, "test": 0, "seed": 1, "stratified": true}})",
          R"({"split": []})", R"({"left_out": [1]})", R"({"column_types": {"a": "complex"}})",
          R"({"normalisation": "magic"})", R"({"file": "a\u0000b"})"})
      QTest::newRow(patch) << std::string(patch);
  }
  void hostileSpecs() {
    QFETCH(std::string, patch);
    Json json = toJson(specOf("t.csv", "y"));
    json["name"] = "x";
    json.merge_patch(Json::parse(patch));
    QCOMPARE(wrongError(datasetFromJson(json, "project.json"), "project.json", "ember"), "");
  }

  void prediction() {
    Folder folder;
    const DatasetSpec spec =
        specOf(folder.write("t.csv", "x,colour,c\n1,red,a\n2,blue,b\n3,red,a\n4,red,b\n"), "c");
    const auto like = load(spec, {});
    QCOMPARE(errorText(like), "");
    const auto rows = loadForPrediction(spec, *like, folder.write("new.csv", "colour,x\nred,7\ngreen,8\n"));
    QCOMPARE(errorText(rows), "");
    QCOMPARE(rows->samples, 2);
    QCOMPARE(rows->values[0], 7.0f);
    QCOMPARE(rows->values[2], 1.0f);
    QVERIFY(std::isnan(rows->values[4]));
    QCOMPARE(rows->notes.size(), std::size_t{1});
    const auto bare = loadForPrediction(spec, *like, folder.write("bare.csv", "7,red\n"));
    QCOMPARE(errorText(bare), "");
    QCOMPARE(bare->samples, 1);
    QCOMPARE(wrongError(loadForPrediction(spec, *like, folder.write("bad.csv", "x,z\n1,2\n")), "bad.csv",
                        "colour"),
             "");
    QCOMPARE(wrongError(loadForPrediction(spec, *like, folder.write("word.csv", "x,colour\nbig,red\n")),
                        "word.csv, line 2", "not a number"),
             "");
  }
};

QTEST_GUILESS_MAIN(TestCsv)
#include "tst_csv.moc"
