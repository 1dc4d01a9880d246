// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/router.h"
#include <algorithm>
#include <map>
#include <optional>

namespace loom {
namespace {

constexpr double corner = 8, lead = 24, laneStep = 16, firstLane = 20, gutter = 12;

struct Row {
  double top = 0, bottom = 0, left = 0, right = 0;
  int lanes = 0;         // lanes taken above it
  double firstEnd = 1e9; // where its leftmost card ends
  std::vector<const NodeItem*> cards;
};

enum class Way { straight, elbow, lane, turn, free };

struct Plan {
  EdgeItem* edge = nullptr;
  QPointF from, to;
  Way way = Way::straight;
  int fromRow = 0, toRow = 0;
  bool firstInRow = true; // of a turn: nothing stands left of the target
  double span() const { return std::abs(to.x() - from.x()); }
};

class Router {
 public:
  Router(Scene& scene, const Network& network, const EdgeIndex& edges)
      : scene_(scene), network_(network), edges_(edges) {}

  void run() {
    findRows();
    makePlans();
    for (auto& plan : plans_) classify(plan);
    joinTurns();
    assignLanes();
    for (auto& plan : plans_) draw(plan);
    placeLabels();
  }

 private:
  // Nodes whose tops are equal stand in one row.
  void findRows() {
    std::vector<const NodeItem*> sorted;
    for (const auto& node : scene_.nodes) sorted.push_back(&node);
    std::sort(sorted.begin(), sorted.end(),
              [](const auto* a, const auto* b) { return a->box.top() < b->box.top(); });
    for (const auto* node : sorted) {
      if (rows_.empty() || node->box.top() > rows_.back().top + 4)
        rows_.push_back(
            {node->box.top(), node->box.bottom(), node->box.left(), node->box.right(), 0, 1e9, {}});
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
  }

  void makePlans() {
    for (auto& edge : scene_.edges) {
      const NodeItem& from = *scene_.node(edge.from);
      const NodeItem& to = *scene_.node(edge.to);
      const auto& into = edges_.into(edge.to);
      const auto place =
          std::find_if(into.begin(), into.end(), [&](const Edge* one) { return one->id == edge.id; });
      const auto* layer = findLayer(network_.node(edge.to)->type);
      const bool many = layer != nullptr && !layer->inputs.empty() && layer->inputs.back().many;
      std::size_t port =
          many ? static_cast<std::size_t>(place - into.begin()) : static_cast<std::size_t>((*place)->toPort);
      if (to.inputs.empty()) continue;
      port = std::min(port, to.inputs.size() - 1);
      plans_.push_back({&edge, from.output.value_or(from.box.center()), to.inputs[port], Way::straight,
                        rowOf_[edge.from], rowOf_[edge.to], true});
    }
  }

  // Does a card other than these two meet the area? Rows whose height does not are passed over.
  bool meets(const QRectF& area, NodeId a, NodeId b) const {
    return std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
      return row.top < area.bottom() && row.bottom > area.top() && row.left < area.right() &&
             row.right > area.left() &&
             std::any_of(row.cards.begin(), row.cards.end(), [&](const NodeItem* node) {
               return node->id != a && node->id != b && node->box.intersects(area);
             });
    });
  }

  // Does a horizontal stretch run through a card?
  bool blocked(double x1, double x2, double y, NodeId a, NodeId b) const {
    return x1 < x2 && meets(QRectF(x1, y - 4, x2 - x1, 8), a, b);
  }

  bool behindCard(const QPolygonF& line, NodeId a, NodeId b) const {
    for (qsizetype index = 1; index < line.size(); ++index)
      if (meets(QRectF(line[index - 1], line[index]).normalized().adjusted(-1, -1, 1, 1), a, b)) return true;
    return false;
  }

