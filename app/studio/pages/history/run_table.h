// SPDX-License-Identifier: GPL-3.0-or-later
// The runs as a table. The model owns the order of its rows: sorting and filtering move indices, not data;
// spark lines are asked for as rows come into sight and kept as a few numbers each. The view ticks a row with
// its first column.
#pragma once
#include "app/studio/model/run_words.h"
#include "app/studio/pages/history/run_filter.h"
#include <QAbstractTableModel>
#include <QSet>
#include <QTableView>

namespace loom {

class RunTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    tick,
    state,
    name,
    parameters,
    optimizer,
    rate,
    batch,
    epochs,
    spark,
    validation,
    test,
    time,
    started,
    tags,
    columnCountValue
  };
  enum Role { stateRole = Qt::UserRole, idRole, sparkRole, bestRole };
  explicit RunTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
  void setRuns(const QVector<RunView>& runs);
  void setFilter(const RunFilter& filter);
  void setShown(std::function<bool(const RunView&)> view); // All runs, Active, Bin …; before the filter
  void setNow(qint64 seconds) { now_ = seconds; }          // "today" of the column Started; 0: the clock's
  void forget();                                           // every run, with what was asked about it
  void setSpark(const QString& run, std::int64_t version, QVector<double> values);
  void sort(int column, Qt::SortOrder order) override;
  int rowCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : int(rows_.size());
  }
  int columnCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : columnCountValue;
  }
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  QString idAt(int row) const;
  int rowOf(const QString& id) const;
  const RunView& viewAt(int row) const { return runs_[rows_[row]]; }
  const QVector<RunView>& runs() const { return runs_; }

 Q_SIGNALS:
  void sparkWanted(const QString& run, std::int64_t version) const;
  void renamed(const QString& run, const QString& name);

 private:
  void arrange();
  struct Spark {
    std::int64_t version = -1;
    QVector<double> values;
  };
  QVector<RunView> runs_;
  QVector<int> rows_;
  RunFilter filter_;
  std::function<bool(const RunView&)> shown_;
  QHash<QString, Spark> sparks_;
  mutable QHash<QString, std::int64_t> asked_;
  FigureKind validation_ = FigureKind::none, test_ = FigureKind::none; // of all runs, the bin included
  double best_ = -1e300;
  qint64 now_ = 0;
  int column_ = started;
  Qt::SortOrder order_ = Qt::DescendingOrder;
};

class RunTable : public QTableView {
  Q_OBJECT
 public:
  explicit RunTable(QWidget* parent = nullptr);
  void setRunModel(RunTableModel* model);
  void keyboardSearch(const QString& words) override; // type to find: by name, from the current row on

 Q_SIGNALS:
  void opened(const QString& run);
  void binWanted();
  void compareWanted();

 protected:
  QItemSelectionModel::SelectionFlags selectionCommand(const QModelIndex& index,
                                                       const QEvent* event) const override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  RunTableModel* runs_ = nullptr;
  QString typed_;
  qint64 typedAt_ = 0;
};

} // namespace loom
