// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/strip.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/visible_text.h"
#include <QMouseEvent>
#include <algorithm>
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
  QStringList words{state.run ? tr("%1, %2 %").arg(state.run->name).arg(int(state.run->progress.share * 100))
                              : state.message,
                    state.others};
  words.removeAll({});
  setAccessibleName(words.join(QStringLiteral(". ")));
  arrange();
}

QSize Strip::sizeHint() const { return {lookOf(this).px(640), lookOf(this).px(32)}; }

// What is left out, in the order of the table below.
struct Strip::Room {
  bool speed = true, wideCloth = true, left = true, others = true, waiting = true;
  int load = 3; // 3: all of it; 2: without the numbers of the memory; 1: the processor alone; 0: nothing
};

void Strip::arrange() {
  // From all of it to what is needed most; the message gives way last.
  static constexpr Room rooms[] = {
      {true, true, true, true, true, 3},     {false, true, true, true, true, 3},
      {false, false, true, true, true, 3},   {false, false, true, true, true, 2},
      {false, false, false, true, true, 2},  {false, false, false, true, true, 1},
      {false, false, false, false, true, 1}, {false, false, false, false, true, 0},
      {false, false, false, false, false, 0}};
  const Look& look = lookOf(this);
  for (const Room& room : rooms) {
    parts_ = partsIn(room, look);
    load_ = room.load;
    right_ = paintLoad(nullptr, look) - look.px(16);
    double wanted = look.px(16);
    for (const Part& part : parts_) wanted += part.width + look.px(8);
    if (wanted <= right_ + look.px(8)) break;
  }
  run_ = link_ = others_ = {};
  double x = look.px(16);
  for (const Part& part : parts_) {
    if (x >= right_) break;
    const QRectF pressed(x - look.px(8), 0, std::min(part.width, right_ - x) + look.px(16), height());
    if (part.click == Part::Click::run) run_ |= pressed;
    if (part.click == Part::Click::link) link_ |= pressed;
    if (part.click == Part::Click::others) others_ |= pressed;
    x += part.width + look.px(8);
  }
  update();
}

void Strip::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  arrange();
}

void Strip::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::StyleChange) arrange();
}

void Strip::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  painter.fillRect(rect(), look[Token::window]);
  paintHorizontalLine(painter, 0, width(), 0, look[Token::line]);
  paintLeft(painter, look);
  paintLoad(&painter, look);
}

void Strip::addRun(QVector<Part>& parts, const StripRun& run, const Room& room, const Look& look) const {
  const bool paused = run.progress.state == ClothProgress::State::paused;
  const auto put = [&](Part::Kind kind, const QString& text, Type type, Token colour, double width = 0) {
    parts << Part{kind, text, type, colour, width, Part::Click::run};
  };
  put(Part::Kind::icon, paused ? QStringLiteral("st-paused") : QStringLiteral("st-running"), Type::small,
      paused ? Token::text2 : Token::accent);
  put(Part::Kind::words, run.name, Type::smallMedium, Token::text);
  put(Part::Kind::cloth, {}, Type::small, Token::text, look.px(room.wideCloth ? 180 : 80));
  put(Part::Kind::words, tr("%1 %").arg(int(run.progress.share * 100)), Type::small, Token::text);
  QStringList facts{room.speed ? run.speed : QString(), room.left ? run.left : QString()};
  facts.removeAll({});
  put(Part::Kind::words, facts.join(QStringLiteral(" · ")), Type::small, Token::text2);
}

void Strip::addMessage(QVector<Part>& parts) const {
  const bool broke = !state_.endedRun.isEmpty(), links = broke || !state_.link.isEmpty();
  const Part::Click click = links ? Part::Click::link : Part::Click::none;
  const QString icon = broke   ? QStringLiteral("st-error")
                       : links ? QStringLiteral("st-running")
                               : QStringLiteral("st-info");
  parts << Part{Part::Kind::icon,
                icon,
                Type::small,
                broke ? Token::error : links ? Token::accent : Token::text2,
                0,
                click};
  parts << Part{Part::Kind::words,
                state_.message.isEmpty() ? tr("No run is active. Press F5 on Design or Train to start one.")
                                         : state_.message,
                links ? Type::smallMedium : Type::small,
                links ? Token::accent : Token::text2,
                0,
                click};
}

