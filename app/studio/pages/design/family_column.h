// SPDX-License-Identifier: GPL-3.0-or-later
// The palette of a small window: one icon a layer family, 40 px wide; a press opens the palette over the
// canvas at that family.
#pragma once
#include "core/layers/layer_spec.h"
#include <QWidget>

namespace loom {

class FamilyColumn : public QWidget {
  Q_OBJECT

 public:
  explicit FamilyColumn(QWidget* parent = nullptr);

 Q_SIGNALS:
  void searchWanted();
  void familyWanted(loom::Family family);
};

} // namespace loom
