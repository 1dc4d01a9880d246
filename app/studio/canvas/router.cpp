// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/canvas/router.h"
#include "app/studio/canvas/card_rows.h"
#include "app/studio/canvas/wire_index.h"
#include <algorithm>
#include <map>
#include <optional>

namespace loom {
namespace {

constexpr double corner = 8, lead = 24, gutter = 12;

enum class Way { straight, elbow, lane, turn, free };

struct Plan {
  EdgeItem* edge = nullptr;
  QPointF from, to;
  Way way = Way::straight;
  int fromRow = 0, toRow = 0;
  bool firstInRow = true; // of a turn: nothing stands left of the target
  bool detour = false;    // of a turn: cards stand before it, so that it is drawn last and goes round them
  QPolygonF corners;      // where its line bends; none of a curve
  double span() const { return std::abs(to.x() - from.x()); }
};

class Router {
 public:
  Router(Scene& scene, const Network& network, const EdgeIndex& edges)
      : scene_(scene), network_(network), edges_(edges), rows_(scene) {}

  void run() {
    makePlans();
    for (auto& plan : plans_) classify(plan);
    joinTurns();
    findDetours();
    assignLanes();
    for (auto& plan : plans_)
      if (!plan.detour) drawUnlessBehind(plan);
    drawDetours();
    placeLabels();
  }

 private:
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
      plans_.push_back({&edge,
                        from.output.value_or(from.box.center()),
                        to.inputs[port],
                        Way::straight,
                        rows_.of(edge.from),
                        rows_.of(edge.to),
                        true,
                        false,
                        {}});
    }
  }

  // Between cards placed by hand: the free curve where it runs in the open, else down or up to the nearest
  // height where the way across is free, there across and in. Nothing free: the curve.
  QPolygonF freeWay(QPointF a, QPointF b, const EdgeItem& edge) const {
    const QPolygonF curve = cubic(a, b);
    // Its own two cards are no obstacle to a curve that leaves and enters at their ports, but to one that
    // goes back it is all the way across.
    const bool back = b.x() < a.x() + lead;
    if (!rows_.behindCard(curve, edge.from, edge.to) && !back) return curve;
    const double out = a.x() + firstLane, in = b.x() - firstLane;
    const double left = std::min(out, in), right = std::max(out, in);
    std::vector<double> heights{(a.y() + b.y()) / 2};
    for (const CardRow& row : rows_.all())
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
      if (!rows_.meets(upright(out, a.y(), *y), edge.from, 0) &&
          !rows_.meets(upright(in, *y, b.y()), edge.to, 0) &&
          !rows_.meets(QRectF(left, *y - 4, std::max(1.0, right - left), 8), 0, 0))
        return rounded({a, {out, a.y()}, {out, *y}, {in, *y}, {in, b.y()}, b}, corner);
    return curve;
  }

