// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/card_rows.h"
#include <algorithm>

namespace loom {

CardRows::CardRows(const Scene& scene) {
  std::vector<const NodeItem*> sorted;
  for (const auto& node : scene.nodes) sorted.push_back(&node);
  std::sort(sorted.begin(), sorted.end(),
            [](const auto* a, const auto* b) { return a->box.top() < b->box.top(); });
  for (const auto* node : sorted) {
    if (rows_.empty() || node->box.top() > rows_.back().top + 4)
      rows_.push_back(
          {node->box.top(), node->box.bottom(), node->box.left(), node->box.right(), 0, 0, 1e9, {}});
    auto& row = rows_.back();
    row.bottom = std::max(row.bottom, node->box.bottom());
    row.left = std::min(row.left, node->box.left());
    row.right = std::max(row.right, node->box.right());
    row.firstEnd = std::min(row.firstEnd, node->box.right());
    row.cards.push_back(node);
    rowOf_[node->id] = static_cast<int>(rows_.size()) - 1;
    right_ = std::max(right_, node->box.right());
    left_ = std::min(left_, node->box.left());
  }
  double reach = -1e9;
  for (auto& row : rows_) {
    row.reach = reach = std::max(reach, row.bottom);
    std::sort(row.cards.begin(), row.cards.end(),
              [](const auto* a, const auto* b) { return a->box.left() < b->box.left(); });
  }
}

double CardRows::laneHeight(int row, int lane) const {
  return (*this)[row].top - firstLane - laneStep * lane;
}

void CardRows::takeLane(int row, int lane) {
  auto& lanes = rows_[static_cast<std::size_t>(row)].lanes;
  lanes = std::max(lanes, lane + 1);
}

bool CardRows::meets(const QRectF& area, NodeId a, NodeId b) const {
  const auto first = std::partition_point(rows_.begin(), rows_.end(),
                                          [&](const CardRow& row) { return row.reach <= area.top(); });
  const auto last =
      std::partition_point(first, rows_.end(), [&](const CardRow& row) { return row.top < area.bottom(); });
  return std::any_of(first, last, [&](const CardRow& row) {
    if (row.bottom <= area.top() || row.left >= area.right() || row.right <= area.left()) return false;
    const auto begin = std::partition_point(row.cards.begin(), row.cards.end(), [&](const NodeItem* node) {
      return node->box.left() <= area.left() - wideNode;
    });
    const auto end = std::partition_point(
        begin, row.cards.end(), [&](const NodeItem* node) { return node->box.left() < area.right(); });
    return std::any_of(begin, end, [&](const NodeItem* node) {
      return node->id != a && node->id != b && node->box.intersects(area);
    });
  });
}

bool CardRows::blocked(double x1, double x2, double y, NodeId a, NodeId b) const {
  return x1 < x2 && meets(QRectF(x1, y - 4, x2 - x1, 8), a, b);
}

bool CardRows::behindCard(const QPolygonF& line, NodeId a, NodeId b) const {
  for (qsizetype index = 1; index < line.size(); ++index)
    if (meets(QRectF(line[index - 1], line[index]).normalized().adjusted(-1, -1, 1, 1), a, b)) return true;
  return false;
}

} // namespace loom
