// SPDX-License-Identifier: Apache-2.0
// All texts of core, gpu and `loom` in one file, resources/texts/messages.md: generated from the sources and
// the tables (LOOM_WRITE_GOLDEN=1 writes it: read the difference), so that they can be read and translated
// together. And a rule: what an Error says is created by say().
#include "app/cli/program.h"
#include "core/base/message.h"
#include "core/data/dataset.h"
#include "core/launch/launcher.h"
#include "core/layers/layer_spec.h"
#include "core/run/project.h"
#include "core/run/run_config.h"
#include "tests/texts.h"
#include <QtTest>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace loom;
namespace fs = std::filesystem;

namespace {

struct File {
  std::string name; // relative to the root
  std::string text;
};

std::string readAll(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// Sorted by room and name; message.h itself is what they are written with.
const std::vector<File>& sources() {
  static const std::vector<File> files = [] {
    const fs::path root = LOOM_SOURCE_DIR;
    static const std::set<std::string> suffixes{".h", ".cpp", ".cu", ".cuh", ".inc"};
    std::vector<File> found;
    for (const char* top : {"core", "gpu", "app/cli"}) {
      if (!fs::exists(root / top)) continue;
      for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
        const std::string name = fs::relative(entry.path(), root).generic_string();
        if (suffixes.contains(entry.path().extension().string()) && name != "core/base/message.h")
          found.push_back({name, readAll(entry.path())});
      }
    }
    std::sort(found.begin(), found.end(), [](const File& a, const File& b) {
      return std::pair(fs::path(a.name).parent_path(), a.name) <
             std::pair(fs::path(b.name).parent_path(), b.name);
    });
    return found;
  }();
  return files;
}

// core/<room>, gpu, app/cli: a room's folders belong to it.
std::string roomOf(const std::string& file) {
  const auto first = file.find('/'), second = file.find('/', first + 1);
  return file.starts_with("gpu/") ? "gpu" : file.substr(0, second);
}

// On one line of Markdown.
std::string line(std::string_view text) {
  std::string shown;
  for (const char c : text) {
    if (c == '\n')
      shown += "\\n";
    else if (c == '|' || c == '<')
      shown += std::string("\\") + c;
    else
      shown += c;
  }
  return shown;
}

void addMessages(std::ostream& out) {
  out << "\n## Messages\n";
  std::string room;
  for (const File& file : sources()) {
    std::vector<std::string> texts;
    for (const auto& one : texts::templatesIn(file.text))
      if (std::find(texts.begin(), texts.end(), one.text) == texts.end()) texts.push_back(one.text);
    if (texts.empty()) continue;
    if (roomOf(file.name) != room) out << "\n### " << (room = roomOf(file.name)) << "\n";
    out << "\n`" << file.name << "`\n\n";
    for (const auto& text : texts) out << "- `" << texts::idOf(text) << "` " << line(text) << "\n";
  }
}

template<class Fields> void addFields(std::ostream& out, const Fields& fields) {
  for (const auto& field : fields) {
    out << "- `" << field.name << "` " << line(field.label);
    if (!field.help.empty()) out << ": " << line(field.help);
    for (std::size_t i = 0; i < field.choices.size(); ++i)
      out << (i == 0 ? " Choices: " : ", ") << line(field.choices[i]);
    out << "\n";
  }
}

void addTables(std::ostream& out) {
  out << "\n## Layers\n";
  for (const LayerSpec* layer : layerTable()) {
    out << "\n### " << layer->type << " (" << line(layer->group) << ")\n\n" << line(layer->summary) << "\n\n";
    if (!layer->formula.empty()) out << "- Formula: " << line(layer->formula) << "\n";
    addFields(out, layer->fields);
  }
  out << "\n## Optimizers\n";
  for (const auto& row : optimizers()) {
    out << "\n### " << row.name << "\n\n";
    addFields(out, row.fields);
  }
  out << "\n## Schedules\n";
  for (const auto& row : schedules()) {
    out << "\n### " << row.name << "\n\n" << line(row.summary) << "\n\n";
    addFields(out, row.fields);
  }
  out << "\n## Dataset formats\n\n";
  for (const auto& format : datasetFormats())
    out << "- `" << format.name << "` " << line(format.label) << "\n";
  out << "\n## Launchers\n\n";
  for (const auto& row : launchers()) out << "- `" << row.name << "` " << line(row.label) << "\n";
  out << "\n## Templates\n\n";
  for (const auto& one : projectTemplates())
    out << "- `" << one.id << "` " << line(one.name) << ": " << line(one.summary) << "\n";
}

void addOptions(std::ostream& out, const CLI::App& app) {
  for (const auto* option : app.get_options())
    if (option->get_name() != "--help")
      out << "- `" << option->get_name() << "` " << line(option->get_description()) << "\n";
  for (const auto* below : app.get_subcommands([](const CLI::App*) { return true; })) {
    out << "\n`" << below->get_name() << "`: " << line(below->get_description()) << "\n\n";
    addOptions(out, *below);
  }
}

std::string catalogue() {
  std::ostringstream out;
  out << "# Texts\n\n"
         "The texts that core, the GPU plug-in and `loom` show to people. The test tst_texts generates this "
         "file from the sources\nand tables, and fails when it is out of date; with LOOM_WRITE_GOLDEN=1 it "
         "writes the file. `{}` is an argument: a\nnumber, a count or a name. The digits are the id of a "
         "message in journals and in `--json`.\n";
  addMessages(out);
  addTables(out);
  out << "\n## Verbs\n";
  const auto program = makeCommandLine();
  for (const auto* verb : program->verbs) {
    out << "\n### loom " << verb->get_name() << "\n\n" << line(verb->get_description()) << "\n\n";
    addOptions(out, *verb);
  }
  return out.str();
}

} // namespace

