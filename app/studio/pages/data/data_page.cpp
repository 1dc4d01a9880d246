// SPDX-License-Identifier: GPL-3.0-or-later
// What the page does; data_sections.cpp builds it.
#include "app/studio/pages/data/data_page.h"
#include "app/studio/model/data_dialog.h"
#include "app/studio/model/session.h"
#include "app/studio/pages/data/class_bars.h"
#include "app/studio/pages/data/data_table.h"
#include "app/studio/pages/data/image_grid.h"
#include "app/studio/pages/data/picture_panel.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/form.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/noted_field.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/reading_order.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/format.h"
#include "core/data/table_options.h"
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

namespace loom {
namespace {

constexpr int leftWidth = 248, imageRight = 288, tableRight = 376;

QString counted(std::int64_t number, const QString& one, const QString& many) {
  return QString::fromStdString(formatCount(number)) + " " + (number == 1 ? one : many);
}

bool isPictures(const DataView& view) { return !view.pictures.isEmpty(); }

} // namespace

DataPage::DataPage(PageContext& context, Session* session) : Page(context), session_(session) {
  setObjectName("dataPage");
  setAcceptDrops(true);
  build();
  bind();
  showEmpty();
  followLook(this, [this](const Look&) {
    if (shown_.have) sizeDocks();
  });
  if (session_ != nullptr) bindSession();
}

void DataPage::bindSession() {
  connect(session_, &Session::projectOpened, this, [this] {
    forget();
    if (isVisible()) ask();
  });
  connect(session_, &Session::projectClosed, this, [this] {
    if (!shown_.draft) forget();
  });
  connect(session_, &Session::projectSaved, this, [this] {
    if (!shown_.draft) askData();
  });
  connect(session_, &Session::saveFailed, this, [this](const Error& error) {
    if (isVisible()) fail(error);
  });
}

void DataPage::forget() {
  shown_ = {};
  message_->hide();
  forgetPictures();
  table_->setData({}, false);
  for (auto* combo : {target_, task_}) {
    const QSignalBlocker quiet(combo);
    combo->clear();
  }
  name_->setText({}); // unlike clear(), not as if the person had typed it
  createForm_->setProblem(name_, {});
  for (auto* line : {train_, validation_, seed_}) {
    line->setModified(false); // what was typed belonged to the data before
    splitForm_->setProblem(line, {});
  }
  refreshOptions();
  showEmpty();
}

void DataPage::forgetPictures() {
  grid_->forget();
  grid_->setSamples({});
  pictureHead_->setTitle("Picture");
  panel_->setPicture({}, {}, {});
}

void DataPage::opened(const PageTarget& target) {
  if (const auto& wanted = std::get<to::Data>(target); !wanted.from.isEmpty()) return begin(wanted.from);
  ask();
}

void DataPage::resizeEvent(QResizeEvent* event) {
  Page::resizeEvent(event);
  if (shown_.have) sizeDocks();
}

void DataPage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  ask();
}

void DataPage::ask() {
  if (session_ == nullptr || !session_->project() || shown_.draft || shown_.asked) return;
  shown_.asked = true;
  waitFor(QString::fromStdString(session_->project()->project.data.name));
  askData();
}

void DataPage::askData() {
  session_->bridge().ask(ProjectData{}, this,
                         [this](const Result<DataView>& view) {
                           if (shown_.draft) return;
                           if (!view) return fail(view.error());
                           showData(*view, false);
                         },
                         {.slot = "data"});
}

void DataPage::begin(const QString& fileOrFolder) {
  if (fileOrFolder.endsWith(".loom")) {
    Q_EMIT context().openProjectRequested(fileOrFolder);
    return;
  }
  forget();
  shown_.draft = true;
  shown_.path = QDir::cleanPath(fileOrFolder);
  waitFor(QFileInfo(shown_.path).fileName());
  inspect({});
}

// A later question about the draft replaces an earlier one.
void DataPage::inspect(const QString& target) {
  if (session_ == nullptr) return;
  session_->bridge().ask(InspectData{shown_.path, target}, this,
                         [this](const Result<DataReport>& report) {
                           if (!shown_.draft) return;
                           if (!report) return fail(report.error());
                           showReport(*report);
                         },
                         {.slot = "draft"});
}

