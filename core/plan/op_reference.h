// SPDX-License-Identifier: Apache-2.0
// All ops as a reference to read, from their table: `loom ops`. It cannot be out of date.
#pragma once
#include "core/plan/op.h"
#include <string>
#include <string_view>

namespace loom {

std::string opsMarkdown();
// Dims, types and attributes where their names do not say it, and what a backend must keep; empty for most.
std::string_view opNotes(std::string_view op);

} // namespace loom
