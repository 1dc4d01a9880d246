// SPDX-License-Identifier: GPL-3.0-or-later
// What the page does; data_sections.cpp builds it.
#include "app/studio/pages/data/data_page.h"
#include "app/studio/model/session.h"
#include "app/studio/pages/data/class_bars.h"
#include "app/studio/pages/data/data_table.h"
#include "app/studio/pages/data/image_grid.h"
#include "app/studio/pages/data/picture_panel.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/form.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/noted_field.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/format.h"
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <algorithm>
#include <cmath>

namespace loom {
namespace {

constexpr int leftWidth = 248, imageRight = 288, tableRight = 376;

QString counted(std::int64_t number, const QString& one, const QString& many) {
  return QString::fromStdString(formatCount(number)) + " " + (number == 1 ? one : many);
}

bool isPictures(const DataView& view) { return !view.pictures.isEmpty(); }

// Is this report about that file or folder? Two inspections may cross each other on the way.
bool belongsTo(const DataReport& report, const QString& path) {
  const auto wanted = path.toStdString();
  const DatasetSpec& spec = report.proposed;
  for (const auto* one : {&spec.file, &spec.folder, &spec.trainImages, &spec.trainLabels})
    if (!one->empty() && one->string().rfind(wanted, 0) == 0) return true;
  return spec.trainImages.parent_path() == std::filesystem::path(wanted).parent_path();
}

} // namespace

DataPage::DataPage(PageContext& context, Session* session) : Page(context), session_(session) {
  setObjectName("dataPage");
  setAcceptDrops(true);
  build();
  bind();
  showEmpty();
  if (session_ == nullptr) return;
  Bridge& bridge = session_->bridge();
  connect(session_, &Session::projectOpened, this, [this] {
    draft_ = have_ = asked_ = false;
    path_.clear();
    if (isVisible()) ask();
  });
  connect(session_, &Session::projectClosed, this, [this] {
    have_ = asked_ = false;
    if (!draft_) showEmpty();
  });
  connect(&bridge, &Bridge::dataReady, this, [this](const DataView& view) {
    if (!draft_) showData(view, false);
  });
  connect(&bridge, &Bridge::dataInspected, this, [this](const DataReport& report) {
    if (draft_ && belongsTo(report, path_)) showReport(report);
  });
  connect(&bridge, &Bridge::dataPreviewed, this, [this](const DataView& view) {
    if (draft_) showData(view, true);
  });
  connect(&bridge, &Bridge::projectSaved, this, [this] {
    if (!draft_) session_->bridge().dataOverview();
  });
  connect(&bridge, &Bridge::samplesReady, this,
          [this](const QString& run, const QVector<int>& numbers, const QVector<QImage>& pictures,
                 const QStringList&) {
            if (!run.isEmpty() || draft_) return;
            for (qsizetype index = 0; index < numbers.size(); ++index) {
              grid_->setPicture(numbers[index], pictures.value(index));
              if (numbers[index] == grid_->current())
                panel_->setPicture(pictures.value(index), captionOf(numbers[index]), {});
            }
          });
  connect(session_, &Session::failed, this, [this](const QString& what, const Error& error) {
    const bool mine =
        what == "data" ? !draft_ : draft_ && (what == "inspect" || what == "preview" || what == "create");
    if (mine || (isVisible() && (what == "samples" || what == "save"))) fail(error);
  });
}

void DataPage::opened(const PageTarget& target) {
  if (const auto& wanted = std::get<to::Data>(target); !wanted.from.isEmpty()) return begin(wanted.from);
  ask();
}

void DataPage::showEvent(QShowEvent* event) {
  Page::showEvent(event);
  ask();
}

void DataPage::ask() {
  if (session_ == nullptr || !session_->project() || draft_ || asked_) return;
  asked_ = true;
  waitFor(QString::fromStdString(session_->project()->project.data.name));
  session_->bridge().dataOverview();
}

void DataPage::begin(const QString& fileOrFolder) {
  if (fileOrFolder.endsWith(".loom")) {
    Q_EMIT context().openProjectRequested(fileOrFolder);
    return;
  }
  draft_ = true;
  have_ = false;
  path_ = QDir::cleanPath(fileOrFolder);
  folder_.clear();
  message_->hide();
  waitFor(QFileInfo(path_).fileName());
  if (session_ != nullptr) session_->bridge().inspectData(path_, {});
}

void DataPage::waitFor(const QString& what) {
  waiting_ = true;
  empty_->setWords("data", Token::text2, "Reading " + what,
                   "It is read whole, so that every row and picture is checked.");
  fileButton_->hide();
  folderButton_->hide();
  if (!have_) stack_->setCurrentWidget(empty_->parentWidget());
  bar_->primary()->setEnabled(false);
  bar_->setReason({});
  refresh();
}

void DataPage::showEmpty() {
  waiting_ = have_ = false;
  empty_->setWords("data", Token::text2, "No data yet. Drop a file or a folder.",
                   "A table (CSV), a folder of images with one sub-folder a class, or IDX files. Neuroloom "
                   "proposes the rest.");
  fileButton_->show();
  folderButton_->show();
  stack_->setCurrentWidget(empty_->parentWidget());
  refresh();
}

void DataPage::fail(const Error& error) {
  waiting_ = false;
  if (have_) { // what was seen stays; the change that failed is taken back
    message_->setError(error);
    message_->setAction({}, {});
    message_->show();
    wanted_ = view_.spec;
    refresh();
    return;
  }
  empty_->setError(error);
  fileButton_->setText(draft_ ? "Choose another file" : "Choose a file");
  fileButton_->show();
  folderButton_->show();
  stack_->setCurrentWidget(empty_->parentWidget());
  refresh();
}

void DataPage::showReport(const DataReport& report) {
  report_ = report;
  wanted_ = report.proposed;
  name_->setText(QString::fromStdString(report.proposed.name).toLower().replace(' ', '-'));
  if (session_ != nullptr) session_->bridge().previewData(wanted_);
}

void DataPage::showData(const DataView& view, bool draft) {
  const bool other =
      !have_ || draft != draft_ || view.samples != view_.samples || view.spec.name != view_.spec.name;
  view_ = view;
  wanted_ = view.spec;
  draft_ = draft;
  have_ = true;
  waiting_ = false;
  message_->hide();
  if (other) {
    grid_->forget();
    parts_->setCurrent(0);
    for (qsizetype index = 0; index < view.pictures.size(); ++index)
      grid_->setPicture(static_cast<int>(index), view.pictures[index]);
  }
  stack_->setCurrentWidget(body_);
  arrange();
  refresh();
  Q_EMIT shown();
}

QString DataPage::captionOf(int sample) const {
  if (sample < 0 || sample >= view_.labels.size()) return {};
  return view_.classes.value(view_.labels[sample]);
}

void DataPage::refresh() {
  const bool pictures = isPictures(view_);
  bar_->setTitle(draft_ ? QFileInfo(path_).fileName() : QString("Data"));
  bar_->setSubtitle(draft_  ? QString("new project")
                    : have_ ? QString::fromStdString(view_.spec.name)
                            : QString());
  for (auto* chip : {size_, shape_, count_}) chip->setVisible(have_);
  new_->setVisible(have_ && !draft_);
  back_->setVisible(draft_);
  bar_->primary()->setVisible(have_ || draft_);
  bar_->primary()->setText(draft_ ? "Create project" : "Draw a network");
  bar_->primary()->setEnabled(have_ && !waiting_);
  if (!have_) return;
  size_->setChip(pictures ? counted(view_.samples, "image", "images")
                          : counted(view_.rows > 0 ? view_.rows : view_.samples, "row", "rows"),
                 ChipKind::outline);
  const auto& shape = view_.sampleShape;
  shape_->setChip(pictures
                      ? QString::fromStdString(formatShape(shape)) + (shape[0] == 1 ? ", grey" : ", colour")
                      : counted(view_.columns.size(), "column", "columns"),
                  ChipKind::outline);
  count_->setChip(view_.spec.task == Task::regression ? QString("a number to predict")
                                                      : counted(view_.classes.size(), "class", "classes"),
                  ChipKind::outline);
  bars_->setCounts(view_.classes, view_.classCounts, true);
  learnBars_->setCounts(view_.classes, view_.classCounts, false);
  const auto [least, most] = [&] {
    qint64 low = view_.samples, high = 0;
    for (const auto& parts : view_.classCounts) {
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
  // The form shows what is proposed or chosen; in a project the choice is made.
  const QSignalBlocker quietTarget(target_), quietTask(task_);
  target_->clear();
  for (const auto& column : view_.columns) target_->addItem(QString::fromStdString(column.report.name));
  target_->setCurrentText(QString::fromStdString(view_.spec.target));
  task_->clear();
  task_->addItem(view_.spec.task == Task::classification
                     ? QString("One of %1 classes").arg(view_.classes.size())
                     : QString("One of its values (classes)"));
  task_->addItem("A number");
  task_->setCurrentIndex(view_.spec.task == Task::classification ? 0 : 1);
  for (auto* combo : {target_, task_}) {
    combo->setEnabled(draft_);
    setTip(combo, draft_ ? QString() : QString("Fixed in this project, since its networks are drawn for it"),
           draft_ ? QString() : QString("New project from data changes it"));
  }
  learnBars_->setVisible(view_.spec.task == Task::classification && !view_.classes.isEmpty());
  table_->setData(view_, draft_);
  const auto shown = view_.cells.size();
  rowsShown_->setText(
      QString("Rows 1 to %1 of %2")
          .arg(QString::fromStdString(formatCount(shown)), QString::fromStdString(formatCount(view_.rows))));
  facts_->setText(QString("%1, %2").arg(view_.separator, view_.header ? "header in row 1" : "no header"));
  // What was found out, each thing once: the inspection and the reading tell some of it both.
  QStringList notes = view_.notes;
  if (draft_) {
    notes.clear();
    for (const auto& warning : report_.warnings) notes << QString::fromStdString(warning);
    for (const auto& note : view_.notes) notes << note;
    for (const auto& reason : report_.reasons) notes << QString::fromStdString(reason);
  }
  notes.removeDuplicates();
  if (notes.isEmpty())
    notes << QString("All %1 can be read.").arg(counted(view_.samples, "sample", "samples"));
  notesHead_->setTitle(draft_ ? "Why it is proposed so" : "Checks");
  noteWords_->setText(notes.join("\n"));
  const QString place = folder_.isEmpty() ? Session::freeProjectFolder(name_->text().trimmed()) : folder_;
  where_->setText("Goes to " + QString(place).replace(QDir::homePath(), "~"));
  refreshGrid();
}

void DataPage::arrange() {
  const bool pictures = isPictures(view_);
  const bool classes = view_.spec.task == Task::classification;
  for (auto* widget : {balance_, split_, notes_, learn_, preparation_, picture_, create_}) {
    left_->removeWidget(widget);
    right_->removeWidget(widget);
    widget->hide();
  }
  const auto put = [](QVBoxLayout* column, QWidget* widget) {
    column->insertWidget(column->count() - 1, widget);
    widget->show();
  };
  leftDock_->setVisible(pictures);
  if (draft_) put(right_, create_); // first, so that it is seen
  if (pictures) {
    if (classes) put(left_, balance_);
    put(left_, split_);
    put(left_, notes_);
    put(right_, picture_);
    put(right_, preparation_);
  } else {
    put(right_, learn_);
    put(right_, split_);
    put(right_, preparation_);
    put(right_, notes_);
  }
  const Look& look = lookOf(this);
  leftDock_->setFixedWidth(look.px(leftWidth));
  const bool narrow = window()->width() / look.scale < 1152;
  rightDock_->setFixedWidth(look.px(pictures ? (narrow ? 256 : imageRight) : (narrow ? 304 : tableRight)));
  centre_->setCurrentIndex(pictures ? 0 : 1);
}

void DataPage::refreshGrid() {
  if (!isPictures(view_)) return;
  const int part = parts_->current() - 1, chosen = bars_->chosen();
  QVector<int> numbers;
  const qsizetype known = draft_ ? view_.pictures.size() : qsizetype(view_.samples);
  for (qsizetype sample = 0; sample < known; ++sample) {
    if (part >= 0 && view_.parts[sample] != char(part)) continue;
    if (chosen >= 0 && view_.labels.value(sample, -1) != chosen) continue;
    numbers << static_cast<int>(sample);
  }
  grid_->setSamples(numbers);
}

void DataPage::changeSpec(const DatasetSpec& spec) {
  wanted_ = spec;
  message_->hide();
  if (session_ == nullptr) return;
  bar_->primary()->setEnabled(false);
  if (draft_) {
    waiting_ = true;
    session_->bridge().previewData(spec);
    return;
  }
  Project project = session_->project()->project;
  project.data = spec;
  session_->changeProject(project);
}

void DataPage::takeShare(NotedField* field, double SplitSpec::*share) {
  if (!have_ || (field == validation_ && view_.ownTest > 0)) return;
  bool ok = false;
  const double percent = field->text().remove('%').trimmed().replace(',', '.').toDouble(&ok);
  SplitSpec split = wanted_.split;
  if (ok && std::abs(percent / 100 - split.*share) < 1e-9) return splitForm_->setProblem(field, {});
  split.*share = percent / 100;
  if (view_.ownTest > 0) {
    split.test = 0;
    split.validation = 1 - split.train;
  } else {
    split.test = 1 - split.train - split.validation;
  }
  if (std::abs(split.test) < 1e-9) split.test = 0;
  QString problem;
  if (!ok || percent < 0 || percent > 100)
    problem = "Wants a number from 0 to 100.";
  else if (split.train <= 0)
    problem = "Something must be left to train on.";
  else if (split.test < 0)
    problem = QString("Train and validation make %1 % together; at most 100 are there.")
                  .arg(qRound(100 * (split.train + split.validation)));
  splitForm_->setProblem(field, problem);
  if (!problem.isEmpty()) return;
  DatasetSpec spec = wanted_;
  spec.split = split;
  changeSpec(spec);
}

void DataPage::create() {
  if (session_ == nullptr || !have_ || waiting_) return;
  if (!draft_) {
    Q_EMIT context().pageRequested(to::Design{});
    return;
  }
  const QString name = name_->text().trimmed();
  static const QRegularExpression forbidden("[/\\\\:*?\"<>|]|^\\.|^$");
  if (forbidden.match(name).hasMatch()) {
    createForm_->setProblem(name_, "A name without / \\ : * ? \" < > |, not beginning with a dot.");
    name_->setFocus();
    return;
  }
  createForm_->setProblem(name_, {});
  session_->create(folder_.isEmpty() ? Session::freeProjectFolder(name) : folder_, wanted_);
}

void DataPage::leaveDraft() {
  draft_ = have_ = asked_ = false;
  path_.clear();
  message_->hide();
  view_ = {};
  if (session_ != nullptr && session_->project())
    ask();
  else
    showEmpty();
}

// The dialog is shown without waiting for it, so that live charts go on.
void DataPage::choose(bool folder) {
  auto* dialog = new QFileDialog(this, folder ? "Choose a folder of images or IDX files" : "Choose a file");
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  if (folder) {
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
  } else {
    dialog->setFileMode(QFileDialog::ExistingFile);
  }
  connect(dialog, &QFileDialog::fileSelected, this, &DataPage::begin);
  dialog->open();
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
