// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluate: what a chosen run does on the test part: accuracy, figures per class, the confusion matrix whose
// cells open their pictures.
#pragma once
#include "app/studio/frame/page.h"
#include "app/studio/pages/session.h"

class QComboBox;
class QTableWidget;

namespace loom {

class ConfusionMatrix;
class EmptyState;
class MessageBar;
class Text;

class EvaluatePage : public Page {
  Q_OBJECT
 public:
  explicit EvaluatePage(PageContext& context);
  void opened(const QVariant& what) override; // a run's id
  void show(const QString& run, const Evaluation& evaluation);
  using QWidget::show;
  ConfusionMatrix& matrix() { return *matrix_; }

 private:
  void refreshRuns();
  void ask(const QString& run);
  void openCell(int row, int column);
  Session* session_;
  QString run_;
  Evaluation evaluation_;
  QComboBox* runs_;
  MessageBar* message_;
  EmptyState* empty_;
  QWidget *body_, *pictures_;
  Text *accuracy_, *accuracyLabel_, *loss_, *count_, *cell_;
  ConfusionMatrix* matrix_;
  QTableWidget* classes_;
};

} // namespace loom
