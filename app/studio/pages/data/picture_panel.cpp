// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/data/picture_panel.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/picture.h"
#include <algorithm>

namespace loom {

constexpr int pictureSize = 112;

PicturePanel::PicturePanel(QWidget* parent) : QWidget(parent) {
  setObjectName("picturePanel");
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize PicturePanel::sizeHint() const { return QSize(lookOf(this).px(240), lookOf(this).px(pictureSize)); }

void PicturePanel::setPicture(const QImage& picture, const QString& label, const QString& part) {
  picture_ = picture;
  facts_.clear();
  if (!label.isEmpty()) facts_ << qMakePair(QString("Label"), label);
  if (!part.isEmpty()) facts_ << qMakePair(QString("Part"), part);
  if (!picture.isNull()) {
    int low = 255, high = 0;
    double sum = 0;
    const bool grey = picture.allGray();
    for (int y = 0; y < picture.height(); ++y)
      for (int x = 0; x < picture.width(); ++x) {
        const QRgb pixel = picture.pixel(x, y);
        for (const int value : {qRed(pixel), qGreen(pixel), qBlue(pixel)}) {
          low = std::min(low, value);
          high = std::max(high, value);
          sum += value;
          if (grey) {
            sum += 2 * value;
            break;
          }
        }
      }
    facts_ << qMakePair(QString("Lowest"), QString::number(low))
           << qMakePair(QString("Highest"), QString::number(high))
           << qMakePair(QString("Mean"),
                        QString::number(sum / (3.0 * picture.width() * picture.height()), 'f', 1));
  }
  QStringList words;
  for (const auto& [name, value] : facts_) words << name + " " + value;
  setAccessibleName(words.join(", "));
  update();
}

void PicturePanel::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  const double size = look.px(pictureSize);
  const QRectF box(0, 0, size, size);
  painter.fillRect(box, look[Token::sunken]);
  if (!picture_.isNull()) paintFitted(painter, box, picture_);
  double y = 0;
  for (const auto& [name, value] : facts_) {
    const QRectF row(size + look.px(12), y, width() - size - look.px(12), look.px(20));
    paintText(painter, row, name, look.fonts[Type::small], look[Token::text2]);
    paintText(painter, row, value, look.fonts[Type::small], look[Token::text], Qt::AlignRight);
    y += look.px(24);
  }
}

} // namespace loom
