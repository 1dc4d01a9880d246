// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/frame_shots.h"
#include "app/studio/frame/main_window.h"
#include "app/studio/pages/settings/settings_page.h"
#include "app/studio/pages/welcome/welcome_page.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include <QDateTime>
#include <QDir>
#include <QGridLayout>
#include <QPushButton>
#include <QTimeZone>
#include <QVBoxLayout>

namespace loom {
namespace {

// A fixed afternoon, so that pictures do not change with the calendar.
qint64 shotNow() { return QDateTime(QDate(2025, 11, 24), QTime(14, 30)).toSecsSinceEpoch(); }

StripState idleStrip() {
  StripState state;
  state.cpu = .04;
  state.memoryUsed = 2.9e9;
  state.memoryTotal = 15.6e9;
  return state;
}

StripState liveStrip() {
  StripState state = idleStrip();
  state.run = StripRun{QStringLiteral("42"),
                       QStringLiteral("resnet · 42"),
                       {.share = .643, .epochs = 30},
                       QStringLiteral("38.2 steps/s"),
                       QStringLiteral("00:01:58 left")};
  state.waiting = QStringLiteral("1 run waiting");
  state.cpu = .93;
  state.memoryUsed = 3.3e9;
  return state;
}

QWidget* welcome(ShotStage& stage, bool first) {
  const qint64 day = 86400, now = shotNow();
  const QString home = QDir::homePath();
  if (!first) {
    struct Sample {
      const char *name, *folder;
      qint64 ago;
    };
    for (const Sample& one : {Sample{"course-week-3", "/course/week-3.loom", 12 * day},
                              Sample{"weld-seams", "/work/weld-seams.loom", 5 * day},
                              Sample{"penguins", "/looms/penguins.loom", day},
                              Sample{"fashion-mnist", "/looms/fashion-mnist.loom", 120}})
      stage.settings().remember(
          {QString::fromLatin1(one.name), home + QString::fromLatin1(one.folder), now - one.ago});
  }
  MainWindow& window = stage.window();
  auto* page = static_cast<WelcomePage*>(window.page(PageId::welcome));
  page->setNow(now);
  if (first)
    page->setComputer(
        {{true, QStringLiteral("8 CPU threads, oneDNN"), QStringLiteral("all six templates run on them")},
         {true, QStringLiteral("12.7 of 15.6 GB memory free"), QStringLiteral("more than enough to begin")},
         {false, QStringLiteral("No GPU found"), QStringLiteral("fine for all six")}});
  StripState strip = first ? idleStrip() : liveStrip();
  if (first)
    strip.message =
        QStringLiteral("Choose a network that works, or drop your data. Nothing leaves this computer.");
  window.context().setStrip(strip);
  window.context().setDot(PageId::train, !first);
  return &window;
}

QWidget* settingsShot(ShotStage& stage, const QString& group) {
  MainWindow& window = stage.window();
  window.context().setProject(QStringLiteral("fashion-mnist"));
  window.context().setStrip(idleStrip());
  window.show(to::Settings{group});
  return &window;
}

QWidget* paletteShot(ShotStage& stage) {
  MainWindow& window = stage.window();
  window.context().setStrip(idleStrip());
  window.resize(1440, 900);
  window.QWidget::show();
  window.palette()->open();
  window.palette()->popup()->line()->setText(QStringLiteral("te"));
  return &window;
}

QWidget* states(ShotStage& stage) {
  MainWindow& window = stage.window();
  auto* board = new QWidget(&window);
  setGround(board, Ground::surface);
  auto* grid = new QGridLayout(board);
  grid->setContentsMargins(0, 0, 0, 0);
  const auto put = [&](int at, EmptyState* state) { grid->addWidget(state, at / 3, at % 3); };
  auto* none = new EmptyState(QStringLiteral("history"), QStringLiteral("No run yet"),
                              QStringLiteral("Every run is kept here with its settings, curves and notes."));
  none->setPrimary(QStringLiteral("Run resnet"), QStringLiteral("run"), QStringLiteral("F5"));
  put(0, none);
  auto* filter = new EmptyState(QStringLiteral("filter"), QStringLiteral("No run fits the filter"),
                                QStringLiteral("val_accuracy > 0.95 leaves 0 of 512. The best has 92.87 %."));
  filter->addSecondary(QStringLiteral("Clear the filter"));
  filter->addSecondary(QStringLiteral("Show the best 20"), {}, true);
  put(1, filter);
  auto* broken = new EmptyState({}, {}, {});
  broken->setError({ErrorKind::input, foreign("prices.csv, line 1,043"),
                    foreign("Row 1,042 has 9 fields, the header has 8"),
                    foreign("A comma inside a text without quotes is the usual cause")});
  broken->setPrimary(QStringLiteral("Choose another file"));
  put(2, broken);
  auto* box = new QWidget;
  auto* column = columnOf(box, 24, 8);
  column->addWidget(new Text(QStringLiteral("Inline messages"), Type::caption, Token::text2));
  column->addWidget(new MessageBar(MessageKind::ok, QStringLiteral("Checkpoint of step 8,140 is saved.")));
  column->addWidget(new MessageBar(
      MessageKind::unknown, QStringLiteral("hpc is out of reach since 12:03; the run goes on there.")));
  auto* error = new MessageBar(MessageKind::error,
                               QStringLiteral("The project folder is read-only. Edits are kept for you."));
  error->setAction(QStringLiteral("Save as"), [] {});
  column->addWidget(error);
  auto* longer = new MessageBar;
  longer->setError({ErrorKind::input, "fashion.loom/project.json",
                    foreign("It was written by a newer Neuroloom (schema 3, this one reads 1)"),
                    foreign("Open it with that version, or take the copy beside it.")});
  column->addWidget(longer);
  column->addStretch(1);
  grid->addWidget(box, 1, 0, 1, 2);
  grid->setRowStretch(2, 1);
  window.page(PageId::welcome)->hide();
  auto* stack = window.findChild<QStackedWidget*>();
  stack->addWidget(board);
  stack->setCurrentWidget(board);
  window.context().setStrip(idleStrip());
  return &window;
}

} // namespace

std::vector<Shot> frameShots() {
  return {
      {QStringLiteral("welcome"), [](ShotStage& stage) { return welcome(stage, false); }},
      {QStringLiteral("welcome-first"), [](ShotStage& stage) { return welcome(stage, true); }},
      {QStringLiteral("welcome-min"), [](ShotStage& stage) { return welcome(stage, false); }, {1024, 640}},
      {QStringLiteral("preferences"),
       [](ShotStage& stage) { return settingsShot(stage, QStringLiteral("Appearance")); }},
      {QStringLiteral("preferences-keys"),
       [](ShotStage& stage) { return settingsShot(stage, QStringLiteral("Keyboard")); }},
      {QStringLiteral("preferences-text16"),
       [](ShotStage& stage) { return settingsShot(stage, {}); },
       {1440, 900},
       16},
      {QStringLiteral("command-palette"), paletteShot},
      {QStringLiteral("states"), states}};
}

} // namespace loom
