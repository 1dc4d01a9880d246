// SPDX-License-Identifier: Apache-2.0
// An Error as one Message, for a text that reports it within a longer one (a note, an answer to a command).
#pragma once
#include "core/base/result.h"

namespace loom {

// Shown as Error::message() shows it: "place: cause. fix."
Message toMessage(const Error& error);

} // namespace loom
