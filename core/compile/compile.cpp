// SPDX-License-Identifier: Apache-2.0
#include "core/compile/compile.h"
#include "core/base/size.h"
#include "core/compile/builder.h"
#include <algorithm>

namespace loom {

namespace {

Status checkBatches(const Network& network, const std::vector<std::int64_t>& batches) {
  for (const std::int64_t batch : batches)
    if (batch < 1 || batch > maxBatch)
      return Error{ErrorKind::usage, network.name,
                   say("Batch must be a whole number from 1 to {} (got {})", Count{maxBatch}, batch),
                   say("Choose another batch size")};
  return {};
}

bool firstOf(const std::vector<std::int64_t>& list, std::size_t index) {
  return std::find(list.begin(), list.end(), list[index]) ==
         list.begin() + static_cast<std::ptrdiff_t>(index);
}

} // namespace

Result<Compiled> compile(const Network& network, const CompileOptions& options) {
  const Analysis analysis = analyse(network);
  if (auto status = firstError(network, analysis); !status) return status.error();
  for (const auto* batches : {&options.trainBatches, &options.evaluateBatches})
    if (auto status = checkBatches(network, *batches); !status) return status.error();

  PlanBuilder builder(network, analysis);
  Plan& plan = builder.result.plan;
  const bool training = !options.trainBatches.empty();
  builder.addParameters(training);
  if (training) builder.addScalars();
  for (std::size_t i = 0; i < options.trainBatches.size(); ++i) {
    if (!firstOf(options.trainBatches, i)) continue;
    Forward forward = lowerForward(builder, true, options.trainBatches[i]);
    if (builder.error) return *builder.error;
    appendGradients(builder, forward);
    forward.program.kind = options.separateUpdate ? ProgramKind::gradients : ProgramKind::train;
    if (!options.separateUpdate)
      builder.addUpdate(forward.program, options.optimizer, options.optimizerParams);
    plan.programs.push_back(std::move(forward.program));
  }
  if (training && options.separateUpdate) {
    Program update;
    update.kind = ProgramKind::update;
    builder.addUpdate(update, options.optimizer, options.optimizerParams);
    plan.programs.push_back(std::move(update));
  }
  for (std::size_t i = 0; i < options.evaluateBatches.size(); ++i) {
    if (!firstOf(options.evaluateBatches, i)) continue;
    Forward forward = lowerForward(builder, false, options.evaluateBatches[i]);
    if (builder.error) return *builder.error;
    forward.program.kind = ProgramKind::evaluate;
    plan.programs.push_back(std::move(forward.program));
  }
  if (builder.error) return *builder.error;
  for (Program& program : plan.programs) dropUnread(plan, program);
  if (auto status = verify(plan); !status) return status.error();
  return std::move(builder.result);
}

} // namespace loom
