// SPDX-License-Identifier: GPL-3.0-or-later
// Runs written by hand, record for record as a trainer writes them: for pictures that must not depend on a
// training, and for tests of what a training would take too long to show. Nothing here runs while the studio
// is in use.
#pragma once
#include "core/run/project.h"
#include <functional>
#include <string>

namespace loom {

struct HandRun {
  std::string name = "hand", network, optimizer = "AdamW";
  double learningRate = 1e-3;
  std::int64_t batch = 64, seed = 1, parameters = 9802;
  std::int64_t epochs = 4, stepsPerEpoch = 50, doneSteps = -1; // -1: all
  std::string status = "finished";                             // empty: the journal has no end
  std::function<double(std::int64_t step)> loss;               // empty: 2 / √step
  std::function<double(std::int64_t step)> speed;              // samples/s; empty: none
  double accuracy = 0.9;                                       // of the last epoch
  double test = 0;                                             // 0: not tested
  double secondsPerStep = 0.01;
  std::int64_t rateAt = 0; // step at which the rate is halved; 0: never
  bool checkpoints = false;
  std::string error;
};

// Its id, which is its folder; empty when it cannot be written. `created`: microseconds since 1970, 0: now.
std::string writeHandRun(const Project& project, const HandRun& run, std::int64_t created = 0);

} // namespace loom
