// SPDX-License-Identifier: GPL-3.0-or-later
// How the Data page is put together, and the sections that fill themselves from the data shown.
#include "app/studio/model/session.h"
#include "app/studio/pages/data/class_bars.h"
#include "app/studio/pages/data/data_page.h"
#include "app/studio/pages/data/data_table.h"
#include "app/studio/pages/data/image_grid.h"
#include "app/studio/pages/data/picture_panel.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/empty_state.h"
#include "app/studio/widgets/field_form.h"
#include "app/studio/widgets/fitting.h"
#include "app/studio/widgets/form.h"
#include "app/studio/widgets/measures.h"
#include "app/studio/widgets/message_bar.h"
#include "app/studio/widgets/noted_field.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/scroll_column.h"
#include "app/studio/widgets/segments.h"
#include "app/studio/widgets/text.h"
#include "app/studio/widgets/tool_bar.h"
#include "core/base/file_name.h"
#include "core/base/format.h"
#include "core/data/table_options.h"
#include <QCheckBox>
#include <QComboBox>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSlider>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

namespace loom {
namespace {

QWidget* plain() {
  auto* widget = new QWidget;
  setGround(widget, Ground::surface);
  return widget;
}

} // namespace

QWidget* DataPage::section(const QString& title, QWidget* body, DockTitle** head, int margin) {
  auto* box = plain();
  auto* column = columnOf(box);
  auto* line = new DockTitle(title);
  if (head != nullptr) *head = line;
  column->addWidget(line);
  auto* inner = plain();
  auto* innerColumn = columnOf(inner, margin, 8);
  innerColumn->addWidget(body);
  column->addWidget(inner);
  column->addWidget(new HairLine);
  return box;
}

void DataPage::build() {
  auto* column = columnOf(this);
  column->addWidget(buildBar());
  message_ = new MessageBar;
  message_->hide();
  column->addWidget(message_);
  stack_ = new QStackedWidget;
  column->addWidget(stack_, 1);
  stack_->addWidget(buildNothing());
  stack_->addWidget(buildBody());
  bars_ = new ClassBars;
  balance_ = section("Class balance", bars_, &balanceHead_, 0);
  split_ = buildSplit();
  noteWords_ = new Text({}, Type::small, Token::text2);
  noteWords_->setWrap(true);
  notes_ = section("Checks", noteWords_, &notesHead_);
  learn_ = buildLearn();
  preparation_ = buildPreparation();
  picture_ = buildPicture();
  options_ = buildOptions();
  create_ = buildCreate();
  for (auto* widget : {balance_, split_, notes_, learn_, preparation_, picture_, options_, create_}) {
    widget->setParent(body_);
    widget->hide();
  }
}

QWidget* DataPage::buildBar() {
  bar_ = new PageToolBar("Data");
  for (auto** chip : {&size_, &shape_, &count_}) {
    *chip = new Chip;
    bar_->addWidget(*chip);
  }
  back_ = makeButton("Cancel", {}, ButtonRole::ghost);
  back_->setObjectName("dataBack");
  bar_->addRight(back_);
  new_ = makeButton("New project from data", "plus");
  new_->setObjectName("dataNew");
  bar_->addRight(new_);
  bar_->setPrimary("Draw a network", "design")->setObjectName("dataPrimary");
  return bar_;
}

// What is shown while there is no data.
QWidget* DataPage::buildNothing() {
  auto* nothing = plain();
  auto* column = columnOf(nothing, 24);
  empty_ = new EmptyState("data", {}, {});
  fileButton_ = empty_->setPrimary("Choose a file", "folder");
  fileButton_->setObjectName("chooseFile");
  connect(fileButton_, &QPushButton::clicked, this, [this] { choose(PathKind::file); });
  folderButton_ = empty_->addSecondary("Choose a folder", "folder");
  folderButton_->setObjectName("chooseFolder");
  connect(folderButton_, &QPushButton::clicked, this, [this] { choose(PathKind::folder); });
  column->addWidget(empty_);
  column->addStretch(1);
  return nothing;
}

QWidget* DataPage::buildBody() {
  body_ = plain();
  auto* across = rowOf(body_, 0, 0);
  across->addWidget(buildDock(leftDock_, left_, true));
  centre_ = new QStackedWidget;
  centre_->addWidget(buildPictures());
  centre_->addWidget(buildRows());
  across->addWidget(centre_, 1);
  across->addWidget(buildDock(rightDock_, right_, false));
  return body_;
}

// A column of sections that scrolls, with a line towards the centre.
QWidget* DataPage::buildDock(QWidget*& dock, QVBoxLayout*& column, bool left) {
  auto* inside = plain();
  column = columnOf(inside);
  column->addStretch(1);
  dock = plain();
  auto* row = rowOf(dock, 0, 0);
  if (!left) row->addWidget(new HairLine(Qt::Vertical));
  row->addWidget(new ScrollColumn(inside), 1);
  if (left) row->addWidget(new HairLine(Qt::Vertical));
  return dock;
}

QWidget* DataPage::buildPictures() {
  auto* pictures = plain();
  auto* column = columnOf(pictures);
  auto* tools = new FittingRow;
  setGround(tools, Ground::surface);
  fixHeight(tools, 40);
  auto* row = rowOf(tools, 0, 8);
  row->setContentsMargins(16, 4, 16, 0);
  parts_ = new Segments({"All", "Train", "Validation", "Test"});
  parts_->setAccessibleName("Part");
  row->addWidget(parts_);
  auto* order = new Text("in file order", Type::small, Token::text2);
  auto* sizeLabel = new Text("Size", Type::small, Token::text2);
  row->addWidget(order);
  row->addStretch(1);
  row->addWidget(sizeLabel);
  auto* size = new QSlider(Qt::Horizontal);
  size->setAccessibleName("Size of the pictures");
  size->setRange(40, 128);
  size->setValue(56);
  fixWidth(size, 96);
  row->addWidget(size);
  tools->setLeaving({order, sizeLabel, size});
  column->addWidget(tools);
  grid_ = new ImageGrid;
  grid_->setCaptions([this](int sample) { return captionOf(sample); });
  column->addWidget(grid_, 1);
  connect(size, &QSlider::valueChanged, grid_, &ImageGrid::setCell);
  return pictures;
}

QWidget* DataPage::buildRows() {
  auto* rows = plain();
  auto* column = columnOf(rows);
  auto* head = plain();
  fixHeight(head, 48);
  auto* row = rowOf(head, 0, 16);
  row->setContentsMargins(16, 0, 16, 0);
  facts_ = new Text({}, Type::small, Token::text2);
  row->addWidget(facts_);
  rowsShown_ = new Text({}, Type::small, Token::text2);
  rowsShown_->setAlignment(Qt::AlignRight);
  row->addWidget(rowsShown_, 1);
  column->addWidget(head);
  column->addWidget(new HairLine);
  table_ = new DataTable;
  column->addWidget(table_, 1);
  return rows;
}

QWidget* DataPage::buildLearn() {
  learnForm_ = new Form(nullptr, formLabels);
  target_ = new QComboBox;
  target_->setObjectName("dataTarget");
  target_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  learnForm_->addRow("Predict", target_);
  task_ = new QComboBox;
  task_->setObjectName("dataTask");
  task_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  learnForm_->addRow("Task", task_);
  auto* box = plain();
  auto* column = columnOf(box, 0, 8);
  column->addWidget(learnForm_);
  learnBars_ = new ClassBars;
  learnBars_->setObjectName("learnBars");
  column->addWidget(learnBars_);
  return section("Target", box);
}

QWidget* DataPage::buildPreparation() {
  auto* box = plain();
  auto* column = columnOf(box, 0, 0);
  steps_ = plain();
  stepRows_ = columnOf(steps_);
  column->addWidget(steps_);
  auto* foot = plain();
  auto* footColumn = columnOf(foot, 12, 8);
  standardise_ = new QCheckBox("Standardise");
  standardise_->setObjectName("dataStandardise");
  setTip(standardise_, "Mean 0 and deviation 1, fitted on the training part only");
  footColumn->addWidget(standardise_);
  deviation_ = new Text({}, Type::small, Token::text2);
  deviation_->setWrap(true);
  footColumn->addWidget(deviation_);
  network_ = new Text({}, Type::body, Token::text2);
  network_->setWrap(true);
  footColumn->addWidget(network_);
  column->addWidget(foot);
  DockTitle* head = nullptr;
  auto* made = section("Preparation", box, &head, 0);
  head->setTitle("Preparation", "fitted on the training part only");
  return made;
}

QWidget* DataPage::buildPicture() {
  panel_ = new PicturePanel;
  return section("Picture", panel_, &pictureHead_);
}

// What the format lets a person choose, beyond what the table itself shows.
QWidget* DataPage::buildOptions() {
  optionsForm_ = new Form(nullptr, formLabels);
  optionFields_ = new FieldForm("dataOption_", this);
  optionFields_->finished = [this](const Field& field, const ParamValue& value, QWidget*) {
    DatasetSpec spec = shown_.wanted;
    spec.options.set(std::string(field.name), value);
    spec.options = differing(std::span(&field, 1), std::move(spec.options));
    changeSpec(spec);
  };
  return section("Format", optionsForm_);
}

void DataPage::refreshOptions() {
  std::vector<Field> fields;
  if (const auto* format = findFormat(shown_.view.spec.format)) {
    fields = format->options;
    const auto own = tableFields();
    if (format->table) std::erase_if(fields, [&](const Field& field) { return findField(own, field.name); });
  }
  optionFields_->show(fields, shown_.view.spec.options, optionsForm_);
  hasOptions_ = !fields.empty();
}

QWidget* DataPage::buildCreate() {
  createForm_ = new Form(nullptr, formLabels);
  name_ = new QLineEdit;
  name_->setObjectName("dataName");
  createForm_->addRow("Name", name_);
  auto* box = plain();
  auto* column = columnOf(box, 0, 8);
  column->addWidget(createForm_);
  auto* row = plain();
  auto* line = rowOf(row, 0, 8);
  where_ = new Text({}, Type::small, Token::text2);
  line->addWidget(where_, 1);
  auto* change = makeButton("Change", {}, ButtonRole::link);
  change->setObjectName("dataFolder");
  line->addWidget(change);
  column->addWidget(row);
  connect(name_, &QLineEdit::textChanged, this, [this] {
    shown_.folder.clear();
    refreshPlace();
  });
  connect(name_, &QLineEdit::editingFinished, this, &DataPage::takeName);
  connect(change, &QPushButton::clicked, this, [this] {
    auto* dialog = new QFileDialog(this, "Where shall the project go?");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& folder) {
      shown_.folder =
          folder + "/" + QString::fromStdString(fileNameOf(name_->text().trimmed().toStdString(), ".loom"));
      refreshPlace();
    });
    dialog->open();
  });
  return section("Project", box);
}

