// SPDX-License-Identifier: Apache-2.0
#include "core/network/layout.h"
#include "core/network/rules.h"
#include <algorithm>
#include <cmath>
#include <set>

namespace loom {

namespace {

constexpr double column = 192, left = 32, top = 20;
constexpr double nodeWidth = 160, nodeHeight = 84; // the widest and the highest card
constexpr double rowPitch = 124, branchPitch = 96, skipRoom = 16;
constexpr int widestBlock = 9;

struct Place {
  int row = 0, lane = 0, column = 0; // lane 0 is the row itself, 1… lie below it
};

// One connected drawing: its main row, its rows, its branches.
class Typesetter {
 public:
  Typesetter(const Network& network, std::vector<NodeId> order, int columns)
      : columns_(columns), order_(std::move(order)) {
    const std::set<NodeId> mine(order_.begin(), order_.end());
    for (const auto& [id, edge] : network.edges)
      if (edge.from != edge.to && mine.contains(edge.from) && mine.contains(edge.to)) {
        next_[edge.from].push_back(edge.to);
        before_[edge.to].push_back(edge.from);
      }
    for (const NodeId id : order_) family_[id] = findLayer(network.nodes.at(id).type);
    chooseMainRow();
    findEnds();
    breakRows();
    placeBranches();
  }

  const std::map<NodeId, Place>& places() const { return places_; }
  int rows() const { return rows_; }

  // Lanes that skips take above a row: edges between main nodes that are no neighbours and end in this row.
  int skipLanes(int row) const {
    std::vector<std::pair<int, int>> spans;
    for (const NodeId id : main_) {
      if (places_.at(id).row != row || !before_.contains(id)) continue;
      for (const NodeId from : before_.at(id)) {
        if (!index_.contains(from) || index_.at(from) + 1 >= index_.at(id)) continue;
        const Place& start = places_.at(from);
        spans.emplace_back(start.row == row ? start.column : -1, places_.at(id).column);
      }
    }
    std::sort(spans.begin(), spans.end(),
              [](auto a, auto b) { return a.second - a.first < b.second - b.first; });
    std::vector<std::vector<std::pair<int, int>>> lanes;
    for (const auto& span : spans) {
      const auto fits = [&](const auto& lane) {
        return std::none_of(lane.begin(), lane.end(), [&](const auto& other) {
          return span.first < other.second && other.first < span.second;
        });
      };
      const auto lane = std::find_if(lanes.begin(), lanes.end(), fits);
      if (lane == lanes.end())
        lanes.push_back({span});
      else
        lane->push_back(span);
    }
    return static_cast<int>(lanes.size());
  }
  int branchLanes(int row) const {
    int lanes = 0;
    for (const auto& [id, place] : places_)
      if (place.row == row) lanes = std::max(lanes, place.lane);
    return lanes;
  }

 private:
  // The longest path; on equal length one that ends in an Output.
  void chooseMainRow() {
    std::map<NodeId, std::pair<int, NodeId>> longest;
    for (const NodeId id : order_) {
      auto& [length, previous] = longest[id];
      length = 1;
      for (const NodeId from : before_[id])
        if (longest.contains(from) && longest[from].first + 1 > length)
          length = longest[from].first + 1, previous = from;
    }
    NodeId end = 0;
    int best = -1;
    for (const NodeId id : order_) {
      const bool output = family_[id] && !family_[id]->hasOutput;
      const int score = 2 * longest[id].first + output;
      if (score > best) best = score, end = id;
    }
    for (NodeId id = end; id; id = longest[id].second) main_.push_back(id);
    std::reverse(main_.begin(), main_.end());
    for (std::size_t i = 0; i < main_.size(); ++i) index_[main_[i]] = static_cast<int>(i);
  }

  // For each branch node the main-row index from which data enters, and where it comes back; -1 and the row's
  // length where it does not.
  void findEnds() {
    for (const NodeId id : order_) {
      if (index_.contains(id)) continue;
      int& last = entry_.emplace(id, -1).first->second;
      for (const NodeId from : before_[id])
        last = std::max(last, index_.contains(from) ? index_[from] : entry_[from]);
    }
    for (auto each = order_.rbegin(); each != order_.rend(); ++each) {
      if (index_.contains(*each)) continue;
      int& first = exit_.emplace(*each, static_cast<int>(main_.size())).first->second;
      for (const NodeId to : next_[*each])
        first = std::min(first, index_.contains(to) ? index_[to] : exit_[to]);
    }
  }

  // A row may end behind i when all that crosses there comes from node i itself; normalisation, activation
  // and the end stay with the layer before them.
  void breakRows() {
    const int count = static_cast<int>(main_.size());
    std::vector<bool> open(static_cast<std::size_t>(count), true);
    const auto close = [&](int from, int to) {
      for (int i = std::max(0, from); i < to; ++i) open[static_cast<std::size_t>(i)] = false;
    };
    for (const auto& [from, ends] : next_) {
      if (!index_.contains(from)) continue;
      for (const NodeId to : ends) {
        const int end = index_.contains(to) ? index_.at(to) : exit_.at(to);
        if (end < count) close(index_.at(from) + 1, end);
      }
    }
    std::vector<int> units; // lengths
    for (int i = 0; i < count; ++i) {
      const LayerSpec* layer = family_[main_[static_cast<std::size_t>(i)]];
      const bool follows = layer && (layer->family == Family::norm || layer->family == Family::activation ||
                                     !layer->hasOutput);
      if (i > 0 && (!open[static_cast<std::size_t>(i - 1)] || (follows && units.back() < columns_)))
        ++units.back();
      else
        units.push_back(1);
    }
    int wide = columns_;
    for (const int unit : units) wide = std::max(wide, std::min(unit, widestBlock));
    int row = 0, used = 0;
    std::size_t node = 0;
    for (const int unit : units) {
      if (used > 0 && used + unit > wide) ++row, used = 0;
      for (int i = 0; i < unit; ++i) {
        if (used == wide) ++row, used = 0;
        places_[main_[node++]] = {row, 0, used++};
      }
    }
    rows_ = row + 1;
  }

