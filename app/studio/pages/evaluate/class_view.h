// SPDX-License-Identifier: GPL-3.0-or-later
// A classification: the confusion matrix, the samples of its chosen cell with what the network said of them,
// figures per class, the worst samples.
#pragma once
#include "app/studio/pages/evaluate/sample_views.h"
#include "core/run/evaluation.h"
#include <QWidget>

class QTableWidget;

namespace loom {

class ConfusionMatrix;
class DockTitle;
class Text;

class ClassView : public QWidget {
  Q_OBJECT
 public:
  ClassView(const Pictures& pictures, QWidget* parent = nullptr);
  void setEvaluation(const Evaluation& evaluation);
  void picturesCame();
  void openCell(int row, int column); // surest errors first
  ConfusionMatrix& matrix() { return *matrix_; }
  SampleGrid& grid() { return *grid_; }
  WorstList& worst() { return *worst_; }
  QTableWidget& classes() { return *classes_; }
  QString weakest() const; // a sentence on the class with the lowest F1; empty: all are good

 Q_SIGNALS:
  void picturesWanted(const QVector<int>& numbers);

 private:
  void showSample(int index);
  void sortClasses(int column);
  double share(int index, int label) const;
  const Pictures& pictures_;
  Evaluation evaluation_;
  ConfusionMatrix* matrix_;
  DockTitle *cellTitle_, *sampleTitle_;
  SampleGrid* grid_;
  SampleDetail* detail_;
  QTableWidget* classes_;
  WorstList* worst_;
  bool pictured_ = true; // the samples are pictures; known when the first ones came
  int sorted_ = 3;
  bool descending_ = false;
};

} // namespace loom
