// SPDX-License-Identifier: GPL-3.0-or-later
// The frame: every page and action row, keys, the way of Tab, names for those who do not see, small windows,
// large text, both themes.
#include "app/studio/canvas/canvas_view.h"
#include "app/studio/frame/rail.h"
#include "app/studio/pages/design/design_page.h"
#include "app/studio/shell/pages.h"
#include "app/studio/theme/keys.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include "tests/studio/studio_fixture.h"
#include <QAbstractButton>
#include <QAccessible>
#include <QComboBox>
#include <QLineEdit>
#include <QMenu>
#include <QScrollArea>
#include <QSignalSpy>

using namespace loom;
using namespace loom::test;

namespace {

QString project() {
  static const QString folder = [] {
    const QString path = home().path() + "/frame.loom";
    if (auto made = createFromTemplate(path.toStdString(), "digits"); !made)
      qFatal("%s", made.error().message().c_str());
    return path;
  }();
  return folder;
}

bool inScrollArea(const QWidget* widget) {
  for (const QWidget* up = widget->parentWidget(); up != nullptr; up = up->parentWidget())
    if (qobject_cast<const QAbstractScrollArea*>(up) != nullptr) return true;
  return false;
}

// What a person can reach and press.
QList<QWidget*> controls(QWidget* root) {
  QList<QWidget*> list;
  for (auto* widget : root->findChildren<QWidget*>())
    if (widget->isVisible() && widget->isEnabled() && (widget->focusPolicy() & Qt::TabFocus) != 0 &&
        widget->focusProxy() == nullptr)
      list << widget;
  return list;
}

QString nameOf(QWidget* widget) {
  QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
  const QString name = interface != nullptr ? interface->text(QAccessible::Name) : QString();
  return name.isEmpty() ? widget->accessibleName() : name;
}

QString tell(QWidget* widget) {
  return QString("%1 '%2' in '%3'")
      .arg(widget->metaObject()->className(), widget->objectName(),
           widget->parentWidget() != nullptr ? widget->parentWidget()->objectName() : QString());
}

} // namespace

class TestFrame : public QObject {
  Q_OBJECT

 public:
  static void initMain() { useOwnHome(); }

 private slots:
  void pagesAreReached_data();
  void pagesAreReached();
  void actionsAreUniqueAndDoSomething();
  void tabReachesEveryControl_data();
  void tabReachesEveryControl();
  void everythingHasAName_data();
  void everythingHasAName();
  void smallWindowClipsNothing_data();
  void smallWindowClipsNothing();
  void theStripLeavesOutWholeParts_data();
  void theStripLeavesOutWholeParts();
  void sizesFollowTheTextSize();
  void largeWordsOfSettingsAreWhole();
  void textSizeAndTheme();
  void pagesThatNeedAProjectSayWhy();
  void settingsAreKept();
};

static void pageRows() {
  QTest::addColumn<PageId>("id");
  for (const auto& row : pageTable(nullptr)) QTest::newRow(row.name) << row.id;
}

void TestFrame::pagesAreReached_data() { pageRows(); }
void TestFrame::pagesAreReached() {
  QFETCH(PageId, id);
  Desk desk(project());
  const PageRow* row = desk.window().context().findPage(id);
  QVERIFY(QString(row->keys).size() > 0);
  desk.window().show(targetOf(id == PageId::welcome ? PageId::settings : PageId::welcome));
  const QKeySequence keys(QString(row->keys), QKeySequence::PortableText);
  QTest::keyClick(&desk.window(), keys[0].key(), keys[0].keyboardModifiers());
  QCOMPARE(desk.window().currentPage(), id);
  desk.window().show(targetOf(id == PageId::welcome ? PageId::settings : PageId::welcome));
  QTest::mouseClick(desk.window().rail()->button(id), Qt::LeftButton);
  QCOMPARE(desk.window().currentPage(), id);
  QVERIFY(desk.window().page(id)->isVisible());
}

