// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/history/history_page.h"
#include "app/studio/model/reach_bar.h"
#include "app/studio/model/run_words.h"
#include "app/studio/pages/history/compare_view.h"
#include "app/studio/pages/history/history_foot.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/row_delegate.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/format.h"
#include <QHBoxLayout>
#include <QInputMethodEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <set>

namespace loom {
namespace {

constexpr int sparkPixels = 48;

class ViewRows : public RowDelegate {
 public:
  using RowDelegate::RowDelegate;

 protected:
  void paintCell(QPainter& painter, const QRectF& area, const QStyleOptionViewItem& option,
                 const QModelIndex& index, const Look& look) const override {
    const QString count = index.data(Qt::UserRole).toString();
    const double wide = QFontMetricsF(look.fonts[Type::small]).horizontalAdvance(count) + 8;
    RowDelegate::paintCell(painter, area.adjusted(4, 0, -wide, 0), option, index, look);
    paintText(painter, area, count, look.fonts[Type::small], look[Token::text2], Qt::AlignRight);
  }
};

} // namespace

HistoryPage::HistoryPage(PageContext& context, Session* session) : Page(context), session_(session) {
  setGround(this, Ground::surface);
  auto* column = columnOf(this);
  column->addWidget(new ReachBar(session_));
  stack_ = new QStackedWidget;
  stack_->addWidget(buildList());
  compare_ = new CompareView(session_);
  stack_->addWidget(compare_);
  column->addWidget(stack_, 1);
  bind();
  if (session_ != nullptr) {
    bindSession();
    bindActions();
  }
  refresh();
}

QWidget* HistoryPage::buildList() {
  auto* page = new QWidget;
  setGround(page, Ground::surface);
  auto* column = columnOf(page);
  column->addWidget(buildBar());
  wrong_ = new MessageBar;
  wrong_->setObjectName("filterProblem");
  undo_ = new MessageBar;
  undo_->setObjectName("binMessage");
  column->addWidget(wrong_);
  column->addWidget(undo_);
  wrong_->hide();
  undo_->hide();
  empty_ = new EmptyState("history", "No run yet",
                          "Every run is kept here, with its curves, settings and results.");
  column->addWidget(empty_);
  body_ = new QWidget;
  auto* across = rowOf(body_, 0, 0);
  across->addWidget(buildViews());
  across->addWidget(new HairLine(Qt::Vertical));
  auto* right = new QWidget;
  auto* rightColumn = columnOf(right);
  none_ = new EmptyState("filter", "No run fits the filter", {});
  none_->hide();
  model_ = new RunTableModel(this);
  table_ = new RunTable;
  table_->setRunModel(model_);
  rightColumn->addWidget(none_);
  rightColumn->addWidget(table_, 1);
  foot_ = new HistoryFoot;
  rightColumn->addWidget(foot_);
  across->addWidget(right, 1);
  column->addWidget(body_, 1);
  return page;
}

QWidget* HistoryPage::buildBar() {
  const Look& look = lookOf(this);
  bar_ = new PageToolBar("History");
  filter_ = new QLineEdit;
  filter_->setObjectName("historyFilter");
  filter_->setFont(look.fonts[Type::mono]);
  filter_->setPlaceholderText("optimizer = Adam and val_loss < 0.5");
  filter_->setAccessibleName("Filter");
  filter_->setClearButtonEnabled(true);
  fixWidth(filter_, 440);
  setTip(filter_, "Words, or comparisons with and, or, not, ( )", "Ctrl F");
  count_ = new Text({}, Type::small, Token::text2);
  count_->setObjectName("historyCount");
  bar_->addWidget(filter_);
  bar_->addWidget(count_);
  bar_->setPrimary("Compare", "compare");
  bar_->primary()->setObjectName("compareRuns");
  setTip(bar_->primary(), "Curves over each other, and what differs", "Ctrl Return");
  return bar_;
}

QWidget* HistoryPage::buildViews() {
  auto* side = new QWidget;
  setGround(side, Ground::surface);
  fixWidth(side, 176);
  auto* column = columnOf(side);
  column->addWidget(new DockTitle("Views"));
  views_ = new QListWidget;
  views_->setObjectName("historyViews");
  views_->setAccessibleName("Views");
  views_->setFrameShape(QFrame::NoFrame);
  views_->setItemDelegate(new ViewRows(views_));
  views_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  views_->setUniformItemSizes(true);
  column->addWidget(views_, 1);
  return side;
}

void HistoryPage::bind() {
  connect(filter_, &QLineEdit::textChanged, this, &HistoryPage::applyFilter);
  connect(filter_, &QLineEdit::returnPressed, this, [this] { table_->setFocus(); });
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &HistoryPage::showChosen);
  connect(table_, &RunTable::opened, this,
          [this](const QString& run) { Q_EMIT context().pageRequested(to::Train{.run = run}); });
  connect(table_, &RunTable::compareWanted, this, [this] { compareRuns(chosen()); });
  connect(table_, &RunTable::binWanted, this, [this] { bin(open_.view != "Bin"); });
  connect(bar_->primary(), &QPushButton::clicked, this, [this] { compareRuns(chosen()); });
  connect(views_, &QListWidget::currentRowChanged, this, &HistoryPage::showView);
  connect(compare_, &CompareView::backWanted, this, &HistoryPage::backToList);
  connect(compare_, &CompareView::runsChanged, this, &HistoryPage::compareRuns);
  connect(foot_, &HistoryFoot::binWanted, this, [this] { bin(open_.view != "Bin"); });
  connect(foot_, &HistoryFoot::openWanted, this, [this] {
    if (!chosen().isEmpty()) Q_EMIT context().pageRequested(to::Train{.run = chosen().front()});
  });
  clear_ = none_->addSecondary("Clear the filter");
  clear_->setObjectName("clearFilter");
  connect(clear_, &QPushButton::clicked, filter_, &QLineEdit::clear);
  connect(empty_->setPrimary("Set up a run", "train"), &QPushButton::clicked, this,
          [this] { Q_EMIT context().pageRequested(to::Train{to::Train::setup}); });
}

