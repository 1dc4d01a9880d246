// SPDX-License-Identifier: GPL-3.0-or-later
// History: every run of the project in one table, with a filter line, a few views, what the chosen ones have
// in common and what differs, tags, notes, names and a bin; two or more are compared.
#pragma once
#include "app/studio/frame/page.h"
#include "app/studio/model/session.h"
#include "app/studio/pages/history/run_table.h"

class QLineEdit;
class QListWidget;
class QPushButton;
class QStackedWidget;

namespace loom {

class CompareView;
class EmptyState;
class HistoryFoot;
class MessageBar;
class PageToolBar;
class Text;

class HistoryPage : public Page {
  Q_OBJECT
 public:
  HistoryPage(PageContext& context, Session* session); // without one in shots: data by hand
  void opened(const PageTarget& target) override;
  RunTable* table() const { return table_; }
  RunTableModel& model() { return *model_; }
  CompareView& compare() { return *compare_; }
  bool comparing() const;
  QStringList chosen() const;
  void compareRuns(const QStringList& runs);

 private:
  QWidget* buildList();
  QWidget* buildBar();
  QWidget* buildViews();
  void bind();
  void bindSession();
  void bindActions();
  void forget();                 // everything of the project
  void tag(const QString& word); // those that are chosen; -word takes it away
  void rebuild();
  void askSpark(const QString& run);
  void refresh();
  void showNone();
  void refreshViews();
  void applyFilter();
  void colourFilter(const RunFilter& filter);
  void showView(int row);
  void showChosen();
  void bin(bool archived);
  void undoBin();
  void backToList();
  Session* session_;
  QStackedWidget* stack_;
  RunTableModel* model_;
  RunTable* table_;
  CompareView* compare_;
  PageToolBar* bar_;
  QLineEdit* filter_;
  QListWidget* views_;
  MessageBar *wrong_, *undo_;
  QStringList queuedAsked_; // the runs that undo_ offers to remove from the queue
  EmptyState *empty_, *none_;
  QWidget* body_;
  HistoryFoot* foot_;
  Text* count_;
  QPushButton* clear_ = nullptr;
  struct OpenProject { // what belongs to the open project
    QStringList binned;
    bool binnedTo = true;
    QString view = "All runs";
    QStringList viewTitles; // as the list at the left shows them
  };
  OpenProject open_;
  struct View {
    QString icon, title;
    std::function<bool(const RunView&)> fits;
  };
  QVector<View> viewRows_;
};

} // namespace loom
