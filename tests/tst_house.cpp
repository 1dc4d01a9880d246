// SPDX-License-Identifier: Apache-2.0
// The house as it is built: no function of the product is long without a reason, and files include each other
// in a circle only where that is natural. The last test prints the figures that ARCHITECTURE.md reports; they
// are no limit.
#include "tests/house.h"
#include <QtTest>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

using namespace loom::house;
namespace fs = std::filesystem;

namespace {

constexpr int longest = 80; // lines

// A longer function: how long it may be, and why it is.
struct Reason {
  const char* place; // "core/store/series_reader.cpp SeriesReader::buckets"
  int lines;
  const char* why;
};
const std::vector<Reason> longFunctions = {
    {"app/cli/verbs.cpp verbs", 90, "a table: one row a verb"},
};

// Units that include each other. Natural: an interface and what is behind it, at most four. The others are
// not yet untied.
struct Circle {
  const char* units; // the first one of a circle names it
  const char* why;   // nullptr: not yet untied
};
constexpr int mostNatural = 4;
const std::vector<Circle> knownCircles = {
    {"app/studio/bridge/bridge",
     "Bridge is the interface of the worker thread; what works there emits its signals"},
    {"app/studio/canvas/canvas_accessible", "the canvas and its face for assistive programs know each other"},
    {"core/base/prepared_command", "a Command is prepared before the fork, and run by the same functions"},
    {"core/compile/builder", "compile() makes a builder, which answers in compile's types"},
};

struct File {
  std::string name; // relative to the root
  std::string text;
  int lines = 0;
};

std::vector<File> sourcesIn(std::initializer_list<const char*> tops) {
  const fs::path root = LOOM_SOURCE_DIR;
  static const std::set<std::string> suffixes{".h", ".cpp", ".cu", ".cuh", ".inc"};
  std::vector<File> files;
  for (const char* top : tops)
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      if (!suffixes.contains(entry.path().extension().string())) continue;
      std::ifstream in(entry.path());
      std::stringstream text;
      text << in.rdbuf();
      File file{fs::relative(entry.path(), root).generic_string(), text.str(), 0};
      file.lines = static_cast<int>(std::count(file.text.begin(), file.text.end(), '\n'));
      files.push_back(std::move(file));
    }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.name < b.name; });
  return files;
}
const std::vector<File>& product() {
  static const std::vector<File> files = sourcesIn({"core", "app", "gpu"});
  return files;
}

std::string unitOf(const std::string& file) { return file.substr(0, file.rfind('.')); }

std::vector<std::string> includedBy(const File& file) {
  static const std::regex include(
      R"rx(^[ \t]*#[ \t]*include[ \t]*\x22([^\x22]+))rx"); // moc loses its way at a quote
  std::vector<std::string> found;
  std::istringstream lines(file.text);
  std::smatch match;
  for (std::string line; std::getline(lines, line);)
    if (std::regex_search(line, match, include)) found.push_back(match[1]);
  return found;
}

Includes includesOf(const std::vector<File>& files) {
  Includes all;
  for (const File& file : files)
    for (const std::string& target : includedBy(file))
      if (unitOf(target) != unitOf(file.name)) all[unitOf(file.name)].insert(unitOf(target));
  return all;
}

