// SPDX-License-Identifier: GPL-3.0-or-later
// The network as a table in order of execution: settings, shapes, costs with their shares as bars. The same
// selection as the canvas; the second accessible way into a network.
#pragma once
#include "app/studio/drawing/document.h"
#include <QAbstractTableModel>
#include <QWidget>

class QTableView;

namespace loom {

class NodeTableModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  enum Column {
    number,
    type,
    name,
    settings,
    output,
    parameters,
    multiplyAdds,
    memory,
    problem,
    columnCountValue
  };
  enum Role { shareRole = Qt::UserRole, familyRole, iconRole, nodeRole };
  explicit NodeTableModel(Document& document, QObject* parent = nullptr);
  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  int rowOf(NodeId node) const;
  NodeId nodeAt(int row) const;

 private:
  Document& document_;
};

class NodeTable : public QWidget {
  Q_OBJECT
 public:
  explicit NodeTable(Document& document, QWidget* parent = nullptr);
  QTableView* view() const { return view_; }

 private:
  Document& document_;
  NodeTableModel* model_;
  QTableView* view_;
  bool following_ = false;
};

} // namespace loom