  void classify(Plan& plan) const {
    const auto& edge = *plan.edge;
    const Node& a = *network_.node(edge.from);
    const Node& b = *network_.node(edge.to);
    const bool forward = plan.to.x() >= plan.from.x() + lead;
    const bool clear =
        forward && !rows_.blocked(plan.from.x(), plan.to.x() - lead, plan.from.y(), edge.from, edge.to);
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

  bool nothingLeftOf(const Plan& plan) const { return rows_[plan.toRow].firstEnd >= plan.to.x() - 4; }

  // A turn whose first or last stretch would run behind cards: the target stands beside a row, or the source
  // before the rest of one. Or it would come down the gutter on top of another node's way into that row.
  void findDetours() {
    std::map<int, NodeId> waysIn;
    for (const auto& plan : plans_)
      if (plan.way == Way::turn && plan.firstInRow) waysIn.emplace(plan.toRow, plan.edge->from);
    for (auto& plan : plans_) {
      if (plan.way != Way::turn) continue;
      const EdgeItem& edge = *plan.edge;
      const QPointF a = plan.from, b = plan.to;
      const auto wayIn = waysIn.find(plan.toRow);
      plan.detour = rows_.blocked(a.x(), rightOf(plan), a.y(), edge.from, edge.to) ||
                    (plan.firstInRow && rows_.blocked(leftOf(plan), b.x(), b.y(), edge.from, edge.to)) ||
                    (!plan.firstInRow && wayIn != waysIn.end() && wayIn->second != edge.from);
    }
  }

  double rightOf(const Plan& plan) const { return std::max(rows_.right(), plan.from.x()) + lead; }
  double leftOf(const Plan& plan) const { return std::min(rows_.left(), plan.to.x()) - lead; }

  // Shorter skips lie nearer to the cards; spans that do not overlap share a lane.
  void assignLanes() {
    std::vector<Plan*> skips;
    for (auto& plan : plans_)
      if (plan.way == Way::lane || (plan.way == Way::turn && !plan.firstInRow && !plan.detour))
        skips.push_back(&plan);
    std::stable_sort(skips.begin(), skips.end(),
                     [](const Plan* a, const Plan* b) { return a->span() < b->span(); });
    std::map<int, std::vector<std::vector<std::pair<double, double>>>> taken;
    for (auto* plan : skips) {
      const double from = plan->way == Way::lane ? plan->from.x() : rows_[plan->toRow].left - lead;
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
      rows_.takeLane(plan->toRow, static_cast<int>(lane));
    }
  }

  // What turns out to run behind a card on its way becomes a detour, too.
  void drawUnlessBehind(Plan& plan) {
    const auto knots = scene_.knots.size(), turns = turns_.size();
    draw(plan);
    if (plan.way == Way::straight || plan.way == Way::free) return;
    if (!rows_.behindCard(plan.corners, plan.edge->from, plan.edge->to)) return;
    plan.detour = true;
    plan.corners.clear();
    scene_.knots.resize(knots);
    if (turns_.size() > turns) turns_.erase(plan.edge->from);
  }

  void draw(Plan& plan) {
    auto& edge = *plan.edge;
    const QPointF a = plan.from, b = plan.to;
    switch (plan.way) {
    case Way::straight:
      plan.corners = edge.line = {a, b};
      break;
    case Way::free:
      edge.line = freeWay(a, b, edge);
      break;
    case Way::elbow: {
      const double x = b.x() - firstLane;
      plan.corners = {a, {x, a.y()}, {x, b.y()}, b};
      edge.line = rounded(plan.corners, corner);
      break;
    }
    case Way::lane: {
      const double y = rows_.laneHeight(plan.toRow, lane_[edge.id]), x = a.x() + firstLane;
      plan.corners = {a, {x, a.y()}, {x, y}, {b.x() - firstLane, y}, {b.x() - firstLane, b.y()}, b};
      edge.line = rounded(plan.corners, corner);
      if (edges_.leaving(edge.from) > 1) scene_.knots.emplace_back(x, a.y());
      break;
    }
    case Way::turn:
      drawTurn(plan);
      break;
    }
  }

  // Several edges that leave one node for the next rows share their way round and part at a knot on the left.
  void drawTurn(Plan& plan) {
    auto& edge = *plan.edge;
    const QPointF a = plan.from, b = plan.to;
    const auto& target = rows_[plan.toRow];
    const double right = rightOf(plan), left = leftOf(plan);
    auto known = turns_.find(edge.from);
    if (known == turns_.end()) {
      double y = rows_.laneHeight(plan.toRow, target.lanes);
      if (plan.toRow > plan.fromRow) {
        const double under = rows_[plan.fromRow].bottom + 8;
        y = std::max(y, std::min(under + 4, target.top - 8));
      }
      known = turns_.emplace(edge.from, y).first;
    }
    const double y = known->second;
    auto& corners = plan.corners;
    corners = {a, {right, a.y()}, {right, y}};
    if (plan.firstInRow) {
      corners << QPointF(left, y) << QPointF(left, b.y()) << b;
      // A branch further down leaves where the row's own way in turns off.
      const auto first = firstTurnOf(edge.from);
      if (first && *first != b.y()) scene_.knots.emplace_back(left, *first);
    } else {
      const double lane = rows_.laneHeight(plan.toRow, lane_[edge.id]);
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
      if (plan.edge->from == from && plan.way == Way::turn && plan.firstInRow && !plan.detour) {
        y = std::min(y.value_or(plan.to.y()), plan.to.y());
        ++count;
      }
    return count > 1 ? y : std::nullopt;
  }

  // With all other wires in their places: what would run behind cards looks for a way that keeps off both.
  // Where none is free, as if no card were there.
  void drawDetours() {
    if (std::none_of(plans_.begin(), plans_.end(), [](const Plan& plan) { return plan.detour; })) return;
    for (const auto& plan : plans_) wires_.add(plan.corners, plan.edge->from);
    for (auto& plan : plans_) {
      if (!plan.detour) continue;
      const bool found = throughGutter(plan) || direct(plan) || throughOwnLane(plan);
      if (!found) {
        draw(plan);
        continue;
      }
      wires_.add(plan.corners, plan.edge->from);
      plan.edge->line = rounded(plan.corners, corner);
    }
  }

  // A stretch with room on both sides: no card nearer than a lane's distance, no wire of another node.
  bool free(QPointF p, QPointF q, NodeId from, NodeId except = 0) const {
    const bool level = std::abs(p.y() - q.y()) < 0.5;
    constexpr double beside = 11, upright = 6;
    const QRectF area = QRectF(p, q).normalized().adjusted(level ? 0 : -upright, level ? -beside : 0,
                                                           level ? 0 : upright, level ? beside : 0);
    return !rows_.meets(area, except, 0) && !wires_.taken(p, q, from, laneStep - 4);
  }

  // Free heights to try on the way from one height to another: the lanes above and below the rows near it.
  std::vector<double> lanesNear(int row, double from, double to) const {
    constexpr int rowsTried = 6, lanesTried = 4;
    const int last = std::min(rows_.count() - 1, row + rowsTried);
    std::vector<double> heights;
    for (int index = std::max(0, row - rowsTried); index <= last; ++index)
      for (int lane = 0; lane < lanesTried; ++lane) {
        heights.push_back(rows_.laneHeight(index, lane));
        heights.push_back(rows_[index].bottom + firstLane + laneStep * lane);
      }
    const auto length = [&](double y) { return std::abs(y - from) + 1.01 * std::abs(y - to); };
    std::stable_sort(heights.begin(), heights.end(),
                     [&](double one, double other) { return length(one) < length(other); });
    return heights;
  }

  // From a free upright into the port: along a lane, then up or down beside the target.
  bool wayIn(Plan& plan, QPointF start) const {
    const NodeId from = plan.edge->from;
    const QPointF b = plan.to;
    const auto heights = lanesNear(plan.toRow, start.y(), b.y());
    for (const double in : {b.x() - firstLane, b.x() - firstLane - laneStep}) {
      if (!free({in, b.y()}, b, from, plan.edge->to)) continue;
      for (const double y : heights)
        if (free({in, y}, {in, b.y()}, from) && free({start.x(), y}, {in, y}, from) &&
            free(start, {start.x(), y}, from)) {
          plan.corners << QPointF(start.x(), y) << QPointF(in, y) << QPointF(in, b.y()) << b;
          return true;
        }
    }
    return false;
  }

  // With a turn of the same node round the right end and back, then down the gutter or beside it.
  bool throughGutter(Plan& plan) {
    const auto known = turns_.find(plan.edge->from);
    if (known == turns_.end()) return false;
    const QPointF a = plan.from;
    const double y = known->second, right = rightOf(plan), left = leftOf(plan);
    for (int lane = 0; lane < 4; ++lane) {
      const double x = left - laneStep * lane;
      plan.corners = {a, {right, a.y()}, {right, y}, {x, y}};
      if (!wayIn(plan, {x, y})) continue;
      const double turned = plan.corners[4].y();
      if (std::abs(turned - y) < 0.5) { // along the very same stretch: it leaves that before the gutter
        plan.corners.remove(3, 2);
        scene_.knots.push_back(plan.corners[3]);
        return true;
      }
      // It leaves the other where that turns into its row, or where it goes on itself.
      double knot = lane == 0 ? turned : y;
      if (lane == 0)
        for (const auto& other : plans_)
          if (other.edge->from == plan.edge->from && other.way == Way::turn && !other.detour &&
              other.firstInRow && std::abs(other.to.y() - y) < std::abs(turned - y))
            knot = other.to.y();
      scene_.knots.emplace_back(x < left ? left : x, knot);
      return true;
    }
    return false;
  }

  // Down or up right of the source, then straight to the target.
  bool direct(Plan& plan) {
    const QPointF a = plan.from;
    std::vector<double> outs{a.x() + firstLane};
    for (int lane = 0; lane < 4; ++lane) outs.push_back(rightOf(plan) + laneStep * lane);
    for (const double out : outs) {
      if (!free(a, {out, a.y()}, plan.edge->from, plan.edge->from)) continue;
      plan.corners = {a};
      plan.corners << QPointF(out, a.y());
      if (!wayIn(plan, {out, a.y()})) continue;
      if (edges_.leaving(plan.edge->from) > 1) scene_.knots.emplace_back(out, a.y());
      return true;
    }
    return false;
  }

  // Down or up right of the source into a lane of its own, along it to the gutter and from there in.
  bool throughOwnLane(Plan& plan) {
    const QPointF a = plan.from;
    const NodeId from = plan.edge->from;
    const auto heights = lanesNear(plan.fromRow, a.y(), a.y());
    for (const double out : {a.x() + firstLane, rightOf(plan)}) {
      if (!free(a, {out, a.y()}, from, from)) continue;
      for (int lane = 0; lane < 4; ++lane) {
        const double x = leftOf(plan) - laneStep * lane;
        for (const double y : heights) {
          if (!free({out, a.y()}, {out, y}, from) || !free({out, y}, {x, y}, from)) continue;
          plan.corners = {a, {out, a.y()}, {out, y}, {x, y}};
          if (!wayIn(plan, {x, y})) break;
          if (edges_.leaving(from) > 1) scene_.knots.emplace_back(out, a.y());
          return true;
        }
      }
    }
    return false;
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
  CardRows rows_;
  std::vector<Plan> plans_;
  std::map<EdgeId, int> lane_;
  std::map<NodeId, double> turns_;
  WireIndex wires_; // for detours
};

} // namespace

void route(Scene& scene, const Network& network, const EdgeIndex& edges) {
  if (!scene.nodes.empty()) Router(scene, network, edges).run();
}

} // namespace loom
