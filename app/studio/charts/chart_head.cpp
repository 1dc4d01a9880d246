// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/charts/chart_head.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPainter>
#include <QToolButton>
#include <algorithm>

namespace loom {

ChartHead::ChartHead(const QString& title, const QString& subtitle, bool mayLog, bool maySmooth,
                     QWidget* parent)
    : QWidget(parent), title_(title), subtitle_(subtitle) {
  tools_ = rowOf(this, 0, 4);
  tools_->addStretch(1);
  if (maySmooth) {
    tools_->addWidget(new Text("Smooth", Type::small, Token::text2));
    smooth_ = new QLineEdit("0");
    smooth_->setObjectName("smoothing");
    smooth_->setAccessibleName("Smoothing");
    fixWidth(smooth_, 52);
    setSize(smooth_, ControlSize::small);
    setTip(smooth_, "0 shows every point; 0.99 the slow trend", "S");
    connect(smooth_, &QLineEdit::editingFinished, this, [this] {
      bool ok = false;
      const double value = smooth_->text().toDouble(&ok);
      setMark(smooth_, ok && value >= 0 && value < 1 ? FieldMark::plain : FieldMark::wrong);
      if (ok && value >= 0 && value < 1) Q_EMIT smoothingChosen(value);
    });
    tools_->addWidget(smooth_);
  }
  if (mayLog) {
    log_ = makeIconButton("log", "Logarithmic axis");
    log_->setCheckable(true);
    log_->setObjectName("logAxis");
    setTip(log_, "Logarithmic axis", "L");
    setSize(log_, ControlSize::small);
    connect(log_, &QToolButton::toggled, this, &ChartHead::logToggled);
    tools_->addWidget(log_);
  }
  fit_ = makeIconButton("fit", "Show everything");
  fit_->setObjectName("fitChart");
  setTip(fit_, "Show everything", "Z, or a double-click");
  setSize(fit_, ControlSize::small);
  connect(fit_, &QToolButton::clicked, this, &ChartHead::fitWanted);
  tools_->addWidget(fit_);
}

void ChartHead::setLegend(const QVector<LegendEntry>& entries) {
  legend_ = entries;
  update();
}

void ChartHead::setNote(const QString& note) {
  if (note == note_) return;
  note_ = note;
  update();
}

void ChartHead::setToolsVisible(bool visible) {
  for (int at = 0; at < tools_->count(); ++at)
    if (auto* tool = tools_->itemAt(at)->widget()) tool->setVisible(visible);
}

void ChartHead::addTool(QWidget* tool) { tools_->insertWidget(1, tool); }

void ChartHead::setLog(bool on) {
  if (log_ != nullptr && log_->isChecked() != on) {
    const QSignalBlocker blocker(log_);
    log_->setChecked(on);
  }
}

void ChartHead::setSmoothing(double factor) {
  if (smooth_ != nullptr && !smooth_->hasFocus()) smooth_->setText(QString::number(factor));
}

QSize ChartHead::sizeHint() const { return {200, lookOf(this).px(32)}; }

void ChartHead::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  double x = 0;
  double limit = width();
  for (int at = tools_->count() - 1; at >= 0; --at)
    if (auto* tool = tools_->itemAt(at)->widget(); tool != nullptr && !tool->isHidden())
      limit = tool->x() - 8.0;
  x += paintText(painter, QRectF(0, 0, limit, height()), title_, look.fonts[Type::bodyStrong],
                 look[Token::text]) +
       look.px(8);
  if (!subtitle_.isEmpty())
    x += paintText(painter, QRectF(x, 0, std::max(0.0, limit - x), height()), subtitle_,
                   look.fonts[Type::small], look[Token::text2]) +
         look.px(8);
  for (const auto& entry : legend_) {
    const double wanted = 22 + QFontMetricsF(look.fonts[Type::small]).horizontalAdvance(entry.text) + 12;
    if (x + wanted > limit) {
      paintText(painter, QRectF(x, 0, std::max(0.0, limit - x), height()), "…", look.fonts[Type::small],
                look[Token::text2]);
      break;
    }
    QPen pen(look.theme().seriesAt(entry.colour), 2);
    pen.setCapStyle(Qt::FlatCap);
    if (!entry.dash.isEmpty()) {
      QVector<qreal> pattern;
      for (const qreal length : entry.dash) pattern << length / 2;
      pen.setDashPattern(pattern);
    }
    painter.setPen(pen);
    painter.drawLine(QPointF(x, height() / 2.0), QPointF(x + 16, height() / 2.0));
    x += 22;
    x += paintText(painter, QRectF(x, 0, std::max(0.0, limit - x), height()), entry.text,
                   look.fonts[Type::small], look[Token::text]) +
         12;
  }
  if (!note_.isEmpty() && x < limit)
    paintText(painter, QRectF(x, 0, limit - x, height()), note_, look.fonts[Type::small], look[Token::text2]);
}

} // namespace loom
