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
  bool hasPictures() const { return !open_.pictures.isEmpty(); }
  void setPictures(const QVector<int>& numbers, const QVector<QImage>& pictures);
  ConfusionMatrix& matrix();
  ClassView& classes() { return *classes_; }
  ValueView& values() { return *values_; }
  TryView& tryIt() { return *try_; }

 Q_SIGNALS:
  void picturesCame(); // of samples

 private:
  QWidget* buildBar();
  QWidget* buildFacts();
  void bind();
  void forget(); // everything of the project
  void evaluate();
  void predict(const QStringList& files);
  void take(const Evaluation& evaluation);
  void showError(const Error& error);
  void refreshRuns();
  void showTitle();
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void measure(); // by the width of the page and the text size
  void ask(const QString& run);
  void showFacts(const Evaluation& evaluation);
  void wantPictures(const QVector<int>& numbers);
  void showEmpty();
  void showMode(int mode);
  Session* session_;
  struct Choice { // as the list of runs shows it
    QString run, name;
    std::int64_t checkpoint;
    bool operator==(const Choice&) const = default;
  };
  struct OpenProject { // what belongs to the open project
    QString run, split = "test";
    QVector<Choice> choices;
    Evaluation evaluation;
    bool busy = false;
    Pictures pictures;
    QSet<int> askedPictures;
  };
  OpenProject open_;
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
