// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/shots.h"
#include "app/studio/shell/shell.h"
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

constexpr int patience = 20'000; // ms until a picture is taken anyway
constexpr int settled = 60;      // ms from showing to the picture: layouts are done from the event loop

} // namespace

std::vector<Shot> shotTable() {
  std::vector<Shot> table;
  for (const auto& rows : {kitShots(), frameShots(), designShots(), dataShots(), runShots()})
    table.insert(table.end(), rows.begin(), rows.end());
  return table;
}

ShotStage::ShotStage(bool dark)
    : dark_(dark), settings_(std::make_unique<Settings>(QString())), timer_(new QTimer) {
  settings_->set(QStringLiteral("look/theme"), dark ? QStringLiteral("dark") : QStringLiteral("light"));
  timer_->setSingleShot(true);
  QObject::connect(timer_, &QTimer::timeout, timer_, [this] { next(); });
}

ShotStage::~ShotStage() { delete timer_; }

MainWindow& ShotStage::window() {
  if (!shell_) shell_ = std::make_unique<Shell>(*settings_, nullptr, dark_);
  return shell_->window();
}

void ShotStage::after(int milliseconds, std::function<void()> step) {
  steps_.push_back({milliseconds, nullptr, std::move(step)});
}

void ShotStage::until(std::function<bool()> ready, std::function<void()> step) {
  steps_.push_back({patience, std::move(ready), std::move(step)});
}

void ShotStage::nudge() {
  if (done_ && !steps_.empty() && steps_.front().ready && steps_.front().ready()) timer_->start(0);
}

void ShotStage::perform(std::function<void()> done) {
  done_ = std::move(done);
  timer_->start(steps_.empty() ? 0 : steps_.front().milliseconds);
  nudge();
}

void ShotStage::next() {
  if (!steps_.empty()) {
    const auto work = std::move(steps_.front().work);
    steps_.pop_front();
    if (work) work(); // may add steps of its own behind
  }
  if (!steps_.empty()) {
    timer_->start(steps_.front().milliseconds);
    return nudge();
  }
  const auto done = std::exchange(done_, nullptr);
  done();
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
