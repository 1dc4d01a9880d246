// SPDX-License-Identifier: GPL-3.0-or-later
// Samples that no pointer and no key has to produce: a control as it looks hovered or focused, rows,
// swatches, icons.
#pragma once
#include <QWidget>

namespace loom {

// Draws `control` (which it takes and never shows) with a state forced onto its style option.
class StateSample : public QWidget {
 public:
  enum State { hover, focus };
  StateSample(QWidget* control, State state);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QWidget* control_;
  State state_;
};

class RowSample : public QWidget {
 public:
  enum State { rest, hover, selected, inactive };
  explicit RowSample(State state);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  State state_;
};

class TipSample : public QWidget {
 public:
  explicit TipSample(const QString& text);
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QString text_;
};

class SparkSample : public QWidget {
 public:
  QSize sizeHint() const override { return {64, 16}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
};

class SwatchBoard : public QWidget {
 public:
  SwatchBoard();

 protected:
  void paintEvent(QPaintEvent* event) override;
};

// Icons, series, families, maps.
class ColourBoard : public QWidget {
 protected:
  void paintEvent(QPaintEvent* event) override;
};

} // namespace loom