void HistoryPage::bindSession() {
  connect(foot_, &HistoryFoot::resumeWanted, this, [this] {
    const auto* view = session_->run(chosen().value(0));
    if (view == nullptr) return;
    if (releasable(*view))
      session_->startAgain(chosen().front());
    else
      session_->resumeRun(chosen().front());
    Q_EMIT context().pageRequested(to::Train{.run = chosen().front()});
  });
  connect(foot_, &HistoryFoot::tagGiven, this, &HistoryPage::tag);
  connect(foot_, &HistoryFoot::noteGiven, this, [this](const QString& words) {
    if (chosen().size() != 1) return;
    const auto* view = session_->run(chosen().front());
    if (view != nullptr && text(view->row.note) != words)
      session_->carryOut(LabelRun{.run = chosen().front(), .note = words});
  });
  connect(model_, &RunTableModel::renamed, this, [this](const QString& run, const QString& name) {
    session_->carryOut(LabelRun{.run = run, .name = name});
  });
  connect(
      model_, &RunTableModel::sparkWanted, this, [this](const QString& run, std::int64_t) { askSpark(run); },
      Qt::QueuedConnection);
  connect(session_, &Session::runsChanged, this, &HistoryPage::refresh);
  connect(session_, &Session::projectOpened, this, &HistoryPage::forget);
  connect(session_, &Session::projectClosed, this, &HistoryPage::forget);
}

void HistoryPage::bindActions() {
  auto& actions = context().actions;
  actions.bind("edit.find", this, [this] {
    backToList();
    filter_->setFocus();
    filter_->selectAll();
  });
  actions.bind("history.open", this, [this] { foot_->open(); });
  actions.bind("history.compare", this, [this] { compareRuns(chosen()); });
  actions.bind("history.tag", this, [this] { foot_->editTag(); });
  actions.bind("history.note", this, [this] { foot_->editNote(); });
  actions.bind("history.rename", this, [this] {
    if (!table_->currentIndex().isValid()) return;
    const auto cell = table_->currentIndex().siblingAtColumn(RunTableModel::name);
    table_->setCurrentIndex(cell);
    table_->edit(cell);
  });
  actions.bind("history.rebuild", this, [this] { rebuild(); });
  actions.bind("edit.undo", this, [this] { undoBin(); });
}

