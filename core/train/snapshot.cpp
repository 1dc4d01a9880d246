// SPDX-License-Identifier: Apache-2.0
#include "core/train/snapshot.h"
#include "core/base/format.h"
#include <cstring>
#include <limits>

namespace loom {
namespace {

// PyTorch counts batches in an i64 of no dimensions; in a plan it is an i32 of one.
std::vector<std::int64_t> fileShape(const Tensor& tensor) {
  return tensor.dtype == DType::i32 && tensor.elements() == 1 ? std::vector<std::int64_t>{} : tensor.dims;
}

FileTensor readTensor(const Plan& plan, const Executable& executable, TensorId id) {
  const Tensor& tensor = plan.tensor(id);
  FileTensor file;
  file.shape = fileShape(tensor);
  const auto count = static_cast<std::size_t>(tensor.elements());
  if (tensor.dtype == DType::f32) {
    file.data.resize(count * sizeof(float));
    executable.read(id, file.data);
    return file;
  }
  std::vector<std::int32_t> narrow(count);
  executable.read(id, std::as_writable_bytes(std::span(narrow)));
  const std::vector<std::int64_t> wide(narrow.begin(), narrow.end());
  file.dtype = FileDType::i64;
  file.data.resize(count * sizeof(std::int64_t));
  std::memcpy(file.data.data(), wide.data(), file.data.size());
  return file;
}

Status writeTensor(const Plan& plan, Executable& executable, TensorId id, const Safetensors& from,
                   const std::string& name, const std::string& place) {
  const Tensor& tensor = plan.tensor(id);
  const auto wrong = [&](Message cause) {
    return Error{ErrorKind::input, place, std::move(cause),
                 say("Use the checkpoint with the network of its own run.json")};
  };
  const auto found = from.tensors.find(name);
  if (found == from.tensors.end()) return wrong(say("the tensor '{}' is missing", name));
  const FileTensor& file = found->second;
  const FileDType wanted = tensor.dtype == DType::f32 ? FileDType::f32 : FileDType::i64;
  if (file.dtype != wanted || file.shape != fileShape(tensor))
    return wrong(say("the tensor '{}' is {}, the network expects {}", name, formatShape(file.shape),
                     formatShape(tensor.dims)));
  if (tensor.dtype == DType::f32) {
    executable.write(id, file.data);
    return {};
  }
  std::vector<std::int64_t> wide(static_cast<std::size_t>(tensor.elements()));
  std::memcpy(wide.data(), file.data.data(), file.data.size());
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  for (const std::int64_t value : wide)
    if (value < 0 || value > most)
      return wrong(say("a value of the tensor '{}' must be between 0 and {} (got {})", name, most, value));
  const std::vector<std::int32_t> narrow(wide.begin(), wide.end());
  executable.write(id, std::as_bytes(std::span(narrow)));
  return {};
}

// SGD keeps one plane, the Adams two.
std::string momentName(const Plan& plan, const Tensor& moment, bool two) {
  const char* suffix = !two ? "momentum_buffer" : moment.plane == 0 ? "exp_avg" : "exp_avg_sq";
  return plan.tensor(moment.owner).name + "." + suffix;
}

template<class Visit> void eachMoment(const Plan& plan, const Visit& visit) {
  bool two = false;
  for (const Tensor& tensor : plan.tensors)
    two = two || (tensor.kind == TensorKind::moment && tensor.plane == 1);
  for (std::size_t i = 0; i < plan.tensors.size(); ++i)
    if (plan.tensors[i].kind == TensorKind::moment)
      visit(static_cast<TensorId>(i), momentName(plan, plan.tensors[i], two));
}

} // namespace

void takeSnapshot(const Plan& plan, const Executable& executable, Checkpoint& into) {
  into.model.tensors.clear();
  into.optimizer.tensors.clear();
  for (const auto* list : {&plan.parameters, &plan.states})
    for (TensorId id : *list) into.model.tensors[plan.tensor(id).name] = readTensor(plan, executable, id);
  eachMoment(plan, [&](TensorId id, const std::string& name) {
    into.optimizer.tensors[name] = readTensor(plan, executable, id);
  });
}

Status restoreModel(const Plan& plan, Executable& executable, const Safetensors& model,
                    const std::string& place) {
  const std::size_t expected = plan.parameters.size() + plan.states.size();
  if (model.tensors.size() != expected)
    return Error{ErrorKind::input, place,
                 say("the model has {} tensors, the network expects {}", model.tensors.size(), expected),
                 say("Use the checkpoint with the network of its own run.json")};
  for (const auto* list : {&plan.parameters, &plan.states})
    for (TensorId id : *list)
      if (Status done = writeTensor(plan, executable, id, model, plan.tensor(id).name, place); !done)
        return done;
  return {};
}

Status restoreMoments(const Plan& plan, Executable& executable, const Safetensors& optimizer,
                      const std::string& place) {
  Status status;
  eachMoment(plan, [&](TensorId id, const std::string& name) {
    if (status) status = writeTensor(plan, executable, id, optimizer, name, place);
  });
  return status;
}

} // namespace loom