// Qt cuts a failure's message after about a thousand characters.
void report(const QStringList& faults) {
  for (const QString& fault : faults) qWarning("%s", qPrintable(fault));
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// "median 5, p90 23, p99 59, longest 124".
std::string spread(std::vector<int> values) {
  if (values.empty()) return "none";
  std::sort(values.begin(), values.end());
  const auto at = [&](std::size_t percent) { return std::to_string(values[values.size() * percent / 100]); };
  return std::to_string(values.size()) + ", median " + at(50) + ", p90 " + at(90) + ", p99 " + at(99) +
         ", longest " + std::to_string(values.back());
}

std::string sizes(const std::vector<File>& files) {
  std::vector<int> lines;
  int all = 0;
  for (const File& file : files) {
    lines.push_back(file.lines);
    all += file.lines;
  }
  return std::to_string(all) + " lines in files: " + spread(lines);
}

// The rooms of tst_layering's table, from its text: the deepest one that holds a file.
std::string roomOf(const std::string& path, const std::set<std::string>& rooms) {
  std::string best;
  for (const std::string& room : rooms)
    if (path.starts_with(room + "/") && room.size() > best.size()) best = room;
  return best;
}

std::string roomFigures(const Includes& includes) {
  std::set<std::string> rooms;
  std::ifstream in(fs::path(LOOM_SOURCE_DIR) / "tests/tst_layering.cpp");
  static const std::regex row(R"rx(^\s*\{\x22((core|app|gpu)[a-z/]*)\x22,)rx");
  std::smatch match;
  for (std::string line; std::getline(in, line);)
    if (std::regex_search(line, match, row)) rooms.insert(match[1]);
  std::set<std::pair<std::string, std::string>> arrows;
  for (const auto& [unit, others] : includes) {
    if (unit == "core/backend/registry") continue; // stands above its room, in tst_layering too
    for (const std::string& other : others)
      if (const auto from = roomOf(unit, rooms), to = roomOf(other, rooms);
          from != to && !from.empty() && !to.empty())
        arrows.insert({from, to});
  }
  std::vector<std::string> twoWay;
  for (const auto& [from, to] : arrows)
    if (from < to && arrows.contains({to, from})) twoWay.push_back(from + " and " + to);
  return std::to_string(rooms.size()) + " rooms, " + std::to_string(arrows.size()) + " arrows, " +
         std::to_string(twoWay.size()) + " pairs in both directions" +
         (twoWay.empty() ? "" : ": " + joined(twoWay));
}

} // namespace

class TestHouse : public QObject {
  Q_OBJECT

 private slots:
  void functionsAreCounted_data();
  void functionsAreCounted();
  void circlesAreFound();
  void noFunctionIsLongWithoutAReason();
  void circlesAreNatural();
  void figures();
};

void TestHouse::functionsAreCounted_data() {
  QTest::addColumn<QString>("source");
  QTest::addColumn<QString>("expected"); // name and lines of each
  const auto row = [](const char* name, const char* source, const char* expected) {
    QTest::newRow(name) << QString(source) << QString(expected);
  };
  row("one line", "int f() { return 1; }", "f 1");
  row("a declaration is none", "int f();\nint g(int a) {\n  return a;\n}\n", "g 3");
  row("the result on a line of its own", "static std::string\nf(int a,\n  int b) {\n}\n", "f 4");
  row("namespaces and members",
      "namespace a {\nnamespace {\nstruct S final : B {\n  int x = 0;\n  S() : x(1), y_{2} {\n  }\n  ~S() "
      "override {}\n"
      "  void go() const noexcept { x(); }\n};\n} // }\n}",
      "S 2, ~S 1, go 1");
  row("braces within",
      "void f() {\n  if (a) { b(); } else { c(); }\n  for (;;) { struct T { void g() {} }; }\n}", "f 4");
  row("strings, characters and comments",
      "void f() {\n  a = \"}\"; b = '}'; c = \"\\\"}\"; // }\n  /* } \n */ d = 1'000; e = L'}';\n}\nvoid g() "
      "{}",
      "f 5, g 1");
  row("raw strings", "void f() {\n  a = R\"(}\n\")\" \")\";\n  b = R\"x(}\n)\" )x\";\n}", "f 6");
  row("lambdas belong to their function",
      "void f() {\n  g([&](int a) {\n    return a;\n  });\n}\nint h() { return 1; }", "f 5, h 1");
  row("lambdas outside of functions count", "const auto f = [](int a) {\n  return a;\n};\nint g() {\n}",
      "lambda 3, g 2");
  row("rows of a table",
      "const std::vector<Row> rows = {\n  {\"a\", 1, [](int x) {\n    return x;\n  }},\n  {\"b\", 2, "
      "{}},\n};\nint f() {}",
      "lambda 3, f 1");
  row("preprocessor lines", "#define OPEN \\\n  void f() {\nint g() {\n#if 1\n  h();\n#endif\n}", "g 5");
  row("operators",
      "bool A::operator==(const A& a) const {\n}\nvoid B::operator()(int) {}\nC::operator bool() const {}",
      "A::operator== 2, B::operator() 1, C::operatorbool 1");
  row("templates and trailing results",
      "template<class T, class = std::enable_if_t<a>>\nauto S<T>::f(T t) -> std::vector<T> {\n}\ntemplate<> "
      "int g<int>() {}",
      "S<T>::f 3, g<int> 1");
  row("braces in parameters", "void f(A a = {}, B b = {1, 2}) {\n}\nint g(int (&x)[3]) {}", "f 2, g 1");
  row("initialisers of members",
      "S::S(int a)\n    : B(a), c_{a}, d_([this] { return 1; }),\n      e_(std::move(a)) {\n  go();\n}",
      "lambda 1, S::S 5");
  row("values and enums",
      "enum class E : char { a, b };\nstruct P { int x{1}; std::vector<int> y = {1}; };\nint z[] = {1, 2};",
      "");
  row("Qt's words",
      "class A : public QObject {\n  Q_OBJECT\n public:\n  A() {}\n private Q_SLOTS:\n  void b() {\n  }\n};",
      "A 1, b 2");
  row("extern C", "extern \"C\" {\nvoid f() {}\n}\nextern \"C\" int g() {}", "f 1, g 1");
}

