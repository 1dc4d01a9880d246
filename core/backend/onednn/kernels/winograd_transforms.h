// SPDX-License-Identifier: Apache-2.0
// The transforms of winograd.h, `lanes` channels at a time. Two-dimensional ones work in halves, so that what
// is between rows and columns stays in registers. Included after one of the simd_*.h.
#pragma once
#include <stdint.h>

namespace loom::onednn {
namespace {

constexpr int64_t places = 36;
// The points a and b with their signs; all of these are exact in binary but the weights' factors.
constexpr float a1 = 0.625f, a2 = a1 * a1, a3 = a2 * a1;
constexpr float b1 = 1.5f, b2 = b1 * b1, b3 = b2 * b1;
constexpr float ab = a2 * b2, both = a2 + b2;
constexpr float g0 = 1.f / ab, ga = 1.f / (2 * a2 * (a2 - b2)), gb = 1.f / (2 * b2 * (b2 - a2));

inline Vec times(float factor, Vec x) { return mul(all(factor), x); }
inline Vec plus(Vec x, float factor, Vec y) { return fma(all(factor), y, x); } // x + factor·y

// Six of a source line become six; the first three and the last three on their own. d(i): the line's vectors.
template<class Line> inline void sourceLow(const Line& d, Vec& v0, Vec& v1, Vec& v2) {
  const Vec d1 = d(1), d2 = d(2), d3 = d(3), d4 = d(4);
  v0 = fma(all(ab), d(0), plus(d4, -both, d2));
  const Vec even = plus(d4, -b2, d2), odd = plus(times(-a1 * b2, d1), a1, d3);
  v1 = add(even, odd);
  v2 = sub(even, odd);
}
template<class Line> inline void sourceHigh(const Line& d, Vec& v3, Vec& v4, Vec& v5) {
  const Vec d1 = d(1), d2 = d(2), d3 = d(3), d4 = d(4);
  const Vec even = plus(d4, -a2, d2), odd = plus(times(-b1 * a2, d1), b1, d3);
  v3 = add(even, odd);
  v4 = sub(even, odd);
  v5 = fma(all(ab), d1, plus(d(5), -both, d3));
}

// Four of a line of the result's gradient become six.
template<class Line> inline void gradientLow(const Line& y, Vec& x0, Vec& x1, Vec& x2) {
  const Vec y0 = y(0);
  const Vec even = plus(y0, a2, y(2)), odd = plus(y(1), a2, y(3));
  x0 = y0;
  x1 = plus(even, a1, odd);
  x2 = plus(even, -a1, odd);
}
template<class Line> inline void gradientHigh(const Line& y, Vec& x3, Vec& x4, Vec& x5) {
  const Vec y3 = y(3);
  const Vec even = plus(y(0), b2, y(2)), odd = plus(y(1), b2, y3);
  x3 = plus(even, b1, odd);
  x4 = plus(even, -b1, odd);
  x5 = y3;
}

// The two lines of a transform, for transformInto().
struct SourceLines {
  static constexpr int length = 6;
  template<class Line> static void low(const Line& d, Vec& v0, Vec& v1, Vec& v2) { sourceLow(d, v0, v1, v2); }
  template<class Line> static void high(const Line& d, Vec& v3, Vec& v4, Vec& v5) {
    sourceHigh(d, v3, v4, v5);
  }
};
struct GradientLines {
  static constexpr int length = 4;
  template<class Line> static void low(const Line& y, Vec& x0, Vec& x1, Vec& x2) {
    gradientLow(y, x0, x1, x2);
  }
  template<class Line> static void high(const Line& y, Vec& x3, Vec& x4, Vec& x5) {
    gradientHigh(y, x3, x4, x5);
  }
};

// A square of `Lines::length`, read by at(row, column), into the 36 places v[place · plane].
template<class Lines, class At> inline void transformInto(const At& at, float* v, int64_t plane) {
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    Vec t[Lines::length][3];
#pragma GCC unroll 6
    for (int i = 0; i < Lines::length; ++i) {
      const auto line = [&](int j) { return at(i, j); };
      if (half == 0)
        Lines::low(line, t[i][0], t[i][1], t[i][2]);
      else
        Lines::high(line, t[i][0], t[i][1], t[i][2]);
    }
#pragma GCC unroll 3
    for (int j = 0; j < 3; ++j) {
      const auto line = [&](int i) { return t[i][j]; };
      Vec v0, v1, v2, v3, v4, v5;
      Lines::low(line, v0, v1, v2);
      Lines::high(line, v3, v4, v5);
      float* to = v + (3 * half + j) * plane;
      store(to, v0);
      store(to + 6 * plane, v1);
      store(to + 12 * plane, v2);
      store(to + 18 * plane, v3);
      store(to + 24 * plane, v4);
      store(to + 30 * plane, v5);
    }
  }
}

// A patch of 6×6 of the source.
template<class At> inline void transformSource(const At& at, float* v, int64_t plane) {
  transformInto<SourceLines>(at, v, plane);
}

// 4×4 of the result's gradient.
template<class At> inline void transformGradient(const At& at, float* v, int64_t plane) {
  transformInto<GradientLines>(at, v, plane);
}

// Six places of a line of the result become lines 0 and 2, or 1 and 3.
template<class Line> inline void resultEven(const Line& m, Vec& y0, Vec& y2) {
  const Vec s = add(m(1), m(2)), u = add(m(3), m(4));
  y0 = add(add(m(0), s), u);
  y2 = plus(times(a2, s), b2, u);
}
template<class Line> inline void resultOdd(const Line& m, Vec& y1, Vec& y3) {
  const Vec s = sub(m(1), m(2)), u = sub(m(3), m(4));
  y1 = plus(times(a1, s), b1, u);
  y3 = plus(plus(m(5), a3, s), b3, u);
}

// The 36 places m[place · plane] into 4×4, written by to(row, column, vector).
template<class To> inline void transformResult(const float* m, int64_t plane, const To& to) {
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    Vec t[2][6];
#pragma GCC unroll 6
    for (int j = 0; j < 6; ++j) {
      const auto line = [&](int i) { return load(m + (6 * i + j) * plane); };
      if (half == 0)
        resultEven(line, t[0][j], t[1][j]);
      else
        resultOdd(line, t[0][j], t[1][j]);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
      const auto line = [&](int j) { return t[i][j]; };
      Vec y0, y1, y2, y3;
      resultEven(line, y0, y2);
      resultOdd(line, y1, y3);
      const int row = half + 2 * i;
      to(row, 0, y0);
      to(row, 1, y1);
      to(row, 2, y2);
      to(row, 3, y3);
    }
  }
}