QVector<Strip::Part> Strip::partsIn(const Room& room, const Look& look) const {
  QVector<Part> parts;
  if (state_.run)
    addRun(parts, *state_.run, room, look);
  else if (state_.waiting.isEmpty())
    addMessage(parts);
  const auto put = [&](const QString& icon, const QString& words, Token colour, Part::Click click) {
    if (!parts.isEmpty()) parts << Part{Part::Kind::line, {}, Type::small, Token::line, 0, Part::Click::none};
    parts << Part{Part::Kind::icon, icon, Type::small, colour, 0, click};
    parts << Part{Part::Kind::words, words, Type::small, colour, 0, click};
  };
  if (!state_.waiting.isEmpty() && (room.waiting || !state_.run))
    put(QStringLiteral("st-queued"), state_.waiting, Token::text2, Part::Click::none);
  if (!state_.others.isEmpty() && room.others)
    put(QStringLiteral("folder"), state_.others, Token::accent, Part::Click::others);
  parts.removeIf([](const Part& part) { return part.kind == Part::Kind::words && part.text.isEmpty(); });
  for (Part& part : parts) {
    if (part.kind == Part::Kind::icon) part.width = look.px(16);
    if (part.kind == Part::Kind::line) part.width = look.px(8);
    if (part.kind == Part::Kind::words)
      part.width = QFontMetrics(look.fonts[part.type]).horizontalAdvance(visible(part.text));
  }
  return parts;
}

void Strip::paintLeft(QPainter& painter, const Look& look) {
  double x = look.px(16);
  painted_.clear();
  for (const Part& part : parts_) {
    if (x >= right_) break;
    const QRectF area(x, 1, std::min(part.width, right_ - x), height() - 1);
    switch (part.kind) {
    case Part::Kind::icon:
      look.icons.paint(painter, area, part.text, look.px(16), look[part.colour]);
      break;
    case Part::Kind::words:
      painted_ << QFontMetrics(look.fonts[part.type])
                      .elidedText(visible(part.text), Qt::ElideRight, int(area.width()) + 1);
      paintText(painter, area, part.text, look.fonts[part.type], look[part.colour]);
      break;
    case Part::Kind::cloth:
      paintCloth(painter, QRectF(x, std::floor((height() - 8) / 2.0) + 1, part.width, 8),
                 state_.run->progress, look.theme());
      break;
    case Part::Kind::line:
      paintVerticalLine(painter, std::round(x + part.width / 2), (height() - 15) / 2, (height() + 17) / 2,
                        look[Token::line]);
      break;
    }
    x += part.width + look.px(8);
  }
}

double Strip::paintLoad(QPainter* painter, const Look& look) const {
  const QFont& font = look.fonts[Type::small];
  const QFontMetrics metrics(font);
  const int gap = look.px(8), bar = look.px(48);
  double right = width() - look.px(16);
  const auto put = [&](const QString& text, double width, Qt::Alignment align) {
    right -= width;
    if (painter != nullptr)
      paintText(*painter, QRectF(right, 1, width + 1, height() - 1), text, font, look[Token::text2], align);
  };
  const auto share = [&](double value, bool onlyLoad) {
    right -= gap + bar;
    if (painter != nullptr)
      paintShareBar(*painter, QRectF(right, std::floor((height() - 4) / 2.0) + 1, bar, 4), value,
                    look.theme(), onlyLoad);
    right -= gap;
  };
  if (state_.memoryTotal > 0 && load_ >= 2) {
    const QString text = tr("%1 of %2 GB")
                             .arg(state_.memoryUsed / gigabyte, 0, 'f', 1)
                             .arg(state_.memoryTotal / gigabyte, 0, 'f', 1);
    if (load_ >= 3) put(text, metrics.horizontalAdvance(text), Qt::AlignLeft);
    share(state_.memoryUsed / state_.memoryTotal, true);
    const QString label = tr("Memory");
    put(label, metrics.horizontalAdvance(label), Qt::AlignLeft);
    right -= look.px(16);
  }
  if (state_.cpu >= 0 && load_ >= 1) {
    put(tr("%1 %").arg(qRound(state_.cpu * 100)), look.px(42), Qt::AlignRight);
    share(state_.cpu, !state_.run);
    const QString label = tr("CPU");
    put(label, metrics.horizontalAdvance(label), Qt::AlignLeft);
  }
  return right;
}

void Strip::mouseReleaseEvent(QMouseEvent* event) {
  if (state_.run && run_.contains(event->position())) Q_EMIT runClicked(state_.run->id);
  if (others_.contains(event->position())) Q_EMIT linkClicked(state_.othersLink);
  if (!link_.contains(event->position())) return;
  if (!state_.endedRun.isEmpty())
    Q_EMIT runClicked(state_.endedRun);
  else
    Q_EMIT linkClicked(state_.link);
}

void Strip::mouseMoveEvent(QMouseEvent* event) {
  const bool on = (state_.run && run_.contains(event->position())) || link_.contains(event->position()) ||
                  others_.contains(event->position());
  setCursor(on ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

} // namespace loom
