// SPDX-License-Identifier: GPL-3.0-or-later
// The next run before it starts: what, where and how, each field checked as it is typed, the schedule drawn,
// and at the right what it will cost. Settings go to the session as soon as all are right; the estimate is
// asked for a moment after the last change and never waited for.
#pragma once
#include "app/studio/model/session.h"
#include <QTimer>
#include <QWidget>

class QComboBox;
class QHBoxLayout;
class QLineEdit;
class QScrollArea;
class QVBoxLayout;

namespace loom {

class Chart;
class ChoiceCard;
class FieldForm;
class Form;
class NotedField;
class RunCost;
class Segments;

class RunSetup : public QWidget {
  Q_OBJECT
 public:
  explicit RunSetup(Session* session, QWidget* parent = nullptr); // session: null in shots without one
  void refresh();                                                 // from the session's settings and networks
  bool takeAll(); // every field into the session; false: one is wrong and says so
  QString networkName() const;
  Session::Wanted wanted() const;
  QString subtitle() const;                    // "cnn on Fashion-MNIST"
  QString problem() const { return problem_; } // why it cannot run; empty: it can
  // Of all projects on this computer, as the device's card shows it. 0: a run would start at once.
  qsizetype runsAhead(const QString& device) const;

 Q_SIGNALS:
  void problemChanged();
  void runLinked(const QString& run); // an earlier run with the same settings was pressed
  void designWanted();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void arrange(); // the columns, side by side or stacked
  QWidget* buildWhat();
  QWidget* buildHow();
  void buildParams();
  void changed();
  void bindSession();
  void forget();      // everything of the project, what was typed for its next run included
  void followDrawn(); // the network that Design shows is the one of the next run
  void showPreview();
  void showNotes();
  void proposeName();
  void showAhead(); // on the device cards
  void showDevices();
  void checkAll(TrainSettings& into, bool& good);
  Session* session_;
  QTimer* later_;
  QString problem_, builtOptimizer_, builtSchedule_, followed_;
  bool filling_ = false;
  bool fresh_ = true; // nothing was typed or chosen since the project was opened
  Form *whatForm_, *whereForm_, *keepForm_, *howLeft_, *howRight_, *scheduleLeft_, *scheduleRight_;
  QComboBox *network_, *optimizer_;
  QLineEdit *data_, *tags_, *note_, *rate_, *seed_, *keep_;
  NotedField *split_, *name_, *epochs_, *batch_, *threads_, *every_;
  QHBoxLayout* across_;
  QScrollArea *firstColumn_, *secondColumn_;
  QWidget *secondLine_, *how_;
  Segments* schedule_;
  Chart* preview_;
  RunCost* cost_;
  QVBoxLayout* cards_;
  QVector<DeviceView> devices_; // that are offered
  QList<ChoiceCard*> deviceCards_;
  FieldForm *optimizerParams_, *scheduleParams_;
};

} // namespace loom
