// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of the command line next to the studio, since it may take seconds: estimates, evaluations,
// predictions, devices. Each is a process on the pool that ends when nobody waits for its answer any more.
#pragma once
#include "app/studio/bridge/hub.h"
#include "app/studio/bridge/questions.h"
#include "app/studio/bridge/run_access.h"

namespace loom {

class EngineDesk { // of the open project
 public:
  EngineDesk(Hub& hub, const Project& project, std::shared_ptr<RunAccess> access)
      : hub_(hub), project_(project), access_(std::move(access)) {}
  void answer(const EstimateNetwork& question, const Reply<EstimateView>& reply);
  void answer(const EvaluateRun& question, const Reply<Evaluation>& reply);
  void answer(const PredictFiles& question, const Reply<QVector<PredictionView>>& reply);

 private:
  Hub& hub_;
  const Project& project_;
  const std::shared_ptr<RunAccess> access_;
};

void answer(Hub& hub, const ListDevices& question, const Reply<QVector<DeviceView>>& reply);

} // namespace loom
