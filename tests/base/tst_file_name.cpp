// SPDX-License-Identifier: Apache-2.0
// Names that become names of files, whatever is written in them; and that no other code makes one of a name.
#include "core/base/characters.h"
#include "core/base/file_name.h"
#include "core/base/message.h"
#include <QtTest>
#include <filesystem>
#include <fstream>
#include <random>
#include <regex>
#include <sstream>

using namespace loom;
namespace fs = std::filesystem;

namespace {

// Where a file name is put together from a name by hand, and why that is right.
struct Reason {
  const char* place;
  const char* why;
};
const std::vector<Reason> byHand = {
    {"core/run/project.cpp",
     "a network is called as its file is; saveNetwork() refuses what is not one name"},
    {"core/run/project_templates.cpp", "names of samples from our own table"},
    {"app/studio/bridge/recovery.cpp", "a network is called as its file is; another name is changed"},
};

bool isOneName(const std::string& file) {
  return !file.empty() && file != "." && file != ".." && fs::path(file).filename() == file &&
         fs::path(file).lexically_normal() == file && file.size() <= longestFileName &&
         visibleText(file) == file;
}

} // namespace

class TestFileName : public QObject {
  Q_OBJECT

 private slots:
  void names_data();
  void names();
  void anyBytesGiveOneName();
  void distinctNamesStayDistinct_data();
  void distinctNamesStayDistinct();
  void theFileIsMadeInItsFolder();
  void hiddenCharacters_data();
  void hiddenCharacters();
  void noOtherCodeMakesAFileNameOfAName();
};

void TestFileName::names_data() {
  QTest::addColumn<QByteArray>("name");
  QTest::addColumn<QByteArray>("extension");
  QTest::addColumn<QByteArray>("file");
  const auto row = [](const char* title, const std::string& name, const char* extension,
                      const std::string& file) {
    QTest::newRow(title) << QByteArray::fromStdString(name) << QByteArray(extension)
                         << QByteArray::fromStdString(file);
  };
  row("plain", "lenet-5", ".json", "lenet-5.json");
  row("letters of any script", "größe 温度", ".py", "größe 温度.py");
  row("a dot within", "v1.2", ".loom", "v1.2.loom");
  row("separators", "a/b\\c", ".py", "a_b_c.py");
  row("a way out", "../../etc/passwd", "", "_._.._etc_passwd");
  row("absolute", "/etc/passwd", "", "_etc_passwd");
  row("a drive", "C:x", "", "C_x");
  row("one dot", ".", "", "_");
  row("two dots", "..", "", "__");
  row("two dots and an extension", "..", ".py", "__.py");
  row("hidden", ".bashrc", "", "_bashrc");
  row("an option", "-rf", "", "_rf");
  row("a home", "~root", "", "_root");
  row("spaces at the ends", " a ", "", "_a_");
  row("a dot at the end", "a.", "", "a_");
  row("nothing", "", ".json", "unnamed.json");
  row("nul", std::string("a\0b", 3), "", "a_b");
  row("a line end and a command", "a\n\x1b[31m", "", "a__[31m");
  row("direction", "a\u202egnp.exe", "", "a_gnp.exe");
  row("C1", "a\u0085b", "", "a_b");
  row("not UTF-8", "a\xff\xc0z", "", "a__z");
  row("a joiner after a letter", "run\u200d", "", "run_");
  row("a picture of several", "👩‍🔬", "", "👩‍🔬");
  row("wildcards and quotes", "a*?\"<>|", "", "a______");
  row("a device", "CON", "", "_CON");
  row("a device with an extension", "nul", ".json", "_nul.json");
  row("a device and a dot", "com1.x", ".py", "_com1.x.py");
  row("a device with a small number", "LPT²", "", "_LPT²");
  row("no device", "COM10", "", "COM10");
  row("no device either", "console", "", "console");
  row("long", std::string(300, 'a'), ".json", std::string(195, 'a') + ".json");
  std::string umlauts;
  for (int i = 0; i < 150; ++i) umlauts += "ä";
  row("long, cut between characters", umlauts, ".json", umlauts.substr(0, 194) + ".json");
  row("a long device", "con." + std::string(300, 'a'), "", "_con." + std::string(195, 'a'));
  row("cut behind a dot", std::string(194, 'a') + "." + std::string(9, 'b'), ".json",
      std::string(194, 'a') + "_.json");
}

void TestFileName::names() {
  QFETCH(QByteArray, name);
  QFETCH(QByteArray, extension);
  QFETCH(QByteArray, file);
  const std::string made = fileNameOf(name.toStdString(), extension.toStdString());
  QCOMPARE(QByteArray::fromStdString(made), file);
  QVERIFY(isOneName(made));
}

void TestFileName::anyBytesGiveOneName() {
  std::mt19937 random(7);
  using namespace std::string_view_literals;
  constexpr auto likely = "./\\-~ \0\n:aZ\xe2\x80\xae\xc2\x85\xff"sv;
  for (int round = 0; round < 20'000; ++round) {
    std::string name(random() % 12, ' ');
    for (char& c : name)
      c = random() % 3 ? likely[random() % likely.size()] : static_cast<char>(random() % 256);
    for (const auto kind : {FileNames::readable, FileNames::distinct})
      for (const char* extension : {"", ".json"})
        if (const auto file = fileNameOf(name, extension, kind);
            !isOneName(file) || !file.ends_with(extension) || file.front() == '.' || file.front() == '-')
          QFAIL(qPrintable(QByteArray::fromStdString(name).toHex() + " gives " +
                           QByteArray::fromStdString(file)));
  }
}

