// SPDX-License-Identifier: Apache-2.0
#include "core/backend/check.h"
#include "core/backend/case_plan.h"
#include "core/backend/interpreter.h"
#include "core/base/error_message.h"
#include "core/base/random.h"
#include <algorithm>
#include <cmath>
#include <limits>

namespace loom {
namespace {

constexpr double step = 1e-5;               // of the central differences: error about step²
constexpr std::int64_t elementsPerSrc = 40; // checked one by one; the direction covers the rest
constexpr double infinite = std::numeric_limits<double>::infinity();

// Keeps the largest error and where it was.
class Worst {
 public:
  explicit Worst(OpCheck& check) : check_(check) {}
  void take(const std::string& tensor, std::size_t element, double got, double wanted, double mean) {
    double error = 0;
    if (std::isnan(got) != std::isnan(wanted))
      error = infinite;
    else if (got != wanted && !std::isnan(got))
      error = std::abs(got - wanted) / (std::abs(wanted) + mean);
    if (error <= check_.error) return;
    check_.error = error;
    check_.detail = say("{}[{}] is {}, should be {}", tensor, element, got, wanted);
  }

 private:
  OpCheck& check_;
};

double meanOf(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += std::isfinite(value) ? std::abs(value) : 0;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

OpCheck begin(const OpSpec& op, const OpCase& test) {
  OpCheck check;
  check.op = op.name;
  check.name = test.name;
  return check;
}

OpCheck failed(OpCheck check, Message detail) {
  check.error = infinite;
  check.passed = false;
  check.detail = std::move(detail);
  return check;
}

class GradientCheck {
 public:
  GradientCheck(const CasePlan& test, OpCheck& check)
      : test_(test), worst_(check), values_(test.plan),
        forward_(static_cast<int>(test.plan.programs.size()) - 1) {
    for (const CaseValues& entry : test.values) {
      std::copy(entry.floats.begin(), entry.floats.end(), values_.floats(entry.tensor).begin());
      std::copy(entry.ints.begin(), entry.ints.end(), values_.ints(entry.tensor).begin());
    }
    values_.run(0);
  }

  void src(std::size_t index) {
    const std::span<double> x = values_.floats(test_.src[index]);
    const auto diff = values_.floats(test_.diffSrc[index]);
    const std::vector<double> start(x.begin(), x.end()), gradient(diff.begin(), diff.end());
    const double mean = meanOf(gradient);
    const auto slope = [&](const std::vector<double>& direction) {
      const auto along = [&](double distance) {
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = start[i] + distance * direction[i];
        return objective();
      };
      const double difference = (along(step) - along(-step)) / (2 * step);
      std::copy(start.begin(), start.end(), x.begin());
      return difference;
    };

    std::vector<double> direction(x.size());
    const auto count = static_cast<std::int64_t>(x.size()), checked = std::min(count, elementsPerSrc);
    for (std::int64_t k = 0; k < checked; ++k) {
      const auto element = static_cast<std::size_t>(k * count / checked);
      direction[element] = 1;
      worst_.take("diff_" + test_.srcNames[index], element, gradient[element], slope(direction), mean);
      direction[element] = 0;
    }
    const RandomKey key{7, static_cast<std::uint32_t>(index), 0};
    double product = 0, size = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      direction[i] = randomNormal(key, 0, static_cast<std::uint32_t>(i)) / std::sqrt(double(x.size()));
      product += direction[i] * gradient[i];
      size += gradient[i] * gradient[i];
    }
    worst_.take("diff_" + test_.srcNames[index] + ", a direction over all, ", 0, product, slope(direction),
                std::sqrt(size / double(x.size())));
  }

 private:
  double objective() {
    values_.run(forward_);
    const auto dst = values_.floats(test_.dst[0]);
    if (test_.diffDst == noTensor) return dst[0];
    const auto weight = values_.floats(test_.diffDst);
    double sum = 0;
    for (std::size_t i = 0; i < dst.size(); ++i) sum += dst[i] * weight[i];
    return sum;
  }

  const CasePlan& test_;
  Worst worst_;
  Interpreter<double> values_;
  int forward_;
};

// What a backend left in a tensor, as doubles. Metrics come out of the ring.
struct Outcome {
  std::vector<std::vector<double>> tensors; // by TensorId; empty where nothing is compared
};

Result<Outcome> runOn(const Backend& backend, const std::shared_ptr<const Plan>& plan, const CasePlan& test) {
  const Program& program = plan->programs[0];
  for (const Step& each : program.steps)
    if (const Status status = backend.supports(*plan, each); !status) return status.error();
  auto prepared = backend.prepare(plan, {});
  if (!prepared) return prepared.error();
  Executable& executable = **prepared;
  for (const CaseValues& entry : test.values)
    executable.write(entry.tensor, entry.floats.empty() ? std::as_bytes(std::span(entry.ints))
                                                        : std::as_bytes(std::span(entry.floats)));
  if (const Status status = executable.run(0); !status) return status.error();

  Outcome outcome;
  outcome.tensors.resize(plan->tensors.size());
  const auto readTensor = [&](TensorId id) {
    const Tensor& tensor = plan->tensor(id);
    auto& values = outcome.tensors[static_cast<std::size_t>(id)];
    const auto count = static_cast<std::size_t>(tensor.elements());
    if (tensor.dtype == DType::i32) {
      std::vector<std::int32_t> ints(count);
      executable.read(id, std::as_writable_bytes(std::span(ints)));
      values.assign(ints.begin(), ints.end());
    } else {
      std::vector<float> floats(count);
      executable.read(id, std::as_writable_bytes(std::span(floats)));
      values.assign(floats.begin(), floats.end());
    }
  };
  // How a backend notes where a maximum stood is its own affair; the gradient that follows is compared.
  for (const Port& port : program.outputs)
    if (port.name != "workspace") readTensor(port.tensor);
  for (const TensorId id : test.dst)
    if (plan->tensor(id).kind == TensorKind::state || plan->tensor(id).kind == TensorKind::parameter ||
        plan->tensor(id).kind == TensorKind::moment)
      readTensor(id);
  std::vector<MetricRow> rows;
  executable.drain(rows);
  if (rows.size() != 1 || rows[0].values.size() != program.metrics.size())
    return Error{ErrorKind::other, backend.name(), say("one run left no row of metrics"), say("report it")};
  for (std::size_t i = 0; i < program.metrics.size(); ++i)
    outcome.tensors[static_cast<std::size_t>(program.metrics[i].tensor)] = {rows[0].values[i]};
  return outcome;
}

Status compare(const Backend& backend, const OpSpec& op, const OpCase& test, bool withGradient,
               Worst& worst) {
  auto built = casePlan(op, test, withGradient);
  if (!built) return built.error();
  const auto plan = std::make_shared<const Plan>(built->plan);
  const auto wanted = runOn(*findBackend("reference64"), plan, *built);
  if (!wanted) return wanted.error();
  const auto got = runOn(backend, plan, *built);
  if (!got) return got.error();
  for (std::size_t id = 0; id < wanted->tensors.size(); ++id) {
    const auto &right = wanted->tensors[id], &given = got->tensors[id];
    const bool exact = plan->tensors[id].dtype == DType::i32;
    const double mean = exact ? 0 : meanOf(right);
    for (std::size_t i = 0; i < right.size(); ++i) {
      const bool differs = exact && right[i] != given[i];
      const std::string& name = plan->tensors[id].name;
      worst.take(name.empty() ? "%" + std::to_string(id) : name, i,
                 differs ? std::numeric_limits<double>::quiet_NaN() : given[i], right[i], mean);
    }
  }
  return {};
}

} // namespace

double backendTolerance(DType dtype) { return dtype == DType::f32 ? 1e-4 : 0; }
double gradientTolerance() { return 1e-6; }

OpCheck checkGradient(const OpSpec& op, const OpCase& test) {
  OpCheck check = begin(op, test);
  if (!op.gradient) return failed(check, say("has no gradient rule"));
  const auto built = casePlan(op, test, true);
  if (!built) return failed(check, toMessage(built.error()));
  GradientCheck gradient(*built, check);
  for (std::size_t i = 0; i < built->src.size(); ++i) {
    const TensorId src = built->src[i];
    if (src == noTensor || built->plan.tensor(src).dtype != DType::f32 || !differentiable(built->srcNames[i]))
      continue;
    if (built->diffSrc[i] == noTensor)
      return failed(check, say("the rule gives no gradient for {}", built->srcNames[i]));
    gradient.src(i);
  }
  check.passed = check.error <= gradientTolerance();
  return check;
}

OpCheck compareBackend(const Backend& backend, const OpSpec& op, const OpCase& test) {
  OpCheck check = begin(op, test);
  if (op.srcs.find("workspace") != std::string_view::npos) {
    check.passed = true;
    check.detail = say("compared behind its forward op");
    return check;
  }
  Worst worst(check);
  if (const Status status = compare(backend, op, test, false, worst); !status)
    return failed(check, toMessage(status.error()));
  if (op.gradient)
    if (const Status status = compare(backend, op, test, true, worst); !status)
      return failed(check, say("with its gradient: {}", toMessage(status.error())));
  check.passed = check.error <= backendTolerance(DType::f32);
  return check;
}

std::vector<OpCheck> checkBackend(const Backend& backend) {
  std::vector<OpCheck> checks;
  for (const OpSpec* op : opTable())
    for (const OpCase& test : op->cases()) checks.push_back(compareBackend(backend, *op, test));
  return checks;
}

} // namespace loom
