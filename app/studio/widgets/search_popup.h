// SPDX-License-Identifier: GPL-3.0-or-later
// A line to type into and what fits it, in groups: the command palette and the canvas's search are two of
// these. The owner answers queryChanged by setEntries; this widget only shows, moves the choice and says what
// was chosen.
#pragma once
#include "app/studio/theme/look.h"
#include <QLineEdit>
#include <QVector>
#include <QWidget>

namespace loom {

struct SearchEntry {
  QString group; // heading, shown where it changes
  QString icon, text, detail;
  QString right;    // at the right in text-2: a resulting shape
  QStringList keys; // at the right as key caps
  bool enabled = true;
  QString reason;   // why it does not fit, in place of `detail`
  QColor tint = {}; // of the icon, a layer's family; invalid: text-2
  int id = 0;       // the owner's
};

class SearchPopup : public QWidget {
  Q_OBJECT
 public:
  // Large: the palette (a line of 48, rows of 32, a footer). Else the pop-up at the pointer (288 wide, rows
  // of 28).
  enum class Form { large, small };
  SearchPopup(Form form, const QString& placeholder, QWidget* parent);
  void setHint(const QString& text); // at the right of the line while it is empty or short
  void setFoot(const QStringList& left, const QString& right); // large only
  void setEntries(const QVector<SearchEntry>& entries);
  void popup(const QPoint& global); // shows it there with an empty line, the first entry chosen
  QLineEdit* line() const { return line_; }
  const QVector<SearchEntry>& entries() const { return entries_; }

 Q_SIGNALS:
  void queryChanged(const QString& words);
  void chosen(int id);
  void closed();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void hideEvent(QHideEvent* event) override;
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  struct Line { // what is painted: a heading of the group of `entry`, or the entry itself
    int entry = 0;
    bool heading = false;
    double top = 0, height = 0;
  };
  QRect listArea() const;
  void arrange();
  void step(int by);
  void reveal();
  void accept(int entry);
  int entryAt(const QPointF& point) const;
  void paintEntry(QPainter& painter, const QRectF& area, const SearchEntry& entry, bool current) const;
  Form form_;
  QString hint_, footRight_;
  QStringList footLeft_;
  QLineEdit* line_;
  QVector<SearchEntry> entries_;
  QVector<Line> lines_;
  int current_ = -1;
  double scroll_ = 0, contents_ = 0;
};

} // namespace loom