void HistoryPage::forget() {
  open_ = {};
  backToList();
  compare_->forget();
  undo_->hide();
  table_->clearSelection();
  model_->forget();
  foot_->setRuns({}, false);
  filter_->clear();
  refresh();
}

void HistoryPage::tag(const QString& word) {
  for (const auto& id : chosen())
    if (const auto* view = session_->run(id)) {
      QStringList tags;
      for (const auto& tag : view->row.tags) tags << text(tag);
      if (word.startsWith('-'))
        tags.removeAll(word.mid(1));
      else if (!tags.contains(word))
        tags << word;
      session_->carryOut(LabelRun{.run = id, .tags = tags});
    }
}

void HistoryPage::askSpark(const QString& run) {
  const auto* view = session_->run(run);
  if (view == nullptr) return;
  session_->bridge().ask(
      SeriesOf{run, isRegression(view->row) ? "val/r2" : "val/accuracy", 0, 0, sparkPixels}, this,
      [this, run](const Result<QVector<Bucket>>& buckets) {
        const auto* view = session_->run(run);
        if (!buckets || view == nullptr) return;
        QVector<double> values;
        for (const auto& bucket : *buckets) values << bucket.mean;
        model_->setSpark(run, view->version, values);
      },
      {.slot = "spark" + run});
}

void HistoryPage::rebuild() {
  session_->bridge().ask(RebuildHistory{}, this, [this](const Result<HistoryReport>& report) {
    if (!report) return void(Q_EMIT session_->troubled(report.error()));
    undo_->setMessage(report->good ? MessageKind::ok : MessageKind::warn,
                      report->good ? QString("The history was made again from the journals.")
                                   : report->findings.join("\n"));
    undo_->setAction({}, {});
    undo_->show();
  });
}

void HistoryPage::opened(const PageTarget&) {
  refresh();
  if (!comparing() && session_ != nullptr && !session_->runs().isEmpty()) table_->setFocus();
}

bool HistoryPage::comparing() const { return stack_->currentWidget() == compare_; }

QStringList HistoryPage::chosen() const {
  QStringList ids;
  QModelIndexList rows = table_->selectionModel()->selectedRows();
  std::sort(rows.begin(), rows.end());
  for (const auto& index : rows) ids << model_->idAt(index.row());
  return ids;
}

void HistoryPage::compareRuns(const QStringList& runs) {
  if (runs.size() < 2) return backToList();
  compare_->setRuns(runs);
  stack_->setCurrentWidget(compare_);
  setDocument(QString("compare %1 runs").arg(compare_->runs().size()));
}

void HistoryPage::backToList() {
  stack_->setCurrentIndex(0);
  setDocument({});
}

void HistoryPage::refresh() {
  const auto& runs = session_ != nullptr ? session_->runs() : model_->runs();
  refreshViews();
  model_->setRuns(runs);
  const auto waits = [this](const QString& id) {
    const auto* view = session_ != nullptr ? session_->run(id) : nullptr;
    return view != nullptr && view->waiting;
  };
  if (!queuedAsked_.isEmpty() && std::none_of(queuedAsked_.begin(), queuedAsked_.end(), waits)) {
    queuedAsked_.clear();
    undo_->hide(); // what it says is no longer so
  }
  const bool any = !runs.isEmpty();
  empty_->setVisible(!any);
  body_->setVisible(any);
  filter_->setVisible(any);
  count_->setVisible(any);
  bar_->primary()->setVisible(any);
  const qsizetype shown = model_->rowCount();
  count_->setText(shown == runs.size() ? plural(shown, "run")
                                       : text(formatCount(shown)) + " of " + plural(runs.size(), "run"));
  none_->setVisible(any && shown == 0);
  table_->setVisible(shown > 0);
  if (shown == 0 && any) showNone();
  showChosen();
}

