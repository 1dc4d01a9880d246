// SPDX-License-Identifier: GPL-3.0-or-later
// History: every run of the project, sortable and filterable; two or more chosen: their curves over each
// other and the settings that differ.
#pragma once
#include "app/studio/frame/page.h"
#include "app/studio/pages/board.h"
#include <QAbstractTableModel>

class QLineEdit;
class QTableView;

namespace loom {

class EmptyState;
class PageToolBar;
class Text;

// Owns the order of its rows: sorting and filtering move indices, not data.
class RunTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    name,
    state,
    network,
    optimizer,
    rate,
    batch,
    epochs,
    valLoss,
    valAccuracy,
    test,
    time,
    created,
    columnCountValue
  };
  enum Role { stateRole = Qt::UserRole, idRole };
  explicit RunTableModel(QObject* parent = nullptr) : QAbstractTableModel(parent) {}
  void setRuns(const QVector<RunView>& runs);
  void setFilter(const QString& words);
  void sort(int column, Qt::SortOrder order) override;
  int rowCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : static_cast<int>(rows_.size());
  }
  int columnCount(const QModelIndex& parent = {}) const override {
    return parent.isValid() ? 0 : columnCountValue;
  }
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  QString idAt(int row) const;
  int rowOf(const QString& id) const;
  const RunView& viewAt(int row) const { return runs_[rows_[row]]; }

 private:
  void arrange();
  QVector<RunView> runs_;
  QVector<int> rows_;
  QString filter_;
  int column_ = created;
  Qt::SortOrder order_ = Qt::DescendingOrder;
};

class HistoryPage : public Page {
  Q_OBJECT
 public:
  explicit HistoryPage(PageContext& context);
  void opened(const QVariant& what) override;
  QTableView* table() const { return table_; }
  Board& board() { return *board_; }
  RunTableModel& model() { return *model_; }

 private:
  void refresh();
  void chosenChanged();
  QStringList chosen() const;
  Session* session_;
  RunTableModel* model_;
  QTableView* table_;
  QLineEdit* filter_;
  Board* board_;
  QWidget *compare_, *differing_, *body_;
  EmptyState* empty_;
  Text* heading_;
  bool following_ = false;
};

} // namespace loom
