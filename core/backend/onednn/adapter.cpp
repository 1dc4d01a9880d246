// SPDX-License-Identifier: Apache-2.0
#include "core/backend/onednn/adapter.h"
#include <cassert>

namespace loom::onednn {
namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;

Desc anyDesc(const Dims& dims) { return Desc(dims, memory::data_type::f32, memory::format_tag::any); }
Desc biasDesc(bool bias, std::int64_t size) { return bias ? plainDesc({size}) : Desc(); }
prop_kind forwardKind(bool training) {
  return training ? prop_kind::forward_training : prop_kind::forward_inference;
}

dnnl::primitive_attr attributes(bool relu = false) {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (relu) {
    dnnl::post_ops after;
    after.append_eltwise(1.f, algorithm::eltwise_relu, 0.f, 0.f);
    attr.set_post_ops(after);
  }
  return attr;
}

// oneDNN throws where it has no implementation; for us that is an answer.
template<class Make> MaybePrepared attempt(Make make) {
  try {
    return make();
  } catch (const dnnl::error&) {
    return std::nullopt;
  }
}

template<class Primitive, class PrimitiveDesc> Prepared prepared(const PrimitiveDesc& pd) {
  Prepared result;
  result.primitive = Primitive(pd);
  result.scratch = static_cast<std::int64_t>(pd.scratchpad_desc().get_size());
  return result;
}

dnnl::inner_product_forward::primitive_desc
innerForwardDesc(const Machine& machine, const ProductShape& shape, bool training, bool relu) {
  return {{forwardKind(training), anyDesc(shape.src), anyDesc(shape.weights),
           biasDesc(shape.bias, shape.dst.back()), anyDesc(shape.dst)},
          attributes(relu),
          machine.engine};
}

Dims fromZero(const Dims& dilation) {
  Dims result = dilation;
  for (auto& value : result) value -= 1;
  return result;
}

dnnl::convolution_forward::primitive_desc convForwardDesc(const Machine& machine, const ConvShape& shape,
                                                          bool training, bool relu) {
  return {{forwardKind(training), algorithm::convolution_direct, anyDesc(shape.src), anyDesc(shape.weights),
           biasDesc(shape.bias, shape.dst[1]), anyDesc(shape.dst), shape.stride, fromZero(shape.dilation),
           shape.padding, shape.padding},
          attributes(relu),
          machine.engine};
}

algorithm poolAlgorithm(PoolKind kind) {
  switch (kind) {
  case PoolKind::max:
    return algorithm::pooling_max;
  case PoolKind::averageWithPadding:
    return algorithm::pooling_avg_include_padding;
  case PoolKind::averageWithoutPadding:
    return algorithm::pooling_avg_exclude_padding;
  }
  return algorithm::pooling_max;
}

// The far padding follows from the sizes: ceil_mode lets the last window reach beyond the map.
Dims farPadding(const PoolShape& shape) {
  const auto src = dimsOf(shape.src);
  Dims result(2);
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto reach = (shape.dst[axis + 2] - 1) * shape.stride[axis] + shape.kernel[axis];
    result[axis] = std::max<std::int64_t>(reach - src[axis + 2] - shape.padding[axis], 0);
  }
  return result;
}

dnnl::pooling_forward::primitive_desc poolForwardDesc(const Machine& machine, const PoolShape& shape,
                                                      bool training) {
  return {{forwardKind(training), poolAlgorithm(shape.kind), shape.src, anyDesc(shape.dst), shape.stride,
           shape.kernel, shape.padding, farPadding(shape)},
          attributes(),
          machine.engine};
}

dnnl::normalization_flags normFlags(const NormShape& shape) {
  auto flags = dnnl::normalization_flags::none;
  if (shape.scale) flags = flags | dnnl::normalization_flags::use_scale;
  if (shape.shift) flags = flags | dnnl::normalization_flags::use_shift;
  if (shape.relu) flags = flags | dnnl::normalization_flags::fuse_norm_relu;
  if (shape.given) flags = flags | dnnl::normalization_flags::use_global_stats;
  return flags;
}