void DataPage::preview(const DatasetSpec& spec) {
  if (session_ == nullptr) return;
  session_->bridge().ask(PreviewData{spec}, this,
                         [this](const Result<DataView>& view) {
                           if (!shown_.draft) return;
                           if (!view) return fail(view.error());
                           showData(*view, true);
                         },
                         {.slot = "draft"});
}

void DataPage::askPictures(const QVector<int>& numbers) {
  if (session_ == nullptr || !session_->project() || shown_.draft) return;
  session_->bridge().ask(PicturesOf{{}, numbers}, this,
                         [this, numbers](const Result<SamplePictures>& answer) {
                           if (shown_.draft) return;
                           if (answer)
                             takePictures(numbers, answer->pictures);
                           else if (isVisible())
                             fail(answer.error());
                         });
}

void DataPage::takePictures(const QVector<int>& numbers, const QVector<QImage>& pictures) {
  for (qsizetype index = 0; index < numbers.size(); ++index) {
    grid_->setPicture(numbers[index], pictures.value(index));
    if (numbers[index] == grid_->current())
      panel_->setPicture(pictures.value(index), captionOf(numbers[index]), {});
  }
}

void DataPage::waitFor(const QString& what) {
  shown_.waiting = true;
  empty_->setWords("data", Token::text2, "Reading " + what,
                   "It is read whole, so that every row and picture is checked.");
  fileButton_->hide();
  folderButton_->hide();
  if (!shown_.have) stack_->setCurrentWidget(empty_->parentWidget());
  bar_->primary()->setEnabled(false);
  bar_->setReason({});
  refresh();
}

void DataPage::showEmpty() {
  shown_.waiting = shown_.have = false;
  empty_->setWords("data", Token::text2, "No data yet. Drop a file or a folder.",
                   "A table (CSV), a folder of images with one sub-folder a class, or IDX files. Neuroloom "
                   "proposes the rest.");
  fileButton_->show();
  folderButton_->show();
  stack_->setCurrentWidget(empty_->parentWidget());
  refresh();
}

void DataPage::fail(const Error& error) {
  shown_.waiting = shown_.createNext = shown_.creating = false;
  if (shown_.have) { // what was seen stays; the change that failed is taken back
    message_->setError(error);
    message_->setAction({}, {});
    message_->show();
    shown_.wanted = shown_.view.spec;
    refresh();
    return;
  }
  empty_->setError(error);
  fileButton_->setText(shown_.draft ? "Choose another file" : "Choose a file");
  fileButton_->show();
  folderButton_->show();
  stack_->setCurrentWidget(empty_->parentWidget());
  refresh();
}

void DataPage::showReport(const DataReport& report) {
  shown_.report = report;
  shown_.wanted = report.proposed;
  if (!name_->isModified()) // else the person chose it
    name_->setText(QString::fromStdString(report.proposed.name).toLower().replace(' ', '-'));
  preview(shown_.wanted);
}

void DataPage::showData(const DataView& view, bool draft) {
  const bool other = !shown_.have || draft != shown_.draft || view.samples != shown_.view.samples ||
                     view.spec.name != shown_.view.spec.name;
  shown_.view = view;
  shown_.wanted = view.spec;
  shown_.draft = draft;
  shown_.have = true;
  shown_.waiting = false;
  message_->hide();
  if (other) {
    forgetPictures();
    parts_->setCurrent(0);
    for (qsizetype index = 0; index < view.pictures.size(); ++index)
      grid_->setPicture(static_cast<int>(index), view.pictures[index]);
  }
  stack_->setCurrentWidget(body_);
  refreshOptions();
  arrange();
  refresh();
  followReadingOrder(this);
  Q_EMIT shown();
  if (std::exchange(shown_.createNext, false)) create();
}

QString DataPage::captionOf(int sample) const {
  if (sample < 0 || sample >= shown_.view.labels.size()) return {};
  return shown_.view.classes.value(shown_.view.labels[sample]);
}

