// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/canvas_painter.h"
#include "app/studio/canvas/family_look.h"
#include "app/studio/theme/visible_text.h"
#include <QFontMetricsF>
#include <QtMath>
#include <cmath>

namespace loom {
namespace {

constexpr double detail = 0.5, outline = 0.2;

QPointF whole(QPointF point) { return {std::round(point.x()), std::round(point.y())}; }
QRectF whole(const QRectF& box) {
  const QPointF a = whole(box.topLeft()), b = whole(box.bottomRight());
  return {a, b};
}

QStaticText prepared(const QString& text, const QFont& font) {
  QStaticText made(visible(text));
  made.setTextFormat(Qt::PlainText);
  made.setPerformanceHint(QStaticText::AggressiveCaching);
  made.prepare(QTransform(), font);
  return made;
}

// A border of whole device pixels inside the box; drawRect with a wide pen would take the slow path.
void frameBox(QPainter& painter, const QRectF& box, double width, const QColor& colour, double radius) {
  const double half = width / 2;
  painter.setPen(QPen(colour, width));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(box.adjusted(half, half, -half, -half), radius, radius);
}

} // namespace

void CanvasPainter::prepare(const Look& look, const CanvasFrame& frame) {
  const bool same = look_ == &look && scale_ == frame.scale && pixelRatio_ == frame.pixelRatio &&
                    dark_ == look.theme().dark;
  if (same) return;
  look_ = &look;
  scale_ = frame.scale;
  pixelRatio_ = frame.pixelRatio;
  dark_ = look.theme().dark;
  texts_.clear();
  // Letters keep half-pixel sizes, so that a zoom step reuses glyphs; the layer has a pixel ratio of 1.
  const auto sized = [&](Type type, double units) {
    QFont font = look.fonts[type];
    font.setPixelSize(std::max(1, qRound(units * frame.scale)));
    return font;
  };
  titleFont_ = sized(Type::smallStrong, 12);
  bodyFont_ = sized(Type::captionPlain, 11);
}

const CanvasPainter::Texts& CanvasPainter::texts(const NodeItem& node, double scale) const {
  auto& entry = texts_[node.id];
  const bool problem = node.problem.has_value();
  if (entry.width == node.box.width() && entry.problem == problem && entry.said[0] == node.title &&
      entry.said[1] == node.facts && entry.said[2] == node.shape && entry.said[3] == node.count)
    return entry;
  entry.width = node.box.width();
  entry.problem = problem;
  entry.said = {node.title, node.facts, node.shape, node.count};
  const QFontMetricsF title(titleFont_), body(bodyFont_);
  const double room = (node.box.width() - 8 - 12) * scale;
  entry.title =
      prepared(title.elidedText(node.title, Qt::ElideRight, room - (20 + (node.problem ? 20 : 0)) * scale),
               titleFont_);
  entry.facts = prepared(body.elidedText(node.facts, Qt::ElideRight, room), bodyFont_);
  entry.countWidth = body.horizontalAdvance(node.count);
  entry.count = prepared(node.count, bodyFont_);
  entry.shape =
      prepared(body.elidedText(node.shape, Qt::ElideRight, room - entry.countWidth - 6 * scale), bodyFont_);
  return entry;
}

void CanvasPainter::segments(QPainter& painter, const QPolygonF& line, const QPen& pen) const {
  if (line.size() < 2) return;
  painter.setPen(pen);
  if (pen.style() != Qt::SolidLine) { // dashes must run on over the corners; wrong edges are few
    painter.drawPolyline(line);
    return;
  }
  QVector<QLineF> parts;
  parts.reserve(line.size() - 1);
  for (qsizetype index = 1; index < line.size(); ++index) parts.append({line[index - 1], line[index]});
  painter.drawLines(parts);
}

void CanvasPainter::ground(QPainter& painter, const CanvasFrame& frame) const {
  const Look& look = *look_;
  painter.fillRect(QRect(QPoint(0, 0), frame.size), look[Token::canvas]);
  if (frame.zoom < outline) return;
  const double thickness = std::max(1.0, std::round(frame.pixelRatio));
  const auto lines = [&](double step, const QColor& colour, double skip) {
    const double first = std::floor(frame.origin.x() / step) * step;
    for (double x = first; (x - frame.origin.x()) * frame.scale < frame.size.width(); x += step) {
      if (skip > 0 && std::fmod(std::abs(x), skip) < 0.5) continue;
      painter.fillRect(
          QRectF(std::round((x - frame.origin.x()) * frame.scale), 0, thickness, frame.size.height()),
          colour);
    }
  };
  if (frame.zoom >= detail) lines(16, look[Token::warp], 128);
  lines(128, look[Token::line], 0);
}

void CanvasPainter::edge(QPainter& painter, const CanvasFrame& frame, const EdgeItem& edge,
                         bool accent) const {
  const Look& look = *look_;
  QPolygonF line;
  line.reserve(edge.line.size());
  for (const auto& point : edge.line) line << frame.map(point);
  // Straight lines lie on pixel centres or edges, whichever is crisp for their width.
  const double width = frame.zoom < detail
                           ? std::max(1.0, (frame.zoom < outline ? 1.0 : 1.5) * frame.pixelRatio)
                           : std::max(1.0, edge.width * frame.scale);
  painter.setRenderHint(QPainter::Antialiasing, true);
  if (frame.zoom >= detail) {
    QPen under(look[Token::canvas], width + 4 * frame.scale);
    under.setCapStyle(Qt::FlatCap);
    segments(painter, line, under);
  }
  QColor colour = look[Token::text2];
  Qt::PenStyle style = Qt::SolidLine;
  QPen pen;
  if (edge.wrong) colour = look[Token::error];
  if (edge.unknown) colour = look[Token::textOff];
  if (accent) colour = look[Token::accent];
  pen = QPen(colour, width, style, Qt::RoundCap, Qt::RoundJoin);
  if (edge.wrong || edge.unknown) {
    pen.setCapStyle(Qt::FlatCap);
    pen.setDashPattern({5.0 * frame.scale / width, 4.0 * frame.scale / width});
  }
  segments(painter, line, pen);
}

void CanvasPainter::label(QPainter& painter, const CanvasFrame& frame, const EdgeItem& edge,
                          const QString& text, bool always) const {
  if (frame.zoom < detail || text.isEmpty()) return;
  const Look& look = *look_;
  const QFontMetricsF metrics(bodyFont_);
  const double width = metrics.horizontalAdvance(text);
  if (width + 2 * frame.scale > edge.labelRoom * frame.scale && !edge.unknown && !always) return;
  const QPointF at = whole(frame.map(edge.labelAt));
  // Above the line between neighbours; on it where it runs long, as a name is woven into a border.
  const bool on = edge.labelRoom > 160;
  const double height = metrics.height();
  const double top = on ? at.y() - height / 2 : at.y() - height - 3 * frame.scale;
  const QRectF box =
      whole(QRectF(at.x() - width / 2 - 3 * frame.scale, top, width + 6 * frame.scale, height));
  painter.fillRect(box, look[Token::canvas]);
  painter.setFont(bodyFont_);
  painter.setPen(edge.wrong ? look[Token::error] : look[Token::text2]);
  painter.drawText(QPointF(std::round(at.x() - width / 2), std::round(box.top() + metrics.ascent())), text);
}

void CanvasPainter::knots(QPainter& painter, const CanvasFrame& frame, const Scene& scene) const {
  if (frame.zoom < detail) return;
  painter.setPen(Qt::NoPen);
  painter.setBrush((*look_)[Token::text2]);
  for (const auto& knot : scene.knots)
    painter.drawEllipse(frame.map(knot), 3.5 * frame.scale, 3.5 * frame.scale);
}

struct CanvasPainter::Card {
  const NodeItem& node;
  const State& state;
  QRectF box; // device pixels, whole
  QColor family, border;
  double thickness = 1; // of the border
  bool error = false;
};

// A short name in a plain card.
void CanvasPainter::namedCard(QPainter& painter, const CanvasFrame& frame, const Card& card) const {
  const Look& look = *look_;
  const double ratio = frame.pixelRatio;
  painter.fillRect(card.box, look[Token::raised]);
  frameBox(painter, card.box, card.thickness, card.border, 2 * ratio);
  painter.fillRect(QRectF(card.box.topLeft(), QSizeF(3 * ratio, card.box.height())), card.family);
  QFont font = look.fonts[Type::captionPlain];
  font.setPixelSize(qRound(11 * look.scale * ratio));
  painter.setFont(font);
  painter.setPen(look[Token::text]);
  painter.drawText(card.box.adjusted(5 * ratio, 0, 0, 0), Qt::AlignCenter, card.node.shortName);
}

void CanvasPainter::wholeCard(QPainter& painter, const CanvasFrame& frame, const Card& card) const {
  const Look& look = *look_;
  const NodeItem& node = card.node;
  const QRectF& box = card.box;
  const double s = frame.scale;
  painter.setPen(Qt::NoPen);
  painter.setBrush(look[Token::raised]);
  painter.drawRoundedRect(box, 4 * s, 4 * s);
  frameBox(painter, box, card.thickness, card.border, 4 * s);
  // The thread lies over the left edge and follows its round corners.
  painter.save();
  painter.setClipRect(QRectF(box.topLeft(), QSizeF(4 * s, box.height())), Qt::IntersectClip);
  painter.setPen(Qt::NoPen);
  painter.setBrush(card.family);
  painter.drawRoundedRect(box, 4 * s, 4 * s);
  painter.restore();
  const auto& prepared = texts(node, s);
  const double left = box.left() + 12 * s;
  look.icons.paint(painter, QRectF(left, box.top() + 4 * s, 16 * s, 16 * s), node.icon, qRound(16 * s),
                   card.family);
  const QFontMetricsF title(titleFont_), body(bodyFont_);
  painter.setFont(titleFont_);
  painter.setPen(look[Token::text]);
  painter.drawStaticText(whole({left + 20 * s, box.top() + (headHeight * s - title.height()) / 2}),
                         prepared.title);
  painter.setFont(bodyFont_);
  double y = box.top() + headHeight * s;
  const auto row = [&] { return std::round(y + (16 * s - body.height()) / 2); };
  if (!node.facts.isEmpty()) {
    painter.setPen(look[Token::text2]);
    painter.drawStaticText(whole({left, row()}), prepared.facts);
    y += 16 * s;
  }
  painter.setPen(card.error ? look[Token::error] : look[Token::text]);
  painter.drawStaticText(whole({left, row()}), prepared.shape);
  painter.setPen(look[Token::text2]);
  painter.drawStaticText(whole({box.right() - 8 * s - prepared.countWidth, row()}), prepared.count);
}

void CanvasPainter::ports(QPainter& painter, const CanvasFrame& frame, const Card& card) const {
  const Look& look = *look_;
  const NodeItem& node = card.node;
  const State& state = card.state;
  const double s = frame.scale, radius = (state.hovered ? 5.5 : 4.5) * s;
  const auto port = [&](QPointF at, bool filled, bool legal) {
    const QPointF centre = frame.map(at);
    const QColor colour = card.error && !filled ? look[Token::error]
                          : legal               ? look[Token::accent]
                                                : look[Token::text2];
    painter.setPen(QPen(colour, 1.25 * std::max(1.0, s)));
    painter.setBrush(filled ? colour : look[Token::raised]);
    painter.drawEllipse(centre, radius - 0.6 * s, radius - 0.6 * s);
  };
  const bool wiring = state.legal != nullptr;
  const bool legal = wiring && state.legal->contains(node.id);
  const bool inputs = legal && !state.backwards, output = legal && state.backwards;
  for (std::size_t index = 0; index < node.inputs.size(); ++index) {
    if (wiring && !inputs) painter.setOpacity(0.3);
    port(node.inputs[index], node.filled[index], inputs);
    painter.setOpacity(1);
  }
  if (node.output) {
    if (wiring && !output) painter.setOpacity(0.3);
    port(*node.output, false, output);
    painter.setOpacity(1);
  }
}

// The mark of what is wrong: in the card's head, on its corner where the card is small.
void CanvasPainter::problem(QPainter& painter, const CanvasFrame& frame, const Card& card) const {
  const Look& look = *look_;
  const bool small = frame.zoom < detail;
  const double s = frame.scale, size = small ? 16 * frame.pixelRatio : 16 * s;
  const QRectF& box = card.box;
  const QRectF at = small ? QRectF(box.right() - size / 2, box.top() - size / 2, size, size)
                          : QRectF(box.right() - 8 * s - size, box.top() + 4 * s, size, size);
  if (small) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(look[Token::canvas]);
    painter.drawEllipse(at);
  }
  look.icons.paint(painter, at, card.error ? "st-error" : "st-warn", qRound(size),
                   look[card.error ? Token::error : Token::warn]);
}

