// SPDX-License-Identifier: GPL-3.0-or-later
// Samples as Evaluate shows them: a grid of pictures with a caption each, one sample with what the network
// said, and the worst of a part. Pictures come later, from a worker; until then a sample is a frame with its
// number.
#pragma once
#include "app/studio/theme/look.h"
#include <QHash>
#include <QImage>
#include <QWidget>

namespace loom {

struct SampleItem {
  int index = 0;  // in the evaluation
  int number = 0; // in the data set
  QString first, second, figure;
};
using Pictures = QHash<int, QImage>; // by number in the data set, in their own size

// One picture in whole pixels where it is enlarged, smoothed where it is made smaller.
void paintPicture(QPainter& painter, const QRectF& area, const Pictures& pictures, int number,
                  const Look& look);

class SampleGrid : public QWidget {
  Q_OBJECT
 public:
  SampleGrid(const Pictures& pictures, QWidget* parent = nullptr);
  void setItems(const QVector<SampleItem>& items);
  void setHint(const QString& words); // what stands there instead of samples
  void setPictured(bool pictured);    // without: the number in a low box
  const QVector<SampleItem>& items() const { return items_; }
  void setCurrent(int item);
  int current() const { return current_; }
  QRectF itemRect(int item) const;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 Q_SIGNALS:
  void chosen(int item);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  int columns() const;
  const Pictures& pictures_;
  QVector<SampleItem> items_;
  QString hint_;
  bool pictured_ = true;
  int current_ = -1;
};

class SampleDetail : public QWidget {
  Q_OBJECT
 public:
  struct Score {
    QString name;
    double share = 0;
    bool predicted = false, truth = false;
  };
  SampleDetail(const Pictures& pictures, QWidget* parent = nullptr);
  void setSample(int number, const QVector<Score>& scores); // best first
  void setPictured(bool pictured);
  const QVector<Score>& scores() const { return scores_; }
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Pictures& pictures_;
  int number_ = -1;
  bool pictured_ = true;
  QVector<Score> scores_;
};

class WorstList : public QWidget {
  Q_OBJECT
 public:
  WorstList(const Pictures& pictures, QWidget* parent = nullptr);
  void setItems(const QVector<SampleItem>& items, bool withPictures);
  const QVector<SampleItem>& items() const { return items_; }
  QRectF itemRect(int item) const;
  QRectF secondRect(int item) const; // where its second line is painted
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {lookOf(this).px(120), sizeHint().height()}; }

 Q_SIGNALS:
  void chosen(int item);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  const Pictures& pictures_;
  QVector<SampleItem> items_;
  bool withPictures_ = true;
  int current_ = -1;
};

} // namespace loom