void DataPage::refresh() {
  const bool pictures = isPictures(shown_.view);
  bar_->setTitle(shown_.draft ? QFileInfo(shown_.path).fileName() : QString("Data"));
  bar_->setSubtitle(shown_.draft  ? QString("new project")
                    : shown_.have ? QString::fromStdString(shown_.view.spec.name)
                                  : QString());
  for (auto* chip : {size_, shape_, count_}) chip->setVisible(shown_.have);
  new_->setVisible(shown_.have && !shown_.draft);
  back_->setVisible(shown_.draft);
  bar_->primary()->setVisible(shown_.have || shown_.draft);
  bar_->primary()->setText(shown_.draft ? "Create project" : "Draw a network");
  // On while an answer is awaited: a value that a click takes by leaving its field must not lose the click.
  bar_->primary()->setEnabled(shown_.have);
  if (!shown_.have) return;
  size_->setChip(pictures
                     ? counted(shown_.view.samples, "image", "images")
                     : counted(shown_.view.rows > 0 ? shown_.view.rows : shown_.view.samples, "row", "rows"),
                 ChipKind::outline);
  const auto& shape = shown_.view.sampleShape;
  shape_->setChip(pictures
                      ? QString::fromStdString(formatShape(shape)) + (shape[0] == 1 ? ", grey" : ", colour")
                      : counted(shown_.view.columns.size(), "column", "columns"),
                  ChipKind::outline);
  count_->setChip(shown_.view.spec.task == Task::regression
                      ? QString("a number to predict")
                      : counted(shown_.view.classes.size(), "class", "classes"),
                  ChipKind::outline);
  bars_->setCounts(shown_.view.classes, shown_.view.classCounts, true);
  learnBars_->setCounts(shown_.view.classes, shown_.view.classCounts, false);
  const auto [least, most] = [&] {
    qint64 low = shown_.view.samples, high = 0;
    for (const auto& parts : shown_.view.classCounts) {
      const qint64 sum = parts[0] + parts[1] + parts[2];
      low = std::min(low, sum);
      high = std::max(high, sum);
    }
    return std::pair{low, high};
  }();
  balanceHead_->setTitle("Class balance", least == most ? QString::fromStdString(formatCount(most)) + " each"
                                                        : QString::fromStdString(formatCount(least) + " to " +
                                                                                 formatCount(most)));
  refreshSplit();
  refreshPreparation();
  refreshOptions();
  refreshTarget();
  learnBars_->setVisible(shown_.view.spec.task == Task::classification && !shown_.view.classes.isEmpty());
  table_->setData(shown_.view, shown_.draft);
  const auto shown = shown_.view.cells.size();
  rowsShown_->setText(QString("Rows 1 to %1 of %2")
                          .arg(QString::fromStdString(formatCount(shown)),
                               QString::fromStdString(formatCount(shown_.view.rows))));
  facts_->setText(
      QString("%1, %2").arg(shown_.view.separator, shown_.view.header ? "header in row 1" : "no header"));
  refreshNotes();
  refreshPlace();
  refreshGrid();
}

void DataPage::refreshPlace() {
  if (!shown_.have) return;
  const QString place =
      shown_.folder.isEmpty() ? Session::freeProjectFolder(name_->text().trimmed()) : shown_.folder;
  where_->setText("Goes to " + QString(place).replace(QDir::homePath(), "~"));
}

void DataPage::refreshTarget() {
  // The form shows what is proposed or chosen; in a project the choice is made.
  const QSignalBlocker quietTarget(target_), quietTask(task_);
  target_->clear();
  for (const auto& column : shown_.view.columns) target_->addItem(QString::fromStdString(column.report.name));
  target_->setCurrentText(QString::fromStdString(tableOptions(shown_.view.spec).target));
  task_->clear();
  task_->addItem(shown_.view.spec.task == Task::classification
                     ? QString("One of %1 classes").arg(shown_.view.classes.size())
                     : QString("One of its values (classes)"));
  task_->addItem("A number");
  task_->setCurrentIndex(shown_.view.spec.task == Task::classification ? 0 : 1);
  for (auto* combo : {target_, task_}) {
    combo->setEnabled(shown_.draft);
    setTip(combo,
           shown_.draft ? QString() : QString("Fixed in this project, since its networks are drawn for it"),
           shown_.draft ? QString() : QString("New project from data changes it"));
  }
}

void DataPage::refreshNotes() {
  // What was found out, each thing once: the inspection and the reading report some of it both.
  QStringList notes = shown_.view.notes;
  if (shown_.draft) {
    notes.clear();
    for (const auto& warning : shown_.report.warnings) notes << QString::fromStdString(warning.text());
    for (const auto& note : shown_.view.notes) notes << note;
    for (const auto& reason : shown_.report.reasons) notes << QString::fromStdString(reason.text());
  }
  notes.removeDuplicates();
  if (notes.isEmpty())
    notes << QString("All %1 can be read.").arg(counted(shown_.view.samples, "sample", "samples"));
  notesHead_->setTitle(shown_.draft ? "Why these settings" : "Checks");
  noteWords_->setText(notes.join("\n"));
}

