// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/shots.h"
#include "app/studio/frame/settings.h"
#include "app/studio/shots/design_shots.h"
#include "app/studio/shots/frame_shots.h"
#include "app/studio/shots/kit.h"
#include "app/studio/shots/run_shots.h"
#include "app/studio/theme/loom_style.h"
#include <QDir>
#include <QPainter>
#include <QTimer>

namespace loom {
namespace {

constexpr int settled = 60; // ms from showing to the picture: layouts are done from the event loop

} // namespace

std::vector<Shot> shotTable() {
  std::vector<Shot> table;
  for (const auto& rows : {kitShots(), frameShots(), designShots(), dataShots(), runShots()})
    table.insert(table.end(), rows.begin(), rows.end());
  return table;
}

ShotRun::ShotRun(QString folder, QList<bool> themes, QString only)
    : folder_(std::move(folder)), only_(std::move(only)) {
  for (const bool dark : themes)
    for (const Shot& shot : shotTable())
      if (shot.name.contains(only_)) shots_.emplace_back(shot, dark);
}

void ShotRun::start() {
  QDir().mkpath(folder_);
  QTimer::singleShot(0, this, &ShotRun::next);
}

void ShotRun::next() {
  stage_.reset();
  if (shots_.empty()) return Q_EMIT finished();
  const auto& [shot, dark] = shots_.front();
  stage_ = std::make_unique<ShotStage>(dark);
  stage_->settings().set(QStringLiteral("look/text"), QString::number(shot.textSize));
  if (auto* style = qobject_cast<LoomStyle*>(QApplication::style()))
    style->apply(stage_->settings().look(dark));
  QWidget* widget = shot.make(*stage_);
  if (widget == nullptr) { // its samples are not installed
    shots_.pop_front();
    QTimer::singleShot(0, this, &ShotRun::next);
    return;
  }
  stage_->perform([this, widget] {
    widget->resize(shots_.front().first.size);
    widget->show();
    widget->activateWindow();
    QApplication::setActiveWindow(widget);
    QTimer::singleShot(settled, this, [this, widget] { take(widget); });
  });
}

void ShotRun::take(QWidget* widget) {
  const auto& [shot, dark] = shots_.front();
  QPixmap picture = widget->grab();
  QPainter painter(&picture);
  for (QWidget* popup : QApplication::topLevelWidgets())
    if (popup->isVisible() && popup->windowType() == Qt::Popup)
      painter.drawPixmap(popup->mapToGlobal(QPoint()) - widget->mapToGlobal(QPoint()), popup->grab());
  painter.end();
  const QString ratio = picture.devicePixelRatio() > 1.5 ? QStringLiteral("@2x") : QString();
  const QString file =
      QStringLiteral("%1/%2-%3%4.png")
          .arg(folder_, shot.name, dark ? QStringLiteral("dark") : QStringLiteral("light"), ratio);
  if (picture.save(file)) Q_EMIT written(file);
  for (QWidget* popup : QApplication::topLevelWidgets())
    if (popup->isVisible() && popup->windowType() == Qt::Popup) popup->hide();
  widget->hide();
  shots_.pop_front();
  QTimer::singleShot(0, this, &ShotRun::next);
}

} // namespace loom