void CanvasPainter::node(QPainter& painter, const CanvasFrame& frame, const NodeItem& node,
                         const State& state) const {
  const Look& look = *look_;
  const double ratio = frame.pixelRatio;
  Card card{node, state, whole(frame.map(node.box)), familyColour(look.theme(), node.family), {}};
  QRectF& box = card.box;
  if (box.right() < 0 || box.bottom() < 0 || box.left() > frame.size.width() ||
      box.top() > frame.size.height())
    return;
  card.error = node.problem == Diagnostic::Level::error;
  card.border = state.selected  ? look[Token::accent]
                : card.error    ? look[Token::error]
                : state.hovered ? look[Token::text2]
                                : look[Token::lineStrong];
  card.thickness = (state.selected || card.error ? 2 : 1) * std::max(1.0, std::round(ratio));
  painter.setRenderHint(QPainter::Antialiasing, true);
  if (state.faded) painter.setOpacity(0.55);
  if (frame.zoom < outline) {
    painter.fillRect(box, withAlpha(card.family, 0.7));
    if (state.selected || card.error) frameBox(painter, box, card.thickness, card.border, 0);
  } else if (frame.zoom < detail) {
    // Never smaller than 48 × 24 on the screen.
    const QSizeF least(std::max(box.width(), 48 * ratio), std::max(box.height(), 24 * ratio));
    box = whole(QRectF(box.center() - QPointF(least.width() / 2, least.height() / 2), least));
    namedCard(painter, frame, card);
  } else {
    wholeCard(painter, frame, card);
    ports(painter, frame, card);
  }
  if (node.problem) problem(painter, frame, card);
  painter.setOpacity(1);
}

