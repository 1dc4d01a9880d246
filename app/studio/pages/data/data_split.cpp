// SPDX-License-Identifier: GPL-3.0-or-later
// The split on the Data page, and how typed values are taken: with Enter, by leaving a field, and before an
// action that uses them runs.
#include "app/studio/model/session.h"
#include "app/studio/pages/data/data_page.h"
#include "app/studio/widgets/field_form.h"
#include "app/studio/widgets/form.h"
#include "app/studio/widgets/noted_field.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/reading_order.h"
#include "core/base/format.h"
#include <QCheckBox>
#include <QLineEdit>
#include <QRegularExpression>
#include <cmath>
#include <optional>

namespace loom {
namespace {

constexpr const char* trainHelp = "Percent of the samples that the network learns from";
constexpr const char* validationHelp = "Percent that chooses the best checkpoint";
constexpr const char* seedHelp = "The same seed gives the same split";

// Two decimals, as the fields show it.
double percentOf(double share) { return std::round(share * 10000) / 100; }
QString percentText(double share) { return QString::number(percentOf(share)); }

// A share in percent, at most what the other one leaves.
Field shareField(const char* name, const char* label, double share, double most, const char* help) {
  const double limit = std::max(0.01, std::floor(most * 10000 + 1e-6) / 100);
  return numberField(name, label, std::min(percentOf(share), limit), 0, limit, help);
}

std::string withoutUnit(const QLineEdit* line) {
  return line->text().remove('%').trimmed().replace(',', '.').toStdString();
}

bool sameSplit(const SplitSpec& a, const SplitSpec& b) {
  constexpr double tiny = 1e-9;
  return a.seed == b.seed && std::abs(a.train - b.train) < tiny &&
         std::abs(a.validation - b.validation) < tiny;
}

} // namespace

QWidget* DataPage::buildSplit() {
  splitForm_ = new Form(nullptr, formLabels);
  const auto field = [&](NotedField*& made, const char* name, const QString& label, const QString& help) {
    made = new NotedField;
    made->setObjectName(name);
    splitForm_->addRow(label, made, help);
  };
  field(train_, "splitTrain", "Train", trainHelp);
  field(validation_, "splitValidation", "Validation", validationHelp);
  field(test_, "splitTest", "Test", "Looked at once, at the end");
  field(seed_, "splitSeed", "Seed", seedHelp);
  test_->setReadOnly(true);
  stratified_ = new QCheckBox("by class");
  stratified_->setObjectName("splitStratified");
  splitForm_->addRow("Stratify", stratified_, "Each class is split with the same shares");
  for (auto* line : {train_, validation_, seed_})
    connect(line, &QLineEdit::editingFinished, this, &DataPage::takeSplit);
  return section("Split", splitForm_);
}

// Takes what is typed in the split's fields, all of it or nothing, because the shares limit each other.
// Returns the first field that is wrong; null when none is.
QWidget* DataPage::takeSplit() {
  if (!shown_.have) return nullptr;
  const bool own = shown_.view.ownTest > 0;
  SplitSpec split = shown_.wanted.split;
  QWidget* wrong = nullptr;
  const auto take = [&](NotedField* line, const Field& field) -> std::optional<ParamValue> {
    const auto value = parseField(field, withoutUnit(line));
    splitForm_->setProblem(line, value ? QString() : problemText(value.error()));
    if (value) return *value;
    if (wrong == nullptr) wrong = line;
    return std::nullopt;
  };
  const auto takeShare = [&](NotedField* line, double& share, Field field) {
    if (line->text() == percentText(share))
      return splitForm_->setProblem(line, {}); // maybe rounded: no choice
    field.above = line == train_;
    if (const auto value = take(line, field)) share = std::get<double>(*value) / 100;
  };
  const bool both = train_->isModified() && validation_->isModified();
  if (train_->isModified())
    takeShare(train_, split.train,
              shareField("train", "Train", split.train, own || both ? 1 : 1 - split.validation, trainHelp));
  if (validation_->isModified())
    takeShare(validation_, split.validation,
              shareField("validation", "Validation", split.validation, 1 - split.train, validationHelp));
  if (seed_->isModified())
    if (const auto value = take(seed_, seedField("seed", "Seed", split.seed, seedHelp)))
      split.seed = seedOf(*value, split.seed);
  if (wrong != nullptr) return wrong;
  for (auto* line : {train_, validation_, seed_}) line->setModified(false);
  if (sameSplit(split, shown_.wanted.split)) return nullptr;
  constexpr double tiny = 1e-9;
  if (own) split.validation = 1 - split.train;
  split.test = own ? 0 : std::max(0.0, 1 - split.train - split.validation);
  if (split.test < tiny) {
    split.test = 0;
    split.validation = 1 - split.train;
  }
  DatasetSpec spec = shown_.wanted;
  spec.split = split;
  changeSpec(spec);
  return nullptr;
}

// A text that is typed and not taken yet, or is wrong, stays.
void DataPage::refreshSplit() {
  const auto note = [this](int part) {
    return QString("%  ·  ") + QString::fromStdString(formatCount(shown_.view.counts[std::size_t(part)]));
  };
  const auto fill = [this](NotedField* line, const QString& value, const QString& beside) {
    line->setNote(beside);
    if (line->isModified()) return;
    if (line->text() != value) line->setText(value); // else its selection would go
    splitForm_->setProblem(line, {});
  };
  const SplitSpec& split = shown_.view.spec.split;
  const bool own = shown_.view.ownTest > 0;
  fill(train_, percentText(split.train), note(0));
  fill(seed_, QString::number(split.seed), {});
  if (own) {
    validation_->setAutomatic(percentText(split.validation), note(1));
    test_->setAutomatic(QString::fromStdString(formatCount(shown_.view.counts[2])), "own files");
  } else {
    fill(validation_, percentText(split.validation), note(1));
    test_->setAutomatic(percentText(split.test), note(2));
  }
  validation_->setReadOnly(own);
  const bool classes = shown_.view.spec.task == Task::classification;
  splitForm_->setRowVisible(stratified_, classes);
  stratified_->setChecked(split.stratified);
}

// As takeSplit. The name is read when the project is created.
QWidget* DataPage::takeName() {
  if (!shown_.draft || !shown_.have) return nullptr;
  Field field = textField("name", "Name", "", "");
  field.required = true;
  const QString name = name_->text().trimmed();
  const auto value = checkField(field, name.toStdString());
  static const QRegularExpression forbidden("[/\\\\:*?\"<>|]|^\\.");
  QString problem;
  if (!value)
    problem = problemText(value.error());
  else if (forbidden.match(name).hasMatch())
    problem = "Name must not begin with a dot or contain / \\ : * ? \" < > |.";
  createForm_->setProblem(name_, problem);
  return problem.isEmpty() ? nullptr : name_;
}

// A click or a shortcut may start an action while the focus is in a field: what is typed there is taken
// first. False when a field is wrong: it shows why and gets the focus, and the action must not run.
bool DataPage::takeTyped() {
  const std::initializer_list<QWidget*> answers = {takeName(), takeSplit(), optionFields_->finishTyped()};
  for (QWidget* wrong : answers) {
    if (wrong == nullptr) continue;
    focusField(wrong);
    return false;
  }
  return true;
}

// The primary action. While an answer about the draft is awaited, the project is created after it.
void DataPage::create() {
  if (session_ == nullptr || !shown_.have || shown_.creating || !takeTyped()) return;
  if (!shown_.draft) {
    Q_EMIT context().pageRequested(to::Design{});
    return;
  }
  if (shown_.waiting) {
    shown_.createNext = true;
    return;
  }
  shown_.creating = true;
  session_->create(shown_.folder.isEmpty() ? Session::freeProjectFolder(name_->text().trimmed())
                                           : shown_.folder,
                   shown_.wanted, this, [this](const Error& error) { fail(error); });
}

} // namespace loom
