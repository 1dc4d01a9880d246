// SPDX-License-Identifier: GPL-3.0-or-later
// The cards of a scene as rows, for the wires between them: what is in the way of a line, and at which height
// the lanes above a row are. The scene stays as long as this, and its cards stay in their places.
#pragma once
#include "app/studio/canvas/scene.h"
#include <QPolygonF>
#include <map>
#include <vector>

namespace loom {

inline constexpr double laneStep = 16, firstLane = 20;

struct CardRow {
  double top = 0, bottom = 0, left = 0, right = 0;
  double reach = 0;                   // how far it or a row above it goes down
  int lanes = 0;                      // lanes taken above it
  double firstEnd = 1e9;              // where its leftmost card ends
  std::vector<const NodeItem*> cards; // from left to right
};

class CardRows {
 public:
  explicit CardRows(const Scene& scene);                    // nodes whose tops are equal are in one row
  const std::vector<CardRow>& all() const { return rows_; } // from the top
  const CardRow& operator[](int row) const { return rows_[static_cast<std::size_t>(row)]; }
  int count() const { return static_cast<int>(rows_.size()); }
  int of(NodeId node) const { return rowOf_.at(node); }
  double left() const { return left_; } // of all cards
  double right() const { return right_; }

  double laneHeight(int row, int lane) const;
  void takeLane(int row, int lane);

  // Does a card other than these two meet the area?
  bool meets(const QRectF& area, NodeId a, NodeId b) const;
  // Does a horizontal stretch run through a card?
  bool blocked(double x1, double x2, double y, NodeId a, NodeId b) const;
  bool behindCard(const QPolygonF& line, NodeId a, NodeId b) const;

 private:
  std::vector<CardRow> rows_;
  std::map<NodeId, int> rowOf_;
  double right_ = -1e9, left_ = 1e9;
};

} // namespace loom