void DataPage::arrange() {
  const bool pictures = isPictures(shown_.view);
  const bool classes = shown_.view.spec.task == Task::classification;
  QList<QWidget*> left, right;
  if (shown_.draft) right << create_; // first, so that it is seen
  if (pictures) {
    if (classes) left << balance_;
    left << split_ << notes_;
    right << picture_ << preparation_;
  } else {
    right << learn_ << split_ << preparation_ << notes_;
  }
  if (shown_.draft && hasOptions_) right << options_;
  const auto takeOut = [this](QWidget* widget) {
    left_->removeWidget(widget);
    right_->removeWidget(widget);
  };
  for (auto* widget : {balance_, split_, notes_, learn_, preparation_, picture_, options_, create_})
    if (!left.contains(widget) && !right.contains(widget)) {
      takeOut(widget);
      widget->hide();
    }
  // A section that is in its place already is not touched: hiding it would take the focus out of its fields.
  const auto put = [&takeOut](QVBoxLayout* column, const QList<QWidget*>& widgets) {
    for (int at = 0; at < widgets.size(); ++at) {
      if (column->indexOf(widgets[at]) == at) continue;
      takeOut(widgets[at]);
      column->insertWidget(at, widgets[at]);
      widgets[at]->show();
    }
  };
  leftDock_->setVisible(pictures);
  put(left_, left);
  put(right_, right);
  sizeDocks();
  centre_->setCurrentIndex(pictures ? 0 : 1);
}

void DataPage::sizeDocks() {
  const bool pictures = isPictures(shown_.view);
  const Look& look = lookOf(this);
  leftDock_->setFixedWidth(look.px(leftWidth));
  const bool narrow = window()->width() / look.scale < 1152;
  const int wanted = look.px(pictures ? (narrow ? 256 : imageRight) : (narrow ? 304 : tableRight));
  // Beside its scroll bar, so that what is in it is not cut; it scrolls sideways only from a third of the window on.
  const int least = right_->parentWidget()->minimumSizeHint().width() +
                    style()->pixelMetric(QStyle::PM_ScrollBarExtent) + look.px(2);
  rightDock_->setFixedWidth(std::max(wanted, std::min(least, window()->width() / 3)));
}

void DataPage::refreshGrid() {
  if (!isPictures(shown_.view)) return;
  const int part = parts_->current() - 1, chosen = bars_->chosen();
  QVector<int> numbers;
  const qsizetype known = shown_.draft ? shown_.view.pictures.size() : qsizetype(shown_.view.samples);
  for (qsizetype sample = 0; sample < known; ++sample) {
    if (part >= 0 && shown_.view.parts[sample] != char(part)) continue;
    if (chosen >= 0 && shown_.view.labels.value(sample, -1) != chosen) continue;
    numbers << static_cast<int>(sample);
  }
  grid_->setSamples(numbers);
}

void DataPage::changeSpec(const DatasetSpec& spec) {
  shown_.wanted = spec;
  message_->hide();
  if (session_ == nullptr) return;
  if (shown_.draft) {
    shown_.waiting = true;
    preview(spec);
    return;
  }
  Project project = session_->project()->project;
  project.data = spec;
  session_->changeProject(project);
}

void DataPage::leaveDraft() {
  forget();
  ask();
}

// The dialog is shown without waiting for it, so that live charts go on.
void DataPage::choose(PathKind kind) {
  auto* dialog = dataDialog(kind, this);
  connect(dialog, &QFileDialog::fileSelected, this, &DataPage::begin);
  dialog->open();
}

void DataPage::chooseEither() {
  auto* menu = new QMenu(this);
  menu->setObjectName("dataSource");
  menu->setAttribute(Qt::WA_DeleteOnClose);
  connect(menu->addAction("From a file…"), &QAction::triggered, this, [this] { choose(PathKind::file); });
  connect(menu->addAction("From a folder…"), &QAction::triggered, this, [this] { choose(PathKind::folder); });
  menu->popup(new_->mapToGlobal(QPoint(0, new_->height())));
}

void DataPage::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls() && event->mimeData()->urls().first().isLocalFile())
    event->acceptProposedAction();
}

void DataPage::dropEvent(QDropEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (urls.isEmpty() || !urls[0].isLocalFile()) return;
  event->acceptProposedAction();
  begin(urls[0].toLocalFile());
}

} // namespace loom