void TestFrame::actionsAreUniqueAndDoSomething() {
  Desk desk(project());
  Actions& actions = desk.window().context().actions;
  for (const auto& row : pageTable(nullptr)) desk.window().page(row.id);
  QHash<QString, QString> owner;
  const auto take = [&](const QKeySequence& keys, const QString& id) {
    const QString text = keys.toString(QKeySequence::PortableText);
    if (text.isEmpty()) return;
    QVERIFY2(!owner.contains(text), qPrintable(text + ": " + id + " and " + owner.value(text)));
    owner.insert(text, id);
  };
  for (const auto& row : pageTable(nullptr))
    take(QKeySequence(QString(row.keys), QKeySequence::PortableText), row.name);
  QStringList dead, unexplained;
  for (const auto& row : actionTable()) {
    QAction* action = actions[row.id];
    QVERIFY(action != nullptr);
    for (const auto& keys : action->shortcuts()) take(keys, row.id);
    if (!actions.isBound(row.id)) dead << row.id;
    // In a menu of the window, with words.
    auto* menu = desk.window().findChild<QMenu*>(row.menu);
    QVERIFY2(menu != nullptr && menu->actions().contains(action), row.id);
    QVERIFY2(!action->text().isEmpty(), row.id);
    // Off only with a reason, which takes the place of the keys.
    if (!action->isEnabled()) {
      const QString keys = keyText(action->shortcut().toString(QKeySequence::NativeText));
      if (action->toolTip() == tipText(action->text(), keys)) unexplained << row.id;
    }
  }
  QVERIFY2(dead.isEmpty(), qPrintable("nobody does: " + dead.join(", ")));
  QVERIFY2(unexplained.isEmpty(), qPrintable("off without a reason: " + unexplained.join(", ")));
}

void TestFrame::tabReachesEveryControl_data() { pageRows(); }
void TestFrame::tabReachesEveryControl() {
  QFETCH(PageId, id);
  Desk desk(project());
  desk.window().show(targetOf(id));
  QVERIFY(desk.settled()); // what the bridge tells about makes controls
  QWidget* page = desk.window().page(id);
  QSet<QWidget*> met;
  // The canvas keeps Tab for its search; Ctrl Tab leaves it.
  QWidget* begin = controls(&desk.window()).value(0);
  QVERIFY(begin != nullptr);
  begin->setFocus(Qt::TabFocusReason);
  for (int step = 0; step < 400; ++step) {
    QWidget* now = QApplication::focusWidget();
    if (now == nullptr) break;
    if (met.contains(now) && step > 2 && now == begin) break;
    met.insert(now);
    if (qobject_cast<CanvasView*>(now) != nullptr)
      QTest::keyClick(now, Qt::Key_Tab, Qt::ControlModifier);
    else
      QTest::keyClick(now, Qt::Key_Tab);
    if (QApplication::focusWidget() == now) { // a text view may take Tab for itself; then Ctrl Tab leaves it
      QTest::keyClick(now, Qt::Key_Tab, Qt::ControlModifier);
      if (QApplication::focusWidget() == now) break;
    }
  }
  QStringList missed;
  for (auto* control : controls(page))
    if (!met.contains(control)) missed << tell(control);
  QVERIFY2(missed.isEmpty(), qPrintable("Tab does not reach: " + missed.join("; ")));
}

void TestFrame::everythingHasAName_data() { pageRows(); }
void TestFrame::everythingHasAName() {
  QFETCH(PageId, id);
  Desk desk(project());
  desk.window().show(targetOf(id));
  QVERIFY(desk.settled());
  QStringList nameless;
  for (auto* control : controls(&desk.window()))
    if (nameOf(control).trimmed().isEmpty() && qobject_cast<QScrollArea*>(control) == nullptr)
      nameless << tell(control);
  QVERIFY2(nameless.isEmpty(), qPrintable("no name: " + nameless.join("; ")));
}

void TestFrame::smallWindowClipsNothing_data() {
  QTest::addColumn<PageId>("id");
  QTest::addColumn<int>("text");
  for (const auto& row : pageTable(nullptr))
    for (const int text : {13, 16})
      QTest::newRow(qPrintable(QString("%1 %2").arg(row.name).arg(text))) << row.id << text;
}