void CanvasPainter::wire(QPainter& painter, const CanvasFrame& frame, const QPolygonF& line) const {
  QPolygonF mapped;
  for (const auto& point : line) mapped << frame.map(point);
  painter.setRenderHint(QPainter::Antialiasing, true);
  segments(painter, mapped,
           QPen((*look_)[Token::accent], 2 * frame.scale, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
}

void CanvasPainter::rubberBand(QPainter& painter, const CanvasFrame& frame, const QRectF& scene) const {
  const QRectF box = whole(frame.map(scene.normalized()));
  painter.fillRect(box, withAlpha((*look_)[Token::accent], 0.08));
  frameBox(painter, box, std::max(1.0, std::round(frame.pixelRatio)), (*look_)[Token::accent], 0);
}

void CanvasPainter::ghost(QPainter& painter, const CanvasFrame& frame, QPointF at, const QString& type,
                          const QString& icon, Family family) const {
  NodeItem item;
  item.id = -1;
  item.box = QRectF(at, QSizeF(nodeWidth, nodeHeight(false)));
  item.title = type;
  item.icon = icon;
  item.family = family;
  item.inputs = {QPointF(item.box.left(), item.box.top() + portLine)};
  item.filled = {false};
  item.output = QPointF(item.box.right(), item.box.top() + portLine);
  texts_.erase(-1);
  node(painter, frame, item, {true, false, false, nullptr});
}

} // namespace loom
