// SPDX-License-Identifier: GPL-3.0-or-later
// The real studio for a test: main's wiring on the offscreen platform, a home of its own, a real `loom`.
// Mouse and keys go in as a person's do; nothing of ours is replaced.
#pragma once
#include "app/studio/shell/studio.h"
#include "app/studio/theme/loom_style.h"
#include "app/studio/theme/roles.h"
#include <QApplication>
#include <QMouseEvent>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>

namespace loom::test {

inline constexpr int patience = 90'000; // ms; generous, never a measure

// Call from initMain(), before QApplication and the first QSettings. Leaves nothing of the machine's own
// configuration visible.
inline QTemporaryDir& home() {
  static QTemporaryDir folder;
  return folder;
}
inline void useOwnHome() {
  const QByteArray base = home().path().toUtf8();
  qputenv("HOME", base);
  qputenv("XDG_CONFIG_HOME", base + "/config");
  qputenv("XDG_STATE_HOME", base + "/state");
  qputenv("XDG_DATA_HOME", base + "/data");
  qputenv("XDG_RUNTIME_DIR", base);
  qputenv("LOOM_SAMPLES", LOOM_SOURCE_DIR "/resources/samples");
  if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) qputenv("QT_QPA_PLATFORM", "offscreen");
}

class Desk {
 public:
  explicit Desk(const QString& project = {}, QSize size = {1440, 900},
                const std::filesystem::path& loom = LOOM_PROGRAM)
      : settings(Settings::userFile()) {
    LoomStyle::install(*static_cast<QApplication*>(QCoreApplication::instance()), settings.look(false));
    studio = std::make_unique<Studio>(settings, loom, false);
    window().resize(size);
    window().QWidget::show();
    QApplication::setActiveWindow(&window());
    if (!project.isEmpty()) open(project);
  }
  MainWindow& window() { return studio->window(); }
  template<class P> P& page(PageId id) { return *static_cast<P*>(window().page(id)); }
  bool open(const QString& project) {
    studio->open(project);
    return QTest::qWaitFor([&] { return studio->session().project().has_value(); }, patience);
  }

  // Every question of the bridge is answered, and what the answers asked too.
  bool settled() {
    return QTest::qWaitFor(
        [&] {
          if (studio->bridge().questions().waiting() > 0) return false;
          QCoreApplication::sendPostedEvents();
          return studio->bridge().questions().waiting() == 0;
        },
        patience);
  }

  Settings settings;
  std::unique_ptr<Studio> studio;
};

// A move with a button held: QTest's own moves hold none.
inline void dragTo(QWidget* widget, const QPoint& at, Qt::MouseButtons held = Qt::LeftButton,
                   Qt::KeyboardModifiers keys = {}) {
  QMouseEvent event(QEvent::MouseMove, QPointF(at), QPointF(widget->mapToGlobal(at)), Qt::NoButton, held,
                    keys);
  QApplication::sendEvent(widget, &event);
}

// Press, a few moves, release; the widget under the press keeps the mouse, as on a real desktop.
inline void drag(QWidget* widget, const QPoint& from, const QPoint& to, Qt::KeyboardModifiers keys = {}) {
  QTest::mousePress(widget, Qt::LeftButton, keys, from);
  constexpr int steps = 6;
  for (int step = 1; step <= steps; ++step)
    dragTo(widget, from + (to - from) * step / steps, Qt::LeftButton, keys);
  QTest::mouseRelease(widget, Qt::LeftButton, keys, to);
}

inline void typeInto(QWidget* field, const QString& text) {
  QTest::mouseClick(field, Qt::LeftButton);
  QTest::keyClick(field, Qt::Key_A, Qt::ControlModifier);
  QTest::keyClicks(field, text);
  QTest::keyClick(field, Qt::Key_Return);
  QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
  QCoreApplication::processEvents();
}

inline QPushButton* buttonWith(QWidget* parent, const QString& text) {
  for (auto* button : parent->findChildren<QPushButton*>())
    if (button->isVisible() && button->text() == text) return button;
  return nullptr;
}

} // namespace loom::test