dnnl::batch_normalization_forward::primitive_desc normForwardDesc(const Machine& machine,
                                                                  const NormShape& shape, bool training) {
  return {{forwardKind(training), shape.src, shape.eps, normFlags(shape)}, attributes(), machine.engine};
}

Dims rowMajorStrides(const Dims& dims) {
  Dims strides(dims.size(), 1);
  for (std::size_t i = dims.size(); i-- > 1;)
    strides[i - 1] = strides[i] * std::max<std::int64_t>(dims[i], 1);
  return strides;
}

bool isStrided(const Desc& desc) {
  return desc.data.format_kind == dnnl_blocked && desc.data.format_desc.blocking.inner_nblks == 0;
}

} // namespace

Desc plainDesc(const Dims& dims, bool ints) {
  const auto type = ints ? memory::data_type::s32 : memory::data_type::f32;
  if (dims.empty()) return Desc({1}, type, Dims{1});
  return Desc(dims, type, rowMajorStrides(dims));
}

Desc channelsLastDesc(const Dims& dims) {
  assert(dims.size() == 4);
  return Desc(dims, memory::data_type::f32, memory::format_tag::nhwc);
}

Desc blockedMapDesc(const Dims& dims, std::int64_t lanes) {
  using Tag = memory::format_tag;
  return Desc(dims, memory::data_type::f32, lanes == 16 ? Tag::nChw16c : Tag::nChw8c);
}

Desc blockedWeightsDesc(const Dims& dims, std::int64_t lanes) {
  using Tag = memory::format_tag;
  return Desc(dims, memory::data_type::f32, lanes == 16 ? Tag::OIhw16i16o : Tag::OIhw8i8o);
}

Dims dimsOf(const Desc& desc) { return desc.dims(); }
std::int64_t bytesOf(const Desc& desc) { return static_cast<std::int64_t>(desc.get_size()); }
std::int64_t elementsOf(const Desc& desc) { return bytesOf(desc) / 4; }
bool isInts(const Desc& desc) { return desc.data_type() == memory::data_type::s32; }

bool isPlain(const Desc& desc) { return sameOrder(desc, plainDesc(dimsOf(desc), isInts(desc))); }

bool hasPadding(const Desc& desc) {
  for (int i = 0; i < desc.data.ndims; ++i)
    if (desc.data.padded_dims[i] != desc.data.dims[i]) return true;
  return false;
}

bool sameOrder(const Desc& a, const Desc& b) {
  if (a == b) return true;
  if (!isStrided(a) || !isStrided(b) || a.dims() != b.dims() || a.data_type() != b.data_type()) return false;
  for (int i = 0; i < a.data.ndims; ++i)
    if (a.data.dims[i] != 1 &&
        a.data.format_desc.blocking.strides[i] != b.data.format_desc.blocking.strides[i])
      return false;
  return true;
}

Desc sameBlocks(const Desc& model, const Dims& dims) {
  using Tag = memory::format_tag;
  for (const Tag tag : {Tag::nChw16c, Tag::nChw8c, Tag::nhwc})
    if (dims.size() == 4 && model.data.ndims == 4 && model == Desc(model.dims(), model.data_type(), tag))
      return Desc(dims, model.data_type(), tag);
  return plainDesc(dims);
}

bool rowsAreDense(const Desc& desc) {
  if (!isStrided(desc) || hasPadding(desc) || desc.data.offset0 != 0) return false;
  const auto& strides = desc.data.format_desc.blocking.strides;
  const std::int64_t length = rowLength(desc.dims());
  return (desc.data.dims[0] == 1 || strides[0] == length) && bytesOf(desc) == 4 * desc.data.dims[0] * length;
}