// Why no run is in the table, and what can be done.
void HistoryPage::showNone() {
  const auto& runs = model_->runs();
  const bool filtered = !filter_->text().isEmpty();
  clear_->setVisible(filtered);
  if (filtered)
    return none_->setWords("filter", Token::text2, "No run fits the filter",
                           QString("%1 leaves 0 of %2.").arg(filter_->text(), plural(runs.size(), "run")));
  const bool allBinned =
      std::all_of(runs.begin(), runs.end(), [](const RunView& view) { return view.row.archived; });
  if (open_.view == "All runs" && allBinned)
    return none_->setWords("delete", Token::text2, "All runs are in the bin",
                           "They are kept there: choose Bin on the left to bring them back.");
  struct Words {
    const char *view, *icon, *heading, *sentence;
  };
  static constexpr Words words[] = {
      {"Active", "st-running", "No run is under way", "Runs that train, wait or are paused stand here."},
      {"Failed", "st-ok", "No run has failed", "Runs that diverged or broke off stand here."},
      {"Bin", "delete", "The bin is empty", "Deleted runs are kept here until they are brought back."}};
  for (const Words& one : words)
    if (open_.view == one.view) return none_->setWords(one.icon, Token::text2, one.heading, one.sentence);
  none_->setWords("tag", Token::text2, "No run here", QString("No run has the tag %1.").arg(open_.view));
}

void HistoryPage::refreshViews() {
  const auto& runs = session_ != nullptr ? session_->runs() : model_->runs();
  viewRows_ = {{"history", "All runs", [](const RunView& view) { return !view.row.archived; }},
               {"st-running", "Active", [](const RunView& view) { return willTrain(view); }}};
  std::set<std::string> tags;
  for (const auto& view : runs) tags.insert(view.row.tags.begin(), view.row.tags.end());
  for (const auto& tag : tags)
    viewRows_.push_back({"tag", text(tag), [tag](const RunView& view) {
                           return !view.row.archived && std::find(view.row.tags.begin(), view.row.tags.end(),
                                                                  tag) != view.row.tags.end();
                         }});
  viewRows_.push_back({"st-error", "Failed", [](const RunView& view) {
                         return !view.row.archived && !willTrain(view) && markOf(view).colour == Token::error;
                       }});
  viewRows_.push_back({"delete", "Bin", [](const RunView& view) { return view.row.archived; }});
  QStringList titles;
  for (const auto& view : viewRows_) titles << view.title;
  const QSignalBlocker quiet(views_);
  if (titles != open_.viewTitles) {
    open_.viewTitles = titles;
    views_->clear();
    for (const auto& view : viewRows_) {
      auto* item = new QListWidgetItem(view.title);
      item->setData(Qt::DecorationRole, view.icon);
      views_->addItem(item);
      if (view.title == open_.view) views_->setCurrentItem(item);
    }
    if (views_->currentRow() < 0) {
      open_.view = "All runs";
      views_->setCurrentRow(0);
    }
    model_->setShown(viewRows_[std::max(0, views_->currentRow())].fits);
  }
  for (int row = 0; row < viewRows_.size(); ++row)
    views_->item(row)->setData(
        Qt::UserRole, text(formatCount(std::count_if(runs.begin(), runs.end(), viewRows_[row].fits))));
}

void HistoryPage::showView(int row) {
  if (row < 0 || row >= viewRows_.size()) return;
  open_.view = viewRows_[row].title;
  model_->setShown(viewRows_[row].fits);
  refresh();
}

void HistoryPage::applyFilter() {
  auto filter = RunFilter::parse(filter_->text(), filterNames(model_->runs()));
  wrong_->setVisible(!filter);
  setMark(filter_, filter ? FieldMark::plain : FieldMark::wrong);
  if (!filter) {
    wrong_->setError(filter.error());
    return; // the last filter that was right stays in force
  }
  colourFilter(*filter);
  model_->setFilter(*filter);
  refresh();
}

