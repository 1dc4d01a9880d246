// SPDX-License-Identifier: Apache-2.0
// Whatever this backend has no kernel for runs through the op's own float reference on row-major memory, so
// that everything the reference can do runs here too.
#include "core/backend/onednn/lowering.h"

namespace loom::onednn {
namespace {

struct ReferenceCall {
  std::vector<View<float>> src, dst;
  void (*run)(const OpCall<float>& call) = nullptr;
  const Params* attrs = nullptr; // the plan's, which the executable keeps
};

View<float> viewOf(const Binder& binder, const Value& value, const Tensor& tensor) {
  View<float> view;
  view.dims = tensor.dims;
  if (tensor.dtype == DType::i32)
    view.ints = binder.at<std::int32_t>(value);
  else
    view.data = binder.at<float>(value);
  return view;
}

std::vector<int> inPlaceOf(const Lowering& l, const Step& step) {
  if (step.op->inPlace == nullptr) return {};
  std::vector<TensorDesc> src;
  for (const TensorId id : step.src)
    src.push_back(id == noTensor ? TensorDesc{} : TensorDesc{l.tensor(id).dims, l.tensor(id).dtype});
  return step.op->inPlace(src, step.attrs);
}

} // namespace

void lowerByReference(Lowering& l, const Step& step) {
  std::vector<Value> src, dst, touches;
  for (const TensorId id : step.src) src.push_back(id == noTensor ? Value{} : l.plain(id));
  const auto inPlace = inPlaceOf(l, step);
  for (std::size_t i = 0; i < step.dst.size(); ++i) {
    const TensorId id = step.dst[i];
    const bool readToo = std::ranges::find(inPlace, static_cast<int>(i)) != inPlace.end();
    if (id == noTensor)
      dst.push_back({});
    else
      dst.push_back(readToo ? l.plain(id)
                            : l.result(id, plainDesc(l.tensor(id).dims, l.tensor(id).dtype == DType::i32)));
  }
  touches.insert(touches.end(), src.begin(), src.end());
  touches.insert(touches.end(), dst.begin(), dst.end());
  l.call(touches, [&plan = l.plan(), &step, src, dst](const Binder& binder) -> Action {
    auto call = std::make_shared<ReferenceCall>();
    for (std::size_t i = 0; i < src.size(); ++i)
      call->src.push_back(src[i].slot < 0 ? View<float>{} : viewOf(binder, src[i], plan.tensor(step.src[i])));
    for (std::size_t i = 0; i < dst.size(); ++i)
      call->dst.push_back(dst[i].slot < 0 ? View<float>{} : viewOf(binder, dst[i], plan.tensor(step.dst[i])));
    call->run = step.op->reference32;
    call->attrs = &step.attrs;
    return [call] { call->run({call->src, call->dst, *call->attrs}); };
  });
  for (std::size_t i = 0; i < step.dst.size(); ++i)
    if (step.dst[i] != noTensor) l.finish(step.dst[i], dst[i]);
}

} // namespace loom::onednn