// Three weights of a line become six, and the sums of six places three.
inline void weightLine(Vec w0, Vec w1, Vec w2, Vec (&u)[6]) {
  const Vec evenA = times(ga, plus(w0, a2, w2)), oddA = times(ga * a1, w1);
  const Vec evenB = times(gb, plus(w0, b2, w2)), oddB = times(gb * b1, w1);
  u[0] = times(g0, w0);
  u[1] = add(evenA, oddA);
  u[2] = sub(evenA, oddA);
  u[3] = add(evenB, oddB);
  u[4] = sub(evenB, oddB);
  u[5] = w2;
}
inline void sumLine(const Vec (&s)[6], Vec& w0, Vec& w1, Vec& w2) {
  const Vec evenA = times(ga, add(s[1], s[2])), oddA = times(ga * a1, sub(s[1], s[2]));
  const Vec evenB = times(gb, add(s[3], s[4])), oddB = times(gb * b1, sub(s[3], s[4]));
  w0 = plus(add(evenA, evenB), g0, s[0]);
  w1 = add(oddA, oddB);
  w2 = plus(plus(s[5], a2, evenA), b2, evenB);
}

// 3×3 weights into the 36 places, and back for their gradient.
inline void transformKernel(const Vec (&w)[9], float* u, int64_t plane) {
  Vec t[3][6];
#pragma GCC unroll 3
  for (int i = 0; i < 3; ++i) weightLine(w[3 * i], w[3 * i + 1], w[3 * i + 2], t[i]);
#pragma GCC unroll 6
  for (int j = 0; j < 6; ++j) {
    Vec line[6];
    weightLine(t[0][j], t[1][j], t[2][j], line);
#pragma GCC unroll 6
    for (int i = 0; i < 6; ++i) store(u + (6 * i + j) * plane, line[i]);
  }
}
template<class At> inline void transformSums(const At& at, Vec (&w)[9]) {
  Vec t[3][6];
#pragma GCC unroll 6
  for (int j = 0; j < 6; ++j) {
    const Vec line[6] = {at(j), at(6 + j), at(12 + j), at(18 + j), at(24 + j), at(30 + j)};
    sumLine(line, t[0][j], t[1][j], t[2][j]);
  }
#pragma GCC unroll 3
  for (int i = 0; i < 3; ++i) sumLine(t[i], w[3 * i], w[3 * i + 1], w[3 * i + 2]);
}

} // namespace
} // namespace loom::onednn