void TestHouse::functionsAreCounted() {
  QFETCH(QString, source);
  QFETCH(QString, expected);
  QStringList found;
  for (const Function& one : functionsIn(source.toStdString()))
    found << QString::fromStdString(one.name + " " + std::to_string(one.lines()));
  QCOMPARE(found.join(", "), expected);
}

void TestHouse::circlesAreFound() {
  const Includes chain{{"a", {"b"}}, {"b", {"c"}}, {"c", {}}};
  QVERIFY(circlesIn(chain).empty());
  const Includes two{{"a", {"b"}}, {"b", {"a", "c"}}, {"c", {"d"}}, {"d", {"e"}}, {"e", {"c"}}, {"f", {"a"}}};
  const std::vector<std::vector<std::string>> expected{{"a", "b"}, {"c", "d", "e"}};
  QVERIFY(circlesIn(two) == expected);
}

void TestHouse::noFunctionIsLongWithoutAReason() {
  QStringList faults;
  int counted = 0;
  std::set<std::string> met;
  for (const File& file : product())
    for (const Function& one : functionsIn(file.text)) {
      ++counted;
      if (one.lines() <= longest) continue;
      const std::string place = file.name + " " + one.name;
      met.insert(place);
      const auto reason = std::find_if(longFunctions.begin(), longFunctions.end(),
                                       [&](const Reason& row) { return place == row.place; });
      if (reason == longFunctions.end() || one.lines() > reason->lines)
        faults << QString::fromStdString(file.name + ":" + std::to_string(one.first) + ": " + one.name +
                                         " has " + std::to_string(one.lines()) + " lines");
      else
        qInfo("%s: %d lines: %s", place.c_str(), one.lines(), reason->why);
    }
  QVERIFY(counted > 1000);
  for (const Reason& row : longFunctions)
    if (!met.contains(row.place)) qInfo("%s is not long any more: its row can go", row.place);
  report(faults);
  QVERIFY(faults.isEmpty());
}

void TestHouse::circlesAreNatural() {
  int natural = 0;
  QStringList faults;
  for (const auto& units : circlesIn(includesOf(product()))) {
    const auto row = std::find_if(knownCircles.begin(), knownCircles.end(),
                                  [&](const Circle& known) { return units.front() == known.units; });
    if (row == knownCircles.end()) {
      faults << QString::fromStdString(joined(units) + " include each other");
      continue;
    }
    natural += row->why != nullptr ? 1 : 0;
    qInfo("%s: %s", joined(units).c_str(), row->why != nullptr ? row->why : "not yet untied");
  }
  report(faults);
  QVERIFY(faults.isEmpty());
  QVERIFY(natural <= mostNatural);
}

void TestHouse::figures() {
  std::vector<int> lengths;
  for (const File& file : product())
    for (const Function& one : functionsIn(file.text)) lengths.push_back(one.lines());
  const auto above = [&](int lines) {
    return std::to_string(
        std::count_if(lengths.begin(), lengths.end(), [&](int each) { return each > lines; }));
  };
  const Includes includes = includesOf(product());
  std::string text = "\nproduct: " + sizes(product()) + "\n";
  for (const char* top : {"core", "app/cli", "app/studio", "gpu", "tests"})
    text += std::string(top) + ": " + sizes(sourcesIn({top})) + "\n";
  text += "functions: " + spread(lengths) + "; above 40: " + above(40) + ", above 60: " + above(60) +
          ", above 80: " + above(80) + "\n";
  text += roomFigures(includes) + "\n";
  const auto found = circlesIn(includes);
  text += std::to_string(found.size()) + " circles of units:\n";
  for (const auto& units : found) text += "  " + joined(units) + "\n";
  qInfo("%s", text.c_str());
}

QTEST_GUILESS_MAIN(TestHouse)
#include "tst_house.moc"
