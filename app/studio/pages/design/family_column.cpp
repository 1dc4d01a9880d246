// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/pages/design/family_column.h"
#include "app/studio/canvas/family_look.h"
#include "app/studio/canvas/layer_search.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/panels.h"
#include "app/studio/widgets/words.h"
#include <QAbstractButton>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>
#include <map>

namespace loom {
namespace {

// An icon in its family's colour, which a tool button would tint as text.
class FamilyButton : public QAbstractButton {
 public:
  FamilyButton(Family family, const QStringList& layers) : family_(family) {
    setObjectName(QString("family_%1").arg(int(family)));
    setAttribute(Qt::WA_Hover);
    setFocusPolicy(Qt::TabFocus);
    setAccessibleName(layers.join(", "));
    setTip(this, layers.join(", "));
    setFixedSize(sizeHint());
  }
  QSize sizeHint() const override { return {lookOf(this).px(28), lookOf(this).px(28)}; }

 protected:
  void paintEvent(QPaintEvent*) override {
    const Look& look = lookOf(this);
    QPainter painter(this);
    if (isDown() || underMouse())
      paintBox(painter, rect(), {.ground = look[isDown() ? Token::sunken : Token::fill]});
    if (hasFocus() && window()->testAttribute(Qt::WA_KeyboardFocusChange))
      paintBox(painter, rect(), {.border = look[Token::focus], .width = 2});
    const int size = look.px(16);
    look.icons.paint(painter, rect(), QString::fromLatin1(familyIcon(family_)), size,
                     familyColour(look.theme(), family_));
  }

 private:
  Family family_;
};

} // namespace

FamilyColumn::FamilyColumn(QWidget* parent) : QWidget(parent) {
  setObjectName("familyColumn");
  setGround(this, Ground::surface);
  auto* column = columnOf(this, 0, lookOf(this).px(4));
  column->setContentsMargins(0, 8, 0, 8);
  auto* search = makeIconButton("search", "Find a layer");
  setTip(search, "Find a layer", "/ on the canvas");
  connect(search, &QToolButton::clicked, this, &FamilyColumn::searchWanted);
  column->addWidget(search, 0, Qt::AlignHCenter);
  std::vector<Family> order;
  std::map<Family, QStringList> layers;
  for (const auto* layer : matchLayers({})) {
    if (!layers.contains(layer->family)) order.push_back(layer->family);
    layers[layer->family] << text(layer->type);
  }
  for (const Family family : order) {
    auto* button = new FamilyButton(family, layers[family]);
    connect(button, &QAbstractButton::clicked, this, [this, family] { Q_EMIT familyWanted(family); });
    column->addWidget(button, 0, Qt::AlignHCenter);
  }
  column->addStretch(1);
}

} // namespace loom
