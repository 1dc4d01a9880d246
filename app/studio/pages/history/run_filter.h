// SPDX-License-Identifier: GPL-3.0-or-later
// What may be typed into History's filter line, and whether a run fits it:
//   val_accuracy > 0.9 and optimizer = Adam        comparisons with and, or, not and parentheses
//   tag = paper   state != finished   note ~ seed   ~ is "contains"
//   lenet                                          a bare word is looked for in names, tags, notes and states
// Numbers may be written 90 %. Names are those of the table, of settings (lr, batch, weight_decay …) and of
// metrics with _ for /, whose best value is meant. A wrong filter says where and what, and what may stand
// there.
#pragma once
#include "app/studio/bridge/bridge.h"
#include <memory>

namespace loom {

class RunFilter {
 public:
  RunFilter() = default; // everything fits
  // `names`: what may be compared, as filterNames() gives it.
  static Result<RunFilter> parse(const QString& words, const QStringList& names);
  bool fits(const RunView& view) const;
  bool empty() const { return root_ == nullptr; }

  struct Part { // for colouring the line
    qsizetype from, length;
    enum class Kind { name, word, joint } kind;
  };
  const QVector<Part>& parts() const { return parts_; }
  struct Node;

 private:
  std::shared_ptr<const Node> root_;
  QVector<Part> parts_;
};

QStringList filterNames(const QVector<RunView>& runs); // sorted, without doubles
// A run's value under a name: a number, or words; nothing when it has none.
struct FilterValue {
  std::optional<double> number;
  QString words;
};
std::optional<FilterValue> filterValue(const RunView& view, const QString& name);

} // namespace loom