void TestFrame::smallWindowClipsNothing() {
  QFETCH(PageId, id);
  QFETCH(int, text);
  const QSize least(1024, 640);
  Desk desk(project(), text == 13 ? least : QSize(1280, 800)); // 16 counts as 1040 by 650 of 13
  desk.settings.set("look/text", QString::number(text));
  desk.window().show(targetOf(id));
  QVERIFY(desk.settled());
  QVERIFY2(desk.window().width() <= (text == 13 ? least.width() : 1280), "the window grew");
  QVERIFY2(desk.window().minimumSizeHint().width() <= (text == 13 ? 1024 : 1280),
           qPrintable(QString("wants %1").arg(desk.window().minimumSizeHint().width())));
  QStringList clipped;
  for (auto* widget : desk.window().page(id)->findChildren<QWidget*>()) {
    const bool control = qobject_cast<QAbstractButton*>(widget) != nullptr ||
                         qobject_cast<QComboBox*>(widget) != nullptr ||
                         qobject_cast<QLineEdit*>(widget) != nullptr || widget->inherits("loom::Segments");
    if (!widget->isVisible() || !control) continue;
    const QRect place(widget->mapTo(&desk.window(), QPoint()), widget->size());
    if (!inScrollArea(widget) && !desk.window().rect().contains(place))
      clipped << tell(widget) + " lies outside";
    if (auto* button = qobject_cast<QPushButton*>(widget);
        button != nullptr && button->width() < button->minimumSizeHint().width())
      clipped << tell(widget) + " '" + button->text() + "' is too narrow";
    if (widget->height() < widget->fontMetrics().height()) clipped << tell(widget) + " is too low";
  }
  QVERIFY2(clipped.isEmpty(), qPrintable(clipped.join("; ")));
  desk.settings.set("look/text", "13");
}

void TestFrame::theStripLeavesOutWholeParts_data() {
  QTest::addColumn<int>("width");
  QTest::addColumn<int>("text");
  for (const int width : {1024, 1440})
    for (const int text : {13, 16})
      QTest::newRow(qPrintable(QString("%1 px, text %2").arg(width).arg(text))) << width << text;
}

void TestFrame::theStripLeavesOutWholeParts() {
  QFETCH(int, width);
  QFETCH(int, text);
  Desk desk;
  desk.settings.set("look/text", QString::number(text));
  Strip strip;
  StripState idle;
  idle.message = "Choose a network that works, or drop your data. Nothing leaves this computer.";
  StripState live;
  live.run = StripRun{"42", "resnet-small · 42", {}, "38.2 steps/s", "00:01:58 left"};
  live.waiting = "2 runs waiting, 1 cannot start";
  live.others = "“mnist”: 1 training, 2 waiting";
  live.othersLink = "/mnist";
  for (StripState state : {idle, live}) {
    state.cpu = .4;
    state.memoryUsed = 12.9e9;
    state.memoryTotal = 15.6e9;
    strip.setState(state);
    strip.resize(width, strip.sizeHint().height());
    strip.grab();
    QVERIFY(!strip.painted().isEmpty());
    for (const auto& words : strip.painted()) QVERIFY2(!words.contains(u'…'), qPrintable(words));
    QVERIFY(strip.painted().contains(state.run ? state.run->name : state.message));
  }
  QSignalSpy opened(&strip, &Strip::linkClicked), shown(&strip, &Strip::runClicked);
  strip.resize(1920, strip.height());
  strip.grab();
  QVERIFY(strip.painted().contains(live.others));
  QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(40, strip.height() / 2));
  QCOMPARE(shown.size(), 1);
  for (int x = 0; x < strip.width() && opened.isEmpty(); x += 20)
    QTest::mouseClick(&strip, Qt::LeftButton, {}, QPoint(x, strip.height() / 2));
  QCOMPARE(opened.value(0).value(0).toString(), live.othersLink);
  desk.settings.set("look/text", "13");
}

