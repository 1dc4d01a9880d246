// SPDX-License-Identifier: Apache-2.0
#include "core/plan/plan.h"
#include "core/base/format.h"
#include "core/base/size.h"
#include "core/plan/ops/support.h"
#include <algorithm>

namespace loom {

namespace {

// Sums of the bytes of many such tensors still fit 63 bits.
constexpr std::int64_t largestTensor = std::int64_t(1) << 44;

const char* kindName(ProgramKind kind) {
  switch (kind) {
  case ProgramKind::train:
    return "train";
  case ProgramKind::gradients:
    return "gradients";
  case ProgramKind::update:
    return "update";
  case ProgramKind::evaluate:
    return "evaluate";
  }
  return "";
}

Message programName(const Program& program) {
  return say("{} batch {}", std::string_view(kindName(program.kind)), program.batch);
}

Place stepName(const Program& program, std::size_t index) {
  const Step& step = program.steps[index];
  const Message name = programName(program);
  const std::string_view op = step.op ? step.op->name : std::string_view();
  if (!op.empty() && step.node != 0) return say("{}, step {} ({}) of node {}", name, index, op, step.node);
  if (!op.empty()) return say("{}, step {} ({})", name, index, op);
  if (step.node != 0) return say("{}, step {} of node {}", name, index, step.node);
  return say("{}, step {}", name, index);
}

Place tensorPlace(const Tensor& tensor) { return say("tensor {}", tensor.name); }

Error broken(Place place, Message cause) {
  return {ErrorKind::other, std::move(place), std::move(cause),
          say("this is a fault of the compiler: report it with the network")};
}

bool known(const Plan& plan, TensorId id) {
  return id >= 0 && static_cast<std::size_t>(id) < plan.tensors.size();
}

class ProgramCheck {
 public:
  ProgramCheck(const Plan& plan, const Program& program)
      : plan_(plan), program_(program), written_(plan.tensors.size()) {}

  Status run() {
    for (std::size_t i = 0; i < program_.steps.size(); ++i)
      if (Status status = step(i); !status) return status;
    for (const auto* list : {&program_.inputs, &program_.targets, &program_.outputs, &program_.metrics})
      for (const Port& port : *list)
        if (!known(plan_, port.tensor))
          return broken(programName(program_), say("port {} names no tensor", port.name));
    for (const auto* list : {&program_.outputs, &program_.metrics})
      for (const Port& port : *list)
        if (needsWriting(port.tensor) && !written_[static_cast<std::size_t>(port.tensor)])
          return broken(programName(program_), say("no step writes {}", port.name));
    return {};
  }

 private:
  bool needsWriting(TensorId id) const {
    const TensorKind kind = plan_.tensor(id).kind;
    return kind == TensorKind::temporary || kind == TensorKind::metric;
  }

  Status step(std::size_t index) {
    const Step& step = program_.steps[index];
    const auto fail = [&](Message cause) { return broken(stepName(program_, index), std::move(cause)); };
    if (!step.op) return fail(say("has no op"));
    std::vector<TensorDesc> src;
    for (const TensorId id : step.src) {
      if (id == noTensor) {
        src.emplace_back();
        continue;
      }
      if (!known(plan_, id)) return fail(say("reads tensor {}, which there is not", id));
      if (needsWriting(id) && !written_[static_cast<std::size_t>(id)])
        return fail(say("reads tensor {} before a step writes it", id));
      src.push_back({plan_.tensor(id).dims, plan_.tensor(id).dtype});
    }
    const auto shapes = step.op->shape(src, step.attrs);
    if (!shapes) {
      Error error = shapes.error();
      error.place = stepName(program_, index);
      return error;
    }
    if (step.dst.size() > shapes->size()) return fail(say("has too many dsts"));
    for (std::size_t i = 0; i < shapes->size(); ++i) {
      const ops::PortName port = ops::portName(step.op->dsts, i);
      const TensorId id = i < step.dst.size() ? step.dst[i] : noTensor;
      if (id == noTensor && port.optional) continue;
      if (id == noTensor && port.repeated && i < step.dst.size()) continue; // one of many that nobody wants
      if (id == noTensor) return fail(say("{} is missing", port.name));
      if (!known(plan_, id)) return fail(say("writes tensor {}, which there is not", id));
      const Tensor& tensor = plan_.tensor(id);
      if (TensorDesc{tensor.dims, tensor.dtype} != (*shapes)[i])
        return fail(say("{} is {}, but the op gives {}", port.name, formatShape(tensor.dims),
                        formatShape((*shapes)[i].dims)));
      written_[static_cast<std::size_t>(id)] = true;
    }
    return {};
  }

  const Plan& plan_;
  const Program& program_;
  std::vector<bool> written_;
};

std::string tensorText(const Plan& plan, TensorId id) {
  if (id == noTensor) return "–";
  const Tensor& tensor = plan.tensor(id);
  return (tensor.name.empty() ? "%" + std::to_string(id) : tensor.name) + "[" + formatShape(tensor.dims) +
         "]";
}

std::string listText(const Plan& plan, const std::vector<TensorId>& ids) {
  std::string text;
  for (const TensorId id : ids) text += (text.empty() ? "" : ", ") + tensorText(plan, id);
  return text;
}

} // namespace

int Plan::find(ProgramKind kind, std::int64_t batch) const {
  const auto found = std::find_if(programs.begin(), programs.end(), [&](const Program& program) {
    return program.kind == kind && program.batch == batch;
  });
  return found == programs.end() ? -1 : static_cast<int>(found - programs.begin());
}

Status verify(const Plan& plan) {
  for (const Tensor& tensor : plan.tensors) {
    const auto count = elementCount(tensor.dims);
    if (tensor.dims.empty() || (count && *count < 1))
      return broken(tensorPlace(tensor), say("cannot have dims {}", formatShape(tensor.dims)));
    if (!count || *count > largestTensor)
      return Error{ErrorKind::memory, tensorPlace(tensor),
                   say("{} is more than fits in memory", formatShape(tensor.dims)),
                   say("make the layer or the batch smaller")};
    if ((tensor.kind == TensorKind::gradient || tensor.kind == TensorKind::moment) &&
        (!known(plan, tensor.owner) || plan.tensor(tensor.owner).dims != tensor.dims))
      return broken(tensorPlace(tensor), say("belongs to no parameter of its dims"));
  }
  for (const Program& program : plan.programs)
    if (Status status = ProgramCheck(plan, program).run(); !status) return status;
  return {};
}

std::string describe(const Plan& plan) {
  std::string text;
  for (const Program& program : plan.programs) {
    text += programName(program).text() + "\n";
    for (std::size_t i = 0; i < program.steps.size(); ++i) {
      const Step& step = program.steps[i];
      text += "  " + std::to_string(i) + " " + (step.op ? std::string(step.op->name) : "(no op)") + " " +
              listText(plan, step.src) + " -> " + listText(plan, step.dst);
      for (const auto& [name, value] : step.attrs) text += "; " + name + " " + toText(value);
      if (step.node != 0) text += "  (node " + std::to_string(step.node) + ")";
      text += "\n";
    }
  }
  return text;
}

} // namespace loom
