// SPDX-License-Identifier: Apache-2.0
// See winograd.h. Included after one of the simd_*.h.
#pragma once
#include "core/backend/onednn/kernels/winograd.h"
#include "core/backend/onednn/kernels/winograd_products.h"
#include "core/backend/onednn/kernels/winograd_transforms.h"

namespace loom::onednn {
namespace {

constexpr int64_t tilesAtOnce = 2 * tileGroup; // what a block transforms stays in the nearer caches

// Floats from one place to the next: an odd number of cache lines, so that the 36 do not meet in one set.
int64_t planeOf(int64_t channels) { return tilesAtOnce * channels + 16; }

bool supports(const WinogradShape& s, int64_t samples) {
  if (s.inputs % 16 != 0 || s.outputs % 16 != 0 || s.padding < 0 || s.padding > 2) return false;
  if (s.outputHeight() < 1 || s.outputWidth() < 1) return false;
  // Multiplications: 36 a tile against 9 for each element of the map, and the transforms want their share.
  if (36 * s.tiles() * 3 > 9 * s.outputHeight() * s.outputWidth() * 2) return false;
  return samples * s.tiles() >= 16 && s.inputs <= 256 && s.outputs <= 256;
}

int64_t weightPlaneOf(const WinogradShape& s) { return s.inputs * s.outputs + 16; }
// A thread's sums lie in front: [place][input][output], then the bias's.
int64_t sumFloats(const WinogradShape& s) { return places * weightPlaneOf(s); }

WinogradSizes sizes(const WinogradShape& s) {
  const int64_t src = places * planeOf(s.inputs), dst = places * planeOf(s.outputs);
  return {sumFloats(s), src + dst, sumFloats(s) + s.outputs + src + dst,
          s.inputs / lanes * (s.outputs / lanes)};
}

// A walk over the tiles of a batch.
struct Tile {
  int64_t sample, row, column; // of the result, in elements
};
class Walk {
 public:
  Walk(const WinogradShape& s, int64_t first) : across_((s.outputWidth() + 3) / 4), all_(s.tiles()) {
    const int64_t within = first % all_;
    tile_ = {first / all_, within / across_ * 4, within % across_ * 4};
    lastRow_ = (all_ / across_ - 1) * 4;
  }
  const Tile& tile() const { return tile_; }
  void next() {
    tile_.column += 4;
    if (tile_.column < across_ * 4) return;
    tile_.column = 0;
    tile_.row += 4;
    if (tile_.row <= lastRow_) return;
    tile_.row = 0;
    ++tile_.sample;
  }