class TestTexts : public QObject {
  Q_OBJECT

 private slots:
  void templatesAreRead_data() {
    QTest::addColumn<QString>("source");
    QTest::addColumn<QStringList>("expected");
    QTest::addColumn<int>("unread");
    const auto row = [](const char* name, const char* source, const QStringList& expected, int unread = 0) {
      QTest::newRow(name) << QString::fromUtf8(source) << expected << unread;
    };
    row("one", "return say(\"a {}\", 1);", {"a {}"});
    row("adjacent literals", "say(\"a \"\n    \"b\"  // c\n \"d\", x)", {"a bd"});
    row("escapes", "say(\"a\\n\\\"b\\\" \\x41 \\u00b7 \\\\\")", {"a\n\"b\" A · \\"});
    row("raw", "say(R\"(a \"b\" \\n)\"); say(R\"x(c)\" d)x\", 2)", {"a \"b\" \\n", "c)\" d"});
    row("raw beside plain", "say(\"a\" R\"(\\)\")", {"a\\"});
    row("count", "sayCount(\"{} run\", \"{} runs of {}\", f(a, b), c)", {"{} run", "{} runs of {}"});
    row("typed", "say<std::vector<int>>(\"a {}\", b)", {"a {}"});
    row("within", "say(\"a {}\", say(\"b\"))", {"a {}", "b"});
    row("in a condition", "x ? say(\"a\") : say(\"b\")", {"a", "b"});
    row("qualified", "loom::say(\"a\")", {"a"});
    row("comments", "// say(\"a\")\n/* say(\"b\")\n */ say(\"c\")", {"c"});
    row("a comment in a literal", "say(\"a // b /* c\"); say(\"d\")", {"a // b /* c", "d"});
    row("preprocessor", "#define X say(\"a\") \\\n  say(\"b\")\nsay(\"c\")", {"c"});
    row("quotes as characters", "f('\"'); say(\"a\"); f('\\''); n = 1'000; say(\"b\")", {"a", "b"});
    row("other functions", "out.say(\"a\"); p->say(\"b\"); X::say(\"c\"); essay(\"d\"); say_(\"e\")", {});
    row("declaration", "Message say(MessageTemplate<A> text, B b);", {});
    row("not called", "auto f = say;", {});
    row("not a literal", "say(text, 1); return say(x ? \"a\" : \"b\")", {}, 2);
    row("joined by +", "say(\"a\" + b)", {}, 1);
  }

  void templatesAreRead() {
    QFETCH(QString, source);
    QFETCH(QStringList, expected);
    QFETCH(int, unread);
    std::vector<int> lines;
    QStringList found;
    for (const auto& one : texts::templatesIn(source.toStdString(), &lines))
      found << QString::fromStdString(one.text);
    QCOMPARE(found, expected);
    QCOMPARE(static_cast<int>(lines.size()), unread);
  }

