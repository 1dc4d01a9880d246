// SPDX-License-Identifier: GPL-3.0-or-later
// The icons of :/icons, tinted with the colour of the text beside them and kept as pixmaps per name, size,
// colour and device pixel ratio, so that each is rendered once. GUI thread only.
#pragma once
#include <QColor>
#include <QHash>
#include <QIcon>
#include <QPainter>
#include <QPixmap>
#include <QStringList>

namespace loom {

class Icons {
 public:
  // A square pixmap of `size` units. An unknown name is an empty pixmap.
  QPixmap pixmap(const QString& name, int size, const QColor& colour, double devicePixelRatio) const;
  // Centred in `area`, on whole device pixels.
  void paint(QPainter& painter, const QRectF& area, const QString& name, int size,
             const QColor& colour) const;

 private:
  mutable QHash<QString, QByteArray> sources_;
  mutable QHash<QString, QPixmap> made_;
};

QStringList iconNames(); // every shipped icon, sorted

// For QAction and QAbstractButton: an icon that knows its name, so that LoomStyle can tint it with the
// control's colour.
QIcon icon(const QString& name);

} // namespace loom
