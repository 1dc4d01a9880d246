// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/history/network_pair.h"
#include "app/studio/canvas/family_look.h"
#include "app/studio/theme/paint.h"
#include "app/studio/theme/roles.h"
#include "app/studio/theme/visible_text.h"
#include "core/base/format.h"
#include <QPainter>
#include <QScrollBar>
#include <cmath>

namespace loom {
namespace {

constexpr int headUnits = 36, rowUnits = 36, cardUnits = 28, edgeUnits = 16, gutterUnits = 32;

NetworkPair::Side sideOf(const NamedNetwork& from, NodeId id) {
  const Node* node = from.network.node(id);
  if (node == nullptr) return {};
  NetworkPair::Side side{id, QString::fromStdString(node->type), {}, {}, "f-block", Family::block};
  if (const auto* layer = findLayer(node->type)) {
    side.icon = QString::fromUtf8(layer->icon.data(), qsizetype(layer->icon.size()));
    side.family = layer->family;
  }
  const auto known = from.analysis.nodes.find(id);
  if (known == from.analysis.nodes.end()) return side;
  const NodeInfo& info = known->second;
  side.facts = QString::fromStdString(info.facts);
  if (info.output)
    side.shape = QString::fromStdString(toTextWithoutBatch(*info.output));
  else if (!info.inputs.empty())
    side.shape = QString::fromStdString(toTextWithoutBatch(info.inputs.front()));
  return side;
}

Token groundOf(NodePair::Kind kind) {
  switch (kind) {
  case NodePair::Kind::changed:
    return Token::warnSoft;
  case NodePair::Kind::removed:
    return Token::errorSoft;
  case NodePair::Kind::added:
    return Token::okSoft;
  case NodePair::Kind::same:
    break;
  }
  return Token::raised;
}

// A sign beside the colour, so that no one has to tell red from green.
QString signOf(NodePair::Kind kind) {
  switch (kind) {
  case NodePair::Kind::changed:
    return "~";
  case NodePair::Kind::removed:
    return QStringLiteral("\u2212");
  case NodePair::Kind::added:
    return "+";
  case NodePair::Kind::same:
    break;
  }
  return {};
}

} // namespace

NetworkPair::NetworkPair(QWidget* parent) : QAbstractScrollArea(parent) {
  setObjectName("networkPair");
  setFrameShape(QFrame::NoFrame);
  setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  setGround(this, Ground::surface);
  setGround(viewport(), Ground::surface);
  setAccessibleName("Networks side by side");
}

void NetworkPair::setPair(const NamedNetwork& left, const NamedNetwork& right) {
  message_.clear();
  titles_ = {left.title, right.title};
  seconds_ = {left.second, right.second};
  rows_.clear();
  for (const auto& pair : difference(left.network, left.analysis.order, right.network, right.analysis.order))
    rows_.push_back({pair.kind, {sideOf(left, pair.left), sideOf(right, pair.right)}});
  setAccessibleDescription(QString("%1 changed, %2 removed, %3 added")
                               .arg(count(NodePair::Kind::changed))
                               .arg(count(NodePair::Kind::removed))
                               .arg(count(NodePair::Kind::added)));
  measure();
}

void NetworkPair::clear(const QString& message) {
  rows_.clear();
  message_ = message;
  measure();
}

int NetworkPair::count(NodePair::Kind kind) const {
  return int(std::count_if(rows_.begin(), rows_.end(), [&](const Row& row) { return row.kind == kind; }));
}

int NetworkPair::contentHeight() const {
  const Look& look = lookOf(this);
  return look.px(headUnits) + int(rows_.size()) * look.px(rowUnits) + look.px(8);
}

QSize NetworkPair::sizeHint() const { return {lookOf(this).px(480), contentHeight()}; }

void NetworkPair::measure() {
  verticalScrollBar()->setPageStep(viewport()->height());
  verticalScrollBar()->setSingleStep(lookOf(this).px(rowUnits));
  verticalScrollBar()->setRange(0, std::max(0, contentHeight() - viewport()->height()));
  updateGeometry();
  viewport()->update();
}

void NetworkPair::resizeEvent(QResizeEvent* event) {
  QAbstractScrollArea::resizeEvent(event);
  measure();
}

void NetworkPair::changeEvent(QEvent* event) {
  QAbstractScrollArea::changeEvent(event);
  if (event->type() == QEvent::StyleChange) measure();
}

void NetworkPair::paintSide(QPainter& painter, const QRectF& area, const Row& row, int number) const {
  const Look& look = lookOf(this);
  const Side& side = row.sides[std::size_t(number)];
  if (side.id == 0) {
    QPen pen(look[Token::line], 1);
    pen.setDashPattern({4, 3});
    painter.setPen(pen);
    const double y = std::floor(area.bottom()) - 0.5;
    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
    return;
  }
  const bool same = row.kind == NodePair::Kind::same;
  paintBox(painter, area,
           {.ground = look[groundOf(row.kind)], .border = same ? look[Token::line] : QColor(), .radius = 3});
  painter.fillRect(QRectF(area.left(), area.top(), 4, area.height()),
                   familyColour(look.theme(), side.family));
  const double icon = look.px(14), gap = look.px(8);
  double x = area.left() + 4 + gap;
  painter.save();
  look.icons.paint(painter, QRectF(x, area.top(), icon, area.height()), side.icon, int(icon),
                   familyColour(look.theme(), side.family));
  painter.restore();
  x += icon + gap;
  const double right = area.right() - gap;
  const QFontMetricsF metrics(look.fonts[Type::small]);
  const double shape = std::min(metrics.horizontalAdvance(side.shape), (right - x) / 2);
  paintText(painter, QRectF(right - shape, area.top(), shape, area.height()), side.shape,
            look.fonts[Type::small], look[Token::text], Qt::AlignRight);
  const double room = right - shape - gap - x;
  const int taken = paintText(painter, QRectF(x, area.top(), room, area.height()), side.title,
                              look.fonts[Type::smallStrong], look[Token::text]);
  if (room - taken > look.px(24))
    paintText(painter, QRectF(x + taken + look.px(4), area.top(), room - taken - look.px(4), area.height()),
              side.facts, look.fonts[Type::small], look[Token::text2]);
}

void NetworkPair::paintEvent(QPaintEvent* event) {
  const Look& look = lookOf(this);
  QPainter painter(viewport());
  painter.setRenderHint(QPainter::Antialiasing, false);
  const double edge = look.px(edgeUnits), gutter = look.px(gutterUnits);
  if (!message_.isEmpty()) {
    painter.setFont(look.fonts[Type::small]);
    painter.setPen(look[Token::text2]);
    painter.drawText(QRectF(viewport()->rect()).adjusted(edge, edge, -edge, -edge),
                     Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, visibleLines(message_));
    return;
  }
  const double column = std::floor((viewport()->width() - 2 * edge - gutter) / 2);
  const double lefts[2] = {edge, edge + column + gutter};
  double y = -verticalScrollBar()->value();
  for (std::size_t side = 0; side < 2; ++side) {
    const QRectF head(lefts[side], y, column, look.px(headUnits));
    const int taken =
        paintText(painter, head, titles_[side], look.fonts[Type::smallMedium], look[Token::text]);
    paintText(painter, head.adjusted(taken > 0 ? taken + look.px(6) : 0, 0, 0, 0), seconds_[side],
              look.fonts[Type::small], look[Token::text2]);
  }
  y += look.px(headUnits);
  for (const Row& row : rows_) {
    const QRectF line(0, y, viewport()->width(), look.px(rowUnits));
    y += line.height();
    if (!line.intersects(event->rect())) continue;
    for (int side = 0; side < 2; ++side)
      paintSide(painter, QRectF(lefts[side], line.top(), column, look.px(cardUnits)), row, side);
    paintText(painter, QRectF(edge + column, line.top(), gutter, look.px(cardUnits)), signOf(row.kind),
              look.fonts[Type::smallStrong], look[Token::text2], Qt::AlignHCenter);
  }
}

} // namespace loom
