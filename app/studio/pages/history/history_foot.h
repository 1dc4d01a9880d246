// SPDX-License-Identifier: GPL-3.0-or-later
// Below the table of History: what the chosen runs have in common and what differs, their tags and note, and
// what can be done with them. It tells what a person wants; the page does it.
#pragma once
#include "app/studio/bridge/bridge.h"
#include <QWidget>

class QLineEdit;
class QPushButton;

namespace loom {

class DockTitle;

class HistoryFoot : public QWidget {
  Q_OBJECT
 public:
  explicit HistoryFoot(QWidget* parent = nullptr);
  ~HistoryFoot() override;
  void setRuns(const QVector<RunView>& views, bool binned); // the chosen runs; none hides it
  void open();                                              // as its button
  void editTag();
  void editNote();

 Q_SIGNALS:
  void openWanted();
  void resumeWanted();                // or started again, when it is in the queue
  void binWanted();                   // into the bin, or back
  void tagGiven(const QString& word); // "-word" takes it away
  void noteGiven(const QString& words);

 private:
  void showFigures(const QVector<RunView>& views);
  DockTitle* title_;
  QLineEdit *tag_, *note_;
  QPushButton *open_, *resume_, *bin_;
  QWidget* differ_;
  struct Shown {
    struct Run {
      std::string id, name, note;
      std::int64_t version = 0;
      QString state;
      bool operator==(const Run&) const = default;
    };
    bool binned = false;
    std::vector<Run> runs;
    bool operator==(const Shown&) const = default;
  };
  Shown shown_;
};

} // namespace loom