// Field by field: the checked constructor knows no blocks.
Desc productWeightsDesc(const Desc& src, std::int64_t outputs, std::int64_t lanes) {
  const std::int64_t padded = (outputs + lanes - 1) / lanes * lanes;
  Dims dims = src.dims();
  dims[0] = outputs;
  Desc desc = plainDesc(dims);
  desc.data.padded_dims[0] = padded;
  auto& blocking = desc.data.format_desc.blocking;
  for (int d = 1; d < desc.data.ndims; ++d)
    blocking.strides[d] = src.data.format_desc.blocking.strides[d] * padded;
  blocking.strides[0] = lanes; // from one vector of outputs to the next
  blocking.inner_nblks = 1;
  blocking.inner_blks[0] = lanes;
  blocking.inner_idxs[0] = 0;
  return desc;
}

std::optional<Desc> productSrcDesc(const Desc& weights, std::int64_t rows, std::int64_t lanes) {
  const auto& blocking = weights.data.format_desc.blocking;
  if (weights.data.format_kind != dnnl_blocked || blocking.inner_nblks != 1) return std::nullopt;
  Dims dims = weights.dims();
  dims[0] = rows;
  Desc src = plainDesc(dims);
  for (int d = 1; d < src.data.ndims; ++d)
    src.data.format_desc.blocking.strides[d] = blocking.strides[d] / weights.data.padded_dims[0];
  if (!rowsAreDense(src) || productWeightsDesc(src, weights.dims()[0], lanes) != weights) return std::nullopt;
  return src;
}

std::int64_t rowLength(const Dims& dims) {
  std::int64_t length = 1;
  for (std::size_t i = 1; i < dims.size(); ++i) length *= dims[i];
  return length;
}

MaybePrepared innerForward(const Machine& machine, const ProductShape& shape, bool training, bool relu) {
  return attempt([&] {
    const auto pd = innerForwardDesc(machine, shape, training, relu);
    auto result = prepared<dnnl::inner_product_forward>(pd);
    result.src = pd.src_desc();
    result.weights = pd.weights_desc();
    result.dst = pd.dst_desc();
    return result;
  });
}

MaybePrepared innerBackwardData(const Machine& machine, const ProductShape& shape) {
  return attempt([&] {
    const dnnl::inner_product_backward_data::primitive_desc pd(
        {anyDesc(shape.src), anyDesc(shape.weights), anyDesc(shape.dst)}, attributes(), machine.engine,
        innerForwardDesc(machine, shape, true, false));
    auto result = prepared<dnnl::inner_product_backward_data>(pd);
    result.src = pd.diff_src_desc();
    result.weights = pd.weights_desc();
    result.dst = pd.diff_dst_desc();
    return result;
  });
}

MaybePrepared innerBackwardWeights(const Machine& machine, const ProductShape& shape) {
  return attempt([&] {
    const dnnl::inner_product_backward_weights::primitive_desc pd(
        {anyDesc(shape.src), anyDesc(shape.weights), biasDesc(shape.bias, shape.dst.back()),
         anyDesc(shape.dst)},
        attributes(), machine.engine, innerForwardDesc(machine, shape, true, false));
    auto result = prepared<dnnl::inner_product_backward_weights>(pd);
    result.src = pd.src_desc();
    result.weights = pd.diff_weights_desc();
    result.dst = pd.diff_dst_desc();
    return result;
  });
}

MaybePrepared convForward(const Machine& machine, const ConvShape& shape, bool training, bool relu) {
  return attempt([&] {
    const auto pd = convForwardDesc(machine, shape, training, relu);
    auto result = prepared<dnnl::convolution_forward>(pd);
    result.src = pd.src_desc();
    result.weights = pd.weights_desc();
    result.dst = pd.dst_desc();
    return result;
  });
}

MaybePrepared convBackwardData(const Machine& machine, const ConvShape& shape) {
  return attempt([&] {
    const dnnl::convolution_backward_data::primitive_desc pd(
        {algorithm::convolution_direct, anyDesc(shape.src), anyDesc(shape.weights), anyDesc(shape.dst),
         shape.stride, fromZero(shape.dilation), shape.padding, shape.padding},
        attributes(), machine.engine, convForwardDesc(machine, shape, true, false));
    auto result = prepared<dnnl::convolution_backward_data>(pd);
    result.src = pd.diff_src_desc();
    result.weights = pd.weights_desc();
    result.dst = pd.diff_dst_desc();
    return result;
  });
}