void TestFileName::distinctNamesStayDistinct_data() {
  QTest::addColumn<QByteArray>("one");
  QTest::addColumn<QByteArray>("other");
  const auto row = [](const char* title, const std::string& one, const std::string& other) {
    QTest::newRow(title) << QByteArray::fromStdString(one) << QByteArray::fromStdString(other);
  };
  row("a separator and what it becomes", "a/b", "a_b");
  row("two separators", "a/b", "a\\b");
  row("a device", "CON", "_CON");
  row("nothing", "", "unnamed");
  row("long ones", std::string(300, 'a'), std::string(301, 'a'));
  row("a name made to meet another", "a/b", fileNameOf("a/b", {}, FileNames::distinct));
}

void TestFileName::distinctNamesStayDistinct() {
  QFETCH(QByteArray, one);
  QFETCH(QByteArray, other);
  const auto first = fileNameOf(one.toStdString(), ".json", FileNames::distinct),
             second = fileNameOf(other.toStdString(), ".json", FileNames::distinct);
  QVERIFY2(first != second, first.c_str());
  QVERIFY(isOneName(first) && isOneName(second));
  QCOMPARE(fileNameOf("lenet-5", ".json", FileNames::distinct), std::string("lenet-5.json"));
}

void TestFileName::theFileIsMadeInItsFolder() {
  const QTemporaryDir outer;
  const fs::path folder = fs::path(outer.path().toStdString()) / "inner";
  fs::create_directories(folder);
  int made = 0;
  for (const char* name :
       {"../up", "/tmp/loom-absolute", "..", "a/b/c", "-o", ".hidden", "\xff\xfe\xfd", "x\ny"}) {
    std::ofstream(folder / fileNameOf(name, ".txt")) << "x";
    QCOMPARE(std::distance(fs::directory_iterator(folder), {}), std::ptrdiff_t(++made));
  }
  QCOMPARE(std::distance(fs::directory_iterator(folder.parent_path()), {}), std::ptrdiff_t(1));
}

void TestFileName::hiddenCharacters_data() {
  QTest::addColumn<QByteArray>("text");
  QTest::addColumn<QByteArray>("shown");
  const auto row = [](const char* title, const std::string& text, const char* shown) {
    QTest::newRow(title) << QByteArray::fromStdString(text) << QByteArray(shown);
  };
  row("C0", "a\x1b[2J\r\n\t\x07", "a\\x1b[2J\\r\\n\\t\\x07");
  row("nul", std::string("a\0b", 3), "a\\x00b");
  row("DEL and C1", "\x7f\u0080\u009b\u009f", "\\x7f\\x80\\x9b\\x9f");
  row("embeddings and overrides", "\u202a\u202b\u202c\u202d\u202e", "\\u202a\\u202b\\u202c\\u202d\\u202e");
  row("isolates", "\u2066\u2067\u2068\u2069", "\\u2066\\u2067\\u2068\\u2069");
  row("marks of direction", "\u200e\u200f\u061c", "\\u200e\\u200f\\u061c");
  row("separators of lines", "\u2028\u2029", "\\u2028\\u2029");
  row("no width", "a\u200bb\ufeff\u2060", "a\\u200bb\\ufeff\\u2060");
  row("joiners between Latin letters", "ru\u200dn\u200c", "ru\\u200dn\\u200c");
  row("a joiner at the beginning", "\u200da", "\\u200da");
  row("two joiners", "ن\u200c\u200c", "ن\u200c\\u200c");
  row("joiners where they belong", "می\u200cخواهم 👩‍🔬", "می\u200cخواهم 👩‍🔬");
  row("soft hyphen and empty letters", "a\u00ad\u3164", "a\\xad\\u3164");
  row("tags", "a\U000e0041", "a\\U000e0041");
  row("half a character", "a\xed\xa0\x80", "a\\xed\\xa0\\x80");
  row("cut", "a\xc3", "a\\xc3");
  row("visible", "größe 温度 עברית é", "größe 温度 עברית é");
}

void TestFileName::hiddenCharacters() {
  QFETCH(QByteArray, text);
  QFETCH(QByteArray, shown);
  const std::string visible = visibleText(text.toStdString());
  QCOMPARE(QByteArray::fromStdString(visible), shown);
  QCOMPARE(visibleText(visible), visible); // what is shown twice is shown the same
}

void TestFileName::noOtherCodeMakesAFileNameOfAName() {
  static const std::regex made(
      R"rx(name[A-Za-z_]*(\(\))?\)* ?\+ ?[A-Za-z]*\(?\x22\.(json|loom|py|csv|png|svg|safetensors|db|txt))rx");
  const fs::path root = LOOM_SOURCE_DIR;
  int files = 0;
  QStringList faults;
  for (const char* top : {"core", "app"})
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const auto suffix = entry.path().extension();
      if (suffix != ".cpp" && suffix != ".h") continue;
      ++files;
      const std::string place = fs::relative(entry.path(), root).generic_string();
      if (std::any_of(byHand.begin(), byHand.end(), [&](const Reason& row) { return place == row.place; }))
        continue;
      std::ifstream in(entry.path());
      int number = 0;
      for (std::string line; std::getline(in, line);)
        if (++number; std::regex_search(line, made))
          faults << QString("%1:%2: use fileNameOf()").arg(place.c_str()).arg(number);
    }
  QVERIFY(files > 300);
  for (const QString& fault : faults) qWarning("%s", qPrintable(fault));
  QVERIFY(faults.isEmpty());
}

QTEST_GUILESS_MAIN(TestFileName)
#include "tst_file_name.moc"