void TestFrame::sizesFollowTheTextSize() {
  Desk desk(project());
  const auto widthOf = [&](PageId page, const char* name) {
    return desk.window().page(page)->findChild<QWidget*>(name)->minimumWidth();
  };
  const auto widths = [&] {
    return QList<int>{widthOf(PageId::train, "liveRate"), widthOf(PageId::train, "runSide"),
                      widthOf(PageId::history, "historyFilter"), widthOf(PageId::history, "historyTag")};
  };
  const QList<int> before = widths();
  desk.settings.set("look/text", "16"); // while the studio runs
  const QList<int> after = widths();
  for (int at = 0; at < before.size(); ++at)
    QVERIFY2(after[at] >= before[at] * 6 / 5, qPrintable(QString("%1: %2").arg(at).arg(after[at])));
  desk.settings.set("look/text", "13");
  QCOMPARE(widths(), before);
}

void TestFrame::largeWordsOfSettingsAreWhole() {
  Desk desk({}, {1024, 768});
  desk.settings.set("look/text", "16");
  desk.window().show(to::Settings{});
  QCoreApplication::processEvents();
  QStringList cut;
  for (auto* words : desk.window().page(PageId::settings)->findChildren<Text*>()) {
    if (!words->isVisible() || !inScrollArea(words)) continue;
    const bool wraps = words->sizePolicy().hasHeightForWidth();
    if (wraps ? words->height() < words->heightForWidth(words->width())
              : words->width() < words->sizeHint().width())
      cut << words->text();
  }
  QVERIFY2(cut.isEmpty(), qPrintable(cut.join("; ")));
  desk.settings.set("look/text", "13");
}

void TestFrame::textSizeAndTheme() {
  Desk desk(project());
  const int before = desk.window().fontMetrics().height();
  const QImage light = desk.window().grab().toImage();
  QTest::keyClick(&desk.window(), Qt::Key_Plus, Qt::ControlModifier);
  QCOMPARE(desk.settings.value("look/text"), QString("14"));
  QTest::keyClick(&desk.window(), Qt::Key_Plus, Qt::ControlModifier);
  QCOMPARE(desk.settings.value("look/text"), QString("16"));
  QVERIFY(lookOf(&desk.window()).scale > 1.2);
  QTest::keyClick(&desk.window(), Qt::Key_0, Qt::ControlModifier);
  QCOMPARE(desk.window().fontMetrics().height(), before);
  desk.window().context().actions["view.theme"]->trigger();
  QVERIFY(lookOf(&desk.window()).theme().dark);
  QCoreApplication::processEvents();
  const QImage dark = desk.window().grab().toImage();
  // The canvas, the docks and the bar have all changed over.
  for (const QPoint at :
       {QPoint(720, 300), QPoint(1400, 500), QPoint(700, 10), QPoint(20, 600), QPoint(100, 700)})
    QVERIFY2(dark.pixelColor(at).lightness() < 100 && light.pixelColor(at).lightness() > 150,
             qPrintable(QString("%1,%2").arg(at.x()).arg(at.y())));
  desk.window().context().actions["view.theme"]->trigger();
  QVERIFY(!lookOf(&desk.window()).theme().dark);
}

void TestFrame::pagesThatNeedAProjectSayWhy() {
  Desk desk;
  for (const auto& row : pageTable(nullptr)) {
    auto* button = desk.window().rail()->button(row.id);
    QCOMPARE(button->isEnabled(), !row.needsProject);
    if (row.needsProject) QVERIFY2(button->toolTip().contains("project", Qt::CaseInsensitive), row.name);
  }
}

void TestFrame::settingsAreKept() {
  {
    Desk desk;
    desk.settings.set("look/theme", "dark");
    desk.window().resize(1200, 720);
    desk.window().close();
  }
  Desk desk;
  QCOMPARE(desk.settings.value("look/theme"), QString("dark"));
  desk.settings.set("look/theme", "light");
}

QTEST_MAIN(TestFrame)
#include "tst_frame.moc"
