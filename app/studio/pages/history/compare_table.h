// SPDX-License-Identifier: GPL-3.0-or-later
// What the runs of a comparison were set to and what came of them, a column a run.
#pragma once
#include "app/studio/model/session.h"
#include <QWidget>

namespace loom {

// One row of the table: what, then a cell a run. The best cells are bold; a heading has no cells.
struct CompareRow {
  QString label;
  QStringList cells;
  int best = -1;
  bool heading = false;
  QString second;
  bool named = false; // the cells are the runs: each with the sample of its line
};
// Settings (and parameters) of these runs; only those that differ when asked.
QVector<CompareRow> settingRows(const QVector<RunView>& runs, bool onlyDiffering);
QVector<CompareRow> resultRows(const QVector<RunView>& runs);

class CompareTable : public QWidget {
  Q_OBJECT
 public:
  explicit CompareTable(QWidget* parent = nullptr);
  void setRows(const QVector<CompareRow>& rows, int columns);
  const QVector<CompareRow>& rows() const { return rows_; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  double rowHeight(const CompareRow& row) const;
  QVector<CompareRow> rows_;
  int columns_ = 0;
};

} // namespace loom
