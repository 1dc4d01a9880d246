// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/stage.h"
#include "app/studio/shell/shell.h"
#include <QTimer>

namespace loom {
namespace {

constexpr int patience = 20'000; // ms until a picture is taken anyway

} // namespace

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

} // namespace loom