  void placeBranches() {
    std::set<std::tuple<int, int, int>> taken;
    for (const auto& [id, place] : places_) taken.insert({place.row, place.lane, place.column});
    for (const NodeId id : order_) {
      if (places_.contains(id)) continue;
      const int back = exit_.at(id), from = entry_.at(id);
      const NodeId anchor =
          main_[static_cast<std::size_t>(back < static_cast<int>(main_.size()) ? back : std::max(0, from))];
      Place place{places_.at(anchor).row, 1, 0};
      for (const NodeId source : before_[id]) {
        const Place& other = places_.at(source);
        if (other.row == place.row) place.column = std::max(place.column, other.column + 1);
        if (other.row == place.row && other.lane > 0) place.lane = other.lane;
      }
      // The first card of a branch stands one column in, behind the knot.
      if (place.column == 0 && from >= 0) place.column = 1;
      while (taken.contains({place.row, place.lane, place.column})) ++place.lane;
      taken.insert({place.row, place.lane, place.column});
      places_[id] = place;
    }
  }

  int columns_, rows_ = 0;
  std::vector<NodeId> order_, main_;
  std::map<NodeId, int> index_, entry_, exit_;
  std::map<NodeId, std::vector<NodeId>> next_, before_;
  std::map<NodeId, const LayerSpec*> family_;
  std::map<NodeId, Place> places_;
};

std::vector<std::vector<NodeId>> components(const Network& network, const std::vector<NodeId>& order) {
  std::map<NodeId, NodeId> root;
  for (const NodeId id : order) root[id] = id;
  const auto find = [&](NodeId id) {
    while (root[id] != id) id = root[id] = root[root[id]];
    return id;
  };
  for (const auto& [id, edge] : network.edges)
    if (root.contains(edge.from) && root.contains(edge.to)) root[find(edge.from)] = find(edge.to);
  std::vector<std::vector<NodeId>> list;
  std::map<NodeId, std::size_t> where;
  for (const NodeId id : order) {
    const auto [entry, fresh] = where.emplace(find(id), list.size());
    if (fresh) list.emplace_back();
    list[entry->second].push_back(id);
  }
  return list;
}

} // namespace

LayoutOptions fittingLayout(const Network& network, double viewWidth, double viewHeight) {
  constexpr int fewest = 4, most = 12;
  constexpr double gutter = 48; // the thread turns beyond the last card
  LayoutOptions best;
  double bestZoom = 0;
  for (int columns = fewest; columns <= most; ++columns) {
    LayoutOptions options;
    options.width = columns * column;
    options.keepPlaced = false;
    double right = 0, bottom = 0;
    for (const auto& [id, point] : layout(network, options)) {
      right = std::max(right, point.x + nodeWidth + gutter);
      bottom = std::max(bottom, point.y + nodeHeight);
    }
    const double zoom = std::min({1.0, viewWidth / std::max(right, 1.0), viewHeight / std::max(bottom, 1.0)});
    if (zoom <= bestZoom + 1e-3) continue;
    bestZoom = zoom;
    best = options;
  }
  best.keepPlaced = true;
  return best;
}

std::map<NodeId, Point> layout(const Network& network, const LayoutOptions& options) {
  std::map<NodeId, Point> positions;
  std::vector<Point> obstacles;
  if (options.keepPlaced)
    for (const auto& [id, node] : network.nodes)
      if (node.placed) obstacles.push_back(node.position);
  std::vector<NodeId> order = executionOrder(network);
  const std::set<NodeId> ordered(order.begin(), order.end());
  const double wanted = std::isfinite(options.width) ? std::clamp(options.width, 0.0, 1e5) : 1120;
  const int columns = options.oneRow ? 1000000 : std::max(2, static_cast<int>(wanted / column));
  double y = top;
  auto parts = components(network, order);
  for (const auto& [id, node] : network.nodes) // what lies on a circle stands alone
    if (!ordered.contains(id)) parts.push_back({id});
  for (auto& part : parts) {
    const Typesetter typesetter(network, part, columns);
    for (int row = 0; row < typesetter.rows(); ++row) {
      y += skipRoom * typesetter.skipLanes(row);
      const int lanes = typesetter.branchLanes(row);
      for (int lane = 0; lane <= lanes; ++lane) {
        if (lane > 0) y += branchPitch;
        std::vector<std::pair<NodeId, double>> cards;
        for (const auto& [id, place] : typesetter.places())
          if (place.row == row && place.lane == lane && !(options.keepPlaced && network.nodes.at(id).placed))
            cards.emplace_back(id, left + column * place.column);
        // A card placed by hand keeps its place; the row moves below it.
        const auto blocked = [&](double at) {
          for (const auto& [id, x] : cards)
            for (const Point& other : obstacles)
              if (std::fabs(other.x - x) < nodeWidth && std::fabs(other.y - at) < nodeHeight) return true;
          return false;
        };
        while (blocked(y)) y += 8;
        for (const auto& [id, x] : cards) positions[id] = {x, y};
      }
      y += rowPitch;
    }
  }
  for (const auto& [id, node] : network.nodes)
    if (!positions.contains(id)) positions[id] = node.position;
  return positions;
}

} // namespace loom