  // Between cards placed by hand: the free curve where it runs in the open, else down or up to the nearest
  // height where the way across is free, there across and in. Nothing free: the curve.
  QPolygonF freeWay(QPointF a, QPointF b, const EdgeItem& edge) const {
    const QPolygonF curve = cubic(a, b);
    // Its own two cards are no obstacle to a curve that leaves and enters at their ports, but to one that
    // goes back it is all the way across.
    const bool back = b.x() < a.x() + lead;
    if (!behindCard(curve, edge.from, edge.to) && !back) return curve;
    const double out = a.x() + firstLane, in = b.x() - firstLane;
    const double left = std::min(out, in), right = std::max(out, in);
    std::vector<double> heights{(a.y() + b.y()) / 2};
    for (const Row& row : rows_)
      for (const auto* node : row.cards)
        if (node->box.left() < right + 8 && node->box.right() > left - 8) {
          heights.push_back(node->box.top() - gutter);
          heights.push_back(node->box.bottom() + gutter);
        }
    const auto length = [&](double y) { return std::abs(y - a.y()) + std::abs(y - b.y()); };
    constexpr std::size_t tried = 64;
    const auto last = heights.begin() + static_cast<std::ptrdiff_t>(std::min(tried, heights.size()));
    std::partial_sort(heights.begin(), last, heights.end(),
                      [&](double one, double other) { return length(one) < length(other); });
    const auto upright = [](double x, double from, double to) {
      return QRectF(QPointF(x - 3, std::min(from, to)), QPointF(x + 3, std::max(from, to)));
    };
    for (auto y = heights.begin(); y != last; ++y)
      if (!meets(upright(out, a.y(), *y), edge.from, 0) && !meets(upright(in, *y, b.y()), edge.to, 0) &&
          !meets(QRectF(left, *y - 4, std::max(1.0, right - left), 8), 0, 0))
        return rounded({a, {out, a.y()}, {out, *y}, {in, *y}, {in, b.y()}, b}, corner);
    return curve;
  }

  void classify(Plan& plan) const {
    const auto& edge = *plan.edge;
    const Node& a = *network_.node(edge.from);
    const Node& b = *network_.node(edge.to);
    const bool forward = plan.to.x() >= plan.from.x() + lead;
    const bool clear =
        forward && !blocked(plan.from.x(), plan.to.x() - lead, plan.from.y(), edge.from, edge.to);
    if (forward && clear && std::abs(plan.from.y() - plan.to.y()) < 0.5)
      plan.way = Way::straight;
    else if (a.placed || b.placed)
      plan.way = Way::free;
    else if (forward && clear)
      plan.way = Way::elbow;
    else if (forward && plan.fromRow == plan.toRow)
      plan.way = Way::lane;
    else
      plan.way = Way::turn;
    if (plan.way == Way::turn) plan.firstInRow = nothingLeftOf(plan);
  }

  // What leaves with the thread that turns at the end of a row stays with it: it runs back in the gutter and
  // parts there, above its row when it skips, below when it is a branch.
  void joinTurns() {
    std::map<NodeId, int> firstTurn; // the row into which a node's output turns
    for (const auto& plan : plans_) {
      if (plan.way != Way::turn) continue;
      const auto [entry, fresh] = firstTurn.emplace(plan.edge->from, plan.toRow);
      if (!fresh) entry->second = std::min(entry->second, plan.toRow);
    }
    for (auto& plan : plans_) {
      if (plan.way != Way::elbow && plan.way != Way::lane) continue;
      const auto turn = firstTurn.find(plan.edge->from);
      if (turn == firstTurn.end() || plan.toRow < turn->second) continue;
      plan.way = Way::turn;
      plan.firstInRow = nothingLeftOf(plan);
    }
  }

  bool nothingLeftOf(const Plan& plan) const {
    return rows_[static_cast<std::size_t>(plan.toRow)].firstEnd >= plan.to.x() - 4;
  }

  // Shorter skips lie nearer to the cards; spans that do not overlap share a lane.
  void assignLanes() {
    std::vector<Plan*> skips;
    for (auto& plan : plans_)
      if (plan.way == Way::lane || (plan.way == Way::turn && !plan.firstInRow)) skips.push_back(&plan);
    std::stable_sort(skips.begin(), skips.end(),
                     [](const Plan* a, const Plan* b) { return a->span() < b->span(); });
    std::map<int, std::vector<std::vector<std::pair<double, double>>>> taken;
    for (auto* plan : skips) {
      const double from =
          plan->way == Way::lane ? plan->from.x() : rows_[static_cast<std::size_t>(plan->toRow)].left - lead;
      auto& lanes = taken[plan->toRow];
      std::size_t lane = 0;
      const auto overlaps = [&](const std::vector<std::pair<double, double>>& spans) {
        return std::any_of(spans.begin(), spans.end(),
                           [&](const auto& span) { return span.first < plan->to.x() && span.second > from; });
      };
      while (lane < lanes.size() && overlaps(lanes[lane])) ++lane;
      if (lane == lanes.size()) lanes.emplace_back();
      lanes[lane].emplace_back(from, plan->to.x());
      lane_[plan->edge->id] = static_cast<int>(lane);
      auto& row = rows_[static_cast<std::size_t>(plan->toRow)];
      row.lanes = std::max(row.lanes, static_cast<int>(lane) + 1);
    }
  }