  void unsaidTextsAreFound_data() {
    QTest::addColumn<QString>("source");
    QTest::addColumn<QStringList>("expected");
    const auto row = [](const char* name, const char* source, const QStringList& expected) {
      QTest::newRow(name) << QString::fromUtf8(source) << expected;
    };
    row("said", "return Error{ErrorKind::usage, \"--split\", say(\"a {}\", b), say(\"c\")};", {});
    row("foreign", "Error{ErrorKind::other, file, foreign(std::strerror(code)), {}}", {});
    row("literals", "return {ErrorKind::usage, place, \"a\", \"b\"};", {"\"a\"", "\"b\""});
    row("one of two", "Error{ErrorKind::usage, place, say(\"a\"), \"b\" + c}", {"\"b\""});
    row("formatted", "Error{ErrorKind::usage, fmt::format(\"a {}\", b), fmt::format(\"c\"), say(\"d\")}",
        {"fmt::format", "fmt::format"});
    row("a condition", "Error e{x ? ErrorKind::a : ErrorKind::b, p, y ? say(\"a\") : \"b\", say(\"c\")};",
        {"\"b\""});
    row("an argument", "report({ErrorKind::usage, \"p\", std::string(\"a\"), say(\"b\")})", {"\"a\""});
    row("said with a condition within", "Error{ErrorKind::a, p, say(\"a {}\", f(\"x\", {1, 2})), {}}", {});
    row("assigned", "error.cause = \"a\"; error.fix = say(\"b\"); e.fix = x ? say(\"c\") : \"d\";",
        {"\"a\"", "\"d\""});
    row("names for another function", "answer.fix = setTo(\"stride\", fmt::format(\"x\"));", {"fmt::format"});
    row("compared", "if (error.cause == \"a\") return;", {});
    row("other braces", "Row{1, 2, \"a\"}; f({\"b\", \"c\", \"d\", \"e\"});", {});
    row("foreign, but ours", "x = foreign(\"a\"); y = foreign(b + \"c\"); z = foreign(fmt::format(\"d\"));",
        {"\"a\"", "\"c\"", "fmt::format"});
    row("foreign by its name", "x = foreign(text(event, \"reason\"));", {});
    row("comment", "// Error{ErrorKind::a, p, \"b\", \"c\"}", {});
  }

  void unsaidTextsAreFound() {
    QFETCH(QString, source);
    QFETCH(QStringList, expected);
    QStringList found;
    for (const auto& one : texts::unsaidIn(source.toStdString())) found << QString::fromStdString(one.what);
    QCOMPARE(found, expected);
  }

  // Journals and --json name a template by its id.
  void idsAreUnique() {
    QCOMPARE(texts::idOf("There is no run yet"), say("There is no run yet").id());
    std::map<std::string, std::string> texts;
    for (const File& file : sources()) {
      std::vector<int> unread;
      for (const auto& one : texts::templatesIn(file.text, &unread)) {
        const auto [known, added] = texts.emplace(texts::idOf(one.text), one.text);
        QVERIFY2(added || known->second == one.text,
                 qPrintable(QString("'%1' and '%2' have the same id: change one of them")
                                .arg(known->second.c_str(), one.text.c_str())));
      }
      QVERIFY2(unread.empty(), qPrintable(QString("%1:%2: the template of say() must be a literal")
                                              .arg(file.name.c_str())
                                              .arg(unread.empty() ? 0 : unread.front())));
    }
    QVERIFY(!texts.empty());
  }

  void catalogueIsUpToDate() {
    const fs::path file = fs::path(LOOM_SOURCE_DIR) / "resources" / "texts" / "messages.md";
    const std::string text = catalogue();
    if (qEnvironmentVariableIsSet("LOOM_WRITE_GOLDEN")) {
      fs::create_directories(file.parent_path());
      std::ofstream(file, std::ios::binary) << text;
    }
    const std::string committed = readAll(file);
    if (committed == text) return;
    const auto now = QString::fromStdString(text).split('\n');
    const auto then = QString::fromStdString(committed).split('\n');
    for (qsizetype i = 0; i < std::max(now.size(), then.size()); ++i)
      if (now.value(i) != then.value(i))
        QFAIL(qPrintable(QString("resources/texts/messages.md is out of date at line %1: it has '%2', the "
                                 "sources have '%3'. LOOM_WRITE_GOLDEN=1 tst_texts writes it.")
                             .arg(i + 1)
                             .arg(then.value(i), now.value(i))));
  }

  // The compiler refuses a string as a cause or a fix; places are texts too.
  void errorsAreSaid() {
    QStringList wrong;
    for (const File& file : sources())
      for (const auto& one : texts::unsaidIn(file.text))
        wrong << QString("%1:%2: %3").arg(file.name.c_str()).arg(one.line).arg(one.what.c_str());
    QVERIFY2(wrong.isEmpty(), qPrintable("create them with say():\n" + wrong.join('\n')));
  }
};

QTEST_GUILESS_MAIN(TestTexts)
#include "tst_texts.moc"
