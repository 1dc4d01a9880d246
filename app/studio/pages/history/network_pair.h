// SPDX-License-Identifier: GPL-3.0-or-later
// Two networks side by side, node by node in the order of their execution: what is the same, what changed,
// what only one of them has. The drawing is prepared when the pair is set; paint only paints.
#pragma once
#include "core/network/difference.h"
#include "core/network/validate.h"
#include <QAbstractScrollArea>
#include <array>

namespace loom {

struct NamedNetwork {
  QString title, second; // "resnet-small · 41", "35,002 parameters"
  Network network;
  Analysis analysis;
};

class NetworkPair : public QAbstractScrollArea {
  Q_OBJECT
 public:
  explicit NetworkPair(QWidget* parent = nullptr);
  void setPair(const NamedNetwork& left, const NamedNetwork& right);
  void clear(const QString& message); // instead of the pair
  struct Side {
    NodeId id = 0; // 0: a gap
    QString title, facts, shape, icon;
    Family family = Family::block;
  };
  struct Row {
    NodePair::Kind kind = NodePair::Kind::same;
    std::array<Side, 2> sides;
  };
  const QVector<Row>& rows() const { return rows_; }
  int count(NodePair::Kind kind) const;
  int contentHeight() const; // of all rows, device-independent pixels
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void measure();
  void paintSide(QPainter& painter, const QRectF& area, const Row& row, int side) const;
  QVector<Row> rows_;
  std::array<QString, 2> titles_, seconds_;
  QString message_;
};

} // namespace loom
