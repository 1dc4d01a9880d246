// SPDX-License-Identifier: GPL-3.0-or-later
// The 32 px above everything: menus from the table of actions, in the middle project and document, right the
// command field, which opens the command palette and becomes icon and key in a narrow window.
#pragma once
#include "app/studio/frame/page.h"
#include <QAbstractButton>
#include <QMenuBar>

namespace loom {

class CommandField : public QAbstractButton {
  Q_OBJECT
 public:
  explicit CommandField(QWidget* parent = nullptr);
  void setShort(bool brief);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  bool short_ = false;
};

class TopBar : public QWidget {
  Q_OBJECT
 public:
  TopBar(Actions& actions, QWidget* parent);
  void setTitle(const QString& project, const QString& document);
  void addPages(const QList<QAction*>& pages); // into View
  CommandField* commandField() const { return field_; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void build();
  void showUsed(); // menus without a bound action are not shown
  void measure();
  Actions& actions_;
  QMenuBar* menus_;
  QMenu* view_ = nullptr; // where the pages stand
  CommandField* field_;
  QString project_, document_;
};

} // namespace loom
