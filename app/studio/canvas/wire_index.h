// SPDX-License-Identifier: GPL-3.0-or-later
// The upright and level stretches of wires that are drawn already, by their place, so that a way that is
// looked for later keeps off them without a walk over all of them.
#pragma once
#include "core/network/network.h"
#include <QPolygonF>
#include <algorithm>
#include <cmath>
#include <map>

namespace loom {

class WireIndex {
 public:
  void add(const QPolygonF& corners, NodeId from) {
    for (qsizetype index = 1; index < corners.size(); ++index) {
      const Stretch one(corners[index - 1], corners[index]);
      if (one.hi - one.lo > 0.5 && one.straight)
        (one.level ? level_ : upright_).emplace(one.at, Span{one.lo, one.hi, from});
    }
  }
  // Does a wire run along here, or nearer than this? One of the same node may be followed, not accompanied.
  bool taken(QPointF a, QPointF b, NodeId from, double clear) const {
    const Stretch one(a, b);
    const auto& all = one.level ? level_ : upright_;
    const auto end = all.lower_bound(one.at + clear);
    return std::any_of(all.upper_bound(one.at - clear), end, [&](const auto& other) {
      const Span& span = other.second;
      return (span.from != from || std::abs(other.first - one.at) > 0.5) && span.lo < one.hi &&
             span.hi > one.lo;
    });
  }

 private:
  struct Stretch {
    Stretch(QPointF a, QPointF b)
        : level(std::abs(a.x() - b.x()) > std::abs(a.y() - b.y())), at(level ? a.y() : a.x()),
          lo(level ? std::min(a.x(), b.x()) : std::min(a.y(), b.y())),
          hi(level ? std::max(a.x(), b.x()) : std::max(a.y(), b.y())),
          straight(std::abs(level ? a.y() - b.y() : a.x() - b.x()) < 0.5) {}
    bool level;
    double at, lo, hi;
    bool straight;
  };
  struct Span {
    double lo, hi;
    NodeId from;
  };
  std::multimap<double, Span> level_, upright_; // by y, by x
};

} // namespace loom
