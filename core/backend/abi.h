// SPDX-License-Identifier: Apache-2.0
// The stamp that a plug-in and the program must share before any pointer passes between them: a C++ interface
// holds only between parts of one version, built by one compiler, with the same shapes of the shared types.
#pragma once
#include "core/backend/backend.h"
#include <string>

namespace loom {
// A copy of its own in every part that includes this: a shared one would be found in libloom_core for the
// plug-in too, and both stamps would always agree.
namespace {

inline std::string abiStamp() {
  std::string stamp = "neuroloom " NEUROLOOM_VERSION ", compiler " __VERSION__ ", types";
  for (const std::size_t size :
       {sizeof(Tensor), sizeof(Params), sizeof(OpSpec), sizeof(Step), sizeof(Program), sizeof(Plan),
        sizeof(Message), sizeof(Error), sizeof(Device), sizeof(PrepareOptions), sizeof(MetricRow)})
    stamp += " " + std::to_string(size);
  return stamp;
}

} // namespace
} // namespace loom
