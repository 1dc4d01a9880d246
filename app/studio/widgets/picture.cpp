// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/picture.h"

namespace loom {

void paintFitted(QPainter& painter, const QRectF& area, const QImage& picture) {
  const QSizeF size = QSizeF(picture.size()).scaled(area.size(), Qt::KeepAspectRatio);
  const QRectF to(area.center() - QPointF(size.width() / 2, size.height() / 2), size);
  painter.setRenderHint(QPainter::SmoothPixmapTransform,
                        picture.width() > to.width() * painter.device()->devicePixelRatioF());
  painter.drawImage(to, picture);
}

} // namespace loom
