// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/shots/kit_states.h"
#include "app/studio/canvas/family_look.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include "app/studio/widgets/spark_line.h"
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QStyleOption>
#include <cmath>

namespace loom {

StateSample::StateSample(QWidget* control, State state) : control_(control), state_(state) {
  control->setParent(this);
  control->hide();
  setFixedSize(sizeHint());
}

QSize StateSample::sizeHint() const {
  const QSize inside = control_->maximumWidth() < 1000
                           ? QSize(control_->maximumWidth(), control_->sizeHint().height())
                           : control_->sizeHint();
  return inside + QSize(6, 0);
}

void StateSample::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const QRect area(3, 0, width() - 6, height());
  if (auto* button = qobject_cast<QPushButton*>(control_)) {
    QStyleOptionButton option;
    option.initFrom(button);
    option.rect = area;
    option.text = button->text();
    option.icon = button->icon();
    option.state |= QStyle::State_Enabled;
    option.state.setFlag(QStyle::State_MouseOver, state_ == hover);
    style()->drawControl(QStyle::CE_PushButton, &option, &painter, button);
    if (state_ == focus) {
      painter.setClipping(false);
      paintBox(painter, QRectF(rect()), {.border = look[Token::focus], .radius = 7, .width = 2});
    }
    return;
  }
  auto* line = qobject_cast<QLineEdit*>(control_);
  QStyleOptionFrame option;
  option.initFrom(line);
  option.rect = area;
  option.lineWidth = 1;
  option.state |= QStyle::State_Enabled;
  option.state.setFlag(QStyle::State_HasFocus, state_ == focus);
  style()->drawPrimitive(QStyle::PE_PanelLineEdit, &option, &painter, line);
  const int width = paintText(painter, QRectF(area).adjusted(8, 0, 0, 0), line->text(),
                              look.fonts[Type::body], look[Token::text]);
  if (state_ == focus) painter.fillRect(area.left() + 9 + width, 6, 1, height() - 12, look[Token::text]);
}

RowSample::RowSample(State state) : state_(state) { setFixedSize(sizeHint()); }
QSize RowSample::sizeHint() const { return {136, 28}; }

void RowSample::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  QStyleOptionViewItem option;
  option.initFrom(this);
  option.rect = rect();
  option.state = QStyle::State_Enabled;
  option.state.setFlag(QStyle::State_MouseOver, state_ == hover);
  option.state.setFlag(QStyle::State_Selected, state_ == selected || state_ == inactive);
  option.state.setFlag(QStyle::State_Active, state_ != inactive);
  style()->drawPrimitive(QStyle::PE_PanelItemViewItem, &option, &painter, this);
  look.icons.paint(painter, QRectF(12, 0, 16, 28), QStringLiteral("tag"), 16,
                   look[state_ == selected ? Token::accent : Token::text]);
  paintText(painter, QRectF(36, 0, 90, 28), QStringLiteral("baseline"), look.fonts[Type::body],
            look[Token::text]);
}

TipSample::TipSample(const QString& text) : text_(text) { setFixedSize(sizeHint()); }
QSize TipSample::sizeHint() const {
  return {QFontMetrics(lookOf(this).fonts[Type::small]).horizontalAdvance(text_) + 17, 24};
}

void TipSample::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  paintBox(painter, rect(), {.ground = look[Token::text]});
  paintText(painter, QRectF(rect()).adjusted(8, 0, 0, 0), text_, look.fonts[Type::small],
            look[Token::surface]);
}

void SparkSample::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  std::vector<double> values;
  for (int i = 0; i < 30; ++i) values.push_back(1 - std::exp(-i / 6.0) + .03 * std::sin(i * 2.4));
  paintSparkLine(painter, QRectF(rect()).adjusted(1, 2, -1, -2), values, lookOf(this).theme().series[0]);
}

SwatchBoard::SwatchBoard() { setFixedHeight(116); }

void SwatchBoard::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const std::vector<std::vector<Token>> rows = {
      {Token::window, Token::surface, Token::raised, Token::sunken, Token::canvas, Token::line,
       Token::lineStrong, Token::accent, Token::accentSoft},
      {Token::ok, Token::okSoft, Token::warn, Token::warnSoft, Token::error, Token::errorSoft, Token::text,
       Token::text2, Token::textOff}};
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      const QRectF area(double(c) * 80, 4 + double(r) * 58, 72, 32);
      paintBox(painter, area, {.ground = look[rows[r][c]], .border = look[Token::line], .radius = 3});
      paintText(painter, QRectF(area.left(), area.bottom(), 78, 16),
                QString::fromUtf8(tokenName(rows[r][c]).data(), qsizetype(tokenName(rows[r][c]).size())),
                look.fonts[Type::captionPlain], look[Token::text2]);
    }
}

void ColourBoard::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  const Theme& theme = look.theme();
  QPainter painter(this);
  double y = 0;
  const auto head = [&](const QString& text) {
    paintText(painter, QRectF(0, y, width(), 20), text, look.fonts[Type::bodyStrong], look[Token::text]);
    y += 32;
  };
  head(QStringLiteral("Icons, 20 px, 1.5 px strokes"));
  const QStringList names = iconNames();
  for (qsizetype i = 0; i < names.size(); ++i)
    look.icons.paint(painter, QRectF(double(i % 10) * 42, y + double(i / 10) * 36, 20, 32), names[i], 20,
                     look[Token::text]);
  y += double((names.size() + 9) / 10) * 36 + 16;
  head(QStringLiteral("Series"));
  for (int i = 0; i < seriesCount; ++i) {
    QPen pen(theme.seriesAt(i), 2);
    if (const QList<qreal> dash = seriesDash(i); !dash.isEmpty()) {
      pen.setDashPattern({dash[0] / 2, dash[1] / 2});
      pen.setCapStyle(Qt::FlatCap);
    }
    painter.setPen(pen);
    painter.drawLine(QPointF(0, y + 10), QPointF(120, y + 10));
    paintText(painter, QRectF(128, y, 40, 20), QStringLiteral("s%1").arg(i + 1), look.fonts[Type::small],
              look[Token::text]);
    paintText(painter, QRectF(152, y, 80, 20), theme.seriesAt(i).name().toUpper(), look.fonts[Type::small],
              look[Token::text2]);
    y += 20;
  }
  y += 16;
  head(QStringLiteral("Families"));
  for (int i = 0; i < familyCount; ++i) {
    const double x = i % 2 * 218, top = y + i / 2 * 24.0;
    painter.fillRect(QRectF(x, top, 4, 20), familyColour(theme, Family(i)));
    look.icons.paint(painter, QRectF(x + 12, top, 16, 20), QString::fromLatin1(familyIcon(Family(i))), 16,
                     familyColour(theme, Family(i)));
    paintText(painter, QRectF(x + 36, top, 100, 20), QString::fromLatin1(familyIcon(Family(i)) + 2),
              look.fonts[Type::small], look[Token::text]);
  }
  y += familyCount / 2 * 24 + 16;
  head(QStringLiteral("Maps"));
  for (int i = 0; i < mapSteps; ++i) {
    const double cell = width() / double(mapSteps);
    painter.fillRect(QRectF(i * cell, y, cell - 1, 20), theme.seq[std::size_t(i)]);
    painter.fillRect(QRectF(i * cell, y + 24, cell - 1, 20), theme.wrong[std::size_t(i)]);
  }
}

} // namespace loom