// Names in accent, joints quiet: a line edit takes formats only the way an input method gives them.
void HistoryPage::colourFilter(const RunFilter& filter) {
  const Look& look = lookOf(this);
  QList<QInputMethodEvent::Attribute> formats;
  for (const auto& part : filter.parts()) {
    if (part.kind == RunFilter::Part::Kind::word) continue;
    QTextCharFormat format;
    format.setForeground(look[part.kind == RunFilter::Part::Kind::name ? Token::accent : Token::text2]);
    formats.push_back({QInputMethodEvent::TextFormat, static_cast<int>(part.from) - filter_->cursorPosition(),
                       static_cast<int>(part.length), format});
  }
  QInputMethodEvent event({}, formats);
  const QSignalBlocker quiet(filter_);
  QCoreApplication::sendEvent(filter_, &event);
}

void HistoryPage::bin(bool archived) {
  if (session_ == nullptr) return;
  queuedAsked_.clear();
  QStringList runs, going, names;
  bool queuedOnly = true;
  for (const auto& id : chosen())
    if (const auto* view = session_->run(id); view != nullptr) {
      (underWay(*view) ? going : runs) << id;
      if (underWay(*view)) names << "“" + text(view->row.name) + "”";
      queuedOnly = queuedOnly && (!underWay(*view) || view->waiting);
    }
  if (!going.isEmpty() && queuedOnly) {
    undo_->setMessage(MessageKind::warn, names.join(", ") + (going.size() == 1 ? " is" : " are") +
                                             " still in the queue and cannot be deleted. Remove " +
                                             (going.size() == 1 ? "it" : "them") + " from the queue first.");
    undo_->setAction("Remove from queue", [this, going] {
      for (const auto& id : going)
        session_->carryOut(ControlRun{.run = id, .verb = RunControl::Verb::stop, .queuedOnly = true});
      undo_->hide();
    });
    undo_->show();
    queuedAsked_ = going;
    return;
  }
  if (!going.isEmpty()) {
    undo_->setMessage(MessageKind::warn, names.join(", ") + (going.size() == 1 ? " is" : " are") +
                                             " under way and cannot be deleted. Stop " +
                                             (going.size() == 1 ? "it" : "them") + " first, then delete." +
                                             (runs.isEmpty() ? "" : " Nothing else was deleted, either."));
    undo_->setAction("Stop", [this, going] {
      for (const auto& id : going) session_->carryOut(ControlRun{id, RunControl::Verb::stop});
      undo_->hide();
    });
    undo_->show();
    return;
  }
  if (runs.isEmpty()) return;
  for (const auto& id : runs) session_->carryOut(LabelRun{.run = id, .archived = archived});
  open_.binned = runs;
  open_.binnedTo = archived;
  const QString what = plural(runs.size(), "run") + (runs.size() == 1 ? " is " : " are ");
  undo_->setMessage(MessageKind::info, what + (archived ? "in the bin." : "back among all runs."));
  undo_->setAction("Undo", [this] { undoBin(); });
  undo_->show();
}

void HistoryPage::undoBin() {
  if (session_ == nullptr) return;
  for (const auto& id : open_.binned) session_->carryOut(LabelRun{.run = id, .archived = !open_.binnedTo});
  open_.binned.clear();
  undo_->hide();
}

void HistoryPage::showChosen() {
  const QStringList ids = chosen();
  QVector<RunView> views;
  for (const auto& id : ids)
    for (const auto& view : model_->runs())
      if (text(view.row.id) == id) views.push_back(view);
  bar_->primary()->setText(views.size() > 1 ? QString("Compare %1").arg(std::min<qsizetype>(views.size(), 8))
                                            : QString("Compare"));
  bar_->primary()->setEnabled(views.size() > 1);
  setTip(bar_->primary(), "Curves over each other, and what differs",
         views.size() > 1 ? QString("Ctrl Return") : QString("Choose two runs or more"));
  foot_->setRuns(views, open_.view == "Bin");
}

} // namespace loom
