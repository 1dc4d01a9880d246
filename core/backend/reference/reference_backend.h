// SPDX-License-Identifier: Apache-2.0
// The backends `reference` (float) and `reference64` (double): slow, plain, for checking others. Never chosen
// by "auto".
#pragma once
#include "core/backend/backend.h"

namespace loom {

const Backend& referenceBackend();
const Backend& reference64Backend(); // read and write speak f32; inside everything is double

} // namespace loom
