// SPDX-License-Identifier: GPL-3.0-or-later
// The first rows of a table under heads that say what each column is: type, distribution, range, what is
// missing, and its part in the task. A click on a head (or Enter on a cell) opens the choices of its column
// while the table can still be changed.
#pragma once
#include "app/studio/bridge/bridge.h"
#include <QTableView>

namespace loom {

class DataTableModel;
class DataHeads;

class DataTable : public QTableView {
  Q_OBJECT
 public:
  explicit DataTable(QWidget* parent = nullptr);
  void setData(const DataView& view, bool editable);
  void openMenu(int column); // of the choices of a column, at its head

 Q_SIGNALS:
  void targetChosen(const QString& column);
  void typeChosen(const QString& column, loom::ColumnType type);
  void useChosen(const QString& column, bool used);

 protected:
  void keyPressEvent(QKeyEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void measure();
  DataTableModel* model_;
  DataHeads* heads_;
  bool editable_ = false;
};

} // namespace loom