 private:
  int64_t across_, all_, lastRow_;
  Tile tile_;
};

alignas(64) constexpr float zeros[6 * 16] = {};

// `size` rows and columns of a map from (row, column) on, which may lie outside: zeros there.
template<int size> struct Patch {
  const float* line[size];
  Mask inside[size];
  bool whole;
  Patch(const float* map, int64_t height, int64_t width, int64_t row, int64_t column)
      : whole(row >= 0 && column >= 0 && row + size <= height && column + size <= width) {
    for (int i = 0; i < size; ++i) {
      const bool within = row + i >= 0 && row + i < height;
      line[i] = within ? map + ((row + i) * width + column) * lanes : zeros;
      inside[i] = maskIf(column + i >= 0 && column + i < width);
    }
  }
};

// Channels of one block of `tiles` tiles from `from` on: source patches into src[place][tile][input].
void transformSources(const WinogradShape& s, const float* src, Walk from, int64_t tiles, float* v) {
  const int64_t map = s.height * s.width * lanes, blocks = s.inputs / lanes, plane = planeOf(s.inputs);
  for (int64_t c = 0; c < blocks; ++c) {
    Walk walk = from;
    for (int64_t t = 0; t < tiles; ++t, walk.next()) {
      const Tile& tile = walk.tile();
      const Patch<6> patch(src + (tile.sample * blocks + c) * map, s.height, s.width, tile.row - s.padding,
                           tile.column - s.padding);
      float* to = v + t * s.inputs + c * lanes;
      if (patch.whole) {
        const float* p = patch.line[0];
        const int64_t line = s.width * lanes;
        transformSource([=](int i, int j) { return load(p + i * line + j * lanes); }, to, plane);
      } else {
        const Mask* inside = patch.inside;
        const float* const* lines = patch.line;
        transformSource([=](int i, int j) { return loadMasked(lines[i] + j * lanes, inside[j]); }, to, plane);
      }
    }
  }
}

void transformGradients(const WinogradShape& s, const float* diffDst, Walk from, int64_t tiles, float* v) {
  const int64_t height = s.outputHeight(), width = s.outputWidth();
  const int64_t map = height * width * lanes, blocks = s.outputs / lanes, plane = planeOf(s.outputs);
  for (int64_t c = 0; c < blocks; ++c) {
    Walk walk = from;
    for (int64_t t = 0; t < tiles; ++t, walk.next()) {
      const Tile& tile = walk.tile();
      const Patch<4> patch(diffDst + (tile.sample * blocks + c) * map, height, width, tile.row, tile.column);
      float* to = v + t * s.outputs + c * lanes;
      if (patch.whole) {
        const float* p = patch.line[0];
        const int64_t line = width * lanes;
        transformGradient([=](int i, int j) { return load(p + i * line + j * lanes); }, to, plane);
      } else {
        const Mask* inside = patch.inside;
        const float* const* lines = patch.line;
        transformGradient([=](int i, int j) { return loadMasked(lines[i] + j * lanes, inside[j]); }, to,
                          plane);
      }
    }
  }
}

// From m[place][tile][output] into the map.
template<bool sums, bool masks>
void transformResults(const WinogradShape& s, const float* m, const WinogradAfter& after, Walk from,
                      int64_t tiles, float* dst) {
  const int64_t height = s.outputHeight(), width = s.outputWidth();
  const int64_t map = height * width * lanes, blocks = s.outputs / lanes, plane = planeOf(s.outputs);
  const Vec floor = all(after.relu ? 0.f : -__builtin_inff());
  for (int64_t c = 0; c < blocks; ++c) {
    const Vec shift = after.bias == nullptr ? all(0.f) : load(after.bias + c * lanes);
    Walk walk = from;
    for (int64_t t = 0; t < tiles; ++t, walk.next()) {
      const Tile& tile = walk.tile();
      const int64_t start = (tile.sample * blocks + c) * map + (tile.row * width + tile.column) * lanes;
      float* to = dst + start;
      const float *plus = sums ? after.plus + start : nullptr, *mask = masks ? after.mask + start : nullptr;
      const float* places = m + t * s.outputs + c * lanes;
      const int64_t rows = height - tile.row, columns = width - tile.column;
      const auto put = [=](int i, int j, Vec y) {
        const int64_t at = (i * width + j) * lanes;
        y = larger(floor, add(y, shift));
        if (sums) y = add(y, load(plus + at));
        if (masks) y = whereGreater(load(mask + at), all(0.f), y, all(0.f));
        store(to + at, y);
      };
      if (rows >= 4 && columns >= 4)
        transformResult(places, plane, put);
      else
        transformResult(places, plane, [=](int i, int j, Vec y) {
          if (i < rows && j < columns) put(i, j, y);
        });
    }
  }
}

void convolve(const WinogradShape& s, const float* src, const float* transformed, const WinogradAfter& after,
              float* dst, int64_t first, int64_t last, float* scratch) {
  const int64_t planeIn = planeOf(s.inputs), planeOut = planeOf(s.outputs);
  float *v = scratch, *m = scratch + places * planeIn;
  const bool sums = after.plus != nullptr, masks = after.mask != nullptr;
  const auto finish = sums ? (masks ? transformResults<true, true> : transformResults<true, false>)
                           : (masks ? transformResults<false, true> : transformResults<false, false>);
  for (int64_t t = first; t < last; t += tilesAtOnce) {
    const int64_t tiles = last - t < tilesAtOnce ? last - t : tilesAtOnce;
    const Walk walk(s, t);
    transformSources(s, src, walk, tiles, v);
    for (int64_t p = 0; p < places; ++p)
      productOverChannels(v + p * planeIn, s.inputs, transformed + p * weightPlaneOf(s), s.outputs,
                          m + p * planeOut, tiles);
    finish(s, m, after, walk, tiles, dst);
  }
}

// Adds what arrives inside the map to the bias's sums.
void addBias(const WinogradShape& s, const float* diffDst, Walk walk, int64_t tiles, float* sums) {
  const int64_t height = s.outputHeight(), width = s.outputWidth(), blocks = s.outputs / lanes;
  for (int64_t t = 0; t < tiles; ++t, walk.next()) {
    const Tile& tile = walk.tile();
    for (int64_t c = 0; c < blocks; ++c) {
      const float* map = diffDst + (tile.sample * blocks + c) * height * width * lanes;
      Vec sum = load(sums + c * lanes);
      for (int64_t y = tile.row; y < height && y < tile.row + 4; ++y)
        for (int64_t x = tile.column; x < width && x < tile.column + 4; ++x)
          sum = add(sum, load(map + (y * width + x) * lanes));
      store(sums + c * lanes, sum);
    }
  }
}

void gradient(const WinogradShape& s, const float* src, const float* diffDst, bool bias, int64_t first,
              int64_t last, float* scratch) {
  const int64_t planeIn = planeOf(s.inputs), planeOut = planeOf(s.outputs), sums = weightPlaneOf(s);
  float* biasSums = scratch + sumFloats(s);
  float *v = biasSums + s.outputs, *d = v + places * planeIn;
  for (int64_t c = 0; c < s.outputs; c += lanes) store(biasSums + c, all(0.f));
  // Without tiles the sums are zeros: a product over none.
  for (int64_t t = first; t < last || t == first; t += tilesAtOnce) {
    const int64_t tiles = last - t < tilesAtOnce ? last - t : tilesAtOnce;
    const Walk walk(s, t);
    transformSources(s, src, walk, tiles, v);
    transformGradients(s, diffDst, walk, tiles, d);
    if (bias) addBias(s, diffDst, walk, tiles, biasSums);
    for (int64_t p = 0; p < places; ++p)
      productOverTiles(v + p * planeIn, s.inputs, d + p * planeOut, s.outputs, tiles, t == first,
                       scratch + p * sums);
  }
}

// A block: `lanes` inputs by `lanes` outputs; weights [output block][input block][9][input][output].
struct Block {
  int64_t input, output;
  int64_t at; // floats before it in the weights
};
Block blockOf(const WinogradShape& s, int64_t number) {
  const int64_t inputBlocks = s.inputs / lanes;
  return {number % inputBlocks * lanes, number / inputBlocks * lanes, number * 9 * lanes * lanes};
}

void transformWeights(const WinogradShape& s, const float* weights, float* transformed, int64_t first,
                      int64_t last) {
  for (int64_t b = first; b < last; ++b) {
    const Block block = blockOf(s, b);
    for (int64_t i = 0; i < lanes; ++i) {
      Vec w[9];
#pragma GCC unroll 9
      for (int k = 0; k < 9; ++k) w[k] = load(weights + block.at + (k * lanes + i) * lanes);
      transformKernel(w, transformed + (block.input + i) * s.outputs + block.output, weightPlaneOf(s));
    }
  }
}

// [place][output][input], the kernel turned by half a turn.
void transformFlipped(const WinogradShape& s, const float* weights, float* transformed, int64_t first,
                      int64_t last) {
  for (int64_t b = first; b < last; ++b) {
    const Block block = blockOf(s, b);
    float turned[9 * lanes * lanes];
    for (int k = 0; k < 9; ++k) {
      Vec rows[lanes];
      for (int64_t i = 0; i < lanes; ++i) rows[i] = load(weights + block.at + (k * lanes + i) * lanes);
      turn(rows);
      for (int64_t i = 0; i < lanes; ++i) store(turned + (k * lanes + i) * lanes, rows[i]);
    }
    for (int64_t o = 0; o < lanes; ++o) {
      Vec w[9];
#pragma GCC unroll 9
      for (int k = 0; k < 9; ++k) w[k] = load(turned + ((8 - k) * lanes + o) * lanes);
      transformKernel(w, transformed + (block.output + o) * s.inputs + block.input, weightPlaneOf(s));
    }
  }
}

void collect(const WinogradShape& s, const float* const* scratch, int threads, float* diffWeights,
             float* diffBias, int64_t first, int64_t last) {
  const int64_t plane = weightPlaneOf(s);
  for (int64_t b = first; b < last; ++b) {
    const Block block = blockOf(s, b);
    for (int64_t i = 0; i < lanes; ++i) {
      const int64_t at = (block.input + i) * s.outputs + block.output;
      Vec w[9];
      transformSums(
          [=](int64_t place) {
            Vec sum = load(scratch[0] + place * plane + at);
            for (int t = 1; t < threads; ++t) sum = add(sum, load(scratch[t] + place * plane + at));
            return sum;
          },
          w);
#pragma GCC unroll 9
      for (int k = 0; k < 9; ++k) store(diffWeights + block.at + (k * lanes + i) * lanes, w[k]);
    }
    if (diffBias == nullptr || block.input != 0) continue;
    const int64_t at = places * plane + block.output;
    Vec sum = load(scratch[0] + at);
    for (int t = 1; t < threads; ++t) sum = add(sum, load(scratch[t] + at));
    store(diffBias + block.output, sum);
  }
}

constexpr WinogradKernels winogradKernels = {lanes,    supports, sizes,  transformWeights, transformFlipped,
                                             convolve, gradient, collect};

} // namespace
} // namespace loom::onednn
