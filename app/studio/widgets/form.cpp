// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/widgets/form.h"
#include "app/studio/theme/roles.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/text.h"
#include <QEvent>
#include <QGridLayout>

namespace loom {

Form::Form(QWidget* parent, int labelWidth) : QWidget(parent), labelWidth_(labelWidth) {
  grid_ = new QGridLayout(this);
  grid_->setContentsMargins(0, 0, 0, 0);
  grid_->setHorizontalSpacing(8);
  grid_->setVerticalSpacing(8);
  grid_->setColumnStretch(1, 1);
  measure();
}

void Form::measure() { grid_->setColumnMinimumWidth(0, lookOf(this).px(labelWidth_)); }

void Form::addRow(const QString& label, QWidget* field, const QString& help) {
  auto* words = new Text(label, Type::small, Token::text2);
  words->setWrap(true);
  words->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Preferred);
  words->setFixedWidth(lookOf(this).px(labelWidth_));
  setTip(words, help);
  if (!help.isEmpty()) setTip(field, help);
  if (field->accessibleName().isEmpty()) field->setAccessibleName(label);
  grid_->addWidget(words, next_, 0, Qt::AlignVCenter);
  // Fields fill the column; what has a size of its own (a check, segments) stands at its left.
  const bool wide = field->sizePolicy().horizontalPolicy() & QSizePolicy::ExpandFlag;
  grid_->addWidget(field, next_, 1, wide ? Qt::Alignment() : Qt::AlignLeft | Qt::AlignVCenter);
  grid_->setRowMinimumHeight(next_, lookOf(this).px(28));
  rows_.append({words, field, nullptr});
  next_ += 2; // the line below is for a problem
}

void Form::addWide(QWidget* widget) {
  grid_->addWidget(widget, next_, 0, 1, 2);
  rows_.append({nullptr, widget, nullptr});
  next_ += 2;
}

Form::Row* Form::rowOf(QWidget* field) {
  for (Row& row : rows_)
    if (row.field == field) return &row;
  return nullptr;
}

void Form::setProblem(QWidget* field, const QString& sentence) {
  Row* row = rowOf(field);
  if (!row) return;
  setMark(field, sentence.isEmpty() ? FieldMark::plain : FieldMark::wrong);
  if (!row->problem) {
    if (sentence.isEmpty()) return;
    row->problem = new Text(sentence, Type::small, Token::error);
    row->problem->setWrap(true);
    const int at = grid_->indexOf(field);
    int line = 0, column = 0, height = 0, width = 0;
    grid_->getItemPosition(at, &line, &column, &height, &width);
    grid_->addWidget(row->problem, line + 1, column, 1, width);
  }
  row->problem->setText(sentence);
  row->problem->setVisible(!sentence.isEmpty());
}

void Form::setRowVisible(QWidget* field, bool visible) {
  Row* row = rowOf(field);
  if (!row) return;
  if (row->label) row->label->setVisible(visible);
  field->setVisible(visible);
  if (row->problem) row->problem->setVisible(visible && !row->problem->text().isEmpty());
  int line = 0, column = 0, height = 0, width = 0;
  grid_->getItemPosition(grid_->indexOf(field), &line, &column, &height, &width);
  grid_->setRowMinimumHeight(line, visible && row->label ? lookOf(this).px(28) : 0);
}

void Form::removeRow(QWidget* field) {
  for (qsizetype index = 0; index < rows_.size(); ++index) {
    const Row row = rows_[index];
    if (row.field != field) continue;
    int line = 0, column = 0, height = 0, width = 0;
    grid_->getItemPosition(grid_->indexOf(field), &line, &column, &height, &width);
    grid_->setRowMinimumHeight(line, 0);
    for (QWidget* widget : {static_cast<QWidget*>(row.label), row.field, static_cast<QWidget*>(row.problem)})
      if (widget) {
        widget->hide();
        widget->deleteLater();
      }
    rows_.removeAt(index);
    return;
  }
}

void Form::clear() {
  for (const Row& row : std::as_const(rows_))
    for (QWidget* widget : {static_cast<QWidget*>(row.label), row.field, static_cast<QWidget*>(row.problem)})
      if (widget) {
        widget->hide();
        widget->deleteLater();
      }
  for (int line = 0; line < next_; ++line) grid_->setRowMinimumHeight(line, 0);
  rows_.clear();
  next_ = 0;
}

void Form::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) {
    measure();
    for (const Row& row : std::as_const(rows_))
      if (row.label) row.label->setFixedWidth(lookOf(this).px(labelWidth_));
  }
  QWidget::changeEvent(event);
}

} // namespace loom
