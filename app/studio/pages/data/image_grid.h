// SPDX-License-Identifier: GPL-3.0-or-later
// Samples that are pictures, as a grid: paints the rows one sees, asks for the pictures it has not got yet,
// keeps the last few thousand. One widget, no item widgets.
#pragma once
#include "app/studio/theme/look.h"
#include <QAbstractScrollArea>
#include <QCache>
#include <QImage>
#include <QSet>
#include <QVector>

namespace loom {

class ImageGrid : public QAbstractScrollArea {
  Q_OBJECT
 public:
  explicit ImageGrid(QWidget* parent = nullptr);
  void setSamples(const QVector<int>& numbers); // which, in order; keeps the chosen one when it is among them
  void setCaptions(std::function<QString(int)> captionOf);
  void setPicture(int number, const QImage& picture);
  void forget(); // other data: every picture is another one
  void setCell(int units);
  int cell() const { return cell_; }
  int current() const { return current_; } // a sample number, -1: none
  void choose(int number);
  const QImage* picture(int number) const { return pictures_.object(number); }
  QRect rectOf(int number) const; // on the viewport

 Q_SIGNALS:
  void wanted(const QVector<int>& numbers);
  void chosen(int number);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void changeEvent(QEvent* event) override;
  void scrollContentsBy(int dx, int dy) override;

 private:
  int columns() const;
  int pitchX() const;
  int pitchY() const;
  void measure();
  void reveal();                 // the chosen one
  void ask(int first, int last); // indices
  QVector<int> numbers_;
  std::function<QString(int)> captionOf_;
  QCache<int, QImage> pictures_{4000};
  QSet<int> asked_;
  int cell_ = 56, current_ = -1;
  bool follow_ = false, revealing_ = false;
};

} // namespace loom
