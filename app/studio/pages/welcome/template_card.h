// SPDX-License-Identifier: GPL-3.0-or-later
// A network that works, to begin with: a small drawing of its columns on the warp, name, data, what it
// reaches and how long that takes. What nobody measured is not shown.
#pragma once
#include "app/studio/theme/look.h"
#include "core/layers/layer_spec.h"
#include <QAbstractButton>
#include <QHash>
#include <utility>
#include <vector>

namespace loom {

struct GlyphColumn {
  int count;
  Family family;
};

struct TemplateRow {
  const char* id; // of core's project templates
  const char* name;
  const char* data; // "Fashion-MNIST"
  qint64 parameters;
  bool first; // the good first choice
  std::vector<GlyphColumn> columns;
  std::vector<std::pair<int, int>> skips; // arcs from column to column
};
const std::vector<TemplateRow>& templateRows();

// What a run of this template reached and took, in the words to show: "91 %", "2 min". Empty: not known.
struct TemplateFact {
  QString accuracy, time;
};

// What the templates reach with their own settings, as core's table has it, and the time that this took on
// two cores: measured, by id.
QHash<QString, TemplateFact> measuredTemplates();

class TemplateCard : public QAbstractButton {
  Q_OBJECT
 public:
  explicit TemplateCard(const TemplateRow& row, QWidget* parent = nullptr);
  const TemplateRow& row() const { return row_; }
  void setFact(const TemplateFact& fact);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;
  // What is written behind accuracy and time in a line of this width.
  std::pair<QString, QString> factWords(const Look& look, double width) const;
  double factsWidth() const { return width() - 2 * lookOf(this).px(16); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const TemplateRow& row_;
  TemplateFact fact_;
};

} // namespace loom
