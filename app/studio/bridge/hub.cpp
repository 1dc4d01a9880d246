// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bridge/hub.h"
#include <QMutexLocker>

namespace loom {

Hub::Hub(Bridge& bridge, std::filesystem::path loomProgram)
    : bridge_(bridge), loomProgram_(std::move(loomProgram)),
      launcher_(makeLauncher(localLauncher, loomProgram_).value()) {
  pool_.setMaxThreadCount(2);
}

void Hub::setQueried(Store* store) {
  const QMutexLocker lock(&queriesMutex_);
  queried_ = store;
}

void Hub::interrupt() {
  stopping_ = true;
  const QMutexLocker lock(&queriesMutex_);
  if (queried_ != nullptr) queried_->interrupt();
}

void Hub::waitForPool() {
  pool_.clear();
  pool_.waitForDone();
}

} // namespace loom
