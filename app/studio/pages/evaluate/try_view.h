// SPDX-License-Identifier: GPL-3.0-or-later
// "Try it": files that are dropped or opened go to `loom predict`; the answer of the chosen one stands with
// the scores of all classes, the others beside it.
#pragma once
#include "app/studio/bridge/views.h"
#include "app/studio/theme/look.h"
#include <QPair>
#include <QStringList>
#include <QVector>
#include <QWidget>

class QListWidget;

namespace loom {

class Text;

class TryView : public QWidget {
  Q_OBJECT
 public:
  explicit TryView(QWidget* parent = nullptr);
  using Scores = QVector<QPair<QString, double>>; // best first
  void addAnswers(const QVector<PredictionView>& answers, bool regression);
  void clear(); // another run, whose answers these are not
  void setWaiting(bool waiting);
  const QVector<Scores>& answers() const { return scores_; }

 Q_SIGNALS:
  void filesGiven(const QStringList& files);

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void showAnswer(int row);
  Text *answer_, *share_, *hint_, *none_;
  QWidget* bars_;
  QListWidget* tried_;
  QVector<Scores> scores_;
  bool regression_ = false;
};

} // namespace loom
