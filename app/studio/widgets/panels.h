// SPDX-License-Identifier: GPL-3.0-or-later
// What pages are put together from: grounds, lines, dock titles, splitters with a hairline, and short ways to
// make the usual buttons and tool tips.
#pragma once
#include "app/studio/theme/look.h"
#include "app/studio/theme/roles.h"
#include <QSplitter>
#include <QWidget>

class QAction;
class QHBoxLayout;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace loom {

class Text;

QPushButton* makeButton(const QString& text, const QString& icon = {}, ButtonRole role = ButtonRole::plain,
                        QWidget* parent = nullptr);
QToolButton* makeIconButton(const QString& icon, const QString& tip, QWidget* parent = nullptr);
QToolButton* makeIconButton(QAction* action, QWidget* parent = nullptr); // tool tip: its text and key

// A tool tip of at most 320 px whose second line is the key or the reason a control is off. Plain text, with
// hidden characters of names as escapes.
void setTip(QWidget* widget, const QString& text, const QString& second = {});
QString tipText(const QString& text, const QString& second = {});

// Layouts without surprises: margins and spacing as given.
QVBoxLayout* columnOf(QWidget* widget, int margin = 0, int spacing = 0);
QHBoxLayout* rowOf(QWidget* widget, int margin = 0, int spacing = 8);

class HairLine : public QWidget {
 public:
  explicit HairLine(Qt::Orientation orientation = Qt::Horizontal, Token colour = Token::line,
                    QWidget* parent = nullptr);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Token colour_;
};

class IconLabel : public QWidget {
 public:
  explicit IconLabel(const QString& name, int size = 16, Token colour = Token::text2,
                     QWidget* parent = nullptr);
  void setIcon(const QString& name, Token colour);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString name_;
  int size_;
  Token colour_;
};

// 32 px: title, second text, then whatever is added at the right. Also a QDockWidget's title bar.
class DockTitle : public QWidget {
  Q_OBJECT
 public:
  explicit DockTitle(const QString& title, const QString& second = {}, QWidget* parent = nullptr);
  void setTitle(const QString& title, const QString& second = {});
  void addLeft(QWidget* widget);  // behind the second text: chips
  void addRight(QWidget* widget); // buttons become small ones
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {0, sizeHint().height()}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Text *title_, *second_;
  QHBoxLayout *left_, *right_;
};

// A 1 px line with 7 px to grab; accent and 2 px under the pointer.
class Splitter : public QSplitter {
 public:
  explicit Splitter(Qt::Orientation orientation, QWidget* parent = nullptr);

 protected:
  QSplitterHandle* createHandle() override;
};

} // namespace loom
