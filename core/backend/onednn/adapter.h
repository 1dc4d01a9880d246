// SPDX-License-Identifier: Apache-2.0
// The one place that speaks oneDNN 2.6's own dialect: memory descriptors asked in our words, and primitives
// prepared from shapes. oneDNN 3 made operation descriptors disappear and renamed the accessors of
// memory::desc; only this pair of files changes for it.
#pragma once
#include <cstdint>
#include <dnnl.hpp>
#include <optional>
#include <vector>

namespace loom::onednn {

using Dims = std::vector<std::int64_t>; // the same type as dnnl::memory::dims
using Desc = dnnl::memory::desc;        // dims, type and layout of a piece of memory

// The CPU engine and the stream that all primitives of one executable run on.
struct Machine {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
};

Desc plainDesc(const Dims& dims, bool ints = false); // row-major; no dims: one element
Desc channelsLastDesc(const Dims& dims);             // N,C,H,W stored as N,H,W,C
// Channels in blocks of one vector, inputs before outputs in a block of weights: oneDNN's own favourites.
Desc blockedMapDesc(const Dims& dims, std::int64_t lanes);
Desc blockedWeightsDesc(const Dims& dims, std::int64_t lanes);
Dims dimsOf(const Desc& desc);
std::int64_t bytesOf(const Desc& desc);    // with padding
std::int64_t elementsOf(const Desc& desc); // stored elements, with padding
bool isPlain(const Desc& desc);    // row-major of its own dims; strides of dims of size 1 do not count
bool hasPadding(const Desc& desc); // stores more elements than it has
bool isInts(const Desc& desc);
bool sameOrder(const Desc& a, const Desc& b); // same dims, and every element at the same place
// Row-major, or in the blocks of `model`, which has as many dims.
Desc sameBlocks(const Desc& model, const Dims& dims);
// Weights of our own products (kernels/product.h): one row of outputs for each feature, in the order in which
// the features of a sample lie in `src`, padded to whole vectors.
Desc productWeightsDesc(const Desc& src, std::int64_t outputs, std::int64_t lanes);
// The src of `rows` samples that such weights were made for; nothing when they lie otherwise.
std::optional<Desc> productSrcDesc(const Desc& weights, std::int64_t rows, std::int64_t lanes);
// Does each sample lie in one piece, without padding, behind the one before?
bool rowsAreDense(const Desc& desc);
// The product of the dims after the first.
std::int64_t rowLength(const Dims& dims);

// A primitive and the layouts it was prepared for. On backward primitives src, weights, bias and dst describe
// the gradient where the primitive writes one (diff_src of backward data) or reads one (diff_dst). Each
// function returns nothing when oneDNN has no implementation for the combination. The scratch pad is the
// caller's (`scratch` bytes).
struct Prepared {
  dnnl::primitive primitive;
  Desc src, weights, dst, workspace;
  std::int64_t scratch = 0;
};
using MaybePrepared = std::optional<Prepared>;

// All layouts are oneDNN's choice; bias and its gradient are row-major.
struct ProductShape {
  Dims src, weights, dst; // inner product: src N,… and weights O,… agree after the first dim
  bool bias = false;
};
MaybePrepared innerForward(const Machine& machine, const ProductShape& shape, bool training, bool relu);
MaybePrepared innerBackwardData(const Machine& machine, const ProductShape& shape);
MaybePrepared innerBackwardWeights(const Machine& machine, const ProductShape& shape);

struct ConvShape {
  Dims src, weights, dst; // weights O,I,h,w, or g,O/g,I/g,h,w when there are groups
  bool bias = false;
  Dims stride, padding, dilation; // two each; dilation counts from 1
};
MaybePrepared convForward(const Machine& machine, const ConvShape& shape, bool training, bool relu);
MaybePrepared convBackwardData(const Machine& machine, const ConvShape& shape);
MaybePrepared convBackwardWeights(const Machine& machine, const ConvShape& shape);

enum class PoolKind { max, averageWithPadding, averageWithoutPadding };
struct PoolShape {
  PoolKind kind = PoolKind::max;
  Desc src; // the layout is kept
  Dims dst;
  Dims kernel, stride, padding; // two each
};
MaybePrepared poolForward(const Machine& machine, const PoolShape& shape, bool training);
MaybePrepared poolBackward(const Machine& machine, const PoolShape& shape);

struct NormShape {
  Desc src; // the layout is kept
  float eps = 0;
  bool scale = false, shift = false;
  bool relu = false;  // fused; in training a workspace keeps the mask
  bool given = false; // mean and variance are inputs
};
MaybePrepared normForward(const Machine& machine, const NormShape& shape, bool training);
MaybePrepared normBackward(const Machine& machine, const NormShape& shape);

MaybePrepared reorder(const Machine& machine, const Desc& from, const Desc& to);
MaybePrepared concat(const Machine& machine, int dim, const std::vector<Desc>& src);

// Converts once, outside of any step: what read and write use.
void convertNow(const Machine& machine, const Desc& from, const void* source, const Desc& to, void* target);

} // namespace loom::onednn