MaybePrepared convBackwardWeights(const Machine& machine, const ConvShape& shape) {
  return attempt([&] {
    const dnnl::convolution_backward_weights::primitive_desc pd(
        {algorithm::convolution_direct, anyDesc(shape.src), anyDesc(shape.weights),
         biasDesc(shape.bias, shape.dst[1]), anyDesc(shape.dst), shape.stride, fromZero(shape.dilation),
         shape.padding, shape.padding},
        attributes(), machine.engine, convForwardDesc(machine, shape, true, false));
    auto result = prepared<dnnl::convolution_backward_weights>(pd);
    result.src = pd.src_desc();
    result.weights = pd.diff_weights_desc();
    result.dst = pd.diff_dst_desc();
    return result;
  });
}

MaybePrepared poolForward(const Machine& machine, const PoolShape& shape, bool training) {
  return attempt([&] {
    const auto pd = poolForwardDesc(machine, shape, training);
    auto result = prepared<dnnl::pooling_forward>(pd);
    result.src = pd.src_desc();
    result.dst = pd.dst_desc();
    if (training && shape.kind == PoolKind::max) result.workspace = pd.workspace_desc();
    return result;
  });
}

MaybePrepared poolBackward(const Machine& machine, const PoolShape& shape) {
  return attempt([&] {
    const auto forward = poolForwardDesc(machine, shape, true);
    const dnnl::pooling_backward::primitive_desc pd({poolAlgorithm(shape.kind), shape.src, forward.dst_desc(),
                                                     shape.stride, shape.kernel, shape.padding,
                                                     farPadding(shape)},
                                                    attributes(), machine.engine, forward);
    auto result = prepared<dnnl::pooling_backward>(pd);
    result.src = pd.diff_src_desc();
    result.dst = pd.diff_dst_desc();
    if (shape.kind == PoolKind::max) result.workspace = pd.workspace_desc();
    return result;
  });
}

MaybePrepared normForward(const Machine& machine, const NormShape& shape, bool training) {
  return attempt([&] {
    const auto pd = normForwardDesc(machine, shape, training);
    auto result = prepared<dnnl::batch_normalization_forward>(pd);
    result.src = pd.src_desc();
    result.dst = pd.dst_desc();
    if (training && shape.relu) result.workspace = pd.workspace_desc();
    return result;
  });
}

MaybePrepared normBackward(const Machine& machine, const NormShape& shape) {
  return attempt([&] {
    const auto forward = normForwardDesc(machine, shape, true);
    const auto kind = shape.scale || shape.shift ? prop_kind::backward : prop_kind::backward_data;
    const dnnl::batch_normalization_backward::primitive_desc pd(
        {kind, forward.dst_desc(), forward.src_desc(), shape.eps, normFlags(shape)}, attributes(),
        machine.engine, forward);
    auto result = prepared<dnnl::batch_normalization_backward>(pd);
    result.src = pd.diff_src_desc();
    result.dst = pd.diff_dst_desc();
    if (shape.relu) result.workspace = forward.workspace_desc();
    return result;
  });
}

MaybePrepared reorder(const Machine& machine, const Desc& from, const Desc& to) {
  return attempt([&] {
    const dnnl::reorder::primitive_desc pd(machine.engine, from, machine.engine, to, attributes());
    auto result = prepared<dnnl::reorder>(pd);
    result.src = from;
    result.dst = to;
    return result;
  });
}

MaybePrepared concat(const Machine& machine, int dim, const std::vector<Desc>& src) {
  return attempt([&] {
    const dnnl::concat::primitive_desc pd(dim, src, machine.engine, attributes());
    auto result = prepared<dnnl::concat>(pd);
    result.dst = pd.dst_desc();
    return result;
  });
}

void convertNow(const Machine& machine, const Desc& from, const void* source, const Desc& to, void* target) {
  memory in(from, machine.engine, const_cast<void*>(source)), out(to, machine.engine, target);
  auto stream = machine.stream;
  dnnl::reorder(in, out).execute(stream, in, out);
  stream.wait();
}

} // namespace loom::onednn
