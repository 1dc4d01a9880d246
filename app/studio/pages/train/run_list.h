// SPDX-License-Identifier: GPL-3.0-or-later
// The runs under way beside the one that is shown, when there are several: state, cloth, how far. And what
// stands in the place of the charts while a run waits: the steps it went through, the one thing it waits for,
// and what may be done.
#pragma once
#include "app/studio/model/session.h"
#include <QWidget>

namespace loom {

class Text;

class RunList : public QWidget {
  Q_OBJECT
 public:
  explicit RunList(QWidget* parent = nullptr);
  void setRuns(const QVector<RunView>& runs, const QString& current);
  int count() const { return int(runs_.size()); }
  const RunView& viewAt(int row) const { return runs_[row]; }
  QStringList wordsAt(int row) const; // below the name: where it is, and why it waits or cannot start
  QRectF rowRect(int row) const;
  QSize sizeHint() const override;

 Q_SIGNALS:
  void chosen(const QString& run);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QVector<RunView> runs_;
  QString current_;
};

class RunWaiting : public QWidget {
  Q_OBJECT
 public:
  explicit RunWaiting(QWidget* parent = nullptr);
  void setRun(const RunView& view, const QVector<RunView>& ahead);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  struct Step {
    QString icon, title, second, when;
    int state = 0; // 0: done, 1: now, 2: later, 3: failed, its second line in full
  };
  QVector<Step> steps_;
  QString note_;
};

} // namespace loom
