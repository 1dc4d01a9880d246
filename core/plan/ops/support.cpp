// SPDX-License-Identifier: Apache-2.0
#include "core/plan/ops/support.h"
#include "core/base/format.h"
#include "core/base/size.h"
#include <algorithm>

namespace loom::ops {

namespace {
// Beyond this no attribute of a window means anything, and sums of them cannot wrap around.
constexpr std::int64_t largestAttribute = 1 << 20;

std::string describe(const TensorDesc& desc) {
  return formatShape(desc.dims) + (desc.dtype == DType::i32 ? " i32" : " f32");
}

Error missing(const std::string& op, const std::string& port) {
  return {ErrorKind::input, op, say("{} is missing", port), say("give it {}", port)};
}
} // namespace

std::vector<PortName> portNames(std::string_view list) {
  std::vector<PortName> names;
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    PortName port{std::string(list.substr(0, end))};
    port.optional = port.name.ends_with('?');
    port.repeated = port.name.ends_with('*');
    if (port.optional || port.repeated) port.name.pop_back();
    if (!port.name.empty()) names.push_back(std::move(port));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return names;
}

PortName portName(std::string_view list, std::size_t index) {
  const auto names = portNames(list);
  for (std::size_t i = 0; i < names.size() && i <= index; ++i) {
    if (!names[i].repeated && i < index) continue;
    PortName port = names[i];
    if (port.repeated) port.name += std::to_string(index - i);
    return port;
  }
  return {};
}

SrcCheck::SrcCheck(std::string_view op, std::string_view names, Descs src,
                   std::initializer_list<std::size_t> ints)
    : op_(op), names_(names), src_(src) {
  const auto ports = portNames(names);
  std::size_t needed = 0;
  for (std::size_t i = 0; i < ports.size(); ++i)
    if (!ports[i].optional) needed = i + 1;
  for (std::size_t i = 0; i < needed && !error_; ++i)
    if (!ports[i].optional && !given(i)) error_ = missing(op_, portName(names, i).name);
  for (std::size_t i = 0; i < src.size() && !error_; ++i) {
    const PortName port = portName(names, i);
    if (port.name.empty()) {
      error_ = Error{ErrorKind::input, op_, say("src {} is one too many", i), say("give it {}", names)};
      break;
    }
    if (!given(i)) {
      if (!port.optional) error_ = missing(op_, port.name);
      continue;
    }
    const bool wantsInts = std::find(ints.begin(), ints.end(), i) != ints.end();
    must(src[i].dtype == (wantsInts ? DType::i32 : DType::f32), i,
         wantsInts ? say("{} must be i32", port.name) : say("{} must be f32", port.name));
    must(std::all_of(src[i].dims.begin(), src[i].dims.end(), [](auto dim) { return dim > 0; }), i,
         say("{} must have no empty dimension", port.name));
    must(elementCount(src[i].dims).has_value(), i, say("{} must have fewer elements", port.name));
  }
}

SrcCheck& SrcCheck::must(bool holds, std::size_t index, const Message& rule) {
  if (error_ || holds || !given(index)) return *this;
  const std::string name = portName(names_, index).name;
  error_ = Error{ErrorKind::input, op_, say("{}, but is {}", rule, describe(src_[index])),
                 say("change what gives {}, or the parameters of this layer", name)};
  return *this;
}

SrcCheck& SrcCheck::rank(std::size_t index, std::size_t least, std::size_t most, const Message& rule) {
  if (!given(index)) return *this;
  const std::size_t rank = src_[index].dims.size();
  return must(rank >= least && rank <= most, index, rule);
}

SrcCheck& SrcCheck::dims(std::size_t index, const Dims& wanted) {
  if (!given(index) || src_[index].dims == wanted) return *this;
  return must(false, index, say("{} must be {}", portName(names_, index).name, formatShape(wanted)));
}

SrcCheck& SrcCheck::attribute(bool holds, std::string_view name, const Message& rule) {
  if (error_ || holds) return *this;
  error_ = Error{ErrorKind::input, op_, rule, say("change the parameter {}", name)};
  return *this;
}

Window poolWindow(const Params& attrs) { return windowOf(attrs, true); }

Window convWindow(const Params& attrs, std::int64_t kernelHeight, std::int64_t kernelWidth) {
  Window window = windowOf(attrs, false);
  window.kernel = {kernelHeight, kernelWidth};
  window.ceilMode = false;
  return window;
}

void checkWindow(SrcCheck& check, const Window& window) {
  for (std::size_t axis = 0; axis < 2; ++axis) {
    const auto within = [](std::int64_t value, std::int64_t least) {
      return value >= least && value <= largestAttribute;
    };
    check
        .attribute(within(window.kernel[axis], 1), "kernel_size",
                   say("kernel_size must be one or two numbers from 1"))
        .attribute(within(window.stride[axis], 1), "stride", say("stride must be one or two numbers from 1"))
        .attribute(within(window.padding[axis], 0), "padding",
                   say("padding must be one or two numbers from 0"))
        .attribute(within(window.dilation[axis], 1), "dilation",
                   say("dilation must be one or two numbers from 1"));
  }
}

Dims pooledDims(SrcCheck& check, const Window& window, const Dims& image) {
  if (!check) return {};
  const Dims dims{image[0], image[1], window.outputs(0, image[2]), window.outputs(1, image[3])};
  check.attribute(dims[2] > 0 && dims[3] > 0, "kernel_size",
                  say("kernel_size must fit into the image of {}×{}", image[2], image[3]));
  return dims;
}

Pair inputSize(const Params& attrs) {
  const auto values = attrs.getInts("input");
  if (values.size() != 2) return {-1, -1};
  return {values[0], values[1]};
}

Params withInts(Params attrs, std::string name, Dims values) {
  attrs.set(std::move(name), std::move(values));
  return attrs;
}

std::int64_t product(const Dims& dims, std::size_t from) {
  std::int64_t count = 1;
  for (std::size_t i = from; i < dims.size(); ++i) count *= dims[i];
  return count;
}

std::int64_t axisOf(const Params& attrs, std::size_t rank) {
  const auto count = static_cast<std::int64_t>(rank);
  const std::int64_t dim = attrs.getInt("dim", 1);
  if (dim < -count || dim >= count) return -1;
  return dim < 0 ? dim + count : dim;
}

Shapes likeFirst(std::string_view op, std::string_view names, Descs src) {
  SrcCheck check(op, names, src);
  for (std::size_t i = 1; check && i < src.size(); ++i) check.dims(i, src[0].dims);
  if (!check) return check.error();
  return std::vector<TensorDesc>{src[0]};
}

bool hasSrc(const GradientBuilder& builder, int index) {
  return index < builder.srcCount() && builder.src(index) != noTensor;
}
bool wantsSrc(const GradientBuilder& builder, int index) {
  return hasSrc(builder, index) && builder.wanted(index);
}
TensorId diffSrcIfWanted(GradientBuilder& builder, int index) {
  return wantsSrc(builder, index) ? builder.diffSrc(index) : noTensor;
}

OpCase floats(std::string name, std::vector<Dims> src, Params attrs) {
  OpCase value;
  value.name = std::move(name);
  value.attrs = std::move(attrs);
  for (std::size_t i = 0; i < src.size(); ++i) {
    if (src[i].empty()) value.absent.push_back(static_cast<int>(i));
    value.src.push_back({std::move(src[i]), DType::f32});
  }
  return value;
}

OpCase withInts(OpCase value, std::size_t src, std::vector<std::int32_t> contents) {
  value.src[src].dtype = DType::i32;
  value.ints.push_back(std::move(contents));
  return value;
}

OpCase withValues(OpCase value, std::size_t src, std::vector<double> contents) {
  if (value.values.size() <= src) value.values.resize(src + 1);
  value.values[src] = std::move(contents);
  return value;
}

} // namespace loom::ops
