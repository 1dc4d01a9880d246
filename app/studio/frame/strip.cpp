// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/strip.h"
#include "app/studio/theme/paint.h"
#include <QMouseEvent>
#include <cmath>

namespace loom {
namespace {

constexpr double gigabyte = 1e9;

} // namespace

Strip::Strip(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  setMouseTracking(true);
}

void Strip::setState(const StripState& state) {
  state_ = state;
  setAccessibleName(state.run ? tr("%1, %2 %").arg(state.run->name).arg(int(state.run->progress.share * 100))
                              : state.message);
  update();
}

QSize Strip::sizeHint() const { return {lookOf(this).px(640), lookOf(this).px(32)}; }

void Strip::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  painter.fillRect(rect(), look[Token::window]);
  paintHorizontalLine(painter, 0, width(), 0, look[Token::line]);
  paintLeft(painter, look);
  paintLoad(painter, look);
}

double Strip::paintLeft(QPainter& painter, const Look& look) {
  const QFont &small = look.fonts[Type::small], &medium = look.fonts[Type::smallMedium];
  const int icon = look.px(16), gap = look.px(8);
  double x = look.px(16);
  const double room = width() - look.px(392); // the load stands behind it
  const auto put = [&](const QString& text, const QFont& font, Token colour) {
    if (text.isEmpty() || x >= room) return;
    x += paintText(painter, QRectF(x, 1, room - x, height() - 1), text, font, look[colour]) + gap;
  };
  const auto mark = [&](const QString& name, Token colour) {
    look.icons.paint(painter, QRectF(x, 1, icon, height() - 1), name, icon, look[colour]);
    x += icon + gap;
  };
  run_ = link_ = {};
  if (state_.run) {
    const StripRun& run = *state_.run;
    const bool paused = run.progress.state == ClothProgress::State::paused;
    mark(paused ? QStringLiteral("st-paused") : QStringLiteral("st-running"),
         paused ? Token::text2 : Token::accent);
    put(run.name, medium, Token::text);
    const int cloth = look.px(180);
    paintCloth(painter, QRectF(x, std::floor((height() - 8) / 2.0) + 1, cloth, 8), run.progress,
               look.theme());
    x += cloth + gap;
    put(tr("%1 %").arg(int(run.progress.share * 100)), small, Token::text);
    QStringList facts{run.speed, run.left};
    facts.removeAll({});
    put(facts.join(QStringLiteral(" · ")), small, Token::text2);
    run_ = QRectF(0, 0, x, height());
  } else if (state_.waiting.isEmpty()) {
    const bool broke = !state_.endedRun.isEmpty(), links = broke || !state_.link.isEmpty();
    mark(broke   ? QStringLiteral("st-error")
         : links ? QStringLiteral("st-running")
                 : QStringLiteral("st-info"),
         broke   ? Token::error
         : links ? Token::accent
                 : Token::text2);
    put(state_.message.isEmpty() ? tr("No run is active. Press F5 on Design or Train to start one.")
                                 : state_.message,
        links ? medium : small, links ? Token::accent : Token::text2);
    if (links) link_ = QRectF(0, 0, x, height());
  }
  if (!state_.waiting.isEmpty()) {
    if (state_.run) {
      x += gap;
      paintVerticalLine(painter, std::round(x), (height() - 15) / 2, (height() + 17) / 2, look[Token::line]);
      x += 2 * gap;
    }
    mark(QStringLiteral("st-queued"), Token::text2);
    put(state_.waiting, small, Token::text2);
  }
  return x;
}

void Strip::paintLoad(QPainter& painter, const Look& look) const {
  const QFont& font = look.fonts[Type::small];
  const QFontMetrics metrics(font);
  const int gap = look.px(8), bar = look.px(48);
  double right = width() - look.px(16);
  const auto put = [&](const QString& text, double width, Qt::Alignment align) {
    right -= width;
    paintText(painter, QRectF(right, 1, width + 1, height() - 1), text, font, look[Token::text2], align);
  };
  const auto share = [&](double value, bool onlyLoad) {
    right -= gap + bar;
    paintShareBar(painter, QRectF(right, std::floor((height() - 4) / 2.0) + 1, bar, 4), value, look.theme(),
                  onlyLoad);
    right -= gap;
  };
  if (state_.memoryTotal > 0) {
    const QString text = tr("%1 of %2 GB")
                             .arg(state_.memoryUsed / gigabyte, 0, 'f', 1)
                             .arg(state_.memoryTotal / gigabyte, 0, 'f', 1);
    put(text, metrics.horizontalAdvance(text), Qt::AlignLeft);
    share(state_.memoryUsed / state_.memoryTotal, true);
    const QString label = tr("Memory");
    put(label, metrics.horizontalAdvance(label), Qt::AlignLeft);
    right -= look.px(16);
  }
  if (state_.cpu >= 0) {
    put(tr("%1 %").arg(qRound(state_.cpu * 100)), look.px(42), Qt::AlignRight);
    share(state_.cpu, !state_.run);
    const QString label = tr("CPU");
    put(label, metrics.horizontalAdvance(label), Qt::AlignLeft);
  }
}

void Strip::mouseReleaseEvent(QMouseEvent* event) {
  if (state_.run && run_.contains(event->position())) Q_EMIT runClicked(state_.run->id);
  if (!link_.contains(event->position())) return;
  if (!state_.endedRun.isEmpty())
    Q_EMIT runClicked(state_.endedRun);
  else
    Q_EMIT linkClicked(state_.link);
}

void Strip::mouseMoveEvent(QMouseEvent* event) {
  const bool on = (state_.run && run_.contains(event->position())) || link_.contains(event->position());
  setCursor(on ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

} // namespace loom
