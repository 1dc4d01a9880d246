// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/frame/top_bar.h"
#include "app/studio/theme/paint.h"
#include "app/studio/widgets/chip.h"
#include "app/studio/widgets/panels.h"
#include <QEvent>
#include <QHBoxLayout>
#include <QMenu>

namespace loom {
namespace {

constexpr const char* menuOrder[] = {"File", "Edit", "View", "Network", "Run", "History", "Help"};
constexpr int narrowWindow = 1152;

} // namespace

CommandField::CommandField(QWidget* parent) : QAbstractButton(parent) {
  setAccessibleName(tr("Search or run a command"));
  setFocusPolicy(Qt::NoFocus); // Ctrl K is its key
  setAttribute(Qt::WA_Hover);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void CommandField::setShort(bool brief) {
  if (brief == short_) return;
  short_ = brief;
  updateGeometry();
}

QSize CommandField::sizeHint() const {
  const Look& look = lookOf(this);
  const int key = keyCapWidth(look, QStringLiteral("Ctrl K"));
  return {short_ ? look.px(8 + 16 + 8 + 8) + key : look.px(264), look.px(24)};
}

void CommandField::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  paintBox(painter, rect(),
           {.ground = look[Token::surface], .border = look[underMouse() ? Token::lineStrong : Token::line]});
  const int icon = look.px(16), side = look.px(8);
  look.icons.paint(painter, QRectF(side, 0, icon, height()), QStringLiteral("search"), icon,
                   look[Token::text2]);
  const QString key = QStringLiteral("Ctrl K");
  const int keyWidth = keyCapWidth(look, key);
  if (!short_)
    paintText(painter, QRectF(side + icon + side, 0, width() - keyWidth - icon - 4 * side, height()),
              tr("Search or run a command"), look.fonts[Type::small], look[Token::text2]);
  paintKeyCap(painter, QRectF(width() - side - keyWidth, 0, keyWidth, height()), key, look);
}

TopBar::TopBar(Actions& actions, QWidget* parent) : QWidget(parent), actions_(actions) {
  menus_ = new QMenuBar(this);
  menus_->setNativeMenuBar(false);
  menus_->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
  field_ = new CommandField(this);
  auto* row = rowOf(this, 0, 0);
  row->setContentsMargins(0, 0, 8, 0);
  row->addWidget(menus_, 0, Qt::AlignVCenter);
  row->addStretch(1);
  row->addWidget(field_);
  build();
  connect(&actions_, &Actions::changed, this, &TopBar::showUsed);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  measure();
}

void TopBar::build() {
  for (const char* name : menuOrder) {
    QMenu* menu = menus_->addMenu(tr(name));
    menu->setObjectName(QString::fromLatin1(name));
    if (qstrcmp(name, "View") == 0) view_ = menu;
    int group = 0;
    for (const ActionRow& row : actionTable()) {
      if (qstrcmp(row.menu, name) != 0) continue;
      if (row.group != group) menu->addSeparator();
      group = row.group;
      menu->addAction(actions_[QString::fromLatin1(row.id)]);
    }
  }
  showUsed();
}

void TopBar::addPages(const QList<QAction*>& pages) {
  QAction* first = view_->actions().value(0);
  view_->insertActions(first, pages);
  view_->insertSeparator(first);
  showUsed();
}

void TopBar::showUsed() {
  for (QAction* title : menus_->actions()) {
    const QList<QAction*> rows = title->menu()->actions();
    title->setVisible(std::any_of(rows.begin(), rows.end(),
                                  [](QAction* row) { return row->isVisible() && !row->isSeparator(); }));
  }
}

void TopBar::setTitle(const QString& project, const QString& document) {
  project_ = project;
  document_ = document;
  update();
}

void TopBar::measure() { setFixedHeight(lookOf(this).px(32)); }

void TopBar::paintEvent(QPaintEvent*) {
  const Look& look = lookOf(this);
  QPainter painter(this);
  painter.fillRect(rect(), look[Token::window]);
  paintHorizontalLine(painter, 0, width(), height() - 1, look[Token::line]);
  const QFont &plain = look.fonts[Type::body], &medium = look.fonts[Type::bodyMedium];
  const QString first = project_.isEmpty() ? QString() : project_;
  const QString rest = project_.isEmpty()    ? QStringLiteral("Neuroloom")
                       : document_.isEmpty() ? QString()
                                             : QStringLiteral(" — ") + document_;
  const int wide = QFontMetrics(medium).horizontalAdvance(first),
            whole = wide + QFontMetrics(plain).horizontalAdvance(rest);
  const int low = menus_->geometry().right() + 16, high = field_->geometry().left() - 16;
  if (high - low < look.px(80)) return;
  const double x = std::clamp((width() - whole) / 2, low, std::max(low, high - whole));
  const double h = height();
  paintText(painter, QRectF(x, 0, std::min<double>(wide + 1, high - x), h), first, medium, look[Token::text]);
  if (high - x - wide > 16)
    paintText(painter, QRectF(x + wide, 0, high - x - wide, h), rest, plain, look[Token::text2]);
}

void TopBar::resizeEvent(QResizeEvent* event) {
  field_->setShort(width() / lookOf(this).scale < narrowWindow);
  QWidget::resizeEvent(event);
}

void TopBar::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) measure();
  QWidget::changeEvent(event);
}

} // namespace loom
