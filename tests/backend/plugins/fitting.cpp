// SPDX-License-Identifier: Apache-2.0
// A plug-in of this build, for tst_plugin where no GPU plug-in is built: it hands out the reference.
#include "core/backend/abi.h"
#include "core/backend/reference/reference_backend.h"

extern "C" const char* loom_abi() {
  static const std::string stamp = loom::abiStamp();
  return stamp.c_str();
}
extern "C" const loom::Backend* loom_backend() { return &loom::referenceBackend(); }
