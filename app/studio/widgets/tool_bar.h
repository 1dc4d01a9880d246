// SPDX-License-Identifier: GPL-3.0-or-later
// The 48 px above a page: title, what is chosen, tools, view switch; the page's one primary action at the
// right end with, when it is off, the reason in words before it. In a narrow window the rarer tools move into
// a menu behind "…".
#pragma once
#include "app/studio/theme/look.h"
#include <QList>
#include <QWidget>

class QAction;
class QHBoxLayout;
class QPushButton;
class QToolButton;

namespace loom {

class IconLabel;
class Text;

class PageToolBar : public QWidget {
  Q_OBJECT
 public:
  explicit PageToolBar(const QString& title, QWidget* parent = nullptr);
  void setTitle(const QString& title);
  void setSubtitle(const QString& text);                    // text-2 behind the title
  void addWidget(QWidget* widget);                          // left part, in order
  QToolButton* addTool(QAction* action, bool rare = false); // icon button; rare: may move behind "…"
  void addLine();                                           // a short upright line
  void addRight(QWidget* widget);                           // right part, in order, before the primary action
  QPushButton* setPrimary(const QString& text, const QString& icon, const QString& key = {});
  void setPrimaryVisible(bool visible); // with its key
  QPushButton* primary() const { return primary_; }
  void setReason(const QString& text); // why the primary action is off; empty: it is not

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void measure();
  Text *title_, *subtitle_, *reason_;
  IconLabel* reasonIcon_;
  QHBoxLayout *left_, *right_;
  QPushButton* primary_ = nullptr;
  QWidget* key_ = nullptr;
  QToolButton* more_;
  QList<QToolButton*> rare_;
};

} // namespace loom
