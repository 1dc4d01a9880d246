// SPDX-License-Identifier: GPL-3.0-or-later
// Names from files that anybody may have written: no label and no tool tip takes them for HTML, so none opens a
// file that they name; hidden characters are shown as escapes; "&" is no mnemonic. With one test that walks
// every page of a project full of such names, and one that reads the sources.
#include "app/studio/shell/pages.h"
#include "app/studio/theme/visible_text.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/widgets/text.h"
#include "core/store/store.h"
#include "tests/studio/run_fixture.h"
#include "tests/studio/studio_fixture.h"
#include <QAbstractItemView>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDirIterator>
#include <QHeaderView>
#include <QLabel>
#include <QListWidget>
#include <QMessageBox>
#include <QRegularExpression>
#include <QScopeGuard>
#include <QTableWidget>
#include <QToolTip>
#include <atomic>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace loom;
using namespace loom::test;

namespace {

// A pipe whose name stands in an <img src>. Whoever opens it for reading waits for a writer: this one comes at
// once, so that the window does not hang, and counts it.
class Trap {
 public:
  explicit Trap(const QString& file) : file_(file.toStdString()) {
    if (mkfifo(file_.c_str(), 0600) != 0) qFatal("no pipe");
    thread_ = std::thread([this] {
      while (!done_) {
        if (const int pipe = ::open(file_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC); pipe >= 0) {
          ++opened_;
          ::close(pipe);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  ~Trap() {
    done_ = true;
    thread_.join();
  }
  int opened() const { return opened_; }

 private:
  std::string file_;
  std::atomic<bool> done_ = false;
  std::atomic<int> opened_ = 0;
  std::thread thread_;
};

// What no name should do. `file`: what its picture would be read from.
QString hostile(const QString& what, const QString& file) {
  return QString("%1<b>bold</b>&amp;&x <img src='%2'>\x1b[31m\u202egnp\u200f").arg(what, file);
}

QLabel* tipOnScreen(const QString& text) {
  for (QWidget* widget : QApplication::topLevelWidgets())
    if (auto* tip = qobject_cast<QLabel*>(widget); tip && tip->inherits("QTipLabel") && tip->text() == text)
      return tip;
  return nullptr;
}

// Every tool tip that a widget may show, those of a view's items included.
QStringList tipsOf(QWidget* widget) {
  QStringList tips{widget->toolTip()};
  for (const QAction* action : widget->actions()) tips << action->toolTip();
  if (const auto* view = qobject_cast<QAbstractItemView*>(widget); view && view->model()) {
    const auto* model = view->model();
    for (int column = 0; column < model->columnCount(); ++column) {
      tips << model->headerData(column, Qt::Horizontal, Qt::ToolTipRole).toString();
      for (int row = 0; row < std::min(20, model->rowCount()); ++row)
        tips << model->index(row, column).data(Qt::ToolTipRole).toString();
    }
  }
  tips.removeAll(QString());
  return tips;
}

// A project whose folder, network, columns and classes are hostile, with a trained run and one that has a tag.
QString hostileProject(const QString& base, const QString& trap) {
  const QString folder = base + "/" + hostile("folder", "trap").remove('/') + ".loom";
  QByteArray table = "size," + hostile("column", trap).toUtf8() + ",kind\n";
  for (int row = 0; row < 90; ++row)
    table += QByteArray::number(row % 30) + "," + QByteArray::number(row % 7) + "," +
             hostile(row % 2 ? "class" : "other", trap).toUtf8() + "\n";
  QFile file(base + "/table.csv");
  if (!file.open(QIODevice::WriteOnly) || file.write(table) != table.size()) return {};
  file.close();
  const auto must = [](const std::vector<std::string>& arguments) {
    const auto done = loomProgram(arguments);
    if (done.exitCode != 0) qWarning("%s: %s", arguments.front().c_str(), done.errors.c_str());
    return done.exitCode == 0;
  };
  if (!must({"new", folder.toStdString(), "--data", file.fileName().toStdString(), "--target", "kind"}))
    return {};
  auto project = openProject(folder.toStdString());
  auto network = project ? loadNetwork(*project, {}) : Result<Network>(Error{});
  if (!network) return {};
  network->name = hostile("network", "trap").remove('/').toStdString();
  project->network = network->name;
  if (!saveNetwork(*project, *network) || !saveProject(*project)) return {};
  if (!must({"train", folder.toStdString(), "--epochs", "2"}) ||
      !must({"evaluate", folder.toStdString(), "last", "--split", "test"}))
    return {};
  HandRun run;
  run.name = run.network = hostile("run", trap).toStdString() + "\nsecond line";
  run.status = "failed";
  run.error = hostile("error", trap).toStdString();
  const std::string id = handRun(*project, run, nowMicroseconds() - 60'000'000);
  if (id.empty() || !must({"runs", "list", folder.toStdString()})) return {}; // takes the runs in
  auto store = Store::open(project->folder, Store::Access::automatic);
  if (!store) return {};
  const auto trained = findRun(project->folder, "last");
  if (!trained) return {};
  for (const auto& each : {id, *trained})
    if (!(*store)->setTags(each, {hostile("tag", trap).toStdString()}) ||
        !(*store)->setName(each, hostile("name", trap).toStdString()) ||
        !(*store)->setNote(each, hostile("note", trap).toStdString() + "\nmore"))
      return {};
  return folder;
}

} // namespace

class TestHostileNames : public QObject {
  Q_OBJECT
 public:
  static void initMain() { useOwnHome(); }

 private Q_SLOTS:
  void initTestCase();
  void textsAreVisible_data();
  void textsAreVisible();
  void ampersandsAreNoMnemonics_data();
  void ampersandsAreNoMnemonics();
  void tipsArePlainAndNarrow_data();
  void tipsArePlainAndNarrow();
  void controlsShowEscapes_data();
  void controlsShowEscapes();
  void htmlInANameOpensNoFile_data();
  void htmlInANameOpensNoFile();
  void everyPageShowsHostileNames();
  void noSourceMakesRichText();

 private:
  std::unique_ptr<Settings> settings_;
};

void TestHostileNames::initTestCase() {
  settings_ = std::make_unique<Settings>(Settings::userFile());
  LoomStyle::install(*static_cast<QApplication*>(QCoreApplication::instance()), settings_->look(false));
}

void TestHostileNames::textsAreVisible_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("onOneLine");
  QTest::addColumn<QString>("onLines");
  const auto row = [](const char* title, const QString& name, const char* one, const char* lines) {
    QTest::newRow(title) << name << QString::fromUtf8(one) << QString::fromUtf8(lines);
  };
  row("nothing", "", "", "");
  row("plain", "lenet · 5", "lenet · 5", "lenet · 5");
  row("HTML stays as it is written", "<b>a</b>&amp;", "<b>a</b>&amp;", "<b>a</b>&amp;");
  row("line ends", "a\nb\r", "a\\nb\\r", "a\nb\\r");
  row("commands of a terminal", "\x1b[31m", "\\x1b[31m", "\\x1b[31m");
  row("C1", QString(QChar(0x9b)), "\\x9b", "\\x9b");
  row("direction", QString::fromUtf8("a\u202eb\u2066\u061c"), "a\\u202eb\\u2066\\u061c",
      "a\\u202eb\\u2066\\u061c");
  row("separators", QString::fromUtf8("\u2028\u2029"), "\\u2028\\u2029", "\\u2028\\u2029");
  row("half a character", QString("a") + QChar(0xd800) + "b", "a\\ud800b", "a\\ud800b");
  row("the other half", QString(QChar(0xdc00)), "\\udc00", "\\udc00");
  row("beyond 16 bits", QString::fromUtf8("👩‍🔬 温度"), "👩‍🔬 温度", "👩‍🔬 温度");
  row("a joiner between Latin letters", QString::fromUtf8("ru\u200dn"), "ru\\u200dn", "ru\\u200dn");
}

void TestHostileNames::textsAreVisible() {
  QFETCH(QString, name);
  QFETCH(QString, onOneLine);
  QFETCH(QString, onLines);
  QCOMPARE(visible(name), onOneLine);
  QCOMPARE(visibleLines(name), onLines);
  QCOMPARE(visible(onOneLine), onOneLine);
}

void TestHostileNames::ampersandsAreNoMnemonics_data() {
  QTest::addColumn<QString>("name");
  QTest::addColumn<QString>("label");
  const std::pair<const char*, const char*> rows[] = {{"A & B", "A && B"}, {"&x", "&&x"},
                                                      {"&&", "&&&&"},      {"&amp;", "&&amp;"},
                                                      {"none", "none"},    {"end&", "end&&"}};
  for (const auto& [name, label] : rows) QTest::newRow(name) << QString(name) << QString(label);
}

void TestHostileNames::ampersandsAreNoMnemonics() {
  QFETCH(QString, name);
  QFETCH(QString, label);
  QCOMPARE(toLabel(name), label);
  QCOMPARE(fromLabel(label), name);
  QVERIFY(QKeySequence::mnemonic(label).isEmpty());
}

void TestHostileNames::tipsArePlainAndNarrow_data() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<QString>("second");
  QTest::addColumn<QString>("tip"); // empty: several lines that say the same
  QTest::newRow("short") << "Run"
                         << ""
                         << "Run";
  QTest::newRow("with a key") << "Run"
                              << "F5"
                              << "Run\nF5";
  QTest::newRow("HTML") << "<b>a</b> & b"
                        << "<i>"
                        << "<b>a</b> & b\n<i>";
  QTest::newRow("hidden") << "a\nb\x1b"
                          << ""
                          << "a\\nb\\x1b";
  QTest::newRow("long") << QString("one two three four ").repeated(12).trimmed() << ""
                        << "";
  QTest::newRow("long without spaces") << QString(400, 'x') << "F5"
                                       << "";
}

void TestHostileNames::tipsArePlainAndNarrow() {
  QFETCH(QString, text);
  QFETCH(QString, second);
  QFETCH(QString, tip);
  const QString made = tipText(text, second);
  if (!tip.isEmpty()) QCOMPARE(made, tip);
  const Look& look = lookOf(nullptr);
  const QFontMetrics metrics(look.fonts[Type::small]);
  for (const QString& line : made.split('\n'))
    QVERIFY2(metrics.horizontalAdvance(line) <= look.px(312), qPrintable(line));
  if (tip.isEmpty()) QVERIFY(made.count('\n') >= 2);
  QCOMPARE(QString(made).remove('\n').remove(' '), QString(visible(text) + second).remove(' '));
}

using Make = QWidget* (*)(const QString& text);
Q_DECLARE_METATYPE(Make)

void TestHostileNames::controlsShowEscapes_data() {
  QTest::addColumn<Make>("make");
  const auto row = [](const char* name, Make make) { QTest::newRow(name) << make; };
  row("QLabel", [](const QString& text) -> QWidget* { return new QLabel(text); });
  row("Text", [](const QString& text) -> QWidget* { return new Text(text); });
  row("Text that wraps", [](const QString& text) -> QWidget* {
    auto* words = new Text(text);
    words->setWrap(true);
    return words;
  });
  row("QPushButton", [](const QString& text) -> QWidget* { return new QPushButton(text); });
  row("QCheckBox", [](const QString& text) -> QWidget* { return new QCheckBox(text); });
  row("QComboBox", [](const QString& text) -> QWidget* {
    auto* box = new QComboBox;
    box->addItem(text);
    return box;
  });
  row("QListWidget", [](const QString& text) -> QWidget* {
    auto* list = new QListWidget;
    list->addItem(text);
    return list;
  });
  row("RowDelegate", [](const QString& text) -> QWidget* {
    auto* list = new QListWidget;
    list->setItemDelegate(new RowDelegate(list));
    list->addItem(text);
    return list;
  });
  row("header", [](const QString& text) -> QWidget* {
    auto* table = new QTableWidget(0, 1);
    table->setHorizontalHeaderLabels({text});
    table->setColumnWidth(0, 260);
    return table;
  });
}

// A control with hidden characters is drawn as one whose text has the escapes.
void TestHostileNames::controlsShowEscapes() {
  QFETCH(Make, make);
  const QString name = QString::fromUtf8("ab\x1b[31m\u202e"
                                         "cd\u200f!");
  const auto drawn = [make](const QString& text) {
    const std::unique_ptr<QWidget> widget(make(text));
    widget->setFixedSize(320, 80);
    return widget->grab().toImage();
  };
  const QImage shown = drawn(name), escapes = drawn(visible(name)), without = drawn("ab[31mcd!");
  QCOMPARE(shown, escapes);
  QVERIFY(shown != without);
}

void TestHostileNames::htmlInANameOpensNoFile_data() {
  QTest::addColumn<Make>("make");
  const auto row = [](const char* name, Make make) { QTest::newRow(name) << make; };
  row("QLabel", [](const QString& text) -> QWidget* { return new QLabel(text); });
  row("QMessageBox", [](const QString& text) -> QWidget* {
    auto* box = new QMessageBox(QMessageBox::Warning, text, text);
    box->setInformativeText(text);
    return box;
  });
  row("tool tip by setTip", [](const QString& text) -> QWidget* {
    auto* widget = new QWidget;
    setTip(widget, text);
    return widget;
  });
  row("tool tip by hand", [](const QString& text) -> QWidget* {
    auto* widget = new QWidget;
    widget->setToolTip(text);
    return widget;
  });
}

void TestHostileNames::htmlInANameOpensNoFile() {
  QFETCH(Make, make);
  const QTemporaryDir folder;
  const QString pipe = folder.filePath("pipe");
  const Trap trap(pipe);
  const std::unique_ptr<QWidget> widget(make(hostile("x", pipe)));
  widget->show();
  widget->grab();
  if (!widget->toolTip().isEmpty()) {
    QToolTip::showText(QPoint(20, 20), widget->toolTip(), widget.get());
    QLabel* tip = tipOnScreen(widget->toolTip());
    QVERIFY(tip != nullptr);
    QCOMPARE(tip->textFormat(), Qt::PlainText);
    tip->grab();
    QToolTip::hideText();
  }
  for (const auto* label : widget->findChildren<QLabel*>())
    if (label->isVisible()) QCOMPARE(label->textFormat(), Qt::PlainText);
  QCoreApplication::processEvents();
  QCOMPARE(trap.opened(), 0);
}

void TestHostileNames::everyPageShowsHostileNames() {
  const QTemporaryDir folder;
  const QString before = QDir::currentPath();
  QDir::setCurrent(folder.path()); // a file's name has no "/": its picture would be read from here
  const auto back = qScopeGuard([&] { QDir::setCurrent(before); });
  const Trap trap(folder.filePath("trap"));
  const QString project = hostileProject(folder.path(), folder.filePath("trap"));
  QVERIFY(!project.isEmpty());
  Desk desk(project);
  QTRY_COMPARE_WITH_TIMEOUT(int(desk.studio->session().runs().size()), 2, patience);
  QCOMPARE(desk.window().windowTitle(), visibleLines(desk.window().windowTitle()));
  QVERIFY(desk.window().windowTitle().contains("folder<b>"));
  const PageTarget targets[] = {to::Welcome{},  to::Data{},    to::Design{},  to::Train{},
                                to::Evaluate{}, to::History{}, to::Settings{}};
  QStringList faults;
  int tips = 0;
  for (const PageTarget& target : targets) {
    desk.window().show(target);
    QVERIFY(desk.settled());
    desk.window().grab();
    for (QWidget* widget : QApplication::allWidgets()) {
      if (const auto* label = qobject_cast<QLabel*>(widget);
          label && label->isVisible() && label->textFormat() != Qt::PlainText)
        faults << QString("A label is not plain: %1").arg(label->text());
      for (const QString& tip : tipsOf(widget)) {
        ++tips;
        if (tip != visibleLines(tip))
          faults << QString("%1: a tool tip has hidden characters: %2")
                        .arg(widget->metaObject()->className(), tip);
        if (!tip.contains('<')) continue;
        QToolTip::showText(QPoint(20, 20), tip, &desk.window());
        if (QLabel* shown = tipOnScreen(tip); shown == nullptr || shown->textFormat() != Qt::PlainText)
          faults << QString("A tool tip is not plain: %1").arg(tip);
        else
          shown->grab();
        QToolTip::hideText();
      }
    }
  }
  QVERIFY(tips > 50);
  faults.removeDuplicates();
  for (const QString& fault : faults) qWarning("%s", qPrintable(fault));
  QVERIFY(faults.isEmpty());
  QCOMPARE(trap.opened(), 0);
}

void TestHostileNames::noSourceMakesRichText() {
  struct Rule {
    QRegularExpression word;
    QStringList where; // files that may
    const char* instead;
  };
  const std::vector<Rule> rules = {
      {QRegularExpression("setToolTip\\((?!\\s*tipText\\()"),
       {"app/studio/widgets/panels.cpp"},
       "setTip() or tipText()"},
      {QRegularExpression("(Rich|Markdown|Auto)Text\\b|\\b(set|insert|append)(Html|Markdown)\\b"),
       {},
       "plain text"},
      {QRegularExpression(
           "\\bQ(TextBrowser|TextDocument|ErrorMessage|GraphicsTextItem|WhatsThis)\\b|setWhatsThis"),
       {"app/studio/pages/design/code_view.cpp"}, // of a QPlainTextEdit
       "Text or QPlainTextEdit"},
      {QRegularExpression("\\bQStaticText \\w+\\("),
       {"app/studio/canvas/canvas_painter.cpp"},
       "plain QStaticText"},
      {QRegularExpression("setWindowTitle\\((?!QStringLiteral|\"|tr\\()"),
       {"app/studio/frame/main_window.cpp"},
       "visible()"},
  };
  const QDir root(LOOM_SOURCE_DIR);
  QStringList faults;
  int files = 0;
  QDirIterator every(root.filePath("app/studio"), {"*.cpp", "*.h"}, QDir::Files,
                     QDirIterator::Subdirectories);
  while (every.hasNext()) {
    QFile file(every.next());
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QString text = QString::fromUtf8(file.readAll()), name = root.relativeFilePath(file.fileName());
    ++files;
    for (const Rule& rule : rules)
      if (const auto match = rule.word.match(text); match.hasMatch() && !rule.where.contains(name))
        faults << QString("%1:%2: %3: use %4")
                      .arg(name)
                      .arg(text.left(match.capturedStart()).count('\n') + 1)
                      .arg(match.captured(), QString::fromLatin1(rule.instead));
  }
  QVERIFY(files > 150);
  for (const QString& fault : faults) qWarning("%s", qPrintable(fault));
  QVERIFY(faults.isEmpty());
}

QTEST_MAIN(TestHostileNames)
#include "tst_hostile_names.moc"
