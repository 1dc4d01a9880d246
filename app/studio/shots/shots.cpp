// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/shots.h"
#include "app/studio/frame/main_window.h"
#include "app/studio/shots/design_shots.h"
#include "app/studio/shots/frame_shots.h"
#include "app/studio/shots/kit.h"
#include "app/studio/shots/run_shots.h"
#include "app/studio/theme/loom_style.h"
#include <QDir>
#include <QPainter>

namespace loom {

std::vector<Shot> shotTable() {
  std::vector<Shot> table;
  for (const auto& rows : {kitShots(), frameShots(), designShots(), dataShots(), runShots()})
    table.insert(table.end(), rows.begin(), rows.end());
  return table;
}

ShotStage::ShotStage(bool dark) : dark_(dark), settings_(std::make_unique<Settings>(QString())) {
  settings_->set(QStringLiteral("look/theme"), dark ? QStringLiteral("dark") : QStringLiteral("light"));
}

ShotStage::~ShotStage() = default;

MainWindow& ShotStage::window() {
  if (!window_) window_ = std::make_unique<MainWindow>(*settings_, nullptr, dark_);
  return *window_;
}

QStringList renderShots(const QString& folder, bool dark, const QString& only) {
  QDir().mkpath(folder);
  QStringList written;
  auto* style = qobject_cast<LoomStyle*>(QApplication::style());
  for (const Shot& shot : shotTable()) {
    if (!shot.name.contains(only)) continue;
    ShotStage stage(dark);
    stage.settings().set(QStringLiteral("look/text"), QString::number(shot.textSize));
    if (style) style->apply(stage.settings().look(dark));
    QWidget* widget = shot.make(stage);
    if (widget == nullptr) continue; // its samples are not installed
    widget->resize(shot.size);
    widget->show();
    widget->activateWindow();
    QApplication::setActiveWindow(widget);
    QCoreApplication::sendPostedEvents(); // layouts are done now; no loop is entered
    QPixmap picture = widget->grab();
    QPainter painter(&picture);
    for (QWidget* popup : QApplication::topLevelWidgets())
      if (popup->isVisible() && popup->windowType() == Qt::Popup)
        painter.drawPixmap(popup->mapToGlobal(QPoint()) - widget->mapToGlobal(QPoint()), popup->grab());
    painter.end();
    const QString ratio = picture.devicePixelRatio() > 1.5 ? QStringLiteral("@2x") : QString();
    const QString file =
        QStringLiteral("%1/%2-%3%4.png")
            .arg(folder, shot.name, dark ? QStringLiteral("dark") : QStringLiteral("light"), ratio);
    if (picture.save(file)) written << file;
    for (QWidget* popup : QApplication::topLevelWidgets())
      if (popup->isVisible() && popup->windowType() == Qt::Popup) popup->hide();
    widget->hide();
  }
  return written;
}

} // namespace loom
