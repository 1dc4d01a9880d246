// SPDX-License-Identifier: GPL-3.0-or-later
// One sample large, with its label and the range of its values.
#pragma once
#include "app/studio/theme/look.h"
#include <QImage>

namespace loom {

class PicturePanel : public QWidget {
  Q_OBJECT
 public:
  explicit PicturePanel(QWidget* parent = nullptr);
  void setPicture(const QImage& picture, const QString& label, const QString& part);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QImage picture_;
  QVector<QPair<QString, QString>> facts_;
};

} // namespace loom
