// SPDX-License-Identifier: Apache-2.0
// What the update ops share: srcs lr[1], step[1], gradients…; dsts parameters…, then as many moments for each
// plane, all in place. For core/plan/ops only.
#pragma once
#include "core/plan/ops/support.h"
#include <numeric>

namespace loom::ops {

inline constexpr std::string_view optimizerSrcs = "lr step gradient*";

// `copies`: how many tensors stand in dst for each gradient.
inline Shapes optimizerShape(SrcCheck& check, Descs src, std::size_t copies) {
  check.dims(0, {1}).dims(1, {1});
  if (!check) return check.error();
  std::vector<TensorDesc> dst;
  for (std::size_t copy = 0; copy < copies; ++copy) dst.insert(dst.end(), src.begin() + 2, src.end());
  return dst;
}

inline std::vector<int> allInPlace(Descs src, std::size_t copies) {
  std::vector<int> all((src.size() - 2) * copies);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// The learning rate of this parameter group: lr times the attribute lr_scale.
template<class T> double scaledRate(const OpCall<T>& call) {
  return double(call.src[0].data[0]) * call.attrs.getDouble("lr_scale", 1);
}

// f(gradient, parameter, moment0, moment1) on every element; a moment that the op does not have is absent.
template<class T, class F> void eachParameter(const OpCall<T>& call, F f) {
  const std::size_t count = call.src.size() - 2;
  for (std::size_t i = 0; i < count; ++i) {
    const View<T>&gradient = call.src[2 + i], &parameter = call.dst[i];
    const View<T> moment0 = viewAt(call.dst, count + i), moment1 = viewAt(call.dst, 2 * count + i);
    for (std::int64_t e = 0, elements = gradient.elements(); e < elements; ++e)
      f(double(gradient.data[e]), parameter.data[e], moment0.present() ? moment0.data + e : nullptr,
        moment1.present() ? moment1.data + e : nullptr);
  }
}

inline OpCase updateCase(std::string name, double rate, std::int32_t step, std::vector<Dims> gradients,
                         Params attrs) {
  std::vector<Dims> src{{1}, {1}};
  src.insert(src.end(), gradients.begin(), gradients.end());
  return withValues(withInts(floats(std::move(name), std::move(src), std::move(attrs)), 1, {step}), 0,
                    {rate});
}

} // namespace loom::ops