void DataPage::bind() {
  connect(bar_->primary(), &QPushButton::clicked, this, &DataPage::create);
  connect(new_, &QPushButton::clicked, this, &DataPage::chooseEither);
  connect(back_, &QPushButton::clicked, this, &DataPage::leaveDraft);
  connect(parts_, &Segments::chosen, this, [this] { refreshGrid(); });
  connect(bars_, &ClassBars::classChosen, this, [this] { refreshGrid(); });
  connect(grid_, &ImageGrid::wanted, this, &DataPage::askPictures);
  connect(grid_, &ImageGrid::chosen, this, [this](int sample) {
    static const char* words[] = {"train", "validation", "test"};
    const QString part =
        sample < shown_.view.parts.size() ? QString(words[int(shown_.view.parts[sample])]) : QString();
    pictureHead_->setTitle(QString("Image %1").arg(sample + 1),
                           captionOf(sample) + (part.isEmpty() ? "" : ", " + part));
    const QImage* known = grid_->picture(sample);
    panel_->setPicture(known != nullptr ? *known : QImage(), captionOf(sample), part);
  });
  bindChoices();
}

void DataPage::bindChoices() {
  connect(target_, &QComboBox::textActivated, this, [this](const QString& name) {
    // Another target may be another task, with other columns left out: ask for a whole proposal.
    if (session_ != nullptr && shown_.draft) {
      shown_.waiting = true;
      inspect(name);
    }
  });
  connect(task_, &QComboBox::activated, this, [this](int index) {
    DatasetSpec spec = shown_.wanted;
    spec.task = index == 0 ? Task::classification : Task::regression;
    // Classes may be numbers; a number may not be a category.
    TableOptions options = tableOptions(spec);
    options.columnTypes.erase(options.target);
    setTableOptions(spec, options);
    changeSpec(spec);
  });
  connect(table_, &DataTable::targetChosen, this, [this](const QString& name) {
    target_->setCurrentText(name);
    Q_EMIT target_->textActivated(name);
  });
  connect(table_, &DataTable::typeChosen, this, [this](const QString& name, ColumnType type) {
    DatasetSpec spec = shown_.wanted;
    TableOptions options = tableOptions(spec);
    options.columnTypes[name.toStdString()] = type;
    if (type != ColumnType::text) std::erase(options.leftOut, name.toStdString());
    setTableOptions(spec, options);
    changeSpec(spec);
  });
  connect(table_, &DataTable::useChosen, this, [this](const QString& name, bool used) {
    DatasetSpec spec = shown_.wanted;
    TableOptions options = tableOptions(spec);
    std::erase(options.leftOut, name.toStdString());
    if (!used) options.leftOut.push_back(name.toStdString());
    setTableOptions(spec, options);
    changeSpec(spec);
  });
  connect(stratified_, &QCheckBox::clicked, this, [this](bool on) {
    DatasetSpec spec = shown_.wanted;
    spec.split.stratified = on;
    changeSpec(spec);
  });
  connect(standardise_, &QCheckBox::clicked, this, [this](bool on) {
    DatasetSpec spec = shown_.wanted;
    spec.normalisation = on ? "standardise" : "none";
    changeSpec(spec);
  });
}