  double laneHeight(int row, int lane) const {
    return rows_[static_cast<std::size_t>(row)].top - firstLane - laneStep * lane;
  }

  void draw(const Plan& plan) {
    auto& edge = *plan.edge;
    const QPointF a = plan.from, b = plan.to;
    switch (plan.way) {
    case Way::straight:
      edge.line = {a, b};
      break;
    case Way::free:
      edge.line = freeWay(a, b, edge);
      break;
    case Way::elbow: {
      const double x = b.x() - firstLane;
      edge.line = rounded({a, {x, a.y()}, {x, b.y()}, b}, corner);
      break;
    }
    case Way::lane: {
      const double y = laneHeight(plan.toRow, lane_[edge.id]), x = a.x() + firstLane;
      edge.line =
          rounded({a, {x, a.y()}, {x, y}, {b.x() - firstLane, y}, {b.x() - firstLane, b.y()}, b}, corner);
      if (edges_.leaving(edge.from) > 1) scene_.knots.emplace_back(x, a.y());
      break;
    }
    case Way::turn:
      drawTurn(plan);
      break;
    }
  }

  // Several edges that leave one node for the next rows share their way round and part at a knot on the left.
  void drawTurn(const Plan& plan) {
    auto& edge = *plan.edge;
    const QPointF a = plan.from, b = plan.to;
    const auto& target = rows_[static_cast<std::size_t>(plan.toRow)];
    const double right = std::max(right_, a.x()) + lead, left = std::min(left_, b.x()) - lead;
    auto known = turns_.find(edge.from);
    if (known == turns_.end()) {
      double y = laneHeight(plan.toRow, target.lanes);
      if (plan.toRow > plan.fromRow) {
        const double under = rows_[static_cast<std::size_t>(plan.fromRow)].bottom + 8;
        y = std::max(y, std::min(under + 4, target.top - 8));
      }
      known = turns_.emplace(edge.from, y).first;
    }
    const double y = known->second;
    QPolygonF corners{a, {right, a.y()}, {right, y}};
    if (plan.firstInRow) {
      corners << QPointF(left, y) << QPointF(left, b.y()) << b;
      // A branch further down leaves where the row's own way in turns off.
      const auto first = firstTurnOf(edge.from);
      if (first && *first != b.y()) scene_.knots.emplace_back(left, *first);
    } else {
      const double lane = laneHeight(plan.toRow, lane_[edge.id]);
      corners << QPointF(left, y) << QPointF(left, lane) << QPointF(b.x() - firstLane, lane)
              << QPointF(b.x() - firstLane, b.y()) << b;
      scene_.knots.emplace_back(left, lane);
    }
    edge.line = rounded(corners, corner);
  }

  // Where the highest of the turns of a node turns into its row; nothing when it has one only.
  std::optional<double> firstTurnOf(NodeId from) const {
    std::optional<double> y;
    int count = 0;
    for (const auto& plan : plans_)
      if (plan.edge->from == from && plan.way == Way::turn && plan.firstInRow) {
        y = std::min(y.value_or(plan.to.y()), plan.to.y());
        ++count;
      }
    return count > 1 ? y : std::nullopt;
  }

  // The label stands above the middle of the longest horizontal stretch.
  void placeLabels() {
    for (auto& edge : scene_.edges) {
      double best = -1;
      for (qsizetype index = 1; index < edge.line.size(); ++index) {
        const QPointF a = edge.line[index - 1], b = edge.line[index];
        const double length = std::abs(b.x() - a.x());
        if (std::abs(a.y() - b.y()) < 0.5 && length > best) {
          best = length;
          edge.labelAt = (a + b) / 2;
        }
      }
      if (best < 0 && !edge.line.isEmpty()) {
        edge.labelAt = edge.line[edge.line.size() / 2];
        best = 48;
      }
      edge.labelRoom = best;
    }
  }

  Scene& scene_;
  const Network& network_;
  const EdgeIndex& edges_;
  std::vector<Row> rows_;
  std::map<NodeId, int> rowOf_;
  std::vector<Plan> plans_;
  std::map<EdgeId, int> lane_;
  std::map<NodeId, double> turns_;
  double right_ = -1e9, left_ = 1e9;
};

} // namespace

void route(Scene& scene, const Network& network, const EdgeIndex& edges) {
  if (!scene.nodes.empty()) Router(scene, network, edges).run();
}

} // namespace loom
