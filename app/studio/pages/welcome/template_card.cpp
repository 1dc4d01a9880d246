// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/welcome/template_card.h"
#include "app/studio/canvas/family_look.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/chip.h"
#include "core/run/project.h"
#include <QPainterPath>

namespace loom {

const std::vector<TemplateRow>& templateRows() {
  using F = Family;
  static const std::vector<TemplateRow> table = {
      {"softmax",
       "Softmax regression",
       "Fashion-MNIST",
       7850,
       false,
       {{1, F::input}, {1, F::linear}, {1, F::loss}},
       {}},
      {"mlp",
       "MLP",
       "Fashion-MNIST",
       535818,
       false,
       {{1, F::input}, {3, F::linear}, {3, F::activation}, {2, F::linear}, {1, F::loss}},
       {}},
      {"cnn",
       "LeNet-5",
       "Fashion-MNIST",
       61706,
       true,
       {{1, F::input}, {2, F::conv}, {2, F::pool}, {3, F::conv}, {3, F::pool}, {1, F::linear}, {1, F::loss}},
       {}},
      {"resnet",
       "Small ResNet",
       "Fashion-MNIST",
       77754,
       false,
       {{1, F::input},
        {1, F::conv},
        {1, F::block},
        {1, F::merge},
        {1, F::block},
        {1, F::merge},
        {1, F::loss}},
       {{1, 3}, {3, 5}}},
      {"iris",
       "Iris",
       "150 flowers, a table",
       403,
       false,
       {{2, F::input}, {3, F::linear}, {3, F::activation}, {1, F::loss}},
       {}},
      {"digits",
       "Digits 8×8",
       "1,797 small images",
       9802,
       false,
       {{1, F::input}, {3, F::linear}, {2, F::linear}, {1, F::loss}},
       {}},
  };
  return table;
}

QHash<QString, TemplateFact> measuredTemplates() {
  static const QHash<QString, QString> times = {{"softmax", "1 s"},  {"mlp", "12 s"}, {"cnn", "8 s"},
                                                {"resnet", "2 min"}, {"iris", "1 s"}, {"digits", "1 s"}};
  QHash<QString, TemplateFact> facts;
  for (const auto& one : projectTemplates()) {
    const QString id = QString::fromUtf8(one.id.data(), qsizetype(one.id.size()));
    facts.insert(id, {QString::number(one.accuracy) + QChar(0xA0) + "%", times.value(id)});
  }
  return facts;
}

namespace {

constexpr double glyphWidth = 240, glyphHeight = 96, rowStep = 14;

void paintGlyph(QPainter& painter, const QRectF& area, const TemplateRow& row, const Look& look) {
  painter.save();
  painter.setClipRect(area);
  painter.fillRect(area, look[Token::canvas]);
  const double unit = area.width() / glyphWidth;
  for (int k = 1; k * 8 < glyphWidth; ++k)
    paintVerticalLine(painter, std::round(area.left() + k * 8 * unit), area.top(), area.bottom(),
                      look[k % 8 ? Token::warp : Token::line]);
  const auto at = [&](std::size_t column, int index) {
    const double x = 20 + double(column) * (glyphWidth - 40) / double(row.columns.size() - 1);
    const double y = glyphHeight / 2 + (index - (row.columns[column].count - 1) / 2.0) * rowStep;
    return QPointF(area.left() + x * unit, area.center().y() + (y - glyphHeight / 2) * unit);
  };
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setBrush(Qt::NoBrush);
  painter.setPen(QPen(withAlpha(look[Token::text2], .55), 1));
  for (std::size_t c = 1; c < row.columns.size(); ++c)
    for (int from = 0; from < row.columns[c - 1].count; ++from)
      for (int to = 0; to < row.columns[c].count; ++to) {
        QPainterPath thread(at(c - 1, from));
        const QPointF reach(12 * unit, 0);
        thread.cubicTo(at(c - 1, from) + reach, at(c, to) - reach, at(c, to));
        painter.drawPath(thread);
      }
  painter.setPen(QPen(withAlpha(look[Token::text2], .7), 1));
  for (const auto& [from, to] : row.skips) {
    const QPointF a = at(std::size_t(from), 0), b = at(std::size_t(to), 0), lift(14 * unit, -34 * unit);
    QPainterPath arc(a);
    arc.cubicTo(a + lift, b + QPointF(-lift.x(), lift.y()), b);
    painter.drawPath(arc);
  }
  for (std::size_t c = 0; c < row.columns.size(); ++c)
    for (int i = 0; i < row.columns[c].count; ++i)
      paintBox(painter, QRectF(at(c, i) - QPointF(6, 4) * unit, QSizeF(12, 8) * unit),
               {.ground = familyColour(look.theme(), row.columns[c].family), .radius = 1.5 * unit});
  painter.restore();
}

} // namespace

TemplateCard::TemplateCard(const TemplateRow& row, QWidget* parent) : QAbstractButton(parent), row_(row) {
  setText(tr(row.name));
  setAttribute(Qt::WA_Hover);
  setCursor(Qt::PointingHandCursor);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void TemplateCard::setFact(const TemplateFact& fact) {
  fact_ = fact;
  update();
}

QSize TemplateCard::sizeHint() const {
  return {lookOf(this).px(272), lookOf(this).px(97 + 12 + 20 + 4 + 16 + 8 + 16 + 14)};
}
QSize TemplateCard::minimumSizeHint() const { return {lookOf(this).px(160), sizeHint().height()}; }

// The words behind both figures. Where they have no room they get shorter, so that the figures are never cut.
std::pair<QString, QString> TemplateCard::factWords(const Look& look, double width) const {
  const QFontMetricsF strong(look.fonts[Type::smallStrong]), plain(look.fonts[Type::small]);
  const double figures = strong.horizontalAdvance(fact_.accuracy) + strong.horizontalAdvance(fact_.time) +
                         2 * look.px(4) + look.px(16) + 4;
  const std::pair<QString, QString> full{tr("test accuracy"), tr("to train")}, less{tr("accuracy"), {}};
  const double words = plain.horizontalAdvance(full.first) + plain.horizontalAdvance(full.second);
  return figures + words <= width ? full : less;
}

void TemplateCard::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const QRectF all = rect();
  const bool touched = underMouse() || (hasFocus() && window()->testAttribute(Qt::WA_KeyboardFocusChange));
  paintBox(painter, all, {.ground = look[Token::raised], .radius = 6});
  QPainterPath rounded;
  rounded.addRoundedRect(all.adjusted(.5, .5, -.5, -.5), 5.5, 5.5);
  painter.save();
  painter.setClipPath(rounded);
  const int glyph = look.px(97);
  paintGlyph(painter, QRectF(0, 0, width(), glyph), row_, look);
  paintHorizontalLine(painter, 0, width(), glyph, look[Token::line]);
  painter.restore();
  const Token border = row_.first ? Token::accent : touched ? Token::lineStrong : Token::line;
  paintBox(painter, all, {.border = look[border], .radius = 6, .width = row_.first ? 2.0 : 1.0});

  const int side = look.px(16);
  QRectF line(side, glyph + look.px(13), width() - 2 * side, look.px(20));
  int badge = 0;
  if (row_.first) {
    const QString words = tr("Good first choice");
    badge = chipWidth(look, words);
    const int name = QFontMetrics(look.fonts[Type::bodyStrong]).horizontalAdvance(text());
    if (name + badge + 8 > line.width())
      badge = 0; // the border alone says it where there is no room
    else
      paintChip(painter, QRectF(line.right() - badge, line.top(), badge, line.height()), words,
                ChipKind::accent, look);
  }
  paintText(painter, line.adjusted(0, 0, -badge - 8, 0), text(), look.fonts[Type::bodyStrong],
            look[Token::text]);
  line = QRectF(side, line.bottom() + look.px(4), line.width(), look.px(16));
  QString facts = tr(row_.data);
  if (row_.parameters > 0)
    facts = tr("%1, %2 parameters").arg(facts, QLocale(QLocale::English).toString(row_.parameters));
  paintText(painter, line, facts, look.fonts[Type::small], look[Token::text2]);
  line.translate(0, look.px(24));
  const auto fact = [&](const QString& bold, const QString& rest) {
    if (bold.isEmpty()) return;
    line.setLeft(line.left() +
                 paintText(painter, line, bold, look.fonts[Type::smallStrong], look[Token::text]) +
                 look.px(4));
    line.setLeft(line.left() + paintText(painter, line, rest, look.fonts[Type::small], look[Token::text2]) +
                 look.px(16));
  };
  const auto [after, behind] = factWords(look, factsWidth());
  fact(fact_.accuracy, after);
  fact(fact_.time, behind);
}

} // namespace loom
