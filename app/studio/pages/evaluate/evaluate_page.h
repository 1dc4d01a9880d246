// SPDX-License-Identifier: GPL-3.0-or-later
// Evaluate: what a chosen run does on a part of its data. Kept results are read; where there are none a
// button asks `loom evaluate` for them.
#pragma once
#include "app/studio/frame/page.h"
#include "app/studio/model/session.h"
#include "app/studio/pages/evaluate/sample_views.h"
#include <QSet>

class QBoxLayout;
class QComboBox;
class QPushButton;
class QStackedWidget;

namespace loom {

class ClassView;
class ConfusionMatrix;
class EmptyState;
class FittingRow;
class MessageBar;
class Segments;
class Text;
class TryView;
class ValueView;

class EvaluatePage : public Page {
  Q_OBJECT
 public:
  EvaluatePage(PageContext& context, Session* session); // without one in shots: data by hand
  void opened(const PageTarget& target) override;
  void show(const QString& run, const Evaluation& evaluation);
  using QWidget::show;
  bool hasPictures() const { return !pictures_.isEmpty(); }
  void setPictures(const QVector<int>& numbers, const QVector<QImage>& pictures);
  ConfusionMatrix& matrix();
  ClassView& classes() { return *classes_; }
  ValueView& values() { return *values_; }
  TryView& tryIt() { return *try_; }

 private:
  QWidget* buildFacts();
  void bind();
  void refreshRuns();
  void showTitle();
  void resizeEvent(QResizeEvent* event) override;
  void ask(const QString& run);
  void showFacts(const Evaluation& evaluation);
  void wantPictures(const QVector<int>& numbers);
  void showEmpty();
  void showMode(int mode);
  Session* session_;
  struct Offered {
    QString run, words;
    bool operator==(const Offered&) const = default;
  };
  QVector<Offered> offered_; // in runs_
  QString run_, split_ = "test";
  Evaluation evaluation_;
  bool busy_ = false;
  Pictures pictures_;
  QSet<int> askedPictures_;
  QComboBox *runs_, *splits_;
  Text* on_;
  Segments* mode_;
  MessageBar *message_, *weak_;
  EmptyState* empty_;
  QPushButton* evaluate_;
  QWidget* facts_;
  FittingRow* factRow_;
  QBoxLayout* factsAndWeak_;
  QStackedWidget* stack_;
  ClassView* classes_;
  ValueView* values_;
  TryView* try_;
};

} // namespace loom