void DataPage::refreshPreparation() {
  while (QLayoutItem* item = stepRows_->takeAt(0)) {
    if (item->widget() != nullptr) item->widget()->deleteLater();
    delete item;
  }
  const auto step = [&](const QString& iconName, const QString& title, const QString& detail,
                        const QString& right) {
    auto* row = plain();
    auto* line = rowOf(row, 0, 12);
    line->setContentsMargins(12, 6, 12, 6);
    line->addWidget(new IconLabel(iconName, 16, Token::text2));
    auto* words = plain();
    auto* wordColumn = columnOf(words);
    wordColumn->addWidget(new Text(title, Type::smallMedium));
    auto* second = new Text(detail, Type::small, Token::text2);
    second->setWrap(true);
    wordColumn->addWidget(second);
    line->addWidget(words, 1);
    if (!right.isEmpty()) line->addWidget(new Text(right, Type::small, Token::text2));
    stepRows_->addWidget(row);
    stepRows_->addWidget(new HairLine(Qt::Horizontal, Token::hover));
  };
  const bool pictures = !shown_.view.pictures.isEmpty();
  const bool on = shown_.view.spec.normalisation == "standardise";
  const auto& means = shown_.view.normalisation.mean;
  QString told;
  if (pictures) {
    if (const auto* format = findFormat(shown_.view.spec.format); format != nullptr && !format->table)
      step("image", "Scale to 0…1", "divide by 255", "all");
    QStringList mean, deviation;
    for (std::size_t channel = 0; channel < std::min<std::size_t>(3, means.size()); ++channel) {
      mean << QString::number(means[channel], 'f', 3);
      deviation << QString::number(shown_.view.normalisation.std[channel], 'f', 3);
    }
    constexpr std::size_t mostChannels = 4; // more are pixels of a table
    told = means.size() > mostChannels ? QString("each pixel to mean 0, deviation 1")
                                       : "mean " + mean.join(", ") + ", deviation " + deviation.join(", ");
  } else {
    const TableOptions options = tableOptions(shown_.view.spec);
    QStringList out, categories;
    std::int64_t numbers = 0, gaps = 0;
    for (const auto& column : shown_.view.columns) {
      const auto& name = column.report.name;
      if (name == options.target) continue;
      const auto& left = options.leftOut;
      if (std::find(left.begin(), left.end(), name) != left.end() || column.report.type == ColumnType::text) {
        out << QString::fromStdString(name);
        continue;
      }
      gaps += column.report.missing;
      if (column.report.type == ColumnType::category)
        categories << QString::fromStdString(name);
      else
        ++numbers;
    }
    if (!out.isEmpty())
      step("minus", "Leave out", out.join(", "),
           QString::number(shown_.view.columns.size() - out.size()) + " left");
    if (gaps > 0)
      step("wand", "Fill gaps", "a missing value counts as its column's mean",
           QString::fromStdString(formatCount(gaps)) + (gaps == 1 ? " cell" : " cells"));
    told = numbers == 1 ? QString("1 column of numbers to mean 0, deviation 1")
                        : QString("%1 columns of numbers to mean 0, deviation 1").arg(numbers);
    if (!categories.isEmpty())
      step("table", "One-hot", categories.join(", "),
           QString("%1 → %2").arg(categories.size()).arg(shown_.view.features.size() - numbers));
  }
  standardise_->setChecked(on);
  deviation_->setText(told);
  deviation_->setVisible(on);
  network_->setText("The network gets N×" + QString::fromStdString(formatShape(shown_.view.sampleShape)));
}

} // namespace loom
